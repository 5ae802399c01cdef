/* Smart Protection sources and the agents that use them, as scripts: who uses which list, what a list that is down
 * means for its agents, and what is found about it. What is told of a list is in test_outages.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

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
        cmocka_unit_test(an_agent_with_a_reason_of_its_own_is_told),
        cmocka_unit_test(an_agent_is_not_blamed_before_its_list_is_believed_down),
        cmocka_unit_test(a_list_of_which_nothing_is_known_condemns_nobody),
        cmocka_unit_test(the_check_of_the_list_follows_its_sources),
        cmocka_unit_test(a_source_that_is_none_of_the_lists_is_found),
        cmocka_unit_test(a_source_of_two_lists_is_counted_in_the_agents),
        cmocka_unit_test(a_proxy_is_judged_by_the_sources_of_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
