/* ahProbeTable: how the collector's own work goes, driver by driver. */
#include "tables.h"

#define PROBE ((const struct probe_row *)row->at)

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return rows_find(view->snapshot->probes, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return rows_next(view->snapshot->probes, hint, index, n, ret);
}

GETTER(ahProbeRuns, value_counter64(ret, PROBE->runs))
GETTER(ahProbeOverruns, value_counter32(ret, PROBE->overruns))
GETTER(ahProbeInFlight, value_gauge(ret, PROBE->in_flight))
GETTER(ahProbeSweepTime, value_date(ret, PROBE->last_sweep_wall_ms))
GETTER(ahProbeSweepDuration, value_gauge(ret, PROBE->last_sweep_wall_ms ? PROBE->last_sweep_ms : VALUE_UNKNOWN_NUMBER))
GETTER(ahProbeTargets, value_gauge(ret, PROBE->targets))
GETTER(ahProbeNotStarted, value_counter32(ret, PROBE->answers[CAUSE_CANCELLED]))
GETTER(ahProbeBackedOff, value_gauge(ret, PROBE->backed_off))
GETTER(ahProbeLastCause, value_enum(ret, PROBE->last_cause))
GETTER(ahProbeLastFault, value_text(ret, PROBE->last_fault))
GETTER(ahProbeLastFaultTime, value_date(ret, PROBE->last_fault_wall_ms))

static const uint32_t arcs[] = { AH_PROBE_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_PROBE_TABLE_COLUMNS(COLUMN) };
const struct table probe_table = {
    .name = "ahProbeTable",
    TABLE_ARRAYS,
    .n_index = AH_PROBE_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};
