/* What has to be told, on its way from the store to the SNMP thread, and the news of what was. It neither decides what
 * is told nor speaks SNMP. All but outgoing_told() is for the main thread. */
#ifndef AH_DAEMON_OUTGOING_H
#define AH_DAEMON_OUTGOING_H

#include "agentx/agent.h"
#include "core/delivery.h"
#include "core/store.h"

struct outgoing;

/* queue_max: how many notifications may wait for the SNMP thread, before the oldest are summed up. */
int outgoing_new(size_t queue_max, struct outgoing **ret) AH_WARN_UNUSED;
/* Has what waits recorded from now on. `changed`: what has to be recorded under that number is not what it was
 * (outgoing_kept()). `told` and `sent`, called in the SNMP thread: its fate is decided; snmp_sent_fn. To be called
 * before the first is taken. */
struct outgoing_record {
    delivery_changed_fn *changed;
    void (*told)(void *user, uint32_t id);
    void (*sent)(void *user, uint32_t id, uint64_t master);
    void *user;
};
void outgoing_record(struct outgoing *outgoing, const struct outgoing_record *record);
/* Takes back what was recorded before the restart: delivery_restore(). */
int outgoing_restore(struct outgoing *outgoing, struct notification *notification) AH_WARN_UNUSED;
void outgoing_number_above(struct outgoing *outgoing, uint32_t id);
/* The last number that was given. */
uint32_t outgoing_last_id(const struct outgoing *outgoing);
/* What is to be recorded under a number, or under the next one behind it; NULL: nothing. */
const struct notification *outgoing_kept(const struct outgoing *outgoing, uint32_t id);
const struct notification *outgoing_kept_next(const struct outgoing *outgoing, uint32_t after);
void outgoing_free(struct outgoing *outgoing); /* NULL-safe; when no SNMP thread is left */
/* What the SNMP thread has to be started with, so that it fits: the ceiling of its queue, and whom it tells. */
void outgoing_settings(struct outgoing *outgoing, struct snmp_settings *settings);
/* Readable when the SNMP thread has told what became of a notification: then outgoing_step() has something to do. */
int outgoing_fd(const struct outgoing *outgoing);

/* Takes and logs what the store has to tell. */
void outgoing_take(struct outgoing *outgoing, struct store *store, const struct now *now);
/* What was taken up to that number is shown and recorded by now, and may be told. */
void outgoing_release(struct outgoing *outgoing, uint32_t id);
uint32_t outgoing_released_id(const struct outgoing *outgoing); /* up to there */
/* Hands over what the SNMP thread has room for, while it has a master to tell. */
void outgoing_step(struct outgoing *outgoing, struct snmp_agent *snmp);
/* The same until everything is told, but at most so long; how many are not. */
size_t outgoing_drain(struct outgoing *outgoing, struct snmp_agent *snmp, unsigned timeout_ms);

const struct notification_summary *outgoing_summary(const struct outgoing *outgoing);

#endif
