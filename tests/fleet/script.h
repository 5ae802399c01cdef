/* script.h: reads the script that describes a fleet. */
#ifndef FLEET_SCRIPT_H
#define FLEET_SCRIPT_H

#include "fleet.h"

/* Adds what the script describes to a fleet that does not run yet. Returns 0 or a negative errno; the fault names file
 * and line. */
int script_read(const char *file, struct fleet *fleet, struct fault *fault) __attribute__((warn_unused_result));

#endif
