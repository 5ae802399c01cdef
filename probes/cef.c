/* The reader of CEF lines, in two steps: to divide the line, and to take its escapes off. It forgives nothing, as a
 * line that is read wrongly would be another agent's. */
#include "cef.h"

#include "ini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "CEF:0|"

static const char key_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

struct pair {
    const char *key, *value;
};

struct reading {
    struct cef_head head;
    struct pair pairs[CEF_KEYS_MAX];
    size_t n;
    char *why;
};

static int refuse(struct reading *reading, const char *key, const char *what)
{
    snprintf(reading->why, CEF_WHY_BYTES, "%.40s%s%s", key, *key ? ": " : "", what);
    return -EINVAL;
}

static int check_characters(struct reading *reading, const char *line, size_t bytes)
{
    for (size_t at = 0, n; at < bytes; at += n) {
        const unsigned char c = (unsigned char)line[at];

        n = ini_utf8_sequence(line + at, bytes - at);
        if (n == 0)
            return refuse(reading, "", "not UTF-8");
        if ((c < 0x20 && c != '\t') || c == 0x7f || (n == 2 && c == 0xc2 && (unsigned char)line[at + 1] < 0xa0))
            return refuse(reading, "", "a control character");
    }
    return 0;
}

/* Takes off the escapes, in place: `escaped` lists what may follow a backslash, and `meant` what that stands for. */
static bool unescape(char *text, const char *escaped, const char *meant)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        if (*from == '\\') {
            const char *const which = *++from ? strchr(escaped, *from) : NULL;

            if (!which)
                return false;
            *to++ = meant[which - escaped];
        } else
            *to++ = *from;
    }
    *to = '\0';
    return true;
}

/* The next one of `c` that has no backslash before it, or the end. */
static char *find_bare(char *text, char c)
{
    for (; *text && *text != c; text++)
        if (*text == '\\' && text[1])
            text++;
    return text;
}

static int read_head(struct reading *reading, char **at)
{
    char *const fields[] = { reading->head.vendor,   reading->head.product, reading->head.version,
                             reading->head.class_id, reading->head.name,    reading->head.severity };

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char *const field = *at, *const end = find_bare(field, '|');

        if (!*end)
            return refuse(reading, "", "the head has too few fields");
        *end = '\0';
        if (!unescape(field, "|\\", "|\\"))
            return refuse(reading, "", "an unknown escape in the head");
        if (strlen(field) >= CEF_FIELD_BYTES)
            return refuse(reading, "", "a field of the head is too long");
        strcpy(fields[i], field);
        *at = end + 1;
    }
    return 0;
}

/* Ends the value before the key that comes next, and finds that key; NULL: it was the last one. */
static int end_value(struct reading *reading, const char *key, char *value, char **ret_next)
{
    char *const equals = find_bare(value, '='), *next = equals;

    if (*equals) {
        while (next > value && strchr(key_characters, next[-1]))
            next--;
        if (next == equals || next == value || next[-1] != ' ')
            return refuse(reading, key, "an = without a backslash before it");
    }
    char *end = next;
    while (end > value && end[-1] == ' ')
        end--;
    *ret_next = *equals ? next : NULL;
    *end = '\0';
    return 0;
}

static int read_pairs(struct reading *reading, char *at)
{
    char *next = at + strspn(at, " ");

    while (next && *next) {
        char *const key = next, *const equals = key + strspn(key, key_characters);

        if (equals == key || *equals != '=')
            return refuse(reading, "", "text without a key");
        *equals = '\0';
        if (reading->n == CEF_KEYS_MAX)
            return refuse(reading, "", "too many keys");
        for (size_t i = 0; i < reading->n; i++)
            if (strcmp(reading->pairs[i].key, key) == 0)
                return refuse(reading, key, "told twice");
        char *const value = equals + 1;
        const int r = end_value(reading, key, value, &next);
        if (r)
            return r;
        if (!unescape(value, "=\\nr", "=\\\n\r"))
            return refuse(reading, key, "an unknown escape");
        reading->pairs[reading->n++] = (struct pair){ key, value };
    }
    return 0;
}

int cef_read(const char *line, size_t bytes, cef_key_fn *key, void *user, struct cef_head *ret, char why[CEF_WHY_BYTES])
{
    struct reading reading = { .n = 0, .why = why };
    char *text = NULL, *at;
    int r = check_characters(&reading, line, bytes);

    if (r)
        goto done;
    text = calloc(1, bytes + 1);
    if (!text) {
        r = -ENOMEM;
        goto done;
    }
    memcpy(text, line, bytes); /* strndup() wants a NUL behind it, says clang's sanitizer */
    at = text + sizeof PREFIX - 1;
    r = strncmp(text, PREFIX, sizeof PREFIX - 1) == 0 ? read_head(&reading, &at)
                                                      : refuse(&reading, "", "does not begin with " PREFIX);
    if (!r)
        r = read_pairs(&reading, at);
    if (r)
        goto done;
    *ret = reading.head;
    for (size_t i = 0; i < reading.n; i++)
        key(user, reading.pairs[i].key, reading.pairs[i].value);
done:
    free(text);
    return r;
}
