/* The value of every other column that shows something, from rows made by hand: servers, alarms, counts, changes,
 * steps.
 */
#include "columns.h"

#include "core/guidance.h"

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
    server->maintenance.wall_ms = wall_ms;
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
                                 0,
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
                                      0,
                                      0 };
    past->why = CLEAR_REPLACED;
    past->cleared_wall_ms = wall_ms;
    struct snapshot snapshot = { .servers = estate_view(servers),
                                 .alarms = estate_view(alarms),
                                 .history = estate_view(history),
                                 .alarm_seq = 41,
                                 .alarms_raised = 11,
                                 .alarms_lost = 4,
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
        { AH_SERVER_SINCE, NEVER },    { AH_SERVER_MAINTENANCE_UNTIL, TIME },
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
        { AH_ALARMS_DROPPED, "c 4" },
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
        100, 80, 5, 3, 4, 9, 8, 7, 2, { 1, 2, 3, 4, 5, 6 }, { [SEVERITY_CLEARED] = 80, [SEVERITY_MAJOR] = 6 }
    };
    (void)state;
    group->name = text_new("HQ\\Sales");
    group->tally = tally;
    group->maintenance.wall_ms = wall_ms;
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
                                                .language = LANGUAGE_EN },
                                 .notifications_enabled = true,
                                 .fleet = tally,
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
        { AH_GROUP_MAINTENANCE_UNTIL, TIME },
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
        { AH_FLEET_RETIRED, "u 8" },
        { AH_FLEET_MAINTENANCE, "u 7" },
        { AH_FLEET_FLAPPING, "u 2" },
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
        cmocka_unit_test(test_servers_and_alarms),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_changes_and_guidance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
