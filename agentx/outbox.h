/* Notifications on their way out: a queue that any thread fills, and the few in flight that the SNMP thread has sent
 * and whose answers are awaited. Paced by a token bucket; in order; at least once. It sends nothing itself. */
#ifndef AH_AGENTX_OUTBOX_H
#define AH_AGENTX_OUTBOX_H

#include "agent.h"

#include <pthread.h>

/* A burst without its answers being read can block the master and us for good, each waiting for the other to read. */
enum { FLIGHTS_MAX = 64 };

/* A notification that was taken from the queue. `sent` until it is answered, or its session is lost. */
struct flight {
    struct notification notification;
    bool sent, answered;
    bool passed; /* to a local master, as far as `sent` of the settings was told */
    uint32_t packet;
};

struct outbox {
    pthread_mutex_t lock; /* of the queue */
    struct notification_queue *queue;

    /* Of the SNMP thread alone. */
    struct flight flights[FLIGHTS_MAX]; /* a ring, oldest first */
    size_t first, n;
    struct flight heartbeat;       /* beside the others: it overtakes them, costs no token and is sent once */
    int64_t tokens_m, refilled_ms; /* thousandths of a notification */
    snmp_told_fn *told;
    snmp_sent_fn *on_sent;
    void *told_user;

    _Atomic bool beats; /* the heartbeat is to be sent */
    _Atomic unsigned rate_per_s, burst;
    _Atomic uint64_t sent, dropped;
    _Atomic size_t count; /* all whose fate is open, but the heartbeat: in the queue and in flight */
};

/* Of the settings, what is about notifications counts. 0 or -ENOMEM. */
int outbox_init(struct outbox *outbox, const struct snmp_settings *settings) AH_WARN_UNUSED;
void outbox_done(struct outbox *outbox);
/* Any thread. Less than one is taken as one. */
void outbox_set_rate(struct outbox *outbox, unsigned rate_per_s, unsigned burst);

/* Any thread. Takes *notification; -ENOBUFS or -ENOMEM: it still is the caller's. */
int outbox_put(struct outbox *outbox, struct notification *notification) AH_WARN_UNUSED;
/* Any thread. Has the heartbeat sent; while one waits, it is the same. */
void outbox_beat(struct outbox *outbox);

/* The SNMP thread. The next notification to send, or NULL: nothing waits, too much is in flight, or the rate forbids
 * it (then *ret_wait_ms is how long; else -1). Its flight stays the outbox's; tell what became of it by one of: */
struct flight *outbox_next(struct outbox *outbox, int64_t now_ms, int64_t *ret_wait_ms);
void outbox_sent(struct outbox *outbox, struct flight *flight, uint32_t packet);
/* And the local master has it, or gets it from the kernel. */
void outbox_passed(struct outbox *outbox, struct flight *flight, uint64_t master);
void outbox_failed(struct outbox *outbox, struct flight *flight); /* it can never be sent: dropped */

/* The answer to a packet: accepted, or refused and so dropped. False: nothing in flight has that number. */
bool outbox_answered(struct outbox *outbox, uint32_t packet, bool accepted);
/* The session is lost: what was in flight and not answered goes out again, in order; but for the heartbeat. */
void outbox_lost(struct outbox *outbox);

#endif
