/* A bounded queue of fixed-size values between threads, with an eventfd for the reader's event loop. It never blocks
 * and never grows; what the values point to is their users' business. */
#ifndef AH_PROBES_QUEUE_H
#define AH_PROBES_QUEUE_H

#include "core/model.h"

struct queue;

int queue_new(size_t item_bytes, size_t capacity, struct queue **ret) AH_WARN_UNUSED;
/* NULL-safe. No thread may use the queue any more; values that still are in it are forgotten. */
void queue_free(struct queue *queue);

/* Readable from queue_wake() on until the queue is empty, and for good once it is closed. Owned by the queue. */
int queue_fd(const struct queue *queue);

/* Appends a copy of *item and wakes nobody: a batch is worth one queue_wake(). 0 or -EAGAIN: full. */
int queue_push(struct queue *queue, const void *item) AH_WARN_UNUSED;
/* Makes the eventfd readable if the queue holds something. */
void queue_wake(struct queue *queue);

/* Takes the oldest values, at most n; returns how many. */
size_t queue_take(struct queue *queue, void *items, size_t n);

/* Tells the reader to end: it wakes, and queue_is_closed() says why. Values can still be taken. */
void queue_close(struct queue *queue);
bool queue_is_closed(struct queue *queue);

#endif
