/* Statements of SQLite that are compiled once, and run often. */
#ifndef AH_DAEMON_STATEMENT_H
#define AH_DAEMON_STATEMENT_H

#include <stddef.h>

struct sqlite3;
struct sqlite3_stmt;

struct statement_source {
    struct sqlite3_stmt **ret; /* whose owner finalizes it, also where a later one fails */
    const char *sql;
};

/* Results are SQLite's: SQLITE_OK, or an error of which the connection knows more. */
int statements_prepare(struct sqlite3 *database, const struct statement_source *all, size_t n);
/* To its end, for one that gives no rows. */
int statement_run(struct sqlite3_stmt *statement);

#endif
