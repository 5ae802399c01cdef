/* cmd.h: what the command interpreter of an endpoint understands: a few commands, and what it says to all others. */
#ifndef FLEET_CMD_H
#define FLEET_CMD_H

#include <event2/buffer.h>

#include "endpoint.h"
#include "hostile.h"

/* Carries a command line out, spoiling it, and adds what it prints. `skip_shell`: the first word is a program, not a
 * command of the interpreter. Returns the exit code, -ENOENT where Windows finds no such program, or -ENOMEM. */
int cmd_run(const struct endpoint *endpoint, char *line, bool skip_shell, enum twist twist, struct evbuffer *out,
            struct evbuffer *errors);

#endif
