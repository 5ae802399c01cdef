/* What an alarm says to people, in one line: who, what, why as far as it is known, and the first thing to do. Pure text
 * work; it decides nothing. */
#ifndef AH_CORE_WORDING_H
#define AH_CORE_WORDING_H

#include "evidence.h"

/* Writes the line, NUL-terminated, cut between UTF-8 characters where `bytes` do not suffice (ALARM_TEXT_BYTES always
 * suffices for a usual name). Returns its length.
 * `name` is UTF-8, of the agent, server, source or whatever the alarm is about; at most 64 bytes of it are shown.
 * `server_side` and `agent_side` tell of an agent's connection and are read for ALARM_OFFLINE: NULL where that side is
 * unknown now (no evidence, too old, or not to be believed). For ALARM_SERVER_DOWN and ALARM_SOURCE_DOWN `server_side`
 * is the failed check. Else they are not read. */
size_t alarm_text(char *buffer, size_t bytes, enum language language, const char *name, enum alarm_condition condition,
                  enum diagnosis diagnosis, const struct contact *server_side, const struct contact *agent_side);

/* The line that tells of an alarm's end: who, what it was, and why it is over. Written likewise. */
size_t clearing_text(char *buffer, size_t bytes, enum language language, const char *name,
                     enum alarm_condition condition, enum clear_reason why);

#endif
