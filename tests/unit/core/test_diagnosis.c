/* Verdicts over believed axes, as literal tables: every row of the connection's table with all that surrounds it, and
 * how icon and severity follow from what holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/diagnosis.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NOW = 1000000, LIMIT = 900000 };

/* What is known of the addresses. */
enum knowledge { UNTOLD, SAME, OTHER };

static const struct address on_record = { 4, { 10, 1, 2, 3 } };
static const struct address elsewhere = { 4, { 10, 9, 9, 9 } };

static struct policy policy_of(enum absent_policy absent)
{
    return (struct policy){ .pattern_max_age_ms = 1, .evidence_max_age_ms = LIMIT, .rise = 1, .fall = 1, absent };
}

static struct evidence evidence_of(enum knowledge knowledge)
{
    static const struct address_list same = { .mono_ms = NOW, .n = 1, .at = { { 4, { 10, 1, 2, 3 } } } };
    static const struct address_list other = { .mono_ms = NOW, .n = 1, .at = { { 4, { 10, 9, 9, 9 } } } };
    return (struct evidence){ .known.own = knowledge == UNTOLD ? NULL : knowledge == SAME ? &same : &other };
}

static struct axes axes_of(enum side server, enum side agent, enum presence presence)
{
    return (struct axes){ { [AXIS_SERVER_SIDE] = (uint8_t)server,
                            [AXIS_AGENT_SIDE] = (uint8_t)agent,
                            [AXIS_PRESENCE] = (uint8_t)presence,
                            [AXIS_PATTERN] = TRI_YES,
                            [AXIS_SCAN] = SCAN_RUNNING,
                            [AXIS_SMART] = TRI_YES } };
}

/* A connection's outcome as one letter, so that the tables below can be read as tables. */
static char letter_of(const struct verdict *verdict)
{
    bool holds = verdict->conditions & CONDITION_BIT(CONDITION_OFFLINE);
    bool unknown = verdict->unknowns & CONDITION_BIT(CONDITION_OFFLINE);
    assert_false(holds && unknown);
    switch (verdict->diagnosis) {
    case DIAGNOSIS_UNKNOWN:
        return unknown ? 'u' : '!';
    case DIAGNOSIS_NONE:
        return holds || unknown ? '!' : '-';
    case DIAGNOSIS_SERVER_DOWN:
        return holds ? 'D' : unknown ? 'q' : 'd';
    case DIAGNOSIS_NETWORK_FAULT:
        return holds ? 'N' : '!';
    case DIAGNOSIS_SERVER_NAME_UNRESOLVED:
        return holds ? 'S' : '!';
    case DIAGNOSIS_FIREWALL_BLOCKS_SERVER:
        return holds ? 'F' : '!';
    case DIAGNOSIS_AGENT_ADDRESS_CHANGED:
        return holds ? 'C' : '!';
    case DIAGNOSIS_FIREWALL_OR_ADDRESS:
        return holds ? 'X' : '!';
    case DIAGNOSIS_UNVERIFIED:
        return holds ? 'V' : '!';
    default:
        return '!';
    }
}

struct connection_row {
    enum side server, agent;
    enum knowledge knowledge;
    /* By policy and presence: alarm and present, unknown, absent; note and present, unknown, absent. */
    const char *expected;
};

static void check_connection_row(const struct connection_row *row, const struct evidence *evidence,
                                 const struct context *context)
{
    static const enum presence presences[] = { PRESENCE_PRESENT, PRESENCE_UNKNOWN, PRESENCE_ABSENT };
    for (unsigned i = 0; i < 6; i++) {
        struct policy policy = policy_of(i < 3 ? ABSENT_ALARM : ABSENT_NOTE);
        struct axes axes = axes_of(row->server, row->agent, presences[i % 3]);
        struct verdict verdict = diagnose(&axes, evidence, context, &policy, NOW);
        if (letter_of(&verdict) != row->expected[i])
            fail_msg("server %s, agent %s, addresses %d, case %u: got %c, expected %c", side_name(row->server),
                     side_name(row->agent), row->knowledge, i, letter_of(&verdict), row->expected[i]);
        bool holds = verdict.conditions & CONDITION_BIT(CONDITION_OFFLINE);
        bool unknown = verdict.unknowns & CONDITION_BIT(CONDITION_OFFLINE);
        assert_int_equal(verdict.icon, holds ? ICON_OFFLINE : unknown ? ICON_UNKNOWN : ICON_HEALTHY);
    }
}

static void every_pair_of_sides_has_its_diagnosis(void **state)
{
    (void)state;
    static const struct connection_row rows[] = {
        /* server side, agent side, own address against the one on record */
        { SIDE_UNKNOWN, SIDE_UNKNOWN, UNTOLD, "uuuuu-" }, { SIDE_UNKNOWN, SIDE_UNKNOWN, SAME, "uuuuu-" },
        { SIDE_UNKNOWN, SIDE_UNKNOWN, OTHER, "uuuuu-" },  { SIDE_UNKNOWN, SIDE_ONLINE, UNTOLD, "------" },
        { SIDE_UNKNOWN, SIDE_ONLINE, SAME, "------" },    { SIDE_UNKNOWN, SIDE_ONLINE, OTHER, "------" },
        { SIDE_UNKNOWN, SIDE_OFFLINE, UNTOLD, "VVVVV-" }, { SIDE_UNKNOWN, SIDE_OFFLINE, SAME, "VVVVV-" },
        { SIDE_UNKNOWN, SIDE_OFFLINE, OTHER, "VVVVV-" },  { SIDE_ONLINE, SIDE_UNKNOWN, UNTOLD, "------" },
        { SIDE_ONLINE, SIDE_UNKNOWN, SAME, "------" },    { SIDE_ONLINE, SIDE_UNKNOWN, OTHER, "------" },
        { SIDE_ONLINE, SIDE_ONLINE, UNTOLD, "------" },   { SIDE_ONLINE, SIDE_ONLINE, SAME, "------" },
        { SIDE_ONLINE, SIDE_ONLINE, OTHER, "------" },    { SIDE_ONLINE, SIDE_OFFLINE, UNTOLD, "SSSSS-" },
        { SIDE_ONLINE, SIDE_OFFLINE, SAME, "SSSSS-" },    { SIDE_ONLINE, SIDE_OFFLINE, OTHER, "SSSSS-" },
        { SIDE_OFFLINE, SIDE_UNKNOWN, UNTOLD, "VVVVV-" }, { SIDE_OFFLINE, SIDE_UNKNOWN, SAME, "VVVVV-" },
        { SIDE_OFFLINE, SIDE_UNKNOWN, OTHER, "VVVVV-" },  { SIDE_OFFLINE, SIDE_ONLINE, UNTOLD, "XXXXX-" },
        { SIDE_OFFLINE, SIDE_ONLINE, SAME, "FFFFF-" },    { SIDE_OFFLINE, SIDE_ONLINE, OTHER, "CCCCC-" },
        { SIDE_OFFLINE, SIDE_OFFLINE, UNTOLD, "NNNNN-" }, { SIDE_OFFLINE, SIDE_OFFLINE, SAME, "NNNNN-" },
        { SIDE_OFFLINE, SIDE_OFFLINE, OTHER, "NNNNN-" },
    };
    /* A server that is up, unknown, or down without an agent that complains changes none of it. */
    static const enum updown states[] = { UPDOWN_UP, UPDOWN_UNKNOWN, UPDOWN_DOWN };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t s = 0; s < COUNT(states); s++) {
            struct evidence evidence = evidence_of(rows[i].knowledge);
            struct context context = {
                .server_state = states[s], .server_up_since_ms = 0, .recorded = on_record, .monitored = CONDITIONS_ALL
            };
            check_connection_row(&rows[i], &evidence, &context);
        }
    }
}

static void a_server_that_is_down_is_named_where_its_agent_says_offline(void **state)
{
    (void)state;
    /* The condition follows the server side, whatever was believed of the agent's. */
    static const struct connection_row rows[] = {
        { SIDE_UNKNOWN, SIDE_UNKNOWN, SAME, "qqqqq-" }, { SIDE_UNKNOWN, SIDE_ONLINE, SAME, "qqqqq-" },
        { SIDE_UNKNOWN, SIDE_OFFLINE, SAME, "qqqqq-" }, { SIDE_ONLINE, SIDE_UNKNOWN, SAME, "ddddd-" },
        { SIDE_ONLINE, SIDE_ONLINE, SAME, "ddddd-" },   { SIDE_ONLINE, SIDE_OFFLINE, SAME, "ddddd-" },
        { SIDE_OFFLINE, SIDE_UNKNOWN, SAME, "DDDDD-" }, { SIDE_OFFLINE, SIDE_ONLINE, SAME, "DDDDD-" },
        { SIDE_OFFLINE, SIDE_OFFLINE, SAME, "DDDDD-" },
    };
    const struct context down = { .server_state = UPDOWN_DOWN, .recorded = on_record, .monitored = CONDITIONS_ALL };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct evidence evidence = evidence_of(rows[i].knowledge);
        evidence.known.agent_side = (struct contact){ .mono_ms = NOW - LIMIT, .side = SIDE_OFFLINE };
        check_connection_row(&rows[i], &evidence, &down);
    }
}

static void a_server_that_is_down_is_not_named_without_fresh_word_of_it(void **state)
{
    (void)state;
    static const struct {
        enum updown server;
        struct contact agent_side;
        char expected; /* server side offline, agent side not known */
    } rows[] = {
        { UPDOWN_DOWN, { .mono_ms = NOW - LIMIT, .side = SIDE_OFFLINE }, 'D' },
        { UPDOWN_DOWN, { .mono_ms = NOW - LIMIT - 1, .side = SIDE_OFFLINE }, 'V' },
        { UPDOWN_DOWN, { .mono_ms = NOW, .side = SIDE_ONLINE }, 'V' },
        { UPDOWN_DOWN, { .mono_ms = 0, .side = SIDE_OFFLINE }, 'V' },
        { UPDOWN_UP, { .mono_ms = NOW, .side = SIDE_OFFLINE }, 'V' },
        { UPDOWN_UNKNOWN, { .mono_ms = NOW, .side = SIDE_OFFLINE }, 'V' },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct evidence evidence = { .known.agent_side = rows[i].agent_side };
        struct context context = {
            .server_state = rows[i].server, .server_up_since_ms = 0, .recorded = on_record, .monitored = CONDITIONS_ALL
        };
        struct policy policy = policy_of(ABSENT_ALARM);
        struct axes axes = axes_of(SIDE_OFFLINE, SIDE_UNKNOWN, PRESENCE_PRESENT);
        struct verdict verdict = diagnose(&axes, &evidence, &context, &policy, NOW);
        assert_int_equal(letter_of(&verdict), rows[i].expected);
    }
}

static void addresses_decide_only_while_they_are_known(void **state)
{
    (void)state;
    static const struct address none = { 0 };
    static const struct address six = { 6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
    static const struct address six_like_four = { 6, { 10, 1, 2, 3 } };
    const struct {
        struct address recorded;
        struct address_list own;
        char expected;
    } rows[] = {
        { on_record, { .mono_ms = NOW, .n = 1, .at = { on_record } }, 'F' },
        { on_record, { .mono_ms = NOW, .n = 3, .at = { elsewhere, six, on_record } }, 'F' },
        { on_record, { .mono_ms = NOW, .n = 2, .at = { elsewhere, six, on_record } }, 'C' },
        { on_record, { .mono_ms = NOW, .n = 1, .at = { six_like_four } }, 'C' },
        { six, { .mono_ms = NOW, .n = 2, .at = { elsewhere, six } }, 'F' },
        { six, { .mono_ms = NOW, .n = 1, .at = { elsewhere } }, 'C' },
        { none, { .mono_ms = NOW, .n = 1, .at = { on_record } }, 'X' },
        { on_record, { .mono_ms = NOW, .n = 0, .at = { on_record } }, 'X' },
        { on_record, { .mono_ms = 0, .n = 1, .at = { on_record } }, 'X' },
        { on_record, { .mono_ms = NOW - LIMIT, .n = 1, .at = { elsewhere } }, 'C' },
        { on_record, { .mono_ms = NOW - LIMIT - 1, .n = 1, .at = { elsewhere } }, 'X' },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct evidence evidence = { .known.own = &rows[i].own };
        struct context context = { .server_state = UPDOWN_UP,
                                   .server_up_since_ms = 0,
                                   .recorded = rows[i].recorded,
                                   .monitored = CONDITIONS_ALL };
        struct policy policy = policy_of(ABSENT_ALARM);
        struct axes axes = axes_of(SIDE_OFFLINE, SIDE_ONLINE, PRESENCE_PRESENT);
        struct verdict verdict = diagnose(&axes, &evidence, &context, &policy, NOW);
        if (letter_of(&verdict) != rows[i].expected)
            fail_msg("row %zu: got %c, expected %c", i, letter_of(&verdict), rows[i].expected);
    }
}

/* The six conditions: pattern, real-time scan, disabled, unprotected, offline, smart protection. */
#define P   (1U << 0)
#define R   (1U << 1)
#define D   (1U << 2)
#define U   (1U << 3)
#define O   (1U << 4)
#define M   (1U << 5)
#define ALL (P | R | D | U | O | M)

static void icon_and_severity_follow_from_what_holds(void **state)
{
    (void)state;
    static const struct {
        enum side server;
        enum tri pattern;
        enum scan_state scan;
        enum tri smart;
        uint32_t monitored, conditions, unknowns;
        enum icon icon;
        enum severity severity;
    } rows[] = {
        { SIDE_ONLINE, TRI_YES, SCAN_RUNNING, TRI_YES, ALL, 0, 0, ICON_HEALTHY, SEVERITY_CLEARED },
        /* each alone */
        { SIDE_ONLINE, TRI_NO, SCAN_RUNNING, TRI_YES, ALL, P, 0, ICON_PATTERN_OUTDATED, SEVERITY_MAJOR },
        { SIDE_ONLINE, TRI_YES, SCAN_NOT_FUNCTIONING, TRI_YES, ALL, R, 0, ICON_REAL_TIME_SCAN_NOT_FUNCTIONING,
          SEVERITY_CRITICAL },
        { SIDE_ONLINE, TRI_YES, SCAN_DISABLED, TRI_YES, ALL, D, 0, ICON_REAL_TIME_SCAN_DISABLED, SEVERITY_CRITICAL },
        { SIDE_ONLINE, TRI_YES, SCAN_STANDALONE_UNPROTECTED, TRI_YES, ALL, U, 0, ICON_STANDALONE_UNPROTECTED,
          SEVERITY_CRITICAL },
        { SIDE_OFFLINE, TRI_YES, SCAN_RUNNING, TRI_YES, ALL, O, 0, ICON_OFFLINE, SEVERITY_MAJOR },
        { SIDE_ONLINE, TRI_YES, SCAN_RUNNING, TRI_NO, ALL, M, 0, ICON_SMART_PROTECTION_UNAVAILABLE, SEVERITY_MINOR },
        /* together: the most severe is shown */
        { SIDE_OFFLINE, TRI_NO, SCAN_NOT_FUNCTIONING, TRI_NO, ALL, P | R | O | M, 0,
          ICON_REAL_TIME_SCAN_NOT_FUNCTIONING, SEVERITY_CRITICAL },
        { SIDE_OFFLINE, TRI_NO, SCAN_DISABLED, TRI_NO, ALL, P | D | O | M, 0, ICON_REAL_TIME_SCAN_DISABLED,
          SEVERITY_CRITICAL },
        { SIDE_OFFLINE, TRI_NO, SCAN_STANDALONE_UNPROTECTED, TRI_NO, ALL, P | U | O | M, 0, ICON_STANDALONE_UNPROTECTED,
          SEVERITY_CRITICAL },
        { SIDE_OFFLINE, TRI_NO, SCAN_RUNNING, TRI_NO, ALL, P | O | M, 0, ICON_OFFLINE, SEVERITY_MAJOR },
        { SIDE_ONLINE, TRI_NO, SCAN_RUNNING, TRI_NO, ALL, P | M, 0, ICON_PATTERN_OUTDATED, SEVERITY_MAJOR },
        { SIDE_OFFLINE, TRI_YES, SCAN_RUNNING, TRI_NO, ALL, O | M, 0, ICON_OFFLINE, SEVERITY_MAJOR },
        /* unknown is never healthy, and never hides what holds */
        { SIDE_UNKNOWN, TRI_UNKNOWN, SCAN_UNKNOWN, TRI_UNKNOWN, ALL, 0, P | R | D | U | O | M, ICON_UNKNOWN,
          SEVERITY_UNKNOWN },
        { SIDE_ONLINE, TRI_UNKNOWN, SCAN_RUNNING, TRI_YES, ALL, 0, P, ICON_UNKNOWN, SEVERITY_UNKNOWN },
        { SIDE_ONLINE, TRI_YES, SCAN_UNKNOWN, TRI_YES, ALL, 0, R | D | U, ICON_UNKNOWN, SEVERITY_UNKNOWN },
        { SIDE_ONLINE, TRI_UNKNOWN, SCAN_UNKNOWN, TRI_NO, ALL, M, P | R | D | U, ICON_SMART_PROTECTION_UNAVAILABLE,
          SEVERITY_MINOR },
        /* what is not monitored is not asked */
        { SIDE_UNKNOWN, TRI_UNKNOWN, SCAN_UNKNOWN, TRI_UNKNOWN, 0, 0, 0, ICON_HEALTHY, SEVERITY_CLEARED },
        { SIDE_ONLINE, TRI_UNKNOWN, SCAN_UNKNOWN, TRI_UNKNOWN, O, 0, 0, ICON_HEALTHY, SEVERITY_CLEARED },
        { SIDE_ONLINE, TRI_UNKNOWN, SCAN_UNKNOWN, TRI_UNKNOWN, O | R | P, 0, R | P, ICON_UNKNOWN, SEVERITY_UNKNOWN },
        /* and yet holds where evidence shows it */
        { SIDE_ONLINE, TRI_NO, SCAN_RUNNING, TRI_YES, O, P, 0, ICON_PATTERN_OUTDATED, SEVERITY_MAJOR },
        { SIDE_OFFLINE, TRI_UNKNOWN, SCAN_DISABLED, TRI_NO, 0, D | O | M, 0, ICON_REAL_TIME_SCAN_DISABLED,
          SEVERITY_CRITICAL },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct evidence evidence = { 0 };
        struct context context = { .server_state = UPDOWN_UP, .monitored = rows[i].monitored };
        struct policy policy = policy_of(ABSENT_ALARM);
        struct axes axes = { { [AXIS_SERVER_SIDE] = (uint8_t)rows[i].server,
                               [AXIS_AGENT_SIDE] = SIDE_UNKNOWN,
                               [AXIS_PRESENCE] = PRESENCE_UNKNOWN,
                               [AXIS_PATTERN] = (uint8_t)rows[i].pattern,
                               [AXIS_SCAN] = (uint8_t)rows[i].scan,
                               [AXIS_SMART] = (uint8_t)rows[i].smart } };
        struct verdict verdict = diagnose(&axes, &evidence, &context, &policy, NOW);
        if (verdict.conditions != rows[i].conditions || verdict.unknowns != rows[i].unknowns ||
            verdict.icon != rows[i].icon || verdict.severity != rows[i].severity)
            fail_msg("row %zu: conditions %x, unknowns %x, icon %s, severity %s", i, verdict.conditions,
                     verdict.unknowns, icon_name(verdict.icon), severity_name(verdict.severity));
    }
}

static void axes_that_nobody_believed_yet_are_unknown(void **state)
{
    (void)state;
    const struct axes axes = { { 0 } };
    const struct evidence evidence = { 0 };
    const struct context context = { .server_state = UPDOWN_UNKNOWN, .monitored = CONDITIONS_ALL };
    const struct policy policy = policy_of(ABSENT_NOTE);
    struct verdict verdict = diagnose(&axes, &evidence, &context, &policy, NOW);
    assert_int_equal(verdict.conditions, 0);
    assert_int_equal(verdict.unknowns, CONDITIONS_ALL);
    assert_int_equal(verdict.icon, ICON_UNKNOWN);
    assert_int_equal(verdict.severity, SEVERITY_UNKNOWN);
    assert_int_equal(verdict.diagnosis, DIAGNOSIS_UNKNOWN);
}

static void a_name_is_checked_against_the_servers_addresses(void **state)
{
    (void)state;
    static const struct address six = { 6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
    static const struct address both[] = { { 4, { 10, 1, 2, 3 } }, { 6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } } };
    static const struct address many[EXPECTED_ADDRESSES_MAX] = { { 4, { 10, 1, 2, 3 } } };
    const struct {
        struct address_list resolved;
        const struct address *expected;
        size_t n_expected;
        enum name_check check;
    } rows[] = {
        { { .mono_ms = NOW, .n = 1, .at = { on_record } }, &on_record, 1, NAME_AS_EXPECTED },
        { { .mono_ms = NOW, .n = 1, .at = { elsewhere } }, &on_record, 1, NAME_OTHER_ADDRESS },
        { { .mono_ms = NOW, .n = 2, .at = { elsewhere, on_record } }, &on_record, 1, NAME_AS_EXPECTED },
        { { .mono_ms = NOW, .n = 1, .at = { six } }, both, 2, NAME_AS_EXPECTED },
        { { .mono_ms = NOW, .n = 1, .at = { six } }, both, 1, NAME_OTHER_ADDRESS },
        { { .mono_ms = NOW, .n = 2, .at = { elsewhere, six } }, both, 1, NAME_OTHER_ADDRESS },
        /* nothing is nothing, whatever it should be */
        { { .mono_ms = NOW, .n = 0 }, &on_record, 1, NAME_NOT_FOUND },
        { { .mono_ms = NOW, .n = 0 }, NULL, 0, NAME_NOT_FOUND },
        /* not known on either side */
        { { .mono_ms = NOW, .n = 1, .at = { on_record } }, NULL, 0, NAME_UNKNOWN },
        { { .mono_ms = 0, .n = 1, .at = { on_record } }, &on_record, 1, NAME_UNKNOWN },
        { { .mono_ms = 0, .n = 0 }, &on_record, 1, NAME_UNKNOWN },
        /* while it is fresh */
        { { .mono_ms = NOW - LIMIT, .n = 1, .at = { elsewhere } }, &on_record, 1, NAME_OTHER_ADDRESS },
        { { .mono_ms = NOW - LIMIT - 1, .n = 1, .at = { elsewhere } }, &on_record, 1, NAME_UNKNOWN },
        { { .mono_ms = NOW - LIMIT - 1, .n = 0 }, &on_record, 1, NAME_UNKNOWN },
        /* a list that may have been cut can confirm, and not refute */
        { { .mono_ms = NOW, .n = 1, .at = { on_record } }, many, COUNT(many), NAME_AS_EXPECTED },
        { { .mono_ms = NOW, .n = 1, .at = { elsewhere } }, many, COUNT(many), NAME_UNKNOWN },
        { { .mono_ms = NOW, .n = 1, .at = { elsewhere } }, many, COUNT(many) - 1, NAME_OTHER_ADDRESS },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct evidence evidence = { .known.resolved = &rows[i].resolved };
        const struct context context = { .expected = rows[i].expected, .n_expected = rows[i].n_expected };
        const struct policy policy = policy_of(ABSENT_ALARM);
        const struct axes axes = axes_of(SIDE_ONLINE, SIDE_OFFLINE, PRESENCE_PRESENT);
        const struct verdict verdict = diagnose(&axes, &evidence, &context, &policy, NOW);
        if (verdict.name_check != rows[i].check)
            fail_msg("row %zu: %u", i, verdict.name_check);
        assert_int_equal(verdict.diagnosis, DIAGNOSIS_SERVER_NAME_UNRESOLVED);
    }
}

static void checks_are_made_with_facts_that_are_fresh(void **state)
{
    (void)state;
    static const struct {
        int64_t location_age_ms, source_age_ms, tmusa_age_ms;
        uint32_t failed;
    } rows[] = {
        { 0, 0, 0, CHECK_BIT(CHECK_LOCATION_PROFILE) | CHECK_BIT(CHECK_TMUSA) },
        { LIMIT, LIMIT, LIMIT, CHECK_BIT(CHECK_LOCATION_PROFILE) | CHECK_BIT(CHECK_TMUSA) },
        { LIMIT + 1, 0, 0, CHECK_BIT(CHECK_TMUSA) },
        { 0, LIMIT + 1, 0, CHECK_BIT(CHECK_TMUSA) },
        { 0, 0, LIMIT + 1, CHECK_BIT(CHECK_LOCATION_PROFILE) },
        { LIMIT + 1, LIMIT + 1, LIMIT + 1, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct evidence evidence = {
            .known.facts = { [FACT_LOCATION] = { NOW - rows[i].location_age_ms, LOCATION_INTERNAL, 0 },
                             [FACT_CURRENT_SOURCE] = { NOW - rows[i].source_age_ms, TRI_NO, 0 },
                             [FACT_SCAN_METHOD] = { NOW, SCAN_METHOD_CONVENTIONAL, 0 },
                             [FACT_TMUSA] = { NOW - rows[i].tmusa_age_ms, SERVICE_MISSING, 0 } }
        };
        const struct context context = { .server_state = UPDOWN_UP };
        const struct policy policy = policy_of(ABSENT_ALARM);
        const struct axes axes = axes_of(SIDE_ONLINE, SIDE_ONLINE, PRESENCE_PRESENT);
        const struct verdict verdict = diagnose(&axes, &evidence, &context, &policy, NOW);
        assert_int_equal(verdict_failed_checks(&verdict), rows[i].failed);
        assert_int_equal(verdict.findings[CHECK_PROXIES - 1], FINDING_NOTHING);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_sides_has_its_diagnosis),
        cmocka_unit_test(a_server_that_is_down_is_named_where_its_agent_says_offline),
        cmocka_unit_test(a_server_that_is_down_is_not_named_without_fresh_word_of_it),
        cmocka_unit_test(addresses_decide_only_while_they_are_known),
        cmocka_unit_test(icon_and_severity_follow_from_what_holds),
        cmocka_unit_test(axes_that_nobody_believed_yet_are_unknown),
        cmocka_unit_test(a_name_is_checked_against_the_servers_addresses),
        cmocka_unit_test(checks_are_made_with_facts_that_are_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
