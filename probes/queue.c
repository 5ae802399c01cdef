/* The bounded queue: a ring under a mutex. A lock is taken per batch on the reading side and per value on the writing
 * side, which is nothing beside a probe; in return any number of threads may write. It never blocks on the eventfd. */
#include "queue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
    pthread_mutex_t lock;
    size_t item_bytes, capacity;
    size_t first, count;
    bool signalled; /* the eventfd is readable */
    bool closed;
    int fd;
    unsigned char *items;
};

int queue_new(size_t item_bytes, size_t capacity, struct queue **ret)
{
    if (item_bytes == 0 || capacity == 0)
        return -EINVAL;
    struct queue *queue = malloc(sizeof *queue);
    if (!queue)
        return -ENOMEM;
    *queue = (struct queue){ .item_bytes = item_bytes, .capacity = capacity };
    /* Zeroed by the kernel: pages that no value ever reached stay unmapped. */
    queue->items = calloc(capacity, item_bytes);
    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!queue->items || queue->fd < 0) {
        const int error = queue->items ? -errno : -ENOMEM;
        if (queue->fd >= 0)
            close(queue->fd);
        free(queue->items);
        free(queue);
        return error;
    }
    pthread_mutex_init(&queue->lock, NULL);
    *ret = queue;
    return 0;
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    close(queue->fd);
    pthread_mutex_destroy(&queue->lock);
    free(queue->items);
    free(queue);
}

int queue_fd(const struct queue *queue)
{
    return queue->fd;
}

static unsigned char *slot(const struct queue *queue, size_t nth)
{
    return queue->items + (queue->first + nth) % queue->capacity * queue->item_bytes;
}

int queue_push(struct queue *queue, const void *item)
{
    int error = 0;

    pthread_mutex_lock(&queue->lock);
    if (queue->count == queue->capacity)
        error = -EAGAIN;
    else
        memcpy(slot(queue, queue->count++), item, queue->item_bytes);
    pthread_mutex_unlock(&queue->lock);
    return error;
}

static void signal_locked(struct queue *queue)
{
    if (queue->signalled)
        return;
    /* Cannot fail: the counter was zero, and the descriptor is our own. */
    const ssize_t written = write(queue->fd, &(uint64_t){ 1 }, sizeof(uint64_t));
    assert(written == sizeof(uint64_t));
    (void)written;
    queue->signalled = true;
}

void queue_wake(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    if (queue->count > 0)
        signal_locked(queue);
    pthread_mutex_unlock(&queue->lock);
}

size_t queue_take(struct queue *queue, void *items, size_t n)
{
    unsigned char *to = items;
    size_t taken = 0;

    pthread_mutex_lock(&queue->lock);
    for (; taken < n && taken < queue->count; taken++)
        memcpy(to + taken * queue->item_bytes, slot(queue, taken), queue->item_bytes);
    queue->count -= taken;
    /* An empty ring starts over at its beginning, so that it touches no more memory than it ever held at once. */
    queue->first = queue->count == 0 ? 0 : (queue->first + taken) % queue->capacity;
    if (queue->count == 0 && queue->signalled && !queue->closed) {
        const ssize_t got = read(queue->fd, &(uint64_t){ 0 }, sizeof(uint64_t));
        assert(got == sizeof(uint64_t));
        (void)got;
        queue->signalled = false;
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    signal_locked(queue);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_is_closed(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    const bool closed = queue->closed;
    pthread_mutex_unlock(&queue->lock);
    return closed;
}
