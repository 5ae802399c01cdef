/* A detached thread and an eventfd. */
#include "errand.h"

#include "core/shared.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

int errand_init(struct errand *errand, const struct errand_kind *kind)
{
    errand->kind = kind;
    atomic_init(&errand->references, 1);
    atomic_init(&errand->over, false);
    errand->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return errand->fd < 0 ? -errno : 0;
}

void errand_unref(struct errand *errand)
{
    if (!errand || !shared_unref_was_last(&errand->references))
        return;
    close(errand->fd);
    errand->kind->free(errand);
}

static void *run(void *user)
{
    struct errand *errand = user;
    atomic_uint *away = errand->kind->away;

    errand->kind->run(errand);
    atomic_store_explicit(&errand->over, true, memory_order_release);
    eventfd_write(errand->fd, 1); /* the first and only one: it can not be full */
    errand_unref(errand);
    atomic_fetch_sub(away, 1);
    return NULL;
}

int errand_send(struct errand *errand)
{
    pthread_attr_t detached;
    pthread_t thread;

    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    shared_ref(&errand->references);
    const int error = -pthread_create(&thread, &detached, run, errand);
    pthread_attr_destroy(&detached);
    if (error)
        atomic_fetch_sub(&errand->references, 1); /* not the last: the caller has one */
    return error;
}

bool errand_is_over(const struct errand *errand)
{
    return atomic_load_explicit(&errand->over, memory_order_acquire);
}
