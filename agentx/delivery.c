/* ahDelivery: heartbeat and summary notifications, neither of which is sent yet. */
#include "tables.h"

GETTER(ahHeartbeatInterval, value_gauge(ret, 0))
GETTER(ahSummaryTime, value_date(ret, 0))
GETTER(ahSummaryNotifications, value_gauge(ret, 0))
GETTER(ahSummaryFirstAlarmSeq, value_gauge(ret, 0))
GETTER(ahSummaryLastAlarmSeq, value_gauge(ret, 0))
GETTER(ahSummaryResyncSeq, value_gauge(ret, 0))

static const uint32_t arcs[] = { AH_DELIVERY_ARCS };
static const struct column columns[] = { AH_DELIVERY_SCALARS(COLUMN) };
const struct table delivery_scalars = {
    .name = "ahDelivery",
    TABLE_ARRAYS,
    .n_index = 1,
    .find = scalars_find,
    .next = scalars_next,
};
