/* ahCollector: the collector itself, and what managers can ask of it. */
#include "tables.h"

#define COLLECTOR (&view->snapshot->collector)

GETTER(ahCollectorName, value_text(ret, COLLECTOR->name))
GETTER(ahCollectorVersion, value_text(ret, COLLECTOR->version))
GETTER(ahCollectorStartTime, value_date(ret, COLLECTOR->start_wall_ms))
GETTER(ahCollectorConfigTime, value_date(ret, COLLECTOR->config_wall_ms))
GETTER(ahNotificationsEnabled,
       value_truth(ret, view->override_enabled ? view->enabled : view->snapshot->notifications_enabled))
GETTER(ahNotificationsSent, value_counter32(ret, view->sent))
GETTER(ahNotificationsQueued, value_gauge(ret, view->queued))
GETTER(ahNotificationsDropped, value_counter32(ret, view->dropped))
GETTER(ahMasterReconnects, value_counter32(ret, view->reconnects))
GETTER(ahVerifyNow, value_gauge(ret, view->verified))
GETTER(ahPersistenceState, value_enum(ret, view->snapshot->persistence))
GETTER(ahCollectorUplink, value_enum(ret, view->snapshot->uplink))
GETTER(ahCollectorConfigRejected, value_counter32(ret, COLLECTOR->config_rejected))
GETTER(ahCollectorRowsRejected, value_gauge(ret, COLLECTOR->rows_rejected))
GETTER(ahCollectorUpdatesDropped, value_counter32(ret, view->snapshot->updates_dropped))
GETTER(ahNotificationsWithheld, value_counter32(ret, view->snapshot->withheld))

static enum write_error test(const struct view *view, uint32_t column, const struct row *row, const struct value *value,
                             struct snmp_command *ret)
{
    (void)row;
    switch (column) {
    case AH_NOTIFICATIONS_ENABLED:
        if (!value_is_truth(value))
            return WRITE_WRONG_VALUE;
        *ret = (struct snmp_command){ .kind = SNMP_COMMAND_NOTIFICATIONS, .on = value->integer == 1 };
        return WRITE_OK;
    case AH_VERIFY_NOW:
        if (value->number != 0 && !rowview_get(view->snapshot->agents, value->number, NULL))
            return WRITE_INCONSISTENT_VALUE;
        *ret = (struct snmp_command){ .kind = SNMP_COMMAND_VERIFY_NOW, .index = value->number };
        return WRITE_OK;
    default:
        return WRITE_NOT_WRITABLE;
    }
}

static const uint32_t arcs[] = { AH_COLLECTOR_ARCS };
static const struct column columns[] = { AH_COLLECTOR_SCALARS(COLUMN) };
const struct table collector_scalars = {
    .name = "ahCollector",
    TABLE_ARRAYS,
    .n_index = 1,
    .find = scalars_find,
    .next = scalars_next,
    .test = test,
};
