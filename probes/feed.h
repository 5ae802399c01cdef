/* The feed: what an endpoint that cannot be asked wrote about itself, an INI text per agent. The parser is pure; the
 * driver (feed_driver) reads the file that a target names. */
#ifndef AH_PROBES_FEED_H
#define AH_PROBES_FEED_H

#include "driver.h"
#include "ini.h"

enum { FEED_BYTES_MAX = 64 * 1024, FEED_FUTURE_MAX_S = 300 };

/* Who reads, and what it is held against. */
struct feed_reader {
    const char *name;     /* of the agent whose feed it should be */
    const char *gateways; /* the configured ones, as gateways_have() takes them */
};

/* Turns a feed's text into an observation whose subject and index the caller fills in.
 *
 * Letter case aside, the text must not name another agent. A text with any fault
 * is refused as a whole, since half of it may be from another moment: every fault is reported, *ret is untouched, and
 * the result is -EINVAL. -ENOMEM, or another error of ini_parse(): not the text's fault.
 *
 * The observation's times are the feed's own: it is as old as its `time` says by `now`'s wall clock. A time up to
 * FEED_FUTURE_MAX_S ahead counts as now, one further ahead is a fault. mono_ms may be negative, when the feed is older
 * than this machine's monotonic clock; it is never 0. The pattern's age is against the feed's time, not against ours.
 */
int feed_parse(const char *text, size_t bytes, const struct feed_reader *reader, const struct now *now,
               ini_fault_fn *fault, void *user, struct observation *ret) AH_WARN_UNUSED;

#endif
