/* crew.c: the worker threads and calls into them. It knows nothing of sockets, targets or behaviours. */
#include "crew.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void finish_call(struct crew *crew, int result)
{
    pthread_mutex_lock(&crew->lock);
    if (crew->result == 0)
        crew->result = result;
    if (--crew->unfinished == 0)
        pthread_cond_signal(&crew->all_done);
    pthread_mutex_unlock(&crew->lock);
}

static int wait_for_all(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    while (crew->unfinished > 0)
        pthread_cond_wait(&crew->all_done, &crew->lock);
    const int result = crew->result;
    pthread_mutex_unlock(&crew->lock);
    return result;
}

static void on_call(evutil_socket_t fd, short what, void *argument)
{
    struct worker *worker = argument;
    struct crew *crew = worker->crew;
    eventfd_t calls;

    (void)what;
    if (eventfd_read(fd, &calls) < 0)
        return; /* a wake-up without a call */
    pthread_mutex_lock(&crew->lock);
    int (*work)(struct worker *, void *) = crew->work;
    void *work_argument = crew->argument;
    pthread_mutex_unlock(&crew->lock);
    finish_call(crew, work(worker, work_argument));
}

/* Everything that makes a descriptor is done here, in the thread: it may have a table of its own. */
static int worker_open(struct worker *worker, struct event *call)
{
    if (worker->crew->own_descriptors && unshare(CLONE_FILES) < 0)
        return -errno;
    struct event_config *config = event_config_new();
    if (!config)
        return -ENOMEM;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    worker->base = event_base_new_with_config(config);
    event_config_free(config);
    if (!worker->base)
        return -ENOMEM;
    event_assign(call, worker->base, worker->call_fd, EV_READ | EV_PERSIST, on_call, worker);
    return event_add(call, NULL) < 0 ? -ENOMEM : 0;
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct event call;

    const int result = worker_open(worker, &call);
    worker->running = result == 0;
    finish_call(worker->crew, result);
    if (result == 0) {
        event_base_dispatch(worker->base);
        event_del(&call);
    }
    if (worker->base)
        event_base_free(worker->base);
    return NULL;
}

static int worker_stop(struct worker *worker, void *argument)
{
    (void)argument;
    return event_base_loopbreak(worker->base) < 0 ? -EIO : 0;
}

static int start_threads(struct crew *crew)
{
    sigset_t all, before;
    int result = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (crew->started < crew->count && result == 0) {
        struct worker *worker = &crew->workers[crew->started];
        pthread_mutex_lock(&crew->lock);
        crew->unfinished++;
        pthread_mutex_unlock(&crew->lock);
        result = -pthread_create(&worker->thread, NULL, worker_main, worker);
        if (result == 0)
            crew->started++;
        else
            finish_call(crew, result);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return wait_for_all(crew);
}

int crew_start(const struct crew_plan *plan, struct tls *tls, struct crew **ret_crew)
{
    int result = -ENOMEM;

    struct crew *crew = calloc(1, sizeof *crew);
    if (!crew)
        return -ENOMEM;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->all_done, NULL);
    crew->own_descriptors = plan->own_descriptors;
    crew->last_fd = plan->last_fd;
    crew->tls = tls;
    if (!(crew->workers = calloc(plan->threads, sizeof *crew->workers)))
        goto done;
    for (; crew->count < plan->threads; crew->count++)
        crew->workers[crew->count] = (struct worker){ .crew = crew, .number = crew->count, .call_fd = -1 };
    /* Before any table of descriptors is parted from the others: the number must mean the same in both threads. */
    for (size_t i = 0; i < plan->threads; i++)
        if ((crew->workers[i].call_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0) {
            result = -errno;
            goto done;
        }
    if ((result = start_threads(crew)) < 0)
        goto done;
    *ret_crew = crew;
    crew = NULL;
    result = 0;

done:
    crew_free(crew);
    return result;
}

int crew_call(struct crew *crew, int (*work)(struct worker *worker, void *argument), void *argument)
{
    pthread_mutex_lock(&crew->lock);
    crew->work = work;
    crew->argument = argument;
    crew->result = 0;
    for (size_t i = 0; i < crew->started; i++)
        crew->unfinished += crew->workers[i].running;
    pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->started; i++)
        if (crew->workers[i].running)
            eventfd_write(crew->workers[i].call_fd, 1);
    return wait_for_all(crew);
}

void crew_free(struct crew *crew)
{
    if (!crew)
        return;
    crew_call(crew, worker_stop, NULL);
    for (size_t i = 0; i < crew->started; i++)
        pthread_join(crew->workers[i].thread, NULL);
    for (size_t i = 0; i < crew->count; i++)
        if (crew->workers[i].call_fd >= 0)
            close(crew->workers[i].call_fd);
    free(crew->workers);
    pthread_cond_destroy(&crew->all_done);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}
