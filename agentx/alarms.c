/* ahAlarmTable: the alarms that are active. */
#include "tables.h"

#define ALARM ((const struct alarm_row *)row->at)

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return rows_find(view->snapshot->alarms, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return rows_next(view->snapshot->alarms, hint, index, n, ret);
}

static void get_agents(const struct view *view, const struct alarm_row *alarm, struct value *ret)
{
    const struct snapshot *snapshot = view->snapshot;
    const struct server_row *server =
        alarm->subject == SUBJECT_SERVER ? rowview_get(snapshot->servers, alarm->subject_index, NULL) : NULL;
    const struct source_row *source =
        alarm->subject == SUBJECT_SOURCE ? rowview_get(snapshot->sources, alarm->subject_index, NULL) : NULL;
    const uint32_t agents = server ? server->agents : source ? source->agents : alarm->agents;
    value_gauge(ret, alarm->subject == SUBJECT_AGENT ? 1 : agents);
}

GETTER(ahAlarmSubject, value_enum(ret, ALARM->subject))
GETTER(ahAlarmSubjectIndex, value_gauge(ret, ALARM->subject_index))
GETTER(ahAlarmSubjectName, value_text(ret, text_chars(ALARM->subject_name)))
GETTER(ahAlarmCondition, value_enum(ret, ALARM->condition))
GETTER(ahAlarmSeverity, value_enum(ret, ALARM->severity))
GETTER(ahAlarmDiagnosis, value_enum(ret, ALARM->diagnosis))
GETTER(ahAlarmRaised, value_date(ret, ALARM->raised_wall_ms))
GETTER(ahAlarmText, value_text(ret, text_chars(ALARM->text)))
GETTER(ahAlarmAcknowledged, value_truth(ret, ALARM->acknowledged))
GETTER(ahAlarmAgents, get_agents(view, ALARM, ret))

static enum write_error test(const struct view *view, uint32_t column, const struct row *row, const struct value *value,
                             struct snmp_command *ret)
{
    (void)view, (void)column;
    if (!value_is_truth(value))
        return WRITE_WRONG_VALUE;
    *ret = (struct snmp_command){ .kind = SNMP_COMMAND_ACKNOWLEDGE, .index = row->index[0], .on = value->integer == 1 };
    return WRITE_OK;
}

static const uint32_t arcs[] = { AH_ALARM_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_ALARM_TABLE_COLUMNS(COLUMN) };
const struct table alarm_table = {
    .name = "ahAlarmTable",
    TABLE_ARRAYS,
    .n_index = AH_ALARM_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
    .test = test,
};
