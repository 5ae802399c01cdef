/* What managers say: maintenance and its end, acknowledged alarms, notifications on and off; over restarts, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/churn.h"
#include "support/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Agents 1 and 2 in group 1, agent 3 in none; 2 and 3 under server 1, agent 1 under none. */
static void begin(struct world *world)
{
    const struct store_settings settings = world_settings();
    world_begin(world, &settings);
    assert_int_equal(world_put_agent(world, 1, 1, 0, CONDITIONS_ALL), 0);
    assert_int_equal(world_put_agent(world, 2, 1, 1, CONDITIONS_ALL), 0);
    assert_int_equal(world_put_agent(world, 3, 0, 1, CONDITIONS_ALL), 0);
}

/* The agents that are in maintenance, as the fleet counts them and as their rows say; "2: 1 3". */
static const char *in_maintenance(struct world *world)
{
    size_t n = (size_t)snprintf(world->text, sizeof world->text, "%u:", store_fleet(world->store)->maintenance);
    for (const struct agent_row *agent = store_next_agent(world->store, 0); agent;
         agent = store_next_agent(world->store, agent->index))
        if (agent->in_maintenance)
            n += (size_t)snprintf(world->text + n, sizeof world->text - n, " %u", agent->index);
    return world->text;
}

static void test_who_is_covered(void **state)
{
    static const struct {
        unsigned s;
        const char *event, *covered;
    } cases[] = {
        { 0, "expire", "0:" },
        { 0, "maintain agent of=1 60", "1: 1" },
        { 10, "maintain group 100", "2: 1 2" },
        { 20, "maintain server 10", "3: 1 2 3" },
        { 29, "expire", "3: 1 2 3" },
        { 30, "expire", "2: 1 2" }, /* the server's is over; agent 2 has its group's */
        { 60, "expire", "2: 1 2" }, /* and agent 1, too, after its own */
        { 70, "maintain agent of=1 90", "2: 1 2" },
        { 110, "expire", "1: 1" },              /* the group's is over; agent 1 has its own, which is longer */
        { 120, "maintain agent of=1 0", "0:" }, /* ended by hand */
        { 130, "maintain server 100", "2: 2 3" },
        { 131, "maintain server 5", "2: 2 3" }, /* shortened */
        { 136, "expire", "0:" },
        { 140, "maintain group -5", "0:" }, /* a time that is past */
    };
    struct world world;
    (void)state;
    begin(&world);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world_at(&world, cases[i].s);
        assert_int_equal(world_do(&world, 0, cases[i].event), 0);
        if (strcmp(in_maintenance(&world), cases[i].covered) != 0)
            fail_msg("%u, %s: \"%s\" instead of \"%s\"", cases[i].s, cases[i].event, world.text, cases[i].covered);
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}

/* The store asks to be called again when a maintenance ends, and forgets the time that is shown. */
static void test_end_is_seen_by_itself(void **state)
{
    static const char *const events[] = { "maintain agent 60", "maintain server 60", "maintain group 60" };
    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct world world;
        begin(&world);
        const int64_t begin_ms = world.now.mono_ms;
        assert_int_equal(world_do(&world, 0, events[i]), 0);
        assert_int_equal(store_expire(world.store, &world.now), begin_ms + 60000);
        world_at(&world, 60);
        assert_int_not_equal(store_fleet(world.store)->maintenance, 0);
        assert_int_equal(store_expire(world.store, &world.now), INT64_MAX);
        assert_int_equal(store_fleet(world.store)->maintenance, 0);
        assert_int_equal(store_agent(world.store, 1)->maintenance.wall_ms, 0);
        assert_int_equal(store_server(world.store, 1)->maintenance.wall_ms, 0);
        assert_int_equal(store_group(world.store, 1)->maintenance.wall_ms, 0);
        assert_true(store_is_dirty(world.store));
        world_end(&world);
    }
}

/* A step of the wall clock neither ends a maintenance nor prolongs it. */
static void test_clock_steps(void **state)
{
    static const int64_t steps_ms[] = { -86400000, 0, 86400000 };
    (void)state;
    for (size_t i = 0; i < sizeof steps_ms / sizeof steps_ms[0]; i++) {
        struct world world;
        begin(&world);
        const int64_t until_ms = world.now.wall_ms + 60000;
        assert_int_equal(store_set_maintenance(world.store, SUBJECT_AGENT, 1, until_ms, &world.now), 0);
        world_at(&world, 59);
        world.now.wall_ms += steps_ms[i];
        store_expire(world.store, &world.now);
        assert_string_equal(in_maintenance(&world), "1: 1");
        assert_int_equal(store_agent(world.store, 1)->maintenance.wall_ms, until_ms);
        world_at(&world, 60);
        world.now.wall_ms += steps_ms[i];
        store_expire(world.store, &world.now);
        assert_string_equal(in_maintenance(&world), "0:");
        world_end(&world);
    }
}

static void test_rows_that_move(void **state)
{
    struct world world;
    (void)state;
    begin(&world);
    assert_int_equal(world_do(&world, 0, "maintain group 60"), 0);
    assert_int_equal(world_put_agent(&world, 1, 2, 0, CONDITIONS_ALL), 0); /* into another group */
    assert_string_equal(in_maintenance(&world), "1: 2");
    assert_int_equal(world_put_agent(&world, 3, 1, 1, CONDITIONS_ALL), 0);
    assert_string_equal(in_maintenance(&world), "2: 2 3");
    assert_int_equal(world_do(&world, 2, "remove"), 0);
    assert_int_equal(world_do(&world, 3, "remove"), 0);
    assert_string_equal(in_maintenance(&world), "0:");
    assert_int_equal(world_put_agent(&world, 2, 1, 1, CONDITIONS_ALL), 0); /* a group that was gone is a new one */
    assert_string_equal(in_maintenance(&world), "0:");
    world_end(&world);
}

static void test_nobody(void **state)
{
    struct world world;
    (void)state;
    begin(&world);
    for (enum subject subject = SUBJECT_UNKNOWN; subject <= SUBJECT_REFERENCE; subject++) {
        assert_int_equal(store_set_maintenance(world.store, subject, 9, INT64_MAX / 2, &world.now), -ENOENT);
        assert_int_equal(store_set_maintenance(world.store, subject, 0, INT64_MAX / 2, &world.now), -ENOENT);
    }
    assert_int_equal(store_acknowledge(world.store, 1, true, &world.now), -ENOENT);
    assert_string_equal(in_maintenance(&world), "0:");
    world_end(&world);
}

static void test_acknowledged(void **state)
{
    struct world world;
    (void)state;
    begin(&world);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    assert_false(store_alarm(world.store, 1)->acknowledged);
    const struct {
        bool write;
        int64_t changed_s;
    } cases[] = { { false, 0 }, { true, 20 }, { true, 20 }, { false, 40 }, { true, 50 } };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world_at(&world, 10 * (i + 1));
        assert_int_equal(store_acknowledge(world.store, 1, cases[i].write, &world.now), 0);
        assert_int_equal(store_alarm(world.store, 1)->acknowledged, cases[i].write);
        struct snapshot *snapshot = world_publish(&world);
        world_at(&world, 0);
        assert_int_equal(snapshot->alarm_mono_ms, world.now.mono_ms + 1000 * cases[i].changed_s);
        snapshot_unref(snapshot);
    }
    world_at(&world, 60);
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    struct snapshot *snapshot = world_publish(&world);
    const struct history_row *past = rowview_first(snapshot->history);
    assert_true(past && past->alarm.acknowledged);
    snapshot_unref(snapshot);
    world_end(&world);
}

/* The configuration is read again, by a reload or a restart. */
static void configure(struct world *world, struct image *image, const struct store_settings *settings, bool restarts)
{
    image_save(image, world->store, &world->now);
    if (restarts)
        image_restart(image, &world->store, settings, 0, &world->now);
    else
        store_configure(world->store, settings);
}

/* What is switched holds until the configuration says otherwise than it did then. */
static void test_switched_notifications(void **state)
{
    static const struct {
        bool configured, switched, configured_then, notifies, notifies_later; /* later: as configured at first again */
    } cases[] = {
        { true, false, true, false, false }, { true, false, false, false, true }, { true, true, true, true, true },
        { true, true, false, false, true },  { false, true, false, true, true },  { false, true, true, true, false },
    };
    (void)state;
    for (unsigned i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const bool restarts = i % 2;
        struct store_settings settings = world_settings();
        struct image image = { 0 };
        struct world world;
        settings.notify = cases[i / 2].configured;
        world_begin(&world, &settings);
        journal_switch(store_journal(world.store), true);
        store_switch_notifications(world.store, !cases[i / 2].switched);
        store_switch_notifications(world.store, cases[i / 2].switched);
        assert_int_equal(store_notifies(world.store), cases[i / 2].switched);
        assert_false(journal_is_empty(store_journal(world.store)));
        settings.notify = cases[i / 2].configured_then;
        configure(&world, &image, &settings, restarts);
        assert_int_equal(store_notifies(world.store), cases[i / 2].notifies);
        settings.notify = cases[i / 2].configured;
        configure(&world, &image, &settings, restarts);
        assert_int_equal(store_notifies(world.store), cases[i / 2].notifies_later);
        image_done(&image);
        world_end(&world);
    }
}

static void test_restart(void **state)
{
    const struct store_settings settings = world_settings();
    struct image image = { 0 };
    struct world world;
    (void)state;
    begin(&world);
    journal_switch(store_journal(world.store), true);
    image_save_all(&image, world.store, &world.now);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    image_save(&image, world.store, &world.now);
    assert_int_equal(world_do(&world, 1, "acknowledge 1"), 0);
    assert_int_equal(world_do(&world, 0, "maintain agent of=3 100"), 0);
    assert_int_equal(world_do(&world, 0, "maintain server 40"), 0);
    assert_int_equal(world_do(&world, 0, "maintain group 60"), 0);
    image_save(&image, world.store, &world.now);
    world_at(&world, 50);
    world.now.mono_ms -= 400000000; /* another machine's start, too */
    image_restart(&image, &world.store, &settings, 0, &world.now);
    assert_true(store_alarm(world.store, 1)->acknowledged);
    assert_string_equal(in_maintenance(&world), "3: 1 2 3");
    assert_int_equal(store_server(world.store, 1)->maintenance.wall_ms, 0);
    world.now.wall_ms += 10000;
    world.now.mono_ms += 10000;
    store_expire(world.store, &world.now);
    assert_string_equal(in_maintenance(&world), "1: 3");
    image_done(&image);
    world_end(&world);
}

/* Whatever happens, once the store has looked, rows and the time agree. */
static void test_random_histories(void **state)
{
    const struct store_settings settings = world_settings();
    size_t seen = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct churn churn;
        churn_begin(&churn, &settings, seed);
        for (unsigned i = 0; i < 1000; i++) {
            churn_step(&churn);
            const struct store *store = churn.world.store;
            const int64_t now_ms = churn.world.now.mono_ms;
            store_expire(churn.world.store, &churn.world.now);
            for (const struct agent_row *agent = store_next_agent(store, 0); agent;
                 agent = store_next_agent(store, agent->index)) {
                const struct group_row *group = store_group(store, agent->identity->group_index);
                const struct server_row *server = store_server(store, agent->identity->server);
                const bool covered = agent->maintenance.until_ms > now_ms ||
                                     (group && group->maintenance.until_ms > now_ms) ||
                                     (server && server->maintenance.until_ms > now_ms);
                assert_int_equal(agent->in_maintenance, covered);
                seen += covered;
            }
        }
        churn_end(&churn);
    }
    assert_true(seen > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_covered),
        cmocka_unit_test(test_end_is_seen_by_itself),
        cmocka_unit_test(test_clock_steps),
        cmocka_unit_test(test_rows_that_move),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_acknowledged),
        cmocka_unit_test(test_switched_notifications),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_random_histories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
