/* ahAlarmHistoryTable: the alarms that are over. */
#include "tables.h"

#define PAST  ((const struct history_row *)row->at)
#define ALARM (&PAST->alarm)

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return rows_find(view->snapshot->history, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return rows_next(view->snapshot->history, hint, index, n, ret);
}

GETTER(ahAlarmHistoryAlarm, value_gauge(ret, ALARM->seq))
GETTER(ahAlarmHistorySubject, value_enum(ret, ALARM->subject))
GETTER(ahAlarmHistorySubjectIndex, value_gauge(ret, ALARM->subject_index))
GETTER(ahAlarmHistorySubjectName, value_text(ret, text_chars(ALARM->subject_name)))
GETTER(ahAlarmHistoryCondition, value_enum(ret, ALARM->condition))
GETTER(ahAlarmHistorySeverity, value_enum(ret, ALARM->severity))
GETTER(ahAlarmHistoryDiagnosis, value_enum(ret, ALARM->diagnosis))
GETTER(ahAlarmHistoryRaised, value_date(ret, ALARM->raised_wall_ms))
GETTER(ahAlarmHistoryText, value_text(ret, text_chars(ALARM->text)))
GETTER(ahAlarmHistoryAcknowledged, value_truth(ret, ALARM->acknowledged))
GETTER(ahAlarmHistoryCleared, value_date(ret, PAST->cleared_wall_ms))
GETTER(ahAlarmHistoryWhy, value_enum(ret, PAST->why))

static const uint32_t arcs[] = { AH_ALARM_HISTORY_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_ALARM_HISTORY_TABLE_COLUMNS(COLUMN) };
const struct table history_table = {
    .name = "ahAlarmHistoryTable",
    TABLE_ARRAYS,
    .n_index = AH_ALARM_HISTORY_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};
