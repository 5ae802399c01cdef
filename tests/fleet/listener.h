/* listener.h: the listening socket of a target, as its behaviour wants it. */
#ifndef FLEET_LISTENER_H
#define FLEET_LISTENER_H

#include "crew.h"
#include "estate.h"

/* Listens, or not, as the target's behaviour says. Only the worker that is to serve the target may call these.
 * Returns 0 or a negative errno, and then does not listen. */
int listener_open(struct worker *worker, struct target *target) __attribute__((warn_unused_result));

/* Closes the socket: from then on the kernel refuses. Connections already accepted stay. */
void listener_close(struct target *target);

#endif
