/* Lives of a daemon without probes and SNMP, in a folder of the test's own: a world of agents whose state is saved.
 * What can not be done fails the test. */
#ifndef AH_TEST_LIFE_H
#define AH_TEST_LIFE_H

#include "daemon/saving.h"
#include "support/world.h"

enum { LIFE_PATH_BYTES = 64, LIFE_PATIENCE_MS = 10000, LIFE_MASTER = 77 /* the SNMP master that is there */ };
extern char life_folder[LIFE_PATH_BYTES], life_file[LIFE_PATH_BYTES + 16]; /* the folder, and the database in it */
int life_make_folder(void **test);
int life_remove_folder(void **test);

struct life {
    struct world world;
    struct state *state;
    struct saving *saving;
    struct outgoing *outgoing;
};

/* Begins so many seconds after the world's beginning, with three agents. */
void life_begin(struct life *life, unsigned s);
/* Not cleanly: saving_end() is not called. */
void life_end(struct life *life);
void life_publish(struct life *life);

/* How many wait and may be told. */
size_t life_released(const struct life *life);
/* Steps until the keeper has said something that makes it true, or long enough. */
void life_wait_until(struct life *life, bool (*is_true)(const struct life *life));
bool life_has_released_one(const struct life *life);
bool life_works(const struct life *life);
bool life_is_off(const struct life *life);
struct sqlite3;
/* Somebody else writes to the database, and does not end until released. */
struct sqlite3 *life_hold_database(void);
void life_release_database(struct sqlite3 *holder);
/* The number that a question to the database gives. */
int64_t life_count(const char *sql);

#endif
