/* ahServerTable: the management servers. */
#include "tables.h"

#define SERVER ((const struct server_row *)row->at)

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return rows_find(view->snapshot->servers, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return rows_next(view->snapshot->servers, hint, index, n, ret);
}

GETTER(ahServerName, value_text(ret, SERVER->identity->name))
GETTER(ahServerUrl, value_text(ret, SERVER->identity->url))
GETTER(ahServerState, value_enum(ret, SERVER->damper.believed))
GETTER(ahServerCause, value_enum(ret, SERVER->contact.cause))
GETTER(ahServerRtt, value_rtt(ret, &SERVER->contact))
GETTER(ahServerLastCheck, value_date(ret, SERVER->contact.wall_ms))
GETTER(ahServerAgents, value_gauge(ret, SERVER->agents))
GETTER(ahServerAgentsOffline, value_gauge(ret, SERVER->agents_offline))
GETTER(ahServerSince, value_date(ret, SERVER->since_wall_ms))
GETTER(ahServerMaintenanceUntil, value_date(ret, SERVER->maintenance.wall_ms))

static enum write_error test(const struct view *view, uint32_t column, const struct row *row, const struct value *value,
                             struct snmp_command *ret)
{
    (void)column;
    return check_maintenance(view, SUBJECT_SERVER, row->index[0], value, ret);
}

static const uint32_t arcs[] = { AH_SERVER_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_SERVER_TABLE_COLUMNS(COLUMN) };
const struct table server_table = {
    .name = "ahServerTable",
    TABLE_ARRAYS,
    .n_index = AH_SERVER_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
    .test = test,
};
