/* Counts agents by the server that nobody configured. */
#include "daemon/strange_servers.h"

#include "daemon/log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SERVERS_MAX = sizeof((struct strange_servers *)0)->guids / sizeof(char *) };

void strange_servers_done(struct strange_servers *told)
{
    for (size_t i = 0; i < SERVERS_MAX; i++)
        free(told->guids[i]);
    *told = (struct strange_servers){ 0 };
}

static size_t find(char *const guids[SERVERS_MAX], const char *guid)
{
    size_t at = 0;
    while (at < SERVERS_MAX && guids[at] && strcasecmp(guids[at], guid) != 0)
        at++;
    return at;
}

void strange_servers_log(struct strange_servers *told, const struct fleet_layer *layer, const struct config *config)
{
    struct strange_servers now = { 0 };
    size_t agents[SERVERS_MAX] = { 0 };

    if (layer->console->driver != DRIVER_CENTRAL || config->n_servers == 0)
        return;
    for (size_t i = 0; i < roster_count(layer->roster); i++) {
        struct roster_entry entry;
        roster_at(layer->roster, i, &entry);
        if (entry.kind != ROSTER_LISTED)
            break; /* they come first */
        if (!*entry.server || *fleet_merge_server(config, entry.server))
            continue;
        const size_t at = find(now.guids, entry.server);
        if (at == SERVERS_MAX || (!now.guids[at] && !(now.guids[at] = strdup(entry.server))))
            continue;
        agents[at]++;
    }
    for (size_t i = 0; i < SERVERS_MAX && now.guids[i]; i++) {
        const size_t at = find(told->guids, now.guids[i]);
        if (at < SERVERS_MAX && told->guids[at])
            continue;
        log_write(LOG_WARNING, "%s %s: %zu agent%s to server GUID %s, which no [server] names by central_id",
                  driver_name(layer->console->driver), layer->console->name, agents[i],
                  agents[i] == 1 ? " belongs" : "s belong", now.guids[i]);
    }
    strange_servers_done(told);
    *told = now;
}
