/* Compiles for long, runs, and leaves them ready to be run again. */
#include "daemon/statement.h"

#include <sqlite3.h>

int statements_prepare(struct sqlite3 *database, const struct statement_source *all, size_t n)
{
    int result = SQLITE_OK;
    for (size_t i = 0; i < n && result == SQLITE_OK; i++)
        result = sqlite3_prepare_v3(database, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].ret, NULL);
    return result;
}

int statement_run(struct sqlite3_stmt *statement)
{
    const int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? SQLITE_OK : result;
}
