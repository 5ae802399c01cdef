/* Smart Protection sources and the agents that use them, as scripts: who uses which list, what a list that is down
 * means for its agents, and what is told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_source_falls_and_rises_by_each_of_its_services(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, " 0 | add 1 standard              | ? |              |    |\n"
                          " 1 | source none                 | ? |              |    |\n"
                          " 2 | source refused              | ? |              |    |\n"
                          " 3 | source refused              | ? | 1=sourceDown | +1 |\n"
                          " 4 | source reset                | ? | 1=sourceDown |    |\n"
                          " 5 | source none                 | ? |              | -1 | 1=recovered\n"
                          " 6 | source none web=timedOut    | ? |              |    |\n"
                          " 7 | source none web=timedOut    | ? | 2=sourceDown | +2 |\n"
                          " 8 | source none                 | ? |              | -2 | 2=recovered\n"
                          /* Nobody reaches it straight, but the proxy does. */
                          "10 | source timedOut web=timedOut proxy=none webproxy=none\n"
                          "11 | source timedOut web=timedOut proxy=none webproxy=none | ? | | |\n"
                          /* A proxy that fails where the straight way does not is shown, and no source that is down. */
                          "12 | source none proxy=refused webproxy=refused\n"
                          "13 | source none proxy=refused webproxy=refused | ? | | |\n"
                          "14 | source refused proxy=refused\n"
                          "15 | source refused proxy=authenticationFailed | ? | 3=sourceDown | +3 |\n"
                          "16 | drop 1                      | ? |              | -3 | 3=removed\n");
    /* Silent at first, and unknown when nobody hears of it any more. */
    world_play(&settings, "  0 | add 1 standard\n"
                          "  1 | source refused\n"
                          "  2 | source refused  | ? | 1=sourceDown |    |\n"
                          "903 | expire          | ? | 1=sourceDown |    |\n"
                          "904 | source none     | ? |              |    | 1=recovered\n");
}

/* By another name, at the same place: index 2 is put, then 1 removed, as a reload does. */
static void a_source_that_is_renamed_goes_on_from_its_state(void **state)
{
    (void)state;
    static const struct {
        const char *url, *shown[4];
        bool silent, same;
    } rows[] = {
        { "https://sps1.example/tmcss/", { "+1", "+2", "-1", "-2" }, false, true },
        { "https://sps1.example/tmcss/", { "", "", "", "" }, true, true },
        { "https://sps2.example/tmcss/", { "+1", "", "-1", "" }, false, false },
    };
    struct store_settings settings = world_settings();
    settings.policy.fall = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;
        world_begin(&world, &settings);
        assert_int_equal(world_do(&world, 0, "add 1 standard"), 0);
        if (!rows[i].silent)
            assert_int_equal(world_do(&world, 0, "source none"), 0);
        assert_int_equal(world_do(&world, 0, "source refused"), 0);
        assert_string_equal(world_told(&world), rows[i].shown[0]);
        const struct source_identity *identity =
            source_identity_new(&(struct source_identity){ .name = "renamed",
                                                           .kind = LIST_STANDARD,
                                                           .url = rows[i].url,
                                                           .web_url = "https://sps1.example:5274/",
                                                           .ranges = "" });
        assert_non_null(identity);
        assert_int_equal(store_put_source(world.store, 2, identity, &world.now), 0);
        source_identity_unref(identity);
        assert_int_equal(store_source(world.store, 2)->state, rows[i].same ? UPDOWN_DOWN : UPDOWN_UNKNOWN);
        assert_string_equal(world_told(&world), rows[i].shown[1]);
        audit_store(world.store, AUDIT_ALL);
        assert_int_equal(world_do(&world, 0, "drop 1"), 0);
        assert_string_equal(world_told(&world), rows[i].shown[2]);
        audit_store(world.store, AUDIT_ALL);
        assert_int_equal(world_do(&world, 0, "source none of=2"), 0);
        assert_string_equal(world_told(&world), rows[i].shown[3]);
        audit_store(world.store, AUDIT_ALL);
        world_end(&world);
    }
}

static void the_text_tells_which_service_and_how(void **state)
{
    (void)state;
    static const struct {
        const char *event, *text;
    } steps[] = {
        { "source refused", "sps1: Smart Protection source down: file reputation: the host answers, but nobody listens "
                            "on the port" },
        { "source timedOut", "sps1: Smart Protection source down: file reputation: no answer in time" },
        { "source none", "sps1: Smart Protection source down: file reputation: no answer in time" },
        { "source timedOut web=reset", "sps1: Smart Protection source down: file reputation: no answer in time" },
        { "source timedOut web=reset", "sps1: Smart Protection source down: file reputation: no answer in time; web "
                                       "reputation: the connection was cut" },
    };
    struct store_settings settings = world_settings();
    settings.policy.fall = 1;
    settings.policy.rise = 2;
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_do(&world, 0, "add 1 standard"), 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        settings.policy.fall = i < 3 ? 1 : 2;
        store_configure(world.store, &settings);
        assert_int_equal(world_do(&world, 0, steps[i].event), 0);
        struct snapshot *snapshot = world_publish(&world);
        assert_string_equal(text_chars(((const struct alarm_row *)rowview_first(snapshot->alarms))->text),
                            steps[i].text);
        snapshot_unref(snapshot);
    }
    world_end(&world);
}

/* By location and address, and by the source that the agent names. */
static void who_uses_which_source(void **state)
{
    (void)state;
    /* 1 and 2 standard, 3 custom for 10.0.0.1, 4 and 5 custom for agents to 10.0.0.7, 6 network. Counts in that order.
     */
    static const struct {
        uint32_t agent;
        const char *event, *uses;
    } rows[] = {
        { 9, "feed good", "0 0 0 0 0 0" },
        { 9, "feed good location=internal", "1 1 0 0 0 0" },
        { 9, "feed good location=external", "0 0 0 0 0 1" },
        { 7, "feed good location=internal", "0 0 0 1 1 0" },
        { 7, "feed good location=external", "0 0 0 0 0 1" },
        { 1, "feed good location=internal", "0 0 1 0 0 0" },
        { 9, "asked location=internal uses=sps2.example", "0 1 0 0 0 0" },
        { 9, "asked location=internal uses=https://SPS2.example:443/tmcss/", "0 1 0 0 0 0" },
        { 9, "asked location=internal uses=sps1", "1 0 0 0 0 0" },
        { 9, "asked location=internal uses=elsewhere.example", "0 0 0 0 0 0" },
        { 9, "asked location=internal source=no", "1 1 0 0 0 0" },
        { 9, "asked uses=sps6.example", "0 0 0 0 0 1" },
    };
    const struct store_settings settings = world_settings();
    for (size_t i = 0; i < COUNT(rows); i++) {
        static const char *const sources[] = { "add 1 standard",           "add 2 standard",
                                               "add 3 custom 10.0.0.1",    "add 4 custom 10.0.0.0/29",
                                               "add 5 custom 10.0.0.0/29", "add 6 network" };
        struct world world;
        char seen[64] = "";
        world_begin(&world, &settings);
        for (size_t k = 0; k < COUNT(sources); k++)
            assert_int_equal(world_do(&world, 0, sources[k]), 0);
        assert_int_equal(world_put_agent(&world, rows[i].agent, 0, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, rows[i].agent, rows[i].event), 0);
        audit_store(world.store, AUDIT_ALL);
        for (uint32_t source = 1; source <= 6; source++)
            snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s%u", source > 1 ? " " : "",
                     store_source(world.store, source)->agents);
        if (strcmp(seen, rows[i].uses) != 0)
            fail_msg("%s: %s instead of %s", rows[i].event, seen, rows[i].uses);
        /* What it knows grows too old. */
        world_at(&world, WORLD_LIMIT_S + 1);
        assert_int_equal(world_do(&world, 0, "expire"), 0);
        audit_store(world.store, AUDIT_ALL);
        for (uint32_t source = 1; source <= 6; source++)
            assert_int_equal(store_source(world.store, source)->agents, 0);
        world_end(&world);
    }
}

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

static void an_agent_with_a_reason_of_its_own_is_told(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    /* Before the list went down: its alarm goes on, and its end is told. */
    world_play(&settings, " 0 | add 1 standard\n"
                          " 1 | source none\n"
                          " 2 | feed good location=internal\n"
                          " 3 | feed good location=internal smart=no\n"
                          " 4 | feed good location=internal smart=no | smartProtectionUnavailable"
                          " | 1=smartProtectionUnavailable | +1 |\n"
                          " 5 | source refused\n"
                          " 6 | source refused     | smartProtectionUnavailable"
                          " | 1=smartProtectionUnavailable 2=sourceDown 3=massOutage | +2 +3 |\n"
                          " 7 | source none        | unknown | 1=smartProtectionUnavailable | -2 -3\n"
                          " 8 | feed good location=internal | healthy | | -1\n");
    /* While it is down, and when it is back: then the agent's own alarm takes the place of the list's. */
    world_play(&settings, " 0 | add 1 network\n"
                          " 1 | source none\n"
                          " 2 | feed good location=external\n"
                          " 3 | source refused\n"
                          " 4 | source refused | smartProtectionUnavailable"
                          " | 1=sourceDown 2=smartProtectionUnavailable 3=massOutage | +1 +3 |\n"
                          " 5 | feed good location=external method=conventional tmusa=stopped\n"
                          " 6 | feed good location=external method=conventional tmusa=stopped"
                          " | smartProtectionUnavailable"
                          " | 1=sourceDown 3=massOutage 4=smartProtectionUnavailable | +4 | 2=replaced\n"
                          " 7 | source none    | smartProtectionUnavailable | 4=smartProtectionUnavailable | -1 -3\n"
                          " 8 | feed good location=external | healthy | | -4\n");
    world_play(&settings, " 0 | add 1 network\n"
                          " 1 | source none\n"
                          " 2 | feed good location=external\n"
                          " 3 | source refused\n"
                          " 4 | source refused | ? | ? | +1 +3 |\n"
                          " 5 | source none    | healthy | | -1 -3\n"
                          " 6 | feed good location=external smart=no | healthy\n"
                          " 7 | feed good location=external smart=no | smartProtectionUnavailable"
                          " | 4=smartProtectionUnavailable | +4 |\n");
}

static void an_agent_is_not_blamed_before_its_list_is_believed_down(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, " 0 | add 1 standard\n"
                          " 1 | source none\n"
                          " 2 | feed good location=internal          | healthy\n"
                          " 3 | source refused                       | healthy\n"
                          " 4 | feed good location=internal smart=no | unknown\n"
                          " 5 | feed good location=internal smart=no | unknown | | |\n"
                          " 6 | source refused                       | smartProtectionUnavailable"
                          " | 1=sourceDown 2=smartProtectionUnavailable 3=massOutage | +1 +3 |\n");
}

static void a_list_of_which_nothing_is_known_condemns_nobody(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    /* Sources that were not asked yet; an agent whose location is not known; a list without sources. */
    world_play(&settings, " 0 | add 1 standard\n"
                          " 1 | feed good location=internal | healthy | | |\n"
                          " 2 | add 2 standard\n"
                          " 3 | source refused\n"
                          " 4 | source refused              | healthy | 1=sourceDown | |\n"
                          " 5 | feed good                   | healthy\n"
                          " 6 | source refused of=2\n"
                          " 7 | source refused of=2         | healthy | 1=sourceDown 2=sourceDown | |\n"
                          " 8 | feed good location=external | healthy | ? | |\n"
                          /* It comes to a list that is down. */
                          " 9 | feed good location=internal | smartProtectionUnavailable"
                          " | 1=sourceDown 2=sourceDown 3=smartProtectionUnavailable 4=massOutage | |\n"
                          "10 | drop 1                      | smartProtectionUnavailable | ? | | 1=removed\n"
                          "11 | drop 2                      | healthy | | | 2=removed 3=recovered 4=removed\n");
    /* The alarm stays while the sources are down, though nobody is known to be concerned any more. */
    world_play(&settings,
               "  0 | add 1 standard\n"
               "  1 | source none\n"
               "  2 | feed good location=internal\n"
               "  3 | source refused\n"
               "  4 | source refused | ? | 1=sourceDown 2=smartProtectionUnavailable 3=massOutage | +1 +3 |\n"
               "600 | source refused\n"
               "903 | expire         | unknown:unknown | ? | |\n"
               "904 | source none    | unknown:unknown | | -1 -3 | 1=recovered 2=recovered 3=recovered\n");
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

/* What the check of the list finds, by how the sources stand. */
static void the_check_of_the_list_follows_its_sources(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        enum finding finding;
    } rows[] = {
        { "source none", "source none of=2", FINDING_SOURCES_ANSWER },
        { "source refused", "source none of=2", FINDING_SOURCE_SILENT },
        { "source refused", "source none web=refused of=2", FINDING_SOURCES_SILENT },
        { "source refused", "source cancelled of=2", FINDING_SOURCES_OPEN },
    };
    struct store_settings settings = world_settings();
    settings.policy.fall = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;
        world_begin(&world, &settings);
        assert_int_equal(world_put_agent(&world, 1, 0, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, 1, "feed good location=internal"), 0);
        assert_int_equal(world_do(&world, 0, "add 1 standard"), 0);
        assert_int_equal(world_do(&world, 0, "add 2 standard"), 0);
        assert_int_equal(world_do(&world, 0, rows[i].one), 0);
        assert_int_equal(world_do(&world, 0, rows[i].other), 0);
        const struct agent_row *agent = store_agent(world.store, 1);
        assert_int_equal(agent->verdict.findings[CHECK_SOURCE_LIST - 1], rows[i].finding);
        assert_int_equal(agent->verdict.outage, rows[i].finding == FINDING_SOURCES_SILENT);
        world_end(&world);
    }
}

/* What agent 9, which uses the standard list, is found to use instead. */
static void a_source_that_is_none_of_the_lists_is_found(void **state)
{
    (void)state;
    static const char names[] = "source none", addresses[] = "standard by addresses";
    static const struct {
        const char *sources, *event;
        enum finding finding;
    } rows[] = {
        { names, "asked location=internal uses=sps1.example", FINDING_SOURCES_ANSWER },
        { names, "asked location=internal uses=sps9.example", FINDING_SOURCE_ELSEWHERE },
        { names, "asked location=internal uses=https://old.example:443/tmcss/", FINDING_SOURCE_ELSEWHERE },
        { names, "asked location=internal uses=sps3.example", FINDING_SOURCE_OF_OTHER_LIST },
        /* It may be the same, written in another way. */
        { names, "asked location=internal uses=10.9.9.9", FINDING_SOURCES_ANSWER },
        { names, "asked location=internal uses=old", FINDING_SOURCES_ANSWER },
        { names, "asked location=internal source=no", FINDING_SOURCES_ANSWER },
        { names, "asked location=internal", FINDING_SOURCES_ANSWER },
        /* Outside, it names the one that it would use inside. */
        { names, "asked location=external uses=sps9.example", FINDING_SOURCES_OPEN },
        { addresses, "asked location=internal uses=10.9.9.9", FINDING_SOURCE_ELSEWHERE },
        { addresses, "asked location=internal uses=10.9.9.1", FINDING_SOURCES_ANSWER },
        { addresses, "asked location=internal uses=sps9.example", FINDING_SOURCES_ANSWER },
    };
    const struct store_settings settings = world_settings();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;
        world_begin(&world, &settings);
        if (rows[i].sources == addresses) {
            const struct source_identity *identity = source_identity_new(&(struct source_identity){
                .name = "one", .kind = LIST_STANDARD, .url = "https://10.9.9.1/", .web_url = "", .ranges = "" });
            assert_non_null(identity);
            assert_int_equal(store_put_source(world.store, 1, identity, &world.now), 0);
            source_identity_unref(identity);
        } else {
            assert_int_equal(world_do(&world, 0, "add 1 standard"), 0);
            assert_int_equal(world_do(&world, 0, "add 3 network"), 0);
        }
        assert_int_equal(world_put_agent(&world, 9, 0, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, 0, "source none"), 0);
        assert_int_equal(world_do(&world, 9, rows[i].event), 0);
        const struct verdict *verdict = &store_agent(world.store, 9)->verdict;
        const enum finding finding = verdict->findings[CHECK_SOURCE_LIST - 1];
        if (finding != rows[i].finding)
            fail_msg("%s: \"%s\"", rows[i].event, finding_text(finding, LANGUAGE_EN));
        assert_false(verdict->conditions & CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE) &&
                     finding != FINDING_SOURCES_ANSWER);
        world_end(&world);
    }
}

/* A source that stands in two lists is that of the agent's own. */
static void a_source_of_two_lists_is_counted_in_the_agents(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    for (uint32_t index = 1; index <= 2; index++) {
        const struct source_identity *identity =
            source_identity_new(&(struct source_identity){ .name = index == 1 ? "everywhere" : "here",
                                                           .kind = index == 1 ? LIST_STANDARD : LIST_CUSTOM,
                                                           .url = "https://sps.example/",
                                                           .web_url = "",
                                                           .ranges = index == 1 ? "" : "10.0.0.9" });
        assert_non_null(identity);
        assert_int_equal(store_put_source(world.store, index, identity, &world.now), 0);
        source_identity_unref(identity);
    }
    assert_int_equal(world_put_agent(&world, 9, 0, 1, CONDITIONS_ALL), 0);
    assert_int_equal(world_do(&world, 9, "asked location=internal uses=sps.example"), 0);
    assert_int_equal(store_agent(world.store, 9)->list.source, 2);
    assert_int_equal(store_agent(world.store, 9)->verdict.findings[CHECK_SOURCE_LIST - 1], FINDING_SOURCES_OPEN);
    audit_store(world.store, AUDIT_ALL);
    world_end(&world);
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

/* Of agent 9, which uses the standard list of 1 and 2, what the check of the proxy finds after each event. */
static void a_proxy_is_judged_by_the_sources_of_the_list(void **state)
{
    (void)state;
    static const struct {
        unsigned s;
        const char *event;
        enum finding finding;
    } steps[] = {
        { 0, "feed good", FINDING_PROXY_OPEN },
        { 1, "feed good location=external", FINDING_NO_PROXY }, /* outside there is none */
        { 2, "feed good location=internal", FINDING_PROXY_UNTRIED },
        { 3, "source none", FINDING_PROXY_UNTRIED },
        { 4, "source none of=2", FINDING_NO_PROXY }, /* both were asked, and no proxy is in the way */
        { 5, "source none proxy=none", FINDING_PROXY_WORKS },
        { 6, "source none of=2 proxy=authenticationFailed", FINDING_PROXY_FAILS },
        { 7, "source refused of=2 proxy=refused", FINDING_PROXY_WORKS }, /* it is the source */
        { 8, "source refused proxy=refused", FINDING_PROXY_UNCLEAR },    /* none is left to tell by */
        { 8, "source refused web=none proxy=refused webproxy=none", FINDING_PROXY_WORKS },
        { 8, "source refused proxy=refused", FINDING_PROXY_UNCLEAR },
        { 9, "source timedOut of=3 proxy=none", FINDING_PROXY_UNCLEAR }, /* of another list */
        { 10, "source refused proxy=none", FINDING_PROXY_WORKS },
        { 10 + WORLD_LIMIT_S, "feed good location=internal", FINDING_PROXY_WORKS },
        { 11 + WORLD_LIMIT_S, "expire", FINDING_PROXY_UNTRIED },
        { 12 + WORLD_LIMIT_S, "feed good", FINDING_PROXY_OPEN },
    };
    struct store_settings settings = world_settings();
    struct world world;
    settings.proxied[LOCATION_INTERNAL] = true;
    world_begin(&world, &settings);
    assert_int_equal(world_do(&world, 0, "add 1 standard"), 0);
    assert_int_equal(world_do(&world, 0, "add 2 standard"), 0);
    assert_int_equal(world_do(&world, 0, "add 3 network"), 0);
    assert_int_equal(world_put_agent(&world, 9, 0, 1, CONDITIONS_ALL), 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        world_at(&world, steps[i].s);
        assert_int_equal(world_do(&world, 9, steps[i].event), 0);
        const enum finding finding = store_agent(world.store, 9)->verdict.findings[CHECK_PROXIES - 1];
        if (finding != steps[i].finding)
            fail_msg("second %u, %s: \"%s\"", steps[i].s, steps[i].event, finding_text(finding, LANGUAGE_EN));
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_falls_and_rises_by_each_of_its_services),
        cmocka_unit_test(a_source_that_is_renamed_goes_on_from_its_state),
        cmocka_unit_test(the_text_tells_which_service_and_how),
        cmocka_unit_test(who_uses_which_source),
        cmocka_unit_test(a_list_that_is_down_is_one_alarm_and_its_agents_are_not_told),
        cmocka_unit_test(an_agent_with_a_reason_of_its_own_is_told),
        cmocka_unit_test(an_agent_is_not_blamed_before_its_list_is_believed_down),
        cmocka_unit_test(a_list_of_which_nothing_is_known_condemns_nobody),
        cmocka_unit_test(an_alarm_for_the_lists_sake_ends_with_the_outage),
        cmocka_unit_test(the_text_of_a_withheld_alarm_follows_the_checks),
        cmocka_unit_test(each_list_has_its_own_alarm),
        cmocka_unit_test(an_outage_lives_through_changes_of_its_list),
        cmocka_unit_test(the_alarm_of_a_list_has_its_name),
        cmocka_unit_test(first_findings_fill_the_tables_alone),
        cmocka_unit_test(the_check_of_the_list_follows_its_sources),
        cmocka_unit_test(a_source_that_is_none_of_the_lists_is_found),
        cmocka_unit_test(a_source_of_two_lists_is_counted_in_the_agents),
        cmocka_unit_test(twenty_thousand_agents_are_one_notification),
        cmocka_unit_test(a_proxy_is_judged_by_the_sources_of_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
