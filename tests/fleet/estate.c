/* estate.c: who is simulated, and finding them by name. It opens no socket and asks no behaviour to do anything. */
#include "estate.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "behaviours.h"
#include "console.h"
#include "endpoint.h"
#include "feed.h"
#include "proxy.h"
#include "tls.h"

/* The paths and the marks of health are community knowledge: what the products' own listeners were seen to answer. */
const struct role role_agent = {
    .name = "agent",
    .group = GROUP_AGENTS,
    .method = "GET",
    .path = "/?CAVIT",
    .type = "text/plain",
    .body = "!CRYPT!10E0F0D2C3B4A5968778695A4B3C2D1E0F1029384756AABBCCDDEEFF0011223344556677",
};
const struct role role_server = {
    .name = "server",
    .group = GROUP_SERVERS,
    .method = "GET",
    .path = "/officescan/cgi/cgionstart.exe",
    .type = "text/html",
    .body = "-2",
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct target *)a)->name, ((const struct target *)b)->name);
}

const char *const group_names[GROUPS] = {
    [GROUP_AGENTS] = "agents",   [GROUP_SERVERS] = "servers", [GROUP_WINRMS] = "winrms",
    [GROUP_SOURCES] = "sources", [GROUP_PROXIES] = "proxies", [GROUP_CENTRALS] = "centrals",
    [GROUP_VISIONS] = "visions",
};

static bool is_everybody(const char *word)
{
    return strcmp(word, "all") == 0;
}

/* Returns the group of that name, or GROUPS. */
static enum group find_group(const char *word)
{
    enum group group = 0;

    while (group < GROUPS && strcmp(group_names[group], word) != 0)
        group++;
    return group;
}

static bool name_is_good(const char *name)
{
    const size_t length = strlen(name);

    for (const char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
            return false;
    return length > 0 && length <= ESTATE_NAME_MAX && name[0] != '.' && name[0] != '-' && !strstr(name, "..") &&
           !is_everybody(name) && find_group(name) == GROUPS;
}

static void target_free(struct target *target)
{
    if (!target)
        return;
    feed_facts_free(target->feed);
    endpoint_free(target->endpoint);
    proxy_free(target->proxy);
    console_free(target->console);
    free(target->name);
    free(target);
}

/* Makes room for one more. */
static int estate_grow(struct estate *estate)
{
    if (estate->count < estate->room)
        return 0;
    const size_t room = estate->room ? 2 * estate->room : 256;
    struct target **targets = reallocarray(estate->targets, room, sizeof *targets);
    if (!targets)
        return -ENOMEM;
    estate->targets = targets;
    estate->room = room;
    return 0;
}

int estate_add(struct estate *estate, const struct role *role, const char *name, const struct sockaddr_in *address,
               bool https, struct target **ret_target, struct fault *fault)
{
    if (!name_is_good(name))
        return fault_set(fault, "%s: not a name for a target", name);
    if (ntohl(address->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
        return fault_set(fault, "%s: its address is outside 127.0.0.0/8", name);
    if (estate_find(estate, name))
        return fault_set(fault, "%s: there is one already", name);

    int result = estate_grow(estate);
    if (result < 0)
        return result;
    struct target *target = calloc(1, sizeof *target);
    if (!target || !(target->name = strdup(name)) || !tsearch(target, &estate->by_name, by_name)) {
        target_free(target);
        return -ENOMEM;
    }
    target->index = estate->count;
    target->role = role;
    target->address = *address;
    target->https = https;
    target->behaviour = behaviour_healthy();
    target->certificate_days = TLS_DAYS_USUAL;
    target->fd = target->filler_fd = -1;
    LIST_INIT(&target->conns);
    estate->targets[estate->count++] = target;
    if (role == &role_server && !estate->first_server)
        estate->first_server = target;
    estate->counts[role->group] += !role->uncounted;
    *ret_target = target;
    return 0;
}

struct target *estate_find(const struct estate *estate, const char *name)
{
    char copy[ESTATE_NAME_MAX + 1];

    if (strlen(name) >= sizeof copy)
        return NULL;
    strcpy(copy, name);
    const struct target wanted = { .name = copy };
    struct target *const *found = tfind(&wanted, &estate->by_name, by_name);
    return found ? *found : NULL;
}

int estate_add_host(struct estate *estate, const char *name, struct in_addr address, struct fault *fault)
{
    if (!name_is_good(name))
        return fault_set(fault, "%s: not a name for a host", name);
    for (size_t i = 0; i < estate->hosts_count; i++)
        if (strcasecmp(estate->hosts[i].name, name) == 0)
            return estate->hosts[i].address.s_addr == address.s_addr
                       ? 0
                       : fault_set(fault, "%s: the name of another address already", name);
    struct host *hosts = reallocarray(estate->hosts, estate->hosts_count + 1, sizeof *hosts);
    if (!hosts)
        return -ENOMEM;
    estate->hosts = hosts;
    char *copy = strdup(name);
    if (!copy)
        return -ENOMEM;
    hosts[estate->hosts_count++] = (struct host){ copy, address };
    return 0;
}

bool estate_resolve(const struct estate *estate, const char *name, struct in_addr *ret_address)
{
    const struct target *target = estate_find(estate, name);

    if (inet_pton(AF_INET, name, ret_address) == 1)
        return true;
    if (target) {
        *ret_address = target->address.sin_addr;
        return true;
    }
    for (size_t i = 0; i < estate->hosts_count; i++)
        if (strcasecmp(estate->hosts[i].name, name) == 0) {
            *ret_address = estate->hosts[i].address;
            return true;
        }
    return false;
}

/* The targets from one name to another, in the order of the script. */
struct range {
    size_t first, end;
    const struct role *beside; /* the one role that it holds, where its first target stands beside another */
};

static int read_range(const struct estate *estate, char *item, struct range *ret_range, struct fault *fault)
{
    char *dots = strstr(item, "..");

    if (dots)
        *dots = '\0';
    const struct target *from = estate_find(estate, item);
    const struct target *to = dots ? estate_find(estate, dots + 2) : from;
    if (!from || !to)
        return fault_set(fault, "%s: no target of that name", from ? dots + 2 : item);
    if (to->index < from->index)
        return fault_set(fault, "%s..%s: the last stands before the first", from->name, to->name);
    *ret_range = (struct range){ from->index, to->index + 1, from->role->beside ? from->role : NULL };
    return 0;
}

static bool range_holds(const struct range *range, const struct role *role)
{
    return range->beside ? role == range->beside : !role->beside;
}

/* Adds to the selection those of one item of the text. */
static int select_item(const struct estate *estate, char *item, struct selection *selection, struct fault *fault)
{
    const enum group group = find_group(item);
    const bool everybody = is_everybody(item);
    struct range range = { 0, estate->count, NULL };

    const int result = everybody || group < GROUPS ? 0 : read_range(estate, item, &range, fault);
    if (result < 0)
        return result;
    struct target **targets =
        reallocarray(selection->targets, selection->count + (range.end - range.first) + 1, sizeof *selection->targets);
    if (!targets)
        return -ENOMEM;
    selection->targets = targets;
    for (size_t i = range.first; i < range.end; i++) {
        const struct role *role = estate->targets[i]->role;
        if (everybody || (group < GROUPS ? role->group == group : range_holds(&range, role)))
            targets[selection->count++] = estate->targets[i];
    }
    return 0;
}

int estate_select(const struct estate *estate, char *text, struct selection *ret_selection, struct fault *fault)
{
    struct selection selection = { 0 };
    char *rest = NULL;
    int result = 0;

    for (char *item = strtok_r(text, ",", &rest); item && result == 0; item = strtok_r(NULL, ",", &rest))
        result = select_item(estate, item, &selection, fault);
    if (result == 0 && !selection.targets)
        result = fault_set(fault, "no target is named");
    if (result < 0) {
        free(selection.targets);
        return result;
    }
    *ret_selection = selection;
    return 0;
}

static void leave_alone(void *target)
{
    (void)target;
}

void estate_done(struct estate *estate)
{
    tdestroy(estate->by_name, leave_alone);
    for (size_t i = 0; i < estate->count; i++)
        target_free(estate->targets[i]);
    for (size_t i = 0; i < estate->hosts_count; i++)
        free(estate->hosts[i].name);
    free(estate->hosts);
    free(estate->targets);
    *estate = (struct estate){ 0 };
}
