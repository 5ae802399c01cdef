/* What consoles tell becomes agents in the store: who keeps which index, who has vanished, and whose word counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/console_thread.h"
#include "daemon/estate.h"
#include "support/audit.h"
#include "support/field.h"
#include "support/heap.h"
#include "support/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { TEXT_BYTES = 2048 };

static struct console_config consoles[] = { { .driver = DRIVER_CENTRAL, .name = "hq" },
                                            { .driver = DRIVER_VISION, .name = "eu" } };
static struct server_config servers[] = { { "apex1", "https://apex1:4343", "", "S1" },
                                          { "apex2", "https://apex2:4343", "", "S2" } };

struct scene {
    struct world world;
    struct field field;
    struct state *state;
    struct estate *estate;
    struct config config;
    struct fleet_layer layers[2];
    char text[TEXT_BYTES];
};

/* A daemon that starts: all but the state is new. */
static void start(struct scene *scene)
{
    const struct store_settings settings = world_settings();
    world_begin(&scene->world, &settings);
    assert_int_equal(store_remove_server(scene->world.store, 1, &scene->world.now), 0);
    field_begin(&scene->field);
    scene->field.now_ms = scene->world.now.mono_ms;
    scene->field.rtt_ms = INT64_MAX;
    assert_int_equal(estate_new(scene->world.store, scene->field.scheduler, scene->state, &scene->estate), 0);
    for (size_t i = 0; i < COUNT(scene->layers); i++)
        scene->layers[i] = (struct fleet_layer){ .console = &consoles[i] };
}

static void stop(struct scene *scene)
{
    estate_free(scene->estate);
    field_end(&scene->field);
    world_end(&scene->world);
    for (size_t i = 0; i < COUNT(scene->layers); i++)
        roster_unref(scene->layers[i].roster);
}

static int begin(void **test)
{
    struct scene *scene = calloc(1, sizeof *scene);
    char error[256];
    assert_int_equal(state_open(NULL, &scene->state, error, sizeof error), 0);
    scene->config = (struct config){
        .policy = world_settings().policy,
        .probes = { [DRIVER_LISTENER] = { .enabled = true,
                                          .interval_s = 60,
                                          .timeout_ms = 3000,
                                          .concurrency = 10,
                                          .scheme = "https",
                                          .port = 21112,
                                          .path = "/",
                                          .marker = "!",
                                          .ca_file = "",
                                          .pin = "",
                                          .body_max_bytes = 65536 },
                    [DRIVER_CENTRAL] = { .enabled = true },
                    [DRIVER_VISION] = { .enabled = true } },
        .servers = servers,
        .n_servers = 1,
        .consoles = consoles,
        .n_consoles = 2,
    };
    start(scene);
    *test = scene;
    return 0;
}

static int end(void **test)
{
    struct scene *scene = *test;
    stop(scene);
    state_close(scene->state);
    free(scene);
    return 0;
}

static int finish_steps(struct scene *scene)
{
    int more;
    do
        more = estate_step(scene->estate, &scene->world.now);
    while (more > 0);
    return more;
}

static void configure(struct scene *scene, const struct agent_config *agents, size_t n)
{
    scene->config.agents = (struct agent_config *)(uintptr_t)agents;
    scene->config.n_agents = n;
    assert_int_equal(estate_begin(scene->estate, &scene->config, &scene->world.now), 0);
    assert_int_equal(estate_tell(scene->estate, scene->layers, COUNT(scene->layers)), 0);
    assert_int_equal(finish_steps(scene), 0);
    audit_store(scene->world.store, AUDIT_ALL);
}

/* A round of a console: "NAME GUID SERVER RECORDED PATTERN" each, with ";" between; "-" is not told. */
static void read_console(struct scene *scene, size_t layer, const char *said)
{
    struct roster_draft *draft = roster_draft_new(scene->layers[layer].roster);
    char copy[1024], *save = NULL;
    const struct roster *roster;
    struct roster_news news;
    snprintf(copy, sizeof copy, "%s", said);
    for (char *at = strtok_r(copy, ";", &save); at; at = strtok_r(NULL, ";", &save)) {
        char words[5][64] = { "" };
        assert_true(sscanf(at, " %63s %63s %63s %63s %63s", words[0], words[1], words[2], words[3], words[4]) >= 1);
        for (size_t i = 0; i < 5; i++)
            if (strcmp(words[i], "-") == 0)
                words[i][0] = '\0';
        assert_int_equal(
            roster_draft_agent(draft, &(struct console_agent){ words[0], words[1], words[2], "HQ", "10.0.0.1" }), 0);
        if (words[3][0])
            assert_int_equal(roster_draft_record(draft, &(struct console_record){ .name = words[0],
                                                                                  .guid = words[1],
                                                                                  .address = "",
                                                                                  .wall_ms = 77,
                                                                                  .recorded = (uint8_t)atoi(words[3]),
                                                                                  .pattern = (uint8_t)atoi(words[4]),
                                                                                  .pattern_version = "19.1.0",
                                                                                  .engine_version = "" }),
                             0);
    }
    assert_int_equal(
        roster_finish(draft,
                      &(struct roster_round){ .now_ms = scene->world.now.mono_ms, .retire_ms = 3600000, .whole = true },
                      &roster, &news),
        0);
    roster_unref(scene->layers[layer].roster);
    scene->layers[layer].roster = roster;
    assert_int_equal(estate_tell(scene->estate, scene->layers, COUNT(scene->layers)), 0);
    assert_int_equal(finish_steps(scene), 0);
    audit_store(scene->world.store, AUDIT_ALL);
}

/* "INDEX=NAME@SERVER[!]" of each; "!": it has retired. */
static const char *agents(struct scene *scene)
{
    uint32_t index = 0;
    scene->text[0] = '\0';
    for (const struct agent_row *agent; (agent = store_next_agent(scene->world.store, index)); index = agent->index) {
        const size_t length = strlen(scene->text);
        snprintf(scene->text + length, sizeof scene->text - length, "%s%u=%s@%u%s", length ? " " : "", agent->index,
                 agent->identity->name, agent->identity->server, agent->identity->retired ? "!" : "");
    }
    return scene->text;
}

static void whom_a_console_knows_is_there(void **test)
{
    struct scene *scene = *test;
    configure(scene, NULL, 0);
    assert_string_equal(agents(scene), "");
    read_console(scene, 0, "A g1 S1 3 1; B g2 S9 3 7; C g3 -");
    assert_string_equal(agents(scene), "1=A@1 2=B@0 3=C@1"); /* S9 is none of ours */
    const struct agent_row *a = store_agent(scene->world.store, 1);
    assert_string_equal(a->identity->group, "HQ");
    assert_int_equal(a->recorded, RECORDED_ACTIVE);
    assert_int_equal(a->evidence.known.recorded_wall_ms, 77);
    assert_int_equal(a->identity->monitored,
                     CONDITION_BIT(CONDITION_OFFLINE) | CONDITION_BIT(CONDITION_PATTERN_OUTDATED));
    assert_int_equal(a->dampers[AXIS_PATTERN].believed, TRI_YES);
    assert_int_equal(field_count(&scene->field, 0, 0), 0);
    scene->field.now_ms += 60000;
    field_run(&scene->field);
    assert_int_equal(field_count(&scene->field, 0, 0), 3); /* their listeners are asked */
    assert_true(estate_has_grown(scene->estate));
    assert_false(estate_has_grown(scene->estate));
}

static void the_same_again_moves_nothing(void **test)
{
    struct scene *scene = *test;
    configure(scene, NULL, 0);
    read_console(scene, 0, "A g1 S1 3 1; B g2 S1 3 7");
    world_at(&scene->world, 1);
    read_console(scene, 0, "A g1 S1 3 1; B g2 S1 3 7"); /* at the second word, B's pattern is outdated */
    const uint32_t seq = store_change_seq(scene->world.store);
    const struct agent_identity *identity = store_agent(scene->world.store, 1)->identity;
    assert_string_equal(world_verdict(&scene->world, 2), "patternOutdated:unknown");
    for (unsigned s = 2; s < 2000; s += 300) {
        world_at(&scene->world, s);
        read_console(scene, 0, "A g1 S1; B g2 S1"); /* no record is told anew: what there is, is confirmed */
        store_expire(scene->world.store, &scene->world.now);
        assert_int_equal(store_change_seq(scene->world.store), seq);
        assert_ptr_equal(store_agent(scene->world.store, 1)->identity, identity);
        assert_int_equal(store_agent(scene->world.store, 1)->recorded, RECORDED_ACTIVE);
    }
    /* Nobody confirms it any more. */
    world_at(&scene->world, 4000);
    store_expire(scene->world.store, &scene->world.now);
    assert_int_equal(store_agent(scene->world.store, 1)->recorded, RECORDED_UNKNOWN);
    assert_string_equal(world_verdict(&scene->world, 2), "unknown:unknown");
    assert_string_equal(world_alarms(&scene->world), "1=patternOutdated"); /* which stays until it is known better */
}

static void who_vanishes_retires_and_comes_back_as_the_same(void **test)
{
    struct scene *scene = *test;
    static const struct agent_config csv[] = { { "B", "", "", "10.0.0.9", "", 0, "" } };
    configure(scene, csv, 1);
    read_console(scene, 0, "A g1 S1; B g2 S1; C g3 S1");
    assert_string_equal(agents(scene), "1=B@1 2=A@1 3=C@1");
    world_at(&scene->world, 10);
    read_console(scene, 0, "C g3 S1");
    assert_string_equal(agents(scene), "1=B@1 2=A@1! 3=C@1"); /* B is configured */
    assert_int_equal(store_fleet(scene->world.store)->retired, 1);
    assert_int_equal(estate_find_agent(scene->estate, "a"), 2);
    world_at(&scene->world, 20);
    read_console(scene, 0, "A g1 S1; C g3 S1");
    assert_string_equal(agents(scene), "1=B@1 2=A@1 3=C@1");
    world_at(&scene->world, 30);
    read_console(scene, 0, "C g3 S1");
    world_at(&scene->world, 30 + 3600);
    read_console(scene, 0, "C g3 S1");
    assert_string_equal(agents(scene), "1=B@1 3=C@1");
    assert_int_equal(estate_find_agent(scene->estate, "a"), 0);
    read_console(scene, 0, "C g3 S1; A g1 S1");
    assert_string_equal(agents(scene), "1=B@1 2=A@1 3=C@1");
    /* Its console is not read any more: it goes at once. */
    roster_unref(scene->layers[0].roster);
    scene->layers[0].roster = NULL;
    configure(scene, csv, 1);
    assert_string_equal(agents(scene), "1=B@1");
}

static void names_of_several_are_nobodys(void **test)
{
    struct scene *scene = *test;
    configure(scene, NULL, 0);
    read_console(scene, 0, "A g1 S1; A g2 S1; B g3 S1");
    assert_string_equal(agents(scene), "1=A@1 2=A@1 3=B@1");
    assert_int_equal(estate_find_agent(scene->estate, "A"), 0);
    assert_int_equal(estate_namesakes(scene->estate, "a"), 2);
    read_console(scene, 0, "A g2 S1; B g3 S1");
    assert_string_equal(agents(scene), "1=A@1! 2=A@1 3=B@1");
    assert_int_equal(estate_find_agent(scene->estate, "A"), 2); /* the other one has vanished */
}

static void an_index_outlives_restarts_whoever_tells_first(void **test)
{
    struct scene *scene = *test;
    static const struct agent_config csv[] = { { "A", "", "", "10.0.0.8", "", 0, "" },
                                               { "B", "g2", "", "10.0.0.9", "", 0, "" } };
    scene->config.n_servers = 2; /* of which the CSV file does not tell */
    configure(scene, csv, 2);
    assert_string_equal(agents(scene), "1=A@0 2=B@0");
    for (unsigned i = 0; i < 3; i++) {
        read_console(scene, 0, "B g2 S2; A g1 S1; C g3 S2");
        assert_string_equal(agents(scene), "1=A@1 2=B@2 3=C@2");
        stop(scene);
        start(scene);
        configure(scene, csv, 2);
        assert_string_equal(agents(scene), "1=A@0 2=B@0");
    }
    /* C comes into the CSV file later. */
    static const struct agent_config longer[] = { { "A", "", "", "10.0.0.8", "", 0, "" },
                                                  { "B", "g2", "", "10.0.0.9", "", 0, "" },
                                                  { "C", "", "", "10.0.0.7", "", 0, "" } };
    read_console(scene, 0, "B g2 S2; A g1 S1; C g3 S2");
    configure(scene, longer, 3);
    assert_string_equal(agents(scene), "1=A@1 2=B@2 3=C@2");
    stop(scene);
    start(scene);
    configure(scene, longer, 3);
    assert_string_equal(agents(scene), "1=A@0 2=B@0 3=C@0");
}

static void the_first_console_that_tells_a_field_is_believed(void **test)
{
    struct scene *scene = *test;
    configure(scene, NULL, 0);
    read_console(scene, 1, "A g1 - 4 2"); /* Vision One: inactive, outdated */
    const struct agent_row *a = store_agent(scene->world.store, 1);
    assert_int_equal(a->recorded, RECORDED_INACTIVE);
    world_at(&scene->world, 5);
    read_console(scene, 0, "A g1 S1 3 -"); /* Apex Central: active, and nothing about the pattern */
    for (unsigned s = 10; s < 1000; s += 300) {
        a = store_agent(scene->world.store, 1);
        assert_int_equal(a->recorded, RECORDED_ACTIVE);
        assert_int_equal(a->evidence.known.facts[FACT_RECORDED].driver, DRIVER_CENTRAL);
        assert_int_equal(a->evidence.known.facts[FACT_PATTERN_BEHIND].driver, DRIVER_VISION);
        world_at(&scene->world, s);
        read_console(scene, 1, "A g1 - 4 2");
        if (s < 600)
            read_console(scene, 0, "A g1 S1");
    }
    /* Apex Central is silent for too long: Vision One is heard. */
    world_at(&scene->world, 1500);
    read_console(scene, 1, "A g1 - 4 2");
    assert_int_equal(store_agent(scene->world.store, 1)->recorded, RECORDED_INACTIVE);
}

/* What an older record says does not stand for one that makes no sense. */
static void what_makes_no_sense_is_unknown(void **test)
{
    struct scene *scene = *test;
    static const struct {
        const char *said;
        enum recorded recorded;
        int32_t behind; /* 0: not known */
    } steps[] = {
        { "A g1 S1 3 1", RECORDED_ACTIVE, 1 },    { "A g1 S1 1 -", RECORDED_UNKNOWN, 1 },
        { "A g1 S1", RECORDED_UNKNOWN, 1 },       { "A g1 S1 3 255", RECORDED_ACTIVE, 0 },
        { "A g1 S1 1 255", RECORDED_UNKNOWN, 0 }, { "A g1 S1", RECORDED_UNKNOWN, 0 },
        { "A g1 S1 4 2", RECORDED_INACTIVE, 2 },
    };
    configure(scene, NULL, 0);
    for (unsigned i = 0; i < COUNT(steps); i++) {
        world_at(&scene->world, i + 1);
        read_console(scene, 0, steps[i].said);
        const struct agent_row *a = store_agent(scene->world.store, 1);
        const struct fact_value *behind = &a->evidence.known.facts[FACT_PATTERN_BEHIND];
        if (a->recorded != steps[i].recorded || (behind->mono_ms ? behind->value : 0) != steps[i].behind)
            fail_msg("%u: recorded %u, behind %d", i, a->recorded, behind->mono_ms ? behind->value : 0);
        const uint32_t seq = store_change_seq(scene->world.store);
        world_at(&scene->world, i + 1);
        read_console(scene, 0, "A g1 S1");
        assert_int_equal(store_change_seq(scene->world.store), seq);
    }
}

/* A console speaks no more, or is read again: the other ones may wait for it. */
static void await(struct scene *scene, size_t layer, bool awaited)
{
    scene->layers[layer].awaited = awaited;
    assert_int_equal(estate_tell(scene->estate, scene->layers, COUNT(scene->layers)), 0);
    assert_int_equal(finish_steps(scene), 0);
}

static void who_is_believed_more_is_waited_for(void **test)
{
    struct scene *scene = *test;
    configure(scene, NULL, 0);
    scene->layers[0].awaited = true;
    read_console(scene, 1, "A g1 - 4 2"); /* Vision One: inactive, outdated */
    assert_string_equal(agents(scene), "1=A@1");
    assert_int_equal(store_agent(scene->world.store, 1)->recorded, RECORDED_UNKNOWN);
    world_at(&scene->world, 5);
    read_console(scene, 1, "A g1 - 4 2");
    assert_int_equal(store_agent(scene->world.store, 1)->dampers[AXIS_PATTERN].believed, TRI_UNKNOWN);
    scene->layers[0].awaited = false;
    read_console(scene, 0, "A g1 S1 3 1"); /* Apex Central: active, up to date */
    assert_int_equal(store_agent(scene->world.store, 1)->recorded, RECORDED_ACTIVE);
    assert_int_equal(store_agent(scene->world.store, 1)->dampers[AXIS_PATTERN].believed, TRI_YES);

    /* After an outage of both it is the same; if it fails, the other one is heard. */
    world_at(&scene->world, 5000);
    store_expire(scene->world.store, &scene->world.now);
    scene->layers[0].awaited = true;
    read_console(scene, 1, "A g1 - 4 2");
    assert_int_equal(store_agent(scene->world.store, 1)->recorded, RECORDED_UNKNOWN);
    await(scene, 0, false);
    assert_int_equal(store_agent(scene->world.store, 1)->recorded, RECORDED_INACTIVE);

    /* Who is heard already goes on. */
    world_at(&scene->world, 5300);
    scene->layers[0].awaited = true;
    read_console(scene, 1, "A g1 - 3 1");
    assert_int_equal(store_agent(scene->world.store, 1)->recorded, RECORDED_ACTIVE);
}

static void without_memory_it_can_be_told_again(void **test)
{
    struct scene *scene = *test;
    configure(scene, NULL, 0);
    read_console(scene, 0, "A g1 S1 3 1; B g2 S1 3 7");
    for (unsigned long first = 1;; first++) {
        heap_fail(first, 1);
        int error = estate_tell(scene->estate, scene->layers, COUNT(scene->layers));
        if (error == 0)
            error = finish_steps(scene);
        const bool failed = heap_heal();
        assert_true(error == 0 || error == -ENOMEM);
        assert_true(error < 0 || !estate_is_busy(scene->estate));
        assert_int_equal(estate_tell(scene->estate, scene->layers, COUNT(scene->layers)), 0);
        assert_int_equal(finish_steps(scene), 0);
        assert_string_equal(agents(scene), "1=A@1 2=B@1");
        audit_store(scene->world.store, AUDIT_ALL);
        if (!failed)
            break;
    }
}

static void a_console_that_fails_is_left_alone_for_longer(void **state)
{
    (void)state;
    enum { S = 1000, MINUTE = 60 * S, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
    static const struct {
        int64_t interval_ms;
        unsigned failures;
        int64_t took_ms;
        uint32_t retry_after_ms;
        int64_t pause_ms;
    } rows[] = {
        { 300 * S, 0, 20 * S, 0, 280 * S },    { 300 * S, 0, 400 * S, 0, 0 },       { 300 * S, 1, 20 * S, 0, 300 * S },
        { 300 * S, 2, 20 * S, 0, 600 * S },    { 300 * S, 4, 20 * S, 0, 2400 * S }, { 300 * S, 5, 20 * S, 0, HOUR },
        { 300 * S, 1000000, 20 * S, 0, HOUR }, { 2 * HOUR, 3, 0, 0, 2 * HOUR },     { 300 * S, 1, 0, 2 * S, 300 * S },
        { 300 * S, 1, 0, 2 * HOUR, 2 * HOUR }, { 300 * S, 1, 0, 2 * DAY, DAY },     { 0, 0, 5 * S, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(
            console_thread_pause(rows[i].interval_ms, rows[i].failures, rows[i].took_ms, rows[i].retry_after_ms),
            rows[i].pause_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whom_a_console_knows_is_there, begin, end),
        cmocka_unit_test_setup_teardown(the_same_again_moves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(who_vanishes_retires_and_comes_back_as_the_same, begin, end),
        cmocka_unit_test_setup_teardown(names_of_several_are_nobodys, begin, end),
        cmocka_unit_test_setup_teardown(an_index_outlives_restarts_whoever_tells_first, begin, end),
        cmocka_unit_test_setup_teardown(the_first_console_that_tells_a_field_is_believed, begin, end),
        cmocka_unit_test_setup_teardown(what_makes_no_sense_is_unknown, begin, end),
        cmocka_unit_test_setup_teardown(who_is_believed_more_is_waited_for, begin, end),
        cmocka_unit_test_setup_teardown(without_memory_it_can_be_told_again, begin, end),
        cmocka_unit_test(a_console_that_fails_is_left_alone_for_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
