/* Starts threads. It waits for none. */
#include "threads.h"

#include <signal.h>

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
