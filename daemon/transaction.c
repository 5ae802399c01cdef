/* A transaction that even its rolling back fails for is still open when the next one begins, which tries again. */
#include "daemon/transaction.h"

#include "daemon/statement.h"

#include <sqlite3.h>

int transaction_prepare(struct transaction *transaction, struct sqlite3 *database)
{
    const struct statement_source all[] = {
        { &transaction->begin, "BEGIN IMMEDIATE" },
        { &transaction->commit, "COMMIT" },
        { &transaction->roll_back, "ROLLBACK" },
    };
    return statements_prepare(database, all, sizeof all / sizeof *all);
}

void transaction_finalize(struct transaction *transaction)
{
    sqlite3_finalize(transaction->begin);
    sqlite3_finalize(transaction->commit);
    sqlite3_finalize(transaction->roll_back);
}

int transaction_begin(const struct transaction *transaction)
{
    transaction_roll_back(transaction);
    return statement_run(transaction->begin);
}

int transaction_commit(const struct transaction *transaction)
{
    return statement_run(transaction->commit);
}

void transaction_roll_back(const struct transaction *transaction)
{
    if (!sqlite3_get_autocommit(sqlite3_db_handle(transaction->roll_back)))
        (void)statement_run(transaction->roll_back);
}
