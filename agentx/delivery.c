/* ahDelivery: how often ahHeartbeat comes, and what the last ahNotificationsSummary said. */
#include "tables.h"

#define SUMMARY (&view->snapshot->collector.summary)

GETTER(ahHeartbeatInterval, value_gauge(ret, view->snapshot->collector.heartbeat_s))
GETTER(ahSummaryTime, value_date(ret, SUMMARY->wall_ms))
GETTER(ahSummaryNotifications, value_gauge(ret, SUMMARY->notifications))
GETTER(ahSummaryFirstAlarmSeq, value_gauge(ret, SUMMARY->first_alarm_seq))
GETTER(ahSummaryLastAlarmSeq, value_gauge(ret, SUMMARY->last_alarm_seq))
GETTER(ahSummaryResyncSeq, value_gauge(ret, SUMMARY->resync_seq))

static const uint32_t arcs[] = { AH_DELIVERY_ARCS };
static const struct column columns[] = { AH_DELIVERY_SCALARS(COLUMN) };
const struct table delivery_scalars = {
    .name = "ahDelivery",
    TABLE_ARRAYS,
    .n_index = 1,
    .find = scalars_find,
    .next = scalars_next,
};
