/* The collector's own way to the network: tells the silence of everything from that of some. It stands before the
 * store, and holds a silent answer back until something else shows that the way is there. It knows no store, clock or
 * socket. */
#ifndef AH_CORE_UPLINK_H
#define AH_CORE_UPLINK_H

#include "observation.h"

/* So many that answered before, and are silent at once, are taken for a sign that it is the collector. Where fewer
 * answer at all, nobody can tell. */
enum { UPLINK_WITNESSES = 3 };

struct uplink_settings {
    int64_t patience_ms; /* how long nothing at all is heard before the collector is cut off; longer than a question */
    unsigned fall;       /* silences in a row that are believed: those behind them make no difference */
    size_t targets;      /* how many are asked, an agent once; below UPLINK_WITNESSES nothing is held back */
};

struct uplink;

/* Holds nothing back before it is configured. -ENOMEM. */
int uplink_new(struct uplink **ret) AH_WARN_UNUSED;
void uplink_free(struct uplink *uplink); /* NULL-safe */
void uplink_configure(struct uplink *uplink, const struct uplink_settings *settings);

/* Whether answers of a driver come over the network. All others pass, and prove nothing. */
bool uplink_concerns(enum driver driver);

/* Takes note of an answer. True: it counts now, right after what uplink_next() gives; false: it counts later, or never.
 * Nothing is held back for want of memory. */
bool uplink_admits(struct uplink *uplink, const struct observation *observation, const struct now *now) AH_WARN_UNUSED;
/* Something else was heard over the network at that time (mono; 0: never). */
void uplink_hear(struct uplink *uplink, int64_t mono_ms);
/* Lets time pass. Returns when it wants to be called again at the latest (mono). */
int64_t uplink_step(struct uplink *uplink, const struct now *now);

enum uplink_word {
    UPLINK_NOTHING, /* more waits, or nothing does */
    UPLINK_COUNTS,  /* the target itself was silent */
    UPLINK_AGAIN    /* it may have been the uplink, which is back: the target is to be asked again */
};
/* What has become of an answer that was held back, each target's in their order; *ret is untouched where there is none,
 * and owns nothing. To be called until then after each of the calls around it. */
enum uplink_word uplink_next(struct uplink *uplink, struct observation *ret);

/* True once whenever answers are held back: something is to be heard soon, if there is anything to be heard. */
bool uplink_wants_proof(struct uplink *uplink);
/* The next target of a driver behind `after` that answered when it was heard last; 0: there is none. */
uint32_t uplink_next_witness(const struct uplink *uplink, enum driver driver, uint32_t after);

/* Unknown until something was heard, or is overdue. */
enum updown uplink_state(const struct uplink *uplink);

/* After a change of targets: forgets those that are gone, and has those asked again whose answers are held back. */
typedef bool uplink_asks_fn(const void *user, enum driver driver, uint32_t index);
void uplink_follow(struct uplink *uplink, uplink_asks_fn *asks, const void *user);

#endif
