/* Reads secrets, each the one line of a file of its own. It keeps none longer than the configuration. */
#ifndef AH_DAEMON_CONFIG_SECRET_H
#define AH_DAEMON_CONFIG_SECRET_H

#include "config_fault.h"
#include "config_memory.h"

/* Reads the line; what is wrong is a fault of the section's key, in which `what` is meant ("the password"). *ret is
 * written where there is one; who frees the configuration calls config_secret_wipe() on it. 0 or -ENOMEM. */
int config_secret_read(struct config_faults *faults, struct config_memory *memory, const char *section, const char *key,
                       const char *what, const char *path, const char **ret) AH_WARN_UNUSED;
void config_secret_wipe(const char *secret); /* NULL-safe */

#endif
