/* From what an endpoint has said to facts, as tables: values, services and pings in, facts and notes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "probes/winrm_talk.h"

#include "winrm_defaults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* 2026-11-25T12:00:00Z */
static const struct now now = { .mono_ms = 5000000, .wall_ms = 1795608000000 };
static char huge[2000];

struct given {
    enum winrm_value id;
    const char *type, *text;
};

static void set(struct winrm_findings *findings, const struct given *given)
{
    assert_int_equal(winrm_reading_set(&findings->values[VIEW_NATIVE][given->id], given->type, given->text), 0);
    findings->registry_known = true;
}

static struct probe_job *job_for(const char *server, const char *internet)
{
    static struct probe_job job;
    job.settings = probe_settings_new(
        &(struct probe_settings){ .driver = DRIVER_WINRM, .winrm = default_names, .internet_host = internet });
    job.target = probe_target_new(&(struct probe_target){ .subject = SUBJECT_AGENT, .index = 1, .server = server });
    assert_non_null(job.settings);
    assert_non_null(job.target);
    return &job;
}

/* What is known, in words that a table can hold. */
static const char *describe(const struct observation *seen)
{
    static const char *const fact_names[FACTS] = {
        [FACT_MODE] = "mode",
        [FACT_RTS_POLICY] = "policy",
        [FACT_RTS_SERVICE] = "service",
        [FACT_SCAN_METHOD] = "method",
        [FACT_PATTERN_AGE_S] = "age",
        [FACT_SMART_PROTECTION] = "smart",
        [FACT_LOCATION] = "location",
        [FACT_TMUSA] = "tmusa",
        [FACT_LISTENER_SERVICE] = "listener",
        [FACT_CURRENT_SOURCE] = "source",
        [FACT_RECORDED] = "recorded",
        [FACT_PATTERN_BEHIND] = "behind",
        [FACT_ENGINE] = "engine",
        [FACT_GATEWAY] = "gateway",
    };
    static char text[1024];
    size_t n = 0;
    text[0] = '\0';
    for (enum fact fact = 0; fact < FACTS; fact++)
        if (seen->facts & FACT_BIT(fact))
            n += (size_t)snprintf(text + n, sizeof text - n, "%s=%d ", fact_names[fact], seen->values[fact]);
    if (seen->has & HAS_PATTERN_VERSION)
        n += (size_t)snprintf(text + n, sizeof text - n, "version=%s ", seen->pattern_version);
    if (seen->has & HAS_PATTERN_DAY)
        n += (size_t)snprintf(text + n, sizeof text - n, "day=%d ", seen->pattern_day);
    const struct report *report = seen->report;
    if (report && report->notes & NOTE_AGENT_NOT_INSTALLED)
        n += (size_t)snprintf(text + n, sizeof text - n, "not-installed ");
    if (report && report->notes & NOTE_VALUE_ODD)
        n += (size_t)snprintf(text + n, sizeof text - n, "odd=%s ", report->odd);
    if (report && report->notes & NOTE_CLOCK_OFF)
        n += (size_t)snprintf(text + n, sizeof text - n, "clock=%d ", report->clock_skew_s);
    if (report && report->notes & NOTE_SERVICE_DISABLED)
        n += (size_t)snprintf(text + n, sizeof text - n, "service-disabled ");
    if (seen->has & HAS_FILES)
        n += (size_t)snprintf(text + n, sizeof text - n, "files=%u ", seen->files);
    return text;
}

static void values_become_facts(void **state)
{
    (void)state;
    memset(huge, '9', sizeof huge - 1);
    static const struct {
        struct given values[6];
        const char *seen;
    } rows[] = {
        { { { WINRM_VALUE_PROGRAM, "REG_SZ", "14.0" } }, "source=3 " },
        { { { WINRM_VALUE_REAL_TIME_SCAN, "REG_DWORD", "0x1" } }, "policy=2 source=3 " },
        { { { WINRM_VALUE_REAL_TIME_SCAN, "REG_DWORD", "0x0" } }, "policy=3 source=3 " },
        { { { WINRM_VALUE_REAL_TIME_SCAN, "REG_SZ", "0" } }, "policy=3 source=3 " },
        { { { WINRM_VALUE_REAL_TIME_SCAN, "", "1" } }, "policy=2 source=3 " }, /* as WMI gives it */
        { { { WINRM_VALUE_REAL_TIME_SCAN, "REG_DWORD", "0x2" } },
          "source=3 odd=Real Time Scan Configuration\\Enable " },
        { { { WINRM_VALUE_REAL_TIME_SCAN, "REG_BINARY", "01" } },
          "source=3 odd=Real Time Scan Configuration\\Enable " },
        { { { WINRM_VALUE_REAL_TIME_SCAN, "REG_SZ", "yes" } }, "source=3 odd=Real Time Scan Configuration\\Enable " },
        { { { WINRM_VALUE_REAL_TIME_SCAN, "REG_SZ", huge } }, "source=3 odd=Real Time Scan Configuration\\Enable " },
        { { { WINRM_VALUE_LOCATION, "REG_DWORD", "0x1" } }, "location=2 source=3 " },
        { { { WINRM_VALUE_LOCATION, "REG_DWORD", "0x2" } }, "location=3 source=3 " },
        { { { WINRM_VALUE_LOCATION, "REG_DWORD", "0x0" } }, "source=3 odd=iCRC Scan\\Scan Server\\LocationProfile " },
        { { { WINRM_VALUE_SOURCE_ADDRESS, "REG_SZ", "sps1.example" } }, "source=2 " },
        { { { WINRM_VALUE_SOURCE_URL, "REG_SZ", "https://sps1.example/tmcss" } }, "source=2 " },
        { { { WINRM_VALUE_SOURCE_URL, "REG_SZ", "" }, { WINRM_VALUE_SOURCE_ADDRESS, "REG_SZ", "" } }, "source=3 " },
        /* The pattern in use is that of the scan method; 0 is none, and then the other. */
        { { { WINRM_VALUE_SCAN_TYPE, "REG_DWORD", "0x1" },
            { WINRM_VALUE_SMART_PATTERN, "REG_DWORD", "0x1da5c4" },
            { WINRM_VALUE_SMART_PATTERN_DATE, "REG_SZ", "20261124" },
            { WINRM_VALUE_PATTERN, "REG_DWORD", "0x1d4bfc" },
            { WINRM_VALUE_PATTERN_DATE, "REG_SZ", "20250101" } },
          "method=2 age=129600 source=3 version=19.429.80 day=20781 " },
        { { { WINRM_VALUE_SCAN_TYPE, "REG_DWORD", "0x0" },
            { WINRM_VALUE_SMART_PATTERN, "REG_SZ", "1942980" },
            { WINRM_VALUE_SMART_PATTERN_DATE, "REG_SZ", "20261124" },
            { WINRM_VALUE_PATTERN, "REG_SZ", "19.201.00" },
            { WINRM_VALUE_PATTERN_DATE, "REG_SZ", "20261120" } },
          "method=3 age=475200 source=3 version=19.201.00 day=20777 " },
        { { { WINRM_VALUE_SCAN_TYPE, "REG_DWORD", "0x1" },
            { WINRM_VALUE_SMART_PATTERN, "REG_DWORD", "0x0" },
            { WINRM_VALUE_PATTERN_INTERNAL, "REG_SZ", "942980" },
            { WINRM_VALUE_PATTERN_DATE, "REG_SZ", "20261125" } },
          "method=2 age=43200 source=3 version=9.429.80 day=20782 " },
        { { { WINRM_VALUE_PATTERN, "REG_SZ", "1942980" }, { WINRM_VALUE_PATTERN_DATE, "REG_SZ", "99999999" } },
          "source=3 version=19.429.80 odd=Misc.\\PatternDate " },
        { { { WINRM_VALUE_PATTERN, "REG_SZ", "1942980" }, { WINRM_VALUE_PATTERN_DATE, "REG_SZ", "20301231" } },
          "source=3 version=19.429.80 odd=Misc.\\PatternDate " }, /* not yet */
        { { { WINRM_VALUE_PATTERN, "REG_SZ", "1942980" }, { WINRM_VALUE_PATTERN_DATE, "REG_SZ", "20261126" } },
          "age=0 source=3 version=19.429.80 day=20783 " }, /* tomorrow, somewhere it is */
        { { { WINRM_VALUE_PATTERN, "REG_SZ", "new" } }, "source=3 odd=Misc.\\PatternVer " },
        { { { WINRM_VALUE_PATTERN, "REG_SZ", "1942980" }, { WINRM_VALUE_LAST_UPDATE, "REG_DWORD", "0x6b066980" } },
          "source=3 version=19.429.80 " }, /* when it was last updated says nothing of the pattern's age */
        { { { WINRM_VALUE_PATTERN, "REG_SZ", "1942980" }, { WINRM_VALUE_LAST_UPDATE, "REG_SZ", "never" } },
          "source=3 version=19.429.80 " },
        { { { WINRM_VALUE_MODE, "REG_DWORD", "0x1" } }, "mode=3 source=3 " },
        { { { WINRM_VALUE_MODE, "REG_DWORD", "0x0" } }, "mode=2 source=3 " },
        { { { WINRM_VALUE_SCAN_TYPE, "REG_SZ", "smart" } }, "source=3 odd=iCRC Scan\\ScanType " },
    };
    struct probe_job *job = job_for("apex1", "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct winrm_findings findings = { .needs_web_reputation = true };
        struct observation seen = { 0 };
        for (size_t j = 0; j < COUNT(rows[i].values) && rows[i].values[j].type; j++)
            set(&findings, &rows[i].values[j]);
        assert_int_equal(winrm_observe(&findings, job, &now, &seen), 0);
        assert_string_equal(describe(&seen), rows[i].seen);
        report_unref(seen.report);
        winrm_readings_done(&findings);
    }
    probe_job_done(job);
}

static void services_and_oddities_are_told(void **state)
{
    (void)state;
    const struct given program = { WINRM_VALUE_PROGRAM, "REG_SZ", "14.0" };
    static const struct {
        struct winrm_findings findings;
        bool installed;
        const char *seen;
    } rows[] = {
        { { .services_known = true, .services = { 2, 2, 2 }, .needs_web_reputation = true },
          true,
          "service=2 tmusa=2 listener=2 source=3 " },
        { { .services_known = true, .services = { 3, 2, 4 }, .needs_web_reputation = true },
          true,
          "service=3 tmusa=4 listener=2 source=3 " },
        { { .services_known = true, .services = { 2, 2, 4 } }, true, "service=2 tmusa=5 listener=2 source=3 " },
        { { .services_known = true,
            .services = { 3, 2, 2 },
            .real_time_scan_disabled = true,
            .needs_web_reputation = true },
          true,
          "service=3 tmusa=2 listener=2 source=3 service-disabled " },
        { { .services_known = true, .services = { 4, 4, 4 }, .needs_web_reputation = true, .registry_known = true },
          false,
          "service=4 tmusa=4 listener=4 not-installed " },
        { { .skew_ms = 300000 }, true, "source=3 " },
        { { .skew_ms = 172800000 }, true, "source=3 clock=172800 " },
        { { .skew_ms = -86400000 }, true, "source=3 clock=-86400 " },
        { { .files = FILES_UNREADABLE }, true, "source=3 files=4 " },
        { { .files = FILES_NO_SHELL }, true, "source=3 files=5 " },
        { { .files = FILES_UNKNOWN }, true, "source=3 files=1 " }, /* it takes an older word back */
    };
    struct probe_job *job = job_for("apex1", "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct winrm_findings findings = rows[i].findings;
        struct observation seen = { 0 };
        if (rows[i].installed)
            set(&findings, &program);
        assert_int_equal(winrm_observe(&findings, job, &now, &seen), 0);
        assert_string_equal(describe(&seen), rows[i].seen);
        report_unref(seen.report);
        winrm_readings_done(&findings);
    }
    probe_job_done(job);
}

/* Under a clock that is wrong, a last update says nothing; a pattern's date does. */
static void an_age_is_by_date_alone_where_the_clock_is_wrong(void **state)
{
    (void)state;
    static const struct {
        struct given values[2];
        const char *seen;
    } rows[] = {
        { { { WINRM_VALUE_PATTERN, "REG_SZ", "1942980" }, { WINRM_VALUE_LAST_UPDATE, "REG_DWORD", "0x6b066980" } },
          "source=3 version=19.429.80 clock=864000 " },
        { { { WINRM_VALUE_PATTERN, "REG_SZ", "1942980" }, { WINRM_VALUE_PATTERN_DATE, "REG_SZ", "20261124" } },
          "age=129600 source=3 version=19.429.80 day=20781 clock=864000 " },
    };
    struct probe_job *job = job_for("apex1", "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct winrm_findings findings = { .skew_ms = 864000000 };
        struct observation seen = { 0 };
        set(&findings, &rows[i].values[0]);
        set(&findings, &rows[i].values[1]);
        assert_int_equal(winrm_observe(&findings, job, &now, &seen), 0);
        assert_string_equal(describe(&seen), rows[i].seen);
        report_unref(seen.report);
        winrm_readings_done(&findings);
    }
    probe_job_done(job);
}

static void pings_tell_the_agent_side(void **state)
{
    (void)state;
    static const struct {
        const char *named; /* the server that the agent names; NULL: none */
        struct winrm_ping pings[2];
        enum side side;
        enum cause cause;
        int resolved; /* -1: not told */
    } rows[] = {
        { NULL, { { .host = "apex1" } }, 0, 0, -1 }, /* WMI said nothing */
        { NULL,
          { { .host = "apex1",
              .answered = true,
              .resolved = true,
              .has_status = true,
              .rtt_ms = 4,
              .address = { 4, { 10, 0, 0, 5 } } } },
          SIDE_ONLINE,
          CAUSE_NONE,
          1 },
        { NULL,
          { { .host = "APEX1",
              .answered = true,
              .resolved = true,
              .has_status = true,
              .status = 11010,
              .address = { 4, { 10, 0, 0, 5 } } } },
          SIDE_OFFLINE,
          CAUSE_TIMED_OUT,
          1 },
        { NULL,
          { { .host = "apex1", .answered = true, .resolved = true, .has_status = true, .status = 11003 } },
          SIDE_OFFLINE,
          CAUSE_UNREACHABLE,
          -1 },
        { NULL,
          { { .host = "apex1", .answered = true, .resolved = true, .has_status = true, .status = 4242 } },
          SIDE_OFFLINE,
          CAUSE_PROTOCOL_ERROR,
          -1 },
        { NULL, { { .host = "apex1", .answered = true } }, SIDE_OFFLINE, CAUSE_NAME_NOT_FOUND, 0 },
        /* The agent uses the server that it names itself. */
        { "old.example",
          { { .host = "apex1",
              .answered = true,
              .resolved = true,
              .has_status = true,
              .address = { 4, { 10, 0, 0, 5 } } },
            { .host = "old.example", .answered = true } },
          SIDE_OFFLINE,
          CAUSE_NAME_NOT_FOUND,
          0 },
        { "old.example",
          { { .host = "apex1",
              .answered = true,
              .resolved = true,
              .has_status = true,
              .rtt_ms = 9,
              .address = { 4, { 10, 0, 0, 5 } } },
            { .host = "old.example" } },
          SIDE_ONLINE,
          CAUSE_NONE,
          1 },
    };
    struct probe_job *job = job_for("apex1", "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct winrm_findings findings = { .n_pings = 2 };
        struct observation seen = { 0 };
        memcpy(findings.pings, rows[i].pings, sizeof rows[i].pings);
        set(&findings, &(struct given){ WINRM_VALUE_SERVER, "REG_SZ", rows[i].named ? rows[i].named : "apex1" });
        assert_int_equal(winrm_observe(&findings, job, &now, &seen), 0);
        assert_int_equal(!!(seen.has & HAS_AGENT_SIDE), rows[i].side != 0);
        assert_int_equal(seen.agent_side, rows[i].side);
        assert_int_equal(seen.agent_side_cause, rows[i].cause);
        assert_int_equal(!!(seen.has & HAS_RESOLVED), rows[i].resolved >= 0);
        if (rows[i].resolved >= 0)
            assert_int_equal(seen.resolved.n, rows[i].resolved);
        assert_string_equal(seen.report->named_server, rows[i].named ? rows[i].named : "apex1");
        report_unref(seen.report);
        winrm_readings_done(&findings);
    }
    probe_job_done(job);
}

static void outside_the_internet_stands_for_the_source(void **state)
{
    (void)state;
    static const struct {
        const char *profile;
        bool replies;
        const char *seen;
    } rows[] = {
        { "0x2", true, "smart=2 location=3 source=3 " },
        { "0x2", false, "smart=3 location=3 source=3 " },
        { "0x1", false, "location=2 source=3 " },
    };
    struct probe_job *job = job_for("apex1", "www.example.com");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct winrm_findings findings = {
            .n_pings = 1,
            .pings = { { .host = "www.example.com",
                         .answered = true,
                         .resolved = true,
                         .has_status = true,
                         .status = rows[i].replies ? 0 : 11010 } },
        };
        struct observation seen = { 0 };
        set(&findings, &(struct given){ WINRM_VALUE_LOCATION, "REG_DWORD", rows[i].profile });
        assert_int_equal(winrm_observe(&findings, job, &now, &seen), 0);
        assert_string_equal(describe(&seen), rows[i].seen);
        report_unref(seen.report);
        winrm_readings_done(&findings);
    }
    probe_job_done(job);
}

static void an_agent_is_known_by_its_guid(void **state)
{
    (void)state;
    static const struct {
        const char *its, *ours;
        bool same;
    } rows[] = {
        { "0a1b-2c", "0A1B-2C", true }, { "{0a1b-2c}", "0a1b-2c", true }, { "0a1b-2c", "{0a1b-2c}", true },
        { "0a1b-2c", "0a1b-2", false }, { "0a1b-2", "0a1b-2c", false },   { "0a1b-2c", "", true },
        { "", "0a1b-2c", true },        { NULL, "0a1b-2c", true },        { "0a1b-2d", "0a1b-2c", false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct winrm_findings findings = { 0 };
        set(&findings, &(struct given){ WINRM_VALUE_GUID, "REG_SZ", rows[i].its });
        assert_int_equal(winrm_is_agent(&findings, rows[i].ours), rows[i].same);
        winrm_readings_done(&findings);
    }
}

static void values_are_sorted_by_view_and_name(void **state)
{
    (void)state;
    static const struct {
        const char *key, *name;
        int view; /* -1: not wanted */
    } rows[] = {
        { "SOFTWARE\\TrendMicro\\PC-cillinNTCorp\\CurrentVersion\\Misc.", "ProgramVer", VIEW_NATIVE },
        { "software\\trendmicro\\pc-cillinntcorp\\currentversion\\MISC.", "programver", VIEW_NATIVE },
        { "SOFTWARE\\WOW6432Node\\TrendMicro\\PC-cillinNTCorp\\CurrentVersion\\Misc.", "ProgramVer", VIEW_32 },
        { "SOFTWARE\\TrendMicro\\PC-cillinNTCorp\\CurrentVersion", "ProgramVer", -1 },
        { "SOFTWARE\\TrendMicro\\PC-cillinNTCorp\\CurrentVersion\\Misc.\\Deeper", "ProgramVer", -1 },
        { "SOFTWARE\\TrendMicro\\PC-cillinNTCorp\\CurrentVersionOld\\Misc.", "ProgramVer", -1 },
        { "SOFTWARE\\TrendMicro\\PC-cillinNTCorp\\CurrentVersion\\Misc.", "ProgramVersion", -1 },
        { "", "ProgramVer", -1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct winrm_findings findings = { 0 };
        winrm_readings_put(&findings, &default_names, rows[i].key, rows[i].name, "REG_SZ", "14.0");
        for (int view = 0; view < VIEWS; view++) {
            const char *text = findings.values[view][WINRM_VALUE_PROGRAM].text;
            assert_int_equal(text != NULL, view == rows[i].view);
        }
        winrm_readings_choose_view(&findings);
        if (rows[i].view >= 0)
            assert_int_equal(findings.view, rows[i].view);
        winrm_readings_done(&findings);
    }
}

/* Known with the addresses alone. */
static void the_gateway_is_a_fact_where_it_can_be_told(void **state)
{
    (void)state;
    static const struct {
        bool own_known;
        enum tri gateway;
        const char *seen;
    } rows[] = {
        { true, TRI_YES, "gateway=2 " }, { true, TRI_NO, "gateway=3 " }, { true, TRI_UNKNOWN, "" }, { true, 0, "" },
        { false, TRI_YES, "" },
    };
    struct probe_job *job = job_for("apex1", "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct winrm_findings findings = { .own_known = rows[i].own_known, .gateway = (uint8_t)rows[i].gateway };
        struct observation seen = { 0 };
        assert_int_equal(winrm_observe(&findings, job, &now, &seen), 0);
        assert_string_equal(describe(&seen), rows[i].seen);
    }
    probe_job_done(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_facts),
        cmocka_unit_test(services_and_oddities_are_told),
        cmocka_unit_test(an_age_is_by_date_alone_where_the_clock_is_wrong),
        cmocka_unit_test(pings_tell_the_agent_side),
        cmocka_unit_test(outside_the_internet_stands_for_the_source),
        cmocka_unit_test(an_agent_is_known_by_its_guid),
        cmocka_unit_test(values_are_sorted_by_view_and_name),
        cmocka_unit_test(the_gateway_is_a_fact_where_it_can_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
