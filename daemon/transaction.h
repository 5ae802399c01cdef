/* Transactions of a connection to SQLite, by statements that are compiled beforehand: compiling takes memory, and one
 * that could not be ended for want of it would keep its locks. */
#ifndef AH_DAEMON_TRANSACTION_H
#define AH_DAEMON_TRANSACTION_H

struct sqlite3;
struct sqlite3_stmt;

struct transaction {
    struct sqlite3_stmt *begin, *commit, *roll_back; /* owned; NULL, or compiled */
};

/* The connection outlives the transaction. Results, here and below, are SQLite's: SQLITE_OK, or an error. */
int transaction_prepare(struct transaction *transaction, struct sqlite3 *database);
void transaction_finalize(struct transaction *transaction);

/* For writing, at once. One that was left open is rolled back. */
int transaction_begin(const struct transaction *transaction);
/* When it fails, the transaction is to be rolled back. */
int transaction_commit(const struct transaction *transaction);
/* Does nothing where SQLite has done it by itself. */
void transaction_roll_back(const struct transaction *transaction);

#endif
