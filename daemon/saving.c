/* What is saved when, and what is done when that fails. */
#include "daemon/saving.h"

#include "core/frozen.h"
#include "core/restore.h"
#include "daemon/keeper.h"
#include "daemon/log.h"
#include "daemon/loss_mark.h"
#include "daemon/told_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `LATE_MS`: a database that takes longer is as good as none. `END_MS`: what a clean end waits for it. */
enum { RETRY_MS = 60000, LATE_MS = 5000, END_MS = 500, ROWS_A_STEP = 2000 };

/* What is saved is at most so many times younger than evidence may be old. */
enum { AGE_PARTS = 3 };

#define TOLD_FAULT "state: %s/told: %s; after a kill more may be told twice"

/* A batch of everything, which is put together bit by bit. */
struct whole {
    bool is_open;
    struct vault_batch batch;
    enum kept kind; /* the last row in it */
    uint32_t key;
};

struct saving {
    char *directory;       /* owned; NULL: it is another's */
    struct state *state;   /* borrowed */
    struct keeper *keeper; /* NULL: nothing is saved in this life */
    int fd;
    struct vault *vault;    /* until the keeper has it */
    struct told_file *told; /* NULL: there is none, and more may be told twice */
    uint32_t last_id;       /* of a notification, in the last life */
    struct store *store;
    struct outgoing *outgoing;
    char why[512];     /* nothing is saved */
    uint32_t failures; /* of the keeper, that were seen */
    uint32_t former;   /* the alarm of an earlier process, whose end is still to be told; 0: none */
    uint32_t marked;   /* the alarm of which a mark was left; 0: none */
    uint32_t unmarked; /* the alarm of which none could be left, as logged */
    bool works;
    struct whole whole;
    uint64_t wholes;                  /* that were saved before this one */
    int64_t retry_after_ms, retry_ms; /* mono, the second */
    uint32_t refreshed;               /* the last agent whose age was looked to */
    size_t damaged;                   /* rows that were not taken back */
    size_t damage_logged;
};

/* What an earlier process has left, in our folder. */
static void read_mark(struct saving *saving)
{
    const int error = saving->directory ? loss_mark_read(saving->directory, &saving->former) : 0;
    if (error < 0)
        log_write(LOG_WARNING, "state: %s/lost: the mark of a former loss is of no use: %s", saving->directory,
                  error == -EPROTO ? "it is none of ours" : strerror(-error));
}

int saving_new(const char *directory, struct saving **ret, struct state **ret_state)
{
    struct saving *saving = calloc(1, sizeof *saving);
    struct state *state = NULL;
    char error[VAULT_ERROR_BYTES];
    if (!saving || !(saving->directory = strdup(directory))) {
        free(saving);
        return -ENOMEM;
    }
    saving->fd = -1;
    saving->retry_after_ms = RETRY_MS;
    int result = state_open(directory, &state, saving->why, sizeof saving->why);
    if (result == 0 && (result = vault_open(directory, &saving->vault, error)) < 0) {
        snprintf(saving->why, sizeof saving->why, "%s", error);
        state_close(state);
    }
    if (result == -EBUSY) {
        free(saving->directory);
        saving->directory = NULL;
    }
    if (result < 0) {
        log_write(LOG_ERR,
                  "state: %s; going on without: a restart forgets everything, and is needed once this is mended",
                  saving->why);
        result = state_open(NULL, &state, error, sizeof error);
    }
    if (result < 0) {
        saving_free(saving);
        return result;
    }
    if (state_was_empty(state))
        log_write(LOG_WARNING, "state: %s/state.db is empty: beginning anew", directory);
    saving->state = state;
    read_mark(saving);
    if (saving->former)
        state_number_beyond(state, saving->former);
    saving->last_id = state_sequence(state, STATE_NOTIFICATIONS);
    *ret = saving;
    *ret_state = state;
    return 0;
}

void saving_free(struct saving *saving)
{
    if (!saving)
        return;
    keeper_free(saving->keeper);
    vault_close(saving->vault);
    told_file_close(saving->told);
    vault_batch_done(&saving->whole.batch);
    free(saving->directory);
    free(saving);
}

const char *saving_directory(const struct saving *saving)
{
    return saving->vault || saving->keeper ? saving->directory : NULL;
}

int saving_fd(const struct saving *saving)
{
    return saving->fd;
}

bool saving_works(const struct saving *saving)
{
    return saving->works;
}

void saving_set_retry(struct saving *saving, int64_t retry_ms)
{
    saving->retry_after_ms = retry_ms;
}

/* Leaves word of the alarm for the next process, since the alarm is in no database. */
static void mark(struct saving *saving)
{
    const uint32_t seq = store_persistence_told(saving->store);
    if (!saving->directory || !seq || seq == saving->marked)
        return;
    const int error = loss_mark_leave(saving->directory, seq);
    if (error < 0 && seq != saving->unmarked)
        log_write(LOG_WARNING,
                  "state: no mark can be left (%s): unless one can be later, after a restart the end of alarm %u will "
                  "not be told",
                  strerror(-error), seq);
    *(error < 0 ? &saving->unmarked : &saving->marked) = seq;
}

/* The mark goes once all that was to be told of it is saved. */
static void unmark(struct saving *saving)
{
    const int error = saving->marked ? loss_mark_remove(saving->directory) : 0;
    if (error < 0)
        log_write(LOG_WARNING, "state: the mark of a loss stays, and its end will be told again: %s", strerror(-error));
    saving->marked = 0;
}

/* Tells the end of a loss that an earlier process told of. */
static void end_former_loss(struct saving *saving, const struct now *now)
{
    if (!saving->former)
        return;
    const int error = store_tell_restored(saving->store, saving->former);
    if (error < 0) {
        log_write(LOG_WARNING, "state: the end of alarm %u can not be told: %s", saving->former, strerror(-error));
        return;
    }
    saving->marked = saving->former;
    outgoing_take(saving->outgoing, saving->store, now);
}

/* Nothing is saved from now on; what waits for it need not wait. */
static void go_off(struct saving *saving, const struct now *now)
{
    saving->works = false;
    vault_batch_done(&saving->whole.batch);
    saving->whole = (struct whole){ .is_open = false };
    saving->retry_ms = now->mono_ms + saving->retry_after_ms;
    journal_switch(store_journal(saving->store), false);
    store_put_persistence(saving->store, PERSISTENCE_OFF, saving->why, now);
    outgoing_release(saving->outgoing, outgoing_last_id(saving->outgoing));
}

/* What the journal is taken into. */
struct gathering {
    const struct saving *saving;
    struct vault_batch batch;
    int error;
};

static void gather(void *user, enum kept kind, uint32_t key)
{
    struct gathering *gathering = user;
    const struct saving *saving = gathering->saving;
    if (gathering->error < 0)
        return;
    gathering->error = kind == KEPT_NOTIFICATION
                           ? batch_add_notification(&gathering->batch.rows, key, outgoing_kept(saving->outgoing, key))
                           : batch_add(&gathering->batch.rows, saving->store, kind, key);
}

/* Adds all that has changed, and hands it over. What could not be, for want of memory, is to be saved as a whole. */
static void put(struct saving *saving, struct vault_batch batch, const struct now *now)
{
    struct gathering gathering = { saving, batch, 0 };
    struct journal *journal = store_journal(saving->store);
    const uint32_t last_id = outgoing_last_id(saving->outgoing);
    journal_take(journal, gather, &gathering);
    gather(&gathering, KEPT_COLLECTOR, 0);
    batch = gathering.batch;
    batch.sequences[STATE_ALARMS] = store_alarm_seq(saving->store);
    batch.sequences[STATE_CHANGES] = store_change_seq(saving->store);
    batch.sequences[STATE_HISTORY] = store_history_seq(saving->store);
    batch.sequences[STATE_NOTIFICATIONS] = last_id;
    if (gathering.error == 0)
        gathering.error = keeper_put(saving->keeper, &batch, last_id, now->mono_ms);
    if (gathering.error < 0) {
        vault_batch_done(&batch);
        journal->lost = true;
    }
}

static void begin_whole(struct saving *saving, uint64_t wholes, const struct now *now)
{
    saving->wholes = wholes;
    journal_switch(store_journal(saving->store), true);
    saving->whole = (struct whole){ .is_open = true, .batch = { .rows = batch_of(now), .is_whole = true } };
}

static int add_notifications(struct saving *saving)
{
    const struct notification *notification = outgoing_kept_next(saving->outgoing, 0);
    int error = 0;
    for (; notification && error == 0; notification = outgoing_kept_next(saving->outgoing, notification->id))
        error = batch_add_notification(&saving->whole.batch.rows, notification->id, notification);
    return error;
}

/* Adds a bit more of everything; at the end, what has changed meanwhile comes last, and so counts. */
static void step_whole(struct saving *saving, const struct now *now)
{
    struct whole *whole = &saving->whole;
    int error = 0;
    for (unsigned n = 0; n < ROWS_A_STEP && error == 0; n++) {
        if (freeze_next(saving->store, &whole->kind, &whole->key)) {
            error = batch_add(&whole->batch.rows, saving->store, whole->kind, whole->key);
            continue;
        }
        error = add_notifications(saving);
        if (error < 0)
            break;
        put(saving, whole->batch, now);
        saving->whole = (struct whole){ .is_open = false };
        return;
    }
    if (error < 0) {
        snprintf(saving->why, sizeof saving->why, "out of memory");
        go_off(saving, now);
    }
}

void saving_publish(struct saving *saving, const struct now *now)
{
    struct journal *journal = store_journal(saving->store);
    if (saving->keeper && journal->is_on && !saving->whole.is_open) {
        if (!journal_is_empty(journal))
            put(saving, (struct vault_batch){ .rows = batch_of(now) }, now);
        if (journal->lost)
            begin_whole(saving, 0, now);
    }
    if (!saving->works)
        outgoing_release(saving->outgoing, outgoing_last_id(saving->outgoing));
}

static void come_back(struct saving *saving, const struct now *now)
{
    log_write(LOG_NOTICE, "state: the database is written again");
    saving->works = true;
    store_put_persistence(saving->store, PERSISTENCE_WORKING, "", now);
}

/* Goes back to a database that can be written: where its file is gone, to a new one. 0 or a negative errno. */
static int find_back(struct saving *saving)
{
    char error[VAULT_ERROR_BYTES] = "";
    struct vault *vault = NULL;
    int result = state_renew(saving->state, saving->directory, error, sizeof error);
    if (result == 0)
        result = vault_open(saving->directory, &vault, error);
    if (result < 0) {
        if (strcmp(error, saving->why) != 0)
            log_write(LOG_ERR, "state: %s", error);
        snprintf(saving->why, sizeof saving->why, "%s", error);
        return result;
    }
    keeper_exchange(saving->keeper, vault);
    const int told_error = saving->told ? told_file_renew(saving->told, saving->directory) : 0;
    if (told_error < 0)
        log_write(LOG_WARNING, TOLD_FAULT, saving->directory, strerror(-told_error));
    saving->marked = 0; /* the mark may be gone with the folder */
    return 0;
}

/* Has everything saved, a while after something could not be. */
static void try_again(struct saving *saving, const struct keeper_news *news, const struct now *now)
{
    saving->retry_ms = now->mono_ms + saving->retry_after_ms;
    if (news->is_astray && find_back(saving) < 0)
        return;
    saving->failures = news->failures;
    begin_whole(saving, news->wholes, now);
}

int64_t saving_step(struct saving *saving, const struct now *now)
{
    struct keeper_news news;
    if (!saving->keeper) {
        mark(saving);
        return INT64_MAX;
    }
    keeper_news(saving->keeper, &news);
    if (!saving->works && news.is_idle) /* else the disk may be one that lets nobody go */
        mark(saving);
    const bool is_late = news.oldest_ms && now->mono_ms - news.oldest_ms > LATE_MS;
    const bool is_tried = store_journal(saving->store)->is_on;
    if (is_tried && (is_late || news.failures != saving->failures)) {
        snprintf(saving->why, sizeof saving->why, "%s", is_late ? "writing takes too long" : news.error);
        if (saving->works)
            log_write(LOG_ERR,
                      "state: the database can not be written: %s; going on without: a restart forgets what "
                      "happens from now on",
                      saving->why);
        saving->failures = news.failures;
        if (news.is_astray)
            state_disown(saving->state, saving->directory);
        go_off(saving, now);
        return saving->retry_ms;
    }
    outgoing_release(saving->outgoing, news.saved_id);
    if (!saving->works && is_tried && !saving->whole.is_open && news.wholes > saving->wholes)
        come_back(saving, now);
    if (!is_tried && now->mono_ms >= saving->retry_ms && news.is_idle)
        try_again(saving, &news, now);
    if (saving->marked && saving->works && news.is_idle && journal_is_empty(store_journal(saving->store)))
        unmark(saving);
    if (saving->whole.is_open)
        step_whole(saving, now);
    return saving->whole.is_open ? now->mono_ms : is_tried || !news.is_idle ? INT64_MAX : saving->retry_ms;
}

/* Evidence that is confirmed again and again changes nothing, but grows younger: that is saved in turns. */
static void refresh(struct saving *saving, int64_t max_age_ms)
{
    struct journal *journal = store_journal(saving->store);
    const int64_t turn_s = max_age_ms / AGE_PARTS / 1000 + 1;
    const struct agent_row *agent = NULL;
    for (size_t n = store_fleet(saving->store)->agents / (size_t)turn_s + 1; n > 0; n--) {
        agent = store_next_agent(saving->store, saving->refreshed);
        saving->refreshed = agent ? agent->index : 0;
        if (!agent)
            break;
        journal_note(journal, KEPT_AGENT, agent->index);
    }
    const struct server_row *server = agent ? NULL : store_next_server(saving->store, 0);
    for (; server; server = store_next_server(saving->store, server->index))
        journal_note(journal, KEPT_SERVER, server->index);
    const struct source_row *source = agent ? NULL : store_next_source(saving->store, 0);
    for (; source; source = store_next_source(saving->store, source->index))
        journal_note(journal, KEPT_SOURCE, source->index);
}

void saving_tick(struct saving *saving, int64_t max_age_ms, const struct now *now)
{
    const size_t damaged = saving->damaged + restore_damaged(saving->store);
    if (!saving->works) /* also where the alarm could not be raised yet, for want of memory */
        store_put_persistence(saving->store, PERSISTENCE_OFF, saving->why, now);
    else
        refresh(saving, max_age_ms);
    if (damaged > saving->damage_logged)
        log_write(LOG_ERR, "state: %zu rows of the database are damaged; what they were about begins anew", damaged);
    saving->damage_logged = damaged;
}

void saving_end(struct saving *saving, const struct now *now)
{
    struct keeper_news news;
    if (!saving->works)
        return;
    saving->refreshed = 0;
    refresh(saving, 0);
    put(saving, (struct vault_batch){ .rows = batch_of(now), .is_last = true }, now);
    (void)keeper_wait(saving->keeper, END_MS); /* what is late is not told in this life */
    keeper_news(saving->keeper, &news);
    saving->works = news.failures == saving->failures;
    if (saving->works && news.is_idle)
        unmark(saving);
    outgoing_release(saving->outgoing, news.saved_id);
}

/* What is taken back. */
struct loading {
    struct saving *saving;
    uint64_t master; /* that is there */
    const struct now *now;
};

static int take_notification(struct saving *saving, uint32_t id, const void *bytes, size_t n, const struct now *now)
{
    struct codec codec = codec_reader(bytes, n, now);
    struct notification notification = { .id = 0 };
    frozen_notification(&codec, &notification);
    int error = codec_end(&codec);
    if (error == 0 && notification.id != id)
        error = -EPROTO;
    if (error == 0)
        error = outgoing_restore(saving->outgoing, &notification);
    notification_done(&notification);
    return error;
}

/* What was told before the database could forget it, or is with the master that is there, or is damaged, is forgotten
 * also there. */
static int take_row(void *user, enum kept kind, uint32_t key, const void *bytes, size_t n)
{
    const struct loading *loading = user;
    struct saving *saving = loading->saving;
    const bool is_told = kind == KEPT_NOTIFICATION && saving->told && told_file_has(saving->told, key, loading->master);
    const int error = is_told                     ? 0
                      : kind == KEPT_NOTIFICATION ? take_notification(saving, key, bytes, n, loading->now)
                                                  : restore_row(saving->store, kind, key, bytes, n, loading->now);
    if (error < 0 && error != -EPROTO)
        return error;
    saving->damaged += error < 0;
    if (is_told || error < 0)
        journal_note(store_journal(saving->store), kind, key);
    return 0;
}

/* It can be done without. */
static void begin_told(struct saving *saving, int error)
{
    if (error == 0 && (error = told_file_begin(saving->told)) == 0)
        return;
    log_write(LOG_WARNING, TOLD_FAULT, saving->directory, strerror(-error));
    told_file_close(saving->told);
    saving->told = NULL;
}

/* 0, or an error with its reason. */
static int start(struct saving *saving, uint64_t master, const struct now *now)
{
    struct loading loading = { saving, master, now };
    char error[VAULT_ERROR_BYTES] = "out of memory";
    const int told_error = told_file_open(saving->directory, &saving->told);
    int result = vault_load(saving->vault, take_row, &loading, error);
    if (result == 0) {
        begin_told(saving, told_error);
        result = keeper_new(saving->vault, &saving->keeper, &saving->fd);
        saving->vault = NULL;
        if (result < 0)
            snprintf(error, sizeof error, "%s", strerror(-result));
    }
    if (result < 0)
        snprintf(saving->why, sizeof saving->why, "%s", error);
    return result;
}

static void on_changed(void *user, uint32_t id)
{
    const struct saving *saving = user;
    journal_note(store_journal(saving->store), KEPT_NOTIFICATION, id);
}

static void on_told(void *user, uint32_t id)
{
    const struct saving *saving = user;
    if (saving->told)
        told_file_note(saving->told, id);
    keeper_told(saving->keeper, id);
}

static void on_sent(void *user, uint32_t id, uint64_t master)
{
    const struct saving *saving = user;
    if (saving->told)
        told_file_note_sent(saving->told, id, master);
}

void saving_begin(struct saving *saving, struct store *store, struct outgoing *outgoing, uint64_t master,
                  const struct now *now)
{
    saving->store = store;
    saving->outgoing = outgoing;
    outgoing_number_above(outgoing, saving->last_id);
    journal_switch(store_journal(store), true);
    const int error = saving->vault ? start(saving, master, now) : -ENOENT;
    if (error < 0) {
        if (saving->vault)
            log_write(LOG_ERR, "state: %s; going on without: a restart forgets everything", saving->why);
        end_former_loss(saving, now); /* this loss is another one, and takes its mark */
        go_off(saving, now);
        return;
    }
    outgoing_record(outgoing, &(struct outgoing_record){ on_changed, on_told, on_sent, saving });
    saving->works = true;
    end_former_loss(saving, now);
    store_put_persistence(store, PERSISTENCE_WORKING, "", now);
}
