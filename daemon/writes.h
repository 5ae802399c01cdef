/* What managers write: carried out, and logged with who asked for it. */
#ifndef AH_DAEMON_WRITES_H
#define AH_DAEMON_WRITES_H

#include "agentx/agent.h"
#include "daemon/probing.h"

/* A row that is gone by now, or memory that runs out, is logged. */
void writes_carry_out(struct probing *probing, const struct snmp_command *command, const struct now *now);

#endif
