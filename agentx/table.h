/* The table engine: looks up cells of one table, or of a group of scalars, in a snapshot. It knows neither AgentX nor
 * net-snmp, and keeps no state but the caller's hint.
 *
 * A group of scalars is a table whose only row has the index 0. */
#ifndef AH_AGENTX_TABLE_H
#define AH_AGENTX_TABLE_H

#include "agent.h"
#include "ah_mib.h"
#include "view.h"

enum { INDEX_MAX = 2 };

/* Why a value is not written: the error-status of RFC 3416, section 3. */
enum write_error {
    WRITE_OK = 0,
    WRITE_WRONG_TYPE = 7,
    WRITE_WRONG_LENGTH = 8,
    WRITE_WRONG_VALUE = 10,
    WRITE_NO_CREATION = 11,
    WRITE_INCONSISTENT_VALUE = 12,
    WRITE_RESOURCE_UNAVAILABLE = 13,
    WRITE_NOT_WRITABLE = 17
};

/* A row as its table's `find` and `next` give it: what the getters read, and its index. */
struct row {
    const void *at;
    uint32_t index[INDEX_MAX];
};

struct column {
    uint32_t id;
    uint8_t type;   /* enum value_type */
    uint8_t access; /* enum ah_access */
    void (*get)(const struct view *view, const struct row *row, struct value *ret);
};

struct table {
    const char *name;
    const uint32_t *arcs; /* of the entry, below the module's root */
    size_t n_arcs;
    unsigned n_index;
    const struct column *columns; /* what can be read, ascending by id without a gap */
    size_t n_columns;
    /* The row with exactly this index; false: there is none. */
    bool (*find)(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret);
    /* The first row after the index of which the first n (0 to n_index) parts are given; n = 0: the first row. */
    bool (*next)(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret);
    /* Checks a new value, of the column's type, for a read-write column; changes nothing. WRITE_OK and the command that
     * carries it out, or why not. NULL: no column of this table can be written. */
    enum write_error (*test)(const struct view *view, uint32_t column, const struct row *row, const struct value *value,
                             struct snmp_command *ret);
};

/* An entry of a column array, from the column lists of ah_mib.h: a getter that is missing does not compile. */
#define COLUMN(id, name, syntax, access) { id, syntax, access, get_##name },
/* A getter: what `row`, `view` and `ret` are, column.get says. */
#define GETTER(name, statement)                                                                                        \
    static void get_##name(__attribute__((unused)) const struct view *view,                                            \
                           __attribute__((unused)) const struct row *row, struct value *ret)                           \
    {                                                                                                                  \
        statement;                                                                                                     \
    }
/* The parts of a struct table that follow from its arrays. */
#define TABLE_ARRAYS                                                                                                   \
    .arcs = arcs, .n_arcs = sizeof arcs / sizeof arcs[0], .columns = columns,                                          \
    .n_columns = sizeof columns / sizeof columns[0]

/* Where a cell is: what follows the table's arcs in its name. */
struct cell {
    uint32_t sub[1 + INDEX_MAX];
    uint32_t n;
};

/* The cell with exactly these sub-identifiers. *ret is always written: its type is one of the exceptions noSuchObject
 * and noSuchInstance when there is none. `hint` belongs to the table; it may be NULL. */
void table_get(const struct table *table, const struct view *view, struct rowhint *hint, const uint32_t *sub, size_t n,
               struct value *ret);
/* The first cell after the sub-identifiers, which may be partial, over-long or none; false: there is none. */
bool table_next(const struct table *table, const struct view *view, struct rowhint *hint, const uint32_t *sub, size_t n,
                struct cell *ret_cell, struct value *ret);
/* Checks a write (RFC 3416, section 4.2.5). WRITE_OK: *ret is the command that carries it out. */
enum write_error table_test(const struct table *table, const struct view *view, const uint32_t *sub, size_t n,
                            const struct value *value, struct snmp_command *ret);
/* The column, or NULL. */
const struct column *table_column(const struct table *table, uint32_t id);

/* `find` and `next` of a group of scalars: the row is the snapshot. */
bool scalars_find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret);
bool scalars_next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret);
/* The same over one of the snapshot's views, whose rows begin with their index. */
bool rows_find(const struct rowview *rows, struct rowhint *hint, const uint32_t *index, struct row *ret);
bool rows_next(const struct rowview *rows, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret);
/* The same where each row of the view stands for several, numbered by a second index. */
struct parts {
    uint32_t first, last;
    bool (*has)(const void *row); /* NULL: all rows have them */
};
bool parts_find(const struct parts *parts, const struct rowview *rows, struct rowhint *hint, const uint32_t *index,
                struct row *ret);
bool parts_next(const struct parts *parts, const struct rowview *rows, struct rowhint *hint, const uint32_t *index,
                size_t n, struct row *ret);

#endif
