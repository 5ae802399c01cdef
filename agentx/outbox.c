/* Order, pace and bookkeeping of outgoing notifications. No socket, no clock. */
#include "outbox.h"

#include <errno.h>
#include <time.h>

int outbox_init(struct outbox *outbox, size_t queue_max, unsigned rate_per_s, unsigned burst)
{
    pthread_condattr_t attributes;
    *outbox = (struct outbox){ .refilled_ms = -1 };
    outbox_set_rate(outbox, rate_per_s, burst);
    const int error = notification_queue_new(queue_max, &outbox->queue);
    if (error)
        return error;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&outbox->empty, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&outbox->lock, NULL);
    return 0;
}

void outbox_done(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->n; i++)
        notification_done(&outbox->flights[(outbox->first + i) % FLIGHTS_MAX].notification);
    notification_queue_free(outbox->queue);
    pthread_cond_destroy(&outbox->empty);
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
    if (error)
        outbox->dropped++;
    else
        outbox->count++;
    pthread_mutex_unlock(&outbox->lock);
    return error;
}

bool outbox_drain(struct outbox *outbox, unsigned timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&outbox->lock);
    int error = 0;
    while (outbox->count > 0 && !error)
        error = pthread_cond_timedwait(&outbox->empty, &outbox->lock, &until);
    const bool empty = outbox->count == 0;
    pthread_mutex_unlock(&outbox->lock);
    return empty;
}

/* Forgets the oldest flights that are done. */
static void land(struct outbox *outbox)
{
    size_t done = 0;
    for (; outbox->n > 0 && outbox->flights[outbox->first].answered; done++) {
        notification_done(&outbox->flights[outbox->first].notification);
        outbox->flights[outbox->first] = (struct flight){ 0 };
        outbox->first = (outbox->first + 1) % FLIGHTS_MAX;
        outbox->n--;
    }
    if (done == 0)
        return;
    pthread_mutex_lock(&outbox->lock);
    outbox->count -= done;
    if (outbox->count == 0)
        pthread_cond_broadcast(&outbox->empty);
    pthread_mutex_unlock(&outbox->lock);
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
    struct flight *flight = waiting(outbox);
    *ret_wait_ms = -1;
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
    outbox->tokens_m -= 1000;
    flight->sent = true;
    flight->packet = packet;
}

static void answer(struct outbox *outbox, struct flight *flight, bool accepted)
{
    flight->answered = true;
    *(accepted ? &outbox->sent : &outbox->dropped) += 1;
    land(outbox);
}

void outbox_failed(struct outbox *outbox, struct flight *flight)
{
    answer(outbox, flight, false);
}

bool outbox_answered(struct outbox *outbox, uint32_t packet, bool accepted)
{
    for (size_t i = 0; i < outbox->n; i++) {
        struct flight *flight = &outbox->flights[(outbox->first + i) % FLIGHTS_MAX];
        if (flight->sent && !flight->answered && flight->packet == packet) {
            answer(outbox, flight, accepted);
            return true;
        }
    }
    return false;
}

void outbox_lost(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->n; i++)
        outbox->flights[(outbox->first + i) % FLIGHTS_MAX].sent = false;
}
