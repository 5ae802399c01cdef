/* Brings together who is configured and whom consoles know: the same endpoint from several of them is one member. It is
 * done bit by bit, as there may be a hundred thousand. It changes nothing but itself.
 *
 * Two are the same where both have a GUID and it is one; where either has none, by server and name, letter case aside,
 * and a server that is not told fits any. Where a name fits several, the address decides, and if it can not, they are
 * two. What a member is like is told by the first that says it: the configuration, then the consoles in their order. */
#ifndef AH_DAEMON_FLEET_MERGE_H
#define AH_DAEMON_FLEET_MERGE_H

#include "daemon/config.h"
#include "daemon/roster.h"

/* Which roster is whose. */
struct fleet_layer {
    const struct console_config *console; /* borrowed */
    const struct roster *roster;          /* NULL: it was not read yet */
    bool awaited;                         /* what it has on record is about to come, and is not known meanwhile */
};

/* A member as a whole. Texts are borrowed from the configuration or a roster; "" where not told. */
struct fleet_member {
    const char *name, *guid, *group, *address, *server; /* the server's configured name */
    unsigned port;                                      /* 0: the listener's default */
    bool configured;                                    /* it stands in the configuration */
    bool nowhere;                                       /* but without an address, and no console knows it */
    const char *configured_server;                      /* as it tells it; "" also where it is not configured */
    bool retired;                                       /* all that knew it know it no more */
    uint32_t drivers;                                   /* 1 << DRIVER_..: of the consoles that know it */
};

struct fleet_merge;

/* The configured server that a console means by a GUID or name; "": it is none of them. */
const char *fleet_merge_server(const struct config *config, const char *told);

/* Takes references to the rosters, and borrows the configuration and the consoles' sections for its life. NULL: out of
 * memory. */
struct fleet_merge *fleet_merge_new(const struct config *config, const struct fleet_layer *layers, size_t n);
void fleet_merge_free(struct fleet_merge *merge); /* NULL-safe */

/* Goes on for about `budget` entries. 1: there is more; 0: done; -ENOMEM. */
int fleet_merge_step(struct fleet_merge *merge, size_t budget) AH_WARN_UNUSED;

/* Once it is done. */
size_t fleet_merge_count(const struct fleet_merge *merge);
/* Whether any member has no GUID. */
bool fleet_merge_has_nameless(const struct fleet_merge *merge);
void fleet_merge_at(const struct fleet_merge *merge, size_t i, struct fleet_member *ret);
/* What a layer's console knows of a member. False: nothing. */
bool fleet_merge_entry(const struct fleet_merge *merge, size_t i, size_t layer, struct roster_entry *ret);

#endif
