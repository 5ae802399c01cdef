/* control.h: the unix socket over which a running fleet takes commands, one a line, answered by one line each. */
#ifndef FLEET_CONTROL_H
#define FLEET_CONTROL_H

#include "fleet.h"

struct control;

/* Listens at fleet->control_path, in the place of whatever dead socket lies there, and serves commands on fleet->base.
 * The fleet is borrowed. Returns 0 or a negative errno. */
int control_new(struct fleet *fleet, struct control **ret_control) __attribute__((warn_unused_result));

/* Ends the connections and removes the socket. NULL is fine. */
void control_free(struct control *control);

/* The client: sends one command to the socket at `path`, prints the answer. Returns 0 when it was ok, 1 else. */
int control_ask(const char *path, char **words, int count);

#endif
