/* Rows in SQLite. */
#include "daemon/vault.h"

#include "daemon/state_place.h"
#include "daemon/statement.h"
#include "daemon/transaction.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BUSY_MS = 4000 };

struct vault {
    sqlite3 *database;
    struct transaction transaction;
    sqlite3_stmt *put, *forget, *count;
};

void vault_batch_done(struct vault_batch *batch)
{
    batch_done(&batch->rows);
}

static int prepare(struct vault *vault)
{
    const struct statement_source all[] = {
        { &vault->put, "INSERT OR REPLACE INTO rows (kind, key, value) VALUES (?, ?, ?)" },
        { &vault->forget, "DELETE FROM rows WHERE kind = ? AND key = ?" },
        { &vault->count, "INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)" },
    };
    const int result = statements_prepare(vault->database, all, sizeof all / sizeof *all);
    return result == SQLITE_OK ? transaction_prepare(&vault->transaction, vault->database) : result;
}

int vault_open(const char *directory, struct vault **ret, char error[VAULT_ERROR_BYTES])
{
    char path[STATE_PATH_BYTES];
    struct vault *vault = calloc(1, sizeof *vault);
    int result = vault ? state_path(directory, path) : -ENOMEM;
    if (result < 0) {
        snprintf(error, VAULT_ERROR_BYTES, "%s: %s", directory, result == -ENOMEM ? "out of memory" : "too long");
        free(vault);
        return result;
    }
    if (sqlite3_open_v2(path, &vault->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(vault->database, BUSY_MS) != SQLITE_OK ||
        sqlite3_exec(vault->database, "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-512", NULL, NULL, NULL) !=
            SQLITE_OK ||
        prepare(vault) != SQLITE_OK) {
        result = state_fault(vault->database, "opening state.db", error, VAULT_ERROR_BYTES);
        vault_close(vault);
        return result;
    }
    *ret = vault;
    return 0;
}

void vault_close(struct vault *vault)
{
    if (!vault)
        return;
    transaction_finalize(&vault->transaction);
    sqlite3_finalize(vault->put);
    sqlite3_finalize(vault->forget);
    sqlite3_finalize(vault->count);
    sqlite3_close(vault->database);
    free(vault);
}

int vault_load(struct vault *vault, vault_row_fn *row, void *user, char error[VAULT_ERROR_BYTES])
{
    sqlite3_stmt *all = NULL;
    int result =
        sqlite3_prepare_v2(vault->database, "SELECT kind, key, value FROM rows ORDER BY kind, key", -1, &all, NULL);
    int refusal = 0;
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(all);
        if (result != SQLITE_ROW)
            break;
        refusal = row(user, (enum kept)sqlite3_column_int(all, 0), (uint32_t)sqlite3_column_int64(all, 1),
                      sqlite3_column_blob(all, 2), (size_t)sqlite3_column_bytes(all, 2));
        if (refusal < 0)
            break;
    }
    if (refusal == 0 && result != SQLITE_DONE)
        refusal = state_fault(vault->database, "reading", error, VAULT_ERROR_BYTES);
    sqlite3_finalize(all);
    return refusal;
}

static bool forget(struct vault *vault, enum kept kind, uint32_t key)
{
    sqlite3_bind_int(vault->forget, 1, (int)kind);
    sqlite3_bind_int64(vault->forget, 2, key);
    return statement_run(vault->forget) == SQLITE_OK;
}

static bool save_row(struct vault *vault, const struct batch_row *row)
{
    if (!row->bytes)
        return forget(vault, row->kind, row->key);
    sqlite3_bind_int(vault->put, 1, (int)row->kind);
    sqlite3_bind_int64(vault->put, 2, row->key);
    sqlite3_bind_blob64(vault->put, 3, row->bytes, row->n, SQLITE_STATIC);
    return statement_run(vault->put) == SQLITE_OK;
}

static bool save_counter(struct vault *vault, const char *name, int64_t value)
{
    sqlite3_bind_text(vault->count, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(vault->count, 2, value);
    return statement_run(vault->count) == SQLITE_OK;
}

static bool save_batch(struct vault *vault, const struct vault_batch *batch)
{
    struct batch_row row;
    bool good = !batch->is_whole || sqlite3_exec(vault->database, "DELETE FROM rows", NULL, NULL, NULL) == SQLITE_OK;
    for (size_t at = 0; good && batch_next(&batch->rows, &at, &row);)
        good = save_row(vault, &row);
    for (enum state_sequence sequence = 0; good && sequence < STATE_SEQUENCES; sequence++)
        good = save_counter(vault, state_sequence_names[sequence], batch->sequences[sequence]);
    return good && (!batch->is_last || save_counter(vault, state_clean_name, 1));
}

bool vault_is_astray(const struct vault *vault, char error[VAULT_ERROR_BYTES])
{
    struct stat file;
    const bool is_astray = state_is_astray(vault->database);
    if (is_astray && stat(sqlite3_db_filename(vault->database, NULL), &file) < 0 && errno != ENOENT)
        snprintf(error, VAULT_ERROR_BYTES, "state.db: %s", strerror(errno));
    else if (is_astray)
        snprintf(error, VAULT_ERROR_BYTES, "state.db: it was removed, or replaced by another");
    return is_astray;
}

int vault_save(struct vault *vault, const struct vault_batch *const *batches, size_t n_batches, const uint32_t *told,
               size_t n_told, char error[VAULT_ERROR_BYTES])
{
    if (vault_is_astray(vault, error))
        return -ESTALE;
    bool good = transaction_begin(&vault->transaction) == SQLITE_OK;
    for (size_t i = 0; good && i < n_batches; i++)
        good = save_batch(vault, batches[i]);
    for (size_t i = 0; good && i < n_told; i++)
        good = forget(vault, KEPT_NOTIFICATION, told[i]);
    if (good && transaction_commit(&vault->transaction) == SQLITE_OK)
        return 0;
    const int result = state_fault(vault->database, "writing", error, VAULT_ERROR_BYTES);
    transaction_roll_back(&vault->transaction);
    return result;
}
