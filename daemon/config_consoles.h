/* The part of the configuration that is about management consoles: what must hold, and their secrets. */
#ifndef AH_DAEMON_CONFIG_CONSOLES_H
#define AH_DAEMON_CONFIG_CONSOLES_H

#include "config_fault.h"
#include "config_memory.h"

/* Begins the section `title` at the end of config->consoles, by its name, which is borrowed. */
void config_consoles_begin(struct config *config, enum driver driver, const char *title, const char *name,
                           struct config_faults *faults);
/* Once all sections are read: puts the consoles in their order, reads their secrets, checks, and tells which of the
 * drivers have anything to do. 0 or -ENOMEM. */
int config_consoles_settle(struct config *config, struct config_faults *faults,
                           struct config_memory *memory) AH_WARN_UNUSED;

#endif
