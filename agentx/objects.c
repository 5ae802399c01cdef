/* The list of all tables. */
#include "objects.h"

#include "tables.h"

#include <assert.h>

const struct table *const all_tables[] = {
    &collector_scalars,
    &fleet_scalars,
    &server_table,
    &source_table,
    &agent_table,
    &connection_table,
    &protection_table,
    &alarm_table,
    &history_table,
    &change_table,
    &guidance_table,
    &probe_table,
    &group_table,
    &probe_answer_table,
    &component_table,
    &smart_check_table,
    &reference_server_table,
    &gateway_table,
    &delivery_scalars,
    &alarm_info_scalars,
};
_Static_assert(sizeof all_tables / sizeof all_tables[0] == ALL_TABLES, "ALL_TABLES is their number");

void objects_prefix(const struct view *view, const struct table *table, struct object_id *ret)
{
    assert(view->root_len + table->n_arcs + 1 + INDEX_MAX <= OBJECT_ID_MAX);
    memcpy(ret->at, view->root, view->root_len * sizeof ret->at[0]);
    memcpy(ret->at + view->root_len, table->arcs, table->n_arcs * sizeof ret->at[0]);
    ret->n = (uint32_t)(view->root_len + table->n_arcs);
}
