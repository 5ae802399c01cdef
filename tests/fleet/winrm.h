/* winrm.h: the role of a Windows endpoint that answers WS-Management, as Microsoft's WinRM does, at /wsman. */
#ifndef FLEET_WINRM_H
#define FLEET_WINRM_H

#include "estate.h"

/* Forgets what an endpoint holds for its clients: shells, enumerations. Only the worker that serves the target may call
 * it, when the connections are gone. */
void winrm_close(struct target *target);

/* Makes ready what all endpoints need; once, before any is served. Returns 0 or -EIO. */
int winrm_init(void) __attribute__((warn_unused_result));
void winrm_done(void);

#endif
