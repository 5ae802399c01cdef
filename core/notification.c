/* The queue of notifications: a growing ring with a ceiling. */
#include "notification.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct notification_queue {
    struct notification *ring;
    size_t room, first, count, ceiling;
};

struct notification notification_copy(const struct notification *notification)
{
    struct notification copy = *notification;
    alarm_rows.retain(&copy.alarm);
    copy.group = text_ref(copy.group);
    return copy;
}

void notification_done(struct notification *notification)
{
    text_unref(notification->group);
    alarm_rows.release(&notification->alarm);
    memset(notification, 0, sizeof *notification);
}

int notification_queue_new(size_t ceiling, struct notification_queue **ret)
{
    struct notification_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return -ENOMEM;
    queue->ceiling = ceiling;
    *ret = queue;
    return 0;
}

void notification_queue_free(struct notification_queue *queue)
{
    struct notification notification;
    if (!queue)
        return;
    while (notification_queue_pop(queue, &notification))
        notification_done(&notification);
    free(queue->ring);
    free(queue);
}

/* Doubles the ring and straightens it, so that the oldest is first again. */
static int grow(struct notification_queue *queue)
{
    const size_t room = queue->room ? 2 * queue->room : 16;
    struct notification *ring = malloc(room * sizeof *ring);
    if (!ring)
        return -ENOMEM;
    for (size_t i = 0; i < queue->count; i++)
        ring[i] = queue->ring[(queue->first + i) % queue->room];
    free(queue->ring);
    queue->ring = ring;
    queue->room = room;
    queue->first = 0;
    return 0;
}

int notification_queue_reserve(struct notification_queue *queue)
{
    return queue->count == queue->room && queue->count < queue->ceiling ? grow(queue) : 0;
}

int notification_queue_push(struct notification_queue *queue, struct notification *notification)
{
    if (queue->count == queue->ceiling)
        return -ENOBUFS;
    if (notification_queue_reserve(queue) < 0)
        return -ENOMEM;
    queue->ring[(queue->first + queue->count++) % queue->room] = *notification;
    memset(notification, 0, sizeof *notification);
    return 0;
}

bool notification_queue_pop(struct notification_queue *queue, struct notification *ret)
{
    if (queue->count == 0)
        return false;
    *ret = queue->ring[queue->first];
    queue->first = (queue->first + 1) % queue->room;
    if (--queue->count == 0) {
        /* A burst's memory is given back once it is over. */
        free(queue->ring);
        queue->ring = NULL;
        queue->room = queue->first = 0;
    }
    return true;
}

const struct notification *notification_queue_at(const struct notification_queue *queue, size_t place)
{
    return place < queue->count ? &queue->ring[(queue->first + place) % queue->room] : NULL;
}

size_t notification_queue_count(const struct notification_queue *queue)
{
    return queue->count;
}
