/* What evidence says now, as literal tables: each axis by its facts and their age, to the millisecond; and that an
 * answer holds as long as it claims to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/diagnosis.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NOW = 10000000, LIMIT = 900000, PATTERN_LIMIT = 72 * 3600 * 1000 };

static const struct policy policy = { .pattern_max_age_ms = PATTERN_LIMIT,
                                      .evidence_max_age_ms = LIMIT,
                                      .rise = 1,
                                      .fall = 1,
                                      .absent = ABSENT_ALARM,
                                      .pattern_versions_behind = 2 };
static const struct context server_up = { .server_state = UPDOWN_UP };

static unsigned axis_at(const struct evidence *evidence, const struct context *context, enum axis axis, int64_t now_ms)
{
    int64_t valid_until_ms = 0;
    return axes_observe(evidence, context, &policy, now_ms, &valid_until_ms).at[axis];
}

/* A fact that was observed `age_ms` ago; value 0: never. */
static struct fact_value fact(int32_t value, int64_t age_ms)
{
    return (struct fact_value){ .mono_ms = value ? NOW - age_ms : 0, .value = value, .driver = DRIVER_FEED };
}

static void nothing_known_is_unknown_for_ever(void **state)
{
    (void)state;
    const struct evidence evidence = { 0 };
    int64_t valid_until_ms = 0;
    struct axes axes = axes_observe(&evidence, &server_up, &policy, NOW, &valid_until_ms);
    for (unsigned axis = 0; axis < AXES; axis++)
        assert_int_equal(axes.at[axis], 1);
    assert_true(valid_until_ms == INT64_MAX);
}

static void scan_state_by_policy_service_and_mode(void **state)
{
    (void)state;
    /* Letters: u unknown, r running, n not functioning, d disabled, s standalone and unprotected.
     * Each text: mode never heard, unknown, normal, standalone, off premises. */
    static const struct {
        enum tri enabled; /* 0: never heard */
        enum service service;
        const char *by_mode;
    } rows[] = {
        { 0, 0, "uuuuu" },
        { 0, SERVICE_UNKNOWN, "uuuuu" },
        { 0, SERVICE_RUNNING, "uuuuu" },
        { 0, SERVICE_STOPPED, "uuuuu" },
        { 0, SERVICE_MISSING, "uuuuu" },
        { TRI_UNKNOWN, 0, "uuuuu" },
        { TRI_UNKNOWN, SERVICE_UNKNOWN, "uuuuu" },
        { TRI_UNKNOWN, SERVICE_RUNNING, "uuuuu" },
        { TRI_UNKNOWN, SERVICE_STOPPED, "uuuuu" },
        { TRI_UNKNOWN, SERVICE_MISSING, "uuuuu" },
        { TRI_YES, 0, "uuuuu" },
        { TRI_YES, SERVICE_UNKNOWN, "uuuuu" },
        { TRI_YES, SERVICE_RUNNING, "rrrrr" },
        { TRI_YES, SERVICE_STOPPED, "nnnnn" },
        { TRI_YES, SERVICE_MISSING, "nnnnn" },
        { TRI_NO, 0, "dddsd" },
        { TRI_NO, SERVICE_UNKNOWN, "dddsd" },
        { TRI_NO, SERVICE_RUNNING, "dddsd" },
        { TRI_NO, SERVICE_STOPPED, "dddsd" },
        { TRI_NO, SERVICE_MISSING, "dddsd" },
    };
    static const char letters[] = "-urnds";
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int32_t mode = 0; mode <= MODE_OFF_PREMISES; mode++) {
            struct evidence evidence = { .known.facts = { [FACT_RTS_POLICY] = fact((int32_t)rows[i].enabled, 0),
                                                          [FACT_RTS_SERVICE] = fact((int32_t)rows[i].service, 0),
                                                          [FACT_MODE] = fact(mode, 0) } };
            char got = letters[axis_at(&evidence, &server_up, AXIS_SCAN, NOW)];
            if (got != rows[i].by_mode[mode])
                fail_msg("row %zu, mode %d: got %c, expected %c", i, mode, got, rows[i].by_mode[mode]);
        }
    }
}

static void scan_facts_that_are_too_old_do_not_count(void **state)
{
    (void)state;
    static const struct {
        int32_t enabled, service, mode;
        int64_t enabled_age_ms, service_age_ms, mode_age_ms;
        enum scan_state expected;
    } rows[] = {
        { TRI_YES, SERVICE_STOPPED, 0, LIMIT, LIMIT, 0, SCAN_NOT_FUNCTIONING },
        { TRI_YES, SERVICE_STOPPED, 0, LIMIT + 1, LIMIT, 0, SCAN_UNKNOWN },
        { TRI_YES, SERVICE_STOPPED, 0, LIMIT, LIMIT + 1, 0, SCAN_UNKNOWN },
        { TRI_NO, 0, MODE_STANDALONE, LIMIT, 0, LIMIT, SCAN_STANDALONE_UNPROTECTED },
        { TRI_NO, 0, MODE_STANDALONE, LIMIT, 0, LIMIT + 1, SCAN_DISABLED },
        { TRI_NO, 0, MODE_STANDALONE, LIMIT + 1, 0, LIMIT, SCAN_UNKNOWN },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct evidence evidence = { .known.facts = {
                                         [FACT_RTS_POLICY] = fact(rows[i].enabled, rows[i].enabled_age_ms),
                                         [FACT_RTS_SERVICE] = fact(rows[i].service, rows[i].service_age_ms),
                                         [FACT_MODE] = fact(rows[i].mode, rows[i].mode_age_ms),
                                     } };
        assert_int_equal(axis_at(&evidence, &server_up, AXIS_SCAN, NOW), rows[i].expected);
    }
}

/* A probe that ended so long ago; no cause: it was never made. */
struct probed {
    enum cause cause;
    bool heard;
    int64_t age_ms;
};

static struct contact contact_of(const struct probed *probed)
{
    if (!probed->cause)
        return (struct contact){ 0 };
    return (struct contact){ .mono_ms = NOW - probed->age_ms,
                             .side = probed->cause == CAUSE_NONE ? SIDE_ONLINE : SIDE_OFFLINE,
                             .cause = (uint8_t)probed->cause,
                             .heard = probed->heard };
}

static void presence_by_what_was_heard(void **state)
{
    (void)state;
    enum { NEVER = -1, FRESH = 0, OLD = LIMIT + 1 };
#define SILENT(age)                                                                                                    \
    {                                                                                                                  \
        CAUSE_TIMED_OUT, false, (age)                                                                                  \
    }
#define ANSWERS(age)                                                                                                   \
    {                                                                                                                  \
        CAUSE_NONE, true, (age)                                                                                        \
    }
#define REFUSES(age)                                                                                                   \
    {                                                                                                                  \
        CAUSE_REFUSED, true, (age)                                                                                     \
    }
#define UNNAMED(age)                                                                                                   \
    {                                                                                                                  \
        CAUSE_NAME_NOT_FOUND, false, (age)                                                                             \
    }
#define NOT_MADE                                                                                                       \
    {                                                                                                                  \
        0, false, 0                                                                                                    \
    }
    static const struct {
        struct probed listener, asked;
        int64_t feed_age_ms;
        enum presence expected;
    } rows[] = {
        /* the listener, or nobody, and the feed */
        { ANSWERS(FRESH), NOT_MADE, NEVER, PRESENCE_PRESENT },
        { REFUSES(FRESH), NOT_MADE, NEVER, PRESENCE_PRESENT },
        { { CAUSE_RESET, true, FRESH }, NOT_MADE, NEVER, PRESENCE_PRESENT },
        { { CAUSE_TLS_REJECTED, true, FRESH }, NOT_MADE, NEVER, PRESENCE_PRESENT },
        { { CAUSE_TIMED_OUT, true, FRESH }, NOT_MADE, NEVER, PRESENCE_PRESENT }, /* connected, then silent */
        { SILENT(FRESH), NOT_MADE, NEVER, PRESENCE_ABSENT },
        { SILENT(LIMIT), NOT_MADE, NEVER, PRESENCE_ABSENT },
        { SILENT(OLD), NOT_MADE, NEVER, PRESENCE_UNKNOWN },
        { { CAUSE_UNREACHABLE, false, FRESH }, NOT_MADE, NEVER, PRESENCE_ABSENT },
        { UNNAMED(FRESH), NOT_MADE, NEVER, PRESENCE_UNKNOWN },
        { ANSWERS(LIMIT), NOT_MADE, NEVER, PRESENCE_PRESENT },
        { ANSWERS(OLD), NOT_MADE, NEVER, PRESENCE_UNKNOWN },
        { NOT_MADE, NOT_MADE, NEVER, PRESENCE_UNKNOWN },
        { NOT_MADE, NOT_MADE, FRESH, PRESENCE_PRESENT },
        { NOT_MADE, NOT_MADE, LIMIT, PRESENCE_PRESENT },
        { NOT_MADE, NOT_MADE, OLD, PRESENCE_UNKNOWN },
        { SILENT(FRESH), NOT_MADE, FRESH, PRESENCE_PRESENT },
        { SILENT(FRESH), NOT_MADE, LIMIT, PRESENCE_PRESENT },
        { SILENT(FRESH), NOT_MADE, OLD, PRESENCE_ABSENT },
        { SILENT(OLD), NOT_MADE, OLD, PRESENCE_UNKNOWN },
        { UNNAMED(FRESH), NOT_MADE, FRESH, PRESENCE_PRESENT },
        /* the endpoint itself is asked, too, or alone */
        { NOT_MADE, ANSWERS(FRESH), NEVER, PRESENCE_PRESENT },
        { NOT_MADE, { CAUSE_AUTHENTICATION_FAILED, true, FRESH }, NEVER, PRESENCE_PRESENT },
        { NOT_MADE, SILENT(FRESH), NEVER, PRESENCE_ABSENT },
        { NOT_MADE, SILENT(OLD), NEVER, PRESENCE_UNKNOWN },
        { NOT_MADE, UNNAMED(FRESH), NEVER, PRESENCE_UNKNOWN },
        { SILENT(FRESH), ANSWERS(LIMIT), NEVER, PRESENCE_PRESENT },
        { SILENT(FRESH), ANSWERS(OLD), NEVER, PRESENCE_ABSENT },
        { SILENT(FRESH), REFUSES(FRESH), NEVER, PRESENCE_PRESENT },
        { REFUSES(FRESH), SILENT(FRESH), NEVER, PRESENCE_PRESENT },
        { SILENT(FRESH), SILENT(FRESH), NEVER, PRESENCE_ABSENT },
        { SILENT(FRESH), { CAUSE_UNREACHABLE, false, FRESH }, NEVER, PRESENCE_ABSENT },
        { SILENT(OLD), SILENT(FRESH), NEVER, PRESENCE_ABSENT },
        { SILENT(OLD), SILENT(OLD), NEVER, PRESENCE_UNKNOWN },
        { SILENT(FRESH), UNNAMED(FRESH), NEVER, PRESENCE_UNKNOWN },
        { UNNAMED(FRESH), SILENT(FRESH), NEVER, PRESENCE_UNKNOWN },
        { UNNAMED(OLD), SILENT(FRESH), NEVER, PRESENCE_ABSENT },
        { SILENT(FRESH), SILENT(FRESH), LIMIT, PRESENCE_PRESENT },
        { SILENT(FRESH), SILENT(FRESH), OLD, PRESENCE_ABSENT },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct evidence evidence = { .server_side = contact_of(&rows[i].listener),
                                     .asked = contact_of(&rows[i].asked) };
        if (rows[i].feed_age_ms != NEVER)
            evidence.feed_mono_ms = NOW - rows[i].feed_age_ms;
        unsigned got = axis_at(&evidence, &server_up, AXIS_PRESENCE, NOW);
        if (got != rows[i].expected)
            fail_msg("row %zu: got %s, expected %s", i, presence_name(got), presence_name(rows[i].expected));
    }
}

static void an_agent_that_says_offline_counts_only_while_its_server_is_up(void **state)
{
    (void)state;
    static const struct {
        enum side side;
        int64_t age_ms;
        enum updown server;
        int64_t up_since_ms; /* 0: it never was down */
        enum side expected;
    } rows[] = {
        { SIDE_OFFLINE, 100, UPDOWN_UP, 0, SIDE_OFFLINE },
        { SIDE_OFFLINE, 100, UPDOWN_UNKNOWN, 0, SIDE_OFFLINE },
        { SIDE_OFFLINE, 100, UPDOWN_DOWN, 0, SIDE_UNKNOWN },
        { SIDE_OFFLINE, 100, UPDOWN_UP, NOW - 99, SIDE_UNKNOWN },
        { SIDE_OFFLINE, 100, UPDOWN_UP, NOW - 100, SIDE_OFFLINE },
        { SIDE_OFFLINE, 100, UPDOWN_UP, NOW - 101, SIDE_OFFLINE },
        { SIDE_OFFLINE, 100, UPDOWN_UNKNOWN, NOW - 99, SIDE_UNKNOWN },
        { SIDE_OFFLINE, 100, UPDOWN_DOWN, NOW - 101, SIDE_UNKNOWN },
        { SIDE_OFFLINE, LIMIT + 1, UPDOWN_UP, 0, SIDE_UNKNOWN },
        { SIDE_ONLINE, 100, UPDOWN_UP, 0, SIDE_ONLINE },
        { SIDE_ONLINE, 100, UPDOWN_DOWN, 0, SIDE_ONLINE },
        { SIDE_ONLINE, 100, UPDOWN_UP, NOW - 99, SIDE_ONLINE },
        { SIDE_ONLINE, LIMIT + 1, UPDOWN_DOWN, 0, SIDE_UNKNOWN },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct evidence evidence = { .known.agent_side = { .mono_ms = NOW - rows[i].age_ms,
                                                           .side = (uint8_t)rows[i].side } };
        struct context context = { .server_state = rows[i].server, .server_up_since_ms = rows[i].up_since_ms };
        unsigned got = axis_at(&evidence, &context, AXIS_AGENT_SIDE, NOW);
        if (got != rows[i].expected)
            fail_msg("row %zu: got %s, expected %s", i, side_name(got), side_name(rows[i].expected));
    }
}

static void an_agent_is_not_believed_while_its_servers_latest_check_failed(void **state)
{
    (void)state;
    const struct context failing = { .server_state = UPDOWN_UP, .server_failing = true };
    static const enum side expected[] = { [SIDE_ONLINE] = SIDE_ONLINE, [SIDE_OFFLINE] = SIDE_UNKNOWN };
    for (enum side side = SIDE_ONLINE; side <= SIDE_OFFLINE; side++) {
        const struct evidence evidence = { .known.agent_side = { .mono_ms = NOW, .side = (uint8_t)side } };
        assert_int_equal(axis_at(&evidence, &failing, AXIS_AGENT_SIDE, NOW), expected[side]);
    }
}

static void a_report_from_before_the_machine_started_counts(void **state)
{
    (void)state;
    const struct evidence evidence = { .known.agent_side = { .mono_ms = -5000, .side = SIDE_OFFLINE },
                                       .known.facts[FACT_SMART_PROTECTION] = { -5000, TRI_NO, DRIVER_FEED } };
    assert_int_equal(axis_at(&evidence, &server_up, AXIS_AGENT_SIDE, LIMIT - 5000), SIDE_OFFLINE);
    assert_int_equal(axis_at(&evidence, &server_up, AXIS_AGENT_SIDE, LIMIT - 4999), SIDE_UNKNOWN);
    assert_int_equal(axis_at(&evidence, &server_up, AXIS_SMART, LIMIT - 5000), TRI_NO);
}

/* For each axis, evidence of a single piece: its value, until when that holds, and what it is from then on. */
static void an_axis_changes_in_the_very_millisecond_it_says(void **state)
{
    (void)state;
    enum { S = 1000 };
    static const struct {
        enum axis axis;
        struct evidence evidence;
        unsigned now;
        int64_t until_ms; /* from NOW */
        unsigned then;
    } rows[] = {
        { AXIS_SERVER_SIDE, { .server_side = { .mono_ms = NOW, .side = SIDE_ONLINE } }, SIDE_ONLINE, LIMIT + 1, 1 },
        { AXIS_SERVER_SIDE,
          { .server_side = { .mono_ms = NOW - LIMIT, .side = SIDE_OFFLINE } },
          SIDE_OFFLINE,
          1,
          SIDE_UNKNOWN },
        { AXIS_AGENT_SIDE,
          { .known.agent_side = { .mono_ms = NOW - 7, .side = SIDE_OFFLINE } },
          SIDE_OFFLINE,
          LIMIT - 6,
          1 },
        { AXIS_PRESENCE, { .feed_mono_ms = NOW - 7 }, PRESENCE_PRESENT, LIMIT - 6, PRESENCE_UNKNOWN },
        { AXIS_PRESENCE,
          { .asked = { .mono_ms = NOW - 7, .side = SIDE_ONLINE, .cause = CAUSE_NONE, .heard = true } },
          PRESENCE_PRESENT,
          LIMIT - 6,
          PRESENCE_UNKNOWN },
        { AXIS_SMART,
          { .known.facts = { [FACT_LOCATION] = { NOW - 7, LOCATION_INTERNAL, 0 },
                             [FACT_CURRENT_SOURCE] = { NOW, TRI_NO, 0 } } },
          TRI_NO,
          LIMIT - 6,
          TRI_UNKNOWN },
        { AXIS_SMART,
          { .known.facts = { [FACT_SCAN_METHOD] = { NOW, SCAN_METHOD_CONVENTIONAL, 0 },
                             [FACT_TMUSA] = { NOW - 7, SERVICE_STOPPED, 0 },
                             [FACT_SMART_PROTECTION] = { NOW, TRI_YES, 0 } } },
          TRI_NO,
          LIMIT - 6,
          TRI_YES },
        { AXIS_SMART,
          { .known.facts[FACT_SMART_PROTECTION] = { NOW - 7, TRI_NO, 0 } },
          TRI_NO,
          LIMIT - 6,
          TRI_UNKNOWN },
        { AXIS_SCAN,
          { .known.facts[FACT_RTS_POLICY] = { NOW - 7, TRI_NO, 0 } },
          SCAN_DISABLED,
          LIMIT - 6,
          SCAN_UNKNOWN },
        /* a young pattern is forgotten before it is old */
        { AXIS_PATTERN, { .known.facts[FACT_PATTERN_AGE_S] = { NOW - 7, 60, 0 } }, TRI_YES, LIMIT - 6, TRI_UNKNOWN },
        { AXIS_PATTERN, { .known.facts[FACT_PATTERN_AGE_S] = { NOW - 7, -3600, 0 } }, TRI_YES, LIMIT - 6, TRI_UNKNOWN },
        /* one that was observed near its limit passes it */
        { AXIS_PATTERN,
          { .known.facts[FACT_PATTERN_AGE_S] = { NOW, PATTERN_LIMIT / S - 1, 0 } },
          TRI_YES,
          S + 1,
          TRI_NO },
        { AXIS_PATTERN,
          { .known.facts[FACT_PATTERN_AGE_S] = { NOW - S, PATTERN_LIMIT / S - 1, 0 } },
          TRI_YES,
          1,
          TRI_NO },
        { AXIS_PATTERN, { .known.facts[FACT_PATTERN_AGE_S] = { NOW, PATTERN_LIMIT / S, 0 } }, TRI_YES, 1, TRI_NO },
        /* and then is outdated as long as anybody knows */
        { AXIS_PATTERN,
          { .known.facts[FACT_PATTERN_AGE_S] = { NOW - 1, PATTERN_LIMIT / S, 0 } },
          TRI_NO,
          LIMIT,
          TRI_UNKNOWN },
        { AXIS_PATTERN, { .known.facts[FACT_PATTERN_AGE_S] = { NOW, INT32_MAX, 0 } }, TRI_NO, LIMIT + 1, TRI_UNKNOWN },
        { AXIS_PATTERN, { .known.facts[FACT_PATTERN_BEHIND] = { NOW - 7, 1, 0 } }, TRI_YES, LIMIT - 6, TRI_UNKNOWN },
        { AXIS_PATTERN, { .known.facts[FACT_PATTERN_BEHIND] = { NOW - 7, 2, 0 } }, TRI_NO, LIMIT - 6, TRI_UNKNOWN },
        /* the date comes first, until it is too old */
        { AXIS_PATTERN,
          { .known.facts[FACT_PATTERN_AGE_S] = { NOW - 7, 60, 0 }, .known.facts[FACT_PATTERN_BEHIND] = { NOW, 7, 0 } },
          TRI_YES,
          LIMIT - 6,
          TRI_NO },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t valid_until_ms = 0;
        axes_observe(&rows[i].evidence, &server_up, &policy, NOW, &valid_until_ms);
        if (valid_until_ms != NOW + rows[i].until_ms)
            fail_msg("row %zu: valid for %jd ms, expected %jd", i, (intmax_t)(valid_until_ms - NOW),
                     (intmax_t)rows[i].until_ms);
        assert_int_equal(axis_at(&rows[i].evidence, &server_up, rows[i].axis, NOW), rows[i].now);
        assert_int_equal(axis_at(&rows[i].evidence, &server_up, rows[i].axis, valid_until_ms - 1), rows[i].now);
        assert_int_equal(axis_at(&rows[i].evidence, &server_up, rows[i].axis, valid_until_ms), rows[i].then);
    }
}

/* A generator of our own: the same evidence in every run. */
static uint32_t any(uint32_t below)
{
    static uint64_t seed = 0x9E3779B97F4A7C15;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % below;
}

/* Some time around the limits below, or never. */
static int64_t any_time(void)
{
    return any(6) == 0 ? 0 : NOW - any(2000);
}

static const struct address_list *any_list(struct address_list *list)
{
    *list = (struct address_list){ .mono_ms = any_time(), .n = (uint8_t)any(3) };
    for (unsigned i = 0; i < list->n; i++)
        list->at[i] = (struct address){ 4, { 10, 0, 0, (uint8_t)any(3) } };
    return list;
}

/* One at a time: its lists are static. */
static struct evidence any_evidence(void)
{
    static struct address_list own, resolved;
    struct evidence evidence = {
        .server_side = { .mono_ms = any_time(),
                         .side = (uint8_t)(1 + any(3)),
                         .cause = (uint8_t)(1 + any(CAUSE_LAST)) },
        .known.agent_side = { .mono_ms = any_time(), .side = (uint8_t)(1 + any(3)) },
        .asked = { .mono_ms = any_time(), .side = (uint8_t)(1 + any(3)), .cause = (uint8_t)(1 + any(CAUSE_LAST)) },
        .known.own = any_list(&own),
        .known.resolved = any_list(&resolved),
        .feed_mono_ms = any_time(),
    };
    evidence.server_side.heard = any(2);
    evidence.asked.heard = any(2);
    for (unsigned i = 0; i < FACTS; i++)
        evidence.known.facts[i] = (struct fact_value){ any_time(), (int32_t)(1 + any(3)), DRIVER_FEED };
    return evidence;
}

struct answer {
    struct axes axes;
    struct verdict verdict;
};

static struct answer answer_at(const struct evidence *evidence, const struct context *context, const struct policy *to,
                               int64_t now_ms, int64_t *ret_valid_until_ms)
{
    struct axes axes = axes_observe(evidence, context, to, now_ms, ret_valid_until_ms);
    return (struct answer){ axes, diagnose(&axes, evidence, context, to, now_ms) };
}

static bool same_answer(const struct answer *a, const struct answer *b)
{
    for (unsigned axis = 0; axis < AXES; axis++) {
        if (a->axes.at[axis] != b->axes.at[axis])
            return false;
    }
    return a->verdict.conditions == b->verdict.conditions && a->verdict.unknowns == b->verdict.unknowns &&
           a->verdict.icon == b->verdict.icon && a->verdict.severity == b->verdict.severity &&
           a->verdict.diagnosis == b->verdict.diagnosis && a->verdict.name_check == b->verdict.name_check &&
           memcmp(a->verdict.findings, b->verdict.findings, sizeof a->verdict.findings) == 0;
}

static void an_answer_holds_as_long_as_it_says(void **state)
{
    (void)state;
    static const struct address expected = { 4, { 10 } };
    enum { ROUNDS = 100000 };
    unsigned changed = 0, limited = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct evidence evidence = any_evidence();
        struct context context = { .server_state = (enum updown)(1 + any(3)),
                                   .server_up_since_ms = any_time(),
                                   .server_failing = any(8) == 0,
                                   .recorded = { 4, { 10 } },
                                   .monitored = any(CONDITIONS_ALL + 1),
                                   .expected = &expected,
                                   .n_expected = any(2) };
        struct policy tight = policy;
        tight.pattern_max_age_ms = 2500;
        tight.evidence_max_age_ms = 1500;
        tight.absent = any(2) ? ABSENT_ALARM : ABSENT_NOTE;
        int64_t valid_until_ms = 0, ignored_ms = 0;
        struct answer now = answer_at(&evidence, &context, &tight, NOW, &valid_until_ms);
        assert_true(valid_until_ms > NOW);
        int64_t end_ms = valid_until_ms == INT64_MAX ? NOW + 1000000 : valid_until_ms;
        int64_t between_ms = NOW + any((uint32_t)(end_ms - NOW));
        struct answer between = answer_at(&evidence, &context, &tight, between_ms, &ignored_ms);
        assert_true(same_answer(&now, &between));
        struct answer last = answer_at(&evidence, &context, &tight, end_ms - 1, &ignored_ms);
        assert_true(same_answer(&now, &last));
        if (valid_until_ms == INT64_MAX)
            continue;
        limited++;
        struct answer after = answer_at(&evidence, &context, &tight, valid_until_ms, &ignored_ms);
        changed += !same_answer(&now, &after);
    }
    /* It is not early without need, either: often something does change then, though no axis rests on one piece alone.
     */
    assert_true(limited > ROUNDS / 2);
    assert_true(changed > limited / 3);
}

static void bad_values_are_those_that_a_condition_or_absence_rests_on(void **state)
{
    (void)state;
    static const char *const bad[AXES] = {
        /* by value, from 0 */
        [AXIS_SERVER_SIDE] = "...x", [AXIS_AGENT_SIDE] = "...x", [AXIS_PRESENCE] = "...x",
        [AXIS_PATTERN] = "...x",     [AXIS_SCAN] = "...xxx",     [AXIS_SMART] = "...x",
    };
    for (unsigned axis = 0; axis < AXES; axis++) {
        for (unsigned value = 0; bad[axis][value]; value++)
            assert_int_equal(axis_is_bad(axis, value), bad[axis][value] == 'x');
    }
}

/* Said by somebody who is no endpoint. */
#define FACT_ALONE(fact)                                                                                               \
    {                                                                                                                  \
        .driver = DRIVER_CENTRAL, .cause = CAUSE_NONE, .facts = FACT_BIT(fact)                                         \
    }

static void an_observation_touches_only_what_it_speaks_about(void **state)
{
    (void)state;
    static const struct {
        struct observation observation;
        uint32_t expected;
    } rows[] = {
        { { .driver = DRIVER_LISTENER, .cause = CAUSE_NONE }, AXIS_BIT(AXIS_SERVER_SIDE) | AXIS_BIT(AXIS_PRESENCE) },
        { { .driver = DRIVER_LISTENER, .cause = CAUSE_REFUSED }, AXIS_BIT(AXIS_SERVER_SIDE) | AXIS_BIT(AXIS_PRESENCE) },
        { { .driver = DRIVER_LISTENER, .cause = CAUSE_CANCELLED }, 0 },
        { { .driver = DRIVER_LISTENER, .cause = CAUSE_UNKNOWN }, 0 },
        { { .driver = DRIVER_FEED, .cause = CAUSE_NONE }, AXIS_BIT(AXIS_PRESENCE) },
        { { .driver = DRIVER_FEED, .cause = CAUSE_PROTOCOL_ERROR }, 0 },
        { { .driver = DRIVER_WINRM, .cause = CAUSE_NONE }, AXIS_BIT(AXIS_PRESENCE) },
        { { .driver = DRIVER_WINRM, .cause = CAUSE_TIMED_OUT }, AXIS_BIT(AXIS_PRESENCE) },
        { { .driver = DRIVER_WINRM, .cause = CAUSE_CANCELLED }, 0 },
        { { .driver = DRIVER_CENTRAL, .cause = CAUSE_TIMED_OUT }, 0 },
        { { .driver = DRIVER_WINRM,
            .cause = CAUSE_AUTHENTICATION_FAILED,
            .has = HAS_AGENT_SIDE,
            .agent_side = SIDE_ONLINE,
            .facts = FACT_BIT(FACT_MODE) },
          AXIS_BIT(AXIS_PRESENCE) | AXIS_BIT(AXIS_AGENT_SIDE) | AXIS_BIT(AXIS_SCAN) }, /* said before it broke off */
        { { .driver = DRIVER_CENTRAL, .cause = CAUSE_AUTHENTICATION_FAILED, .facts = FACT_BIT(FACT_MODE) }, 0 },
        { { .driver = DRIVER_CENTRAL, .cause = CAUSE_NONE, .has = HAS_AGENT_SIDE, .agent_side = SIDE_ONLINE },
          AXIS_BIT(AXIS_AGENT_SIDE) },
        { { .driver = DRIVER_CENTRAL, .cause = CAUSE_NONE, .has = HAS_AGENT_SIDE, .agent_side = SIDE_UNKNOWN }, 0 },
        { { .driver = DRIVER_CENTRAL, .cause = CAUSE_NONE, .agent_side = SIDE_ONLINE }, 0 },
        { FACT_ALONE(FACT_MODE), AXIS_BIT(AXIS_SCAN) },
        { FACT_ALONE(FACT_RTS_POLICY), AXIS_BIT(AXIS_SCAN) },
        { FACT_ALONE(FACT_RTS_SERVICE), AXIS_BIT(AXIS_SCAN) },
        { FACT_ALONE(FACT_PATTERN_AGE_S), AXIS_BIT(AXIS_PATTERN) },
        { FACT_ALONE(FACT_SMART_PROTECTION), AXIS_BIT(AXIS_SMART) },
        { FACT_ALONE(FACT_SCAN_METHOD), AXIS_BIT(AXIS_SMART) },
        { FACT_ALONE(FACT_LOCATION), AXIS_BIT(AXIS_SMART) },
        { FACT_ALONE(FACT_TMUSA), AXIS_BIT(AXIS_SMART) },
        { FACT_ALONE(FACT_CURRENT_SOURCE), AXIS_BIT(AXIS_SMART) },
        { FACT_ALONE(FACT_LISTENER_SERVICE), 0 },
        { { .driver = DRIVER_FEED,
            .cause = CAUSE_NONE,
            .has = HAS_AGENT_SIDE | HAS_OWN,
            .agent_side = SIDE_OFFLINE,
            .facts = FACT_BIT(FACT_RTS_POLICY) | FACT_BIT(FACT_PATTERN_AGE_S) },
          AXIS_BIT(AXIS_PRESENCE) | AXIS_BIT(AXIS_AGENT_SIDE) | AXIS_BIT(AXIS_SCAN) | AXIS_BIT(AXIS_PATTERN) },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (axes_touched(&rows[i].observation) != rows[i].expected)
            fail_msg("row %zu: %x, expected %x", i, axes_touched(&rows[i].observation), rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_known_is_unknown_for_ever),
        cmocka_unit_test(scan_state_by_policy_service_and_mode),
        cmocka_unit_test(scan_facts_that_are_too_old_do_not_count),
        cmocka_unit_test(presence_by_what_was_heard),
        cmocka_unit_test(an_agent_that_says_offline_counts_only_while_its_server_is_up),
        cmocka_unit_test(an_agent_is_not_believed_while_its_servers_latest_check_failed),
        cmocka_unit_test(a_report_from_before_the_machine_started_counts),
        cmocka_unit_test(an_axis_changes_in_the_very_millisecond_it_says),
        cmocka_unit_test(an_answer_holds_as_long_as_it_says),
        cmocka_unit_test(bad_values_are_those_that_a_condition_or_absence_rests_on),
        cmocka_unit_test(an_observation_touches_only_what_it_speaks_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
