/* The value of every column that shows something, from rows made by hand: row in, values out. Each value is written the
 * way a person would read it. */
#include "estate.h"

#include "agentx/objects.h"
#include "agentx/tables.h"
#include "core/guidance.h"

#include <stdio.h>

enum { TEXT_BYTES = 300 };

/* i: integer, u: gauge, c: counter32, C: counter64, t: time ticks, s: text, x: octets in hexadecimal, o: identifier. */
static void format(const struct value *value, bool hexadecimal, char text[TEXT_BYTES])
{
    int n = 0;
    switch (value->type) {
    case VALUE_INTEGER:
        snprintf(text, TEXT_BYTES, "i %d", value->integer);
        break;
    case VALUE_GAUGE32:
        snprintf(text, TEXT_BYTES, "u %u", value->number);
        break;
    case VALUE_COUNTER32:
        snprintf(text, TEXT_BYTES, "c %u", value->number);
        break;
    case VALUE_COUNTER64:
        snprintf(text, TEXT_BYTES, "C %llu", (unsigned long long)value->counter64);
        break;
    case VALUE_TIME_TICKS:
        snprintf(text, TEXT_BYTES, "t %u", value->number);
        break;
    case VALUE_OCTETS:
        n = snprintf(text, TEXT_BYTES, hexadecimal ? "x " : "s ");
        for (size_t i = 0; i < value->n_octets; i++)
            n += snprintf(text + n, (size_t)(TEXT_BYTES - n), hexadecimal ? "%02x" : "%c", value->octets[i]);
        break;
    case VALUE_OID:
        n = snprintf(text, TEXT_BYTES, "o ");
        for (size_t i = 0; i < value->n_arcs; i++)
            n += snprintf(text + n, (size_t)(TEXT_BYTES - n), i ? ".%u" : "%u", value->arcs[i]);
        break;
    default:
        fail_msg("type %u", value->type);
    }
}

struct expectation {
    uint32_t column;
    const char *text;
};

static void check(const struct table *table, const struct view *view, const uint32_t *index,
                  const struct expectation *expected, size_t n)
{
    assert_int_equal(n, table->n_columns); /* no column is forgotten */
    for (size_t i = 0; i < n; i++) {
        uint32_t sub[1 + INDEX_MAX] = { expected[i].column };
        char text[TEXT_BYTES];
        struct value value;
        memcpy(sub + 1, index, table->n_index * sizeof index[0]);
        table_get(table, view, NULL, sub, 1 + table->n_index, &value);
        format(&value, expected[i].text[0] == 'x', text);
        if (strcmp(text, expected[i].text) != 0)
            fail_msg("%s column %u: %s, not %s", table->name, expected[i].column, text, expected[i].text);
    }
}
#define CHECK(table, view, index, expected)                                                                            \
    check(table, view, (const uint32_t[]){ index, 0 }, expected, sizeof expected / sizeof expected[0])

#define NEVER   "x 0000000000000000"
#define TIME    "x 07ea0b17000005042b0000" /* 2026-11-23 00:00:05.4 */
#define UNKNOWN "u 4294967295"

enum { WALL_S = 1795392005 };
static const int64_t wall_ms = (int64_t)WALL_S * 1000 + 450;

static void test_agent(void **state)
{
    struct rowset *agents = estate_set(&agent_rows), *servers = estate_set(&server_rows);
    const struct agent_identity identity = { .name = "PC-1",
                                             .guid = "abc",
                                             .group = "HQ\\Sales",
                                             .address = "10.1.2.3",
                                             .literal = { 4, { 10, 1, 2, 3 } },
                                             .server = 2,
                                             .monitored = CONDITIONS_ALL };
    const struct server_identity apex = { .name = "apex2", .url = "https://apex2:4343" };
    struct agent_row *agent = estate_insert(agents, 9);
    struct server_row *server = estate_insert(servers, 2);
    (void)state;
    agent->identity = agent_identity_new(&identity);
    agent->change_seq = 77;
    agent->since_wall_ms = agent->observed_wall_ms = wall_ms;
    agent->verdict = (struct verdict){ .conditions = CONDITION_BIT(CONDITION_OFFLINE),
                                       .unknowns = CONDITION_BIT(CONDITION_PATTERN_OUTDATED),
                                       .icon = ICON_OFFLINE,
                                       .severity = SEVERITY_MAJOR,
                                       .diagnosis = DIAGNOSIS_FIREWALL_BLOCKS_SERVER,
                                       .name_check = NAME_OTHER_ADDRESS };
    agent->disagreements = DISAGREE_BIT(DISAGREE_MODE) | DISAGREE_BIT(DISAGREE_OWN);
    agent->judged_wall_s = WALL_S;
    agent->pattern_age_s = 3605;
    agent->dampers[AXIS_SERVER_SIDE].believed = SIDE_OFFLINE;
    agent->dampers[AXIS_AGENT_SIDE].believed = SIDE_ONLINE;
    agent->dampers[AXIS_PRESENCE].believed = PRESENCE_PRESENT;
    agent->dampers[AXIS_PATTERN].believed = TRI_YES;
    agent->dampers[AXIS_SMART].believed = TRI_NO;
    struct evidence *evidence = &agent->evidence;
    evidence->server_side = (struct contact){ 1, wall_ms, 12, SIDE_OFFLINE, CAUSE_REFUSED, DRIVER_LISTENER, true };
    evidence->known.agent_side = (struct contact){ 1, wall_ms, 0, SIDE_ONLINE, CAUSE_NONE, DRIVER_FEED, true };
    evidence->known.own =
        (struct address_list){ .mono_ms = 1, .n = 2, .at = { { 4, { 10, 1, 2, 3 } }, { 4, { 10, 1, 2, 4 } } } };
    evidence->known.resolved = (struct address_list){ .mono_ms = 1, .n = 1, .at = { { 4, { 10, 0, 0, 5 } } } };
    evidence->known.pattern_mono_ms = 1;
    strcpy(evidence->known.pattern_version, "19.429.80");
    evidence->known.pattern_day = 20780;
    static const int32_t values[FACTS] = {
        MODE_STANDALONE, TRI_NO,          SERVICE_STOPPED, SCAN_METHOD_SMART, 3600, TRI_NO, LOCATION_EXTERNAL,
        SERVICE_MISSING, SERVICE_RUNNING, TRI_YES
    };
    for (size_t i = 0; i < FACTS; i++)
        evidence->known.facts[i] = (struct fact_value){ 1, values[i], DRIVER_FEED };
    const struct report report = {
        .components = { [COMPONENT_PATTERN] = { "19.400.00", 20779 },
                        [COMPONENT_SMART_SCAN_PATTERN] = { "19.429.70", 20778 },
                        [COMPONENT_ENGINE] = { "22.600", 0 },
                        [COMPONENT_PROGRAM] = { "14.0.1", 20781 } },
        .notes = NOTE_VALUE_ODD | NOTE_FILE_UNREADABLE,
        .system = "Windows 10 10.0.19045",
        .named_server = "apex9",
        .source = "sps1.example",
        .odd = "ScanType",
    };
    evidence->known.report = report_new(&report);
    evidence->known.report_mono_ms = 1;
    server->identity = server_identity_new(&apex);

    struct snapshot snapshot = { .agents = estate_view(agents), .servers = estate_view(servers) };
    const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
    const struct expectation verdict[] = {
        { AH_AGENT_NAME, "s PC-1" },        { AH_AGENT_GUID, "s abc" },
        { AH_AGENT_GROUP, "s HQ\\Sales" },  { AH_AGENT_ADDRESS_TYPE, "i 1" },
        { AH_AGENT_ADDRESS, "x 0a010203" }, { AH_AGENT_SERVER, "s apex2" },
        { AH_AGENT_ICON, "i 7" },           { AH_AGENT_CONDITIONS, "x 08" },
        { AH_AGENT_UNKNOWNS, "x 80" },      { AH_AGENT_SEVERITY, "i 5" },
        { AH_AGENT_DIAGNOSIS, "i 5" },      { AH_AGENT_GUIDANCE, "o 1.3.6.1.4.1.99999.7.1.11.1.3.105.1" },
        { AH_AGENT_SINCE, TIME },           { AH_AGENT_OBSERVED, TIME },
        { AH_AGENT_CHANGE_SEQ, "u 77" },    { AH_AGENT_MONITORED, "x fc" },
        { AH_AGENT_RETIRED, "i 2" },        { AH_AGENT_MAINTENANCE_UNTIL, NEVER },
        { AH_AGENT_FLAPPING, "x 00" },      { AH_AGENT_DISAGREEMENTS, "x 8020" },
    };
    const struct expectation connection[] = {
        { AH_CONNECTION_SERVER_SIDE, "i 3" },
        { AH_CONNECTION_SERVER_SIDE_CAUSE, "i 4" },
        { AH_CONNECTION_SERVER_SIDE_RTT, "u 12" },
        { AH_CONNECTION_SERVER_SIDE_TIME, TIME },
        { AH_CONNECTION_AGENT_SIDE, "i 2" },
        { AH_CONNECTION_AGENT_SIDE_CAUSE, "i 2" },
        { AH_CONNECTION_AGENT_SIDE_RTT, UNKNOWN },
        { AH_CONNECTION_AGENT_SIDE_TIME, TIME },
        { AH_CONNECTION_PRESENCE, "i 2" },
        { AH_CONNECTION_RECORDED, "i 1" },
        { AH_CONNECTION_AGENT_ADDRESSES, "s 10.1.2.3, 10.1.2.4" },
        { AH_CONNECTION_RESOLVED_SERVER, "s 10.0.0.5" },
        { AH_CONNECTION_CONTRADICTED, "i 2" },
        { AH_CONNECTION_RECORDED_TIME, NEVER },
        { AH_CONNECTION_NAMED_SERVER, "s apex9" },
        { AH_CONNECTION_NAME_CHECK, "i 4" },
    };
    const struct expectation protection[] = {
        { AH_PROTECTION_MODE, "i 3" },
        { AH_PROTECTION_REAL_TIME_SCAN, "i 3" },
        { AH_PROTECTION_REAL_TIME_SCAN_SERVICE, "i 3" },
        { AH_PROTECTION_SCAN_METHOD, "i 2" },
        { AH_PROTECTION_PATTERN_STATE, "i 2" },
        { AH_PROTECTION_PATTERN_VERSION, "s 19.429.80" },
        { AH_PROTECTION_PATTERN_DATE, "x 07ea0b17000000002b0000" },
        { AH_PROTECTION_PATTERN_AGE, "u 3605" },
        { AH_PROTECTION_LOCATION, "i 3" },
        { AH_PROTECTION_SMART_PROTECTION, "i 3" },
        { AH_PROTECTION_FILES_IN_STEP, "i 1" },
        { AH_PROTECTION_PROXIES, "i 1" },
        { AH_PROTECTION_TMUSA, "i 4" },
        { AH_PROTECTION_SOURCE, "s sps1.example" },
        { AH_PROTECTION_EXPECTED_LOCATION, "i 1" },
        { AH_PROTECTION_KEYS_DIFFERING, UNKNOWN },
        { AH_PROTECTION_KEYS_NAMED, "s " },
        { AH_PROTECTION_LISTENER_SERVICE, "i 2" },
        { AH_PROTECTION_SYSTEM, "s Windows 10 10.0.19045" },
        { AH_PROTECTION_NOTE, "s the value ScanType makes no sense; ssnotify.ini could not be read" },
    };
    const struct expectation pattern[] = {
        { AH_COMPONENT_VERSION, "s 19.429.80" },
        { AH_COMPONENT_DATE, "x 07ea0b17000000002b0000" },
        { AH_COMPONENT_AGE, "u 3605" },
        { AH_COMPONENT_STATE, "i 2" },
        { AH_COMPONENT_VERSIONS_BEHIND, UNKNOWN },
    };
    const struct expectation unused[] = {
        { AH_COMPONENT_VERSION, "s 19.400.00" }, /* as reported */
        { AH_COMPONENT_DATE, "x 07ea0b16000000002b0000" },
        { AH_COMPONENT_AGE, "u 86405" },
        { AH_COMPONENT_STATE, "i 4" },
        { AH_COMPONENT_VERSIONS_BEHIND, UNKNOWN },
    };
    const struct expectation engine[] = {
        { AH_COMPONENT_VERSION, "s 22.600" },
        { AH_COMPONENT_DATE, NEVER },
        { AH_COMPONENT_AGE, UNKNOWN },
        { AH_COMPONENT_STATE, "i 1" },
        { AH_COMPONENT_VERSIONS_BEHIND, UNKNOWN },
    };
    const struct expectation program[] = {
        { AH_COMPONENT_VERSION, "s 14.0.1" }, { AH_COMPONENT_DATE, "x 07ea0b18000000002b0000" },
        { AH_COMPONENT_AGE, UNKNOWN }, /* dated to come */
        { AH_COMPONENT_STATE, "i 1" },        { AH_COMPONENT_VERSIONS_BEHIND, UNKNOWN },
    };
    CHECK(&agent_table, &view, 9, verdict);
    CHECK(&connection_table, &view, 9, connection);
    CHECK(&protection_table, &view, 9, protection);
    check(&component_table, &view, (const uint32_t[]){ 9, AH_COMPONENT_KIND_SMART_SCAN_PATTERN }, pattern, 5);
    check(&component_table, &view, (const uint32_t[]){ 9, AH_COMPONENT_KIND_PATTERN }, unused, 5);
    check(&component_table, &view, (const uint32_t[]){ 9, AH_COMPONENT_KIND_ENGINE }, engine, 5);
    check(&component_table, &view, (const uint32_t[]){ 9, AH_COMPONENT_KIND_PROGRAM }, program, 5);
    rowview_unref(snapshot.agents);
    rowview_unref(snapshot.servers);
}

/* Known of, and nothing else: unknown everywhere, never zero or good. */
static void test_agent_without_evidence(void **state)
{
    struct rowset *agents = estate_set(&agent_rows);
    const struct agent_identity identity = { .name = "PC-2", .guid = "", .group = "", .address = "pc-2.example" };
    struct agent_row *agent = estate_insert(agents, 1);
    (void)state;
    agent->identity = agent_identity_new(&identity);
    struct snapshot snapshot = { .agents = estate_view(agents) };
    const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
    const struct expectation verdict[] = {
        { AH_AGENT_NAME, "s PC-2" },    { AH_AGENT_GUID, "s " },
        { AH_AGENT_GROUP, "s " },       { AH_AGENT_ADDRESS_TYPE, "i 0" },
        { AH_AGENT_ADDRESS, "x " },     { AH_AGENT_SERVER, "s " },
        { AH_AGENT_ICON, "i 1" },       { AH_AGENT_CONDITIONS, "x 00" },
        { AH_AGENT_UNKNOWNS, "x 00" },  { AH_AGENT_SEVERITY, "i 1" },
        { AH_AGENT_DIAGNOSIS, "i 1" },  { AH_AGENT_GUIDANCE, "o 0.0" },
        { AH_AGENT_SINCE, NEVER },      { AH_AGENT_OBSERVED, NEVER },
        { AH_AGENT_CHANGE_SEQ, "u 0" }, { AH_AGENT_MONITORED, "x 00" },
        { AH_AGENT_RETIRED, "i 2" },    { AH_AGENT_MAINTENANCE_UNTIL, NEVER },
        { AH_AGENT_FLAPPING, "x 00" },  { AH_AGENT_DISAGREEMENTS, "x 0000" },
    };
    const struct expectation connection[] = {
        { AH_CONNECTION_SERVER_SIDE, "i 1" },       { AH_CONNECTION_SERVER_SIDE_CAUSE, "i 1" },
        { AH_CONNECTION_SERVER_SIDE_RTT, UNKNOWN }, { AH_CONNECTION_SERVER_SIDE_TIME, NEVER },
        { AH_CONNECTION_AGENT_SIDE, "i 1" },        { AH_CONNECTION_AGENT_SIDE_CAUSE, "i 1" },
        { AH_CONNECTION_AGENT_SIDE_RTT, UNKNOWN },  { AH_CONNECTION_AGENT_SIDE_TIME, NEVER },
        { AH_CONNECTION_PRESENCE, "i 1" },          { AH_CONNECTION_RECORDED, "i 1" },
        { AH_CONNECTION_AGENT_ADDRESSES, "s " },    { AH_CONNECTION_RESOLVED_SERVER, "s " },
        { AH_CONNECTION_CONTRADICTED, "i 2" },      { AH_CONNECTION_RECORDED_TIME, NEVER },
        { AH_CONNECTION_NAMED_SERVER, "s " },       { AH_CONNECTION_NAME_CHECK, "i 1" },
    };
    const struct expectation protection[] = {
        { AH_PROTECTION_MODE, "i 1" },
        { AH_PROTECTION_REAL_TIME_SCAN, "i 1" },
        { AH_PROTECTION_REAL_TIME_SCAN_SERVICE, "i 1" },
        { AH_PROTECTION_SCAN_METHOD, "i 1" },
        { AH_PROTECTION_PATTERN_STATE, "i 1" },
        { AH_PROTECTION_PATTERN_VERSION, "s " },
        { AH_PROTECTION_PATTERN_DATE, NEVER },
        { AH_PROTECTION_PATTERN_AGE, UNKNOWN },
        { AH_PROTECTION_LOCATION, "i 1" },
        { AH_PROTECTION_SMART_PROTECTION, "i 1" },
        { AH_PROTECTION_FILES_IN_STEP, "i 1" },
        { AH_PROTECTION_PROXIES, "i 1" },
        { AH_PROTECTION_TMUSA, "i 1" },
        { AH_PROTECTION_SOURCE, "s " },
        { AH_PROTECTION_EXPECTED_LOCATION, "i 1" },
        { AH_PROTECTION_KEYS_DIFFERING, UNKNOWN },
        { AH_PROTECTION_KEYS_NAMED, "s " },
        { AH_PROTECTION_LISTENER_SERVICE, "i 1" },
        { AH_PROTECTION_SYSTEM, "s " },
        { AH_PROTECTION_NOTE, "s " },
    };
    const struct expectation component[] = {
        { AH_COMPONENT_VERSION, "s " },
        { AH_COMPONENT_DATE, NEVER },
        { AH_COMPONENT_AGE, UNKNOWN },
        { AH_COMPONENT_STATE, "i 1" },
        { AH_COMPONENT_VERSIONS_BEHIND, UNKNOWN },
    };
    CHECK(&agent_table, &view, 1, verdict);
    CHECK(&connection_table, &view, 1, connection);
    CHECK(&protection_table, &view, 1, protection);
    for (uint32_t kind = AH_COMPONENT_KIND_PATTERN; kind <= AH_COMPONENT_KIND_PROGRAM; kind++)
        check(&component_table, &view, (const uint32_t[]){ 1, kind }, component, 5);
    rowview_unref(snapshot.agents);
}

/* What the report alone tells of a pattern whose scan method is not known; and an endpoint that could not be asked, in
 * the collector's language. */
static void test_agent_with_a_report_alone(void **state)
{
    struct rowset *agents = estate_set(&agent_rows);
    const struct agent_identity identity = { .name = "PC-4", .guid = "", .group = "", .address = "" };
    const struct report report = { .components = { [COMPONENT_PATTERN] = { "19.400.00", 20779 } },
                                   .notes = NOTE_AGENT_NOT_INSTALLED };
    struct agent_row *agent = estate_insert(agents, 1);
    (void)state;
    agent->identity = agent_identity_new(&identity);
    agent->judged_wall_s = WALL_S;
    agent->evidence.known.report = report_new(&report);
    agent->evidence.known.report_mono_ms = 1;
    agent->evidence.asked = (struct contact){ 1, wall_ms, 0, SIDE_OFFLINE, CAUSE_FORBIDDEN, DRIVER_WINRM, true };
    struct snapshot snapshot = { .collector = { .language = LANGUAGE_JA }, .agents = estate_view(agents) };
    const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
    const struct expectation pattern[] = {
        { AH_COMPONENT_VERSION, "s 19.400.00" },   { AH_COMPONENT_DATE, "x 07ea0b16000000002b0000" },
        { AH_COMPONENT_AGE, "u 86405" },           { AH_COMPONENT_STATE, "i 1" },
        { AH_COMPONENT_VERSIONS_BEHIND, UNKNOWN },
    };
    check(&component_table, &view, (const uint32_t[]){ 1, AH_COMPONENT_KIND_PATTERN }, pattern, 5);
    const uint32_t note[] = { AH_PROTECTION_NOTE, 1 };
    char text[TEXT_BYTES];
    struct value value;
    table_get(&protection_table, &view, NULL, note, 2, &value);
    format(&value, false, text);
    assert_string_equal(text, "s エンドポイントに問い合わせできません: アクセスが禁止されています");
    rowview_unref(snapshot.agents);
}

static void test_smart_checks(void **state)
{
    struct rowset *agents = estate_set(&agent_rows);
    const struct agent_identity identity = { .name = "PC-5", .guid = "", .group = "", .address = "" };
    struct agent_row *agent = estate_insert(agents, 5);
    (void)state;
    agent->identity = agent_identity_new(&identity);
    agent->verdict.conditions = CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE);
    agent->verdict.findings[CHECK_LOCATION_PROFILE - 1] = FINDING_INTERNAL_SOURCE_NAMED;
    agent->verdict.findings[CHECK_TMUSA - 1] = FINDING_TMUSA_STOPPED;
    struct snapshot snapshot = { .agents = estate_view(agents) };
    const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
    const struct expectation nothing[] = {
        { AH_SMART_CHECK_RESULT, "i 1" },
        { AH_SMART_CHECK_TEXT, "s " },
        { AH_SMART_CHECK_GUIDANCE, "o 0.0" },
    };
    const struct expectation ok[] = {
        { AH_SMART_CHECK_RESULT, "i 2" },
        { AH_SMART_CHECK_TEXT, "s internal, and the agent names the source that it uses now" },
        { AH_SMART_CHECK_GUIDANCE, "o 0.0" },
    };
    const struct expectation failed[] = {
        { AH_SMART_CHECK_RESULT, "i 3" },
        { AH_SMART_CHECK_TEXT, "s conventional scan, but the driver tmusa has stopped" },
        { AH_SMART_CHECK_GUIDANCE, "o 1.3.6.1.4.1.99999.7.1.11.1.3.206.1" },
    };
    for (enum smart_check kind = CHECK_ENDPOINT_LOCATION; kind <= SMART_CHECKS; kind++)
        check(&smart_check_table, &view, (const uint32_t[]){ 5, kind },
              kind == CHECK_LOCATION_PROFILE ? ok
              : kind == CHECK_TMUSA          ? failed
                                             : nothing,
              3);
    rowview_unref(snapshot.agents);
}

static void test_servers_and_alarms(void **state)
{
    struct rowset *servers = estate_set(&server_rows), *alarms = estate_set(&alarm_rows),
                  *history = estate_set(&history_rows);
    const struct server_identity apex = { .name = "apex", .url = "https://apex:4343" };
    struct server_row *server = estate_insert(servers, 3);
    struct alarm_row *alarm = estate_insert(alarms, 41);
    struct history_row *past = estate_insert(history, 8);
    (void)state;
    server->identity = server_identity_new(&apex);
    server->damper.believed = UPDOWN_DOWN;
    server->contact = (struct contact){ 1, wall_ms, 3000, SIDE_OFFLINE, CAUSE_TIMED_OUT, DRIVER_SERVER, false };
    server->agents = 120;
    server->agents_offline = 7;
    *alarm = (struct alarm_row){ 41,
                                 3,
                                 SUBJECT_SERVER,
                                 ALARM_SERVER_DOWN,
                                 SEVERITY_CRITICAL,
                                 DIAGNOSIS_NONE,
                                 true,
                                 wall_ms,
                                 text_new("apex"),
                                 text_new("apex is down"),
                                 0 };
    past->alarm = (struct alarm_row){ 40,
                                      12,
                                      SUBJECT_AGENT,
                                      ALARM_OFFLINE,
                                      SEVERITY_MAJOR,
                                      DIAGNOSIS_NETWORK_FAULT,
                                      false,
                                      wall_ms,
                                      text_new("PC-12"),
                                      text_new("PC-12 is offline"),
                                      0 };
    past->why = CLEAR_REPLACED;
    past->cleared_wall_ms = wall_ms;
    struct snapshot snapshot = { .servers = estate_view(servers),
                                 .alarms = estate_view(alarms),
                                 .history = estate_view(history),
                                 .alarm_seq = 41,
                                 .alarms_raised = 11,
                                 .alarm_mono_ms = 60000,
                                 .history_mono_ms = 9000,
                                 .history_lost = 2,
                                 .history_max = 500 };
    const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8, .uptime_origin_ms = 10000 };
    const struct expectation row[] = {
        { AH_SERVER_NAME, "s apex" },  { AH_SERVER_URL, "s https://apex:4343" },
        { AH_SERVER_STATE, "i 3" },    { AH_SERVER_CAUSE, "i 5" },
        { AH_SERVER_RTT, UNKNOWN },    { AH_SERVER_LAST_CHECK, TIME },
        { AH_SERVER_AGENTS, "u 120" }, { AH_SERVER_AGENTS_OFFLINE, "u 7" },
        { AH_SERVER_SINCE, NEVER },    { AH_SERVER_MAINTENANCE_UNTIL, NEVER },
    };
    const struct expectation active[] = {
        { AH_ALARM_SUBJECT, "i 3" },   { AH_ALARM_SUBJECT_INDEX, "u 3" },   { AH_ALARM_SUBJECT_NAME, "s apex" },
        { AH_ALARM_CONDITION, "i 9" }, { AH_ALARM_SEVERITY, "i 6" },        { AH_ALARM_DIAGNOSIS, "i 2" },
        { AH_ALARM_RAISED, TIME },     { AH_ALARM_TEXT, "s apex is down" }, { AH_ALARM_ACKNOWLEDGED, "i 1" },
        { AH_ALARM_AGENTS, "u 120" },
    };
    const struct expectation cleared[] = {
        { AH_ALARM_HISTORY_SUBJECT, "i 2" },
        { AH_ALARM_HISTORY_SUBJECT_INDEX, "u 12" },
        { AH_ALARM_HISTORY_SUBJECT_NAME, "s PC-12" },
        { AH_ALARM_HISTORY_CONDITION, "i 7" },
        { AH_ALARM_HISTORY_SEVERITY, "i 5" },
        { AH_ALARM_HISTORY_DIAGNOSIS, "i 3" },
        { AH_ALARM_HISTORY_RAISED, TIME },
        { AH_ALARM_HISTORY_TEXT, "s PC-12 is offline" },
        { AH_ALARM_HISTORY_ACKNOWLEDGED, "i 2" },
        { AH_ALARM_HISTORY_CLEARED, TIME },
        { AH_ALARM_HISTORY_WHY, "i 3" },
        { AH_ALARM_HISTORY_ALARM, "u 40" },
    };
    const struct expectation numbers[] = {
        { AH_ALARMS_ACTIVE, "u 1" },
        { AH_ALARMS_RAISED, "c 11" },
        { AH_ALARMS_LAST_CHANGED, "t 5000" },
        { AH_ALARM_LAST_SEQ, "u 41" },
        { AH_ALARMS_DROPPED, "c 0" },
        { AH_ALARM_HISTORY_ENTRIES, "u 1" },
        { AH_ALARM_HISTORY_LIMIT, "u 500" },
        { AH_ALARM_HISTORY_DROPPED, "c 2" },
        { AH_ALARM_HISTORY_LAST_CHANGED, "t 0" }, /* before the master's uptime began */
    };
    CHECK(&server_table, &view, 3, row);
    CHECK(&alarm_table, &view, 41, active);
    CHECK(&history_table, &view, 8, cleared);
    CHECK(&alarm_info_scalars, &view, 0, numbers);
    rowview_unref(snapshot.servers);
    rowview_unref(snapshot.alarms);
    rowview_unref(snapshot.history);
}

static void test_counts(void **state)
{
    struct rowset *groups = estate_set(&group_rows), *probes = estate_set(&probe_rows);
    struct group_row *group = estate_insert(groups, 4);
    struct probe_row *probe = estate_insert(probes, DRIVER_LISTENER);
    const struct tally tally = {
        100, 80, 5, 3, 4, { 1, 2, 3, 4, 5, 6 }, { [SEVERITY_CLEARED] = 80, [SEVERITY_MAJOR] = 6 }
    };
    (void)state;
    group->name = text_new("HQ\\Sales");
    group->tally = tally;
    *probe = (struct probe_row){ .driver = DRIVER_LISTENER,
                                 .in_flight = 4,
                                 .targets = 100,
                                 .runs = 5000000000,
                                 .overruns = 6,
                                 .answers = { [CAUSE_NONE] = 4999999999, [CAUSE_REFUSED] = 1 },
                                 .last_sweep_ms = 1234,
                                 .last_sweep_wall_ms = wall_ms };
    struct snapshot snapshot = { .collector = { .name = "tokyo-1",
                                                .version = "1.2",
                                                .start_wall_ms = wall_ms,
                                                .config_wall_ms = wall_ms,
                                                .notifications_enabled = true,
                                                .language = LANGUAGE_EN },
                                 .fleet = tally,
                                 .contradicted = 9,
                                 .disagreements = 12,
                                 .change_seq = 1000,
                                 .change_mono_ms = 30000,
                                 .groups = estate_view(groups),
                                 .probes = estate_view(probes) };
    const struct view view = { .snapshot = &snapshot,
                               .root = estate_root,
                               .root_len = 8,
                               .sent = 5000000000,
                               .dropped = 3,
                               .queued = 17,
                               .reconnects = 2,
                               .uptime_origin_ms = 10000 };
    const struct expectation counts[] = {
        { AH_GROUP_NAME, "s HQ\\Sales" },
        { AH_GROUP_AGENTS, "u 100" },
        { AH_GROUP_HEALTHY, "u 80" },
        { AH_GROUP_UNKNOWN, "u 5" },
        { AH_GROUP_ABSENT, "u 3" },
        { AH_GROUP_PATTERN_OUTDATED, "u 1" },
        { AH_GROUP_REAL_TIME_SCAN_NOT_FUNCTIONING, "u 2" },
        { AH_GROUP_REAL_TIME_SCAN_DISABLED, "u 3" },
        { AH_GROUP_STANDALONE_UNPROTECTED, "u 4" },
        { AH_GROUP_OFFLINE, "u 5" },
        { AH_GROUP_SMART_PROTECTION_UNAVAILABLE, "u 6" },
        { AH_GROUP_WORST_SEVERITY, "i 5" },
        { AH_GROUP_MASS_OUTAGE, "i 2" },
        { AH_GROUP_MAINTENANCE_UNTIL, NEVER },
    };
    const struct expectation fleet[] = {
        { AH_FLEET_AGENTS, "u 100" },
        { AH_FLEET_HEALTHY, "u 80" },
        { AH_FLEET_UNKNOWN, "u 5" },
        { AH_FLEET_ABSENT, "u 3" },
        { AH_FLEET_PATTERN_OUTDATED, "u 1" },
        { AH_FLEET_REAL_TIME_SCAN_NOT_FUNCTIONING, "u 2" },
        { AH_FLEET_REAL_TIME_SCAN_DISABLED, "u 3" },
        { AH_FLEET_STANDALONE_UNPROTECTED, "u 4" },
        { AH_FLEET_OFFLINE, "u 5" },
        { AH_FLEET_SMART_PROTECTION_UNAVAILABLE, "u 6" },
        { AH_FLEET_WORST_SEVERITY, "i 5" },
        { AH_FLEET_CHANGE_SEQ, "u 1000" },
        { AH_FLEET_LAST_CHANGE, "t 2000" },
        { AH_FLEET_CONTRADICTED, "u 9" },
        { AH_FLEET_RETIRED, "u 0" },
        { AH_FLEET_MAINTENANCE, "u 0" },
        { AH_FLEET_FLAPPING, "u 0" },
        { AH_FLEET_DISAGREEING, "u 4" },
        { AH_FLEET_DISAGREEMENTS, "c 12" },
    };
    const struct expectation collector[] = {
        { AH_COLLECTOR_NAME, "s tokyo-1" },      { AH_COLLECTOR_VERSION, "s 1.2" },
        { AH_COLLECTOR_START_TIME, TIME },       { AH_COLLECTOR_CONFIG_TIME, TIME },
        { AH_NOTIFICATIONS_ENABLED, "i 1" },     { AH_NOTIFICATIONS_SENT, "c 705032704" }, /* modulo 2^32 */
        { AH_NOTIFICATIONS_QUEUED, "u 17" },     { AH_NOTIFICATIONS_DROPPED, "c 3" },
        { AH_MASTER_RECONNECTS, "c 2" },         { AH_VERIFY_NOW, "u 0" },
        { AH_PERSISTENCE_STATE, "i 1" },         { AH_COLLECTOR_UPLINK, "i 1" },
        { AH_COLLECTOR_CONFIG_REJECTED, "c 0" }, { AH_COLLECTOR_ROWS_REJECTED, "u 0" },
        { AH_COLLECTOR_UPDATES_DROPPED, "c 0" }, { AH_NOTIFICATIONS_WITHHELD, "c 0" },
    };
    const struct expectation driver[] = {
        { AH_PROBE_RUNS, "C 5000000000" }, { AH_PROBE_OVERRUNS, "c 6" },          { AH_PROBE_IN_FLIGHT, "u 4" },
        { AH_PROBE_SWEEP_TIME, TIME },     { AH_PROBE_SWEEP_DURATION, "u 1234" }, { AH_PROBE_TARGETS, "u 100" },
        { AH_PROBE_NOT_STARTED, "c 0" },   { AH_PROBE_BACKED_OFF, "u 0" },        { AH_PROBE_LAST_CAUSE, "i 1" },
        { AH_PROBE_LAST_FAULT, "s " },     { AH_PROBE_LAST_FAULT_TIME, NEVER },
    };
    const struct expectation good[] = { { AH_PROBE_ANSWERS, "C 4999999999" } };
    const struct expectation refused[] = { { AH_PROBE_ANSWERS, "C 1" } };
    CHECK(&group_table, &view, 4, counts);
    CHECK(&fleet_scalars, &view, 0, fleet);
    CHECK(&collector_scalars, &view, 0, collector);
    CHECK(&probe_table, &view, DRIVER_LISTENER, driver);
    check(&probe_answer_table, &view, (const uint32_t[]){ DRIVER_LISTENER, CAUSE_NONE }, good, 1);
    check(&probe_answer_table, &view, (const uint32_t[]){ DRIVER_LISTENER, CAUSE_REFUSED }, refused, 1);
    rowview_unref(snapshot.groups);
    rowview_unref(snapshot.probes);
}

static void test_changes_and_guidance(void **state)
{
    struct rowset *agents = estate_set(&agent_rows), *changes = estate_set(&change_rows);
    const struct agent_identity identity = { .name = "PC-3", .guid = "", .group = "", .address = "" };
    struct agent_row *agent = estate_insert(agents, 6);
    struct change_row *change = estate_insert(changes, 1001), *orphan = estate_insert(changes, 1002);
    (void)state;
    agent->identity = agent_identity_new(&identity);
    agent->verdict = (struct verdict){ .conditions = CONDITION_BIT(CONDITION_REAL_TIME_SCAN_DISABLED),
                                       .icon = ICON_REAL_TIME_SCAN_DISABLED,
                                       .severity = SEVERITY_CRITICAL,
                                       .diagnosis = DIAGNOSIS_NONE };
    change->agent = 6;
    change->wall_ms = wall_ms;
    orphan->agent = 7;
    orphan->wall_ms = wall_ms;
    struct snapshot snapshot = { .agents = estate_view(agents), .changes = estate_view(changes) };
    struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
    const struct expectation known[] = {
        { AH_CHANGE_AGENT, "u 6" },    { AH_CHANGE_NAME, "s PC-3" },     { AH_CHANGE_ICON, "i 5" },
        { AH_CHANGE_SEVERITY, "i 6" }, { AH_CHANGE_CONDITIONS, "x 20" }, { AH_CHANGE_TIME, TIME },
    };
    const struct expectation gone[] = {
        { AH_CHANGE_AGENT, "u 7" },    { AH_CHANGE_NAME, "s " },         { AH_CHANGE_ICON, "i 1" },
        { AH_CHANGE_SEVERITY, "i 1" }, { AH_CHANGE_CONDITIONS, "x 00" }, { AH_CHANGE_TIME, TIME },
    };
    CHECK(&change_table, &view, 1001, known);
    CHECK(&change_table, &view, 1002, gone);

    size_t n;
    const struct guidance *steps = guidance_all(&n);
    for (size_t i = 0; i < n; i++) {
        const uint32_t cell[] = { AH_GUIDANCE_TEXT, steps[i].subject, steps[i].step };
        for (int language = 0; language < LANGUAGES; language++) {
            struct value value;
            snapshot.collector.language = (enum language)language;
            table_get(&guidance_table, &view, NULL, cell, 3, &value);
            assert_int_equal(value.n_octets, strlen(steps[i].text[language]));
            assert_memory_equal(value.octets, steps[i].text[language], value.n_octets);
        }
    }
    rowview_unref(snapshot.agents);
    rowview_unref(snapshot.changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agent),
        cmocka_unit_test(test_agent_without_evidence),
        cmocka_unit_test(test_agent_with_a_report_alone),
        cmocka_unit_test(test_smart_checks),
        cmocka_unit_test(test_servers_and_alarms),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_changes_and_guidance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
