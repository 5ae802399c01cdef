/* Members as rows of numbers: which agent of the configuration, and which entry of each roster. */
#include "daemon/fleet_merge.h"

#include "daemon/options.h"
#include "daemon/text_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct fleet_merge {
    const struct config *config;
    struct fleet_layer *layers; /* owns the array and references to the rosters */
    size_t n_layers;
    uint32_t *members; /* for each: agent of the configuration + 1, then entry + 1 of each layer; 0: none */
    size_t n, room;
    struct text_index names, guids; /* by member */
    /* Where it is: the configuration first, then the kinds of entries one after the other, through all layers. */
    bool configured;
    enum roster_kind kind;
    size_t layer, at;
};

struct fleet_merge *fleet_merge_new(const struct config *config, const struct fleet_layer *layers, size_t n)
{
    struct fleet_merge *merge = calloc(1, sizeof *merge);
    if (!merge || !(merge->layers = calloc(n + 1, sizeof *merge->layers))) {
        free(merge);
        return NULL;
    }
    merge->config = config;
    merge->n_layers = n;
    for (size_t i = 0; i < n; i++)
        merge->layers[i] = (struct fleet_layer){ .console = layers[i].console, .roster = roster_ref(layers[i].roster) };
    return merge;
}

void fleet_merge_free(struct fleet_merge *merge)
{
    if (!merge)
        return;
    for (size_t i = 0; i < merge->n_layers; i++)
        roster_unref(merge->layers[i].roster);
    free(merge->layers);
    free(merge->members);
    text_index_done(&merge->names);
    text_index_done(&merge->guids);
    free(merge);
}

static uint32_t *member_at(const struct fleet_merge *merge, size_t i)
{
    return merge->members + i * (merge->n_layers + 1);
}

const char *fleet_merge_server(const struct config *config, const char *told)
{
    for (size_t i = 0; *told && i < config->n_servers; i++)
        if (strcasecmp(config->servers[i].central_id, told) == 0 || strcasecmp(config->servers[i].name, told) == 0)
            return config->servers[i].name;
    return config->n_servers == 1 && (!*told || !*config->servers[0].central_id) ? config->servers[0].name : "";
}

/* What one of the layers says of a member: layer 0 is the configuration. */
struct word {
    const char *name, *guid, *group, *address, *server;
};

static bool word_of(const struct fleet_merge *merge, size_t i, size_t layer, struct word *ret)
{
    const uint32_t at = member_at(merge, i)[layer];
    struct roster_entry entry;

    if (!at)
        return false;
    if (layer == 0) {
        const struct agent_config *agent = &merge->config->agents[at - 1];
        *ret = (struct word){ agent->name, agent->guid, agent->group, agent->address, agent->server };
        return true;
    }
    roster_at(merge->layers[layer - 1].roster, at - 1, &entry);
    *ret = (struct word){ entry.name, entry.guid, entry.group, entry.address,
                          fleet_merge_server(merge->config, entry.server) };
    return true;
}

static void take_first(const char **text, const char *told)
{
    if (!**text)
        *text = told;
}

/* All layers' words together; *address is what they tell, without falling back to the name. */
static void whole_word(const struct fleet_merge *merge, size_t i, struct word *ret)
{
    struct word word;

    *ret = (struct word){ "", "", "", "", "" };
    for (size_t layer = 0; layer <= merge->n_layers; layer++) {
        if (!word_of(merge, i, layer, &word))
            continue;
        take_first(&ret->name, word.name);
        take_first(&ret->guid, word.guid);
        take_first(&ret->group, word.group);
        take_first(&ret->address, word.address);
        take_first(&ret->server, word.server);
    }
}

static size_t find_guid(const struct fleet_merge *merge, const char *guid)
{
    for (uint32_t at = text_index_first(&merge->guids, guid); *guid && at != TEXT_INDEX_END;
         at = text_index_next(&merge->guids, at)) {
        struct word word;
        whole_word(merge, at, &word);
        if (strcasecmp(word.guid, guid) == 0)
            return at;
    }
    return SIZE_MAX;
}

/* The member that an entry of a layer is, by its name; SIZE_MAX: it can not be told. */
static size_t find_name(const struct fleet_merge *merge, const struct roster_entry *entry, size_t layer)
{
    const char *server = fleet_merge_server(merge->config, entry->server);
    size_t found = SIZE_MAX, there = SIZE_MAX, n = 0, n_there = 0, looked_at = 0;

    for (uint32_t at = text_index_first(&merge->names, entry->name);
         at != TEXT_INDEX_END && looked_at < ROSTER_NAMESAKES_MAX;
         at = text_index_next(&merge->names, at), looked_at++) {
        struct word word;
        whole_word(merge, at, &word);
        if (member_at(merge, at)[layer] || strcasecmp(word.name, entry->name) != 0 ||
            !roster_may_be(word.guid, entry->guid) || !roster_may_be(word.server, server))
            continue;
        n++;
        found = at;
        if (*entry->address && strcmp(word.address, entry->address) == 0) {
            n_there++;
            there = at;
        }
    }
    /* One of several of a name may be it, or none of them. */
    if (n == 1 && !entry->twin)
        return found;
    return n_there == 1 ? there : SIZE_MAX;
}

static int add_member(struct fleet_merge *merge, const char *name, const char *guid, size_t *ret)
{
    if (merge->n == merge->room) {
        const size_t room = merge->room ? merge->room + merge->room / 2 : 64;
        uint32_t *members = reallocarray(merge->members, room, (merge->n_layers + 1) * sizeof *members);
        if (!members)
            return -ENOMEM;
        merge->members = members;
        merge->room = room;
    }
    memset(member_at(merge, merge->n), 0, (merge->n_layers + 1) * sizeof *merge->members);
    if (text_index_put(&merge->names, name, (uint32_t)merge->n) < 0 ||
        (*guid && text_index_put(&merge->guids, guid, (uint32_t)merge->n) < 0))
        return -ENOMEM;
    *ret = merge->n++;
    return 0;
}

static int merge_agent(struct fleet_merge *merge, size_t i)
{
    const struct agent_config *agent = &merge->config->agents[i];
    size_t at;

    if (add_member(merge, agent->name, agent->guid, &at) < 0)
        return -ENOMEM;
    member_at(merge, at)[0] = (uint32_t)(i + 1);
    return 0;
}

static int merge_entry(struct fleet_merge *merge, const struct roster_entry *entry, size_t layer, size_t i)
{
    struct word word;
    size_t at = find_guid(merge, entry->guid);

    if (at != SIZE_MAX && member_at(merge, at)[layer])
        return 0; /* another entry of this console's is it already */
    if (at == SIZE_MAX)
        at = find_name(merge, entry, layer);
    if (at == SIZE_MAX && entry->kind == ROSTER_RECORD)
        return 0; /* nobody knows it: a record makes no agent */
    if (at == SIZE_MAX) {
        if (add_member(merge, entry->name, entry->guid, &at) < 0)
            return -ENOMEM;
    } else if (*entry->guid) {
        whole_word(merge, at, &word);
        if (!*word.guid && text_index_put(&merge->guids, entry->guid, (uint32_t)at) < 0)
            return -ENOMEM;
    }
    member_at(merge, at)[layer] = (uint32_t)(i + 1);
    return 0;
}

/* The next layer, or the next kind in the first one. False: there is none. */
static bool next_layer(struct fleet_merge *merge)
{
    merge->at = 0;
    if (++merge->layer < merge->n_layers)
        return true;
    merge->layer = 0;
    return ++merge->kind < ROSTER_KINDS;
}

int fleet_merge_step(struct fleet_merge *merge, size_t budget)
{
    while (!merge->configured) {
        if (merge->at == merge->config->n_agents) {
            merge->configured = true;
            merge->at = 0;
            break;
        }
        if (budget-- == 0)
            return 1;
        if (merge_agent(merge, merge->at++) < 0)
            return -ENOMEM;
    }
    while (merge->kind < ROSTER_KINDS && merge->n_layers > 0) {
        const struct roster *roster = merge->layers[merge->layer].roster;
        if (merge->at == roster_count(roster)) {
            if (!next_layer(merge))
                break;
            continue;
        }
        if (budget-- == 0)
            return 1;
        struct roster_entry entry;
        roster_at(roster, merge->at, &entry);
        if (entry.kind == merge->kind && merge_entry(merge, &entry, merge->layer + 1, merge->at) < 0)
            return -ENOMEM;
        merge->at++;
    }
    return 0;
}

size_t fleet_merge_count(const struct fleet_merge *merge)
{
    return merge->n;
}

bool fleet_merge_has_nameless(const struct fleet_merge *merge)
{
    return merge->guids.n < merge->n; /* whoever has one is in there once */
}

bool fleet_merge_entry(const struct fleet_merge *merge, size_t i, size_t layer, struct roster_entry *ret)
{
    const uint32_t at = member_at(merge, i)[layer + 1];
    if (at)
        roster_at(merge->layers[layer].roster, at - 1, ret);
    return at != 0;
}

/* The address that is told, or else the name, as a DNS may know it. */
static const char *where_asked(const struct word *word)
{
    return option_host_fault(word->address) == NULL ? word->address
           : option_host_fault(word->name) == NULL  ? word->name
                                                    : "";
}

void fleet_merge_at(const struct fleet_merge *merge, size_t i, struct fleet_member *ret)
{
    const uint32_t configured = member_at(merge, i)[0];
    const struct agent_config *agent = configured ? &merge->config->agents[configured - 1] : NULL;
    struct roster_entry entry;
    struct word word;

    whole_word(merge, i, &word);
    *ret = (struct fleet_member){
        .name = word.name,
        .guid = word.guid,
        .group = word.group,
        .address = where_asked(&word),
        .server = word.server,
        .port = agent ? agent->port : 0,
        .configured = configured != 0,
        .configured_server = agent ? agent->server : "",
        .retired = configured == 0,
    };
    for (size_t layer = 0; layer < merge->n_layers; layer++) {
        if (!fleet_merge_entry(merge, i, layer, &entry))
            continue;
        ret->drivers |= 1U << merge->layers[layer].console->driver;
        ret->retired = ret->retired && entry.kind != ROSTER_LISTED;
    }
    ret->nowhere = agent && !*agent->address && !ret->drivers;
}
