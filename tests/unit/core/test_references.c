/* Reference servers and gateways in the store, as scripts: how they stand, what stays when the list changes, and what
 * that means for agents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/checks.h"
#include "support/audit.h"
#include "support/heap.h"
#include "support/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The list as it is shown: "HOST:PORT state cause, ..." */
static const char *list_of(struct world *world)
{
    static char text[1024];
    struct snapshot *snapshot = world_publish(world);
    assert_non_null(snapshot);
    const struct reference_row *reference = rowview_first(snapshot->references);
    uint32_t place = 0;
    text[0] = '\0';
    for (; reference; reference = rowview_next(snapshot->references, reference->index, NULL)) {
        const size_t n = strlen(text);
        assert_int_equal(reference->index, ++place);
        snprintf(text + n, sizeof text - n, "%s%s:%u %s %s", n ? ", " : "", text_chars(reference->host),
                 reference->port, updown_name(reference->damper.believed),
                 cause_name((enum cause)reference->contact.cause));
    }
    snapshot_unref(snapshot);
    return text;
}

static void a_reference_server_falls_and_rises(void **state)
{
    (void)state;
    static const struct {
        unsigned s;
        const char *event, *list;
    } steps[] = {
        { 0, "references dc1:389,dc2:636", "dc1:389 unknown unknown, dc2:636 unknown unknown" },
        { 1, "reference none", "dc1:389 up none, dc2:636 unknown unknown" },
        { 2, "reference refused", "dc1:389 up refused, dc2:636 unknown unknown" },
        { 3, "reference timedOut", "dc1:389 down timedOut, dc2:636 unknown unknown" },
        { 4, "reference cancelled", "dc1:389 down timedOut, dc2:636 unknown unknown" },
        { 5, "reference nameNotFound of=2", "dc1:389 down timedOut, dc2:636 unknown nameNotFound" },
        /* Those that stay keep their state, in whatever place; letter case is none of a name's. */
        { 6, "references dc0:1,DC1:389,dc3:1", "dc0:1 unknown unknown, DC1:389 down timedOut, dc3:1 unknown unknown" },
        { 7, "references dc1:389,dc0:1", "dc1:389 down timedOut, dc0:1 unknown unknown" },
        { 8, "references dc1:390,dc0:1", "dc1:390 unknown unknown, dc0:1 unknown unknown" },
        { 9, "reference none of=2", "dc1:390 unknown unknown, dc0:1 up none" },
        { 10, "references dc1:389,dc0:1", "dc1:389 unknown unknown, dc0:1 up none" },
        { 10 + WORLD_LIMIT_S, "expire", "dc1:389 unknown unknown, dc0:1 unknown none" },
        { 11 + WORLD_LIMIT_S, "references", "" },
    };
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    for (size_t i = 0; i < COUNT(steps); i++) {
        world_at(&world, steps[i].s);
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        if (strcmp(list_of(&world), steps[i].list) != 0)
            fail_msg("second %u, %s: %s", steps[i].s, steps[i].event, list_of(&world));
        audit_store(world.store, AUDIT_ALL);
        assert_string_equal(world_alarms(&world), "");
    }
    assert_int_equal(world_do(&world, 1, "reference none"), -ENOENT);
    world_end(&world);
}

static void the_same_list_again_is_no_news(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_do(&world, 1, "references dc1:389,dc2:389"), 0);
    assert_int_equal(world_do(&world, 1, "gateways 10.1.0.1,nonsense"), 0);
    snapshot_unref(world_publish(&world));
    assert_int_equal(world_do(&world, 1, "references dc1:389,dc2:389"), 0);
    assert_int_equal(world_do(&world, 1, "gateways 10.1.0.1,nonsense"), 0);
    assert_false(store_is_dirty(world.store));
    assert_int_equal(world_do(&world, 1, "gateways 10.1.0.1"), 0);
    assert_true(store_is_dirty(world.store));
    snapshot_unref(world_publish(&world));
    assert_int_equal(world_do(&world, 1, "references dc2:389,dc1:389"), 0);
    assert_true(store_is_dirty(world.store));
    world_end(&world);
}

/* After each event: where agent 1 should find itself, and what the first check says of it. */
static void agents_follow_what_is_around_them(void **state)
{
    (void)state;
    static const char none[] = "no reference server and no gateway is configured here",
                      confirmed[] = "the agent finds itself where it should",
                      untold[] = "where the agent finds itself is not known",
                      open[] = "where the agent should find itself is not known",
                      open_without[] =
                          "where the agent should find itself is not known; reference servers that do not answer: "
                          "dc1:389",
                      within[] = "the agent finds itself external, and should be internal",
                      outside[] =
                          "the agent finds itself internal, and should be external; reference servers that do not "
                          "answer: dc1:389, [fe80::1]:636",
                      malformed[] =
                          "the agent finds itself internal, and should be external; reference servers that do not "
                          "answer: dc1:389, [fe80::1]:636; gateways that match none: 10.1.0, x";
    static const struct {
        unsigned s;
        const char *event;
        enum location expected;
        const char *text;
    } steps[] = {
        { 0, "feed agent=online location=internal", LOCATION_INTERNAL, none },
        { 1, "references dc1:389,fe80::1:636", LOCATION_INTERNAL, confirmed },
        { 2, "reference none", LOCATION_INTERNAL, confirmed },
        { 3, "reference none of=2", LOCATION_INTERNAL, confirmed },
        { 4, "feed agent=online", LOCATION_INTERNAL, untold },
        { 5, "feed location=internal", LOCATION_UNKNOWN, open },
        { 6, "feed location=external gateway=yes", LOCATION_INTERNAL, within },
        { 7, "feed location=external gateway=no", LOCATION_EXTERNAL, confirmed },
        /* A feed may come from anywhere; who answers us is where we are. */
        { 8, "server none", LOCATION_EXTERNAL, confirmed },
        { 9, "listener none", LOCATION_INTERNAL, within },
        { 10, "listener timedOut", LOCATION_INTERNAL, within },
        { 11, "listener timedOut", LOCATION_EXTERNAL, confirmed },
        { 12, "listener refused", LOCATION_INTERNAL, within },
        { 13, "feed location=internal agent=offline", LOCATION_INTERNAL, confirmed },
        { 14, "listener timedOut", LOCATION_UNKNOWN, open },
        { 15, "listener timedOut", LOCATION_UNKNOWN, open },
        { 16, "reference refused", LOCATION_UNKNOWN, open },
        { 17, "reference refused", LOCATION_UNKNOWN, open_without },
        { 18, "feed location=internal agent=offline", LOCATION_UNKNOWN, open_without },
        { 19, "reference timedOut of=2", LOCATION_UNKNOWN, open_without },
        { 20, "reference timedOut of=2", LOCATION_EXTERNAL, outside },
        { 21, "gateways 10.1.0.1,10.1.0,fe80::1,x", LOCATION_EXTERNAL, malformed },
        { 22, "references", LOCATION_UNKNOWN,
          "a gateway is neither an IP nor a MAC address, and matches none: 10.1.0, x" },
        { 23, "gateways 10.1.0.1", LOCATION_UNKNOWN, open },
        { 24, "gateways", LOCATION_UNKNOWN, none },
    };
    struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        char text[256];
        world_at(&world, steps[i].s);
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        struct snapshot *snapshot = world_publish(&world);
        const struct agent_row *agent = rowview_get(snapshot->agents, 1, NULL);
        check_text(text, sizeof text, snapshot, agent, CHECK_ENDPOINT_LOCATION);
        if (agent->verdict.expected_location != steps[i].expected || strcmp(text, steps[i].text) != 0)
            fail_msg("second %u, %s: %s, \"%s\"", steps[i].s, steps[i].event,
                     location_name((enum location)agent->verdict.expected_location), text);
        snapshot_unref(snapshot);
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}

static void without_memory_a_list_stays_as_it_is(void **state)
{
    (void)state;
    static const char *const events[] = { "references dc3:1,dc1:389", "gateways 10.1.0.2,10.1.0.3" };
    const struct store_settings settings = world_settings();
    const long before = heap_blocks();
    for (size_t event = 0; event < COUNT(events); event++) {
        bool failed = true;
        for (unsigned long first = 1; failed; first++) {
            struct world world;
            world_begin(&world, &settings);
            assert_int_equal(world_do(&world, 1, "references dc1:389,dc2:389"), 0);
            assert_int_equal(world_do(&world, 1, "gateways 10.1.0.1"), 0);
            heap_fail(first, 1);
            const int error = world_do(&world, 1, events[event]);
            failed = heap_heal();
            assert_int_equal(error, failed ? -ENOMEM : 0);
            const bool references = event == 0 && !failed;
            assert_string_equal(list_of(&world), references ? "dc3:1 unknown unknown, dc1:389 unknown unknown"
                                                            : "dc1:389 unknown unknown, dc2:389 unknown unknown");
            assert_int_equal(world_do(&world, 1, events[event]), 0);
            world_end(&world);
            assert_int_equal(heap_blocks(), before);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_server_falls_and_rises),
        cmocka_unit_test(the_same_list_again_is_no_news),
        cmocka_unit_test(agents_follow_what_is_around_them),
        cmocka_unit_test(without_memory_a_list_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
