/* moment.c: times relative to now. It reads no clock. */
#include "moment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400L

enum moment_kind moment_read(const char *text, time_t now, time_t *ret_when)
{
    const bool seconds = strncmp(text, "now", 3) == 0;
    const char *offset = text + (seconds ? 3 : 5);
    char *end;

    if (!seconds && strncmp(text, "today", 5) != 0)
        return MOMENT_NONE;
    const long steps = *offset ? strtol(offset, &end, 10) : 0;
    if (*offset && (*end || (*offset != '+' && *offset != '-')))
        return MOMENT_NONE;
    *ret_when = now + steps * (seconds ? 1 : DAY_S);
    return seconds ? MOMENT_NOW : MOMENT_DAY;
}
