/* moment.h: times as scripts and commands name them, relative to now. */
#ifndef FLEET_MOMENT_H
#define FLEET_MOMENT_H

#include <time.h>

enum moment_kind {
    MOMENT_NONE, /* the text names no time */
    MOMENT_NOW,  /* now, now+S, now-S: seconds */
    MOMENT_DAY,  /* today, today+D, today-D: days */
};

/* Reads what a text names, relative to `now`; `ret_when` is left alone if that is no time. */
enum moment_kind moment_read(const char *text, time_t now, time_t *ret_when);

#endif
