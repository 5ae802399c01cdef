/* ahAlarmInfo: numbers about the alarms, active and past. */
#include "tables.h"

#define SNAPSHOT (view->snapshot)

GETTER(ahAlarmsActive, value_gauge(ret, (uint32_t)rowview_count(SNAPSHOT->alarms)))
GETTER(ahAlarmsRaised, value_counter32(ret, SNAPSHOT->alarms_raised))
GETTER(ahAlarmsLastChanged, value_time_stamp(ret, view, SNAPSHOT->alarm_mono_ms))
GETTER(ahAlarmLastSeq, value_gauge(ret, SNAPSHOT->alarm_seq))
GETTER(ahAlarmsDropped, value_counter32(ret, SNAPSHOT->alarms_lost))
GETTER(ahAlarmHistoryEntries, value_gauge(ret, (uint32_t)rowview_count(SNAPSHOT->history)))
GETTER(ahAlarmHistoryLimit, value_gauge(ret, SNAPSHOT->history_max))
GETTER(ahAlarmHistoryDropped, value_counter32(ret, SNAPSHOT->history_lost))
GETTER(ahAlarmHistoryLastChanged, value_time_stamp(ret, view, SNAPSHOT->history_mono_ms))

static const uint32_t arcs[] = { AH_ALARM_INFO_ARCS };
static const struct column columns[] = { AH_ALARM_INFO_SCALARS(COLUMN) };
const struct table alarm_info_scalars = {
    .name = "ahAlarmInfo",
    TABLE_ARRAYS,
    .n_index = 1,
    .find = scalars_find,
    .next = scalars_next,
};
