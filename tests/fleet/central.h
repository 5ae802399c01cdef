/* central.h: the log of Apex Central in which it tells how its agents are. */
#ifndef FLEET_CENTRAL_H
#define FLEET_CENTRAL_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "conn.h"

/* Which of the two: how old patterns are (800101), or engines (800102). */
struct central_log {
    const char *path;
    bool engine;
};

/* Returns a page of it: those that were told at `since` or later, as many as a page has. NULL: there is no memory. */
json_t *central_log_page(const struct conn *conn, const struct central_log *log, time_t since);

#endif
