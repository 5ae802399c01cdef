/* One sweep by hand, without SNMP and without a state that outlives it: what -1 and --probe have in common. */
#ifndef AH_DAEMON_SWEEP_H
#define AH_DAEMON_SWEEP_H

#include "daemon/probing.h"

/* The exit codes of both. */
enum { EXIT_HEALTHY = 0, EXIT_CONDITION = 1, EXIT_UNKNOWN = 2, EXIT_FAILED = 3 };

/* An estate, with whom consoles know, in which nobody is asked twice, and one observation is believed at once, whatever
 * rise and fall say. Logged.
 */
int sweep_new(const struct config *config, struct probing **ret) AH_WARN_UNUSED;
/* Asks an agent by every driver, its server and its sources, or (0) everybody, until all have answered. Logged. */
int sweep_run(struct probing *probing, uint32_t index) AH_WARN_UNUSED;
/* The worst of what there is: a condition, an unknown one, or neither. */
int sweep_exit_code(const struct tally *tally);

#endif
