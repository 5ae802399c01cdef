/* Starts threads, and keeps time for those that wait. */
#include "threads.h"

#include <signal.h>
#include <time.h>

int thread_start(pthread_t *ret, void *(*run)(void *user), void *user)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = -pthread_create(&thread, NULL, run, user);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        *ret = thread;
    return error;
}

void thread_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

int thread_condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ms)
{
    if (until_ms == INT64_MAX)
        return pthread_cond_wait(condition, lock);
    const struct timespec until = { .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };
    return pthread_cond_timedwait(condition, lock, &until);
}
