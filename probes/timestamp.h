/* Dates and times as texts. Pure: no time zone of this machine, no clock, no locale. */
#ifndef AH_PROBES_TIMESTAMP_H
#define AH_PROBES_TIMESTAMP_H

#include "core/model.h"

/* ISO 8601 date, time and zone, in the extended format: 2026-11-23T00:00:00Z, with a fraction of the second, an offset
 * such as +09:00 or +0900 in place of the Z, a blank in place of the T. Milliseconds since 1970 UTC. -EINVAL: anything
 * else, years before 1970 included. */
int timestamp_parse(const char *text, int64_t *ret_wall_ms) AH_WARN_UNUSED;

/* The time of a line in the Common Event Format, as the management side writes it: Nov 22 2026 10:00:00 GMT+00:00, with
 * a fraction of the second, without an offset. Otherwise as above. */
int timestamp_parse_cef(const char *text, int64_t *ret_wall_ms) AH_WARN_UNUSED;

/* A date, 2026-11-22 or 20261122, as days since 1970. -EINVAL: anything else, years before 1970 included. */
int timestamp_parse_day(const char *text, int32_t *ret_day) AH_WARN_UNUSED;

#endif
