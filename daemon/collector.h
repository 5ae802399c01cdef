/* The daemon proper: probing and the SNMP side under one event loop, until a signal ends it. */
#ifndef AH_DAEMON_COLLECTOR_H
#define AH_DAEMON_COLLECTOR_H

#include "daemon/config.h"

struct store_settings store_settings_of(const struct config *config);

/* SIGHUP, SIGTERM and SIGINT. To be called before other processes can know our id: one that comes before the loop runs
 * waits for it, and threads that are started meanwhile leave them to the main one. */
void collector_hold_signals(void);
/* Runs until SIGTERM or SIGINT; calls `ready` (unless NULL) once it is in service and nothing can fail any more; SIGHUP
 * reads `path` again. Takes the configuration. 0, or a negative errno when it could not begin (logged). */
int collector_run(struct config *config, const char *path, void (*ready)(void *user), void *user) AH_WARN_UNUSED;

#endif
