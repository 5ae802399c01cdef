/* What outlives the process, in an SQLite database: which index belongs to whom, and how far the sequences have come.
 * An index is given once and never again, and so is a number of a sequence. The rows are vault.h's. */
#ifndef AH_DAEMON_STATE_H
#define AH_DAEMON_STATE_H

#include "core/model.h"

struct state;

enum state_sequence { STATE_ALARMS, STATE_CHANGES, STATE_HISTORY, STATE_NOTIFICATIONS, STATE_SEQUENCES };

/* Opens DIRECTORY/state.db, making the folder (0700) and the file (0600) if there are none; NULL keeps everything in
 * memory. 0, or a negative errno with the reason in *error; -EBUSY: another process has the folder. */
int state_open(const char *directory, struct state **ret, char *error, size_t error_bytes) AH_WARN_UNUSED;
/* Whether the file was there, with nothing in it. */
bool state_was_empty(const struct state *state);
/* Where the file has been removed since it was opened, makes a new one with every index and sequence of this one, and
 * goes on with that; whoever shares the database has to open it anew. 0, or a negative errno with the reason in *error,
 * and all is as before; -EEXIST: another file has its place, and is left alone. */
int state_renew(struct state *state, const char *directory, char *error, size_t error_bytes) AH_WARN_UNUSED;
/* Where the file is another by now, removes what belongs to ours beside it, which SQLite would take for the other's. */
void state_disown(struct state *state, const char *directory);
void state_close(struct state *state);

/* Many calls of state_agent() and state_index() are one transaction: begin, then end. */
int state_begin(struct state *state) AH_WARN_UNUSED;
int state_end(struct state *state) AH_WARN_UNUSED;

/* The index of an agent, given now if it is new. It is known by its GUID where that is not "", else by server and name;
 * one that gets a GUID later stays who it is, and another GUID under an old name is another agent. Case does not
 * matter. */
int state_agent(struct state *state, const char *guid, const char *server, const char *name,
                uint32_t *ret_index) AH_WARN_UNUSED;
/* 1: *ret_index is the agent's of that GUID; 0: nobody is known by it. */
int state_known_guid(struct state *state, const char *guid, uint32_t *ret_index) AH_WARN_UNUSED;
/* Likewise by server and name. */
int state_known_name(struct state *state, const char *server, const char *name, uint32_t *ret_index) AH_WARN_UNUSED;
/* From now on the agent of that index is the one of this server and name, whoever was. */
int state_name_agent(struct state *state, const char *server, const char *name, uint32_t index) AH_WARN_UNUSED;
/* A new index for the agent of that GUID, which nobody is known by: who has its name is another. */
int state_agent_apart(struct state *state, const char *guid, uint32_t *ret_index) AH_WARN_UNUSED;
/* A new index for the agent of this server and name: the one that it had under them is another's, known by its GUID. */
int state_agent_anew(struct state *state, const char *server, const char *name, uint32_t *ret_index) AH_WARN_UNUSED;
/* Likewise for a server or a group, by name. */
int state_index(struct state *state, enum subject subject, const char *name, uint32_t *ret_index) AH_WARN_UNUSED;

/* Where a sequence has to go on after state_open(): no number above it was ever given out. After an end that was not
 * clean there is a gap, since the last numbers may have been shown before they were saved. */
uint32_t state_sequence(const struct state *state, enum state_sequence sequence);
/* An earlier process has given out numbers that it could not save, in whichever database, the last known one being this
 * alarm's: there is a gap in each sequence, also where none was saved at all. */
void state_number_beyond(struct state *state, uint32_t alarm);

/* For whoever shares the database (vault.h). */
/* Whether the file has been removed, or replaced, since it was opened: what is written reaches nobody. */
struct sqlite3;
bool state_is_astray(struct sqlite3 *database);
/* The latest call's error as "WHAT: why", with the system's reason for not opening a file, and as a negative errno. */
int state_fault(struct sqlite3 *database, const char *what, char *error, size_t error_bytes);
/* The counter of a sequence, and the one that is 1 after a clean end. */
extern const char *const state_sequence_names[STATE_SEQUENCES];
extern const char state_clean_name[];

#endif
