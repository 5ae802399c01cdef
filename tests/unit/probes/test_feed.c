/* The feed: every key, every fault, and what becomes of the time. */
#include "probes/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIME    "time = 2026-11-23T00:00:00Z\n"
#define AGENT   "[agent]\n" TIME
#define TIME_MS 1795392000000
#define MONO_MS 10000000
#define TODAY   20780 /* 2026-11-23 */
#define HOUR_MS 3600000

/* A minute after the time of the feeds here. */
static const struct now minute_later = { .mono_ms = MONO_MS, .wall_ms = TIME_MS + 60000 };

static const struct feed_reader reader = { .name = "PC-0001", .gateways = "10.1.0.1, 2001:db8::1" };

/* The faults, each as "[section] key: what;". */
struct told {
    char text[2048];
};

static void tell(void *user, unsigned line, const char *section, const char *key, const char *what)
{
    (void)line;
    struct told *told = user;
    const size_t used = strlen(told->text);

    snprintf(told->text + used, sizeof told->text - used, "[%s] %s: %s;", section, key, what);
}

static struct observation parse(const char *text)
{
    struct observation observation;
    struct told told = { "" };
    const int error = feed_parse(text, strlen(text), &reader, &minute_later, tell, &told, &observation);

    if (error)
        fail_msg("%d: %s", error, told.text);
    return observation;
}

static void the_whole_feed_is_taken(void **state)
{
    (void)state;
    const struct observation seen =
        parse("[agent]\nname = PC-0001\n" TIME "addresses = 10.1.2.3, 2001:db8::1\nmode = normal\nscan_method = smart\n"
              "[server]\nreachable = yes\nresolved = 10.0.0.5\n"
              "[realtimescan]\nenabled = yes\nservice = running\n"
              "[pattern]\nversion = 19.429.80\ndate = 2026-11-22\n"
              "[smartprotection]\nreachable = yes\nlocation_profile = 1\n"
              "[driver]\ntmusa = running\n");
    struct address address;

    assert_int_equal(seen.driver, DRIVER_FEED);
    assert_int_equal(seen.cause, CAUSE_NONE);
    assert_true(seen.heard);
    assert_int_equal(seen.mono_ms, MONO_MS - 60000);
    assert_int_equal(seen.wall_ms, TIME_MS);
    assert_int_equal(seen.has, HAS_AGENT_SIDE | HAS_OWN | HAS_RESOLVED | HAS_PATTERN_VERSION | HAS_PATTERN_DAY);
    assert_int_equal(seen.facts, FACT_BIT(FACT_LISTENER_SERVICE) - 1);
    assert_int_equal(seen.values[FACT_MODE], MODE_NORMAL);
    assert_int_equal(seen.values[FACT_SCAN_METHOD], SCAN_METHOD_SMART);
    assert_int_equal(seen.values[FACT_RTS_POLICY], TRI_YES);
    assert_int_equal(seen.values[FACT_RTS_SERVICE], SERVICE_RUNNING);
    assert_int_equal(seen.values[FACT_SMART_PROTECTION], TRI_YES);
    assert_int_equal(seen.values[FACT_LOCATION], LOCATION_INTERNAL);
    assert_int_equal(seen.values[FACT_TMUSA], SERVICE_RUNNING);
    assert_int_equal(seen.values[FACT_PATTERN_AGE_S], 86400);
    assert_int_equal(seen.agent_side, SIDE_ONLINE);
    assert_string_equal(seen.pattern_version, "19.429.80");
    assert_int_equal(seen.pattern_day, TODAY - 1);
    assert_int_equal(seen.own.n, 2);
    assert_int_equal(address_parse("2001:db8::1", &address), 0);
    assert_true(address_equal(&seen.own.at[1], &address));
    assert_int_equal(seen.resolved.n, 1);
}

static void what_is_missing_is_unknown(void **state)
{
    (void)state;
    const struct observation seen = parse(AGENT);

    assert_int_equal(seen.has, 0);
    assert_int_equal(seen.facts, 0);
    assert_true(seen.heard);
}

static void a_byte_order_mark_case_and_comments_do_no_harm(void **state)
{
    (void)state;
    const struct observation seen = parse("\xef\xbb\xbf; written by a script\r\n[Agent]\r\nName = pc-0001\r\n"
                                          "TIME = 2026-11-23T09:00:00+09:00 ; Tokyo\r\nMode = StandAlone\r\n");

    assert_int_equal(seen.facts, FACT_BIT(FACT_MODE));
    assert_int_equal(seen.values[FACT_MODE], MODE_STANDALONE);
    assert_int_equal(seen.wall_ms, TIME_MS);
}

static const struct {
    const char *section, *key, *value;
    enum fact fact;
    int32_t expected;
} fact_values[] = {
    { "agent", "mode", "normal", FACT_MODE, MODE_NORMAL },
    { "agent", "mode", "standalone", FACT_MODE, MODE_STANDALONE },
    { "agent", "mode", "offpremises", FACT_MODE, MODE_OFF_PREMISES },
    { "agent", "scan_method", "smart", FACT_SCAN_METHOD, SCAN_METHOD_SMART },
    { "agent", "scan_method", "conventional", FACT_SCAN_METHOD, SCAN_METHOD_CONVENTIONAL },
    { "realtimescan", "enabled", "yes", FACT_RTS_POLICY, TRI_YES },
    { "realtimescan", "enabled", "True", FACT_RTS_POLICY, TRI_YES },
    { "realtimescan", "enabled", "1", FACT_RTS_POLICY, TRI_YES },
    { "realtimescan", "enabled", "NO", FACT_RTS_POLICY, TRI_NO },
    { "realtimescan", "enabled", "false", FACT_RTS_POLICY, TRI_NO },
    { "realtimescan", "enabled", "0", FACT_RTS_POLICY, TRI_NO },
    { "realtimescan", "service", "running", FACT_RTS_SERVICE, SERVICE_RUNNING },
    { "realtimescan", "service", "stopped", FACT_RTS_SERVICE, SERVICE_STOPPED },
    { "realtimescan", "service", "missing", FACT_RTS_SERVICE, SERVICE_MISSING },
    { "smartprotection", "reachable", "no", FACT_SMART_PROTECTION, TRI_NO },
    { "smartprotection", "location_profile", "1", FACT_LOCATION, LOCATION_INTERNAL },
    { "smartprotection", "location_profile", "2", FACT_LOCATION, LOCATION_EXTERNAL },
    { "driver", "tmusa", "stopped", FACT_TMUSA, SERVICE_STOPPED },
    { "driver", "tmusa", "missing", FACT_TMUSA, SERVICE_MISSING },
};

static void each_key_gives_its_fact_and_no_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fact_values / sizeof *fact_values; i++) {
        char text[256];
        const bool agent = strcmp(fact_values[i].section, "agent") == 0;
        snprintf(text, sizeof text, AGENT "%s%s%s%s = %s\n", agent ? "" : "[", agent ? "" : fact_values[i].section,
                 agent ? "" : "]\n", fact_values[i].key, fact_values[i].value);
        const struct observation seen = parse(text);
        assert_int_equal(seen.facts, FACT_BIT(fact_values[i].fact));
        assert_int_equal(seen.values[fact_values[i].fact], fact_values[i].expected);
        assert_int_equal(seen.has, 0);
    }
    assert_int_equal(parse(AGENT "[server]\nreachable = no\n").agent_side, SIDE_OFFLINE);
}

static void lists_of_addresses_are_capped(void **state)
{
    (void)state;
    const struct observation seen =
        parse(AGENT "addresses = 10.0.0.1,10.0.0.2 10.0.0.3 , 10.0.0.4,,10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9\n"
                    "[server]\nresolved = 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5\n");

    assert_int_equal(seen.own.n, OWN_ADDRESSES_MAX);
    assert_int_equal(seen.own.at[7].bytes[3], 8);
    assert_int_equal(seen.resolved.n, RESOLVED_ADDRESSES_MAX);
}

static const struct {
    const char *date; /* of the pattern, in a feed of 2026-11-23T00:00:00Z */
    int32_t age_s;
} ages[] = { { "2026-11-23", 0 }, { "2026-11-24", 0 }, { "20261120", 3 * 86400 }, { "2026-10-23", 31 * 86400 } };

static void the_patterns_age_is_against_the_feeds_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        char text[128];
        snprintf(text, sizeof text, AGENT "[pattern]\ndate = %s\n", ages[i].date);
        assert_int_equal(parse(text).values[FACT_PATTERN_AGE_S], ages[i].age_s);
    }
    assert_string_equal(parse(AGENT "[pattern]\nversion = 1942980\n").pattern_version, "19.429.80");
}

static const struct {
    int64_t ahead_ms; /* the feed's time, as this machine's wall clock sees it */
    int64_t mono_now_ms;
    int64_t mono_ms, wall_ahead_ms; /* 0 mono_ms: refused */
} moments[] = {
    { 0, MONO_MS, MONO_MS, 0 },
    { -HOUR_MS, MONO_MS, MONO_MS - HOUR_MS, -HOUR_MS },
    { -HOUR_MS, HOUR_MS - 5, -5, -HOUR_MS },
    { -HOUR_MS, HOUR_MS, -1, -HOUR_MS },
    { 1, MONO_MS, MONO_MS, 0 },
    { 300000, MONO_MS, MONO_MS, 0 },
    { 300001, MONO_MS, 0, 0 },
    { 365 * 24 * (int64_t)HOUR_MS, MONO_MS, 0, 0 },
};

static void the_feeds_own_time_dates_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        const struct now now = { .mono_ms = moments[i].mono_now_ms, .wall_ms = TIME_MS - moments[i].ahead_ms };
        struct observation seen = { 0 };
        struct told told = { "" };
        const int error = feed_parse(AGENT, strlen(AGENT), &reader, &now, tell, &told, &seen);
        assert_int_equal(error, moments[i].mono_ms ? 0 : -EINVAL);
        assert_int_equal(seen.mono_ms, moments[i].mono_ms);
        if (error)
            assert_string_equal(told.text, "[agent] time: is in the future;");
        else
            assert_int_equal(seen.wall_ms, now.wall_ms + moments[i].wall_ahead_ms);
    }
}

static const struct {
    const char *text, *faults;
} faulty[] = {
    { "", "[agent] time: missing;" },
    { "[agent]\nmode = normal\n", "[agent] time: missing;" },
    { "[agent]\ntime =\n", "[agent] time: empty;" },
    { "[agent]\ntime = yesterday\n", "[agent] time: must be a time such as 2026-11-23T00:00:00Z;" },
    { "[agent]\ntime = 1970-01-01T00:00:00Z\n", "[agent] time: must be a time such as 2026-11-23T00:00:00Z;" },
    { AGENT "name = PC-0002\n", "[agent] name: names another agent;" },
    { AGENT "name =\n", "[agent] name: empty;" },
    { AGENT "mode = roaming\n", "[agent] mode: must be normal, standalone or offpremises;" },
    { AGENT "mode = normalx\n", "[agent] mode: must be normal, standalone or offpremises;" },
    { AGENT "mode = norm", "[agent] mode: must be normal, standalone or offpremises;" },
    { AGENT "scan_method = 1\n", "[agent] scan_method: must be smart or conventional;" },
    { AGENT "addresses = 10.1.2.3, host\n", "[agent] addresses: must be addresses;" },
    { AGENT "addresses = 10.1.2.300\n", "[agent] addresses: must be addresses;" },
    { AGENT "addresses = ,\n", "[agent] addresses: must be addresses;" },
    { AGENT "addresses = 1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb\n",
      "[agent] addresses: must be addresses;" },
    { AGENT "[server]\nreachable = maybe\n", "[server] reachable: must be yes or no;" },
    { AGENT "[server]\nresolved = server\n", "[server] resolved: must be addresses;" },
    { AGENT "[realtimescan]\nenabled = 2\n", "[realtimescan] enabled: must be yes or no;" },
    { AGENT "[realtimescan]\nservice = paused\n", "[realtimescan] service: must be running, stopped or missing;" },
    { AGENT "[pattern]\nversion = 0\n", "[pattern] version: must be a pattern version such as 19.429.80 or 1942980;" },
    { AGENT "[pattern]\ndate = 22.11.2026\n", "[pattern] date: must be a date such as 2026-11-22 or 20261122;" },
    { AGENT "[pattern]\ndate = 19700101\n", "[pattern] date: must be a date such as 2026-11-22 or 20261122;" },
    { AGENT "[pattern]\ndate = 2026-11-25\n", "[pattern] date: is later than the feed's own time;" },
    { AGENT "[smartprotection]\nreachable = up\n", "[smartprotection] reachable: must be yes or no;" },
    { AGENT "[smartprotection]\nlocation_profile = 3\n",
      "[smartprotection] location_profile: must be 1 (internal) or 2 (external);" },
    { AGENT "[driver]\ntmusa = yes\n", "[driver] tmusa: must be running, stopped or missing;" },
    { AGENT "pattern = 1\n", "[agent] pattern: unknown key;" },
    { AGENT "[driver]\nreachable = yes\n", "[driver] reachable: unknown key;" },
    { AGENT "[weather]\nrain = yes\n", "[weather] : unknown section;" },
    { AGENT "mode = x\n[driver]\ntmusa = y\n[z]\n",
      "[agent] mode: must be normal, standalone or offpremises;[driver] tmusa: must be running, stopped or missing;"
      "[z] : unknown section;" },
};

static void each_fault_is_named_and_refuses_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
        struct observation seen = { .rtt_ms = 12345 }, untouched = seen;
        struct told told = { "" };
        const int error =
            feed_parse(faulty[i].text, strlen(faulty[i].text), &reader, &minute_later, tell, &told, &seen);
        if (error != -EINVAL || strcmp(told.text, faulty[i].faults) != 0)
            fail_msg("%s\n gave %d, %s\n instead of %s", faulty[i].text, error, told.text, faulty[i].faults);
        assert_memory_equal(&seen, &untouched, sizeof seen);
    }
}

static const struct {
    const char *what, *text;
    size_t bytes;
} broken[] = {
#define TEXT(literal) literal, sizeof literal - 1
    { "NUL", TEXT(AGENT "mode = nor\0mal\n") },
    { "NUL at the end", TEXT(AGENT "\0") },
    { "binary", TEXT("\x7f"
                     "ELF\x02\x01\x01\0\0\0\0\0\0\0\xff\xfe") },
    { "UTF-16", TEXT("\xff\xfe[\0a\0g\0e\0n\0t\0]\0") },
    { "not UTF-8", TEXT(AGENT "name = \x82\xa0\n") },
    { "duplicate key", TEXT(AGENT TIME) },
    { "duplicate section", TEXT(AGENT "[server]\nreachable = yes\n[server]\nreachable = no\n") },
    { "section without an end", TEXT(AGENT "[serv") },
    { "key without a value", TEXT(AGENT "mode\n") },
    { "key before any section", TEXT("mode = normal\n" AGENT) },
    { "continued line", TEXT(AGENT "mode = nor\\\nmal\n") },
};

static void what_is_no_ini_text_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct observation seen = { 0 };
        struct told told = { "" };
        const int error = feed_parse(broken[i].text, broken[i].bytes, &reader, &minute_later, tell, &told, &seen);
        if (error != -EINVAL || !told.text[0])
            fail_msg("%s: %d, \"%s\"", broken[i].what, error, told.text);
        assert_int_equal(seen.mono_ms, 0);
    }
}

static void a_half_written_feed_is_never_half_taken(void **state)
{
    (void)state;
    static const char whole[] = "[agent]\nname = PC-0001\n" TIME "addresses = 10.1.2.3\nmode = standalone\n"
                                "[realtimescan]\nenabled = no\nservice = stopped\n[pattern]\ndate = 2026-11-20\n";

    for (size_t bytes = 0; bytes < sizeof whole; bytes++) {
        struct observation seen = { 0 };
        struct told told = { "" };
        if (feed_parse(whole, bytes, &reader, &minute_later, tell, &told, &seen) < 0) {
            assert_string_not_equal(told.text, "");
            continue;
        }
        /* What is there is complete: no value is the beginning of another. */
        for (enum fact fact = 0; fact < FACTS; fact++) {
            static const int32_t expected[FACTS] = { [FACT_MODE] = MODE_STANDALONE,
                                                     [FACT_RTS_POLICY] = TRI_NO,
                                                     [FACT_RTS_SERVICE] = SERVICE_STOPPED,
                                                     [FACT_PATTERN_AGE_S] = 3 * 86400 };
            if (seen.facts & FACT_BIT(fact))
                assert_int_equal(seen.values[fact], expected[fact]);
        }
    }
}

/* The driver: the file that a target names. */

static char folder[] = "/tmp/test_feed.XXXXXX";

static struct probe_answer ask(const char *path)
{
    const struct probe_settings *settings = probe_settings_new(&(struct probe_settings){ .driver = DRIVER_FEED });
    const struct probe_target *target = probe_target_new(
        &(struct probe_target){ .subject = SUBJECT_AGENT, .index = 7, .where = path, .name = "PC-0001" });
    struct probe_job job = { .settings = settings, .target = target, .ticket = 42 };
    struct probe_answer answer;

    answer_begin(&job, &minute_later, &answer);
    feed_driver.look(&job, &minute_later, &answer);
    assert_int_equal(answer.ticket, 42);
    assert_int_equal(answer.observation.driver, DRIVER_FEED);
    assert_int_equal(answer.observation.subject, SUBJECT_AGENT);
    assert_int_equal(answer.observation.index, 7);
    probe_settings_unref(settings);
    probe_target_unref(target);
    return answer;
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text, size_t bytes)
{
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static void the_driver_reads_the_file(void **state)
{
    (void)state;
    static const char good[] = AGENT "mode = standalone\n";

    write_file("good.ini", good, sizeof good - 1);
    const struct probe_answer answer = ask(path_of("good.ini"));
    assert_int_equal(answer.observation.cause, CAUSE_NONE);
    assert_true(answer.observation.heard);
    assert_int_equal(answer.observation.facts, FACT_BIT(FACT_MODE));
    assert_string_equal(answer.detail, "");
}

static void the_driver_tells_what_is_wrong_with_the_file(void **state)
{
    (void)state;
    static const char faults[] = AGENT "mode = roaming\n[driver]\ntmusa = no\n";
    char *huge = calloc(1, 100 << 20);

    assert_non_null(huge);
    memset(huge, '\n', 100 << 20);
    write_file("faults.ini", faults, sizeof faults - 1);
    write_file("limit.ini", huge, FEED_BYTES_MAX);
    write_file("over.ini", huge, FEED_BYTES_MAX + 1);
    write_file("huge.ini", huge, 100 << 20);
    free(huge);
    assert_int_equal(mkfifo(path_of("fifo.ini"), 0600), 0);

    static const struct {
        const char *name;
        enum cause cause;
        const char *detail; /* NULL: any but none */
    } files[] = {
        { "faults.ini", CAUSE_PROTOCOL_ERROR, "[agent] mode: must be normal, standalone or offpremises (and 1 more)" },
        { "limit.ini", CAUSE_PROTOCOL_ERROR, "[agent] time: missing" },
        { "over.ini", CAUSE_TOO_LARGE, NULL },
        { "huge.ini", CAUSE_TOO_LARGE, NULL },
        { "absent.ini", CAUSE_NAME_NOT_FOUND, NULL },
        { "good.ini/x", CAUSE_NAME_NOT_FOUND, NULL },
        { "fifo.ini", CAUSE_PROTOCOL_ERROR, NULL },
        { ".", CAUSE_PROTOCOL_ERROR, NULL },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const struct probe_answer answer = ask(path_of(files[i].name));
        if (answer.observation.cause != files[i].cause || !answer.detail[0] ||
            (files[i].detail && strcmp(answer.detail, files[i].detail) != 0))
            fail_msg("%s: %s, %s", files[i].name, cause_name(answer.observation.cause), answer.detail);
        assert_false(answer.observation.heard);
        assert_int_equal(answer.observation.facts, 0);
        assert_int_equal(answer.observation.has, 0);
        assert_int_equal(answer.observation.mono_ms, MONO_MS);
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = { "good.ini", "faults.ini", "limit.ini", "over.ini", "huge.ini", "fifo.ini" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(path_of(names[i]));
    return rmdir(folder);
}

/* Against the configured ones, which are 10.1.0.1 and 2001:db8::1. */
static void gateways_are_held_against_the_configured_ones(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tri have; /* unknown: the fact is not there */
    } rows[] = {
        { AGENT, TRI_UNKNOWN },
        { AGENT "gateways = 10.1.0.1\n", TRI_YES },
        { AGENT "gateways = 10.9.0.1, 2001:DB8::1\n", TRI_YES },
        { AGENT "gateways = 10.9.0.1\n", TRI_NO },
        { AGENT "gateways = 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8\n", TRI_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct observation seen = parse(rows[i].text);
        assert_int_equal(seen.facts, rows[i].have == TRI_UNKNOWN ? 0 : FACT_BIT(FACT_GATEWAY));
        if (seen.facts)
            assert_int_equal(seen.values[FACT_GATEWAY], rows[i].have);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_feed_is_taken),
        cmocka_unit_test(what_is_missing_is_unknown),
        cmocka_unit_test(a_byte_order_mark_case_and_comments_do_no_harm),
        cmocka_unit_test(each_key_gives_its_fact_and_no_other),
        cmocka_unit_test(lists_of_addresses_are_capped),
        cmocka_unit_test(the_patterns_age_is_against_the_feeds_time),
        cmocka_unit_test(the_feeds_own_time_dates_it),
        cmocka_unit_test(each_fault_is_named_and_refuses_the_whole),
        cmocka_unit_test(what_is_no_ini_text_is_refused),
        cmocka_unit_test(a_half_written_feed_is_never_half_taken),
        cmocka_unit_test(the_driver_reads_the_file),
        cmocka_unit_test(the_driver_tells_what_is_wrong_with_the_file),
        cmocka_unit_test(gateways_are_held_against_the_configured_ones),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
