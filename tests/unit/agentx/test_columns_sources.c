/* The columns that show Smart Protection sources, and what they mean for an agent, from rows made by hand. */
#include "columns.h"

static void put_identity(struct source_row *source, const struct source_identity *from)
{
    source->identity = source_identity_new(from);
    assert_non_null(source->identity);
}

/* Three sources: a custom one that is checked by a proxy, too; one of the network that is down; one not asked yet. */
static struct rowview *make_sources(void)
{
    struct rowset *sources = estate_set(&source_rows);
    struct source_row *source = estate_insert(sources, 2);
    put_identity(source, &(struct source_identity){ .name = "sps1",
                                                    .kind = LIST_CUSTOM,
                                                    .url = "https://sps1/tmcss/",
                                                    .web_url = "https://sps1:5274/",
                                                    .ranges = "10.1.0.0/16" });
    source->check = (struct source_check){ .ways = { [WAY_FILE] = { CAUSE_NONE, true, 12 },
                                                     [WAY_WEB] = { CAUSE_REFUSED, true, 1 },
                                                     [WAY_FILE_PROXY] = { CAUSE_AUTHENTICATION_FAILED, true, 2 } },
                                           .certificate = CERTIFICATE_VALID,
                                           .certificate_days = 30 };
    source->dampers[REPUTATION_FILE].believed = UPDOWN_UP;
    source->dampers[REPUTATION_WEB].believed = UPDOWN_DOWN;
    source->state = UPDOWN_DOWN;
    source->wall_ms = source->since_wall_ms = wall_ms;
    source->agents = 120;
    source = estate_insert(sources, 3);
    put_identity(source, &(struct source_identity){
                             .name = "spn", .kind = LIST_NETWORK, .url = "https://spn/", .web_url = "", .ranges = "" });
    source->check = (struct source_check){
        .ways = { [WAY_FILE] = { CAUSE_TIMED_OUT, true, 5000 }, [WAY_FILE_PROXY] = { CAUSE_FORBIDDEN, true, 3 } },
        .certificate = CERTIFICATE_EXPIRED,
        .certificate_days = -7
    };
    source->dampers[REPUTATION_FILE].believed = UPDOWN_DOWN;
    source->state = UPDOWN_DOWN;
    source->wall_ms = wall_ms;
    source = estate_insert(sources, 4);
    put_identity(source,
                 &(struct source_identity){
                     .name = "sps2", .kind = LIST_STANDARD, .url = "http://sps2/", .web_url = "", .ranges = "" });
    source->check.certificate = CERTIFICATE_UNKNOWN;
    source->check.certificate_days = CERTIFICATE_DAYS_UNKNOWN;
    return estate_view(sources);
}

static void test_sources(void **state)
{
    (void)state;
    struct snapshot snapshot = { .sources = make_sources() };
    const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
    const struct expectation custom[] = {
        { AH_SOURCE_NAME, "s sps1" },
        { AH_SOURCE_LIST, "i 3" },
        { AH_SOURCE_FILE_STATE, "i 2" },
        { AH_SOURCE_WEB_STATE, "i 3" },
        { AH_SOURCE_CAUSE, "i 4" },
        { AH_SOURCE_RTT, "u 12" },
        { AH_SOURCE_LAST_CHECK, TIME },
        { AH_SOURCE_AGENTS, "u 120" },
        { AH_SOURCE_URL, "s https://sps1/tmcss/" },
        { AH_SOURCE_WEB_URL, "s https://sps1:5274/" },
        { AH_SOURCE_ADDRESS_RANGES, "s 10.1.0.0/16" },
        { AH_SOURCE_CERTIFICATE_STATE, "i 2" },
        { AH_SOURCE_CERTIFICATE_DAYS, "i 30" },
        { AH_SOURCE_INTERNAL_PROXY_CAUSE, "i 9" },
        { AH_SOURCE_EXTERNAL_PROXY_CAUSE, "i 1" },
        { AH_SOURCE_SINCE, TIME },
    };
    const struct expectation network[] = {
        { AH_SOURCE_NAME, "s spn" },
        { AH_SOURCE_LIST, "i 4" },
        { AH_SOURCE_FILE_STATE, "i 3" },
        { AH_SOURCE_WEB_STATE, "i 1" },
        { AH_SOURCE_CAUSE, "i 5" },
        { AH_SOURCE_RTT, UNKNOWN },
        { AH_SOURCE_LAST_CHECK, TIME },
        { AH_SOURCE_AGENTS, "u 0" },
        { AH_SOURCE_URL, "s https://spn/" },
        { AH_SOURCE_WEB_URL, "s " },
        { AH_SOURCE_ADDRESS_RANGES, "s " },
        { AH_SOURCE_CERTIFICATE_STATE, "i 3" },
        { AH_SOURCE_CERTIFICATE_DAYS, "i -7" },
        { AH_SOURCE_INTERNAL_PROXY_CAUSE, "i 1" },
        { AH_SOURCE_EXTERNAL_PROXY_CAUSE, "i 10" },
        { AH_SOURCE_SINCE, NEVER },
    };
    const struct expectation unasked[] = {
        { AH_SOURCE_NAME, "s sps2" },
        { AH_SOURCE_LIST, "i 2" },
        { AH_SOURCE_FILE_STATE, "i 1" },
        { AH_SOURCE_WEB_STATE, "i 1" },
        { AH_SOURCE_CAUSE, "i 1" },
        { AH_SOURCE_RTT, UNKNOWN },
        { AH_SOURCE_LAST_CHECK, NEVER },
        { AH_SOURCE_AGENTS, "u 0" },
        { AH_SOURCE_URL, "s http://sps2/" },
        { AH_SOURCE_WEB_URL, "s " },
        { AH_SOURCE_ADDRESS_RANGES, "s " },
        { AH_SOURCE_CERTIFICATE_STATE, "i 1" },
        { AH_SOURCE_CERTIFICATE_DAYS, "i -32768" },
        { AH_SOURCE_INTERNAL_PROXY_CAUSE, "i 1" },
        { AH_SOURCE_EXTERNAL_PROXY_CAUSE, "i 1" },
        { AH_SOURCE_SINCE, NEVER },
    };
    CHECK(&source_table, &view, 2, custom);
    CHECK(&source_table, &view, 3, network);
    CHECK(&source_table, &view, 4, unasked);
    rowview_unref(snapshot.sources);
}

static void test_agents_source(void **state)
{
    (void)state;
    static const struct {
        uint32_t list, source;
        enum finding finding;
        const char *check, *shown;
    } rows[] = {
        { 0, 0, FINDING_NOTHING, "s ", "s 10.9.9.9" },
        { 4, 4, FINDING_SOURCES_ANSWER, "s each source of the agent's list answers", "s sps2" },
        { 2, SOURCE_ELSEWHERE, FINDING_SOURCES_SILENT,
          "s no source of the agent's list answers: sps1 (the host answers, but nobody listens on the port)",
          "s 10.9.9.9" },
        { 2, SOURCE_ELSEWHERE, FINDING_SOURCE_ELSEWHERE, "s the agent uses a source that is in no list here: 10.9.9.9",
          "s 10.9.9.9" },
        { 2, 4, FINDING_SOURCE_OF_OTHER_LIST, "s the agent uses a source that is not in its own list: sps2", "s sps2" },
        { 3, 2, FINDING_SOURCE_SILENT, "s of the agent's list, some sources do not answer: spn (no answer in time)",
          "s sps1" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rowset *agents = estate_set(&agent_rows);
        struct agent_row *agent = estate_insert(agents, 7);
        const struct report report = { .source = "10.9.9.9" };
        char text[TEXT_BYTES];
        uint32_t seed = 1;
        estate_agent(agent, &seed);
        agent->verdict.conditions = CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE);
        agent->verdict.findings[CHECK_SOURCE_LIST - 1] = (uint8_t)rows[i].finding;
        agent->verdict.outage = rows[i].finding == FINDING_SOURCES_SILENT;
        agent->dampers[AXIS_SMART].believed = TRI_YES;
        agent->evidence.known.report = report_new(&report);
        agent->list.list = rows[i].list;
        agent->list.source = rows[i].source;
        struct snapshot snapshot = { .agents = estate_view(agents), .sources = make_sources() };
        const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
        text_of(&smart_check_table, &view, (const uint32_t[]){ AH_SMART_CHECK_TEXT, 7, CHECK_SOURCE_LIST }, 3, text);
        assert_string_equal(text, rows[i].check);
        text_of(&protection_table, &view, (const uint32_t[]){ AH_PROTECTION_SOURCE, 7 }, 2, text);
        assert_string_equal(text, rows[i].shown);
        text_of(&protection_table, &view, (const uint32_t[]){ AH_PROTECTION_SMART_PROTECTION, 7 }, 2, text);
        assert_string_equal(text, agent->verdict.outage ? "i 3" : "i 2");
        rowview_unref(snapshot.agents);
        rowview_unref(snapshot.sources);
    }
}

/* A proxy that fails, by source, and in what words. */
static void test_agents_proxy(void **state)
{
    (void)state;
    static const struct {
        uint32_t list;
        enum finding finding;
        const char *shown, *check;
    } rows[] = {
        { 2, FINDING_NOTHING, "i 1", "s " },
        { 2, FINDING_PROXY_WORKS, "i 2", "s the agent's proxy reaches its sources" },
        { 2, FINDING_PROXY_FAILS, "i 3",
          "s the agent's proxy does not reach its sources: sps1 (the credentials were not accepted)" },
        { 3, FINDING_PROXY_UNCLEAR, "i 1",
          "s no source that is asked through the agent's proxy answers straight either, so that it can not be judged" },
        { 0, FINDING_NO_PROXY, "i 4", "s the agent uses no proxy towards its sources" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rowset *agents = estate_set(&agent_rows);
        struct agent_row *agent = estate_insert(agents, 7);
        char text[TEXT_BYTES];
        uint32_t seed = 1;
        estate_agent(agent, &seed);
        agent->verdict.conditions = CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE);
        agent->verdict.findings[CHECK_PROXIES - 1] = (uint8_t)rows[i].finding;
        agent->list.list = rows[i].list;
        struct snapshot snapshot = { .agents = estate_view(agents), .sources = make_sources() };
        const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
        text_of(&protection_table, &view, (const uint32_t[]){ AH_PROTECTION_PROXIES, 7 }, 2, text);
        assert_string_equal(text, rows[i].shown);
        text_of(&smart_check_table, &view, (const uint32_t[]){ AH_SMART_CHECK_TEXT, 7, CHECK_PROXIES }, 3, text);
        assert_string_equal(text, rows[i].check);
        rowview_unref(snapshot.agents);
        rowview_unref(snapshot.sources);
    }
}

/* Whom an alarm concerns: all that use a source, and all of a list that was counted with it. */
static void test_agents_of_an_alarm(void **state)
{
    (void)state;
    static const struct alarm_row rows[] = {
        { .seq = 1, .subject = SUBJECT_SOURCE, .subject_index = 2 },
        { .seq = 2, .subject = SUBJECT_SOURCE, .subject_index = 99 },
        { .seq = 3, .subject = SUBJECT_SOURCE_LIST, .subject_index = 2, .agents = 2000 },
    };
    static const char *const agents[] = { "u 120", "u 0", "u 2000" };
    struct rowset *alarms = estate_set(&alarm_rows);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        *(struct alarm_row *)estate_insert(alarms, rows[i].seq) = rows[i];
    struct snapshot snapshot = { .alarms = estate_view(alarms), .sources = make_sources() };
    const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[TEXT_BYTES];
        text_of(&alarm_table, &view, (const uint32_t[]){ AH_ALARM_AGENTS, rows[i].seq }, 2, text);
        assert_string_equal(text, agents[i]);
    }
    rowview_unref(snapshot.alarms);
    rowview_unref(snapshot.sources);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_agents_source),
        cmocka_unit_test(test_agents_proxy),
        cmocka_unit_test(test_agents_of_an_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
