/* What the columns' getters may look at: a snapshot, and the few numbers that only the SNMP thread knows. */
#ifndef AH_AGENTX_VIEW_H
#define AH_AGENTX_VIEW_H

#include "core/snapshot.h"
#include "value.h"

struct view {
    const struct snapshot *snapshot; /* never NULL; borrowed for as long as values of it are in use */
    const uint32_t *root;            /* of the module */
    size_t root_len;
    uint64_t sent, dropped;
    uint32_t queued, reconnects;
    int64_t uptime_origin_ms; /* mono: when the master's sysUpTime was 0 */
    int64_t wall_ms;          /* about now */
    bool override_enabled;    /* a manager has set ahNotificationsEnabled, and the snapshot does not show it yet: */
    bool enabled;             /* then this is its value */
    uint32_t verified;        /* what was last written to ahVerifyNow; 0: nothing */
};

/* TimeStamp: the master's sysUpTime at `mono_ms`; 0 when that was before it started, or never. */
void value_time_stamp(struct value *value, const struct view *view, int64_t mono_ms);

#endif
