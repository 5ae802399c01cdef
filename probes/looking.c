/* A thread for each look that may wait: as many as are under way, each over at once while the share answers. What it
 * has in common with the loop lives until both have let go of it. Nothing can end a read of a server that is gone, so
 * that its thread is left to it, and counted. */
#include "looking.h"

#include "core/shared.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOOKS_MORE_FOR_COLLECTOR = 8 };

/* What thread and loop share. Job and answer are the thread's until it is over. */
struct errand {
    atomic_uint references;
    atomic_bool over;
    int fd; /* an eventfd, which wakes the loop */
    const struct probe_driver *driver;
    struct now now;
    struct probe_job job;
    struct probe_answer answer; /* all zero once it was given away */
};

struct looking {
    struct errand *errand; /* owns a reference; NULL: none was sent */
    struct probe_job job;  /* what an answer takes, should none come from there */
    struct now now;
    struct event *event;
    looking_done_fn *done;
    void *user;
};

/* Threads that look. */
static atomic_uint away;

static void errand_unref(struct errand *errand)
{
    if (!errand || !shared_unref_was_last(&errand->references))
        return;
    if (errand->fd >= 0)
        close(errand->fd);
    probe_job_done(&errand->job);
    probe_answer_done(&errand->answer);
    free(errand);
}

/* Takes one of the places for threads that look; false: all are taken. */
static bool take_place(unsigned places)
{
    unsigned taken = atomic_load(&away);

    while (taken < places)
        if (atomic_compare_exchange_weak(&away, &taken, taken + 1))
            return true;
    return false;
}

static void *run(void *user)
{
    struct errand *errand = user;

    answer_begin(&errand->job, &errand->now, &errand->answer);
    errand->answer.observation.has = errand->driver->has;
    errand->driver->look(&errand->job, &errand->now, &errand->answer);
    atomic_store_explicit(&errand->over, true, memory_order_release);
    eventfd_write(errand->fd, 1); /* the first and only one: it can not be full */
    errand_unref(errand);
    atomic_fetch_sub(&away, 1);
    return NULL;
}

/* The place is the thread's from then on. */
static int start(struct errand *errand)
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

static int errand_new(const struct probe_job *job, const struct probe_driver *driver, const struct now *now,
                      struct errand **ret)
{
    struct errand *errand = malloc(sizeof *errand);

    if (!errand)
        return -ENOMEM;
    *errand = (struct errand){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .driver = driver, .now = *now };
    atomic_init(&errand->references, 1);
    atomic_init(&errand->over, false);
    if (errand->fd < 0) {
        const int error = -errno;
        free(errand);
        return error;
    }
    errand->job = *job;
    *ret = errand;
    return 0;
}

static void time_out(struct looking *looking, const char *why, struct probe_answer *answer)
{
    answer_begin(&looking->job, &looking->now, answer);
    answer->observation.cause = CAUSE_TIMED_OUT;
    answer_detail(answer, why);
    transcript_add(answer->transcript,
                   &(struct transcript_entry){ looking->job.target->where, answer->detail, CAUSE_TIMED_OUT, 0 });
}

static void on_event(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    struct looking *looking = user;
    struct errand *errand = looking->errand;
    struct probe_answer answer;

    if (errand && atomic_load_explicit(&errand->over, memory_order_acquire)) {
        answer = errand->answer;
        errand->answer = (struct probe_answer){ 0 };
    } else {
        time_out(looking, errand ? "no answer from the file system" : "earlier files still wait for their file system",
                 &answer);
    }
    looking->done(looking->user, &answer, looking->now.mono_ms);
}

/* The references that a job owns once more, and a transcript of its own where it has one. */
static struct probe_job copy_of(const struct probe_job *job)
{
    struct probe_job copy = *job;

    copy.settings = probe_settings_ref(job->settings);
    copy.target = probe_target_ref(job->target);
    copy.transcript = job->transcript ? transcript_new() : NULL;
    copy.reference = NULL;
    return copy;
}

int looking_new(struct event_base *base, const struct probe_job *job, const struct probe_driver *driver,
                const struct now *now, looking_done_fn *done, void *user, struct looking **ret)
{
    const unsigned more = job->target->subject == SUBJECT_COLLECTOR ? LOOKS_MORE_FOR_COLLECTOR : 0;
    struct looking *looking = calloc(1, sizeof *looking);

    if (!looking)
        return -ENOMEM;
    const bool may = take_place(LOOKS_LEFT_MAX + more);
    const struct timeval timeout = { may ? job->settings->timeout_ms / 1000 : 0,
                                     may ? job->settings->timeout_ms % 1000 * 1000 : 0 };
    looking->done = done;
    looking->user = user;
    looking->now = *now;
    looking->job = copy_of(job);
    int error = may ? errand_new(job, driver, now, &looking->errand) : 0;
    if (!error) {
        looking->event = event_new(base, looking->errand ? looking->errand->fd : -1, looking->errand ? EV_READ : 0,
                                   on_event, looking);
        if (!looking->event || event_add(looking->event, &timeout) < 0)
            error = -ENOMEM;
    }
    if (!error && looking->errand)
        error = start(looking->errand);
    if (error) {
        if (may)
            atomic_fetch_sub(&away, 1);
        if (looking->errand)
            looking->errand->job = (struct probe_job){ 0 }; /* still the caller's */
        looking_free(looking);
        return error;
    }
    if (!looking->errand) { /* the caller's part, with nobody to use it */
        struct probe_job left = *job;
        probe_job_done(&left);
    }
    *ret = looking;
    return 0;
}

void looking_free(struct looking *looking)
{
    if (!looking)
        return;
    if (looking->event)
        event_free(looking->event);
    errand_unref(looking->errand);
    probe_job_done(&looking->job);
    free(looking);
}
