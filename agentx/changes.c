/* ahChangeTable: each agent once, at its latest change. */
#include "tables.h"

#define CHANGE ((const struct change_row *)row->at)

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return rows_find(view->snapshot->changes, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return rows_next(view->snapshot->changes, hint, index, n, ret);
}

/* The agent as it is in the same snapshot: its verdict is the one that the change has brought. */
static const struct agent_row *agent_of(const struct view *view, const struct row *row)
{
    static const struct agent_identity nobody = { .name = "" };
    static const struct agent_row none = { .identity = &nobody };
    const struct agent_row *agent = rowview_get(view->snapshot->agents, CHANGE->agent, NULL);
    return agent ? agent : &none;
}

#define AGENT agent_of(view, row)

GETTER(ahChangeAgent, value_gauge(ret, CHANGE->agent))
GETTER(ahChangeName, value_text(ret, AGENT->identity->name))
GETTER(ahChangeIcon, value_enum(ret, AGENT->verdict.icon))
GETTER(ahChangeSeverity, value_enum(ret, AGENT->verdict.severity))
GETTER(ahChangeConditions, value_conditions(ret, AGENT->verdict.conditions))
GETTER(ahChangeTime, value_date(ret, CHANGE->wall_ms))

static const uint32_t arcs[] = { AH_CHANGE_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_CHANGE_TABLE_COLUMNS(COLUMN) };
const struct table change_table = {
    .name = "ahChangeTable",
    TABLE_ARRAYS,
    .n_index = AH_CHANGE_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};
