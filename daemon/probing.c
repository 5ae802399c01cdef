/* The hand that moves values between scheduler, workers and store. */
#include "daemon/probing.h"

#include "core/record.h"
#include "core/restore.h"
#include "daemon/answer_log.h"
#include "daemon/comparing.h"
#include "daemon/consoles.h"
#include "daemon/estate.h"
#include "daemon/feedwatch.h"
#include "daemon/log.h"
#include "daemon/suspicion.h"
#include "daemon/uplink_guard.h"
#include "probes/worker.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWERS_AT_ONCE = 64, QUEUE_MAX = 2560, ENDS_A_STEP = 512 };

/* A feed file as it was when it was last read. */
struct feed_file {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
    enum cause told; /* what the log was last told of it; 0: nothing */
};

struct probing {
    struct state *state;
    struct store *store;
    struct scheduler *scheduler;
    struct estate *estate;
    struct worker_pool *pool;
    struct consoles *consoles;
    int answers_fd, consoles_fd;

    struct feedwatch *watch; /* NULL: no feed */
    int feed_fd;
    int64_t feed_interval_ms, feed_rescan_ms; /* and when the next one is due */
    int feed_error;                           /* the last rescan's, so that it is logged once */
    struct feed_file *feed_files;             /* by agent index */
    size_t feed_files_room;
    char *feed_gateways;                /* owned: what the files that were read have been held against */
    size_t strangers, strangers_logged; /* feed files of no agent, in the present rescan and when last logged */
    size_t shared, shared_logged;       /* of these, by a name that several agents have */
    const struct now *now;              /* of the call that is running */

    struct uplink_guard guard;
    struct comparing comparing;
    bool is_dropping;            /* the last observation found no room */
    probing_witness_fn *witness; /* NULL: nobody reads along */
    void *witness_user;
};

static int submit(void *user, const struct probe_job *job)
{
    struct probing *probing = user;
    struct probe_job own = *job;
    if (comparing_is_awaited_by(&probing->comparing, job))
        return -EAGAIN;
    own.transcript = probing->witness ? transcript_new() : NULL;
    own.reference = comparing_reference(&probing->comparing, job);
    const int error = worker_pool_submit(probing->pool, &own);
    if (error < 0) {
        transcript_free(own.transcript);
        reference_unref(own.reference);
    }
    return error;
}

int probing_new(const struct config *config, const struct store_settings *settings, struct state *state,
                const char *state_directory, struct probing **ret)
{
    struct probing *probing = calloc(1, sizeof *probing);
    int error = -ENOMEM;
    if (!probing) {
        state_close(state);
        goto fail;
    }
    probing->feed_fd = -1;
    probing->state = state;
    char reason[64];
    if (!state && (error = state_open(NULL, &probing->state, reason, sizeof reason)) < 0)
        goto fail;
    struct store_settings begin = *settings;
    begin.alarm_seq = state_sequence(probing->state, STATE_ALARMS);
    begin.change_seq = state_sequence(probing->state, STATE_CHANGES);
    begin.history_seq = state_sequence(probing->state, STATE_HISTORY);
    if ((error = store_new(&begin, &probing->store)) < 0 ||
        (error = scheduler_new(submit, probing, &probing->scheduler)) < 0 ||
        (error = estate_new(probing->store, probing->scheduler, probing->state, &probing->estate)) < 0 ||
        (error = consoles_new(state_directory, &probing->consoles, &probing->consoles_fd)) < 0 ||
        (error = worker_pool_new(config->workers, QUEUE_MAX, &probing->pool, &probing->answers_fd)) < 0)
        goto fail;
    if ((error = uplink_guard_begin(&probing->guard, probing->store, probing->scheduler)) < 0)
        goto fail;
    probing->comparing.store = probing->store;
    probing->comparing.scheduler = probing->scheduler;
    *ret = probing;
    return 0;
fail:
    log_write(LOG_ERR, "cannot begin to probe: %s", strerror(-error));
    probing_free(probing);
    return error;
}

void probing_free(struct probing *probing)
{
    if (!probing)
        return;
    consoles_free(probing->consoles);
    worker_pool_free(probing->pool);
    feedwatch_free(probing->watch);
    estate_free(probing->estate);
    uplink_guard_done(&probing->guard);
    scheduler_free(probing->scheduler);
    store_free(probing->store);
    state_close(probing->state);
    free(probing->feed_files);
    free(probing->feed_gateways);
    comparing_done(&probing->comparing);
    free(probing);
}

void probing_watch_uplink(struct probing *probing)
{
    uplink_guard_watch(&probing->guard);
}

void probing_show(struct probing *probing, probing_witness_fn *witness, void *user)
{
    probing->witness = witness;
    probing->witness_user = user;
}

uint32_t probing_find_agent(const struct probing *probing, const char *name)
{
    return estate_find_agent(probing->estate, name);
}

size_t probing_namesakes(const struct probing *probing, const char *name)
{
    return estate_namesakes(probing->estate, name);
}

void probing_read_consoles(struct probing *probing)
{
    consoles_kick(probing->consoles);
}

int probing_consoles_fd(const struct probing *probing)
{
    return probing->consoles_fd;
}

bool probing_is_settled(const struct probing *probing)
{
    return consoles_are_read(probing->consoles) && !estate_is_busy(probing->estate);
}

size_t probing_consoles_failed(const struct probing *probing)
{
    return consoles_failed(probing->consoles);
}

void probing_records(const struct probing *probing, uint32_t index, estate_record_fn *found, void *user)
{
    estate_records(probing->estate, index, found, user);
}

struct store *probing_store(struct probing *probing)
{
    return probing->store;
}

int probing_answers_fd(const struct probing *probing)
{
    return probing->answers_fd;
}

int probing_feed_fd(const struct probing *probing)
{
    return probing->feed_fd;
}

static struct feed_file *feed_file_of(struct probing *probing, uint32_t index)
{
    if (index >= probing->feed_files_room) {
        size_t room = probing->feed_files_room ? probing->feed_files_room : 64;
        while (room <= index)
            room *= 2;
        struct feed_file *files = reallocarray(probing->feed_files, room, sizeof *files);
        if (!files)
            return NULL;
        memset(files + probing->feed_files_room, 0, (room - probing->feed_files_room) * sizeof *files);
        probing->feed_files = files;
        probing->feed_files_room = room;
    }
    return &probing->feed_files[index];
}

/* The length of the agent's name in that of an ssnotify.ini in the feed folder; 0: it is another file. */
static size_t agent_name_length(const char *name)
{
    static const char ending[] = ".ssnotify"; /* of FEED_FILE_SUFFIX, less what all files there end with */
    const size_t length = strlen(name), ending_length = sizeof ending - 1;
    return length > ending_length && strcmp(name + length - ending_length, ending) == 0 ? length - ending_length : 0;
}

static void note_stranger(struct probing *probing, const char *path)
{
    if (probing->strangers++ == 0)
        log_write(LOG_DEBUG, "feed: %s belongs to no configured agent", path);
}

static void agent_file_found(struct probing *probing, const char *agent_name, const char *path)
{
    const uint32_t index = estate_find_agent(probing->estate, agent_name);
    const struct agent_row *agent = index ? store_agent(probing->store, index) : NULL;
    if (agent)
        comparing_found(&probing->comparing, agent, agent_name, path, probing->now);
    else
        note_stranger(probing, path);
}

/* A feed file is there: if it is another than the one that was read, it is read. */
static void feed_found(void *user, const char *name, const char *path, const struct stat *status)
{
    struct probing *probing = user;
    const size_t agent_name = agent_name_length(name);
    if (agent_name) {
        char own[NAME_MAX + 1];
        snprintf(own, sizeof own, "%.*s", (int)agent_name, name);
        agent_file_found(probing, own, path);
        return;
    }
    const uint32_t index = estate_find_agent(probing->estate, name);
    if (!index) {
        probing->shared += estate_namesakes(probing->estate, name) > 1;
        note_stranger(probing, path);
        return;
    }
    struct feed_file *known = feed_file_of(probing, index);
    struct feed_file file = {
        .device = status->st_dev, .inode = status->st_ino, .size = status->st_size, .changed = status->st_mtim
    };
    if (!known || (known->inode == file.inode && known->device == file.device && known->size == file.size &&
                   known->changed.tv_sec == file.changed.tv_sec && known->changed.tv_nsec == file.changed.tv_nsec))
        return;
    const struct probe_target *target = probe_target_new(
        &(struct probe_target){ .subject = SUBJECT_AGENT, .index = index, .where = path, .name = name });
    if (target && scheduler_put(probing->scheduler, DRIVER_FEED, target, probing->now->mono_ms) == 0) {
        file.told = known->told;
        *known = file;
        scheduler_kick(probing->scheduler, DRIVER_FEED, index, probing->now->mono_ms);
    }
    probe_target_unref(target);
}

/* At each change. */
static void log_strangers(struct probing *probing)
{
    char several[80] = "";
    if (probing->strangers == probing->strangers_logged && probing->shared == probing->shared_logged)
        return;
    probing->strangers_logged = probing->strangers;
    probing->shared_logged = probing->shared;
    if (probing->shared)
        snprintf(several, sizeof several, "; %zu of them by a name that several agents have", probing->shared);
    log_write(probing->strangers ? LOG_WARNING : LOG_NOTICE, "feed: %zu files in %s belong to no configured agent%s",
              probing->strangers, feedwatch_directory(probing->watch), several);
}

static void rescan_feed(struct probing *probing, const struct now *now)
{
    probing->feed_rescan_ms = now->mono_ms + probing->feed_interval_ms;
    probing->strangers = probing->shared = 0;
    const int error = feedwatch_rescan(probing->watch);
    if (error != probing->feed_error && error < 0)
        log_write(LOG_ERR, "feed: %s: %s", feedwatch_directory(probing->watch), strerror(-error));
    probing->feed_error = error;
    if (error == 0)
        log_strangers(probing);
}

static int apply_feed(struct probing *probing, const struct config *config, const struct now *now)
{
    const struct probe_config *feed = &config->probes[DRIVER_FEED];
    if (probing->watch && (!feed->enabled || strcmp(feedwatch_directory(probing->watch), feed->directory) != 0)) {
        feedwatch_free(probing->watch);
        probing->watch = NULL;
        probing->feed_fd = -1;
    }
    if (!feed->enabled)
        return 0;
    if (!probing->watch) {
        const int error = feedwatch_new(feed->directory, feed_found, probing, &probing->watch, &probing->feed_fd);
        if (error < 0)
            return error;
    }
    probing->feed_interval_ms = (int64_t)feed->interval_s * 1000;
    rescan_feed(probing, now);
    return 0;
}

/* What the files of those who are gone have said is gone with them: should they come back, the files are read again,
 * though nobody has touched them. */
static void forget_feed_files(struct probing *probing)
{
    for (uint32_t index = 0; index < probing->feed_files_room; index++)
        if (!probing->watch || !store_agent(probing->store, index))
            probing->feed_files[index] = (struct feed_file){ 0 };
}

/* Has it read anew; what the log was told stands. */
static void forget_feed_file(struct probing *probing, uint32_t index)
{
    probing->feed_files[index] = (struct feed_file){ .told = probing->feed_files[index].told };
}

/* Where other gateways are configured, what files have said of them is to be read anew, though nobody has touched them.
 */
static int follow_gateways(struct probing *probing, const char *gateways)
{
    if (probing->feed_gateways && strcmp(probing->feed_gateways, gateways) == 0)
        return 0;
    char *own = strdup(gateways);
    if (!own)
        return -ENOMEM;
    free(probing->feed_gateways);
    probing->feed_gateways = own;
    for (uint32_t index = 0; index < probing->feed_files_room; index++)
        forget_feed_file(probing, index);
    return 0;
}

/* An answer counts. */
static void observe(struct probing *probing, const struct observation *observation, const struct now *now)
{
    if (observation->driver == DRIVER_SOURCE)
        answer_log_proxy(probing->store, observation);
    suspicion_follow(probing->store, probing->scheduler, observation, now);
    const int error = store_observe(probing->store, observation, now);
    const bool is_dropped = error < 0 && error != -ENOENT;
    if (is_dropped && !probing->is_dropping) /* the next ones, for the same reason, are not news */
        log_write(LOG_ERR, "observations are dropped, such as one of agent %u: %s", observation->index,
                  strerror(-error));
    probing->is_dropping = is_dropped;
}

/* So do those that were held back, if it is their turn now. */
static void observe_held(struct probing *probing, const struct now *now)
{
    struct observation observation;
    while (uplink_guard_next(&probing->guard, &observation, now))
        observe(probing, &observation, now);
}

static int tell_estate(struct probing *probing)
{
    size_t n;
    const struct fleet_layer *layers = consoles_layers(probing->consoles, &n);
    return estate_tell(probing->estate, layers, n);
}

static bool have_told(const struct probing *probing)
{
    size_t n;
    const struct fleet_layer *layers = consoles_layers(probing->consoles, &n);
    for (size_t i = 0; i < n; i++)
        if (layers[i].roster)
            return true;
    return false;
}

/* Agents, a bit more of them. New ones may have a feed file that was a stranger's. */
static int step_estate(struct probing *probing, const struct now *now)
{
    const int more = estate_step(probing->estate, now);
    if (more != 0)
        return more;
    forget_feed_files(probing);
    uplink_guard_follow(&probing->guard);
    observe_held(probing, now);
    if (estate_has_grown(probing->estate) && probing->watch)
        rescan_feed(probing, now);
    return 0;
}

static int apply_all(struct probing *probing, const struct config *config, const struct now *now)
{
    /* At the start the estate is whole before anybody sees it; later, many agents follow bit by bit. */
    const bool at_once = !have_told(probing);
    int error = estate_begin(probing->estate, config, now);
    const int unread = consoles_apply(probing->consoles, config, now);
    if (error == 0)
        error = tell_estate(probing);
    while (error == 0 && at_once && estate_is_busy(probing->estate)) {
        const int more = estate_step(probing->estate, now);
        error = more < 0 ? more : 0;
    }
    return error < 0 ? error : unread;
}

int probing_apply(struct probing *probing, const struct config *config, const struct now *now)
{
    probing->now = now;
    int error = comparing_apply(&probing->comparing, config, now);
    if (error == 0)
        error = apply_all(probing, config, now);
    comparing_begin(&probing->comparing, now);
    if (error == 0)
        error = follow_gateways(probing, config->gateways);
    if (error == 0)
        error = apply_feed(probing, config, now);
    forget_feed_files(probing);
    uplink_guard_apply(&probing->guard, config);
    observe_held(probing, now);
    if (error < 0)
        log_write(LOG_ERR, "the configuration could not be applied as a whole: %s", strerror(-error));
    return error;
}

/* Once, until the file is good again or bad in another way: a writer in a loop does not flood the log. */
static void log_feed_fault(struct probing *probing, const struct probe_answer *answer)
{
    const struct observation *observation = &answer->observation;
    struct feed_file *file = feed_file_of(probing, observation->index);
    const enum cause told = file ? file->told : 0;
    if (file)
        file->told = observation->cause;
    if (observation->cause == CAUSE_NONE || observation->cause == told)
        return;
    const struct agent_row *agent = store_agent(probing->store, observation->index);
    log_write(LOG_WARNING, "feed: %s (agent %u): %s: %s", agent ? agent->identity->name : "?", observation->index,
              cause_name(observation->cause), answer->detail);
}

static void apply_answer(struct probing *probing, const struct probe_answer *answer, const struct now *now)
{
    struct observation own = answer->observation;
    const struct observation *observation = &own;
    if (!scheduler_answer(probing->scheduler, answer, now))
        return;
    if (probing->witness)
        probing->witness(probing->witness_user, answer);
    if (observation->driver == DRIVER_FEED)
        log_feed_fault(probing, answer);
    comparing_take(&probing->comparing, answer, &own, now);
    answer_log_pause(probing->scheduler, answer);
    if (log_wants(LOG_DEBUG))
        log_write(LOG_DEBUG, "%s %u: %s, %u ms %s", driver_name(observation->driver), observation->index,
                  cause_name(observation->cause), observation->rtt_ms, answer->detail);
    const bool counts = uplink_guard_admits(&probing->guard, observation, now);
    observe_held(probing, now);
    if (counts)
        observe(probing, observation, now);
}

/* Returns when the uplink is to be looked at again (mono). */
static int64_t follow_uplink(struct probing *probing, const struct now *now)
{
    const int64_t next_ms = uplink_guard_step(&probing->guard, consoles_heard_ms(probing->consoles), now);
    observe_held(probing, now);
    if (uplink_guard_is_back(&probing->guard))
        consoles_kick(probing->consoles);
    return next_ms;
}

/* Of those whom the last process knew, who has not come back by now does not. True: there is more to do. */
static bool end_restoring(struct probing *probing, const struct now *now)
{
    if (!restore_is_open(probing->store) || !probing_is_settled(probing))
        return false;
    restore_settle(probing->store, now);
    if (probing_consoles_failed(probing) > 0)
        return false;
    const int more = restore_end(probing->store, ENDS_A_STEP, now);
    if (more < 0)
        log_write(LOG_ERR, "who is not configured any more could not be removed yet: %s", strerror(-more));
    return more > 0;
}

int64_t probing_step(struct probing *probing, const struct now *now)
{
    struct probe_answer answers[ANSWERS_AT_ONCE];
    size_t n;

    probing->now = now;
    if (probing->watch) {
        feedwatch_read(probing->watch);
        if (now->mono_ms >= probing->feed_rescan_ms)
            rescan_feed(probing, now);
    }
    if (consoles_collect(probing->consoles, now) && tell_estate(probing) < 0)
        log_write(LOG_ERR, "out of memory: agents stay as consoles told them before");
    if (estate_is_busy(probing->estate)) {
        const int error = step_estate(probing, now);
        if (error < 0)
            log_write(LOG_ERR, "what is configured and known could not be applied as a whole: %s", strerror(-error));
    }
    int64_t next;
    do {
        n = worker_pool_collect(probing->pool, answers, ANSWERS_AT_ONCE);
        for (size_t i = 0; i < n; i++) {
            apply_answer(probing, &answers[i], now);
            probe_answer_done(&answers[i]);
        }
        const int64_t uplink_ms = follow_uplink(probing, now);
        next = scheduler_run(probing->scheduler, now->mono_ms);
        next = uplink_ms < next ? uplink_ms : next;
        worker_pool_flush(probing->pool);
    } while (n == ANSWERS_AT_ONCE);
    if (end_restoring(probing, now) || estate_is_busy(probing->estate))
        return now->mono_ms;
    return probing->watch && probing->feed_rescan_ms < next ? probing->feed_rescan_ms : next;
}

void probing_tick(struct probing *probing, const struct now *now)
{
    store_expire(probing->store, now);
    comparing_expire(&probing->comparing, now);
    uplink_guard_count(&probing->guard);
    for (enum driver driver = DRIVER_LISTENER; driver < DRIVERS; driver++) {
        struct probe_row numbers = { .targets = 0 };
        const bool is_there = driver_is_console(driver) ? consoles_numbers(probing->consoles, driver, &numbers)
                                                        : scheduler_numbers(probing->scheduler, driver, &numbers);
        if (driver == DRIVER_FILES)
            sscfg_show_fault(&probing->comparing.sscfg, &numbers);
        if (is_there && store_put_probe(probing->store, &numbers) < 0)
            log_write(LOG_ERR, "out of memory: the numbers of %s stand still", driver_name(driver));
    }
}

/* Those of the agent's list; all, while that is not known, or for everybody. */
static void verify_sources(struct probing *probing, uint32_t agent_index, const struct now *now)
{
    const struct agent_row *agent = agent_index ? store_agent(probing->store, agent_index) : NULL;
    const struct source_row *source;

    if (!agent || !agent->list.list) {
        scheduler_kick(probing->scheduler, DRIVER_SOURCE, 0, now->mono_ms);
        return;
    }
    for (uint32_t index = 0; (source = store_next_source(probing->store, index)); index = source->index)
        if (store_lists_source(probing->store, agent, source))
            scheduler_kick(probing->scheduler, DRIVER_SOURCE, source->index, now->mono_ms);
}

int probing_verify(struct probing *probing, uint32_t index, const struct now *now)
{
    probing->now = now;
    if (index && !store_agent(probing->store, index))
        return -ENOENT;
    scheduler_kick(probing->scheduler, DRIVER_LISTENER, index, now->mono_ms);
    scheduler_kick(probing->scheduler, DRIVER_WINRM, index, now->mono_ms);
    comparing_verify(&probing->comparing, index, now);
    verify_sources(probing, index, now);
    scheduler_kick(probing->scheduler, DRIVER_LOCATION, 0, now->mono_ms);
    const struct agent_row *agent = index ? store_agent(probing->store, index) : NULL;
    if (!agent || agent->identity->server)
        scheduler_kick(probing->scheduler, DRIVER_SERVER, agent ? agent->identity->server : 0, now->mono_ms);
    if (index && index < probing->feed_files_room) /* also one that nobody has touched */
        forget_feed_file(probing, index);
    if (probing->watch)
        rescan_feed(probing, now);
    return 0;
}

bool probing_is_idle(struct probing *probing, const struct now *now)
{
    return scheduler_is_idle(probing->scheduler, now->mono_ms);
}
