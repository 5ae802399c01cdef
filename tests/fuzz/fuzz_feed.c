/* Any bytes as a feed: no crash, nothing half taken, no fact out of its range or from the future. */
#include "probes/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The highest word of each fact. */
static const int32_t fact_max[FACTS] = {
    [FACT_MODE] = MODE_OFF_PREMISES,
    [FACT_RTS_POLICY] = TRI_NO,
    [FACT_RTS_SERVICE] = SERVICE_MISSING,
    [FACT_SCAN_METHOD] = SCAN_METHOD_CONVENTIONAL,
    [FACT_PATTERN_AGE_S] = INT32_MAX,
    [FACT_SMART_PROTECTION] = TRI_NO,
    [FACT_LOCATION] = LOCATION_EXTERNAL,
    [FACT_TMUSA] = SERVICE_MISSING,
    [FACT_GATEWAY] = TRI_NO,
};

static void on_fault(void *user, unsigned line, const char *section, const char *key, const char *what)
{
    (void)line;
    if (!what[0] || (key[0] && !section[0]))
        abort();
    ++*(unsigned *)user;
}

static void check(const struct observation *seen, const struct now *now)
{
    if (seen->driver != DRIVER_FEED || seen->cause != CAUSE_NONE || !seen->heard)
        abort();
    if (seen->mono_ms == 0 || seen->mono_ms > now->mono_ms || seen->wall_ms <= 0 || seen->wall_ms > now->wall_ms)
        abort();
    if (seen->own.n > OWN_ADDRESSES_MAX || seen->resolved.n > RESOLVED_ADDRESSES_MAX)
        abort();
    for (enum fact fact = 0; fact < FACTS; fact++) {
        const int32_t min = fact == FACT_PATTERN_AGE_S ? 0 : 2; /* 1 is unknown, which no feed says */
        if (seen->facts & FACT_BIT(fact) && (seen->values[fact] < min || seen->values[fact] > fact_max[fact]))
            abort();
    }
    const size_t version = strspn(seen->pattern_version, "0123456789.");
    if (version >= VERSION_BYTES || seen->pattern_version[version] || !(seen->has & HAS_PATTERN_VERSION) != !version)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct now now = { .mono_ms = 86400000, .wall_ms = 1795392060000 };
    const struct feed_reader reader = { .name = "PC-0001", .gateways = "10.1.0.1" };
    struct observation seen, untouched;
    unsigned faults = 0;

    memset(&untouched, 0x5a, sizeof untouched);
    seen = untouched;
    const int error = feed_parse((const char *)data, size, &reader, &now, on_fault, &faults, &seen);
    if (error == 0 && faults == 0)
        check(&seen, &now);
    else if ((error == -EINVAL) != (faults > 0) || error >= 0 || memcmp(&seen, &untouched, sizeof seen) != 0)
        abort();
    return 0;
}
