/* Several sources about one agent, as scripts: whose word counts, what they disagree about, and what that costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/heap.h"
#include "support/world.h"

#include <errno.h>

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *fact_of(const struct agent_row *agent, char text[64])
{
    static const char *const modes[] = { "", "unknown", "normal", "standalone", "offpremises" };
    const struct fact_value *mode = &agent->evidence.known.facts[FACT_MODE];
    if (mode->mono_ms == 0)
        return "-";
    snprintf(text, 64, "%s by %s", modes[mode->value], driver_name(mode->driver));
    return text;
}

/* Plays what happens to an agent; after each step the mode that counts, and whose word that is; what is disagreed
 * about; and how often a disagreement has begun. */
struct step {
    unsigned s;
    const char *event, *mode, *disagreements;
    unsigned begun;
};

static void play(const struct step *steps, size_t n)
{
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, 0), 0);
    for (size_t i = 0; i < n; i++) {
        const struct step *step = &steps[i];
        char text[64];
        world_at(&world, step->s);
        assert_int_equal(world_do(&world, 1, step->event), 0);
        const char *mode = fact_of(store_agent(world.store, 1), text);
        const char *disagreements = world_disagreements(&world, 1);
        struct snapshot *snapshot = world_publish(&world);
        if (strcmp(mode, step->mode) != 0 || strcmp(disagreements, step->disagreements) != 0 ||
            snapshot->disagreements != step->begun)
            fail_msg("step %zu, %s: \"%s\", \"%s\", begun %u", i, step->event, mode, disagreements,
                     (unsigned)snapshot->disagreements);
        assert_int_equal(snapshot->fleet.disagreeing, *step->disagreements != 0);
        snapshot_unref(snapshot);
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}
#define PLAY(...) play((const struct step[]){ __VA_ARGS__ }, COUNT(((const struct step[]){ __VA_ARGS__ })))

static void the_newest_word_counts(void **state)
{
    (void)state;
    PLAY({ 0, "feed mode=normal", "normal by feed", "", 0 }, { 10, "asked mode=normal", "normal by winrm", "", 0 },
         { 20, "feed mode=normal", "normal by feed", "", 0 }, { 30, "asked policy=on", "normal by feed", "", 0 },
         { 30, "asked mode=normal age=15", "normal by feed", "", 0 },
         { 30, "asked mode=normal age=10", "normal by winrm", "", 0 } /* equally old: the later word */);
}

static void a_disagreement_ends_when_a_source_agrees(void **state)
{
    (void)state;
    PLAY({ 0, "feed mode=normal", "normal by feed", "", 0 },
         { 10, "asked mode=standalone", "standalone by winrm", "mode", 1 },
         { 20, "feed mode=normal", "normal by feed", "mode", 1 },
         { 30, "feed mode=standalone", "standalone by feed", "", 1 },
         { 40, "asked mode=normal policy=on", "normal by winrm", "mode", 2 },
         { 50, "feed mode=standalone policy=off", "standalone by feed", "mode policy", 3 },
         { 60, "asked mode=standalone", "standalone by winrm", "policy", 3 },
         { 70, "asked policy=off", "standalone by winrm", "", 3 });
}

static void a_word_that_comes_late_disagrees_as_well(void **state)
{
    (void)state;
    PLAY({ 100, "asked mode=standalone", "standalone by winrm", "", 0 },
         { 110, "feed mode=normal age=60", "standalone by winrm", "mode", 1 },
         { 120, "feed mode=standalone age=40", "standalone by winrm", "", 1 },
         { 130, "asked mode=normal age=50", "standalone by winrm", "", 1 } /* older than its own last word */);
}

/* The feed's word of second 0 is too old from second 901 on; WinRM's of second 100 from 1001. */
static void a_disagreement_ends_when_one_value_ages_out(void **state)
{
    (void)state;
    PLAY({ 0, "feed mode=normal", "normal by feed", "", 0 },
         { 100, "asked mode=standalone", "standalone by winrm", "mode", 1 },
         { WORLD_LIMIT_S, "expire", "standalone by winrm", "mode", 1 },
         { WORLD_LIMIT_S + 1, "expire", "standalone by winrm", "", 1 },
         { WORLD_LIMIT_S + 100, "expire", "standalone by winrm", "", 1 }, { WORLD_LIMIT_S + 101, "expire", "-", "", 1 },
         { WORLD_LIMIT_S + 102, "feed mode=normal", "normal by feed", "", 1 },
         { WORLD_LIMIT_S + 103, "asked mode=standalone", "standalone by winrm", "mode", 2 });
}

static void a_feed_that_leaves_a_fact_out_takes_back_its_own_word_alone(void **state)
{
    (void)state;
    PLAY({ 0, "feed mode=normal", "normal by feed", "", 0 },
         { 10, "asked mode=standalone", "standalone by winrm", "mode", 1 },
         { 20, "feed policy=on", "standalone by winrm", "", 1 },
         { 30, "feed mode=normal", "normal by feed", "mode", 2 },
         { 40, "feed policy=on", "standalone by winrm", "", 2 }, /* what WinRM had said meanwhile counts again */
         { WORLD_LIMIT_S + 10, "expire", "standalone by winrm", "", 2 }, { WORLD_LIMIT_S + 11, "expire", "-", "", 2 });
    /* What is too old does not come back. */
    PLAY({ 0, "asked mode=standalone policy=on", "standalone by winrm", "", 0 },
         { 800, "feed mode=normal", "normal by feed", "mode", 1 },
         { 880, "asked policy=on", "normal by feed", "mode", 1 }, { WORLD_LIMIT_S + 10, "feed", "-", "", 1 });
}

/* A conversation that breaks off has said what it has said; one that never began says nothing. */
static void a_question_that_failed_changes_what_it_told_alone(void **state)
{
    (void)state;
    PLAY({ 0, "feed mode=normal", "normal by feed", "", 0 }, { 10, "asked cause=timedOut", "normal by feed", "", 0 },
         { 20, "asked cause=timedOut mode=standalone", "standalone by winrm", "mode", 1 },
         { 30, "asked cause=authenticationFailed", "standalone by winrm", "mode", 1 },
         { WORLD_LIMIT_S + 5, "asked cause=timedOut", "standalone by winrm", "", 1 },
         { WORLD_LIMIT_S + 21, "asked cause=timedOut", "-", "", 1 });
}

/* Nothing is put aside for an agent of which one source speaks, and what is put aside for two is given back. */
static void a_second_source_alone_costs_memory(void **state)
{
    (void)state;
    static const struct {
        unsigned s;
        const char *event;
        bool apart;
    } steps[] = {
        { 0, "listener none", false },
        { 1, "feed good", false },
        { 2, "feed good", false },
        { 3, "asked cause=timedOut", false },
        { 4, "asked", false },
        { 5, "asked mode=normal", true },
        { 6, "feed", false }, /* it has taken back all that it said */
        { 7, "feed mode=normal", true },
        { WORLD_LIMIT_S + 5, "expire", true },
        { WORLD_LIMIT_S + 6, "expire", false },
        { WORLD_LIMIT_S + 7, "feed mode=normal", false },
        { WORLD_LIMIT_S + 8, "asked mode=normal", true },
        { WORLD_LIMIT_S + 9, "remove", false },
    };
    const long at_first = heap_blocks();
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, 0), 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        world_at(&world, steps[i].s);
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        const struct agent_row *agent = store_agent(world.store, 1);
        if ((agent && agent->evidence.sources) != steps[i].apart)
            fail_msg("step %zu, %s", i, steps[i].event);
    }
    world_end(&world);
    assert_int_equal(heap_blocks(), at_first);
    /* What is large and rare (reports, lists of addresses, what each source said) is elsewhere. */
    assert_true(sizeof(struct agent_row) <= 608);
}

/* A snapshot shows what was said then, whatever is said later. */
static void a_snapshot_keeps_what_was_said(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, 0), 0);
    assert_int_equal(world_do(&world, 1, "feed mode=normal"), 0);
    assert_int_equal(world_do(&world, 1, "asked mode=standalone system=one"), 0);
    struct snapshot *before = world_publish(&world);
    assert_int_equal(world_do(&world, 1, "asked mode=normal system=two"), 0);
    assert_int_equal(world_do(&world, 1, "feed"), 0);

    const struct agent_row *then = rowview_get(before->agents, 1, NULL), *now = store_agent(world.store, 1);
    assert_int_equal(then->disagreements, DISAGREE_BIT(DISAGREE_MODE));
    assert_int_equal(disagreements_among(then->evidence.sources, INT64_MIN), DISAGREE_BIT(DISAGREE_MODE));
    assert_int_equal(then->evidence.known.facts[FACT_MODE].value, MODE_STANDALONE);
    assert_string_equal(then->evidence.known.report->system, "one");
    assert_int_equal(now->disagreements, 0);
    assert_int_equal(now->evidence.known.facts[FACT_MODE].value, MODE_NORMAL);
    assert_string_equal(now->evidence.known.report->system, "two");
    snapshot_unref(before);
    world_end(&world);
}

/* Of each allocation that another word of a second source takes. */
static void without_memory_for_two_a_word_is_dropped_as_a_whole(void **state)
{
    (void)state;
    static const char *const events[][2] = { { "feed mode=normal", "asked mode=standalone" },
                                             { "asked mode=standalone", "feed mode=normal agent=online" } };
    for (size_t i = 0; i < COUNT(events); i++) {
        for (unsigned long first = 1;; first++) {
            const struct store_settings settings = world_settings();
            struct world world;
            world_begin(&world, &settings);
            assert_int_equal(world_put_agent(&world, 1, 1, 1, 0), 0);
            assert_int_equal(world_do(&world, 1, events[i][0]), 0);
            struct snapshot *held = world_publish(&world);
            const struct evidence before = store_agent(world.store, 1)->evidence;
            heap_fail(first, 1000000);
            const int error = world_do(&world, 1, events[i][1]);
            const bool failed = heap_heal();
            assert_true(error == 0 || error == -ENOMEM);
            if (error < 0) {
                const struct evidence *after = &store_agent(world.store, 1)->evidence;
                assert_memory_equal(&after->known.facts, &before.known.facts, sizeof before.known.facts);
                assert_int_equal(after->known.agent_side.mono_ms, before.known.agent_side.mono_ms);
                assert_int_equal(after->feed_mono_ms, before.feed_mono_ms);
                assert_int_equal(after->asked.mono_ms, before.asked.mono_ms);
            }
            assert_int_equal(world_do(&world, 1, events[i][1]), 0);
            assert_string_equal(world_disagreements(&world, 1), "mode");
            audit_store(world.store, AUDIT_ALL);
            snapshot_unref(held);
            world_end(&world);
            if (!failed)
                break;
        }
    }
}

static void a_report_is_kept_while_it_is_the_newest_and_fresh(void **state)
{
    (void)state;
    static const struct {
        unsigned s;
        const char *event, *system;
    } steps[] = {
        { 0, "asked system=one", "one" },
        { 10, "asked mode=normal", "one" },
        { 20, "asked system=two", "two" },
        { 30, "asked system=three age=15", "two" },
        { 40, "asked cause=timedOut", "two" },
        { 50, "feed good", "two" },
        { WORLD_LIMIT_S + 20, "expire", "two" },
        { WORLD_LIMIT_S + 21, "expire", NULL },
        { WORLD_LIMIT_S + 30, "feed system=of-a-feed", "of-a-feed" },
        { WORLD_LIMIT_S + 40, "asked system=four", "four" },
        { WORLD_LIMIT_S + 50, "feed system=of-another-feed", "of-another-feed" },
        { WORLD_LIMIT_S + 60, "feed", "four" },
    };
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, 0), 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        world_at(&world, steps[i].s);
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        const struct report *report = store_agent(world.store, 1)->evidence.known.report;
        if (!report != !steps[i].system || (report && strcmp(report->system, steps[i].system) != 0))
            fail_msg("step %zu, %s: %s", i, steps[i].event, report ? report->system : "none");
    }
    world_end(&world);
}

/* What is news for people who look, and none for those who wait for a verdict to change. */
static void a_report_alone_is_no_change(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    assert_int_equal(world_do(&world, 1, "feed good"), 0);
    assert_int_equal(world_do(&world, 1, "asked system=one tmlisten=running"), 0);
    const uint32_t seq = store_change_seq(world.store);
    struct snapshot *held = world_publish(&world);
    assert_int_equal(world_do(&world, 1, "asked system=two tmlisten=stopped"), 0);
    assert_true(store_is_dirty(world.store));
    assert_int_equal(store_change_seq(world.store), seq);
    snapshot_unref(held);
    world_end(&world);
}

/* Whoever it was that gave the occasion to judge. */
static void ages_are_those_of_the_last_judgement(void **state)
{
    (void)state;
    static const struct {
        unsigned s;
        const char *event;
        uint32_t age_s;
    } steps[] = {
        { 0, "listener none", UINT32_MAX },
        { 10, "feed pattern=1", 3600 },
        { 70, "listener none", 3660 },
        { 80, "feed pattern=1 age=30", 3630 },
        { 90, "asked mode=normal", 3640 },
        { 100, "asked pattern=2 age=5", 7205 },
        { 110, "expire", 7205 }, /* nothing has expired: nobody was judged */
        { WORLD_LIMIT_S + 96, "expire", UINT32_MAX },
    };
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        world_at(&world, steps[i].s);
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        const struct agent_row *agent = store_agent(world.store, 1);
        if (agent->pattern_age_s != steps[i].age_s)
            fail_msg("step %zu, %s: %u", i, steps[i].event, agent->pattern_age_s);
        if (steps[i].s != 110)
            assert_int_equal(agent->judged_wall_s, world.now.wall_ms / 1000);
    }
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_word_counts),
        cmocka_unit_test(a_disagreement_ends_when_a_source_agrees),
        cmocka_unit_test(a_word_that_comes_late_disagrees_as_well),
        cmocka_unit_test(a_disagreement_ends_when_one_value_ages_out),
        cmocka_unit_test(a_feed_that_leaves_a_fact_out_takes_back_its_own_word_alone),
        cmocka_unit_test(a_question_that_failed_changes_what_it_told_alone),
        cmocka_unit_test(a_second_source_alone_costs_memory),
        cmocka_unit_test(a_snapshot_keeps_what_was_said),
        cmocka_unit_test(without_memory_for_two_a_word_is_dropped_as_a_whole),
        cmocka_unit_test(a_report_is_kept_while_it_is_the_newest_and_fresh),
        cmocka_unit_test(a_report_alone_is_no_change),
        cmocka_unit_test(ages_are_those_of_the_last_judgement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
