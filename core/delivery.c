/* The queue of notifications between the store and the SNMP side. */
#include "delivery.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct delivery {
    size_t cap;
    delivery_changed_fn *changed;
    void *user;
    struct notification handed_over[DELIVERY_WINDOW]; /* in no order */
    size_t n_handed_over;
    struct notification summary; /* comes before what waits; its number 0: there is none */
    uint32_t summary_with;       /* the number whose appending changed it last */
    struct notification_queue *waiting;
    uint32_t last_id, recorded;
    uint64_t folded;
    struct notification_summary last_summary;
};

int delivery_new(size_t cap, delivery_changed_fn *changed, void *user, struct delivery **ret)
{
    struct delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery)
        return -ENOMEM;
    if (notification_queue_new(SIZE_MAX, &delivery->waiting) < 0) {
        free(delivery);
        return -ENOMEM;
    }
    delivery->cap = cap;
    delivery->changed = changed;
    delivery->user = user;
    *ret = delivery;
    return 0;
}

void delivery_free(struct delivery *delivery)
{
    if (!delivery)
        return;
    for (size_t i = 0; i < delivery->n_handed_over; i++)
        notification_done(&delivery->handed_over[i]);
    notification_queue_free(delivery->waiting);
    free(delivery);
}

int delivery_restore(struct delivery *delivery, struct notification *notification)
{
    const uint32_t id = notification->id;
    const int error = notification_queue_push(delivery->waiting, notification);
    if (error < 0)
        return error;
    delivery_number_above(delivery, id);
    delivery_recorded(delivery, id);
    const struct notification *restored = notification_queue_at(delivery->waiting, delivery_waiting(delivery) - 1);
    if (restored->kind == NOTIFICATION_SUMMARY)
        delivery->last_summary = restored->summary;
    return 0;
}

void delivery_number_above(struct delivery *delivery, uint32_t id)
{
    if (id > delivery->last_id)
        delivery->last_id = id;
}

uint32_t delivery_last_id(const struct delivery *delivery)
{
    return delivery->last_id;
}

static void note(const struct delivery *delivery, uint32_t id)
{
    if (delivery->changed)
        delivery->changed(delivery->user, id);
}

static uint32_t lower(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void add_up(struct notification_summary *summary, const struct notification_summary *other)
{
    summary->notifications += other->notifications;
    summary->first_alarm_seq = lower(summary->first_alarm_seq, other->first_alarm_seq);
    if (other->last_alarm_seq > summary->last_alarm_seq)
        summary->last_alarm_seq = other->last_alarm_seq;
    summary->resync_seq = lower(summary->resync_seq, other->resync_seq);
}

/* Takes *notification, which may be a summary of before the restart. The first one's place, and number, become the
 * summary's: so numbers stay in order. */
static void fold(struct delivery *delivery, struct notification *notification, const struct now *now)
{
    const bool is_summary = notification->kind == NOTIFICATION_SUMMARY;
    const struct notification_summary one = {
        .notifications = 1,
        .first_alarm_seq = notification->alarm.seq,
        .last_alarm_seq = notification->alarm.seq,
        .resync_seq = notification->change_seq > 0 ? notification->change_seq - 1 : 0,
    };
    const struct notification_summary *other = is_summary ? &notification->summary : &one;
    struct notification *summary = &delivery->summary;
    if (summary->id == 0) {
        *summary = (struct notification){ .kind = NOTIFICATION_SUMMARY, .id = notification->id, .summary = *other };
    } else {
        add_up(&summary->summary, other);
        note(delivery, notification->id);
    }
    summary->summary.wall_ms = now->wall_ms;
    delivery->summary_with = delivery->last_id;
    delivery->last_summary = summary->summary;
    delivery->folded += !is_summary;
    note(delivery, summary->id);
    notification_done(notification);
}

void delivery_append(struct delivery *delivery, struct notification *notification, const struct now *now)
{
    struct notification oldest;
    const uint32_t id = notification->id = ++delivery->last_id;
    while ((notification_queue_count(delivery->waiting) >= delivery->cap ||
            notification_queue_reserve(delivery->waiting) < 0) &&
           notification_queue_pop(delivery->waiting, &oldest))
        fold(delivery, &oldest, now);
    if (notification_queue_push(delivery->waiting, notification) < 0)
        fold(delivery, notification, now);
    else
        note(delivery, id);
}

void delivery_recorded(struct delivery *delivery, uint32_t id)
{
    if (id > delivery->recorded)
        delivery->recorded = id;
}

uint32_t delivery_recorded_id(const struct delivery *delivery)
{
    return delivery->recorded;
}

/* The oldest that is not handed over; NULL: there is none. */
static const struct notification *oldest(const struct delivery *delivery)
{
    return delivery->summary.id ? &delivery->summary : notification_queue_at(delivery->waiting, 0);
}

bool delivery_next(const struct delivery *delivery, struct notification *ret)
{
    const struct notification *next = oldest(delivery);
    if (!next || delivery->n_handed_over == DELIVERY_WINDOW ||
        (next == &delivery->summary ? delivery->summary_with : next->id) > delivery->recorded)
        return false;
    *ret = notification_copy(next);
    return true;
}

void delivery_handed_over(struct delivery *delivery)
{
    assert(oldest(delivery) && delivery->n_handed_over < DELIVERY_WINDOW);
    struct notification *to = &delivery->handed_over[delivery->n_handed_over++];
    if (delivery->summary.id) {
        *to = delivery->summary;
        delivery->summary = (struct notification){ 0 };
    } else {
        (void)notification_queue_pop(delivery->waiting, to);
    }
}

bool delivery_told(struct delivery *delivery, uint32_t id)
{
    for (size_t i = 0; i < delivery->n_handed_over; i++)
        if (delivery->handed_over[i].id == id) {
            notification_done(&delivery->handed_over[i]);
            delivery->handed_over[i] = delivery->handed_over[--delivery->n_handed_over];
            return true;
        }
    return false;
}

/* The first of those that wait, but for the summary, whose number is above `after`; NULL: there is none. */
static const struct notification *waiting_above(const struct delivery *delivery, uint32_t after)
{
    size_t first = 0, end = notification_queue_count(delivery->waiting);
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        if (notification_queue_at(delivery->waiting, middle)->id > after)
            end = middle;
        else
            first = middle + 1;
    }
    return notification_queue_at(delivery->waiting, first);
}

const struct notification *delivery_find_next(const struct delivery *delivery, uint32_t after)
{
    const struct notification *found = NULL;
    for (size_t i = 0; i < delivery->n_handed_over; i++) {
        const struct notification *one = &delivery->handed_over[i];
        if (one->id > after && (!found || one->id < found->id))
            found = one;
    }
    if (found)
        return found;
    return delivery->summary.id > after ? &delivery->summary : waiting_above(delivery, after);
}

const struct notification *delivery_find(const struct delivery *delivery, uint32_t id)
{
    const struct notification *found = delivery_find_next(delivery, id - 1);
    return found && found->id == id ? found : NULL;
}

size_t delivery_waiting(const struct delivery *delivery)
{
    return (delivery->summary.id ? 1 : 0) + notification_queue_count(delivery->waiting);
}

size_t delivery_count(const struct delivery *delivery)
{
    return delivery->n_handed_over + delivery_waiting(delivery);
}

uint64_t delivery_folded(const struct delivery *delivery)
{
    return delivery->folded;
}

const struct notification_summary *delivery_summary(const struct delivery *delivery)
{
    return &delivery->last_summary;
}
