/* What a check of an agent's Smart Protection has found, in words, and with the names of who is at fault. Pure text
 * work. */
#ifndef AH_CORE_CHECKS_H
#define AH_CORE_CHECKS_H

#include "snapshot.h"

/* Writes the finding in the snapshot's language and behind it the names: where it is a failure, of the sources that
 * fail; whatever it is, of the reference servers and gateways that do; NUL-terminated, cut between UTF-8 characters
 * where `bytes` do not suffice; "" where there is nothing to say. Returns its length. */
size_t check_text(char *buffer, size_t bytes, const struct snapshot *snapshot, const struct agent_row *agent,
                  enum smart_check check);

#endif
