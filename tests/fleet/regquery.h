/* regquery.h: the command `reg query`. */
#ifndef FLEET_REGQUERY_H
#define FLEET_REGQUERY_H

#include <event2/buffer.h>

#include "endpoint.h"
#include "hostile.h"

/* Carries out what stands behind `reg`, spoiling it, and adds what it prints. Returns the exit code, or -ENOMEM. */
int regquery_run(const struct endpoint *endpoint, char *arguments, enum twist twist, struct evbuffer *out,
                 struct evbuffer *errors);

#endif
