/* The endpoint location settings: reads the reference servers and gateways that [location] names, and has store and
 * scheduler follow them. It connects to nobody. */
#ifndef AH_DAEMON_LOCATION_H
#define AH_DAEMON_LOCATION_H

#include "daemon/config.h"
#include "daemon/config_fault.h"
#include "daemon/config_memory.h"
#include "daemon/scheduler.h"

/* Reads config->reference_servers_file, if there is one, into config->references: HOST:PORT a line, in the order in
 * which agents try them, IPv6 addresses in brackets; a # begins a comment. Each fault is told with its line; a gateway
 * that no agent can match is told, too, and kept, as it is shown. 0 or -ENOMEM. */
int location_load(struct config *config, struct config_memory *memory, struct config_faults *faults) AH_WARN_UNUSED;

/* 0 or -ENOMEM; calling again is safe. */
int location_apply(const struct config *config, struct store *store, struct scheduler *scheduler,
                   const struct now *now) AH_WARN_UNUSED;

#endif
