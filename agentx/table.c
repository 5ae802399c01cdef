/* Lookup of cells: the column by its number, the row by the table's own search. It allocates nothing and has no state
 * of its own. */
#include "table.h"

#include <assert.h>

/* The position among the readable columns of the first one whose id is at least `id`; n_columns: none. */
static size_t column_from(const struct table *table, uint32_t id)
{
    const uint32_t first = table->n_columns > 0 ? table->columns[0].id : 0;
    if (id <= first)
        return 0;
    return id - first < table->n_columns ? id - first : table->n_columns;
}

const struct column *table_column(const struct table *table, uint32_t id)
{
    const size_t at = column_from(table, id);
    return at < table->n_columns && table->columns[at].id == id ? &table->columns[at] : NULL;
}

void table_get(const struct table *table, const struct view *view, struct rowhint *hint, const uint32_t *sub, size_t n,
               struct value *ret)
{
    const struct column *column = n > 0 ? table_column(table, sub[0]) : NULL;
    struct row row;
    if (!column) {
        ret->type = VALUE_NO_SUCH_OBJECT;
        return;
    }
    if (n != 1 + table->n_index || !table->find(view, hint, sub + 1, &row)) {
        ret->type = VALUE_NO_SUCH_INSTANCE;
        return;
    }
    column->get(view, &row, ret);
    assert(ret->type == column->type);
}

bool table_next(const struct table *table, const struct view *view, struct rowhint *hint, const uint32_t *sub, size_t n,
                struct cell *ret_cell, struct value *ret)
{
    size_t at = n > 0 ? column_from(table, sub[0]) : 0;
    if (at >= table->n_columns)
        return false;
    /* An index counts only within the very column that was asked for; what is beyond its parts does not matter, since
     * a name with more parts follows the one without them. */
    size_t given = n > 0 && table->columns[at].id == sub[0] ? n - 1 : 0;
    if (given > table->n_index)
        given = table->n_index;

    struct row row;
    if (!table->next(view, hint, given > 0 ? sub + 1 : NULL, given, &row)) {
        if (given == 0 || ++at == table->n_columns || !table->next(view, hint, NULL, 0, &row))
            return false;
    }
    ret_cell->sub[0] = table->columns[at].id;
    for (unsigned i = 0; i < table->n_index; i++)
        ret_cell->sub[1 + i] = row.index[i];
    ret_cell->n = 1 + table->n_index;
    table->columns[at].get(view, &row, ret);
    assert(ret->type == table->columns[at].type);
    return true;
}

enum write_error table_test(const struct table *table, const struct view *view, const uint32_t *sub, size_t n,
                            const struct value *value, struct snmp_command *ret)
{
    const struct column *column = n > 0 ? table_column(table, sub[0]) : NULL;
    struct row row;
    if (!column || column->access != AH_ACCESS_RW || !table->test)
        return WRITE_NOT_WRITABLE;
    if (value->type != column->type)
        return WRITE_WRONG_TYPE;
    if (n != 1 + table->n_index || !table->find(view, NULL, sub + 1, &row))
        return WRITE_NO_CREATION;
    return table->test(view, sub[0], &row, value, ret);
}

bool scalars_find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    (void)hint;
    if (index[0] != 0)
        return false;
    *ret = (struct row){ .at = view->snapshot };
    return true;
}

bool scalars_next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    (void)hint;
    (void)index;
    if (n > 0) /* no index is less than 0 */
        return false;
    *ret = (struct row){ .at = view->snapshot };
    return true;
}

static bool give(const void *at, struct row *ret)
{
    if (!at)
        return false;
    *ret = (struct row){ .at = at, .index = { *(const uint32_t *)at } };
    return true;
}

bool rows_find(const struct rowview *rows, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return give(rowview_get(rows, index[0], hint), ret);
}

bool rows_next(const struct rowview *rows, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return give(n > 0 ? rowview_next(rows, index[0], hint) : rowview_first(rows), ret);
}

static bool give_part(const struct parts *parts, const void *row, uint32_t part, struct row *ret)
{
    if (!row || (parts->has && !parts->has(row)) || part < parts->first || part > parts->last)
        return false;
    *ret = (struct row){ row, { *(const uint32_t *)row, part } };
    return true;
}

bool parts_find(const struct parts *parts, const struct rowview *rows, struct rowhint *hint, const uint32_t *index,
                struct row *ret)
{
    return give_part(parts, rowview_get(rows, index[0], hint), index[1], ret);
}

bool parts_next(const struct parts *parts, const struct rowview *rows, struct rowhint *hint, const uint32_t *index,
                size_t n, struct row *ret)
{
    const void *row = n > 0 ? rowview_get(rows, index[0], hint) : rowview_first(rows);
    const uint32_t part = n < 2 || index[1] < parts->first ? parts->first : index[1] + (index[1] < UINT32_MAX);
    if (give_part(parts, row, part, ret))
        return true;
    if (n > 0 || row)
        row = rowview_next(rows, n > 0 ? index[0] : *(const uint32_t *)row, hint);
    while (row && parts->has && !parts->has(row))
        row = rowview_next(rows, *(const uint32_t *)row, hint);
    return give_part(parts, row, parts->first, ret);
}
