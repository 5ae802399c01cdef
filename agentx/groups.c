/* ahGroupTable: counts by group of agents. */
#include "tables.h"

#define GROUP ((const struct group_row *)row->at)
#define TALLY (&GROUP->tally)

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return rows_find(view->snapshot->groups, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return rows_next(view->snapshot->groups, hint, index, n, ret);
}

GETTER(ahGroupName, value_text(ret, text_chars(GROUP->name)))
GETTER(ahGroupAgents, value_gauge(ret, TALLY->agents))
GETTER(ahGroupHealthy, value_gauge(ret, TALLY->healthy))
GETTER(ahGroupUnknown, value_gauge(ret, TALLY->unknown))
GETTER(ahGroupAbsent, value_gauge(ret, TALLY->absent))
GETTER(ahGroupPatternOutdated, value_gauge(ret, TALLY->conditions[CONDITION_PATTERN_OUTDATED]))
GETTER(ahGroupRealTimeScanNotFunctioning, value_gauge(ret, TALLY->conditions[CONDITION_REAL_TIME_SCAN_NOT_FUNCTIONING]))
GETTER(ahGroupRealTimeScanDisabled, value_gauge(ret, TALLY->conditions[CONDITION_REAL_TIME_SCAN_DISABLED]))
GETTER(ahGroupStandaloneUnprotected, value_gauge(ret, TALLY->conditions[CONDITION_STANDALONE_UNPROTECTED]))
GETTER(ahGroupOffline, value_gauge(ret, TALLY->conditions[CONDITION_OFFLINE]))
GETTER(ahGroupSmartProtectionUnavailable, value_gauge(ret, TALLY->conditions[CONDITION_SMART_PROTECTION_UNAVAILABLE]))
GETTER(ahGroupWorstSeverity, value_enum(ret, tally_worst(TALLY)))
GETTER(ahGroupMassOutage, value_truth(ret, group_is_out(GROUP)))
GETTER(ahGroupMaintenanceUntil, value_date(ret, GROUP->maintenance.wall_ms))

static enum write_error test(const struct view *view, uint32_t column, const struct row *row, const struct value *value,
                             struct snmp_command *ret)
{
    (void)column;
    return check_maintenance(view, SUBJECT_GROUP, row->index[0], value, ret);
}

static const uint32_t arcs[] = { AH_GROUP_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_GROUP_TABLE_COLUMNS(COLUMN) };
const struct table group_table = {
    .name = "ahGroupTable",
    TABLE_ARRAYS,
    .n_index = AH_GROUP_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
    .test = test,
};
