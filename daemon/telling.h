/* What has to be told, on its way from the store to the SNMP thread, and the news of what was. It neither decides what
 * is told nor speaks SNMP. All but telling_told() is for the main thread. */
#ifndef AH_DAEMON_TELLING_H
#define AH_DAEMON_TELLING_H

#include "agentx/agent.h"
#include "core/delivery.h"
#include "core/store.h"

struct telling;

/* queue_max: how many notifications may wait for the SNMP thread, before the oldest are summed up. */
int telling_new(size_t queue_max, struct telling **ret) AH_WARN_UNUSED;
/* Has what waits recorded from now on. `changed`: what has to be recorded under that number is not what it was
 * (telling_kept()). `told`, called in the SNMP thread: its fate is decided. To be called before the first is taken. */
struct telling_record {
    delivery_changed_fn *changed;
    void (*told)(void *user, uint32_t id);
    void *user;
};
void telling_record(struct telling *telling, const struct telling_record *record);
/* Takes back what was recorded before the restart: delivery_restore(). */
int telling_restore(struct telling *telling, struct notification *notification) AH_WARN_UNUSED;
void telling_number_above(struct telling *telling, uint32_t id);
/* The last number that was given. */
uint32_t telling_last_id(const struct telling *telling);
/* What is to be recorded under a number, or under the next one behind it; NULL: nothing. */
const struct notification *telling_kept(const struct telling *telling, uint32_t id);
const struct notification *telling_kept_next(const struct telling *telling, uint32_t after);
void telling_free(struct telling *telling); /* NULL-safe; when no SNMP thread is left */
/* What the SNMP thread has to be started with, so that it fits: the ceiling of its queue, and whom it tells. */
void telling_settings(struct telling *telling, struct snmp_settings *settings);
/* Readable when the SNMP thread has told what became of a notification: then telling_step() has something to do. */
int telling_fd(const struct telling *telling);

/* Takes and logs what the store has to tell. */
void telling_take(struct telling *telling, struct store *store, const struct now *now);
/* What was taken up to that number is shown and recorded by now, and may be told. */
void telling_release(struct telling *telling, uint32_t id);
uint32_t telling_released_id(const struct telling *telling); /* up to there */
/* Hands over what the SNMP thread has room for, while it has a master to tell. */
void telling_step(struct telling *telling, struct snmp_agent *snmp);
/* The same until everything is told, but at most so long; how many are not. */
size_t telling_drain(struct telling *telling, struct snmp_agent *snmp, unsigned timeout_ms);

const struct notification_summary *telling_summary(const struct telling *telling);

#endif
