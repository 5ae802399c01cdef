/* What a driver's row of numbers says of how its questions end. */
#ifndef AH_DAEMON_NUMBERS_H
#define AH_DAEMON_NUMBERS_H

#include "core/rows.h"

/* Counts an answer, and keeps what went wrong, with the target's name and the words for it ("": none). */
void numbers_book(struct probe_row *numbers, const char *name, enum cause cause, const char *detail,
                  const struct now *now);

#endif
