/* Dates, times and pattern versions as texts: what is taken, and what is not. */
#include "probes/pattern.h"
#include "probes/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

static const struct {
    const char *text;
    int64_t wall_ms; /* -1: refused */
} times[] = {
    { "1970-01-01T00:00:00Z", 0 },
    { "2026-11-23T00:00:00Z", 1795392000000 },
    { "2026-11-23t00:00:00z", 1795392000000 },
    { "2026-11-23 00:00:00Z", 1795392000000 },
    { "2026-11-23T09:00:00+09:00", 1795392000000 },
    { "2026-11-23T09:00:00+0900", 1795392000000 },
    { "2026-11-23T09:00:00+09", 1795392000000 },
    { "2026-11-22T18:30:00-05:30", 1795392000000 },
    { "2026-11-23T00:00:00.5Z", 1795392000500 },
    { "2026-11-23T00:00:00.1239999Z", 1795392000123 },
    { "2026-11-23T00:00:00,25Z", 1795392000250 },
    { "2016-12-31T23:59:60Z", 1483228800000 },
    { "2024-02-29T12:00:00Z", 1709208000000 },
    { "9999-12-31T23:59:59Z", 253402300799000 },
    { "", -1 },
    { "2026-11-23", -1 },
    { "2026-11-23T00:00:00", -1 },
    { "2026-11-23T00:00Z", -1 },
    { "2026-11-23T00:00:00Z ", -1 },
    { " 2026-11-23T00:00:00Z", -1 },
    { "2026-11-23T00:00:00.Z", -1 },
    { "2026-11-23T24:00:00Z", -1 },
    { "2026-11-23T00:60:00Z", -1 },
    { "2026-11-23T00:00:61Z", -1 },
    { "2026-11-23T00:00:00+24:00", -1 },
    { "2026-11-23T00:00:00+09:60", -1 },
    { "2026-11-23T00:00:00+09:", -1 },
    { "2026-11-23T00:00:00+9", -1 },
    { "2026-13-01T00:00:00Z", -1 },
    { "2026-00-01T00:00:00Z", -1 },
    { "2026-11-31T00:00:00Z", -1 },
    { "2026-11-00T00:00:00Z", -1 },
    { "2025-02-29T00:00:00Z", -1 },
    { "1969-12-31T23:59:59Z", -1 },
    { "1970-01-01T00:00:00+01:00", -1 },
    { "26-11-23T00:00:00Z", -1 },
    { "+026-11-23T00:00:00Z", -1 },
    { "2026-11-23T00:00:00ZZ", -1 },
    { "2026-11-23T-1:00:00Z", -1 },
};

static void times_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t wall_ms = -1;
        const int error = timestamp_parse(times[i].text, &wall_ms);
        if (wall_ms != times[i].wall_ms || error != (times[i].wall_ms < 0 ? -EINVAL : 0))
            fail_msg("\"%s\": %d, %lld", times[i].text, error, (long long)wall_ms);
    }
}

static const struct {
    const char *text;
    int64_t wall_ms; /* -1: refused */
} cef_times[] = {
    { "Nov 23 2026 00:00:00 GMT+00:00", 1795392000000 },
    { "Nov 23 2026 00:00:00 GMT", 1795392000000 },
    { "Nov 23 2026 09:00:00 GMT+09:00", 1795392000000 },
    { "Nov 22 2026 18:30:00 GMT-05:30", 1795392000000 },
    { "Nov 23 2026 00:00:00.250 GMT+00:00", 1795392000250 },
    { "Jan 01 1970 00:00:00 GMT+00:00", 0 },
    { "Feb 29 2024 12:00:00 GMT+00:00", 1709208000000 },
    { "Dec 31 2016 23:59:60 GMT+00:00", 1483228800000 },
    { "", -1 },
    { "Nov", -1 },
    { "Nov 23 2026 00:00:00", -1 },
    { "Nov 23 2026 00:00:00 ", -1 },
    { "Nov 23 2026 00:00:00 UTC", -1 },
    { "Nov 23 2026 00:00:00 GMTZ", -1 },
    { "Nov 23 2026 00:00:00 GMT+00:00 ", -1 },
    { "Nov 23 2026 00:00:00 GMT+24:00", -1 },
    { "Nov 23 2026 24:00:00 GMT+00:00", -1 },
    { "Nov 31 2026 00:00:00 GMT+00:00", -1 },
    { "nov 23 2026 00:00:00 GMT+00:00", -1 },
    { "November 23 2026 00:00:00 GMT+00:00", -1 },
    { "ovD 23 2026 00:00:00 GMT+00:00", -1 },
    { "Nov 3 2026 00:00:00 GMT+00:00", -1 },
    { "Jan 01 1970 00:00:00 GMT+01:00", -1 },
    { "1795392000000", -1 },
};

static void times_of_cef_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cef_times / sizeof *cef_times; i++) {
        int64_t wall_ms = -1;

        const int r = timestamp_parse_cef(cef_times[i].text, &wall_ms);
        if (r != (cef_times[i].wall_ms < 0 ? -EINVAL : 0) || wall_ms != cef_times[i].wall_ms)
            fail_msg("%s: %d, %lld", cef_times[i].text, r, (long long)wall_ms);
    }
}

static const struct {
    const char *text;
    int32_t day; /* -1: refused */
} days[] = {
    { "1970-01-01", 0 },   { "1970-01-02", 1 },     { "2026-11-22", 20779 },
    { "20261122", 20779 }, { "2024-02-29", 19782 }, { "20250229", -1 },
    { "2026-1122", -1 },   { "202611-22", -1 },     { "2026-11-2", -1 },
    { "2026112", -1 },     { "202611222", -1 },     { "", -1 },
    { "0", -1 },           { "19691231", -1 },      { "2026/11/22", -1 },
    { "20261122 ", -1 },
};

static void days_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        int32_t day = -1;
        const int error = timestamp_parse_day(days[i].text, &day);
        if (day != days[i].day || error != (days[i].day < 0 ? -EINVAL : 0))
            fail_msg("\"%s\": %d, %d", days[i].text, error, (int)day);
    }
}

static const struct {
    const char *text, *version; /* "untouched": refused */
} versions[] = {
    { "1942980", "19.429.80" },
    { "942980", "9.429.80" },
    { "1000001", "10.000.01" },
    { "19.429.80", "19.429.80" },
    { "2.3", "2.3" },
    { "14.0.0.12345", "14.0.0.12345" },
    { "0", "untouched" },
    { "0000000", "untouched" },
    { "0.000.00", "untouched" },
    { "", "untouched" },
    { "12345", "untouched" },
    { "19429800", "untouched" },
    { "19.", "untouched" },
    { ".19", "untouched" },
    { "19..80", "untouched" },
    { "19.429.80.", "untouched" },
    { "1.2.3.4.5", "untouched" },
    { "1.123456", "untouched" },
    { "19,429,80", "untouched" },
    { "1942980 ", "untouched" },
    { "v19.429.80", "untouched" },
    { "-942980", "untouched" },
};

static void versions_become_dotted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        char version[VERSION_BYTES] = "untouched";
        const int error = pattern_version_parse(versions[i].text, version);
        assert_string_equal(version, versions[i].version);
        assert_int_equal(error, versions[i].version[0] == 'u' ? -EINVAL : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_strictly),
        cmocka_unit_test(times_of_cef_are_read_strictly),
        cmocka_unit_test(days_are_read_strictly),
        cmocka_unit_test(versions_become_dotted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
