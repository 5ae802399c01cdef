/* ahAgentTable: the verdict about each agent. */
#include "core/guidance.h"
#include "tables.h"

#define AGENT ((const struct agent_row *)row->at)

bool agents_find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return rows_find(view->snapshot->agents, hint, index, ret);
}

bool agents_next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return rows_next(view->snapshot->agents, hint, index, n, ret);
}

static void get_server_name(const struct view *view, const struct agent_row *agent, struct value *ret)
{
    const struct server_row *server =
        agent->identity->server ? rowview_get(view->snapshot->servers, agent->identity->server, NULL) : NULL;
    value_text(ret, server ? server->identity->name : "");
}

GETTER(ahAgentName, value_text(ret, AGENT->identity->name))
GETTER(ahAgentGuid, value_text(ret, AGENT->identity->guid))
GETTER(ahAgentGroup, value_text(ret, AGENT->identity->group))
GETTER(ahAgentAddressType, value_address_type(ret, &AGENT->identity->literal))
GETTER(ahAgentAddress, value_address(ret, &AGENT->identity->literal))
GETTER(ahAgentServer, get_server_name(view, AGENT, ret))
GETTER(ahAgentIcon, value_enum(ret, AGENT->verdict.icon))
GETTER(ahAgentConditions, value_conditions(ret, AGENT->verdict.conditions))
GETTER(ahAgentUnknowns, value_conditions(ret, AGENT->verdict.unknowns))
GETTER(ahAgentSeverity, value_enum(ret, AGENT->verdict.severity))
GETTER(ahAgentDiagnosis, value_enum(ret, AGENT->verdict.diagnosis))
GETTER(ahAgentGuidance, value_guidance(ret, view, guidance_subject(AGENT->verdict.icon, AGENT->verdict.diagnosis)))
GETTER(ahAgentSince, value_date(ret, AGENT->since_wall_ms))
GETTER(ahAgentObserved, value_date(ret, AGENT->observed_wall_ms))
GETTER(ahAgentChangeSeq, value_gauge(ret, AGENT->change_seq))
GETTER(ahAgentMonitored, value_conditions(ret, AGENT->identity->monitored))
GETTER(ahAgentRetired, value_truth(ret, AGENT->identity->retired))
GETTER(ahAgentMaintenanceUntil, value_date(ret, AGENT->maintenance.wall_ms))
GETTER(ahAgentFlapping, value_conditions(ret, AGENT->flapping))
GETTER(ahAgentDisagreements, value_bits(ret, AGENT->disagreements, DISAGREEMENTS))

static enum write_error test(const struct view *view, uint32_t column, const struct row *row, const struct value *value,
                             struct snmp_command *ret)
{
    (void)column;
    return check_maintenance(view, SUBJECT_AGENT, row->index[0], value, ret);
}

static const uint32_t arcs[] = { AH_AGENT_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_AGENT_TABLE_COLUMNS(COLUMN) };
const struct table agent_table = {
    .name = "ahAgentTable",
    TABLE_ARRAYS,
    .n_index = AH_AGENT_TABLE_INDEX_COUNT,
    .find = agents_find,
    .next = agents_next,
    .test = test,
};
