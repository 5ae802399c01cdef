/* What the columns about agents show: verdict, connection, protection, components and checks. */
#include "columns.h"

static void test_agent(void **state)
{
    struct rowset *agents = estate_set(&agent_rows), *servers = estate_set(&server_rows);
    const struct agent_identity identity = { .name = "PC-1",
                                             .guid = "abc",
                                             .group = "HQ\\Sales",
                                             .address = "10.1.2.3",
                                             .literal = { 4, { 10, 1, 2, 3 } },
                                             .server = 2,
                                             .monitored = CONDITIONS_ALL,
                                             .retired = true };
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
    agent->recorded = RECORDED_INACTIVE;
    agent->contradicted = true;
    agent->disagreements = DISAGREE_BIT(DISAGREE_MODE) | DISAGREE_BIT(DISAGREE_OWN);
    agent->maintenance.wall_ms = wall_ms;
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
    evidence->known.own = address_list_new(
        &(struct address_list){ .mono_ms = 1, .n = 2, .at = { { 4, { 10, 1, 2, 3 } }, { 4, { 10, 1, 2, 4 } } } });
    evidence->known.resolved =
        address_list_new(&(struct address_list){ .mono_ms = 1, .n = 1, .at = { { 4, { 10, 0, 0, 5 } } } });
    assert_non_null(evidence->known.own);
    assert_non_null(evidence->known.resolved);
    evidence->known.recorded_wall_ms = wall_ms;
    evidence->known.pattern_mono_ms = 1;
    strcpy(evidence->known.pattern_version, "19.429.80");
    evidence->known.pattern_day = 20780;
    static const int32_t values[FACTS] = {
        MODE_STANDALONE, TRI_NO,          SERVICE_STOPPED, SCAN_METHOD_SMART, 3600, TRI_NO, LOCATION_EXTERNAL,
        SERVICE_MISSING, SERVICE_RUNNING, TRI_YES,         RECORDED_INACTIVE, 7,    TRI_NO
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
        { AH_AGENT_RETIRED, "i 1" },        { AH_AGENT_MAINTENANCE_UNTIL, TIME },
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
        { AH_CONNECTION_RECORDED, "i 4" },
        { AH_CONNECTION_AGENT_ADDRESSES, "s 10.1.2.3, 10.1.2.4" },
        { AH_CONNECTION_RESOLVED_SERVER, "s 10.0.0.5" },
        { AH_CONNECTION_CONTRADICTED, "i 1" },
        { AH_CONNECTION_RECORDED_TIME, TIME },
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
        { AH_COMPONENT_VERSION, "s 19.429.80" }, { AH_COMPONENT_DATE, "x 07ea0b17000000002b0000" },
        { AH_COMPONENT_AGE, "u 3605" },          { AH_COMPONENT_STATE, "i 2" },
        { AH_COMPONENT_VERSIONS_BEHIND, "u 6" },
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
        { AH_COMPONENT_STATE, "i 3" },
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
    agent->maintenance.wall_ms = wall_ms;
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

/* Whether its file is in step, on its way from evidence to the protection and to the check. */
static void test_files(void **state)
{
    static const struct {
        enum files files;
        enum finding finding;
        struct difference difference;
        const char *in_step, *differing, *named, *note, *result, *text;
    } rows[] = {
        { FILES_IN_STEP,
          FINDING_FILES_IN_STEP,
          { 0, "" },
          "i 2",
          "u 0",
          "s ",
          "s ",
          "i 2",
          "s sscfg.ini and ssnotify.ini agree" },
        { FILES_DIFFERENT,
          FINDING_FILES_DIFFERENT,
          { 2, "s:k,s:l" },
          "i 3",
          "u 2",
          "s s:k,s:l",
          "s ",
          "i 3",
          "s sscfg.ini and ssnotify.ini differ: 2 keys (s:k,s:l)" },
        { FILES_UNREADABLE,
          FINDING_FILES_UNREADABLE,
          { 0, "" },
          "i 1",
          UNKNOWN,
          "s ",
          "s ssnotify.ini could not be read",
          "i 1",
          "s ssnotify.ini could not be read" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rowset *agents = estate_set(&agent_rows);
        const struct agent_identity identity = { .name = "PC-6", .guid = "", .group = "", .address = "" };
        struct agent_row *agent = estate_insert(agents, 6);
        agent->identity = agent_identity_new(&identity);
        agent->verdict.conditions = CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE);
        agent->verdict.findings[CHECK_CONFIGURATION_FILES - 1] = (uint8_t)rows[i].finding;
        agent->evidence.known.files = (uint8_t)rows[i].files;
        agent->evidence.known.files_mono_ms = 1;
        if (rows[i].difference.keys)
            agent->evidence.known.difference = difference_new(&rows[i].difference);
        struct snapshot snapshot = { .agents = estate_view(agents) };
        const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
        const struct {
            const struct table *table;
            uint32_t at[3];
            const char *text;
        } cells[] = {
            { &protection_table, { AH_PROTECTION_FILES_IN_STEP, 6 }, rows[i].in_step },
            { &protection_table, { AH_PROTECTION_KEYS_DIFFERING, 6 }, rows[i].differing },
            { &protection_table, { AH_PROTECTION_KEYS_NAMED, 6 }, rows[i].named },
            { &protection_table, { AH_PROTECTION_NOTE, 6 }, rows[i].note },
            { &smart_check_table, { AH_SMART_CHECK_RESULT, 6, CHECK_CONFIGURATION_FILES }, rows[i].result },
            { &smart_check_table, { AH_SMART_CHECK_TEXT, 6, CHECK_CONFIGURATION_FILES }, rows[i].text },
        };
        for (size_t cell = 0; cell < sizeof cells / sizeof *cells; cell++) {
            char text[TEXT_BYTES];
            struct value value;
            table_get(cells[cell].table, &view, NULL, cells[cell].at, 1 + cells[cell].table->n_index, &value);
            format(&value, false, text);
            assert_string_equal(text, cells[cell].text);
        }
        rowview_unref(snapshot.agents);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agent),
        cmocka_unit_test(test_agent_without_evidence),
        cmocka_unit_test(test_agent_with_a_report_alone),
        cmocka_unit_test(test_smart_checks),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
