/* Probing: store, scheduler, workers and feed folder, tied together. It is driven from outside: whoever owns it waits
 * for its descriptors and for the time it names. */
#ifndef AH_DAEMON_PROBING_H
#define AH_DAEMON_PROBING_H

#include "core/store.h"
#include "daemon/config.h"
#include "daemon/estate.h"
#include "probes/probe.h"

struct probing;

/* Takes the state, also on failure; NULL: no index outlives the process. What consoles tell is kept in the folder;
 * NULL: in none. 0 or a negative errno, logged. */
int probing_new(const struct config *config, const struct store_settings *settings, struct state *state,
                const char *state_directory, struct probing **ret) AH_WARN_UNUSED;
/* Within 1 s, whatever is in flight. */
void probing_free(struct probing *probing);

/* Follows a configuration, first or new, which is borrowed until the next one. Where consoles have told of agents,
 * these follow in probing_step(), bit by bit. */
int probing_apply(struct probing *probing, const struct config *config, const struct now *now) AH_WARN_UNUSED;

/* From now on silence counts only once it is not the collector's own (core/uplink.h): for a process that goes on
 * asking. */
void probing_watch_uplink(struct probing *probing);

/* Has every question and answer written down from now on; each answer is shown to `witness`, who borrows it, before it
 * counts. */
typedef void probing_witness_fn(void *user, const struct probe_answer *answer);
void probing_show(struct probing *probing, probing_witness_fn *witness, void *user);

/* Reads all consoles at once. */
void probing_read_consoles(struct probing *probing);
/* Readable when a console has been read: then probing_step() has something to do. Stays the same. */
int probing_consoles_fd(const struct probing *probing);
/* Each console has been read once, well or not, and all agents that are known are there. */
bool probing_is_settled(const struct probing *probing);
/* How many consoles were not read to their end when they were read last. */
size_t probing_consoles_failed(const struct probing *probing);
/* What each console has on record of an agent: estate_records(). */
void probing_records(const struct probing *probing, uint32_t index, estate_record_fn *found, void *user);

struct store *probing_store(struct probing *probing);
/* Readable when probing_step() has answers, or the feed folder has news (-1: no folder is watched; may change by
 * probing_apply()). */
int probing_answers_fd(const struct probing *probing);
int probing_feed_fd(const struct probing *probing);

/* Takes answers, asks what is due, reads the news of the feed folder. Returns the time of the next call (mono). */
int64_t probing_step(struct probing *probing, const struct now *now);
/* Once a second: what has expired, numbers, sequences. */
void probing_tick(struct probing *probing, const struct now *now);
/* Asks at once: an agent by every driver, its server, and the sources of its list (all, while that is not known), or
 * (0) everybody. -ENOENT. */
int probing_verify(struct probing *probing, uint32_t index, const struct now *now) AH_WARN_UNUSED;
/* estate_find_agent() and estate_namesakes(). */
size_t probing_namesakes(const struct probing *probing, const char *name);
uint32_t probing_find_agent(const struct probing *probing, const char *name);
/* Nothing in flight, nothing due, no answer waiting. */
bool probing_is_idle(struct probing *probing, const struct now *now);

#endif
