/* Evidence: what is known about one agent, each piece with its source and time, and how news becomes part of it. Values
 * that rows copy; what they share is counted. No clock, no I/O. */
#ifndef AH_CORE_EVIDENCE_H
#define AH_CORE_EVIDENCE_H

#include "statements.h"

/* Times in evidence are mono_ms; 0 is never, and a feed that is older than the machine's uptime has a negative one. */
struct evidence {
    struct contact server_side; /* the listener, asked in the server's place */
    struct contact asked;       /* the endpoint itself, asked: how that ended, not what it said */
    struct statement known;     /* the newest word about each piece, whoever said it */
    struct statements *sources; /* what each source said, once there are two; NULL: one alone. Owns a reference */
    int64_t feed_mono_ms;       /* when the newest feed was true; 0: none */
    int64_t silent_since_ms;    /* when the listener fell silent; 0: it is not */
    int64_t record_mono_ms;     /* when a console last told its record; 0: none did */
};

/* Whether something observed at `mono_ms` still counts: false for never, and once it is older than the limit. */
bool evidence_is_fresh(int64_t mono_ms, int64_t max_age_ms, int64_t now_ms);

/* Folds an observation about an agent into its evidence: for each piece the newer wins, of equally old ones the one
 * that comes later; an older one changes nothing, but is remembered if it is its source's newest. 0; or -ENOMEM: then
 * nothing has changed. Takes references of its own to report and difference. A listener observation (driver
 * DRIVER_LISTENER) always speaks about the server side, unless its cause is no evidence. A question to the endpoint
 * that failed changes `asked`, and what was said before it broke off. A feed, a console's record, and what says
 * HAS_WHOLE, is a whole statement: what an earlier one of its driver said and it leaves out is not known any more,
 * unless another source says it, too. */
int evidence_merge(struct evidence *evidence, const struct observation *observation) AH_WARN_UNUSED;

/* Forgets what is older than the limit, for readers that know no clock: pieces become not known; a contact or side
 * becomes unknown with cause stale, and keeps its times. True if that changed anything. *ret_next_ms: when the next
 * piece gets too old, be it one that a newer word has replaced; INT64_MAX: none will. */
bool evidence_expire(struct evidence *evidence, int64_t max_age_ms, int64_t now_ms, int64_t *ret_next_ms);

/* The references that it owns, for a copy of the struct; and gives them back. */
void evidence_retain(const struct evidence *evidence);
void evidence_release(const struct evidence *evidence);

#endif
