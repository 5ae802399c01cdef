/* Management servers that a console tells of and no [server] is: who runs the collector learns their GUIDs here. */
#ifndef AH_DAEMON_STRANGE_SERVERS_H
#define AH_DAEMON_STRANGE_SERVERS_H

#include "daemon/fleet_merge.h"

/* What the log was told of. All zero: nothing. */
struct strange_servers {
    char *guids[8]; /* owned; NULL behind the last one. More need not be told: they are no oversight */
};

/* Logs each server that agents of Apex Central's inventory have and that was not told before, where there is a [server]
 * at all: "" and other consoles' words, which are names, tell nothing. */
void strange_servers_log(struct strange_servers *told, const struct fleet_layer *layer, const struct config *config);
void strange_servers_done(struct strange_servers *told);

#endif
