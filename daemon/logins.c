/* The login guard's arithmetic. It asks nobody and knows no account. */
#include "daemon/logins.h"

static int64_t longer(int64_t ms)
{
    return ms == 0 ? LOGINS_PAUSE_MIN_MS : ms >= LOGINS_PAUSE_MAX_MS / 2 ? LOGINS_PAUSE_MAX_MS : 2 * ms;
}

unsigned logins_allowed(const struct logins *logins, unsigned concurrency, int64_t now_ms)
{
    if (logins->until_ms > now_ms)
        return 0;
    if (logins->pause_ms)
        return 1;
    return logins->proven || concurrency < LOGINS_CAREFUL ? concurrency : LOGINS_CAREFUL;
}

/* Whether an endpoint that answers so has let the account in. */
static bool is_acceptance(enum cause cause)
{
    return cause == CAUSE_NONE || cause == CAUSE_FORBIDDEN;
}

bool logins_note(struct logins *logins, enum cause cause, int64_t now_ms)
{
    if (is_acceptance(cause)) {
        *logins = (struct logins){ .proven = true };
        return false;
    }
    if (cause != CAUSE_AUTHENTICATION_FAILED)
        return false;
    logins->refusals++;
    const unsigned limit = logins->proven ? LOGINS_REFUSALS_PROVEN : LOGINS_REFUSALS;
    /* What was under way when the pause began does not make it longer. */
    if (logins->refusals < limit || logins->until_ms > now_ms)
        return false;
    logins->pause_ms = longer(logins->pause_ms);
    logins->until_ms = now_ms + logins->pause_ms;
    return true;
}

int64_t logins_next_ms(unsigned refusals, int64_t interval_ms)
{
    int64_t next_ms = interval_ms;

    for (; refusals > 1 && next_ms < LOGINS_PAUSE_MAX_MS; refusals--)
        next_ms *= 2;
    const int64_t longest_ms = interval_ms > LOGINS_PAUSE_MAX_MS ? interval_ms : LOGINS_PAUSE_MAX_MS;
    return next_ms > longest_ms ? longest_ms : next_ms;
}
