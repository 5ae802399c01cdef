/* ahSmartCheckTable: for each agent that has lost its Smart Protection source, what the six checks find. */
#include "core/guidance.h"
#include "tables.h"

#define AGENT   ((const struct agent_row *)row->at)
#define CHECK   ((enum smart_check)row->index[1])
#define FINDING ((enum finding)AGENT->verdict.findings[CHECK - 1])

enum { FIRST_CHECK = CHECK_ENDPOINT_LOCATION };

static bool has_checks(const struct agent_row *agent)
{
    return agent->verdict.conditions & CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE);
}

static bool give(const struct agent_row *agent, uint32_t check, struct row *ret)
{
    if (!agent || !has_checks(agent) || check < FIRST_CHECK || check > SMART_CHECKS)
        return false;
    *ret = (struct row){ agent, { agent->index, check } };
    return true;
}

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return give(rowview_get(view->snapshot->agents, index[0], hint), index[1], ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    const struct rowview *agents = view->snapshot->agents;
    const struct agent_row *agent = n > 0 ? rowview_get(agents, index[0], hint) : rowview_first(agents);
    const uint32_t check = n < 2 || index[1] < FIRST_CHECK ? FIRST_CHECK : index[1] + (index[1] < UINT32_MAX);
    if (give(agent, check, ret))
        return true;
    if (n > 0 || agent)
        agent = rowview_next(agents, n > 0 ? index[0] : agent->index, hint);
    while (agent && !has_checks(agent))
        agent = rowview_next(agents, agent->index, hint);
    return give(agent, FIRST_CHECK, ret);
}

GETTER(ahSmartCheckResult, value_enum(ret, finding_result(FINDING)))
GETTER(ahSmartCheckText, value_text(ret, finding_text(FINDING, view->snapshot->collector.language)))
GETTER(ahSmartCheckGuidance,
       value_guidance(ret, view, finding_result(FINDING) == RESULT_FAILED ? GUIDANCE_OF_CHECK(CHECK) : 0))

static const uint32_t arcs[] = { AH_SMART_CHECK_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_SMART_CHECK_TABLE_COLUMNS(COLUMN) };
const struct table smart_check_table = {
    .name = "ahSmartCheckTable",
    TABLE_ARRAYS,
    .n_index = AH_SMART_CHECK_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};
