/* The login guard: keeps a wrong password from locking the account that all endpoints are asked with. An account is
 * tried carefully until it has been accepted once; after a row of refusals nobody is asked for a while, then one is
 * tried again, at longer and longer intervals. Pure: time comes in. */
#ifndef AH_DAEMON_LOGINS_H
#define AH_DAEMON_LOGINS_H

#include "core/model.h"

enum {
    LOGINS_CAREFUL = 2,         /* how many may be asked at once before the account is known to be good */
    LOGINS_REFUSALS = 3,        /* in a row, of an account that has never been accepted */
    LOGINS_REFUSALS_PROVEN = 5, /* in a row, of one that has: some endpoints may refuse what others accept */
    LOGINS_PAUSE_MIN_MS = 60 * 1000,
    LOGINS_PAUSE_MAX_MS = 3600 * 1000, /* Windows' lock-out counters are commonly reset within that time */
};

/* All zero: nothing is known of the account. */
struct logins {
    bool proven;
    unsigned refusals; /* in a row */
    int64_t pause_ms;  /* the latest pause's length; 0: none since the last acceptance */
    int64_t until_ms;  /* mono: nobody is asked before then */
};

/* How many may be under way at once, of `concurrency`; 0: none before logins->until_ms. */
unsigned logins_allowed(const struct logins *logins, unsigned concurrency, int64_t now_ms);

/* What an answer says of the account. True: with it a pause begins. */
bool logins_note(struct logins *logins, enum cause cause, int64_t now_ms);

/* When an endpoint that has refused the account `refusals` times in a row is asked again: an interval later, twice as
 * late for each, but at most LOGINS_PAUSE_MAX_MS. */
int64_t logins_next_ms(unsigned refusals, int64_t interval_ms);

#endif
