/* feed.h: the feed files of the agents: what each endpoint would report of itself, one NAME.ini per agent. */
#ifndef FLEET_FEED_H
#define FLEET_FEED_H

#include "estate.h"

struct feed;

/* Makes the directory if need be. The endpoints resolve their server's name to the address of `server`; NULL: to
 * nothing. Returns 0 or a negative errno. */
int feed_new(const char *directory, const struct sockaddr_in *server, struct feed **ret_feed)
    __attribute__((warn_unused_result));
void feed_free(struct feed *feed);

/* Remembers for an agent a fact "section.key" (no dot: section agent); the value "-" means that the key is missing.
 * An agent that has no file any more will have one again. Returns 0, -ENOMEM, or -EINVAL with a fault. */
int feed_set_fact(struct target *agent, const char *name, const char *value, struct fault *fault)
    __attribute__((warn_unused_result));
void feed_facts_free(struct feed_facts *facts);

/* Writes the agent's file anew and renames it into place. Nothing happens after feed_remove() until a fact is set.
 * Returns 0 or a negative errno. */
int feed_write(const struct feed *feed, const struct target *agent) __attribute__((warn_unused_result));

/* Removes the agent's file, and keeps it from coming back. Returns 0 or a negative errno. */
int feed_remove(const struct feed *feed, struct target *agent) __attribute__((warn_unused_result));

#endif
