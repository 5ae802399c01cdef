/* Brings the agents of the CSV file and of the configuration's sections together. It reads no file. */
#include "inventory.h"

#include "probes/ini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_BYTES_MAX = 255 };

void inventory_done(struct inventory *inventory)
{
    text_index_done(&inventory->names);
    text_index_done(&inventory->guids);
    free(inventory->agents);
    *inventory = (struct inventory){ 0 };
}

void inventory_title(const struct agent_config *section, char title[INVENTORY_TITLE_BYTES])
{
    snprintf(title, INVENTORY_TITLE_BYTES, "%.*s", (int)strcspn(section->where + 1, "]"), section->where + 1);
}

const char *inventory_name_fault(const char *name)
{
    if (*name == '\0')
        return "empty";
    if (strlen(name) > NAME_BYTES_MAX)
        return "longer than 255 bytes";
    if (ini_has_control(name))
        return "has a control character";
    /* Its feed is the file NAME.ini. */
    if (strchr(name, '/') || *name == '.')
        return "has a slash, or begins with a dot";
    return NULL;
}

const char *inventory_server(const struct inventory_context *context, const char *name)
{
    for (size_t i = 0; i < context->n_servers; i++) {
        if (strcasecmp(context->servers[i].name, name) == 0)
            return context->servers[i].name;
    }
    return NULL;
}

/* Finds an agent by another text from now on; "": by none. */
static int change_key(struct text_index *index, const char *before, const char *text, uint32_t at)
{
    if (strcasecmp(before, text) == 0)
        return 0;
    if (*before)
        text_index_remove(index, before, at);
    return *text ? text_index_put(index, text, at) : 0;
}

/* Makes an agent's present name and GUID findable, in place of those that it had. */
static int change_keys(struct inventory *inventory, const char *name, const char *guid, uint32_t at)
{
    const struct agent_config *agent = &inventory->agents[at];
    const int r = change_key(&inventory->names, name, agent->name, at);

    return r ? r : change_key(&inventory->guids, guid, agent->guid, at);
}

int inventory_add(struct inventory *inventory, const struct agent_config *agent)
{
    if (inventory->n == inventory->room) {
        size_t room = inventory->room ? inventory->room * 2 : 16;
        struct agent_config *agents = reallocarray(inventory->agents, room, sizeof *agents);

        if (!agents)
            return -ENOMEM;
        inventory->agents = agents;
        inventory->room = room;
    }
    inventory->agents[inventory->n] = *agent;
    return change_keys(inventory, "", "", (uint32_t)inventory->n++);
}

uint32_t inventory_find_name(const struct inventory *inventory, const char *name)
{
    uint32_t at = text_index_first(&inventory->names, name);

    while (at != TEXT_INDEX_END && strcasecmp(inventory->agents[at].name, name) != 0)
        at = text_index_next(&inventory->names, at);
    return at;
}

uint32_t inventory_find_guid(const struct inventory *inventory, const char *guid)
{
    uint32_t at = guid && *guid ? text_index_first(&inventory->guids, guid) : TEXT_INDEX_END;

    while (at != TEXT_INDEX_END && strcasecmp(inventory->agents[at].guid, guid) != 0)
        at = text_index_next(&inventory->guids, at);
    return at;
}

static void change(struct agent_config *agent, const struct agent_config *section)
{
    const struct agent_config before = *agent;

    *agent = (struct agent_config){
        .name = section->name,
        .guid = section->guid ? section->guid : before.guid,
        .group = section->group ? section->group : before.group,
        .address = section->address ? section->address : before.address,
        .server = section->server ? section->server : before.server,
        .port = section->port ? section->port : before.port,
        .where = section->where,
    };
}

/* `title` is the section's, for messages. */
static int apply(struct inventory *inventory, const struct agent_config *section, bool *sections_here,
                 const char *title, const struct inventory_context *context)
{
    static const struct agent_config nothing = { .guid = "", .group = "", .address = "", .server = "" };
    const uint32_t by_guid = inventory_find_guid(inventory, section->guid);
    const uint32_t by_name = inventory_find_name(inventory, section->name);
    const uint32_t at = by_guid != TEXT_INDEX_END ? by_guid : by_name;
    struct agent_config agent = nothing;
    struct config_faults *faults = context->faults;

    if (by_guid != TEXT_INDEX_END && by_name != TEXT_INDEX_END && by_guid != by_name) {
        config_fault(faults, title, "guid", "it is that of another agent, %s (%s)", inventory->agents[by_guid].name,
                     inventory->agents[by_guid].where);
        return 0;
    }
    if (at == TEXT_INDEX_END) {
        if (!section->address && !context->has_consoles) {
            config_fault(faults, title, "address", "missing");
            return 0;
        }
        change(&agent, section);
        sections_here[inventory->n] = true;
        return inventory_add(inventory, &agent);
    }
    if (sections_here[at]) {
        config_fault(faults, title, by_guid == at ? "guid" : "", "the same agent as %s", inventory->agents[at].where);
        return 0;
    }
    const struct agent_config before = inventory->agents[at];
    change(&inventory->agents[at], section);
    sections_here[at] = true;
    return change_keys(inventory, before.name, before.guid, at);
}

int inventory_apply(struct inventory *inventory, const struct agent_config *sections, size_t n,
                    const struct inventory_context *context)
{
    bool *sections_here = calloc(inventory->n + n + 1, sizeof *sections_here);
    int r = sections_here ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < n; i++) {
        char title[INVENTORY_TITLE_BYTES];

        inventory_title(&sections[i], title);
        r = apply(inventory, &sections[i], sections_here, title, context);
    }
    free(sections_here);
    return r;
}
