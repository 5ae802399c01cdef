/* Targets: tells the scheduler where to ask whom, by the configuration. */
#ifndef AH_DAEMON_TARGETS_H
#define AH_DAEMON_TARGETS_H

#include "core/rows.h"
#include "daemon/config.h"
#include "daemon/scheduler.h"

/* Opens the lanes, and gives those that are open their settings; one that the configuration has closed is for the
 * caller to empty. 0 or -ENOMEM. */
int targets_configure(struct scheduler *scheduler, const struct config *config) AH_WARN_UNUSED;

/* Each of these puts one target. 0, -ENOMEM, or -ENAMETOOLONG where its URL has no room. */
int targets_put_server(struct scheduler *scheduler, const struct config *config, const struct server_config *server,
                       uint32_t index, const struct now *now) AH_WARN_UNUSED;
int targets_put_source(struct scheduler *scheduler, const struct config *config, const struct source_config *source,
                       uint32_t index, const struct now *now) AH_WARN_UNUSED;
int targets_put_listener(struct scheduler *scheduler, const struct config *config,
                         const struct agent_identity *identity, uint32_t index, const struct now *now) AH_WARN_UNUSED;
/* sscfg.ini; none where it is not compared. */
int targets_put_sscfg(struct scheduler *scheduler, const struct config *config, const struct now *now) AH_WARN_UNUSED;
/* Whether agents' ssnotify.ini are files that are read here; and one of them. */
bool targets_have_files(const struct config *config);
int targets_put_file(struct scheduler *scheduler, const struct config *config, const struct agent_identity *identity,
                     uint32_t index, const struct now *now) AH_WARN_UNUSED;
/* The endpoint itself, over WinRM; `server` is its agent's, or NULL. */
int targets_put_endpoint(struct scheduler *scheduler, const struct config *config,
                         const struct agent_identity *identity, const struct server_config *server, uint32_t index,
                         const struct now *now) AH_WARN_UNUSED;

#endif
