/* A thread for each look that may wait: as many as are under way, each over at once while the share answers. What it
 * has in common with the loop lives until both have let go of it. Nothing can end a read of a server that is gone, so
 * that its thread is left to it, and counted. */
#include "looking.h"

#include "errand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOOKS_MORE_FOR_COLLECTOR = 8 };

/* A look on its way. Job and answer are the thread's until it is over. */
struct look {
    struct errand errand;
    const struct probe_driver *driver;
    struct now now;
    struct probe_job job;
    struct probe_answer answer; /* all zero once it was given away */
};

struct looking {
    struct look *look;    /* owns a reference to its errand; NULL: none was sent */
    struct probe_job job; /* what an answer takes, should none come from there */
    struct now now;
    struct event *event;
    looking_done_fn *done;
    void *user;
};

/* Threads that look. */
static atomic_uint away;

/* Takes one of the places for threads that look; false: all are taken. */
static bool take_place(unsigned places)
{
    unsigned taken = atomic_load(&away);

    while (taken < places)
        if (atomic_compare_exchange_weak(&away, &taken, taken + 1))
            return true;
    return false;
}

static void run(struct errand *errand)
{
    struct look *look = (struct look *)errand;

    answer_begin(&look->job, &look->now, &look->answer);
    look->answer.observation.has = look->driver->has;
    look->driver->look(&look->job, &look->now, &look->answer);
}

static void look_free(struct errand *errand)
{
    struct look *look = (struct look *)errand;

    probe_job_done(&look->job);
    probe_answer_done(&look->answer);
    free(look);
}

static const struct errand_kind look_kind = { .run = run, .free = look_free, .away = &away };

static int look_new(const struct probe_job *job, const struct probe_driver *driver, const struct now *now,
                    struct look **ret)
{
    struct look *look = malloc(sizeof *look);

    if (!look)
        return -ENOMEM;
    *look = (struct look){ .driver = driver, .now = *now };
    const int error = errand_init(&look->errand, &look_kind);
    if (error) {
        free(look);
        return error;
    }
    look->job = *job;
    *ret = look;
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
    struct look *look = looking->look;
    struct probe_answer answer;

    if (look && errand_is_over(&look->errand)) {
        answer = look->answer;
        look->answer = (struct probe_answer){ 0 };
    } else {
        time_out(looking, look ? "no answer from the file system" : "earlier files still wait for their file system",
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
    int error = may ? look_new(job, driver, now, &looking->look) : 0;
    if (!error) {
        looking->event = event_new(base, looking->look ? looking->look->errand.fd : -1, looking->look ? EV_READ : 0,
                                   on_event, looking);
        if (!looking->event || event_add(looking->event, &timeout) < 0)
            error = -ENOMEM;
    }
    if (!error && looking->look)
        error = errand_send(&looking->look->errand); /* the place is the thread's from then on */
    if (error) {
        if (may)
            atomic_fetch_sub(&away, 1);
        if (looking->look)
            looking->look->job = (struct probe_job){ 0 }; /* still the caller's */
        looking_free(looking);
        return error;
    }
    if (!looking->look) { /* the caller's part, with nobody to use it */
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
    if (looking->look)
        errand_unref(&looking->look->errand);
    probe_job_done(&looking->job);
    free(looking);
}
