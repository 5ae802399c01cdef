/* Asking one agent, with every question and answer shown: what an operator runs when a row looks odd. */
#ifndef AH_DAEMON_INSPECT_H
#define AH_DAEMON_INSPECT_H

#include "daemon/config.h"

/* Asks the agent of that name (letter case aside) by every driver, prints to stdout what was asked and answered, the
 * verdict and what to do, and returns the exit code: 0 healthy, 1 some condition holds, 2 something is unknown, 3 it
 * could not be done, or there is no such agent (logged). */
int inspect_run(const struct config *config, const char *name, bool json);

#endif
