/* A transaction that even its rolling back fails for is still open when the next one begins, which tries again. */
#include "daemon/transaction.h"

#include <sqlite3.h>
#include <stddef.h>

static bool compile(sqlite3 *database, const char *sql, sqlite3_stmt **ret)
{
    return sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) == SQLITE_OK;
}

static bool step(sqlite3_stmt *statement)
{
    const int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE;
}

bool transaction_prepare(struct transaction *transaction, struct sqlite3 *database)
{
    return compile(database, "BEGIN IMMEDIATE", &transaction->begin) &&
           compile(database, "COMMIT", &transaction->commit) && compile(database, "ROLLBACK", &transaction->roll_back);
}

void transaction_finalize(struct transaction *transaction)
{
    sqlite3_finalize(transaction->begin);
    sqlite3_finalize(transaction->commit);
    sqlite3_finalize(transaction->roll_back);
}

bool transaction_begin(const struct transaction *transaction)
{
    transaction_roll_back(transaction);
    return step(transaction->begin);
}

bool transaction_commit(const struct transaction *transaction)
{
    return step(transaction->commit);
}

void transaction_roll_back(const struct transaction *transaction)
{
    if (!sqlite3_get_autocommit(sqlite3_db_handle(transaction->roll_back)))
        (void)step(transaction->roll_back);
}
