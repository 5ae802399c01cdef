/* The start of a thread beside the main one. */
#ifndef AH_PROBES_THREADS_H
#define AH_PROBES_THREADS_H

#include "core/model.h"

#include <pthread.h>

/* It takes no signals: they are the main thread's; SIGPIPE above all must not reach a thread that writes to sockets. 0
 * or a negative errno; then *ret is untouched. */
int thread_start(pthread_t *ret, void *(*run)(void *user), void *user) AH_WARN_UNUSED;

#endif
