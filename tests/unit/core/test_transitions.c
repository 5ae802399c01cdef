/* What an agent's verdict, alarms and notifications do as its observations come in: scripts, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/world.h"

#include <stdio.h>

static void bad_answers_are_believed_when_fall_of_them_agree(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    world_play(&settings, "0 | feed good         | healthy                   |           |    |\n"
                          "1 | listener none     | healthy                   |           |    |\n"
                          "2 | listener timedOut | healthy                   |           |    |\n"
                          "3 | listener refused  | offline:firewallOrAddress | 1=offline | +1 |\n"
                          "4 | listener timedOut | offline:firewallOrAddress | 1=offline |    |\n"
                          "5 | listener none     | healthy                   |           | -1 | 1=recovered\n");
    settings.policy.fall = 4;
    world_play(&settings, "0 | feed good         | healthy\n"
                          "1 | listener timedOut | healthy\n"
                          "2 | listener timedOut | healthy\n"
                          "3 | listener timedOut | healthy\n"
                          "4 | listener timedOut | offline:firewallOrAddress | 1=offline | +1\n");
}

/* As when the driver that saw it is switched off. */
static void an_alarm_that_nobody_watches_any_more_has_not_recovered(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 0, 0, CONDITIONS_ALL), 0);
    assert_int_equal(world_do(&world, 1, "feed smart=no"), 0);
    assert_int_equal(world_do(&world, 1, "feed smart=no"), 0);
    assert_int_equal(world_put_agent(&world, 1, 0, 0, CONDITION_BIT(CONDITION_OFFLINE)), 0);
    assert_string_equal(world_alarms(&world), "1=smartProtectionUnavailable");
    world_at(&world, WORLD_LIMIT_S + 1);
    assert_int_equal(world_do(&world, 1, "expire"), 0);
    assert_string_equal(world_alarms(&world), "");
    assert_string_equal(world_past(&world), "1=removed");
    world_end(&world);
}

static void a_good_answer_in_between_begins_the_count_anew(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, "0 | feed good\n"
                          "1 | listener none\n"
                          "2 | listener timedOut | healthy\n"
                          "3 | listener none     | healthy\n"
                          "4 | listener timedOut | healthy\n"
                          "5 | listener none     | healthy\n"
                          "6 | listener timedOut | healthy\n"
                          "7 | listener timedOut | offline:firewallOrAddress | 1=offline | +1\n");
}

static void good_answers_are_believed_when_rise_of_them_agree(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    settings.policy.rise = 3;
    settings.policy.fall = 1;
    world_play(&settings, "0 | feed good        | unknown:unknown\n"
                          "1 | feed good        | unknown:unknown\n"
                          "2 | feed good        | healthy                   |           |\n"
                          "3 | listener refused | offline:firewallOrAddress | 1=offline | +1\n"
                          "4 | listener none    | offline:firewallOrAddress\n"
                          "5 | listener none    | offline:firewallOrAddress\n"
                          "6 | listener refused | offline:firewallOrAddress\n"
                          "7 | listener none    | offline:firewallOrAddress\n"
                          "8 | listener none    | offline:firewallOrAddress\n"
                          "9 | listener none    | healthy                   |           | -1 | 1=recovered\n");
}

static void only_observations_of_an_axis_count_for_it(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, "0 | feed good                      | healthy\n"
                          "1 | listener none\n"
                          "2 | listener timedOut              | healthy\n"
                          "3 | expire                         | healthy\n"
                          "4 | asked policy=on service=running | healthy\n"
                          "5 | asked agent=online              | healthy\n"
                          "6 | server none                    | healthy\n"
                          "7 | expire                         | healthy\n"
                          "8 | listener timedOut              | offline:firewallOrAddress | 1=offline | +1\n");
    /* The pattern ages without a word from the endpoint; believed is what the endpoint says. */
    world_play(&settings, "0 | asked pattern=71\n"
                          "1 | feed good         | healthy\n"
                          "2 | asked pattern=72   | healthy\n"
                          "3 | expire            | healthy\n"
                          "4 | asked agent=online | healthy\n"
                          "5 | asked pattern=73   | healthy\n"
                          "6 | asked pattern=73   | patternOutdated | 1=patternOutdated | +1\n"
                          "7 | asked pattern=0    | healthy         |                   | -1 | 1=recovered\n");
}

static void axes_count_apart(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings,
               "0 | feed good                  | healthy\n"
               "1 | asked smart=no pattern=200  | healthy\n"
               "2 | asked smart=no pattern=1    | smartProtectionUnavailable | 1=smartProtectionUnavailable | +1\n"
               "3 | asked smart=no pattern=200  | smartProtectionUnavailable\n"
               "4 | asked smart=yes pattern=200 | patternOutdated            | 2=patternOutdated            | +2 -1 | "
               "1=recovered\n");
}

static void bad_answers_that_differ_do_not_add_up(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, "0 | feed good                        | healthy\n"
                          "1 | feed good policy=off             | healthy\n"
                          "2 | asked policy=off mode=standalone | healthy\n"
                          "3 | asked policy=off mode=normal     | healthy\n"
                          "4 | asked service=stopped policy=on  | healthy                    |\n"
                          "5 | asked service=stopped policy=on  | realTimeScanNotFunctioning | "
                          "1=realTimeScanNotFunctioning | +1\n");
}

static void what_is_not_known_yet_is_unknown(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, "0 | expire            | unknown:unknown    |           |  |\n"
                          "1 | listener timedOut | unknown:unknown    |           |  |\n"
                          "2 | listener timedOut | offline:unverified | 1=offline |  |\n");
    world_play(&settings, "0 | listener none | unknown |  |  |\n"
                          "1 | feed good     | healthy |  |  |\n");
}

static void stale_evidence_is_unknown_and_keeps_the_alarm(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();

    /* ... until good evidence clears it, which is told. */
    world_play(&settings, "  0 | feed good\n"
                          " 10 | listener refused\n"
                          " 20 | listener refused | offline:firewallOrAddress | 1=offline | +1\n"
                          "920 | expire           | offline:unverified        | 1=offline |\n"
                          "921 | expire           | unknown:unknown           | 1=offline |    |\n"
                          "922 | listener none    | unknown                   |           | -1 | 1=recovered\n");
    /* ... and bad evidence finds it still standing. */
    world_play(&settings, "  0 | feed good\n"
                          " 10 | listener refused\n"
                          " 20 | listener refused | offline:firewallOrAddress | 1=offline | +1\n"
                          "921 | expire           | unknown:unknown           | 1=offline |    |\n"
                          "922 | listener refused | unknown:unknown           | 1=offline |    |\n"
                          "923 | listener refused | offline:unverified        | 1=offline |    |\n"
                          "924 | listener none    | unknown                   |           | -1 | 1=recovered\n");
    /* From healthy to unknown and back nothing is told. */
    world_play(&settings, "  0 | feed good | healthy\n"
                          "900 | expire    | healthy\n"
                          "901 | expire    | unknown:unknown |  |  |\n"
                          "902 | feed good | healthy         |  |  |\n");
}

static void evidence_that_came_late_is_as_old_as_it_says(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, "2000 | feed age=899 smart=yes agent=online  | unknown\n"
                          "2002 | expire                               | unknown:unknown\n"
                          "2003 | feed age=2000 smart=yes agent=online | unknown:unknown\n");
}

static void a_silent_start_tells_neither_raising_nor_clearing(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, "0 | listener refused\n"
                          "1 | listener refused | offline:unverified | 1=offline |\n"
                          "2 | listener none    | unknown            |           |    | 1=recovered\n"
                          "3 | listener refused\n"
                          "4 | listener refused | offline:unverified | 2=offline | +2\n"
                          "5 | listener none    | unknown            |           | -2 | 2=recovered\n");
    /* Each condition has its own first verdict. */
    world_play(
        &settings,
        "0 | listener none             | unknown\n"
        "1 | asked policy=off smart=yes\n"
        "2 | asked policy=off           | realTimeScanDisabled | 1=realTimeScanDisabled                              "
        "|\n"
        "3 | asked smart=no\n"
        "4 | asked smart=no             | ?                    | 1=realTimeScanDisabled 2=smartProtectionUnavailable | "
        "+2\n");
}

static void a_full_start_tells_the_first_verdict(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    settings.tell_first_verdict = true;
    world_play(&settings, "0 | listener refused | ?                  |           |\n"
                          "1 | listener refused | offline:unverified | 1=offline | +1\n"
                          "2 | listener none    | unknown            |           | -1 | 1=recovered\n");
    world_play(&settings, "0 | feed good | healthy |  |  |\n");
}

static void a_condition_that_takes_anothers_place_is_raised_first(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    /* Disabled by policy, then in standalone mode as well, and back. */
    world_play(&settings,
               "0 | feed good\n"
               "1 | asked policy=off\n"
               "2 | asked policy=off      | realTimeScanDisabled  | 1=realTimeScanDisabled  | +1    |\n"
               "3 | asked mode=standalone | realTimeScanDisabled\n"
               "4 | asked mode=standalone | standaloneUnprotected | 2=standaloneUnprotected | +2 -1 | 1=replaced\n"
               "5 | asked mode=normal\n"
               "6 | asked mode=normal     | realTimeScanDisabled  | 3=realTimeScanDisabled  | +3 -2 | 2=replaced\n"
               "7 | asked policy=on       | healthy               |                         | -3    | 3=recovered\n");
    /* The service stops, then policy switches scanning off. */
    world_play(
        &settings,
        "0 | feed good\n"
        "1 | asked service=stopped\n"
        "2 | asked service=missing | realTimeScanNotFunctioning | 1=realTimeScanNotFunctioning | +1    |\n"
        "3 | asked policy=off\n"
        "4 | asked policy=off      | realTimeScanDisabled       | 2=realTimeScanDisabled       | +2 -1 | 1=replaced\n"
        "5 | asked policy=on\n"
        "6 | asked policy=on       | realTimeScanNotFunctioning | 3=realTimeScanNotFunctioning | +3 -2 | 2=replaced\n");
}

static void an_absent_endpoint_is_a_note_or_an_alarm(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    settings.policy.absent = ABSENT_NOTE;
    world_play(&settings, "0 | listener none        | unknown\n"
                          "1 | listener refused\n"
                          "2 | listener refused     | offline:unverified | 1=offline | +1\n"
                          "3 | listener timedOut\n"
                          "4 | listener unreachable | unknown            |           | -1 | 1=absent\n"
                          "5 | listener timedOut    | unknown            |           |    |\n"
                          "6 | listener refused     | offline:unverified | 2=offline | +2 |\n"
                          "7 | listener none        | unknown            |           | -2 | 2=recovered\n");
    settings.policy.absent = ABSENT_ALARM;
    world_play(&settings, "0 | listener none        | unknown\n"
                          "1 | listener refused\n"
                          "2 | listener refused     | offline:unverified | 1=offline | +1\n"
                          "3 | listener timedOut\n"
                          "4 | listener unreachable | offline:unverified | 1=offline |    |\n"
                          "5 | listener none        | unknown            |           | -1 | 1=recovered\n");
}

static void what_could_not_be_asked_is_no_evidence(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, " 0 | feed good                          | healthy\n"
                          " 1 | listener none\n"
                          " 2 | listener cancelled                 | healthy\n"
                          " 3 | listener cancelled                 | healthy\n"
                          " 4 | listener unknown                   | healthy\n"
                          " 5 | listener unknown                   | healthy\n"
                          " 6 | listener stale                     | healthy\n"
                          " 7 | listener stale                     | healthy\n"
                          " 8 | feed broken smart=no agent=offline | healthy\n"
                          " 9 | feed broken smart=no agent=offline | healthy                   |           |\n"
                          "10 | listener refused\n"
                          "11 | listener cancelled\n"
                          "12 | listener refused                   | offline:firewallOrAddress | 1=offline | +1\n");
    /* A feed that is broken does not keep the last one alive either. */
    world_play(&settings, "  0 | feed good   | healthy\n"
                          "899 | feed broken | healthy\n"
                          "901 | feed broken | ?               |  |\n"
                          "901 | expire      | unknown:unknown\n");
}

static void every_bad_cause_takes_the_listener_offline(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    for (enum cause cause = CAUSE_NAME_NOT_FOUND; cause < CAUSE_CANCELLED; cause++) {
        char script[256];
        snprintf(script, sizeof script,
                 "0 | listener none | unknown\n"
                 "1 | listener %1$s | unknown\n"
                 "2 | listener %1$s | offline:unverified | 1=offline | +1\n",
                 cause_name(cause));
        world_play(&settings, script);
    }
}

/* The feed speaks first: that the agent reaches its server is not yet the verdict that it is online. */
static void a_silent_start_waits_for_the_listener(void **state)
{
    (void)state;
    static const struct {
        bool listened;
        const char *told;
    } rows[] = { { true, "" }, { false, "+1" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct store_settings settings = world_settings();
        struct world world;
        world_begin(&world, &settings);
        world.listened = rows[i].listened;
        assert_int_equal(world_put_agent(&world, 1, 0, 1, CONDITIONS_ALL), 0);
        static const char *const events[] = { "feed good", "listener refused", "listener refused" };
        for (unsigned second = 0; second < sizeof events / sizeof *events; second++) {
            world_at(&world, second);
            assert_int_equal(world_do(&world, 1, events[second]), 0);
        }
        assert_string_equal(world_alarms(&world), "1=offline");
        assert_string_equal(world_told(&world), rows[i].told);
        world_end(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_start_waits_for_the_listener),
        cmocka_unit_test(bad_answers_are_believed_when_fall_of_them_agree),
        cmocka_unit_test(a_good_answer_in_between_begins_the_count_anew),
        cmocka_unit_test(an_alarm_that_nobody_watches_any_more_has_not_recovered),
        cmocka_unit_test(good_answers_are_believed_when_rise_of_them_agree),
        cmocka_unit_test(only_observations_of_an_axis_count_for_it),
        cmocka_unit_test(axes_count_apart),
        cmocka_unit_test(bad_answers_that_differ_do_not_add_up),
        cmocka_unit_test(what_is_not_known_yet_is_unknown),
        cmocka_unit_test(stale_evidence_is_unknown_and_keeps_the_alarm),
        cmocka_unit_test(evidence_that_came_late_is_as_old_as_it_says),
        cmocka_unit_test(a_silent_start_tells_neither_raising_nor_clearing),
        cmocka_unit_test(a_full_start_tells_the_first_verdict),
        cmocka_unit_test(a_condition_that_takes_anothers_place_is_raised_first),
        cmocka_unit_test(an_absent_endpoint_is_a_note_or_an_alarm),
        cmocka_unit_test(what_could_not_be_asked_is_no_evidence),
        cmocka_unit_test(every_bad_cause_takes_the_listener_offline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
