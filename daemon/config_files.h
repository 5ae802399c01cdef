/* What must hold between [smartprotection] and the rest of a configuration. */
#ifndef AH_DAEMON_CONFIG_FILES_H
#define AH_DAEMON_CONFIG_FILES_H

#include "config.h"
#include "config_fault.h"

/* Fills in what depends on other keys, and tells what does not fit. Feed and WinRM must be settled. */
void config_files_settle(struct config *config, bool has_sscfg, struct config_faults *faults);

#endif
