/* Columns as a person would read them, so that tests can be tables: row in, values out. */
#ifndef AH_TESTS_AGENTX_COLUMNS_H
#define AH_TESTS_AGENTX_COLUMNS_H

#include "estate.h"

#include "agentx/objects.h"
#include "agentx/tables.h"

#include <stdio.h>

enum { TEXT_BYTES = 300 };

/* i: integer, u: gauge, c: counter32, C: counter64, t: time ticks, s: text, x: octets in hexadecimal, o: identifier. */
static inline void format(const struct value *value, bool hexadecimal, char text[TEXT_BYTES])
{
    int n = 0;
    switch (value->type) {
    case VALUE_INTEGER:
        snprintf(text, TEXT_BYTES, "i %d", value->integer);
        break;
    case VALUE_GAUGE32:
        snprintf(text, TEXT_BYTES, "u %u", value->number);
        break;
    case VALUE_COUNTER32:
        snprintf(text, TEXT_BYTES, "c %u", value->number);
        break;
    case VALUE_COUNTER64:
        snprintf(text, TEXT_BYTES, "C %llu", (unsigned long long)value->counter64);
        break;
    case VALUE_TIME_TICKS:
        snprintf(text, TEXT_BYTES, "t %u", value->number);
        break;
    case VALUE_OCTETS:
        n = snprintf(text, TEXT_BYTES, hexadecimal ? "x " : "s ");
        for (size_t i = 0; i < value->n_octets; i++)
            n += snprintf(text + n, (size_t)(TEXT_BYTES - n), hexadecimal ? "%02x" : "%c", value->octets[i]);
        break;
    case VALUE_OID:
        n = snprintf(text, TEXT_BYTES, "o ");
        for (size_t i = 0; i < value->n_arcs; i++)
            n += snprintf(text + n, (size_t)(TEXT_BYTES - n), i ? ".%u" : "%u", value->arcs[i]);
        break;
    default:
        fail_msg("type %u", value->type);
    }
}

/* One cell, by its column and index. */
static inline void text_of(const struct table *table, const struct view *view, const uint32_t *sub, size_t n,
                           char text[TEXT_BYTES])
{
    struct value value;
    table_get(table, view, NULL, sub, n, &value);
    format(&value, false, text);
}

struct expectation {
    uint32_t column;
    const char *text;
};

static inline void check(const struct table *table, const struct view *view, const uint32_t *index,
                         const struct expectation *expected, size_t n)
{
    assert_int_equal(n, table->n_columns); /* no column is forgotten */
    for (size_t i = 0; i < n; i++) {
        uint32_t sub[1 + INDEX_MAX] = { expected[i].column };
        char text[TEXT_BYTES];
        struct value value;
        memcpy(sub + 1, index, table->n_index * sizeof index[0]);
        table_get(table, view, NULL, sub, 1 + table->n_index, &value);
        format(&value, expected[i].text[0] == 'x', text);
        if (strcmp(text, expected[i].text) != 0)
            fail_msg("%s column %u: %s, not %s", table->name, expected[i].column, text, expected[i].text);
    }
}
#define CHECK(table, view, index, expected)                                                                            \
    check(table, view, (const uint32_t[]){ index, 0 }, expected, sizeof expected / sizeof expected[0])

#define NEVER   "x 0000000000000000"
#define TIME    "x 07ea0b17000005042b0000" /* 2026-11-23 00:00:05.4 */
#define UNKNOWN "u 4294967295"

enum { WALL_S = 1795392005 };
static const int64_t wall_ms = (int64_t)WALL_S * 1000 + 450;

#endif
