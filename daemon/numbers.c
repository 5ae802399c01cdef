/* One place for the numbers of workers and of consoles. */
#include "daemon/numbers.h"

#include <stdio.h>

void numbers_book(struct probe_row *numbers, const char *name, enum cause cause, const char *detail,
                  const struct now *now)
{
    if (cause <= CAUSE_LAST)
        numbers->answers[cause]++;
    if (cause == CAUSE_NONE) {
        if (numbers->last_cause == 0)
            numbers->last_cause = CAUSE_NONE;
        return;
    }
    numbers->last_cause = (uint8_t)cause;
    numbers->last_fault_wall_ms = now->wall_ms;
    int n = snprintf(numbers->last_fault, sizeof numbers->last_fault, "%s: %s%s%s", name, cause_name(cause),
                     *detail ? ": " : "", detail);
    if ((size_t)n < sizeof numbers->last_fault)
        return;
    /* Cut: back to the beginning of a character. */
    for (n = sizeof numbers->last_fault - 1; n > 0 && ((unsigned char)numbers->last_fault[n - 1] & 0xc0) == 0x80; n--)
        ;
    numbers->last_fault[n > 0 ? n - 1 : 0] = '\0';
}
