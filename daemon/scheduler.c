/* Lanes of targets, each a heap by due time. */
#include "daemon/scheduler.h"

#include "daemon/logins.h"
#include "daemon/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A fleet that is new is asked at this pace, whatever the interval, so that a small one is known in no time. */
enum { WARM_UP_MS_PER_TARGET = 5 };

struct entry {
    const struct probe_target *target; /* owns a reference */
    int64_t due_ms;
    size_t heap_at;    /* position in the heap + 1; 0: not due at all */
    uint32_t serial;   /* told apart from an earlier target of the same index */
    uint32_t sweep;    /* the last sweep that has its answer */
    uint16_t refusals; /* of the login, in a row */
    bool in_flight;
    bool again; /* kicked while in flight */
    bool anew;  /* the next question relies on nothing that is remembered */
};

struct lane {
    const struct probe_settings *settings; /* owns a reference; NULL: closed */
    int64_t interval_ms;
    unsigned concurrency;
    struct entry **by_index; /* owns; NULL where there is none */
    size_t room;
    struct entry **heap; /* room for every entry */
    size_t heap_n, heap_room;
    uint32_t sweep, sweep_answered;
    int64_t sweep_start_ms; /* -1: not begun */
    struct now sweep_end;   /* of its latest answer */
    struct logins logins;   /* where the driver logs on */
    bool pause_began;       /* since scheduler_login_pause() was asked last */
    struct probe_row numbers;
};

struct scheduler {
    scheduler_submit_fn *submit;
    void *user;
    struct lane lanes[DRIVERS];
    uint32_t serial;
};

static void place(struct lane *lane, size_t at, struct entry *entry)
{
    lane->heap[at] = entry;
    entry->heap_at = at + 1;
}

static void sift_up(struct lane *lane, size_t at, struct entry *entry)
{
    for (; at > 0 && lane->heap[(at - 1) / 2]->due_ms > entry->due_ms; at = (at - 1) / 2)
        place(lane, at, lane->heap[(at - 1) / 2]);
    place(lane, at, entry);
}

static void sift_down(struct lane *lane, size_t at, struct entry *entry)
{
    for (size_t child; (child = 2 * at + 1) < lane->heap_n; at = child) {
        if (child + 1 < lane->heap_n && lane->heap[child + 1]->due_ms < lane->heap[child]->due_ms)
            child++;
        if (lane->heap[child]->due_ms >= entry->due_ms)
            break;
        place(lane, at, lane->heap[child]);
    }
    place(lane, at, entry);
}

static void unschedule(struct lane *lane, struct entry *entry)
{
    if (!entry->heap_at)
        return;
    const size_t at = entry->heap_at - 1;
    struct entry *last = lane->heap[--lane->heap_n];
    entry->heap_at = 0;
    if (last == entry)
        return;
    sift_down(lane, at, last);
    sift_up(lane, last->heap_at - 1, last);
}

static void schedule(struct lane *lane, struct entry *entry, int64_t due_ms)
{
    unschedule(lane, entry);
    entry->due_ms = due_ms;
    sift_up(lane, lane->heap_n++, entry);
}

/* A number below `range_ms`, the same for ever for an index, and evenly spread over indexes. */
static int64_t phase_of(uint32_t index, int64_t range_ms)
{
    uint32_t hash = index * 2654435761U;
    hash ^= hash >> 16;
    return (int64_t)(((uint64_t)hash * (uint64_t)range_ms) >> 32);
}

/* The next time that is a target's own: each interval of the clock has one, so that neither a warm-up nor a kick for
 * everybody ever draws the fleet together. */
static int64_t next_place(const struct lane *lane, uint32_t index, int64_t now_ms)
{
    const int64_t place_ms = now_ms - now_ms % lane->interval_ms + phase_of(index, lane->interval_ms);
    return place_ms > now_ms ? place_ms : place_ms + lane->interval_ms;
}

int scheduler_new(scheduler_submit_fn *submit, void *user, struct scheduler **ret)
{
    struct scheduler *scheduler = calloc(1, sizeof *scheduler);
    if (!scheduler)
        return -ENOMEM;
    scheduler->submit = submit;
    scheduler->user = user;
    *ret = scheduler;
    return 0;
}

static void entry_free(struct entry *entry)
{
    if (!entry)
        return;
    probe_target_unref(entry->target);
    free(entry);
}

void scheduler_free(struct scheduler *scheduler)
{
    if (!scheduler)
        return;
    for (struct lane *lane = scheduler->lanes; lane < scheduler->lanes + DRIVERS; lane++) {
        for (size_t i = 0; i < lane->room; i++)
            entry_free(lane->by_index[i]);
        free(lane->by_index);
        free(lane->heap);
        probe_settings_unref(lane->settings);
    }
    free(scheduler);
}

void scheduler_configure(struct scheduler *scheduler, const struct probe_settings *settings, int64_t interval_ms,
                         unsigned concurrency)
{
    struct lane *lane = &scheduler->lanes[settings->driver];
    const bool is_new = !lane->settings;
    const struct probe_settings *old = lane->settings;
    lane->settings = probe_settings_ref(settings);
    probe_settings_unref(old);
    lane->interval_ms = interval_ms;
    lane->concurrency = concurrency;
    /* It may be another account, or another password. */
    lane->logins = (struct logins){ 0 };
    for (size_t i = 0; i < lane->room; i++)
        if (lane->by_index[i])
            lane->by_index[i]->refusals = 0;
    lane->numbers.backed_off = 0;
    if (is_new) {
        lane->numbers.driver = settings->driver;
        lane->sweep = 1;
        lane->sweep_start_ms = -1;
    }
}

static struct entry *find(const struct lane *lane, uint32_t index)
{
    return index < lane->room ? lane->by_index[index] : NULL;
}

/* Room for an entry of this index, and for one more in the heap. */
static int make_room(struct lane *lane, uint32_t index)
{
    if (index >= lane->room) {
        size_t room = lane->room ? lane->room : 64;
        while (room <= index)
            room *= 2;
        struct entry **by_index = reallocarray(lane->by_index, room, sizeof(struct entry *));
        if (!by_index)
            return -ENOMEM;
        for (size_t i = lane->room; i < room; i++)
            by_index[i] = NULL;
        lane->by_index = by_index;
        lane->room = room;
    }
    if (lane->numbers.targets == lane->heap_room) {
        const size_t room = lane->heap_room ? 2 * lane->heap_room : 64;
        struct entry **heap = reallocarray(lane->heap, room, sizeof(struct entry *));
        if (!heap)
            return -ENOMEM;
        lane->heap = heap;
        lane->heap_room = room;
    }
    return 0;
}

/* What is in flight was asked of another place: its answer says nothing about this one. Where somebody waits for it, or
 * no turn comes by itself, this one is asked now. */
static void disown_question(struct scheduler *scheduler, struct lane *lane, struct entry *entry, int64_t now_ms)
{
    entry->serial = ++scheduler->serial & 0xffffff;
    if (!entry->in_flight)
        return;
    entry->in_flight = false;
    lane->numbers.in_flight--;
    if (entry->again || !lane->interval_ms)
        schedule(lane, entry, now_ms);
    entry->again = false;
}

/* A turn that an interval of another length has set, or none, is replaced by one of the present interval. */
static void follow_interval(struct lane *lane, struct entry *entry, int64_t now_ms)
{
    if (lane->interval_ms && (!entry->heap_at || entry->due_ms > now_ms + lane->interval_ms))
        schedule(lane, entry, next_place(lane, entry->target->index, now_ms));
}

static bool asks_otherwise(const struct probe_target *a, const struct probe_target *b)
{
    if (strcmp(a->where, b->where) != 0 || a->subject != SUBJECT_SOURCE)
        return strcmp(a->where, b->where) != 0;
    return strcmp(a->web, b->web) != 0 || a->file_by_proxy != b->file_by_proxy || a->web_by_proxy != b->web_by_proxy ||
           a->outside != b->outside;
}

static int64_t warm_up_ms(const struct lane *lane)
{
    const int64_t window_ms = (int64_t)lane->numbers.targets * WARM_UP_MS_PER_TARGET;
    return window_ms < lane->interval_ms ? window_ms : lane->interval_ms;
}

int scheduler_put(struct scheduler *scheduler, enum driver driver, const struct probe_target *target, int64_t now_ms)
{
    struct lane *lane = &scheduler->lanes[driver];
    struct entry *entry = find(lane, target->index);
    if (entry) {
        const struct probe_target *old = entry->target;
        entry->target = probe_target_ref(target);
        if (asks_otherwise(old, target))
            disown_question(scheduler, lane, entry, now_ms);
        probe_target_unref(old);
        follow_interval(lane, entry, now_ms);
        return 0;
    }
    if (make_room(lane, target->index) < 0 || !(entry = calloc(1, sizeof *entry)))
        return -ENOMEM;
    entry->target = probe_target_ref(target);
    entry->serial = ++scheduler->serial & 0xffffff;
    entry->sweep = lane->sweep - 1;
    lane->by_index[target->index] = entry;
    lane->numbers.targets++;
    if (lane->interval_ms)
        schedule(lane, entry, now_ms + phase_of(target->index, warm_up_ms(lane)));
    return 0;
}

static void await_next_sweep(struct lane *lane)
{
    lane->sweep++;
    lane->sweep_answered = 0;
    lane->sweep_start_ms = -1;
}

/* To be called whenever an answer came in, or a target that is waited for went away. */
static void finish_sweep(struct lane *lane)
{
    if (lane->sweep_answered < lane->numbers.targets)
        return;
    if (lane->sweep_answered) {
        lane->numbers.last_sweep_ms = (uint32_t)(lane->sweep_end.mono_ms - lane->sweep_start_ms);
        lane->numbers.last_sweep_wall_ms = lane->sweep_end.wall_ms;
    }
    await_next_sweep(lane);
}

void scheduler_remove(struct scheduler *scheduler, enum driver driver, uint32_t index)
{
    struct lane *lane = &scheduler->lanes[driver];
    struct entry *entry = find(lane, index);
    if (!entry)
        return;
    unschedule(lane, entry);
    lane->by_index[index] = NULL;
    lane->numbers.targets--;
    if (entry->sweep == lane->sweep)
        lane->sweep_answered--;
    if (entry->in_flight)
        lane->numbers.in_flight--;
    if (entry->refusals)
        lane->numbers.backed_off--;
    entry_free(entry);
    finish_sweep(lane);
}

static void kick(struct lane *lane, struct entry *entry, int64_t now_ms)
{
    if (entry->in_flight)
        entry->again = true;
    else if (!entry->heap_at || entry->due_ms > now_ms)
        schedule(lane, entry, now_ms);
}

void scheduler_kick(struct scheduler *scheduler, enum driver driver, uint32_t index, int64_t now_ms)
{
    struct lane *lane = &scheduler->lanes[driver];
    if (index) {
        struct entry *entry = find(lane, index);
        if (entry)
            kick(lane, entry, now_ms);
        return;
    }
    /* All at once is a sweep of its own. */
    await_next_sweep(lane);
    for (size_t i = 0; i < lane->room; i++)
        if (lane->by_index[i])
            kick(lane, lane->by_index[i], now_ms);
}

void scheduler_renew(struct scheduler *scheduler, enum driver driver, int64_t now_ms)
{
    struct lane *lane = &scheduler->lanes[driver];
    const int64_t window_ms = warm_up_ms(lane);

    for (uint32_t index = 0; index < lane->room; index++) {
        struct entry *entry = lane->by_index[index];
        const int64_t due_ms = now_ms + phase_of(index, window_ms);
        if (entry && !entry->in_flight && (!entry->heap_at || entry->due_ms > due_ms))
            schedule(lane, entry, due_ms);
    }
}

void scheduler_suspect(struct scheduler *scheduler, enum driver driver, uint32_t index, int64_t now_ms)
{
    struct lane *lane = &scheduler->lanes[driver];
    struct entry *entry = find(lane, index);
    if (!entry)
        return;
    entry->anew = true;
    kick(lane, entry, now_ms);
}

static int submit(struct scheduler *scheduler, struct lane *lane, struct entry *entry)
{
    const struct probe_job job = {
        .settings = probe_settings_ref(lane->settings),
        .target = probe_target_ref(entry->target),
        .anew = entry->anew,
        .ticket = (uint64_t)lane->settings->driver << 56 | (uint64_t)entry->serial << 32 | entry->target->index,
    };
    const int error = scheduler->submit(scheduler->user, &job);
    if (error < 0) {
        probe_settings_unref(job.settings);
        probe_target_unref(job.target);
    }
    return error;
}

/* When an entry that was just asked is asked again: at its next place, wherever this question came from. Places that
 * were missed are counted, not made up for. */
static void schedule_next(struct lane *lane, struct entry *entry, int64_t now_ms)
{
    if (!lane->interval_ms) {
        unschedule(lane, entry);
        return;
    }
    const int64_t next_ms = next_place(lane, entry->target->index, now_ms);
    lane->numbers.overruns += (uint64_t)((next_ms - 1 - entry->due_ms) / lane->interval_ms);
    schedule(lane, entry, next_ms);
}

static int64_t run_lane(struct scheduler *scheduler, struct lane *lane, int64_t now_ms)
{
    const bool logs_on = lane->settings->auth != HTTP_AUTH_NONE;
    const unsigned allowed = logs_on ? logins_allowed(&lane->logins, lane->concurrency, now_ms) : lane->concurrency;

    if (allowed == 0)
        return lane->logins.until_ms;
    while (lane->heap_n && lane->heap[0]->due_ms <= now_ms) {
        struct entry *entry = lane->heap[0];
        if (entry->in_flight) {
            lane->numbers.overruns++;
            schedule_next(lane, entry, now_ms);
            continue;
        }
        if (lane->numbers.in_flight >= allowed)
            return INT64_MAX;
        if (submit(scheduler, lane, entry) < 0)
            return now_ms + 10;
        entry->in_flight = true;
        entry->anew = false;
        lane->numbers.in_flight++;
        lane->numbers.runs++;
        if (lane->sweep_start_ms < 0)
            lane->sweep_start_ms = now_ms;
        schedule_next(lane, entry, now_ms);
    }
    return lane->heap_n ? lane->heap[0]->due_ms : INT64_MAX;
}

int64_t scheduler_run(struct scheduler *scheduler, int64_t now_ms)
{
    int64_t next = INT64_MAX;
    for (struct lane *lane = scheduler->lanes; lane < scheduler->lanes + DRIVERS; lane++) {
        const int64_t wish = lane->settings ? run_lane(scheduler, lane, now_ms) : INT64_MAX;
        if (wish < next)
            next = wish;
    }
    return next;
}

/* An endpoint that refuses the account is left alone for a while, and so are all when many do. */
static void book_login(struct lane *lane, struct entry *entry, enum cause cause, int64_t now_ms)
{
    lane->pause_began = logins_note(&lane->logins, cause, now_ms) || lane->pause_began;
    if (cause != CAUSE_AUTHENTICATION_FAILED) {
        if (cause == CAUSE_NONE && entry->refusals) {
            entry->refusals = 0;
            lane->numbers.backed_off--;
        }
        return;
    }
    if (entry->refusals == 0)
        lane->numbers.backed_off++;
    if (entry->refusals < UINT16_MAX)
        entry->refusals++;
    if (lane->interval_ms)
        schedule(lane, entry, now_ms + logins_next_ms(entry->refusals, lane->interval_ms));
}

bool scheduler_answer(struct scheduler *scheduler, const struct probe_answer *answer, const struct now *now)
{
    const uint64_t driver = answer->ticket >> 56;
    if (driver >= DRIVERS)
        return false;
    struct lane *lane = &scheduler->lanes[driver];
    struct entry *entry = find(lane, (uint32_t)answer->ticket);
    if (!entry || entry->serial != (answer->ticket >> 32 & 0xffffff) || !entry->in_flight)
        return false;
    entry->in_flight = false;
    lane->numbers.in_flight--;
    numbers_book(&lane->numbers, entry->target->name, answer->observation.cause, answer->detail, now);
    if (lane->settings->auth != HTTP_AUTH_NONE)
        book_login(lane, entry, answer->observation.cause, now->mono_ms);
    if (entry->again) {
        entry->again = false;
        schedule(lane, entry, now->mono_ms);
    }
    if (lane->sweep_start_ms >= 0 && entry->sweep != lane->sweep) {
        entry->sweep = lane->sweep;
        lane->sweep_answered++;
        lane->sweep_end = *now;
        finish_sweep(lane);
    }
    return true;
}

void scheduler_book(struct scheduler *scheduler, enum driver driver, const char *name, enum cause cause,
                    const char *detail, const struct now *now)
{
    struct lane *lane = &scheduler->lanes[driver];

    if (!lane->settings)
        return;
    lane->numbers.runs++;
    numbers_book(&lane->numbers, name, cause, detail, now);
}

bool scheduler_has(const struct scheduler *scheduler, enum driver driver, uint32_t index)
{
    return find(&scheduler->lanes[driver], index);
}

bool scheduler_is_asking(const struct scheduler *scheduler, enum driver driver, uint32_t index)
{
    const struct entry *entry = find(&scheduler->lanes[driver], index);
    return entry && entry->in_flight;
}

bool scheduler_numbers(const struct scheduler *scheduler, enum driver driver, struct probe_row *ret)
{
    const struct lane *lane = &scheduler->lanes[driver];
    if (!lane->settings)
        return false;
    *ret = lane->numbers;
    if (lane->logins.pause_ms)
        ret->backed_off = ret->targets;
    return true;
}

int64_t scheduler_login_pause(struct scheduler *scheduler, enum driver driver)
{
    struct lane *lane = &scheduler->lanes[driver];
    const bool began = lane->pause_began;
    lane->pause_began = false;
    return began ? lane->logins.pause_ms : 0;
}

bool scheduler_is_idle(const struct scheduler *scheduler, int64_t now_ms)
{
    for (const struct lane *lane = scheduler->lanes; lane < scheduler->lanes + DRIVERS; lane++)
        if (lane->numbers.in_flight ||
            (lane->heap_n && lane->heap[0]->due_ms <= now_ms && lane->logins.until_ms <= now_ms))
            return false;
    return true;
}
