/* The estate in the store: who comes, changes and goes, what each change is numbered, and what is published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/heap.h"
#include "support/world.h"

#include <errno.h>

static struct world begin(const struct store_settings *settings, uint32_t agents)
{
    struct world world;
    world_begin(&world, settings);
    for (uint32_t agent = 1; agent <= agents; agent++)
        assert_int_equal(world_put_agent(&world, agent, 1, 1, CONDITIONS_ALL), 0);
    return world;
}

static void each_agent_stands_once_in_the_change_table_at_its_latest_change(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 3);
    static const struct {
        uint32_t agent;
        const char *event, *changes;
    } steps[] = {
        { 0, NULL, "" },
        { 2, "listener none", "1=2" },
        { 1, "listener none", "1=2 2=1" },
        { 3, "listener timedOut", "1=2 2=1" }, /* no verdict yet */
        { 3, "listener timedOut", "1=2 2=1 3=3" },
        { 2, "listener none", "1=2 2=1 3=3" },
        { 2, "feed smart=yes", "2=1 3=3 4=2" },
        { 1, "listener refused", "2=1 3=3 4=2" },
        { 1, "listener refused", "3=3 4=2 5=1" },
        { 1, "listener refused", "3=3 4=2 5=1" },
        { 3, "remove", "4=2 5=1" },
        { 2, "feed smart=yes", "4=2 5=1" },
        { 2, "remove", "5=1" },
        { 1, "listener none", "6=1" },
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].event)
            assert_int_equal(world_do(&world, steps[i].agent, steps[i].event), 0);
        assert_string_equal(world_changes(&world), steps[i].changes);
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}

static void what_is_only_measured_changes_no_sequence(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 1);
    assert_int_equal(world_do(&world, 1, "feed good"), 0);
    assert_int_equal(world_do(&world, 1, "listener none rtt=5"), 0);
    const uint32_t seq = store_change_seq(world.store);
    static const char *const events[] = { "listener none rtt=50", "listener none rtt=5000", "feed good",
                                          "feed good pattern=2",  "server none rtt=9",      "expire" };
    for (unsigned s = 1; s <= 60; s++) {
        world_at(&world, s);
        assert_int_equal(world_do(&world, 1, events[s % (sizeof events / sizeof *events)]), 0);
    }
    assert_int_equal(store_change_seq(world.store), seq);
    assert_int_equal(store_agent(world.store, 1)->since_wall_ms, world.now.wall_ms - 60000);
    assert_int_equal(store_agent(world.store, 1)->observed_wall_ms, world.now.wall_ms);
    world_end(&world);
}

static void times_tell_since_when_and_how_late(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 1);
    static const struct {
        unsigned at_s;
        const char *event;
        unsigned since_s, observed_s; /* 0: never, and at second 0 nothing happens */
    } steps[] = {
        { 1, "feed age=1 broken", 0, 0 },     { 10, "feed good", 10, 10 },
        { 20, "feed good", 10, 20 },          { 30, "feed good age=25", 10, 20 }, /* old news */
        { 40, "feed good smart=no", 10, 40 }, { 50, "feed good smart=no", 50, 50 },
        { 60, "feed good smart=no", 50, 60 }, { 70, "feed good", 70, 70 },
    };
    world_at(&world, 0);
    const int64_t begin_ms = world.now.wall_ms;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        world_at(&world, steps[i].at_s);
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        const struct agent_row *agent = store_agent(world.store, 1);
        assert_int_equal(agent->since_wall_ms, steps[i].since_s ? begin_ms + steps[i].since_s * 1000 : 0);
        assert_int_equal(agent->observed_wall_ms, steps[i].observed_s ? begin_ms + steps[i].observed_s * 1000 : 0);
    }
    world_end(&world);
}

static void a_clock_that_is_set_back_makes_nobody_look_unobserved(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 1);
    world_at(&world, 10);
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    world_at(&world, 20);
    world.now.wall_ms -= 86400000;
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    assert_int_equal(store_agent(world.store, 1)->observed_wall_ms, world.now.wall_ms);
    world_end(&world);
}

static void another_identity_keeps_the_state(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 2);
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    assert_string_equal(world_told(&world), "+1");
    const struct agent_row before = *store_agent(world.store, 1);

    /* The same identity again is nothing. */
    struct snapshot *snapshot = world_publish(&world);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    assert_false(store_is_dirty(world.store));
    assert_int_equal(store_agent(world.store, 1)->change_seq, before.change_seq);
    snapshot_unref(snapshot);

    world_at(&world, 5);
    assert_int_equal(world_put_server(&world, 2), 0);
    assert_int_equal(world_put_agent(&world, 1, 7, 2, CONDITIONS_ALL), 0);
    const struct agent_row *after = store_agent(world.store, 1);
    assert_string_equal(after->identity->group, "group-7");
    assert_memory_equal(&after->verdict, &before.verdict, sizeof before.verdict);
    assert_memory_equal(&after->evidence, &before.evidence, sizeof before.evidence);
    assert_memory_equal(after->dampers, before.dampers, sizeof before.dampers);
    assert_int_equal(after->alarms[CONDITION_OFFLINE], 1);
    assert_int_equal(after->since_wall_ms, before.since_wall_ms);
    assert_true(after->change_seq > before.change_seq); /* a manager sees the other name */
    assert_string_equal(world_told(&world), "");
    audit_store(world.store, AUDIT_ALL);
    assert_int_equal(store_server(world.store, 1)->agents, 1);
    assert_int_equal(store_server(world.store, 2)->agents_offline, 1);
    world_end(&world);
}

/* A condition that nobody asks about any more is neither good nor unknown. */
static void monitored_conditions_follow_the_identity(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 0);
    static const struct {
        uint32_t monitored;
        const char *verdict;
    } steps[] = {
        { CONDITIONS_ALL, "unknown" },
        { CONDITION_BIT(CONDITION_OFFLINE), "healthy" },
        { CONDITION_BIT(CONDITION_OFFLINE) | CONDITION_BIT(CONDITION_PATTERN_OUTDATED), "unknown" },
        { CONDITION_BIT(CONDITION_OFFLINE), "healthy" },
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(world_put_agent(&world, 1, 0, 0, steps[i].monitored), 0);
        assert_int_equal(world_do(&world, 1, "listener none"), 0);
        assert_string_equal(world_verdict(&world, 1), steps[i].verdict);
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}

/* The first verdict of a condition is the first one since somebody asks about it. */
static void what_nobody_asked_about_has_no_verdict(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 0);
    assert_int_equal(world_put_agent(&world, 1, 0, 0, CONDITION_BIT(CONDITION_OFFLINE)), 0);
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    assert_int_equal(world_put_agent(&world, 1, 0, 0, CONDITIONS_ALL), 0);
    assert_int_equal(world_do(&world, 1, "feed smart=no"), 0);
    assert_int_equal(world_do(&world, 1, "feed smart=no"), 0);
    assert_string_equal(world_alarms(&world), "1=smartProtectionUnavailable");
    assert_string_equal(world_told(&world), "");
    world_end(&world);
}

static void who_is_not_there_has_no_observations(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 1);
    assert_int_equal(world_do(&world, 2, "listener none"), -ENOENT);
    assert_int_equal(world_do(&world, 2, "remove"), -ENOENT);
    assert_int_equal(store_remove_server(world.store, 2, &world.now), -ENOENT);
    struct observation observation = world_observation(&world, 1, "server none");
    observation.index = 2;
    assert_int_equal(store_observe(world.store, &observation, &world.now), -ENOENT);
    /* A source is no agent, though one may have its number. */
    observation = world_observation(&world, 1, "listener refused");
    observation.subject = SUBJECT_SOURCE;
    assert_int_equal(store_observe(world.store, &observation, &world.now), -ENOENT);
    assert_int_equal(store_agent(world.store, 1)->evidence.server_side.mono_ms, 0);
    assert_null(store_agent(world.store, 2));
    assert_null(store_next_agent(world.store, 1));
    assert_null(store_next_server(world.store, 1));
    world_end(&world);
}

static void a_group_is_there_while_it_has_agents(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 0);
    static const struct {
        uint32_t agent, group; /* group 9: remove */
        size_t groups;
    } steps[] = {
        { 1, 1, 1 }, { 2, 1, 1 }, { 3, 2, 2 }, { 4, 0, 2 }, { 1, 2, 2 }, { 2, 0, 1 }, { 3, 9, 1 }, { 1, 9, 0 }
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].group == 9)
            assert_int_equal(world_do(&world, steps[i].agent, "remove"), 0);
        else
            assert_int_equal(world_put_agent(&world, steps[i].agent, steps[i].group, 1, CONDITIONS_ALL), 0);
        struct snapshot *snapshot = world_publish(&world);
        assert_int_equal(rowview_count(snapshot->groups), steps[i].groups);
        snapshot_unref(snapshot);
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}

static void expiry_says_when_it_wants_to_be_called_again(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 2);
    assert_int_equal(store_expire(world.store, &world.now), INT64_MAX);
    const int64_t begin_ms = world.now.mono_ms, limit_ms = settings.policy.evidence_max_age_ms + 1;
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    world_at(&world, 10);
    assert_int_equal(world_do(&world, 0, "server none"), 0);
    world_at(&world, 20);
    assert_int_equal(world_do(&world, 2, "asked method=smart"), 0);
    assert_int_equal(store_expire(world.store, &world.now), begin_ms + limit_ms);
    assert_int_equal(store_expire(world.store, &(struct now){ begin_ms + limit_ms, 0 }), begin_ms + 10000 + limit_ms);
    assert_int_equal(store_expire(world.store, &(struct now){ begin_ms + 10000 + limit_ms, 0 }),
                     begin_ms + 20000 + limit_ms);
    /* A fact that no verdict rests on is shown until then, and no longer. */
    assert_int_equal(store_agent(world.store, 2)->evidence.known.facts[FACT_SCAN_METHOD].value, SCAN_METHOD_SMART);
    assert_int_equal(store_expire(world.store, &(struct now){ begin_ms + 20000 + limit_ms, 0 }), INT64_MAX);
    assert_int_equal(store_agent(world.store, 2)->evidence.known.facts[FACT_SCAN_METHOD].mono_ms, 0);
    assert_int_equal(store_server(world.store, 1)->damper.believed, UPDOWN_UNKNOWN);
    audit_store(world.store, AUDIT_ALL);
    world_end(&world);
}

static void another_policy_counts_from_the_next_word_on(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    struct world world = begin(&settings, 1);
    assert_int_equal(world_do(&world, 1, "feed good pattern=50"), 0);
    settings.policy.pattern_max_age_ms = 24 * INT64_C(3600000);
    settings.policy.fall = 1;
    store_configure(world.store, &settings);
    assert_string_equal(world_verdict(&world, 1), "healthy");
    assert_int_equal(world_do(&world, 1, "feed good pattern=50"), 0);
    assert_string_equal(world_verdict(&world, 1), "patternOutdated");
    settings.policy.pattern_max_age_ms = 72 * INT64_C(3600000);
    store_configure(world.store, &settings);
    assert_int_equal(world_do(&world, 1, "feed good pattern=50"), 0);
    assert_string_equal(world_verdict(&world, 1), "healthy");
    assert_string_equal(world_told(&world), "+1 -1");
    world_end(&world);
}

static void a_snapshot_stands_still(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 3);
    assert_int_equal(world_do(&world, 1, "feed good"), 0);
    struct snapshot *old = world_publish(&world);
    assert_false(store_is_dirty(world.store));
    assert_int_equal(world_do(&world, 1, "feed smart=no"), 0);
    assert_true(store_is_dirty(world.store));
    assert_int_equal(world_do(&world, 1, "feed smart=no"), 0);
    assert_int_equal(world_do(&world, 2, "remove"), 0);
    struct snapshot *new = world_publish(&world);

    const struct agent_row *then = rowview_get(old->agents, 1, NULL), *now = rowview_get(new->agents, 1, NULL);
    assert_int_equal(then->verdict.icon, ICON_HEALTHY);
    assert_int_equal(now->verdict.icon, ICON_SMART_PROTECTION_UNAVAILABLE);
    assert_int_equal(old->fleet.agents, 3);
    assert_int_equal(new->fleet.agents, 2);
    assert_int_equal(tally_worst(&old->fleet), SEVERITY_CLEARED);
    assert_int_equal(tally_worst(&new->fleet), SEVERITY_MINOR);
    assert_int_equal(rowview_count(old->alarms), 0);
    assert_int_equal(rowview_count(new->alarms), 1);
    audit_snapshot(old, AUDIT_ALL);
    audit_snapshot(new, AUDIT_ALL);
    /* They outlive the store. */
    world_end(&world);
    audit_snapshot(old, AUDIT_ALL);
    snapshot_unref(old);
    snapshot_unref(new);
}

static void probes_show_their_latest_numbers(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 0);
    struct probe_row probe = { .driver = DRIVER_LISTENER, .runs = 5 };
    for (uint64_t runs = 1; runs <= 3; runs++) {
        probe.runs = runs;
        assert_int_equal(store_put_probe(world.store, &probe), 0);
        assert_true(store_is_dirty(world.store));
        struct snapshot *snapshot = world_publish(&world);
        const struct probe_row *shown = rowview_first(snapshot->probes);
        assert_memory_equal(shown, &probe, sizeof probe);
        assert_int_equal(rowview_count(snapshot->probes), 1);
        snapshot_unref(snapshot);
    }
    world_end(&world);
}

static void the_worst_severity_is_that_of_the_worst_agent(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world = begin(&settings, 0);
    static const struct {
        const char *event;
        enum severity worst;
    } agents[] = { { "feed method=smart", SEVERITY_UNKNOWN },
                   { "feed good", SEVERITY_CLEARED },
                   { "feed good smart=no", SEVERITY_MINOR },
                   { "feed good pattern=100", SEVERITY_MAJOR },
                   { "feed good policy=off", SEVERITY_CRITICAL } };
    struct snapshot *snapshot = world_publish(&world);
    assert_int_equal(tally_worst(&snapshot->fleet), SEVERITY_UNKNOWN); /* nobody is there to be well */
    snapshot_unref(snapshot);
    for (uint32_t i = 0; i < sizeof agents / sizeof *agents; i++) {
        assert_int_equal(world_put_agent(&world, i + 1, 0, 0, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, i + 1, agents[i].event), 0);
        assert_int_equal(world_do(&world, i + 1, agents[i].event), 0);
        snapshot = world_publish(&world);
        assert_int_equal(tally_worst(&snapshot->fleet), agents[i].worst);
        snapshot_unref(snapshot);
    }
    world_end(&world);
}

static int note_blocks(void **state)
{
    static long blocks;
    blocks = heap_blocks();
    *state = &blocks;
    return 0;
}

static int expect_same_blocks(void **state)
{
    return heap_blocks() == *(const long *)*state ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, note_blocks, expect_same_blocks)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_agent_stands_once_in_the_change_table_at_its_latest_change),
        TEST(what_is_only_measured_changes_no_sequence),
        TEST(times_tell_since_when_and_how_late),
        TEST(a_clock_that_is_set_back_makes_nobody_look_unobserved),
        TEST(another_identity_keeps_the_state),
        TEST(monitored_conditions_follow_the_identity),
        TEST(what_nobody_asked_about_has_no_verdict),
        TEST(who_is_not_there_has_no_observations),
        TEST(a_group_is_there_while_it_has_agents),
        TEST(expiry_says_when_it_wants_to_be_called_again),
        TEST(another_policy_counts_from_the_next_word_on),
        TEST(a_snapshot_stands_still),
        TEST(probes_show_their_latest_numbers),
        TEST(the_worst_severity_is_that_of_the_worst_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
