/* What holds the collector's uplink, the scheduler and the store together: who is asked for a sign of life, who is
 * asked again, and what the store is told of the uplink. It decides nothing: core/uplink.h does. */
#ifndef AH_DAEMON_UPLINK_GUARD_H
#define AH_DAEMON_UPLINK_GUARD_H

#include "core/store.h"
#include "core/uplink.h"
#include "daemon/config.h"
#include "daemon/scheduler.h"

struct uplink_guard {
    struct store *store; /* borrowed, as the next */
    struct scheduler *scheduler;
    struct uplink *uplink; /* owned */
    struct uplink_settings settings;
    bool is_on;
    bool was_down, is_back;
};

/* Of a guard that is all zero. Until uplink_guard_watch() says so, all answers pass. -ENOMEM. */
int uplink_guard_begin(struct uplink_guard *guard, struct store *store, struct scheduler *scheduler) AH_WARN_UNUSED;
void uplink_guard_done(struct uplink_guard *guard);
void uplink_guard_watch(struct uplink_guard *guard);

/* Follows a configuration whose targets are with the scheduler; uplink_guard_follow() when these have changed, and
 * uplink_guard_count() now and then, as they change bit by bit. */
void uplink_guard_apply(struct uplink_guard *guard, const struct config *config);
void uplink_guard_follow(struct uplink_guard *guard);
void uplink_guard_count(struct uplink_guard *guard);

/* uplink_admits(). The store knows at once when the uplink is back. */
bool uplink_guard_admits(struct uplink_guard *guard, const struct observation *observation,
                         const struct now *now) AH_WARN_UNUSED;
/* The next answer that was held back and counts now; false: there is none. To be called until then after
 * uplink_guard_apply(), ..._follow(), ..._admits() and ..._step(). */
bool uplink_guard_next(struct uplink_guard *guard, struct observation *ret, const struct now *now);
/* uplink_step(); and consoles were heard at that time (mono; 0: never). */
int64_t uplink_guard_step(struct uplink_guard *guard, int64_t consoles_heard_ms, const struct now *now);
/* True once whenever the uplink has come back; whoever the scheduler asks is being asked then. */
bool uplink_guard_is_back(struct uplink_guard *guard);

#endif
