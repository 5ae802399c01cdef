/* The one line that says what an alarm is about, for people: who, what, why, and which side says so. */
#ifndef AH_CORE_WORDING_H
#define AH_CORE_WORDING_H

#include "evidence.h"

/* Writes at most bytes - 1 bytes of UTF-8, cut between characters, and a NUL; returns the length. server_side and
 * agent_side may be NULL where they do not matter (for a server, server_side is its latest check). */
size_t alarm_text(char *buffer, size_t bytes, enum language language, const char *name, enum alarm_condition condition,
                  enum diagnosis diagnosis, const struct contact *server_side, const struct contact *agent_side);

#endif
