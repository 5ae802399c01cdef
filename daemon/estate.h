/* The estate: turns a configuration, and what consoles tell, into agents, servers, sources and reference servers in the
 * store and targets in the scheduler, and finds agents by name. Of agents there may be a hundred thousand, so they are
 * gone through bit by bit. */
#ifndef AH_DAEMON_ESTATE_H
#define AH_DAEMON_ESTATE_H

#include "core/store.h"
#include "daemon/fleet_merge.h"
#include "daemon/scheduler.h"
#include "daemon/state.h"

struct estate;

/* The index of the target that is sscfg.ini: no agent has it. */
enum { ESTATE_SSCFG = 0 };
/* What an agent's ssnotify.ini is called in the feed's folder, behind its name. */
#define FEED_FILE_SUFFIX ".ssnotify.ini"

/* All three are borrowed for the estate's life. */
int estate_new(struct store *store, struct scheduler *scheduler, struct state *state,
               struct estate **ret) AH_WARN_UNUSED;
void estate_free(struct estate *estate);

/* Begins to make store and scheduler follow a configuration, which is borrowed until the next one: servers, sources and
 * lanes do at once; agents in estate_step(). -ENOMEM, or an error of the state database: then part of it may have been
 * applied; calling again is safe. */
int estate_begin(struct estate *estate, const struct config *config, const struct now *now) AH_WARN_UNUSED;
/* What consoles tell, from now on: begins to make agents follow it. The sections are borrowed as the configuration is,
 * references are taken to the rosters. -ENOMEM: it goes on with what they told before. */
int estate_tell(struct estate *estate, const struct fleet_layer *layers, size_t n) AH_WARN_UNUSED;

/* Goes on for a bit: who is new is added, who stays keeps its state, who is gone is removed. 1: there is more; 0: all
 * is done; else an error as above: the rest is left as it is until the next estate_begin() or estate_tell(). */
int estate_step(struct estate *estate, const struct now *now) AH_WARN_UNUSED;
/* Whether there is more to do. */
bool estate_is_busy(const struct estate *estate);
/* Whether agents were added since this was asked last. */
bool estate_has_grown(struct estate *estate);

/* The index of the one agent that has this name, ASCII case folded; 0: there is none, or several of whom the name means
 * neither. One that has vanished gives way to one that has not. */
uint32_t estate_find_agent(const struct estate *estate, const char *name);
/* How many have it. */
size_t estate_namesakes(const struct estate *estate, const char *name);

/* What each console has on record of an agent: calls `found` for those that know it, in their order. */
typedef void estate_record_fn(void *user, const struct console_config *console, const struct roster_entry *entry);
void estate_records(const struct estate *estate, uint32_t index, estate_record_fn *found, void *user);

#endif
