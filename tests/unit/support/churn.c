/* Throws dice about what happens next. */
#include "churn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t below(struct churn *churn, uint32_t n)
{
    return chance_below(&churn->chance, n);
}

static void expect(struct churn *churn, int result, int expected)
{
    if (result == -ENOMEM)
        churn->out_of_memory++;
    else
        assert_int_equal(result, expected);
}

static bool is_there(const struct churn *churn, uint32_t agent)
{
    return store_agent(churn->world.store, agent) != NULL;
}

static void put_agent(struct churn *churn, uint32_t agent)
{
    static const uint32_t monitored[] = { CONDITIONS_ALL, CONDITIONS_ALL, CONDITION_BIT(CONDITION_OFFLINE), 0 };
    expect(churn,
           world_put_agent(&churn->world, agent, below(churn, CHURN_GROUPS + 1), below(churn, CHURN_SERVERS + 1),
                           monitored[below(churn, COUNT(monitored))]),
           0);
}

static int put_source(struct churn *churn, uint32_t source)
{
    static const struct {
        enum list_kind kind;
        const char *ranges;
    } lists[] = { { LIST_STANDARD, "" },
                  { LIST_STANDARD, "" },
                  { LIST_CUSTOM, "10.0.0.0/29" },
                  { LIST_CUSTOM, "10.0.0.8/29, 10.0.0.16" },
                  { LIST_NETWORK, "" } };
    const uint32_t list = below(churn, COUNT(lists));
    return world_put_source(&churn->world, source, lists[list].kind, lists[list].ranges);
}

void churn_begin(struct churn *churn, const struct store_settings *settings, uint64_t seed)
{
    *churn = (struct churn){ .chance = chance_of(seed) };
    world_begin(&churn->world, settings);
    for (uint32_t server = 2; server <= CHURN_SERVERS; server++)
        assert_int_equal(world_put_server(&churn->world, server), 0);
    for (uint32_t source = 1; source <= CHURN_SOURCES; source++)
        assert_int_equal(put_source(churn, source), 0);
    for (uint32_t agent = 1; agent <= CHURN_AGENTS; agent++)
        put_agent(churn, agent);
}

void churn_end(struct churn *churn)
{
    world_end(&churn->world);
}

static void observe_agent(struct churn *churn)
{
    /* Half of what happens is good: chains of agreeing answers, in both directions. */
    static const char *const events[] = { "listener none",
                                          "listener none",
                                          "listener none",
                                          "listener refused",
                                          "listener timedOut",
                                          "listener timedOut",
                                          "listener tooLarge",
                                          "listener cancelled",
                                          "feed good",
                                          "feed good",
                                          "feed good age=60",
                                          "feed good agent=offline",
                                          "feed good policy=off",
                                          "asked service=stopped",
                                          "asked mode=standalone",
                                          "feed policy=off mode=standalone",
                                          "feed good smart=no",
                                          "feed pattern=100",
                                          "asked pattern=71",
                                          "feed agent=offline resolved=nothing",
                                          "asked own=10.0.0.1",
                                          "asked system=1 mode=normal policy=on service=running",
                                          "asked system=2 agent=online resolved=10.1.0.5",
                                          "asked agent=offline resolved=10.9.9.9",
                                          "asked location=internal source=no",
                                          "asked location=internal uses=sps2.example",
                                          "asked location=internal smart=yes",
                                          "asked location=external uses=elsewhere.example",
                                          "feed good location=internal",
                                          "feed good location=external smart=no",
                                          "asked method=conventional tmusa=missing smart=yes",
                                          "asked cause=timedOut",
                                          "asked cause=authenticationFailed",
                                          "feed broken",
                                          "feed age=1000 smart=no" };
    const uint32_t agent = 1 + below(churn, CHURN_AGENTS);
    if (is_there(churn, agent))
        expect(churn, world_do(&churn->world, agent, events[below(churn, COUNT(events))]), 0);
}

static void observe_server(struct churn *churn)
{
    static const char *const events[] = { "server none", "server refused", "server timedOut" };
    struct observation observation = world_observation(&churn->world, 0, events[below(churn, COUNT(events))]);
    observation.index = 1 + below(churn, CHURN_SERVERS);
    const bool known = store_server(churn->world.store, observation.index);
    expect(churn, store_observe(churn->world.store, &observation, &churn->world.now), known ? 0 : -ENOENT);
}

static void observe_source(struct churn *churn)
{
    static const char *const events[] = { "source none",
                                          "source none",
                                          "source none proxy=none",
                                          "source refused",
                                          "source timedOut",
                                          "source none web=refused",
                                          "source refused proxy=none webproxy=none" };
    struct observation observation = world_observation(&churn->world, 0, events[below(churn, COUNT(events))]);
    observation.index = 1 + below(churn, CHURN_SOURCES);
    const bool known = store_source(churn->world.store, observation.index);
    expect(churn, store_observe(churn->world.store, &observation, &churn->world.now), known ? 0 : -ENOENT);
}

static void source_comes_or_goes(struct churn *churn)
{
    struct store *store = churn->world.store;
    const uint32_t source = 1 + below(churn, CHURN_SOURCES);
    if (store_source(store, source) && below(churn, 3))
        expect(churn, store_remove_source(store, source, &churn->world.now), 0);
    else
        expect(churn, put_source(churn, source), 0);
}

static void reload(struct churn *churn)
{
    struct store_settings settings = world_settings();
    settings.policy.rise = 1 + below(churn, 3);
    settings.policy.fall = 1 + below(churn, 3);
    settings.policy.absent = below(churn, 2) ? ABSENT_ALARM : ABSENT_NOTE;
    settings.policy.flap_high_pct = below(churn, 2) ? 20 : 0;
    settings.policy.flap_low_pct = 10;
    settings.policy.min_gap_ms = below(churn, 2) ? 30000 : 0;
    settings.policy.mass_outage_pct = below(churn, 2) ? 50 : 0;
    settings.policy.mass_outage_agents = 2;
    settings.policy.mass_outage_wait_ms = 10000;
    settings.language = below(churn, 2) ? LANGUAGE_EN : LANGUAGE_JA;
    settings.history_max = below(churn, 50);
    store_configure(churn->world.store, &settings);
    for (uint32_t agent = 1; agent <= CHURN_AGENTS; agent++)
        if (below(churn, 10) == 0)
            put_agent(churn, agent);
}

static void come_or_go(struct churn *churn)
{
    struct store *store = churn->world.store;
    const uint32_t agent = 1 + below(churn, CHURN_AGENTS), server = 1 + below(churn, CHURN_SERVERS);
    const bool known = is_there(churn, agent);
    if (below(churn, 5))
        expect(churn, world_do(&churn->world, agent, "remove"), known ? 0 : -ENOENT);
    else if (store_server(store, server))
        expect(churn, store_remove_server(store, server, &churn->world.now), 0);
    else
        expect(churn, world_put_server(&churn->world, server), 0);
    put_agent(churn, 1 + below(churn, CHURN_AGENTS));
}

static void maintain(struct churn *churn)
{
    struct store *store = churn->world.store;
    const struct now *now = &churn->world.now;
    const int64_t until_ms = now->wall_ms + INT64_C(1000) * below(churn, 200);
    const uint32_t agent = 1 + below(churn, CHURN_AGENTS), server = 1 + below(churn, CHURN_SERVERS),
                   group = 1 + below(churn, CHURN_GROUPS);
    switch (below(churn, 3)) {
    case 0:
        expect(churn, store_set_maintenance(store, SUBJECT_AGENT, agent, until_ms, now),
               is_there(churn, agent) ? 0 : -ENOENT);
        break;
    case 1:
        expect(churn, store_set_maintenance(store, SUBJECT_SERVER, server, until_ms, now),
               store_server(store, server) ? 0 : -ENOENT);
        break;
    default:
        expect(churn, store_set_maintenance(store, SUBJECT_GROUP, group, until_ms, now),
               store_group(store, group) ? 0 : -ENOENT);
    }
}

static void acknowledge(struct churn *churn)
{
    struct store *store = churn->world.store;
    const uint32_t alarm = 1 + below(churn, store_alarm_seq(store) + 1);
    expect(churn, store_acknowledge(store, alarm, below(churn, 3), &churn->world.now),
           store_alarm(store, alarm) ? 0 : -ENOENT);
}

void churn_step(struct churn *churn)
{
    churn->s += below(churn, 50) ? below(churn, 10) : below(churn, 2 * WORLD_LIMIT_S);
    world_at(&churn->world, churn->s);
    const uint32_t dice = below(churn, 100);
    if (dice < 70)
        observe_agent(churn);
    else if (dice < 72)
        maintain(churn);
    else if (dice < 73)
        acknowledge(churn);
    else if (dice < 80)
        observe_source(churn);
    else if (dice < 90)
        observe_server(churn);
    else if (dice < 94)
        expect(churn, world_do(&churn->world, 0, "expire"), 0);
    else if (dice < 98)
        come_or_go(churn);
    else if (dice < 99)
        source_comes_or_goes(churn);
    else
        reload(churn);
}

void churn_settle(struct churn *churn)
{
    const struct store_settings settings = world_settings();
    store_configure(churn->world.store, &settings);
    churn->s += 2;
    world_at(&churn->world, churn->s);
    for (uint32_t server = 1; server <= CHURN_SERVERS; server++) {
        assert_int_equal(world_put_server(&churn->world, server), 0);
        assert_int_equal(store_set_maintenance(churn->world.store, SUBJECT_SERVER, server, 0, &churn->world.now), 0);
        struct observation observation = world_observation(&churn->world, 0, "server none");
        observation.index = server;
        assert_int_equal(store_observe(churn->world.store, &observation, &churn->world.now), 0);
    }
    for (uint32_t source = 1; source <= CHURN_SOURCES; source++) {
        struct observation observation = world_observation(&churn->world, 0, "source none");
        observation.index = source;
        assert_int_equal(put_source(churn, source), 0);
        assert_int_equal(store_observe(churn->world.store, &observation, &churn->world.now), 0);
    }
    for (uint32_t agent = 1; agent <= CHURN_AGENTS; agent++) {
        assert_int_equal(world_put_agent(&churn->world, agent, 1, 1, CONDITIONS_ALL), 0);
        assert_int_equal(store_set_maintenance(churn->world.store, SUBJECT_AGENT, agent, 0, &churn->world.now), 0);
        assert_int_equal(world_do(&churn->world, agent, "listener none"), 0);
        assert_int_equal(world_do(&churn->world, agent, "asked location=external method=smart agent=online"), 0);
        assert_int_equal(world_do(&churn->world, agent, "feed good"), 0);
    }
    assert_int_equal(store_set_maintenance(churn->world.store, SUBJECT_GROUP, 1, 0, &churn->world.now), 0);
}
