/* What is around the agents: management servers, Smart Protection sources, reference servers and sscfg.ini. Has store
 * and scheduler follow the configuration in these. */
#ifndef AH_DAEMON_SURROUNDINGS_H
#define AH_DAEMON_SURROUNDINGS_H

#include "daemon/config.h"
#include "daemon/scheduler.h"
#include "daemon/state.h"

/* Within a transaction of the state. `servers` has room for the index of each configured one, in their order. 0 or a
 * negative errno; calling again is safe. */
int surroundings_apply(struct store *store, struct scheduler *scheduler, struct state *state,
                       const struct config *config, uint32_t *servers, const struct now *now) AH_WARN_UNUSED;

#endif
