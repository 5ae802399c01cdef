/* Apex Central's logs, for central.c alone: what its servers have on record of their agents. */
#ifndef AH_PROBES_CENTRAL_H
#define AH_PROBES_CENTRAL_H

#include "console_talk.h"

/* Reads both logs from where the last good round ended. */
int central_log_read(struct console *console) AH_WARN_UNUSED;
/* The next round begins where this one has ended. */
void central_log_remember(struct console *console);

#endif
