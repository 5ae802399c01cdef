/* The estate: turns a configuration into agents, servers, sources and reference servers in the store and targets in the
 * scheduler, and finds agents by name. */
#ifndef AH_DAEMON_ESTATE_H
#define AH_DAEMON_ESTATE_H

#include "core/store.h"
#include "daemon/config.h"
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

/* Makes store and scheduler follow the configuration: who is new is added, who stays keeps its state, who is gone is
 * removed. -ENOMEM, or an error of the state database: then part of it may have been applied; calling again is safe. */
int estate_apply(struct estate *estate, const struct config *config, const struct now *now) AH_WARN_UNUSED;

/* The index of an agent by name, ASCII case folded; 0: there is none. */
uint32_t estate_find_agent(const struct estate *estate, const char *name);

#endif
