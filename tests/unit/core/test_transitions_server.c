/* What a server's own state means for itself and for what its agents say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/world.h"

static void a_server_falls_and_rises_like_an_agent(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    world_play(&settings, " 0 | server none     | unknown:unknown |              |    |\n"
                          " 1 | server refused  | unknown:unknown |              |    |\n"
                          " 2 | server timedOut | unknown:unknown | 1=serverDown | +1 |\n"
                          " 3 | server reset    | unknown:unknown | 1=serverDown |    |\n"
                          " 4 | server none     | unknown:unknown |              | -1 | 1=recovered\n");
    /* Unknown at first, and silent about what holds at the first verdict. */
    world_play(&settings, " 0 | server refused  | ? |              |    |\n"
                          " 1 | server refused  | ? | 1=serverDown |    |\n"
                          " 2 | server none     | ? |              |    | 1=recovered\n"
                          " 3 | server refused\n"
                          " 4 | server refused  | ? | 2=serverDown | +2 |\n"
                          " 5 | server none     | ? |              | -2 | 2=recovered\n");
    settings.tell_first_verdict = true;
    world_play(&settings, " 0 | server refused\n"
                          " 1 | server refused  | ? | 1=serverDown | +1 |\n"
                          " 2 | server none     | ? |              | -1 | 1=recovered\n");
}

static void a_server_nobody_hears_of_any_more_is_unknown_and_keeps_its_alarm(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, "   0 | server none\n"
                          "   1 | server refused\n"
                          "   2 | server refused   | ? | 1=serverDown | +1 |\n"
                          " 903 | expire           | ? | 1=serverDown |    |\n"
                          " 904 | server cancelled | ? | 1=serverDown |    |\n"
                          " 905 | server refused   | ? | 1=serverDown |    |\n"
                          " 906 | server refused   | ? | 1=serverDown |    |\n"
                          " 907 | server none      | ? |              | -1 | 1=recovered\n");
}

static void an_agent_is_not_blamed_before_its_server_is_believed_down(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, " 0 | server none\n"
                          " 1 | feed good               | healthy\n"
                          " 2 | listener none           | healthy\n"
                          " 3 | server refused          | healthy\n"
                          " 4 | feed good agent=offline | healthy            |              |    |\n"
                          " 5 | feed good agent=offline | healthy            |              |    |\n"
                          " 6 | server refused          | healthy:serverDown | 1=serverDown | +1 |\n"
                          " 7 | server none             | healthy            |              | -1 | 1=recovered\n"
                          /* Now it is the agent's own matter. */
                          " 8 | feed good agent=offline | healthy\n"
                          " 9 | feed good agent=offline | offline:serverNameUnresolved | 2=offline | +2 |\n"
                          /* One who was offline before stays so. */
                          "10 | server refused          | offline:serverNameUnresolved | 2=offline |    |\n");
}

static void an_agent_offline_with_its_server_is_not_to_blame(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    /* The listener answers: nothing is wrong with the agent. Back again, only what it says from then on counts. */
    world_play(&settings, " 0 | server none\n"
                          " 1 | feed good               | healthy\n"
                          " 2 | listener none           | healthy\n"
                          " 3 | server refused          | healthy\n"
                          " 4 | server refused          | healthy                      | 1=serverDown | +1 |\n"
                          " 5 | feed good agent=offline | healthy:serverDown           | 1=serverDown |    |\n"
                          " 6 | feed good agent=offline | healthy:serverDown           | 1=serverDown |    |\n"
                          " 7 | feed good agent=offline | healthy:serverDown           | 1=serverDown |    |\n"
                          "10 | server none             | healthy                      |              | -1\n"
                          "11 | expire                  | healthy                      |              |    |\n"
                          "12 | feed good agent=offline | healthy                      |              |    |\n"
                          "13 | feed good agent=offline | offline:serverNameUnresolved | 2=offline    | +2 |\n"
                          "14 | server none             | offline:serverNameUnresolved | 2=offline    |\n"
                          "15 | listener none           | offline:serverNameUnresolved | 2=offline    |\n"
                          "16 | feed good               | healthy                      |              | -2\n");
    /* Where the agent's word is all we have, it is unknown. */
    world_play(&settings, " 0 | server none\n"
                          " 1 | feed good               | healthy\n"
                          " 2 | server refused\n"
                          " 3 | server refused          | healthy            | 1=serverDown | +1 |\n"
                          " 4 | feed good agent=offline | unknown:serverDown | 1=serverDown |    |\n"
                          " 5 | feed good agent=offline | unknown:serverDown | 1=serverDown |    |\n"
                          " 6 | server none             | unknown:unknown    |              | -1\n"
                          " 7 | feed good               | healthy            |              |    |\n");
    /* A listener that is silent is not explained by the server. */
    world_play(&settings, " 0 | server none\n"
                          " 1 | feed good\n"
                          " 2 | listener none           | healthy\n"
                          " 3 | server refused\n"
                          " 4 | server refused          | healthy            | 1=serverDown           | +1 |\n"
                          " 5 | feed good agent=offline | healthy:serverDown | 1=serverDown           |    |\n"
                          " 6 | listener refused        | healthy:serverDown | 1=serverDown           |    |\n"
                          " 7 | listener refused        | offline:serverDown | 1=serverDown 2=offline | +2 |\n");
}

static void an_alarm_that_stands_survives_its_server(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    /* Offline by the agent's own word; then the server goes down, and that word is worth nothing: unknown, not good. */
    world_play(&settings, " 0 | server none\n"
                          " 1 | feed good               | healthy\n"
                          " 2 | feed good agent=offline\n"
                          " 3 | feed good agent=offline | offline:unverified | 1=offline              | +1 |\n"
                          " 4 | server refused          | offline:unverified | 1=offline              |    |\n"
                          " 5 | server refused          | unknown:serverDown | 1=offline 2=serverDown | +2 |\n"
                          " 6 | server none             | unknown:unknown    | 1=offline              | -2\n"
                          " 7 | feed good agent=offline | unknown:unknown    | 1=offline              |    |\n"
                          " 8 | feed good agent=offline | offline:unverified | 1=offline              |    |\n"
                          " 9 | feed good               | healthy            |                        | -1\n");
}

static void only_its_own_agents_follow_a_server(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_server(&world, 2), 0);
    for (uint32_t agent = 1; agent <= 300; agent++)
        assert_int_equal(world_put_agent(&world, agent, 0, agent % 3, CONDITIONS_ALL), 0);
    for (uint32_t agent = 1; agent <= 300; agent++) {
        assert_int_equal(world_do(&world, agent, "feed good agent=offline"), 0);
        assert_int_equal(world_do(&world, agent, "feed good agent=offline"), 0);
    }
    assert_int_equal(store_server(world.store, 1)->agents_offline, 100);
    world_at(&world, 1);
    assert_int_equal(world_do(&world, 0, "server refused"), 0);
    assert_int_equal(world_do(&world, 0, "server refused"), 0);
    for (uint32_t agent = 1; agent <= 300; agent++)
        assert_string_equal(world_verdict(&world, agent), agent % 3 == 1 ? "unknown:serverDown" : "offline:unverified");
    assert_int_equal(store_server(world.store, 1)->agents_offline, 0);
    assert_int_equal(store_server(world.store, 2)->agents_offline, 100);
    audit_store(world.store, AUDIT_ALL);
    world_end(&world);
}

static void counts_do_not_depend_on_who_came_first(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    /* The agent names a server that is not there yet, which then comes, goes, and comes again. */
    assert_int_equal(world_put_agent(&world, 1, 1, 9, CONDITIONS_ALL), 0);
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(world_put_server(&world, 9), 0);
        audit_store(world.store, AUDIT_ALL);
        assert_int_equal(store_server(world.store, 9)->agents, 1);
        assert_int_equal(store_server(world.store, 9)->agents_offline, 1);
        assert_int_equal(store_remove_server(world.store, 9, &world.now), 0);
        audit_store(world.store, AUDIT_ALL);
    }
    assert_int_equal(world_put_server(&world, 9), 0);
    assert_int_equal(world_do(&world, 1, "remove"), 0);
    assert_int_equal(store_server(world.store, 9)->agents, 0);
    audit_store(world.store, AUDIT_ALL);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_falls_and_rises_like_an_agent),
        cmocka_unit_test(a_server_nobody_hears_of_any_more_is_unknown_and_keeps_its_alarm),
        cmocka_unit_test(an_agent_is_not_blamed_before_its_server_is_believed_down),
        cmocka_unit_test(an_agent_offline_with_its_server_is_not_to_blame),
        cmocka_unit_test(an_alarm_that_stands_survives_its_server),
        cmocka_unit_test(only_its_own_agents_follow_a_server),
        cmocka_unit_test(counts_do_not_depend_on_who_came_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
