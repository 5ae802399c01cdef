/* The inventory: the agents of the CSV file, changed and joined by those of [agent NAME] sections. Each is there once,
 * and its name and GUID are its own. */
#ifndef AH_DAEMON_INVENTORY_H
#define AH_DAEMON_INVENTORY_H

#include "config_fault.h"
#include "config_memory.h"
#include "options.h"
#include "text_index.h"

/* In the making. All zero: empty. */
struct inventory {
    struct agent_config *agents; /* owns the array; the texts are the configuration's */
    size_t n, room;
    size_t rows_rejected;
    struct text_index names, guids; /* by position */
};

/* Where the inventory's texts live and its faults go; all borrowed. */
struct inventory_context {
    const struct server_config *servers;
    size_t n_servers;
    bool has_consoles; /* that are read: they may tell the address of who has none here */
    struct config_memory *memory;
    struct config_faults *faults;
};

void inventory_done(struct inventory *inventory);

/* Where the agent of that name, or of that GUID, is, letter case aside; TEXT_INDEX_END: there is none. "" and NULL are
 * no GUID. */
uint32_t inventory_find_name(const struct inventory *inventory, const char *name);
uint32_t inventory_find_guid(const struct inventory *inventory, const char *guid);

/* Appends; an agent of that name or GUID must not be there yet. 0 or -ENOMEM. */
int inventory_add(struct inventory *inventory, const struct agent_config *agent) AH_WARN_UNUSED;

/* Reads settings->csv. A file that can't be used is a fatal fault; a bad row is a fault that is counted, told (the
 * first 20) and left out. 0 or -ENOMEM. */
int inventory_read_csv(struct inventory *inventory, const struct inventory_settings *settings,
                       const struct inventory_context *context) AH_WARN_UNUSED;

/* Applies [agent NAME] sections, whose texts are NULL and whose port is 0 where no key was given, and whose `where` is
 * their title in brackets: each changes the agent with its GUID, else its name, or is a new one, which needs an address
 * unless a console may tell it. Afterwards no text is NULL. 0 or -ENOMEM. */
int inventory_apply(struct inventory *inventory, const struct agent_config *sections, size_t n,
                    const struct inventory_context *context) AH_WARN_UNUSED;

/* The title of the section that an agent was made from, for messages. */
enum { INVENTORY_TITLE_BYTES = 256 };
void inventory_title(const struct agent_config *section, char title[INVENTORY_TITLE_BYTES]);

/* The server's name in the spelling of its section; NULL: there is no such. */
const char *inventory_server(const struct inventory_context *context, const char *name);

/* Why a text can not be an agent's name; NULL: it can. */
const char *inventory_name_fault(const char *name);

#endif
