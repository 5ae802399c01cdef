/* ahSourceTable: the Smart Protection sources. */
#include "tables.h"

#define SOURCE ((const struct source_row *)row->at)

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return rows_find(view->snapshot->sources, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return rows_next(view->snapshot->sources, hint, index, n, ret);
}

static void get_rtt(const struct source_row *source, struct value *ret)
{
    const struct way_outcome *file = source_service(&source->check, REPUTATION_FILE);
    value_gauge(ret, file && file->cause == CAUSE_NONE ? file->rtt_ms : VALUE_UNKNOWN_NUMBER);
}

/* How the proxy did of those agents that are inside (the standard and custom lists), or outside. */
static void get_proxy_cause(const struct source_row *source, bool outside, struct value *ret)
{
    const bool mine = (source->identity->kind == LIST_NETWORK) == outside;
    value_enum(ret, mine ? source_proxy_cause(&source->check) : CAUSE_UNKNOWN);
}

GETTER(ahSourceName, value_text(ret, SOURCE->identity->name))
GETTER(ahSourceList, value_enum(ret, SOURCE->identity->kind))
GETTER(ahSourceFileState, value_enum(ret, SOURCE->dampers[REPUTATION_FILE].believed))
GETTER(ahSourceWebState, value_enum(ret, SOURCE->dampers[REPUTATION_WEB].believed))
GETTER(ahSourceCause, value_enum(ret, SOURCE->wall_ms ? source_cause(&SOURCE->check) : CAUSE_UNKNOWN))
GETTER(ahSourceRtt, get_rtt(SOURCE, ret))
GETTER(ahSourceLastCheck, value_date(ret, SOURCE->wall_ms))
GETTER(ahSourceAgents, value_gauge(ret, SOURCE->agents))
GETTER(ahSourceUrl, value_text(ret, SOURCE->identity->url))
GETTER(ahSourceWebUrl, value_text(ret, SOURCE->identity->web_url))
GETTER(ahSourceAddressRanges, value_text(ret, SOURCE->identity->ranges))
GETTER(ahSourceCertificateState, value_enum(ret, SOURCE->check.certificate))
GETTER(ahSourceCertificateDays, value_integer(ret, SOURCE->check.certificate_days))
GETTER(ahSourceInternalProxyCause, get_proxy_cause(SOURCE, false, ret))
GETTER(ahSourceExternalProxyCause, get_proxy_cause(SOURCE, true, ret))
GETTER(ahSourceSince, value_date(ret, SOURCE->since_wall_ms))

static const uint32_t arcs[] = { AH_SOURCE_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_SOURCE_TABLE_COLUMNS(COLUMN) };
const struct table source_table = {
    .name = "ahSourceTable",
    TABLE_ARRAYS,
    .n_index = AH_SOURCE_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};
