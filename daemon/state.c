/* Indexes and sequences in SQLite. */
#include "daemon/state.h"

#include "daemon/state_place.h"
#include "daemon/statement.h"
#include "daemon/transaction.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 2, BUSY_MS = 5000 };

/* More than is shown before it is saved, and little enough for a hundred thousand starts. */
enum { GAP = 10000 };

struct state {
    struct state_place place;
    sqlite3 *database;
    struct transaction transaction;
    sqlite3_stmt *find, *add, *move, *has_guid, *count, *set;
    uint32_t sequences[STATE_SEQUENCES];  /* where each goes on */
    int64_t given[SUBJECT_COLLECTOR + 1]; /* the last index, also where the database was not able to keep it */
};

/* What is written here in the main loop is not copied into the database there: vault.c sees to that. */
static const char schema_sql[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-512;"
    "CREATE TABLE IF NOT EXISTS keys (kind INTEGER, key TEXT, idx INTEGER, PRIMARY KEY (kind, key)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS keys_by_index ON keys (kind, idx);"
    "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS rows (kind INTEGER, key INTEGER, value BLOB, PRIMARY KEY (kind, key)) WITHOUT ROWID;"
    "PRAGMA user_version = 2;";

const char *const state_sequence_names[STATE_SEQUENCES] = { "alarms", "changes", "history", "notifications" };
const char state_clean_name[] = "clean";

static int error_of(int sqlite_error)
{
    return sqlite_error == SQLITE_OK || sqlite_error == SQLITE_DONE ? 0
           : sqlite_error == SQLITE_NOMEM                           ? -ENOMEM
           : sqlite_error == SQLITE_FULL                            ? -ENOSPC
                                                                    : -EIO;
}

static int run(struct state *state, const char *sql)
{
    return error_of(sqlite3_exec(state->database, sql, NULL, NULL, NULL));
}

/* Reads one number; 0 when there is no row. */
static int read_number(struct state *state, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    int error = sqlite3_prepare_v2(state->database, sql, -1, &statement, NULL);
    if (error == SQLITE_OK) {
        error = sqlite3_step(statement);
        if (error == SQLITE_ROW || error == SQLITE_DONE) {
            *ret = error == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
            error = SQLITE_OK;
        }
    }
    sqlite3_finalize(statement);
    return error_of(error);
}

static int prepare(struct state *state)
{
    const struct statement_source all[] = {
        { &state->find, "SELECT idx FROM keys WHERE kind = ? AND key = ?" },
        { &state->add, "INSERT INTO keys (kind, key, idx) VALUES (?, ?, ?)" },
        { &state->move, "UPDATE keys SET idx = ?3 WHERE kind = ?1 AND key = ?2" },
        { &state->has_guid, "SELECT 1 FROM keys WHERE kind = ? AND idx = ? AND key LIKE 'guid:%'" },
        { &state->count, "SELECT value FROM counters WHERE name = ?" },
        { &state->set, "INSERT INTO counters (name, value) VALUES (?1, ?2) "
                       "ON CONFLICT (name) DO UPDATE SET value = ?2" },
    };
    const int result = statements_prepare(state->database, all, sizeof all / sizeof *all);
    return error_of(result == SQLITE_OK ? transaction_prepare(&state->transaction, state->database) : result);
}

/* Runs a statement that gives at most one number. 1: it gave *ret; 0: it gave none; negative: error. */
static int step_number(sqlite3_stmt *statement, int64_t *ret)
{
    const int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return result == SQLITE_ROW ? 1 : error_of(result);
}

static int counter_get(struct state *state, const char *name, int64_t *ret)
{
    *ret = 0;
    sqlite3_bind_text(state->count, 1, name, -1, SQLITE_STATIC);
    const int result = step_number(state->count, ret);
    return result < 0 ? result : 0;
}

static int counter_set(struct state *state, const char *name, int64_t value)
{
    sqlite3_bind_text(state->set, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(state->set, 2, value);
    int64_t nothing;
    return step_number(state->set, &nothing);
}

int state_fault(struct sqlite3 *database, const char *what, char *error, size_t error_bytes)
{
    const int code = sqlite3_errcode(database);
    /* Of writing, SQLite knows no reason where it fails at the end of a transaction, and would give an older one. */
    const int reason = code == SQLITE_CANTOPEN ? sqlite3_system_errno(database) : 0;
    snprintf(error, error_bytes, "%s: %s%s%s", what, sqlite3_errmsg(database), reason ? ": " : "",
             reason ? strerror(reason) : "");
    return code == SQLITE_OK ? -EIO : error_of(code);
}

static int open_database(struct state *state, const char *directory, const struct state *old,
                         char path[STATE_PATH_BYTES])
{
    int error = directory ? state_path(directory, path) : 0;
    if (error == 0 && directory)
        error = state_place_take(&state->place, directory, old ? &old->place : NULL, path);
    return error < 0 ? error : error_of(sqlite3_open(path, &state->database));
}

/* Whether the whole file makes sense to SQLite; if not, *error says what does not. */
static int check(struct state *state, const char *path, char *error, size_t error_bytes)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(state->database, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    const char *found = result == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    const bool is_good = found && strcmp(found, "ok") == 0;
    int fault = is_good ? 0 : -EIO;
    if (!found)
        fault = state_fault(state->database, path, error, error_bytes);
    else if (!is_good) {
        snprintf(error, error_bytes, "%s: %s", path, found);
        for (char *c = error; (c = strchr(c, '\n')) != NULL;)
            *c = ' '; /* it becomes part of a line */
    }
    sqlite3_finalize(statement);
    return fault;
}

/* Goes on with the sequences where they were, or a gap behind that; until the next clean end it is not known again
 * where. */
static int begin_sequences(struct state *state)
{
    int64_t clean, value;
    int error = state_begin(state);
    if (error < 0)
        return error;
    error = counter_get(state, state_clean_name, &clean);
    for (enum state_sequence sequence = 0; sequence < STATE_SEQUENCES && error == 0; sequence++) {
        error = counter_get(state, state_sequence_names[sequence], &value);
        if (error == 0 && value && !clean)
            error = counter_set(state, state_sequence_names[sequence], value += GAP);
        state->sequences[sequence] = (uint32_t)value;
    }
    if (error == 0)
        error = counter_set(state, state_clean_name, 0);
    const int commit = state_end(state);
    return error < 0 ? error : commit;
}

void state_close(struct state *state)
{
    if (!state)
        return;
    transaction_finalize(&state->transaction);
    sqlite3_finalize(state->find);
    sqlite3_finalize(state->add);
    sqlite3_finalize(state->move);
    sqlite3_finalize(state->has_guid);
    sqlite3_finalize(state->count);
    sqlite3_finalize(state->set);
    sqlite3_close(state->database);
    state_place_leave(&state->place);
    free(state);
}

/* The file goes, too, if it was made in the place of another. */
static void discard(struct state *state, const char *path)
{
    const struct state_place place = state->place;
    state_close(state);
    state_place_unmake(&place, path);
}

/* In the place of `old`, whose file is gone; NULL: as it is found. */
static int open_state(const char *directory, const struct state *old, struct state **ret, char *error,
                      size_t error_bytes)
{
    char path[STATE_PATH_BYTES] = ":memory:";
    int64_t version = 0;
    struct state *state = calloc(1, sizeof *state);
    if (!state) {
        snprintf(error, error_bytes, "out of memory");
        return -ENOMEM;
    }
    state->place.lock = -1;
    int result = open_database(state, directory, old, path);
    if (result == -EBUSY && !state->database) {
        snprintf(error, error_bytes, "%s: another process keeps its state there", path);
        goto free;
    }
    if (result == -EEXIST && !state->database) {
        snprintf(error, error_bytes, "%s: it was replaced by another: a restart is needed", path);
        goto free;
    }
    if (result < 0)
        goto fail;
    sqlite3_busy_timeout(state->database, BUSY_MS);
    if ((result = read_number(state, "PRAGMA user_version", &version)) < 0)
        goto fail;
    if (version > SCHEMA) {
        result = -EPROTO;
        snprintf(error, error_bytes, "%s: written by a newer version (schema %d)", path, (int)version);
        goto free;
    }
    if ((result = check(state, path, error, error_bytes)) < 0)
        goto free;
    if ((result = run(state, schema_sql)) < 0 || (result = prepare(state)) < 0 || (result = begin_sequences(state)) < 0)
        goto fail;
    if (directory)
        state_place_note(&state->place, path);
    *ret = state;
    return 0;
fail:
    /* It may have been asked for nothing, or have taken something back since. */
    if (!state->database || sqlite3_errcode(state->database) == SQLITE_OK)
        snprintf(error, error_bytes, "%s: %s", path, strerror(-result));
    else
        (void)state_fault(state->database, path, error, error_bytes); /* gives the result */
free:
    discard(state, path);
    return result;
}

int state_open(const char *directory, struct state **ret, char *error, size_t error_bytes)
{
    return open_state(directory, NULL, ret, error, error_bytes);
}

bool state_was_empty(const struct state *state)
{
    return state->place.was_empty;
}

bool state_is_astray(struct sqlite3 *database)
{
    int has_moved = 0;
    return sqlite3_file_control(database, NULL, SQLITE_FCNTL_HAS_MOVED, &has_moved) == SQLITE_OK && has_moved;
}

void state_disown(struct state *state, const char *directory)
{
    char path[STATE_PATH_BYTES];
    if (state_is_astray(state->database) && state_path(directory, path) == 0)
        state_place_disown(&state->place, path);
}

/* Copies all that was given out into the database at `path`. */
static int copy_to(struct state *state, const char *path, char *error, size_t error_bytes)
{
    char *sql = sqlite3_mprintf("ATTACH %Q AS fresh; BEGIN; INSERT INTO fresh.keys SELECT * FROM main.keys;"
                                "INSERT OR REPLACE INTO fresh.counters SELECT * FROM main.counters; COMMIT",
                                path);
    const int result = sql ? run(state, sql) : -ENOMEM;
    if (result < 0) {
        (void)state_fault(state->database, path, error, error_bytes); /* gives the result */
        transaction_roll_back(&state->transaction);
    }
    sqlite3_exec(state->database, "DETACH fresh", NULL, NULL, NULL); /* fails where it was not attached */
    sqlite3_free(sql);
    return result;
}

int state_renew(struct state *state, const char *directory, char *error, size_t error_bytes)
{
    char path[STATE_PATH_BYTES];
    struct state *fresh;
    if (!state_is_astray(state->database))
        return 0;
    int result = open_state(directory, state, &fresh, error, error_bytes);
    if (result < 0)
        return result;
    if ((result = state_path(directory, path)) < 0 || (result = copy_to(state, path, error, error_bytes)) < 0) {
        discard(fresh, path);
        return result;
    }
    const struct state old = *state;
    memcpy(fresh->given, state->given, sizeof fresh->given);
    *state = *fresh;
    *fresh = old;
    state_close(fresh);
    return 0;
}

int state_begin(struct state *state)
{
    return error_of(transaction_begin(&state->transaction));
}

int state_end(struct state *state)
{
    const int error = error_of(transaction_commit(&state->transaction));
    if (error < 0)
        transaction_roll_back(&state->transaction);
    return error;
}

/* 1: found; 0: not there; negative: error. */
static int find(struct state *state, enum subject subject, const char *key, uint32_t *ret_index)
{
    int64_t index;
    sqlite3_bind_int(state->find, 1, (int)subject);
    sqlite3_bind_text(state->find, 2, key, -1, SQLITE_STATIC);
    const int result = step_number(state->find, &index);
    if (result > 0)
        *ret_index = (uint32_t)index;
    return result;
}

/* By the statement that adds a key, or by the one that moves it. */
static int give(sqlite3_stmt *statement, enum subject subject, const char *key, uint32_t index)
{
    int64_t nothing;
    sqlite3_bind_int(statement, 1, (int)subject);
    sqlite3_bind_text(statement, 2, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, index);
    return step_number(statement, &nothing);
}

static int add(struct state *state, enum subject subject, const char *key, uint32_t index)
{
    return give(state->add, subject, key, index);
}

static int has_guid(struct state *state, uint32_t index)
{
    int64_t nothing;
    sqlite3_bind_int(state->has_guid, 1, SUBJECT_AGENT);
    sqlite3_bind_int64(state->has_guid, 2, index);
    return step_number(state->has_guid, &nothing);
}

static int new_index(struct state *state, enum subject subject, uint32_t *ret_index)
{
    char name[32];
    int64_t last;
    snprintf(name, sizeof name, "index-%d", (int)subject);
    int error = counter_get(state, name, &last);
    if (last < state->given[subject])
        last = state->given[subject];
    if (error < 0 || (error = counter_set(state, name, last + 1)) < 0)
        return error;
    state->given[subject] = last + 1;
    *ret_index = (uint32_t)(last + 1);
    return 0;
}

/* Names are compared as ASCII without case; what is beyond ASCII must agree to the byte. They are joined by a character
 * that no name contains. */
static char *fold(const char *first, const char *second, const char *third)
{
    char *key;
    if (asprintf(&key, "%s%s%s%s", first, second, third ? "\n" : "", third ? third : "") < 0)
        return NULL;
    for (char *c = key; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return key;
}

int state_agent(struct state *state, const char *guid, const char *server, const char *name, uint32_t *ret_index)
{
    uint32_t index = 0;
    char *by_name = fold("name:", server, name), *by_guid = *guid ? fold("guid:", guid, NULL) : NULL;
    int result = by_name && (by_guid || !*guid) ? 0 : -ENOMEM;
    if (result < 0)
        goto done;

    result = by_guid ? find(state, SUBJECT_AGENT, by_guid, &index) : 0;
    if (result != 0)
        goto done;
    result = find(state, SUBJECT_AGENT, by_name, &index);
    if (result < 0 || (result > 0 && !by_guid))
        goto done;
    if (result > 0) {
        const int other = has_guid(state, index);
        if (other < 0) {
            result = other;
            goto done;
        }
        if (other) /* the name's index is that of another GUID: this one keeps its GUID alone */
            index = 0;
        if (!other && (result = add(state, SUBJECT_AGENT, by_guid, index)) == 0)
            goto done;
    }
    if (index == 0) {
        const bool name_is_free = result == 0;
        if ((result = new_index(state, SUBJECT_AGENT, &index)) == 0 && by_guid)
            result = add(state, SUBJECT_AGENT, by_guid, index);
        if (result == 0 && name_is_free)
            result = add(state, SUBJECT_AGENT, by_name, index);
    }
done:
    free(by_name);
    free(by_guid);
    if (result >= 0)
        *ret_index = index;
    return result < 0 ? result : 0;
}

int state_known_guid(struct state *state, const char *guid, uint32_t *ret_index)
{
    char *key = *guid ? fold("guid:", guid, NULL) : NULL;
    const int result = key ? find(state, SUBJECT_AGENT, key, ret_index) : *guid ? -ENOMEM : 0;
    free(key);
    return result;
}

int state_known_name(struct state *state, const char *server, const char *name, uint32_t *ret_index)
{
    char *key = fold("name:", server, name);
    const int result = key ? find(state, SUBJECT_AGENT, key, ret_index) : -ENOMEM;
    free(key);
    return result;
}

int state_name_agent(struct state *state, const char *server, const char *name, uint32_t index)
{
    uint32_t known;
    char *key = fold("name:", server, name);
    int result = key ? find(state, SUBJECT_AGENT, key, &known) : -ENOMEM;
    if (result >= 0 && (result == 0 || known != index))
        result = give(result ? state->move : state->add, SUBJECT_AGENT, key, index);
    free(key);
    return result < 0 ? result : 0;
}

int state_agent_apart(struct state *state, const char *guid, uint32_t *ret_index)
{
    uint32_t index;
    char *key = fold("guid:", guid, NULL);
    int result = key ? new_index(state, SUBJECT_AGENT, &index) : -ENOMEM;
    if (result == 0)
        result = add(state, SUBJECT_AGENT, key, index);
    free(key);
    if (result == 0)
        *ret_index = index;
    return result;
}

int state_agent_anew(struct state *state, const char *server, const char *name, uint32_t *ret_index)
{
    uint32_t index;
    char *key = fold("name:", server, name);
    int result = key ? new_index(state, SUBJECT_AGENT, &index) : -ENOMEM;
    if (result == 0)
        result = give(state->move, SUBJECT_AGENT, key, index);
    free(key);
    if (result == 0)
        *ret_index = index;
    return result;
}

int state_index(struct state *state, enum subject subject, const char *name, uint32_t *ret_index)
{
    uint32_t index;
    char *key = fold("", name, NULL);
    if (!key)
        return -ENOMEM;
    int result = find(state, subject, key, &index);
    if (result == 0 && (result = new_index(state, subject, &index)) == 0)
        result = add(state, subject, key, index);
    free(key);
    if (result >= 0)
        *ret_index = index;
    return result < 0 ? result : 0;
}

uint32_t state_sequence(const struct state *state, enum state_sequence sequence)
{
    return state->sequences[sequence];
}

void state_number_beyond(struct state *state, uint32_t alarm)
{
    if (state->sequences[STATE_ALARMS] < alarm)
        state->sequences[STATE_ALARMS] = alarm;
    for (enum state_sequence sequence = 0; sequence < STATE_SEQUENCES; sequence++)
        state->sequences[sequence] += GAP;
}
