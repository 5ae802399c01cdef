/* Rounds, and the pauses between them. */
#include "daemon/console_thread.h"

#include "daemon/roster_file.h"
#include "probes/clock.h"
#include "probes/threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAUSE_MAX_MS = 3600000, RETRY_AFTER_MAX_MS = 86400000 };

struct finished {
    struct finished *next;
    struct console_finished what;
};

struct console_thread {
    struct console *console;
    int64_t interval_ms, retire_ms;
    int wake_fd;
    enum driver driver;
    char *file; /* owned; NULL: what it told is not kept */
    /* The thread's own. */
    bool is_kept;               /* what was told last is in the file */
    const struct roster *last;  /* owns a reference */
    struct roster_draft *draft; /* of the round that is under way */
    int64_t began_ms;
    unsigned failures;
    pthread_t thread;
    _Atomic bool stop, reading;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    int64_t due_ms, left_alone_ms; /* mono: the next round; not before then, whoever asks */
    struct finished *first, **end;
};

static bool is_stopped(void *user)
{
    return atomic_load(&((struct console_thread *)user)->stop);
}

int64_t console_thread_pause(int64_t interval_ms, unsigned failures, int64_t took_ms, uint32_t retry_after_ms)
{
    const int64_t most_ms = interval_ms > PAUSE_MAX_MS ? interval_ms : PAUSE_MAX_MS;
    int64_t pause_ms = interval_ms, asked_ms = retry_after_ms;

    for (unsigned i = 1; i < failures && pause_ms < most_ms; i++)
        pause_ms *= 2;
    if (pause_ms > most_ms)
        pause_ms = most_ms;
    if (failures == 0)
        pause_ms = took_ms < interval_ms ? interval_ms - took_ms : 0;
    if (asked_ms > RETRY_AFTER_MAX_MS)
        asked_ms = RETRY_AFTER_MAX_MS;
    return asked_ms > pause_ms ? asked_ms : pause_ms;
}

static void hand_over(struct console_thread *thread, const struct console_finished *what)
{
    struct finished *finished = malloc(sizeof *finished);
    const uint64_t one = 1;

    if (finished)
        *finished = (struct finished){ NULL, *what };
    else
        roster_unref(what->roster); /* the next round tells it again */
    pthread_mutex_lock(&thread->lock);
    if (finished) {
        *thread->end = finished;
        thread->end = &finished->next;
    }
    pthread_mutex_unlock(&thread->lock);
    if (write(thread->wake_fd, &one, sizeof one) < 0)
        return; /* a counter that is full wakes as well */
}

/* What a round has told becomes a roster, where the inventory is whole. Takes the draft. */
static int make_roster(struct console_thread *thread, bool is_whole, uint32_t hidden, struct console_finished *finished)
{
    const struct roster_round round = {
        .now_ms = thread->began_ms, .retire_ms = thread->retire_ms, .whole = is_whole, .hidden = hidden
    };
    const int error = roster_finish(thread->draft, &round, &finished->roster, &finished->news);
    thread->draft = NULL;
    if (error < 0)
        return error;
    roster_unref(thread->last);
    thread->last = roster_ref(finished->roster);
    return 0;
}

/* Goes on with a draft that has the same agents. */
static int copy_draft(struct console_thread *thread)
{
    int error = (thread->draft = roster_draft_new(thread->last)) ? 0 : -ENOMEM;
    for (size_t i = 0; error == 0 && i < roster_count(thread->last); i++) {
        struct roster_entry entry;
        roster_at(thread->last, i, &entry);
        const struct console_agent agent = { entry.name, entry.guid, entry.server, entry.group, entry.address };
        error = roster_draft_agent(thread->draft, &agent);
    }
    return error;
}

static int take_agent(void *user, const struct console_agent *agent)
{
    return roster_draft_agent(((struct console_thread *)user)->draft, agent);
}

/* Apex Central's records come behind its inventory, and the first time there are many: whom it knows need not wait. */
static int take_record(void *user, const struct console_record *record)
{
    struct console_thread *thread = user;
    if (thread->driver == DRIVER_CENTRAL && !thread->last) {
        struct console_finished early = { .early = true };
        int error = make_roster(thread, false, 0, &early);
        if (error == 0) {
            hand_over(thread, &early);
            error = copy_draft(thread);
        }
        if (error < 0)
            return error;
    }
    return roster_draft_record(thread->draft, record);
}

/* The file follows what was told; it is written here, as that takes its time. */
static int keep(struct console_thread *thread, const struct roster *before)
{
    if (!thread->file || (thread->is_kept && roster_equal(before, thread->last)))
        return 0;
    const struct now now = clock_now();
    const int error = roster_file_write(thread->file, thread->last, &now);
    thread->is_kept = error == 0;
    return error;
}

static struct console_finished read_once(struct console_thread *thread)
{
    struct console_finished finished = { .began = clock_now() };
    const struct roster *before = roster_ref(thread->last);
    const struct console_sink sink = { thread, take_agent, take_record };

    thread->began_ms = finished.began.mono_ms;
    thread->draft = roster_draft_new(thread->last);
    finished.error =
        thread->draft ? console_read(thread->console, &sink, is_stopped, thread, &finished.round) : -ENOMEM;
    if (finished.error == 0 && finished.round.inventory)
        finished.error = make_roster(thread, finished.round.cause == CAUSE_NONE, finished.round.odd_agents, &finished);
    roster_draft_free(thread->draft);
    thread->draft = NULL;
    if (finished.roster)
        finished.unkept = keep(thread, before);
    roster_unref(before);
    finished.ended = clock_now();
    const int64_t took_ms = finished.ended.mono_ms - finished.began.mono_ms, interval_ms = thread->interval_ms;
    const bool good = finished.error == 0 && finished.round.cause == CAUSE_NONE;
    thread->failures = good ? 0 : thread->failures + 1;
    finished.failures = thread->failures;
    finished.missed = interval_ms && took_ms > 0 ? (uint32_t)((took_ms - 1) / interval_ms) : 0;
    finished.pause_ms =
        console_thread_pause(interval_ms, finished.failures, took_ms, good ? 0 : finished.round.retry_after_ms);
    finished.is_backing_off = finished.pause_ms > interval_ms;
    return finished;
}

static void end_round(struct console_thread *thread, const struct console_finished *what)
{
    pthread_mutex_lock(&thread->lock);
    thread->due_ms = thread->interval_ms ? what->ended.mono_ms + what->pause_ms : INT64_MAX;
    thread->left_alone_ms = what->round.retry_after_ms ? what->ended.mono_ms + what->pause_ms : 0;
    atomic_store(&thread->reading, false);
    pthread_mutex_unlock(&thread->lock);
    hand_over(thread, what);
}

/* False: it is to end. */
static bool wait_until_due(struct console_thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    while (!atomic_load(&thread->stop) && clock_now().mono_ms < thread->due_ms)
        (void)thread_condition_wait(&thread->changed, &thread->lock, thread->due_ms); /* the loop looks again */
    atomic_store(&thread->reading, true);
    pthread_mutex_unlock(&thread->lock);
    return !atomic_load(&thread->stop);
}

static void *run(void *user)
{
    struct console_thread *thread = user;
    while (wait_until_due(thread)) {
        const struct console_finished finished = read_once(thread);
        if (atomic_load(&thread->stop))
            roster_unref(finished.roster); /* nobody takes it any more */
        else
            end_round(thread, &finished);
    }
    return NULL;
}

static int begin(struct console_thread *thread)
{
    pthread_mutex_init(&thread->lock, NULL);
    thread_condition_init(&thread->changed);
    return thread_start(&thread->thread, run, thread);
}

static void dispose(struct console_thread *thread)
{
    for (struct console_finished left; console_thread_take(thread, &left);)
        roster_unref(left.roster);
    pthread_cond_destroy(&thread->changed);
    pthread_mutex_destroy(&thread->lock);
    roster_unref(thread->last);
    console_free(thread->console);
    free(thread->file);
    free(thread);
}

int console_thread_start(const struct console_thread_settings *settings, const struct roster *before,
                         struct console_thread **ret)
{
    struct console_thread *thread = calloc(1, sizeof *thread);
    if (!thread || (settings->file && !(thread->file = strdup(settings->file))) ||
        !(thread->console = console_new(&settings->console))) {
        free(thread ? thread->file : NULL);
        free(thread);
        return -ENOMEM;
    }
    thread->driver = settings->console.driver;
    thread->interval_ms = settings->interval_ms;
    thread->retire_ms = settings->retire_ms;
    thread->wake_fd = settings->wake_fd;
    thread->last = roster_ref(before);
    thread->end = &thread->first;
    const int error = begin(thread);
    if (error < 0) {
        dispose(thread);
        return error;
    }
    *ret = thread;
    return 0;
}

void console_thread_stop(struct console_thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    atomic_store(&thread->stop, true);
    pthread_cond_signal(&thread->changed);
    pthread_mutex_unlock(&thread->lock);
}

void console_thread_free(struct console_thread *thread)
{
    if (!thread)
        return;
    console_thread_stop(thread);
    pthread_join(thread->thread, NULL);
    dispose(thread);
}

bool console_thread_take(struct console_thread *thread, struct console_finished *ret)
{
    pthread_mutex_lock(&thread->lock);
    struct finished *finished = thread->first;
    if (finished && !(thread->first = finished->next))
        thread->end = &thread->first;
    pthread_mutex_unlock(&thread->lock);
    if (!finished)
        return false;
    *ret = finished->what;
    free(finished);
    return true;
}

void console_thread_kick(struct console_thread *thread)
{
    const int64_t now_ms = clock_now().mono_ms;
    pthread_mutex_lock(&thread->lock);
    if (now_ms >= thread->left_alone_ms && thread->due_ms > now_ms) {
        thread->due_ms = now_ms;
        pthread_cond_signal(&thread->changed);
    }
    pthread_mutex_unlock(&thread->lock);
}

bool console_thread_is_reading(const struct console_thread *thread)
{
    return atomic_load(&((struct console_thread *)(uintptr_t)thread)->reading);
}
