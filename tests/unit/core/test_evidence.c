/* Merging and ageing, as tables: observations in, evidence out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/evidence.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Evidence has holes in its layout: compared whole, it must have been filled whole. */
static struct evidence blank(void)
{
    struct evidence evidence;
    memset(&evidence, 0, sizeof(evidence));
    return evidence;
}

static void merge(struct evidence *evidence, const struct observation *observation)
{
    assert_int_equal(evidence_merge(evidence, observation), 0);
}

static void the_newer_fact_wins_whoever_says_it(void **state)
{
    (void)state;
    static const struct {
        int64_t first_ms, second_ms; /* a feed says 2, then WinRM says 3 */
        int32_t value;
        enum driver driver;
    } rows[] = {
        { 1000, 1001, 3, DRIVER_WINRM },  { 1000, 1000, 3, DRIVER_WINRM },   /* equally old: the later word */
        { 1000, 999, 2, DRIVER_FEED },    { -2000, -1000, 3, DRIVER_WINRM }, /* true before the machine started */
        { -1000, -2000, 2, DRIVER_FEED }, { -1000, 0, 3, DRIVER_WINRM },     { 0, -1000, 2, DRIVER_FEED },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (unsigned fact = 0; fact < FACTS; fact++) {
            struct evidence evidence = blank();
            struct observation first = {
                .driver = DRIVER_FEED, .cause = CAUSE_NONE, .mono_ms = rows[i].first_ms, .facts = FACT_BIT(fact)
            };
            struct observation second = {
                .driver = DRIVER_WINRM, .cause = CAUSE_NONE, .mono_ms = rows[i].second_ms, .facts = FACT_BIT(fact)
            };
            first.values[fact] = 2;
            second.values[fact] = 3;
            merge(&evidence, &first);
            assert_int_not_equal(evidence.known.facts[fact].mono_ms, 0);
            merge(&evidence, &second);
            assert_int_equal(evidence.known.facts[fact].value, rows[i].value);
            assert_int_equal(evidence.known.facts[fact].driver, rows[i].driver);
            for (unsigned other = 0; other < FACTS; other++)
                assert_true(other == fact || evidence.known.facts[other].mono_ms == 0);
            evidence_release(&evidence);
        }
    }
}

static void facts_that_are_not_given_stay(void **state)
{
    (void)state;
    struct evidence evidence = blank();
    struct observation both = { .driver = DRIVER_WINRM,
                                .cause = CAUSE_NONE,
                                .mono_ms = 100,
                                .facts = FACT_BIT(FACT_MODE) | FACT_BIT(FACT_TMUSA),
                                .values = { [FACT_MODE] = MODE_STANDALONE, [FACT_TMUSA] = SERVICE_RUNNING } };
    struct observation one = { .driver = DRIVER_WINRM,
                               .cause = CAUSE_NONE,
                               .mono_ms = 200,
                               .facts = FACT_BIT(FACT_TMUSA),
                               .values = { [FACT_MODE] = MODE_NORMAL, [FACT_TMUSA] = SERVICE_STOPPED } };
    merge(&evidence, &both);
    merge(&evidence, &one);
    assert_int_equal(evidence.known.facts[FACT_MODE].value, MODE_STANDALONE);
    assert_int_equal(evidence.known.facts[FACT_MODE].mono_ms, 100);
    assert_int_equal(evidence.known.facts[FACT_TMUSA].value, SERVICE_STOPPED);
    assert_int_equal(evidence.known.facts[FACT_TMUSA].mono_ms, 200);
}

static void a_listener_speaks_about_the_server_side(void **state)
{
    (void)state;
    static const struct {
        enum driver driver;
        enum cause cause;
        uint32_t has;
        enum side expected; /* 0: it says nothing */
    } rows[] = {
        { DRIVER_LISTENER, CAUSE_NONE, 0, SIDE_ONLINE },
        { DRIVER_LISTENER, CAUSE_NONE, HAS_SERVER_SIDE, SIDE_ONLINE },
        { DRIVER_LISTENER, CAUSE_NAME_NOT_FOUND, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_REFUSED, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_TIMED_OUT, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_UNREACHABLE, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_RESET, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_TLS_REJECTED, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_AUTHENTICATION_FAILED, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_FORBIDDEN, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_WRONG_ANSWER, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_TOO_LARGE, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_HTTP_ERROR, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_PROTOCOL_ERROR, 0, SIDE_OFFLINE },
        { DRIVER_LISTENER, CAUSE_CANCELLED, HAS_SERVER_SIDE, 0 },
        { DRIVER_LISTENER, CAUSE_UNKNOWN, HAS_SERVER_SIDE, 0 },
        { DRIVER_LISTENER, CAUSE_STALE, HAS_SERVER_SIDE, 0 },
        { DRIVER_FEED, CAUSE_NONE, 0, 0 },
        { DRIVER_WINRM, CAUSE_TIMED_OUT, 0, 0 },
        { DRIVER_CENTRAL, CAUSE_NONE, HAS_SERVER_SIDE, SIDE_ONLINE },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct evidence evidence = blank();
        const struct observation observation = { .driver = rows[i].driver,
                                                 .cause = rows[i].cause,
                                                 .has = rows[i].has,
                                                 .heard = true,
                                                 .rtt_ms = 7,
                                                 .mono_ms = 500,
                                                 .wall_ms = 600 };
        merge(&evidence, &observation);
        const struct contact *contact = &evidence.server_side;
        assert_int_equal(contact->side, rows[i].expected);
        assert_int_equal(contact->mono_ms, rows[i].expected ? 500 : 0);
        if (rows[i].expected) {
            assert_int_equal(contact->wall_ms, 600);
            assert_int_equal(contact->rtt_ms, 7);
            assert_int_equal(contact->cause, rows[i].cause);
            assert_int_equal(contact->driver, rows[i].driver);
            assert_true(contact->heard);
        }
        assert_int_equal(evidence.known.agent_side.mono_ms, 0);
    }
}

static void an_older_contact_changes_nothing(void **state)
{
    (void)state;
    struct evidence evidence = blank();
    const struct observation refused = { .driver = DRIVER_LISTENER, .cause = CAUSE_REFUSED, .mono_ms = 500 };
    const struct observation earlier = { .driver = DRIVER_LISTENER, .cause = CAUSE_NONE, .mono_ms = 499 };
    const struct observation later = { .driver = DRIVER_LISTENER, .cause = CAUSE_NONE, .mono_ms = 501 };
    const struct observation cancelled = { .driver = DRIVER_LISTENER, .cause = CAUSE_CANCELLED, .mono_ms = 502 };
    merge(&evidence, &refused);
    merge(&evidence, &earlier);
    assert_int_equal(evidence.server_side.cause, CAUSE_REFUSED);
    merge(&evidence, &later);
    assert_int_equal(evidence.server_side.cause, CAUSE_NONE);
    merge(&evidence, &cancelled);
    assert_int_equal(evidence.server_side.mono_ms, 501);
}

static void a_question_to_the_endpoint_is_a_contact_of_its_own(void **state)
{
    (void)state;
    static const struct {
        enum driver driver;
        enum cause cause;
        enum side expected; /* 0: it is no such question, or was not asked */
        bool tells;         /* its facts count: one that broke off has said what it has said */
    } rows[] = {
        { DRIVER_WINRM, CAUSE_NONE, SIDE_ONLINE, true },
        { DRIVER_WINRM, CAUSE_NAME_NOT_FOUND, SIDE_OFFLINE, true },
        { DRIVER_WINRM, CAUSE_REFUSED, SIDE_OFFLINE, true },
        { DRIVER_WINRM, CAUSE_TIMED_OUT, SIDE_OFFLINE, true },
        { DRIVER_WINRM, CAUSE_UNREACHABLE, SIDE_OFFLINE, true },
        { DRIVER_WINRM, CAUSE_TLS_REJECTED, SIDE_OFFLINE, true },
        { DRIVER_WINRM, CAUSE_AUTHENTICATION_FAILED, SIDE_OFFLINE, true },
        { DRIVER_WINRM, CAUSE_FORBIDDEN, SIDE_OFFLINE, true },
        { DRIVER_WINRM, CAUSE_HTTP_ERROR, SIDE_OFFLINE, true },
        { DRIVER_WINRM, CAUSE_PROTOCOL_ERROR, SIDE_OFFLINE, true },
        { DRIVER_WINRM, CAUSE_CANCELLED, 0, false },
        { DRIVER_WINRM, CAUSE_UNKNOWN, 0, false },
        { DRIVER_WINRM, CAUSE_STALE, 0, false },
        { DRIVER_FEED, CAUSE_NONE, 0, true },
        { DRIVER_LISTENER, CAUSE_TIMED_OUT, 0, false },
        { DRIVER_CENTRAL, CAUSE_NONE, 0, true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct evidence evidence = blank();
        const struct observation observation = { .driver = rows[i].driver,
                                                 .cause = rows[i].cause,
                                                 .heard = true,
                                                 .rtt_ms = 7,
                                                 .mono_ms = 500,
                                                 .wall_ms = 600,
                                                 .has = HAS_AGENT_SIDE | HAS_OWN | HAS_RESOLVED | HAS_PATTERN_DAY,
                                                 .agent_side = SIDE_ONLINE,
                                                 .facts = FACT_BIT(FACT_MODE) };
        merge(&evidence, &observation);
        const struct contact *asked = &evidence.asked;
        assert_int_equal(asked->side, rows[i].expected);
        assert_int_equal(asked->mono_ms, rows[i].expected ? 500 : 0);
        if (rows[i].expected) {
            assert_int_equal(asked->wall_ms, 600);
            assert_int_equal(asked->rtt_ms, 7);
            assert_int_equal(asked->cause, rows[i].cause);
            assert_int_equal(asked->driver, DRIVER_WINRM);
            assert_true(asked->heard);
        }
        const int64_t told_ms = rows[i].tells ? 500 : 0;
        assert_int_equal(evidence.known.facts[FACT_MODE].mono_ms, told_ms);
        assert_int_equal(evidence.known.agent_side.mono_ms, told_ms);
        assert_int_equal(statement_own(&evidence.known)->mono_ms, told_ms);
        assert_int_equal(statement_resolved(&evidence.known)->mono_ms, told_ms);
        assert_int_equal(evidence.known.pattern_mono_ms, told_ms);
        evidence_release(&evidence);
    }
}

static void an_agent_side_has_the_cause_that_its_report_gives(void **state)
{
    (void)state;
    static const struct {
        uint32_t has;
        enum side side;
        uint8_t resolved;
        enum cause given;   /* 0: none */
        enum side expected; /* 0: it says nothing */
        enum cause cause;
    } rows[] = {
        { HAS_AGENT_SIDE, SIDE_ONLINE, 0, 0, SIDE_ONLINE, CAUSE_NONE },
        { HAS_AGENT_SIDE, SIDE_OFFLINE, 0, 0, SIDE_OFFLINE, CAUSE_UNKNOWN },
        { HAS_AGENT_SIDE | HAS_RESOLVED, SIDE_OFFLINE, 0, 0, SIDE_OFFLINE, CAUSE_NAME_NOT_FOUND },
        { HAS_AGENT_SIDE | HAS_RESOLVED, SIDE_OFFLINE, 1, 0, SIDE_OFFLINE, CAUSE_UNKNOWN },
        { HAS_AGENT_SIDE | HAS_RESOLVED, SIDE_ONLINE, 0, 0, SIDE_ONLINE, CAUSE_NONE },
        { HAS_AGENT_SIDE, SIDE_UNKNOWN, 0, 0, 0, 0 },
        { 0, SIDE_OFFLINE, 0, 0, 0, 0 },
        /* one that knows why says so itself */
        { HAS_AGENT_SIDE, SIDE_OFFLINE, 0, CAUSE_TIMED_OUT, SIDE_OFFLINE, CAUSE_TIMED_OUT },
        { HAS_AGENT_SIDE | HAS_RESOLVED, SIDE_OFFLINE, 0, CAUSE_UNREACHABLE, SIDE_OFFLINE, CAUSE_UNREACHABLE },
        { HAS_AGENT_SIDE, SIDE_ONLINE, 0, CAUSE_NONE, SIDE_ONLINE, CAUSE_NONE },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct evidence evidence = blank();
        const struct observation observation = { .driver = DRIVER_FEED,
                                                 .cause = CAUSE_NONE,
                                                 .mono_ms = 500,
                                                 .has = rows[i].has,
                                                 .agent_side = (uint8_t)rows[i].side,
                                                 .agent_side_cause = (uint8_t)rows[i].given,
                                                 .agent_side_rtt_ms = 9,
                                                 .resolved = { .n = rows[i].resolved } };
        merge(&evidence, &observation);
        assert_int_equal(evidence.known.agent_side.side, rows[i].expected);
        assert_int_equal(evidence.known.agent_side.cause, rows[i].cause);
        assert_int_equal(evidence.known.agent_side.rtt_ms, rows[i].expected ? 9 : 0);
        assert_int_equal(evidence.known.agent_side.mono_ms, rows[i].expected ? 500 : 0);
        assert_int_equal(evidence.feed_mono_ms, 500);
        evidence_release(&evidence);
    }
}

static void a_newer_feed_replaces_the_last_one_as_a_whole(void **state)
{
    (void)state;
    struct evidence evidence = blank();
    const struct observation whole = { .driver = DRIVER_FEED,
                                       .cause = CAUSE_NONE,
                                       .mono_ms = 100,
                                       .has = HAS_AGENT_SIDE | HAS_OWN | HAS_RESOLVED | HAS_PATTERN_VERSION,
                                       .agent_side = SIDE_ONLINE,
                                       .facts = FACT_BIT(FACT_MODE) | FACT_BIT(FACT_TMUSA),
                                       .own = { .n = 1 },
                                       .resolved = { .n = 1 },
                                       .pattern_version = "19.429.80" };
    const struct observation asked = {
        .driver = DRIVER_WINRM, .cause = CAUSE_NONE, .mono_ms = 150, .facts = FACT_BIT(FACT_TMUSA)
    };
    const struct observation older = { .driver = DRIVER_FEED, .cause = CAUSE_NONE, .mono_ms = -5000 };
    const struct observation bare = { .driver = DRIVER_FEED, .cause = CAUSE_NONE, .mono_ms = 200 };

    merge(&evidence, &whole);
    merge(&evidence, &older);
    assert_int_equal(evidence.known.facts[FACT_MODE].mono_ms, 100);
    assert_int_equal(evidence.known.agent_side.side, SIDE_ONLINE);
    merge(&evidence, &asked);
    merge(&evidence, &bare);
    assert_int_equal(evidence.known.facts[FACT_MODE].mono_ms, 0);
    assert_int_equal(evidence.known.facts[FACT_TMUSA].mono_ms, 150); /* another driver's word stays */
    assert_int_equal(evidence.known.agent_side.side, SIDE_UNKNOWN);
    assert_int_equal(evidence.known.agent_side.mono_ms, 0);
    assert_int_equal(statement_own(&evidence.known)->mono_ms, 0);
    assert_int_equal(statement_resolved(&evidence.known)->mono_ms, 0);
    assert_int_equal(evidence.known.pattern_mono_ms, 0);
    assert_string_equal(evidence.known.pattern_version, "");
    assert_int_equal(evidence.feed_mono_ms, 200);
    evidence_release(&evidence);
}

static void a_broken_feed_is_no_sign_of_life(void **state)
{
    (void)state;
    struct evidence evidence = blank();
    const struct observation broken = { .driver = DRIVER_FEED, .cause = CAUSE_PROTOCOL_ERROR, .mono_ms = 500 };
    const struct evidence before = evidence;
    merge(&evidence, &broken);
    assert_memory_equal(&evidence, &before, sizeof(evidence));
}

static void lists_and_the_pattern_come_and_go_whole(void **state)
{
    (void)state;
    struct evidence evidence = blank();
    const struct observation first = { .driver = DRIVER_FEED,
                                       .cause = CAUSE_NONE,
                                       .mono_ms = 100,
                                       .has = HAS_OWN | HAS_RESOLVED | HAS_PATTERN_VERSION | HAS_PATTERN_DAY,
                                       .own = { .n = 2, .at = { { 4, { 10 } }, { 4, { 11 } } } },
                                       .resolved = { .n = 1, .at = { { 4, { 12 } } } },
                                       .pattern_version = "19.429.80",
                                       .pattern_day = 20000 };
    const struct observation older = { .driver = DRIVER_WINRM,
                                       .cause = CAUSE_NONE,
                                       .mono_ms = 99,
                                       .has = first.has,
                                       .pattern_version = "1.0.0",
                                       .pattern_day = 1 };
    const struct observation newer = { .driver = DRIVER_WINRM,
                                       .cause = CAUSE_NONE,
                                       .mono_ms = 200,
                                       .has = HAS_OWN | HAS_PATTERN_VERSION,
                                       .own = { .n = 1, .at = { { 4, { 20 } } } },
                                       .pattern_version = "19.5.0" };
    merge(&evidence, &first);
    const struct evidence merged = evidence;
    assert_int_equal(statement_own(&evidence.known)->n, 2);
    assert_int_equal(statement_own(&evidence.known)->mono_ms, 100);
    assert_int_equal(statement_resolved(&evidence.known)->at[0].bytes[0], 12);
    assert_string_equal(evidence.known.pattern_version, "19.429.80");
    assert_int_equal(evidence.known.pattern_day, 20000);

    merge(&evidence, &older);
    assert_memory_equal(&evidence.known, &merged.known, sizeof(evidence.known));

    merge(&evidence, &newer);
    assert_int_equal(statement_own(&evidence.known)->n, 1);
    assert_int_equal(statement_own(&evidence.known)->at[0].bytes[0], 20);
    assert_int_equal(statement_own(&evidence.known)->mono_ms, 200);
    assert_int_equal(statement_resolved(&evidence.known)->mono_ms, 100);
    assert_string_equal(evidence.known.pattern_version, "19.5.0");
    assert_int_equal(evidence.known.pattern_day, 0);
    assert_int_equal(evidence.known.pattern_mono_ms, 200);
    evidence_release(&evidence);
}

static void each_piece_is_forgotten_in_its_millisecond(void **state)
{
    (void)state;
    enum { LIMIT = 1000, AGED = 10 };
    struct evidence evidence = blank();
    evidence.server_side = (struct contact){ .mono_ms = 10, .wall_ms = 1, .side = SIDE_ONLINE, .cause = CAUSE_NONE };
    evidence.known.agent_side = (struct contact){ .mono_ms = 20, .wall_ms = 2, .side = SIDE_OFFLINE };
    evidence.known.facts[FACT_MODE] = (struct fact_value){ 30, MODE_NORMAL, DRIVER_FEED };
    evidence.known.facts[FACT_TMUSA] = (struct fact_value){ 40, SERVICE_RUNNING, DRIVER_FEED };
    evidence.known.own = address_list_new(&(struct address_list){ .mono_ms = 50 });
    evidence.known.resolved = address_list_new(&(struct address_list){ .mono_ms = 60 });
    evidence.known.pattern_mono_ms = 70;
    memcpy(evidence.known.pattern_version, "1.2", 4);
    evidence.known.pattern_day = 5;
    evidence.feed_mono_ms = 80;
    evidence.asked = (struct contact){ .mono_ms = 90, .wall_ms = 9, .side = SIDE_OFFLINE, .cause = CAUSE_REFUSED };
    evidence.known.report = report_new(&(struct report){ .notes = 0 });
    evidence.known.report_mono_ms = 100;

    int64_t next_ms = 0;
    assert_false(evidence_expire(&evidence, LIMIT, 10 + LIMIT, &next_ms));
    for (int64_t piece = 1; piece <= AGED; piece++) {
        assert_int_equal(next_ms, piece * 10 + LIMIT + 1);
        struct evidence before = evidence;
        int64_t same_ms = 0;
        assert_false(evidence_expire(&evidence, LIMIT, next_ms - 1, &same_ms));
        assert_memory_equal(&evidence, &before, sizeof(evidence));
        assert_true(evidence_expire(&evidence, LIMIT, next_ms, &next_ms));
        assert_int_equal(evidence.server_side.side, SIDE_UNKNOWN);
        assert_int_equal(evidence.server_side.cause, CAUSE_STALE);
        assert_int_equal(evidence.server_side.mono_ms, 10);
        assert_int_equal(evidence.server_side.wall_ms, 1);
        assert_int_equal(evidence.known.agent_side.side, piece < 2 ? SIDE_OFFLINE : SIDE_UNKNOWN);
        assert_int_equal(evidence.known.facts[FACT_MODE].mono_ms, piece < 3 ? 30 : 0);
        assert_int_equal(evidence.known.facts[FACT_TMUSA].mono_ms, piece < 4 ? 40 : 0);
        assert_int_equal(statement_own(&evidence.known)->mono_ms, piece < 5 ? 50 : 0);
        assert_int_equal(statement_resolved(&evidence.known)->mono_ms, piece < 6 ? 60 : 0);
        assert_int_equal(evidence.known.pattern_mono_ms, piece < 7 ? 70 : 0);
        assert_int_equal(evidence.known.pattern_day, piece < 7 ? 5 : 0);
        assert_string_equal(evidence.known.pattern_version, piece < 7 ? "1.2" : "");
        assert_int_equal(evidence.feed_mono_ms, piece < 8 ? 80 : 0);
        assert_int_equal(evidence.asked.cause, piece < 9 ? CAUSE_REFUSED : CAUSE_STALE);
        assert_int_equal(evidence.asked.side, piece < 9 ? SIDE_OFFLINE : SIDE_UNKNOWN);
        assert_int_equal(evidence.asked.mono_ms, 90);
        assert_int_equal(evidence.known.report != NULL, piece < 10);
        assert_int_equal(evidence.known.report_mono_ms, piece < 10 ? 100 : 0);
    }
    assert_true(next_ms == INT64_MAX);
    assert_false(evidence_expire(&evidence, LIMIT, 1000000, &next_ms));
    assert_true(next_ms == INT64_MAX);
}

/* What a newer word has replaced is watched until it has aged, too. */
static void a_second_sources_word_ages_in_its_millisecond(void **state)
{
    (void)state;
    enum { LIMIT = 1000 };
    struct evidence evidence = blank();
    const struct observation feed = {
        .driver = DRIVER_FEED, .cause = CAUSE_NONE, .mono_ms = 10, .facts = FACT_BIT(FACT_MODE)
    };
    const struct observation asked = {
        .driver = DRIVER_WINRM, .cause = CAUSE_NONE, .mono_ms = 20, .facts = FACT_BIT(FACT_MODE)
    };
    int64_t next_ms = 0;
    merge(&evidence, &feed);
    assert_null(evidence.sources);
    merge(&evidence, &asked);
    assert_int_equal(statements_count(evidence.sources), 2);
    assert_false(evidence_expire(&evidence, LIMIT, 10 + LIMIT, &next_ms));
    assert_int_equal(next_ms, 10 + LIMIT + 1);
    assert_int_equal(statements_count(evidence.sources), 2);
    assert_true(evidence_expire(&evidence, LIMIT, next_ms, &next_ms)); /* the feed itself is too old */
    assert_null(evidence.sources);
    assert_int_equal(evidence.known.facts[FACT_MODE].driver, DRIVER_WINRM);
    assert_int_equal(next_ms, 20 + LIMIT + 1);
    evidence_release(&evidence);

    /* One that leaves no other trace. */
    const struct observation recorded = {
        .driver = DRIVER_CENTRAL, .cause = CAUSE_NONE, .mono_ms = 10, .facts = FACT_BIT(FACT_MODE)
    };
    evidence = blank();
    merge(&evidence, &recorded);
    merge(&evidence, &asked);
    assert_false(evidence_expire(&evidence, LIMIT, 20, &next_ms));
    assert_int_equal(next_ms, 10 + LIMIT + 1);
    evidence_release(&evidence);
}

/* A feed that was written just before the machine started is not taken for one that was never written. */
static void a_feed_may_be_the_first_thing_there_is(void **state)
{
    (void)state;
    static const int64_t times_ms[] = { -1, -999, -1000, 0, 1 };
    for (size_t i = 0; i < COUNT(times_ms); i++) {
        struct evidence evidence = blank();
        const struct observation feed = {
            .driver = DRIVER_FEED, .cause = CAUSE_NONE, .mono_ms = times_ms[i], .facts = FACT_BIT(FACT_MODE)
        };
        merge(&evidence, &feed);
        assert_int_equal(evidence.feed_mono_ms, times_ms[i] ? times_ms[i] : -1);
        assert_int_equal(evidence.known.facts[FACT_MODE].mono_ms, evidence.feed_mono_ms);
    }
}

static void freshness_has_a_sharp_edge(void **state)
{
    (void)state;
    static const struct {
        int64_t mono_ms, now_ms;
        bool fresh;
    } rows[] = {
        { 0, 0, false },     { 0, 50, false },  { 1000, 1099, true }, { 1000, 1100, true }, { 1000, 1101, false },
        { 1000, 999, true }, { -50, 49, true }, { -50, 50, true },    { -50, 51, false },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(evidence_is_fresh(rows[i].mono_ms, 100, rows[i].now_ms), rows[i].fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newer_fact_wins_whoever_says_it),
        cmocka_unit_test(facts_that_are_not_given_stay),
        cmocka_unit_test(a_listener_speaks_about_the_server_side),
        cmocka_unit_test(an_older_contact_changes_nothing),
        cmocka_unit_test(a_question_to_the_endpoint_is_a_contact_of_its_own),
        cmocka_unit_test(an_agent_side_has_the_cause_that_its_report_gives),
        cmocka_unit_test(a_newer_feed_replaces_the_last_one_as_a_whole),
        cmocka_unit_test(a_broken_feed_is_no_sign_of_life),
        cmocka_unit_test(lists_and_the_pattern_come_and_go_whole),
        cmocka_unit_test(each_piece_is_forgotten_in_its_millisecond),
        cmocka_unit_test(a_second_sources_word_ages_in_its_millisecond),
        cmocka_unit_test(a_feed_may_be_the_first_thing_there_is),
        cmocka_unit_test(freshness_has_a_sharp_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
