/* One sweep of every probe, and a table of the fleet: no SNMP, no state that outlives it. */
#ifndef AH_DAEMON_ONCE_H
#define AH_DAEMON_ONCE_H

#include "daemon/config.h"

/* Sweeps, prints to stdout, and returns the exit code: 0 all healthy, 1 some condition holds, 2 some agent is unknown,
 * 3 it could not be done (logged). One observation is believed at once, whatever rise and fall say. */
int once_run(const struct config *config, bool json);

#endif
