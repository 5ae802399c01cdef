/* The columns that show reference servers and gateways, and what they mean for an agent, from rows made by hand. */
#include "columns.h"

static void put_reference(struct rowset *set, uint32_t index, const char *host, enum updown state,
                          const struct contact *contact)
{
    struct reference_row *reference = estate_insert(set, index);
    reference->host = text_new(host);
    reference->port = (uint16_t)(388 + index);
    reference->damper.believed = (uint8_t)state;
    reference->contact = *contact;
}

static struct rowview *make_references(void)
{
    struct rowset *set = estate_set(&reference_rows);
    put_reference(
        set, 1, "dc1.corp.example", UPDOWN_UP,
        &(struct contact){ .mono_ms = 1, .wall_ms = wall_ms, .rtt_ms = 3, .side = SIDE_ONLINE, .cause = CAUSE_NONE });
    put_reference(set, 2, "2001:db8::1", UPDOWN_DOWN,
                  &(struct contact){ .mono_ms = 1,
                                     .wall_ms = wall_ms,
                                     .rtt_ms = 1,
                                     .side = SIDE_OFFLINE,
                                     .cause = CAUSE_REFUSED,
                                     .heard = true });
    put_reference(set, 3, "dc3", UPDOWN_UNKNOWN, &(struct contact){ .side = SIDE_UNKNOWN, .cause = CAUSE_UNKNOWN });
    return estate_view(set);
}

static struct rowview *make_gateways(void)
{
    static const char *const texts[] = { "10.1.0.1", "0011.2233.4455", "router" };
    struct rowset *set = estate_set(&gateway_rows);
    for (uint32_t i = 0; i < 3; i++) {
        struct gateway_row *gateway = estate_insert(set, i + 1);
        gateway->address = text_new(texts[i]);
        gateway->kind = gateway_read(texts[i], strlen(texts[i])).kind;
    }
    return estate_view(set);
}

static void test_tables(void **state)
{
    (void)state;
    struct snapshot snapshot = { .references = make_references(), .gateways = make_gateways() };
    const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
    const struct expectation answers[] = {
        { AH_REFERENCE_SERVER_HOST, "s dc1.corp.example" },
        { AH_REFERENCE_SERVER_PORT, "u 389" },
        { AH_REFERENCE_SERVER_STATE, "i 2" },
        { AH_REFERENCE_SERVER_CAUSE, "i 2" },
        { AH_REFERENCE_SERVER_RTT, "u 3" },
        { AH_REFERENCE_SERVER_LAST_CHECK, TIME },
    };
    const struct expectation refuses[] = {
        { AH_REFERENCE_SERVER_HOST, "s 2001:db8::1" }, { AH_REFERENCE_SERVER_PORT, "u 390" },
        { AH_REFERENCE_SERVER_STATE, "i 3" },          { AH_REFERENCE_SERVER_CAUSE, "i 4" },
        { AH_REFERENCE_SERVER_RTT, UNKNOWN },          { AH_REFERENCE_SERVER_LAST_CHECK, TIME },
    };
    const struct expectation unasked[] = {
        { AH_REFERENCE_SERVER_HOST, "s dc3" }, { AH_REFERENCE_SERVER_PORT, "u 391" },
        { AH_REFERENCE_SERVER_STATE, "i 1" },  { AH_REFERENCE_SERVER_CAUSE, "i 1" },
        { AH_REFERENCE_SERVER_RTT, UNKNOWN },  { AH_REFERENCE_SERVER_LAST_CHECK, NEVER },
    };
    const struct expectation ip[] = { { AH_GATEWAY_ADDRESS, "s 10.1.0.1" }, { AH_GATEWAY_KIND, "i 2" } };
    const struct expectation mac[] = { { AH_GATEWAY_ADDRESS, "s 0011.2233.4455" }, { AH_GATEWAY_KIND, "i 3" } };
    const struct expectation malformed[] = { { AH_GATEWAY_ADDRESS, "s router" }, { AH_GATEWAY_KIND, "i 4" } };
    CHECK(&reference_server_table, &view, 1, answers);
    CHECK(&reference_server_table, &view, 2, refuses);
    CHECK(&reference_server_table, &view, 3, unasked);
    CHECK(&gateway_table, &view, 1, ip);
    CHECK(&gateway_table, &view, 2, mac);
    CHECK(&gateway_table, &view, 3, malformed);
    rowview_unref(snapshot.references);
    rowview_unref(snapshot.gateways);
}

static void test_agent(void **state)
{
    (void)state;
    static const struct {
        enum location found, expected;
        enum finding finding;
        const char *shown, *note, *check;
    } rows[] = {
        { LOCATION_INTERNAL, LOCATION_INTERNAL, FINDING_PLACE_CONFIRMED, "i 2", "s ",
          "s the agent finds itself where it should; reference servers that do not answer: [2001:db8::1]:390; gateways "
          "that match none: router" },
        { LOCATION_INTERNAL, LOCATION_UNKNOWN, FINDING_REFERENCES_SILENT, "i 1", "s ",
          "s no reference server answers: [2001:db8::1]:390; gateways that match none: router" },
        { LOCATION_EXTERNAL, LOCATION_INTERNAL, FINDING_EXTERNAL_WITHIN, "i 2",
          "s the agent finds itself external, and should be internal",
          "s the agent finds itself external, and should be internal; reference servers that do not answer: "
          "[2001:db8::1]:390; gateways that match none: router" },
        { LOCATION_INTERNAL, LOCATION_EXTERNAL, FINDING_GATEWAY_MALFORMED, "i 3",
          "s the agent finds itself internal, and should be external",
          "s a gateway is neither an IP nor a MAC address, and matches none: router; reference servers that do not "
          "answer: "
          "[2001:db8::1]:390" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rowset *agents = estate_set(&agent_rows);
        struct agent_row *agent = estate_insert(agents, 7);
        char text[TEXT_BYTES];
        uint32_t seed = 1;
        estate_agent(agent, &seed);
        agent->verdict.conditions = CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE);
        agent->verdict.findings[CHECK_ENDPOINT_LOCATION - 1] = (uint8_t)rows[i].finding;
        agent->verdict.expected_location = (uint8_t)rows[i].expected;
        agent->evidence.known.facts[FACT_LOCATION] = (struct fact_value){ .mono_ms = 1, .value = rows[i].found };
        struct snapshot snapshot = { .agents = estate_view(agents),
                                     .references = make_references(),
                                     .gateways = make_gateways() };
        const struct view view = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
        text_of(&protection_table, &view, (const uint32_t[]){ AH_PROTECTION_EXPECTED_LOCATION, 7 }, 2, text);
        assert_string_equal(text, rows[i].shown);
        text_of(&protection_table, &view, (const uint32_t[]){ AH_PROTECTION_NOTE, 7 }, 2, text);
        assert_string_equal(text, rows[i].note);
        text_of(&smart_check_table, &view, (const uint32_t[]){ AH_SMART_CHECK_TEXT, 7, CHECK_ENDPOINT_LOCATION }, 3,
                text);
        assert_string_equal(text, rows[i].check);
        rowview_unref(snapshot.agents);
        rowview_unref(snapshot.references);
        rowview_unref(snapshot.gateways);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
