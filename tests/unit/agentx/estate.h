/* A made-up estate for the tests of agentx/: a snapshot, and beside it the indexes of its rows as plain sorted arrays,
 * so that a test knows what must be there without asking the tables. */
#ifndef AH_TESTS_AGENTX_ESTATE_H
#define AH_TESTS_AGENTX_ESTATE_H

#include "agentx/view.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ESTATE_ROWS_MAX = 400 };

static const uint32_t estate_root[] = { 1, 3, 6, 1, 4, 1, 99999, 7 };

struct indexes {
    uint32_t at[ESTATE_ROWS_MAX];
    size_t n;
};

struct estate {
    struct indexes agents, servers, sources, references, gateways, groups, alarms, history, changes, probes;
    struct indexes unprotected; /* agents that have lost their Smart Protection source */
    struct snapshot *snapshot;  /* owned */
    struct view view;
};

/* A small generator with a seed of its own, so that a failure can be repeated. */
static inline uint32_t estate_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* n ascending numbers from 1 on, with gaps; now and then the largest number there is. */
static inline void estate_draw(struct indexes *indexes, size_t most, uint32_t *seed)
{
    uint32_t at = 0;
    indexes->n = estate_random(seed) % (most + 1);
    for (size_t i = 0; i < indexes->n; i++)
        indexes->at[i] = at += 1 + (estate_random(seed) % 3 ? 0 : estate_random(seed) % 1000);
    if (indexes->n > 0 && estate_random(seed) % 4 == 0)
        indexes->at[indexes->n - 1] = UINT32_MAX;
}

static inline struct rowset *estate_set(const struct rowset_type *type)
{
    struct rowset *set;
    assert_int_equal(rowset_new(type, &set), 0);
    return set;
}

static inline struct rowview *estate_view(struct rowset *set)
{
    struct rowview *view = rowset_view(set);
    assert_non_null(view);
    rowset_free(set);
    return view;
}

static inline void *estate_insert(struct rowset *set, uint32_t key)
{
    void *row = rowset_insert(set, key);
    assert_non_null(row);
    return row;
}

static inline void estate_agent(struct agent_row *agent, uint32_t *seed)
{
    const struct agent_identity identity = { .name = "PC",
                                             .guid = "",
                                             .group = "HQ",
                                             .address = "10.0.0.1",
                                             .server = estate_random(seed) % 4,
                                             .monitored = estate_random(seed) % (CONDITIONS_ALL + 1) };
    agent->identity = agent_identity_new(&identity);
    assert_non_null(agent->identity);
    agent->verdict.icon = (uint8_t)(ICON_UNKNOWN + estate_random(seed) % 8);
    agent->verdict.diagnosis = (uint8_t)(DIAGNOSIS_UNKNOWN + estate_random(seed) % DIAGNOSIS_LAST);
    agent->verdict.conditions = estate_random(seed) % (CONDITIONS_ALL + 1);
    for (size_t i = 0; i < SMART_CHECKS; i++)
        agent->verdict.findings[i] = (uint8_t)(estate_random(seed) % FINDINGS);
    agent->since_wall_ms = estate_random(seed) % 2 ? 1700000000000 : 0;
}

/* An estate with at most `most` rows in any table. */
static inline struct estate *estate_new(size_t most, uint32_t seed)
{
    struct estate *estate = calloc(1, sizeof *estate);
    assert_non_null(estate);
    estate_draw(&estate->agents, most, &seed);
    estate_draw(&estate->servers, most < 4 ? most : 4, &seed);
    estate_draw(&estate->sources, most < 6 ? most : 6, &seed);
    estate_draw(&estate->references, most < 5 ? most : 5, &seed);
    estate_draw(&estate->gateways, most < 3 ? most : 3, &seed);
    estate_draw(&estate->groups, most < 9 ? most : 9, &seed);
    estate_draw(&estate->alarms, most, &seed);
    estate_draw(&estate->history, most, &seed);
    estate_draw(&estate->changes, most, &seed);
    for (uint32_t driver = DRIVER_LISTENER; driver < DRIVERS; driver++)
        if (most > 0 && estate_random(&seed) % 2)
            estate->probes.at[estate->probes.n++] = driver;

    struct rowset *agents = estate_set(&agent_rows), *servers = estate_set(&server_rows),
                  *sources = estate_set(&source_rows), *references = estate_set(&reference_rows),
                  *gateways = estate_set(&gateway_rows), *groups = estate_set(&group_rows),
                  *alarms = estate_set(&alarm_rows), *history = estate_set(&history_rows),
                  *changes = estate_set(&change_rows), *probes = estate_set(&probe_rows);
    for (size_t i = 0; i < estate->agents.n; i++) {
        struct agent_row *agent = estate_insert(agents, estate->agents.at[i]);
        estate_agent(agent, &seed);
        if (agent->verdict.conditions & CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE))
            estate->unprotected.at[estate->unprotected.n++] = agent->index;
    }
    for (size_t i = 0; i < estate->servers.n; i++) {
        const struct server_identity identity = { .name = "apex", .url = "https://apex" };
        struct server_row *server = estate_insert(servers, estate->servers.at[i]);
        server->identity = server_identity_new(&identity);
    }
    for (size_t i = 0; i < estate->sources.n; i++) {
        const struct source_identity identity = {
            .name = "sps", .kind = LIST_STANDARD, .url = "https://sps/tmcss/", .web_url = "", .ranges = ""
        };
        struct source_row *source = estate_insert(sources, estate->sources.at[i]);
        source->identity = source_identity_new(&identity);
    }
    for (size_t i = 0; i < estate->references.n; i++)
        estate_insert(references, estate->references.at[i]);
    for (size_t i = 0; i < estate->gateways.n; i++)
        estate_insert(gateways, estate->gateways.at[i]);
    for (size_t i = 0; i < estate->groups.n; i++)
        estate_insert(groups, estate->groups.at[i]);
    for (size_t i = 0; i < estate->alarms.n; i++)
        estate_insert(alarms, estate->alarms.at[i]);
    for (size_t i = 0; i < estate->history.n; i++)
        estate_insert(history, estate->history.at[i]);
    for (size_t i = 0; i < estate->changes.n; i++) {
        struct change_row *change = estate_insert(changes, estate->changes.at[i]);
        change->agent = estate->agents.n > 0 ? estate->agents.at[i % estate->agents.n] : 1; /* or one that is gone */
    }
    for (size_t i = 0; i < estate->probes.n; i++)
        estate_insert(probes, estate->probes.at[i]);

    const struct snapshot snapshot = { .collector = { .name = "test", .version = "1" },
                                       .notifications_enabled = true,
                                       .agents = estate_view(agents),
                                       .servers = estate_view(servers),
                                       .sources = estate_view(sources),
                                       .references = estate_view(references),
                                       .gateways = estate_view(gateways),
                                       .groups = estate_view(groups),
                                       .alarms = estate_view(alarms),
                                       .history = estate_view(history),
                                       .changes = estate_view(changes),
                                       .probes = estate_view(probes) };
    estate->snapshot = snapshot_new(&snapshot);
    assert_non_null(estate->snapshot);
    estate->view = (struct view){ .snapshot = estate->snapshot,
                                  .root = estate_root,
                                  .root_len = sizeof estate_root / sizeof estate_root[0] };
    return estate;
}

static inline void estate_free(struct estate *estate)
{
    snapshot_unref(estate->snapshot);
    free(estate);
}

#endif
