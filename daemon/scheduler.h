/* The scheduler: who is asked next, and how many at once. Each driver has a lane with its own interval and concurrency
 * cap. It knows no clock and no thread: time comes in, jobs go out through a function. */
#ifndef AH_DAEMON_SCHEDULER_H
#define AH_DAEMON_SCHEDULER_H

#include "core/rows.h"
#include "probes/probe.h"

struct scheduler;

/* Gives a job away; takes its references. -EAGAIN: no room now (the scheduler tries again at its next run). */
typedef int scheduler_submit_fn(void *user, const struct probe_job *job);

int scheduler_new(scheduler_submit_fn *submit, void *user, struct scheduler **ret) AH_WARN_UNUSED;
void scheduler_free(struct scheduler *scheduler);

/* Opens a driver's lane, or changes its settings (its own reference is taken). interval_ms 0: nobody is asked unless
 * scheduler_kick() says so. concurrency at least 1. Another interval counts for a target from its next question or
 * scheduler_put() on. */
void scheduler_configure(struct scheduler *scheduler, const struct probe_settings *settings, int64_t interval_ms,
                         unsigned concurrency);

/* Adds a target to a lane (a reference is taken), or replaces the one of the same index, which keeps its turn. The
 * first question comes soon, spread so that a fleet is not asked all at once; later ones once an interval. */
int scheduler_put(struct scheduler *scheduler, enum driver driver, const struct probe_target *target,
                  int64_t now_ms) AH_WARN_UNUSED;
void scheduler_remove(struct scheduler *scheduler, enum driver driver, uint32_t index);

/* Asks at once: a target, or (index 0) all of a lane. One that is in flight is not asked twice, but again when it is
 * back. */
void scheduler_kick(struct scheduler *scheduler, enum driver driver, uint32_t index, int64_t now_ms);

/* Asks all of a lane soon, but for those that are being asked: at the pace of a fleet that is new. */
void scheduler_renew(struct scheduler *scheduler, enum driver driver, int64_t now_ms);

/* Asks one target at once as above, and anew: there is a sign that something about it has changed. */
void scheduler_suspect(struct scheduler *scheduler, enum driver driver, uint32_t index, int64_t now_ms);

/* Submits what is due. Returns when it wants to be run again (INT64_MAX: when an answer comes). */
int64_t scheduler_run(struct scheduler *scheduler, int64_t now_ms);

/* Books an answer. false: its target was removed or replaced meanwhile; the answer is to be thrown away. */
bool scheduler_answer(struct scheduler *scheduler, const struct probe_answer *answer, const struct now *now);

/* Counts a run that another driver made along with its own, and how it ended. */
void scheduler_book(struct scheduler *scheduler, enum driver driver, const char *name, enum cause cause,
                    const char *detail, const struct now *now);

/* Whether it has such a target. */
bool scheduler_has(const struct scheduler *scheduler, enum driver driver, uint32_t index);
/* Whether a target's answer is on its way. */
bool scheduler_is_asking(const struct scheduler *scheduler, enum driver driver, uint32_t index);

/* A driver's numbers; false: it has no lane. */
bool scheduler_numbers(const struct scheduler *scheduler, enum driver driver, struct probe_row *ret);

/* The length of the pause that began since this was asked last, because endpoints refuse the driver's account
 * (logins.h); 0: none did. */
int64_t scheduler_login_pause(struct scheduler *scheduler, enum driver driver);

/* Nothing in flight and nothing due by now; what waits for the end of such a pause is not due. */
bool scheduler_is_idle(const struct scheduler *scheduler, int64_t now_ms);

#endif
