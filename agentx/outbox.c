/* Order, pace and bookkeeping of outgoing notifications. No socket, no clock. */
#include "outbox.h"

int outbox_init(struct outbox *outbox, const struct snmp_settings *settings)
{
    *outbox = (struct outbox){
        .heartbeat = { .notification = { .kind = NOTIFICATION_HEARTBEAT } },
        .refilled_ms = -1,
        .told = settings->told,
        .on_sent = settings->sent,
        .told_user = settings->told_user,
    };
    outbox_set_rate(outbox, settings->rate_per_s, settings->burst);
    const int error = notification_queue_new(settings->queue_max, &outbox->queue);
    if (error)
        return error;
    pthread_mutex_init(&outbox->lock, NULL);
    return 0;
}

void outbox_done(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->n; i++)
        notification_done(&outbox->flights[(outbox->first + i) % FLIGHTS_MAX].notification);
    notification_queue_free(outbox->queue);
    pthread_mutex_destroy(&outbox->lock);
}

void outbox_set_rate(struct outbox *outbox, unsigned rate_per_s, unsigned burst)
{
    outbox->rate_per_s = rate_per_s > 0 ? rate_per_s : 1;
    outbox->burst = burst > 0 ? burst : 1;
}

int outbox_put(struct outbox *outbox, struct notification *notification)
{
    pthread_mutex_lock(&outbox->lock);
    const int error = notification_queue_push(outbox->queue, notification);
    if (!error)
        outbox->count++;
    pthread_mutex_unlock(&outbox->lock);
    return error;
}

void outbox_beat(struct outbox *outbox)
{
    outbox->beats = true;
}

/* Forgets the oldest flights that are done. */
static void land(struct outbox *outbox)
{
    while (outbox->n > 0 && outbox->flights[outbox->first].answered) {
        notification_done(&outbox->flights[outbox->first].notification);
        outbox->flights[outbox->first] = (struct flight){ 0 };
        outbox->first = (outbox->first + 1) % FLIGHTS_MAX;
        outbox->n--;
    }
}

/* The oldest flight that waits to be sent (again), taking one from the queue if need be. */
static struct flight *waiting(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->n; i++) {
        struct flight *flight = &outbox->flights[(outbox->first + i) % FLIGHTS_MAX];
        if (!flight->sent && !flight->answered)
            return flight;
    }
    if (outbox->n == FLIGHTS_MAX)
        return NULL;
    struct flight *flight = &outbox->flights[(outbox->first + outbox->n) % FLIGHTS_MAX];
    pthread_mutex_lock(&outbox->lock);
    const bool taken = notification_queue_pop(outbox->queue, &flight->notification);
    pthread_mutex_unlock(&outbox->lock);
    outbox->n += taken ? 1 : 0;
    return taken ? flight : NULL;
}

/* Adds what the rate has earned since the last call. */
static void refill(struct outbox *outbox, int64_t now_ms)
{
    const int64_t full_m = (int64_t)outbox->burst * 1000, elapsed_ms = now_ms - outbox->refilled_ms;
    if (outbox->refilled_ms < 0 || elapsed_ms > 3600000)
        outbox->tokens_m = full_m;
    else
        outbox->tokens_m += elapsed_ms * outbox->rate_per_s;
    if (outbox->tokens_m > full_m)
        outbox->tokens_m = full_m;
    outbox->refilled_ms = now_ms;
}

struct flight *outbox_next(struct outbox *outbox, int64_t now_ms, int64_t *ret_wait_ms)
{
    *ret_wait_ms = -1;
    if (outbox->beats && !outbox->heartbeat.sent)
        return &outbox->heartbeat;
    struct flight *flight = waiting(outbox);
    if (!flight)
        return NULL;
    refill(outbox, now_ms);
    if (outbox->tokens_m < 1000) {
        const unsigned rate = outbox->rate_per_s;
        *ret_wait_ms = (1000 - outbox->tokens_m + rate - 1) / rate;
        return NULL;
    }
    return flight;
}

void outbox_sent(struct outbox *outbox, struct flight *flight, uint32_t packet)
{
    if (flight == &outbox->heartbeat)
        outbox->beats = false;
    else
        outbox->tokens_m -= 1000;
    flight->sent = true;
    flight->packet = packet;
}

void outbox_passed(struct outbox *outbox, struct flight *flight, uint64_t master)
{
    if (!outbox->on_sent || flight == &outbox->heartbeat)
        return;
    flight->passed = true;
    outbox->on_sent(outbox->told_user, flight->notification.id, master);
}

static void answer(struct outbox *outbox, struct flight *flight, bool accepted)
{
    *(accepted ? &outbox->sent : &outbox->dropped) += 1;
    if (flight == &outbox->heartbeat) {
        flight->sent = false;
        return;
    }
    flight->answered = true;
    outbox->count--;
    if (outbox->told)
        outbox->told(outbox->told_user, flight->notification.id, accepted);
    land(outbox);
}

void outbox_failed(struct outbox *outbox, struct flight *flight)
{
    answer(outbox, flight, false);
}

static struct flight *in_flight(struct outbox *outbox, uint32_t packet)
{
    if (outbox->heartbeat.sent && outbox->heartbeat.packet == packet)
        return &outbox->heartbeat;
    for (size_t i = 0; i < outbox->n; i++) {
        struct flight *flight = &outbox->flights[(outbox->first + i) % FLIGHTS_MAX];
        if (flight->sent && !flight->answered && flight->packet == packet)
            return flight;
    }
    return NULL;
}

bool outbox_answered(struct outbox *outbox, uint32_t packet, bool accepted)
{
    struct flight *flight = in_flight(outbox, packet);
    if (flight)
        answer(outbox, flight, accepted);
    return flight;
}

void outbox_lost(struct outbox *outbox)
{
    outbox->heartbeat.sent = false;
    for (size_t i = 0; i < outbox->n; i++) {
        struct flight *flight = &outbox->flights[(outbox->first + i) % FLIGHTS_MAX];
        if (flight->passed && !flight->answered)
            outbox->on_sent(outbox->told_user, flight->notification.id, 0);
        flight->sent = flight->passed = false;
    }
}
