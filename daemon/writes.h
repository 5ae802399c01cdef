/* What managers write: carried out, and logged with who asked for it. */
#ifndef AH_DAEMON_WRITES_H
#define AH_DAEMON_WRITES_H

#include "agentx/agent.h"
#include "daemon/probing.h"

/* All but notifications on and off, which the caller keeps: of these it logs alone. A row that is gone by now, or
 * memory that runs out, is logged. */
void writes_carry_out(struct probing *probing, const struct snmp_command *command, const struct now *now);
/* For the log: "WHO sets OBJECT.INDEX (NAME): OLD -> NEW"; name "" for none. */
void writes_log(const char *who, const char *object, uint32_t index, const char *name, const char *was,
                const char *becomes);

#endif
