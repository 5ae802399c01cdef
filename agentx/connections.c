/* ahConnectionTable: the evidence about both sides of each agent's connection. */
#include "tables.h"

#define AGENT    ((const struct agent_row *)row->at)
#define EVIDENCE (&AGENT->evidence)
#define REPORT   (EVIDENCE->known.report) /* NULL: there is none */

/* What the endpoint reports about its server carries no time, unless it measured one. */
static void get_agent_side_rtt(const struct contact *contact, struct value *ret)
{
    value_gauge(ret, contact->mono_ms && contact->rtt_ms ? contact->rtt_ms : VALUE_UNKNOWN_NUMBER);
}

static void get_addresses(const struct address_list *list, struct value *ret)
{
    value_address_list(ret, list->at, list->n);
}

GETTER(ahConnectionServerSide, value_enum(ret, AGENT->dampers[AXIS_SERVER_SIDE].believed))
GETTER(ahConnectionServerSideCause, value_enum(ret, EVIDENCE->server_side.cause))
GETTER(ahConnectionServerSideRtt, value_rtt(ret, &EVIDENCE->server_side))
GETTER(ahConnectionServerSideTime, value_date(ret, EVIDENCE->server_side.wall_ms))
GETTER(ahConnectionAgentSide, value_enum(ret, AGENT->dampers[AXIS_AGENT_SIDE].believed))
GETTER(ahConnectionAgentSideCause, value_enum(ret, EVIDENCE->known.agent_side.cause))
GETTER(ahConnectionAgentSideRtt, get_agent_side_rtt(&EVIDENCE->known.agent_side, ret))
GETTER(ahConnectionAgentSideTime, value_date(ret, EVIDENCE->known.agent_side.wall_ms))
GETTER(ahConnectionPresence, value_enum(ret, AGENT->dampers[AXIS_PRESENCE].believed))
GETTER(ahConnectionRecorded, value_enum(ret, AGENT->recorded))
GETTER(ahConnectionAgentAddresses, get_addresses(statement_own(&EVIDENCE->known), ret))
GETTER(ahConnectionResolvedServer, get_addresses(statement_resolved(&EVIDENCE->known), ret))
GETTER(ahConnectionContradicted, value_truth(ret, AGENT->contradicted))
GETTER(ahConnectionRecordedTime, value_date(ret, EVIDENCE->known.recorded_wall_ms))
GETTER(ahConnectionNamedServer, value_text(ret, REPORT ? REPORT->named_server : ""))
GETTER(ahConnectionNameCheck, value_enum(ret, AGENT->verdict.name_check))

static const uint32_t arcs[] = { AH_CONNECTION_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_CONNECTION_TABLE_COLUMNS(COLUMN) };
const struct table connection_table = {
    .name = "ahConnectionTable",
    TABLE_ARRAYS,
    .n_index = AH_CONNECTION_TABLE_INDEX_COUNT,
    .find = agents_find,
    .next = agents_next,
};
