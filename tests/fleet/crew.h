/* crew.h: the worker threads, each with an event base of its own, and the one way to have something done in them. */
#ifndef FLEET_CREW_H
#define FLEET_CREW_H

#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define BEHAVIOURS_MAX 48

/* Counted by the workers, read by anybody at any time. */
struct counters {
    atomic_ullong connections[BEHAVIOURS_MAX]; /* accepted, by the behaviour they met */
    atomic_ullong requests[BEHAVIOURS_MAX];    /* HTTP requests read to their end, likewise */
    atomic_llong open;
    atomic_llong open_peak;
    atomic_ullong tls_handshakes;
    atomic_ullong tls_resumed;
    atomic_ullong tls_failed;
    atomic_ullong shed; /* connections dropped because descriptors ran out */
};

struct worker {
    struct crew *crew;
    struct event_base *base;
    pthread_t thread;
    size_t number;
    bool running;
    int call_fd; /* an eventfd: there is a call to run */
};

struct crew {
    struct worker *workers;
    size_t count;   /* of workers */
    size_t started; /* of threads */
    bool own_descriptors;
    int last_fd;     /* beyond it, descriptors are kept for the command socket and files */
    struct tls *tls; /* borrowed; NULL when nobody speaks TLS */
    struct counters counters;

    pthread_mutex_t lock;
    pthread_cond_t all_done;
    int (*work)(struct worker *worker, void *argument);
    void *argument;
    size_t unfinished;
    int result;
};

/* What a crew is to be. */
struct crew_plan {
    size_t threads;
    /* Each worker has its own table of file descriptors, so that the limit on open files holds for each of them and not
     * for all together. */
    bool own_descriptors;
    int last_fd;
};

/* Starts the workers with every signal blocked. `tls` is borrowed. Returns 0 or a negative errno. */
int crew_start(const struct crew_plan *plan, struct tls *tls, struct crew **ret_crew)
    __attribute__((warn_unused_result));

/* Runs work(worker, argument) in the thread of every worker, and returns when all have: 0, or the first error. Callable
 * from one thread only. */
int crew_call(struct crew *crew, int (*work)(struct worker *worker, void *argument), void *argument);

/* Ends the workers; their sockets must have been closed by a call before. NULL is fine. */
void crew_free(struct crew *crew);

#endif
