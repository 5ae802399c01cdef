/* What threads beside the main one begin with: their start, and what they wait at. */
#ifndef AH_PROBES_THREADS_H
#define AH_PROBES_THREADS_H

#include "core/model.h"

#include <pthread.h>

/* It takes no signals: they are the main thread's; SIGPIPE above all must not reach a thread that writes to sockets. 0
 * or a negative errno; then *ret is untouched. */
int thread_start(pthread_t *ret, void *(*run)(void *user), void *user) AH_WARN_UNUSED;

/* A condition whose deadlines are of clock_now()'s mono_ms: */
void thread_condition_init(pthread_cond_t *condition);
/* Until it is signalled, or it is so late (INT64_MAX: never); then ETIMEDOUT. The lock is held. */
int thread_condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ms);

#endif
