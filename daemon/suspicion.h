/* Who else is to be asked at once because of what one answer says. It judges nothing, and is no cause for alarm. */
#ifndef AH_DAEMON_SUSPICION_H
#define AH_DAEMON_SUSPICION_H

#include "core/store.h"
#include "daemon/scheduler.h"

/* To be called before the store has the observation. */
void suspicion_follow(const struct store *store, struct scheduler *scheduler, const struct observation *observation,
                      const struct now *now);

#endif
