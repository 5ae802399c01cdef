/* ahAgentComponentTable: the versions of each agent's components. Only the pattern in use is observed so far; which of
 * the two patterns that is, the scan method tells. */
#include "tables.h"

#define AGENT ((const struct agent_row *)row->at)
#define KIND  (row->index[1])

enum { FIRST_KIND = AH_COMPONENT_KIND_PATTERN, LAST_KIND = AH_COMPONENT_KIND_PROGRAM };

static bool give(const struct agent_row *agent, uint32_t kind, struct row *ret)
{
    if (!agent || kind < FIRST_KIND || kind > LAST_KIND)
        return false;
    *ret = (struct row){ agent, { agent->index, kind } };
    return true;
}

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return give(rowview_get(view->snapshot->agents, index[0], hint), index[1], ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    const struct rowview *agents = view->snapshot->agents;
    if (n == 0)
        return give(rowview_first(agents), FIRST_KIND, ret);
    const uint32_t kind = n == 1 || index[1] < FIRST_KIND ? FIRST_KIND : index[1] + (index[1] < UINT32_MAX);
    return give(rowview_get(agents, index[0], hint), kind, ret) ||
           give(rowview_next(agents, index[0], hint), FIRST_KIND, ret);
}

/* The kind of the pattern in use; 0: not known. */
static uint32_t pattern_in_use(const struct evidence *evidence)
{
    const struct fact_value *method = &evidence->facts[FACT_SCAN_METHOD];
    if (method->mono_ms == 0)
        return 0;
    return method->value == SCAN_METHOD_SMART          ? AH_COMPONENT_KIND_SMART_SCAN_PATTERN
           : method->value == SCAN_METHOD_CONVENTIONAL ? AH_COMPONENT_KIND_PATTERN
                                                       : 0;
}

static bool in_use(const struct row *row)
{
    return KIND == pattern_in_use(&AGENT->evidence);
}

static void get_age(const struct row *row, struct value *ret)
{
    const struct fact_value *age = &AGENT->evidence.facts[FACT_PATTERN_AGE_S];
    const bool known = in_use(row) && age->mono_ms && age->value >= 0;
    value_gauge(ret, known ? (uint32_t)age->value : VALUE_UNKNOWN_NUMBER);
}

static void get_state(const struct row *row, struct value *ret)
{
    const uint32_t used = pattern_in_use(&AGENT->evidence);
    const bool other_pattern = used && KIND != used && KIND <= AH_COMPONENT_KIND_SMART_SCAN_PATTERN;
    value_enum(ret, other_pattern  ? AH_VERSION_STATE_NOT_USED
                    : KIND == used ? AGENT->dampers[AXIS_PATTERN].believed
                                   : AH_VERSION_STATE_UNKNOWN);
}

GETTER(ahComponentVersion, value_text(ret, in_use(row) ? AGENT->evidence.pattern_version : ""))
GETTER(ahComponentDate, value_day(ret, in_use(row) ? AGENT->evidence.pattern_day : 0))
GETTER(ahComponentAge, get_age(row, ret))
GETTER(ahComponentState, get_state(row, ret))
GETTER(ahComponentVersionsBehind, value_gauge(ret, VALUE_UNKNOWN_NUMBER))

static const uint32_t arcs[] = { AH_AGENT_COMPONENT_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_AGENT_COMPONENT_TABLE_COLUMNS(COLUMN) };
const struct table component_table = {
    .name = "ahAgentComponentTable",
    TABLE_ARRAYS,
    .n_index = AH_AGENT_COMPONENT_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};
