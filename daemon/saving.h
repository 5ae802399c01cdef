/* Saving: has the keeper save what changes, takes back at the start what was saved, and says whether it works. It is of
 * the main thread, and does not fail: without a database the daemon goes on, and says so. It waits for the disk at the
 * start, and where it makes a database anew that was removed; not for what is saved. */
#ifndef AH_DAEMON_SAVING_H
#define AH_DAEMON_SAVING_H

#include "daemon/outgoing.h"
#include "daemon/state.h"

struct saving;

/* Opens the state in a folder, which is borrowed; one that can not be used is logged, and done without. *ret_state is
 * the caller's. 0 or -ENOMEM. */
int saving_new(const char *directory, struct saving **ret, struct state **ret_state) AH_WARN_UNUSED;
/* The folder; NULL: it is done without. */
const char *saving_directory(const struct saving *saving);
/* When all that was handed over is saved, or can not be. NULL-safe. */
void saving_free(struct saving *saving);

/* Takes back what was saved, into a store and a queue without anybody in it yet, which are borrowed from now on. Nobody
 * is saved before that. `master`: snmp_master_id(). */
void saving_begin(struct saving *saving, struct store *store, struct outgoing *outgoing, uint64_t master,
                  const struct now *now);
/* Readable when saving_step() has something to do; -1: never. */
int saving_fd(const struct saving *saving);

/* Hands over what has changed. What is to be told of it is released once it is saved, or at once where nothing is. */
void saving_publish(struct saving *saving, const struct now *now);
/* Follows what has become of it. Gives when to be called again (mono). */
int64_t saving_step(struct saving *saving, const struct now *now);
/* Once a second: how old what is saved may be, `max_age_ms` being the policy's limit. */
void saving_tick(struct saving *saving, int64_t max_age_ms, const struct now *now);
/* Nothing changes any more: hands over everything, and waits for a while until what is to be told is saved. */
void saving_end(struct saving *saving, const struct now *now);
/* Whether what was not told is kept. */
bool saving_works(const struct saving *saving);

/* For tests: when it is tried again after a failure. */
void saving_set_retry(struct saving *saving, int64_t retry_ms);

#endif
