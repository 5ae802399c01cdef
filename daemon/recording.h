/* Turns what consoles have on record of an agent into observations. It decides which console is heard, and nothing
 * about the agent. */
#ifndef AH_DAEMON_RECORDING_H
#define AH_DAEMON_RECORDING_H

#include "core/store.h"
#include "daemon/fleet_merge.h"

/* What may be shared by the agents that come one after the other. All zero to begin with. */
struct recording {
    const struct report *report; /* owns a reference: the versions that were told last */
};

void recording_done(struct recording *recording);

/* One layer, seen from a member. */
struct recording_layer {
    enum driver driver;
    bool news;            /* it was not told before */
    int64_t confirmed_ms; /* mono: when the record was last confirmed; 0: never */
    bool known;           /* `entry` is what the console knows */
    struct roster_entry entry;
};

/* The observation of one kind of console: each field as the first console tells it whose record still counts at `now`,
 * and none that a kind before it (Apex Central before Vision One) tells. 1: *ret is to be told, and the caller owns its
 * report; 0: there is nothing, or nothing that is new; -ENOMEM. */
int recording_compose(struct recording *recording, enum driver driver, const struct recording_layer *layers, size_t n,
                      const struct agent_row *agent, int64_t max_age_ms, const struct now *now,
                      struct observation *ret) AH_WARN_UNUSED;

#endif
