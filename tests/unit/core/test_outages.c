/* The one alarm that stands for all agents of a list whose sources are down: what it is called, how it lives through
 * changes of its list, and what becomes of the agents' own alarms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_list_that_is_down_is_one_alarm_and_its_agents_are_not_told(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, " 0 | add 1 standard\n"
                          " 1 | add 2 standard\n"
                          " 2 | source none                      | ? | | |\n"
                          " 3 | source none of=2                 | ? | | |\n"
                          " 4 | feed good location=internal      | healthy | | |\n"
                          " 5 | source refused\n"
                          " 6 | source refused                   | healthy | 1=sourceDown | +1 |\n"
                          " 7 | source refused of=2              | healthy\n"
                          " 8 | source refused of=2              | smartProtectionUnavailable"
                          " | 1=sourceDown 2=sourceDown 3=smartProtectionUnavailable 4=massOutage | +2 +4 |\n"
                          /* What the agent says now is no news, nor is it when the sources are back. */
                          " 9 | feed good location=internal smart=no | smartProtectionUnavailable"
                          " | 1=sourceDown 2=sourceDown 3=smartProtectionUnavailable 4=massOutage | |\n"
                          "10 | feed good location=internal smart=no | smartProtectionUnavailable | ? | |\n"
                          "11 | source none of=2                 | unknown"
                          " | 1=sourceDown | -2 -4 | 2=recovered 3=recovered 4=recovered\n"
                          "12 | feed good location=internal      | healthy | 1=sourceDown | | \n"
                          "13 | source none                      | healthy | | -1 | 1=recovered\n");
}

/* What was raised for the list's sake alone ends with that, whatever the agent's own word is by then. */
static void an_alarm_for_the_lists_sake_ends_with_the_outage(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    /* It has no word of its own, before or after. */
    world_play(&settings, " 0 | add 1 network\n"
                          " 1 | source none\n"
                          " 2 | feed location=external\n"
                          " 3 | source refused\n"
                          " 4 | source refused | smartProtectionUnavailable:unknown"
                          " | 1=sourceDown 2=smartProtectionUnavailable 3=massOutage | +1 +3 |\n"
                          " 5 | source none    | unknown:unknown | | -1 -3 | 1=recovered 2=recovered 3=recovered\n"
                          " 6 | source refused\n"
                          " 7 | source refused | smartProtectionUnavailable:unknown"
                          " | 4=sourceDown 5=smartProtectionUnavailable 6=massOutage | +4 +6 |\n"
                          /* Nobody has heard of the source for long: it is not back. */
                          "600 | feed location=external\n"
                          "908 | expire        | unknown:unknown"
                          " | 4=sourceDown 5=smartProtectionUnavailable 6=massOutage | |\n"
                          "909 | source none   | unknown:unknown | | -4 -6 | 4=recovered 5=recovered 6=recovered\n");
    /* It comes to a list that is up, and to one of which nothing is known. */
    world_play(&settings,
               " 0 | add 1 network\n"
               " 1 | add 2 standard\n"
               " 2 | source none\n"
               " 3 | source none of=2\n"
               " 4 | feed location=external\n"
               " 5 | source refused\n"
               " 6 | source refused         | ? | ? | +1 +3 |\n"
               " 7 | feed location=internal | unknown:unknown | 1=sourceDown 3=massOutage | | 2=recovered\n"
               " 8 | feed location=external | ? | 1=sourceDown 3=massOutage 4=smartProtectionUnavailable | |\n"
               " 9 | drop 2                 | ? | ? | |\n"
               "10 | feed location=internal | unknown:unknown"
               " | 1=sourceDown 3=massOutage 4=smartProtectionUnavailable | |\n"
               "11 | source none            | unknown:unknown | | -1 -3 | 1=recovered 4=recovered 3=recovered\n");
    /* The list goes, while it is down and the agent has left it. */
    world_play(&settings, " 0 | add 1 network\n"
                          " 1 | source none\n"
                          " 2 | feed location=external\n"
                          " 3 | source refused\n"
                          " 4 | source refused         | ? | ? | +1 +3 |\n"
                          " 5 | feed location=internal | unknown:unknown | ? | |\n"
                          " 6 | drop 1                 | unknown:unknown | | -1 -3 | 1=removed 2=removed 3=removed\n");
}

/* While the alarm stands and the condition is not known, its text keeps to what the checks find. */
static void the_text_of_a_withheld_alarm_follows_the_checks(void **state)
{
    (void)state;
    static const struct {
        unsigned s;
        const char *event, *text;
    } steps[] = {
        { 2, "source refused",
          "PC-1: Smart Protection unavailable (failed: sourceList): ahSmartCheckTable says what "
          "was found" },
        { 3 + WORLD_LIMIT_S, "expire",
          "PC-1: Smart Protection unavailable: check location, sources, configuration "
          "files, proxies and tmusa" },
    };
    struct store_settings settings = world_settings();
    struct world world;
    settings.policy.fall = 1;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 0, 1, CONDITIONS_ALL), 0);
    assert_int_equal(world_do(&world, 0, "add 1 network"), 0);
    assert_int_equal(world_do(&world, 1, "feed location=external"), 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        world_at(&world, steps[i].s);
        assert_int_equal(world_do(&world, 0, steps[i].event), 0);
        struct snapshot *snapshot = world_publish(&world);
        const uint32_t seq = store_agent(world.store, 1)->alarms[CONDITION_SMART_PROTECTION_UNAVAILABLE];
        assert_string_equal(text_chars(((const struct alarm_row *)rowview_get(snapshot->alarms, seq, NULL))->text),
                            steps[i].text);
        snapshot_unref(snapshot);
    }
    world_end(&world);
}

/* Two custom lists, of which one serves agent 1 (10.0.0.1) and the other agent 9. */
static void play_two_lists(const char *const *events, size_t n)
{
    struct store_settings settings = world_settings();
    struct ledger ledger = { 0 };
    struct world world;
    settings.policy.fall = 1;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 0, 1, CONDITIONS_ALL), 0);
    assert_int_equal(world_put_agent(&world, 9, 0, 1, CONDITIONS_ALL), 0);
    for (size_t i = 0; i < n; i++) {
        char event[64];
        unsigned agent = 0;
        int skipped = 0;
        world_at(&world, (unsigned)i);
        snprintf(event, sizeof event, "%s", events[i]);
        /* "9: EVENT" is of agent 9; "= ALARMS" are those that are told and open, by the source that names the list. */
        if (sscanf(event, "%u: %n", &agent, &skipped) < 1)
            skipped = 0;
        if (event[0] == '=') {
            char seen[64] = "=";
            ledger_drain(&ledger, world.store);
            for (uint32_t list = 1; list < 8; list++)
                if (ledger.open[SUBJECT_SOURCE_LIST][list][ALARM_MASS_OUTAGE])
                    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), " %u", list);
            if (strcmp(seen, event) != 0)
                fail_msg("step %zu: \"%s\" instead of \"%s\"", i, seen, event);
        } else {
            assert_int_equal(world_do(&world, agent, event + skipped), 0);
        }
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}

static void each_list_has_its_own_alarm(void **state)
{
    (void)state;
    static const char *const events[] = {
        "add 1 custom 10.0.0.1",
        "add 2 custom 10.0.0.9",
        "source none",
        "source none of=2",
        "1: feed location=internal",
        "9: feed location=internal",
        "source refused",
        "= 1",
        /* The other goes down while the first is down, and comes back by itself. */
        "source refused of=2",
        "= 1 2",
        "source none",
        "= 2",
        "source refused",
        "= 1 2",
        "source none of=2",
        "= 1",
        "source none",
        "=",
        /* One list goes while it is down. */
        "source refused of=2",
        "= 2",
        "drop 2",
        "=",
    };
    play_two_lists(events, COUNT(events));
}

/* What a reload does to the sources of a list that is down. */
static void an_outage_lives_through_changes_of_its_list(void **state)
{
    (void)state;
    /* It gets other ranges: to the agents it is another list. */
    static const char *const ranges[] = {
        "add 1 custom 10.0.0.1",
        "source none",
        "1: feed location=internal",
        "source refused",
        "= 1",
        "add 1 custom 10.0.0.0/24",
        "= 1",
        "9: feed location=internal",
        "= 1",
        "source none",
        "=",
    };
    /* A second source of the list takes over, and a first one comes before it. */
    static const char *const first[] = {
        "add 2 custom 10.0.0.1",     "add 3 custom 10.0.0.1", "source none of=2",    "source none of=3",
        "1: feed location=internal", "source refused of=2",   "source refused of=3", "= 2",
    };
    play_two_lists(ranges, COUNT(ranges));
    play_two_lists(first, COUNT(first));
    const struct store_settings settings = world_settings();
    world_play(&settings, " 0 | add 2 standard\n"
                          " 1 | add 3 standard\n"
                          " 2 | source none of=2\n"
                          " 3 | feed location=internal\n"
                          " 4 | source refused of=2\n"
                          " 5 | source refused of=2 | ? | 1=sourceDown | +1 |\n"
                          " 6 | source refused of=3\n"
                          " 7 | source refused of=3 | ? | 1=sourceDown 2=sourceDown 3=smartProtectionUnavailable"
                          " 4=massOutage | +4 |\n"
                          " 8 | drop 2 | ? | 2=sourceDown 3=smartProtectionUnavailable 4=massOutage | -1 | 1=removed\n"
                          " 9 | add 1 standard | ? | 2=sourceDown 3=smartProtectionUnavailable 4=massOutage | |\n"
                          "10 | source none of=1 | ? | 2=sourceDown | -4 | 3=recovered 4=recovered\n");
}

/* The name of the alarm, by the ranges of the list. */
static void the_alarm_of_a_list_has_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *list, *name, *text;
    } rows[] = {
        { "standard", "standard",
          "standard: mass outage: agents concerned: 1: no Smart Protection source of this list "
          "answers: ahSourceTable says why" },
        { "custom 10.0.0.1", "custom 10.0.0.1",
          "custom 10.0.0.1: mass outage: agents concerned: 1: no Smart Protection source of this list answers: "
          "ahSourceTable says why" },
        { "custom 10.0.0.1,10.2.0.0/16,10.33.33.33-10.33.33.44",
          "custom 10.0.0.1, 10.2.0.0/16, 10.33.33.33-10.33.33.44", NULL },
        { "custom 10.0.0.1,10.2.0.0/16,10.33.33.33-10.33.33.44,10.55.0.0/16",
          "custom 10.0.0.1, 10.2.0.0/16, 10.33.33.33-10.33.33.44, ...", NULL },
        { "custom 10.0.0.1,10.222.222.222-10.222.222.223,10.33.33.33-10.33.33.44",
          "custom 10.0.0.1, 10.222.222.222-10.222.222.223, ...", NULL },
    };
    struct store_settings settings = world_settings();
    settings.policy.fall = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char event[128];
        struct world world;
        world_begin(&world, &settings);
        assert_int_equal(world_put_agent(&world, 1, 0, 1, CONDITIONS_ALL), 0);
        snprintf(event, sizeof event, "add 1 %s", rows[i].list);
        assert_int_equal(world_do(&world, 0, event), 0);
        assert_int_equal(world_do(&world, 1, "feed location=internal"), 0);
        assert_int_equal(world_do(&world, 0, "source refused"), 0);
        struct snapshot *snapshot = world_publish(&world);
        const struct alarm_row *alarm = rowview_first(snapshot->alarms);
        while (alarm && alarm->subject != SUBJECT_SOURCE_LIST)
            alarm = rowview_next(snapshot->alarms, alarm->seq, NULL);
        assert_non_null(alarm);
        assert_string_equal(text_chars(alarm->subject_name), rows[i].name);
        if (rows[i].text)
            assert_string_equal(text_chars(alarm->text), rows[i].text);
        snapshot_unref(snapshot);
        world_end(&world);
    }
}

static void first_findings_fill_the_tables_alone(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    static const char script[] = " 0 | add 1 standard\n"
                                 " 1 | feed good location=internal | healthy\n"
                                 " 2 | source refused\n"
                                 " 3 | source refused | smartProtectionUnavailable | "
                                 "1=sourceDown 2=smartProtectionUnavailable 3=massOutage | %s\n"
                                 " 4 | source none    | healthy | | %s\n";
    char text[512];
    snprintf(text, sizeof text, script, "", "");
    world_play(&settings, text);
    settings.tell_first_verdict = true;
    snprintf(text, sizeof text, script, "+1 +3", "-1 -3");
    world_play(&settings, text);
    settings.notify = false;
    snprintf(text, sizeof text, script, "", "");
    world_play(&settings, text);
}

static double seconds(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void twenty_thousand_agents_are_one_notification(void **state)
{
    (void)state;
    enum { AGENTS = 20000, SOURCES = 50 };
    struct store_settings settings = world_settings();
    settings.history_max = 2 * AGENTS;
    char event[64];
    struct world world;
    world_begin(&world, &settings);
    for (unsigned source = 1; source <= SOURCES; source++) {
        snprintf(event, sizeof event, "add %u standard", source);
        assert_int_equal(world_do(&world, 0, event), 0);
    }
    for (uint32_t agent = 1; agent <= AGENTS; agent++) {
        assert_int_equal(world_put_agent(&world, agent, agent % 7, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, agent, "feed good location=internal"), 0);
    }
    static const char *const causes[] = { "none", "refused", "refused", "none" };
    for (size_t i = 0; i < COUNT(causes); i++) {
        const double before = seconds();
        for (unsigned source = 1; source <= SOURCES; source++) {
            snprintf(event, sizeof event, "source %s of=%u", causes[i], source);
            assert_int_equal(world_do(&world, 0, event), 0);
        }
        /* Many times what it takes, for slow builds. */
        assert_true(seconds() - before < 20);
        size_t of_agents = 0, of_lists = 0;
        for (struct notification notification; store_take_notification(world.store, &notification);) {
            of_agents += notification.alarm.subject == SUBJECT_AGENT;
            if (notification.alarm.subject == SUBJECT_SOURCE_LIST) {
                of_lists++;
                assert_int_equal(notification.alarm.agents, i == 2 ? AGENTS : 0);
            }
            notification_done(&notification);
        }
        assert_int_equal(of_agents, 0);
        assert_int_equal(of_lists, i >= 2);
        assert_int_equal(store_fleet(world.store)->conditions[CONDITION_SMART_PROTECTION_UNAVAILABLE],
                         i == 2 ? AGENTS : 0);
    }
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_that_is_down_is_one_alarm_and_its_agents_are_not_told),
        cmocka_unit_test(an_alarm_for_the_lists_sake_ends_with_the_outage),
        cmocka_unit_test(the_text_of_a_withheld_alarm_follows_the_checks),
        cmocka_unit_test(each_list_has_its_own_alarm),
        cmocka_unit_test(an_outage_lives_through_changes_of_its_list),
        cmocka_unit_test(the_alarm_of_a_list_has_its_name),
        cmocka_unit_test(first_findings_fill_the_tables_alone),
        cmocka_unit_test(twenty_thousand_agents_are_one_notification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
