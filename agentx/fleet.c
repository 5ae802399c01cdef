/* ahFleet: counts over all agents. */
#include "tables.h"

#define FLEET (&view->snapshot->fleet)

GETTER(ahFleetAgents, value_gauge(ret, FLEET->agents))
GETTER(ahFleetHealthy, value_gauge(ret, FLEET->healthy))
GETTER(ahFleetUnknown, value_gauge(ret, FLEET->unknown))
GETTER(ahFleetAbsent, value_gauge(ret, FLEET->absent))
GETTER(ahFleetPatternOutdated, value_gauge(ret, FLEET->conditions[CONDITION_PATTERN_OUTDATED]))
GETTER(ahFleetRealTimeScanNotFunctioning, value_gauge(ret, FLEET->conditions[CONDITION_REAL_TIME_SCAN_NOT_FUNCTIONING]))
GETTER(ahFleetRealTimeScanDisabled, value_gauge(ret, FLEET->conditions[CONDITION_REAL_TIME_SCAN_DISABLED]))
GETTER(ahFleetStandaloneUnprotected, value_gauge(ret, FLEET->conditions[CONDITION_STANDALONE_UNPROTECTED]))
GETTER(ahFleetOffline, value_gauge(ret, FLEET->conditions[CONDITION_OFFLINE]))
GETTER(ahFleetSmartProtectionUnavailable, value_gauge(ret, FLEET->conditions[CONDITION_SMART_PROTECTION_UNAVAILABLE]))
GETTER(ahFleetWorstSeverity, value_enum(ret, tally_worst(FLEET)))
GETTER(ahFleetChangeSeq, value_gauge(ret, view->snapshot->change_seq))
GETTER(ahFleetLastChange, value_time_stamp(ret, view, view->snapshot->change_mono_ms))
GETTER(ahFleetContradicted, value_gauge(ret, FLEET->contradicted))
GETTER(ahFleetRetired, value_gauge(ret, FLEET->retired))
GETTER(ahFleetMaintenance, value_gauge(ret, FLEET->maintenance))
GETTER(ahFleetFlapping, value_gauge(ret, FLEET->flapping))
GETTER(ahFleetDisagreeing, value_gauge(ret, FLEET->disagreeing))
GETTER(ahFleetDisagreements, value_counter32(ret, view->snapshot->disagreements))

static const uint32_t arcs[] = { AH_FLEET_ARCS };
static const struct column columns[] = { AH_FLEET_SCALARS(COLUMN) };
const struct table fleet_scalars = {
    .name = "ahFleet",
    TABLE_ARRAYS,
    .n_index = 1,
    .find = scalars_find,
    .next = scalars_next,
};
