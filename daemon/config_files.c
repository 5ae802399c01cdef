/* Settles how sscfg.ini and ssnotify.ini are read. */
#include "config_files.h"

#include <string.h>

enum { FILES_AT_ONCE = 16 }; /* a share has other users */

void config_files_settle(struct config *config, bool has_sscfg, struct config_faults *faults)
{
    static const char section[] = "smartprotection";
    struct probe_config *files = &config->probes[DRIVER_FILES];
    const bool from_feed = strcmp(files->ssnotify, "feed") == 0, from_winrm = strcmp(files->ssnotify, "winrm") == 0;

    files->enabled = *files->sscfg;
    files->concurrency = FILES_AT_ONCE;
    files->body_max_bytes = REFERENCE_BYTES_MAX;
    config->reads_ssnotify = from_winrm;
    if (!has_sscfg && (from_feed || from_winrm || *files->ssnotify == '/'))
        config_fault(faults, section, "sscfg", "missing, and ssnotify is compared with it");
    if (from_feed && !config->probes[DRIVER_FEED].enabled)
        config_fault(faults, section, "ssnotify", "there is no feed: [probe feed] has no directory");
    if (files->enabled && from_winrm && !config->probes[DRIVER_WINRM].enabled)
        config_fault(faults, section, "ssnotify", "no endpoint is asked: [probe winrm] has no user");
}
