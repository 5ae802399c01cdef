/* From a configuration to agents, servers and targets, and again from the next configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/estate.h"
#include "probes/clock.h"
#include "support/audit.h"
#include "support/field.h"
#include "support/heap.h"
#include "support/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Store, scheduler and state around an estate. The world has no server of its own here. */
struct scene {
    struct world world;
    struct field field;
    struct state *state;
    struct estate *estate;
    char text[4096];
};

static int begin(void **test)
{
    struct scene *scene = calloc(1, sizeof *scene);
    char error[256];
    const struct store_settings settings = world_settings();
    assert_non_null(scene);
    world_begin(&scene->world, &settings);
    assert_int_equal(store_remove_server(scene->world.store, 1, &scene->world.now), 0);
    field_begin(&scene->field);
    scene->field.now_ms = scene->world.now.mono_ms;
    scene->field.rtt_ms = INT64_MAX;
    assert_int_equal(state_open(NULL, &scene->state, error, sizeof error), 0);
    assert_int_equal(estate_new(scene->world.store, scene->field.scheduler, scene->state, &scene->estate), 0);
    *test = scene;
    return 0;
}

static int end(void **test)
{
    struct scene *scene = *test;
    estate_free(scene->estate);
    state_close(scene->state);
    field_end(&scene->field);
    world_end(&scene->world);
    free(scene);
    return 0;
}

static struct config config_of(const struct server_config *servers, size_t n_servers, const struct agent_config *agents,
                               size_t n_agents)
{
    return (struct config){
        .probes = {
            [DRIVER_LISTENER] = { .enabled = true, .interval_s = 60, .timeout_ms = 3000, .concurrency = 1000,
                                  .scheme = "https", .port = 21112, .path = "/?CAVIT", .marker = "!CRYPT!",
                                  .ca_file = "", .pin = "", .body_max_bytes = 65536 },
            [DRIVER_SERVER] = { .enabled = true, .interval_s = 60, .timeout_ms = 3000, .concurrency = 10,
                                .path = "/cgi/start.exe", .marker = "-2", .ca_file = "", .pin = "",
                                .body_max_bytes = 65536 },
            [DRIVER_FEED] = { .enabled = true, .interval_s = 60, .timeout_ms = 1000, .concurrency = 10,
                              .directory = "/feed", .body_max_bytes = 65536 },
        },
        .servers = (struct server_config *)(uintptr_t)servers,
        .n_servers = n_servers,
        .agents = (struct agent_config *)(uintptr_t)agents,
        .n_agents = n_agents,
    };
}
#define CONFIG(servers, agents) config_of((servers), COUNT(servers), (agents), COUNT(agents))

/* All steps at once. */
static int apply_all(struct estate *estate, const struct config *config, const struct now *now)
{
    int more = estate_begin(estate, config, now);
    if (more == 0)
        do
            more = estate_step(estate, now);
        while (more > 0);
    return more;
}

static void apply(struct scene *scene, const struct config *config)
{
    assert_int_equal(apply_all(scene->estate, config, &scene->world.now), 0);
    audit_store(scene->world.store, AUDIT_ALL);
}

static int compare_questions(const void *a, const void *b)
{
    const uint32_t x = ((const struct question *)a)->index, y = ((const struct question *)b)->index;
    return (x > y) - (x < y);
}

/* The first of the questions that kicking every target of a driver leads to; they are in order of index. */
static size_t kick_all(struct field *field, enum driver driver)
{
    field_run(field);
    for (size_t i = 0; i < field->n; i++)
        if (field->questions[i].is_out)
            field_answer(field, &field->questions[i], CAUSE_NONE);
    const size_t first = field->n;
    scheduler_kick(field->scheduler, driver, 0, field->now_ms);
    field_run(field);
    qsort(field->questions + first, field->n - first, sizeof *field->questions, compare_questions);
    return first;
}

/* Whom a driver asks and where: "1=https://a 2=https://b" */
static const char *asked(struct scene *scene, enum driver driver)
{
    const struct field *field = &scene->field;
    scene->text[0] = 0;
    for (size_t i = kick_all(&scene->field, driver); i < field->n; i++) {
        const struct probe_target *target = field->questions[i].target;
        const size_t length = strlen(scene->text);
        snprintf(scene->text + length, sizeof scene->text - length, "%s%u=%s", length ? " " : "", target->index,
                 target->where);
    }
    return scene->text;
}

/* The agents of the store: "INDEX=NAME@SERVER/GROUP" */
static const char *agents(struct scene *scene)
{
    uint32_t index = 0;
    scene->text[0] = 0;
    for (const struct agent_row *agent; (agent = store_next_agent(scene->world.store, index)); index = agent->index) {
        const size_t length = strlen(scene->text);
        snprintf(scene->text + length, sizeof scene->text - length, "%s%u=%s@%u/%u", length ? " " : "", agent->index,
                 agent->identity->name, agent->identity->server, agent->identity->group_index);
    }
    return scene->text;
}

static const struct server_config one_server[] = { { "apex1", "https://apex1:4343", "", "" } };
static const struct server_config two_servers[] = { { "apex1", "https://apex1:4343", "", "" },
                                                    { "apex2", "http://apex2:8080", "", "" } };

/* PC-1 was renamed, and another machine has its name now, of which no GUID is known. */
static void a_name_that_another_had_is_no_identity(void **test)
{
    struct scene *scene = *test;
    static const struct agent_config before[] = { { "PC-1", "G-1", "", "10.0.0.1", "", 0, "" } },
                                     after[] = { { "PC-1", "", "", "10.0.0.2", "", 0, "" },
                                                 { "PC-2", "G-1", "", "10.0.0.1", "", 0, "" } },
                                     later[] = { { "PC-2", "G-1", "", "10.0.0.1", "", 0, "" },
                                                 { "PC-1", "", "", "10.0.0.2", "", 0, "" } };
    const struct config one = CONFIG(one_server, before), two = CONFIG(one_server, after),
                        three = CONFIG(one_server, later);
    apply(scene, &one);
    assert_string_equal(agents(scene), "1=PC-1@1/0");
    apply(scene, &two);
    assert_string_equal(agents(scene), "1=PC-2@1/0 2=PC-1@1/0");
    apply(scene, &three);
    assert_string_equal(agents(scene), "1=PC-2@1/0 2=PC-1@1/0");
}

static void listeners_are_asked_at_their_url(void **test)
{
    struct scene *scene = *test;
    static const struct {
        const char *scheme, *path, *address;
        unsigned port;
        const char *url;
    } rows[] = {
        { "https", "/?CAVIT", "10.1.2.3", 0, "https://10.1.2.3:21112/?CAVIT" },
        { "http", "/?CAVIT", "10.1.2.3", 65535, "http://10.1.2.3:65535/?CAVIT" },
        { "https", "/", "pc-1.example", 443, "https://pc-1.example:443/" },
        { "https", "/?CAVIT", "2001:db8::1", 0, "https://[2001:db8::1]:21112/?CAVIT" },
        { "http", "/?CAVIT", "::1", 80, "http://[::1]:80/?CAVIT" },
        { "https", "/?CAVIT", "::ffff:10.0.0.1", 1, "https://[::ffff:10.0.0.1]:1/?CAVIT" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct agent_config agent[] = { { "PC-1", "", "", rows[i].address, "", rows[i].port, "" } };
        struct config config = config_of(NULL, 0, agent, 1);
        char expected[128];
        config.probes[DRIVER_LISTENER].scheme = rows[i].scheme;
        config.probes[DRIVER_LISTENER].path = rows[i].path;
        apply(scene, &config);
        snprintf(expected, sizeof expected, "1=%s", rows[i].url);
        assert_string_equal(asked(scene, DRIVER_LISTENER), expected);
        const struct agent_identity *identity = store_agent(scene->world.store, 1)->identity;
        assert_int_equal(identity->port, rows[i].port ? rows[i].port : 21112);
        assert_int_equal(identity->literal.family, strchr(rows[i].address, ':') ? 6
                                                   : rows[i].address[0] == '1'  ? 4
                                                                                : 0);
        assert_string_equal(identity->address, rows[i].address);
    }
}

static void servers_are_asked_at_their_url_and_path(void **test)
{
    struct scene *scene = *test;
    static const struct {
        const char *url, *expected;
    } rows[] = {
        { "https://apex1.example:4343", "1=https://apex1.example:4343/cgi/start.exe" },
        { "https://apex1.example:4343/", "1=https://apex1.example:4343/cgi/start.exe" },
        { "http://10.0.0.5:8080/sub", "1=http://10.0.0.5:8080/sub/cgi/start.exe" },
        { "http://[::1]:8080/sub/", "1=http://[::1]:8080/sub/cgi/start.exe" },
        { "https://apex1/?a=b", "1=https://apex1/cgi/start.exe" },
        { "https://apex1/x#y", "1=https://apex1/x/cgi/start.exe" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct server_config server[] = { { "apex1", rows[i].url, "", "" } };
        const struct config config = config_of(server, 1, NULL, 0);
        apply(scene, &config);
        assert_string_equal(asked(scene, DRIVER_SERVER), rows[i].expected);
        assert_string_equal(store_server(scene->world.store, 1)->identity->url, rows[i].url);
    }
}

static void only_the_only_server_is_everybodys(void **test)
{
    struct scene *scene = *test;
    static const struct agent_config some[] = { { "a", "", "", "10.0.0.1", "", 0, "" },
                                                { "b", "", "", "10.0.0.2", "apex1", 0, "" } };
    static const struct agent_config others[] = { { "c", "", "", "10.0.0.3", "", 0, "" },
                                                  { "d", "", "", "10.0.0.4", "apex2", 0, "" } };
    struct config config = CONFIG(one_server, some);
    apply(scene, &config);
    assert_string_equal(agents(scene), "1=a@1/0 2=b@1/0");
    config = CONFIG(two_servers, others);
    apply(scene, &config);
    assert_string_equal(agents(scene), "3=c@0/0 4=d@2/0");
    config = config_of(NULL, 0, others, 1);
    apply(scene, &config);
    assert_string_equal(agents(scene), "3=c@0/0");
    assert_null(store_next_server(scene->world.store, 0));
}

static void what_is_monitored_is_what_some_driver_can_see(void **test)
{
    struct scene *scene = *test;
    static const struct agent_config agent[] = { { "a", "", "", "10.0.0.1", "", 0, "" } };
    static const struct {
        bool listener, feed;
        uint32_t monitored;
    } rows[] = { { true, true, CONDITIONS_ALL },
                 { true, false, CONDITION_BIT(CONDITION_OFFLINE) },
                 { false, true, CONDITIONS_ALL },
                 { false, false, 0 },
                 { true, true, CONDITIONS_ALL } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct config config = CONFIG(one_server, agent);
        config.probes[DRIVER_LISTENER].enabled = rows[i].listener;
        config.probes[DRIVER_FEED].enabled = rows[i].feed;
        apply(scene, &config);
        assert_int_equal(store_agent(scene->world.store, 1)->identity->monitored, rows[i].monitored);
        /* A lane that is closed asks nobody. */
        assert_string_equal(asked(scene, DRIVER_LISTENER), rows[i].listener ? "1=https://10.0.0.1:21112/?CAVIT" : "");
    }
}

static void a_lane_that_is_closed_asks_no_server(void **test)
{
    struct scene *scene = *test;
    struct config config = config_of(two_servers, 2, NULL, 0);
    apply(scene, &config);
    assert_string_equal(asked(scene, DRIVER_SERVER),
                        "1=https://apex1:4343/cgi/start.exe 2=http://apex2:8080/cgi/start.exe");
    config.probes[DRIVER_SERVER].enabled = false;
    apply(scene, &config);
    assert_string_equal(asked(scene, DRIVER_SERVER), "");
    assert_non_null(store_server(scene->world.store, 2)); /* it is still somebody's server */
    config.probes[DRIVER_SERVER].enabled = true;
    config.n_servers = 1;
    apply(scene, &config);
    assert_string_equal(asked(scene, DRIVER_SERVER), "1=https://apex1:4343/cgi/start.exe");
}

static void who_stays_keeps_its_index_and_its_state(void **test)
{
    struct scene *scene = *test;
    static const struct agent_config before[] = {
        { "stays", "", "HQ\\Sales", "10.0.0.1", "apex1", 0, "" },
        { "goes", "", "HQ\\Sales", "10.0.0.2", "apex1", 0, "" },
        { "named", "G-1", "HQ", "10.0.0.3", "apex1", 0, "" },
        { "moves", "", "HQ", "10.0.0.4", "apex1", 0, "" },
    };
    static const struct agent_config after[] = {
        { "new", "", "HQ", "10.0.0.9", "apex2", 0, "" },
        { "MOVES", "", "Lab", "10.0.0.5", "apex1", 0, "" }, /* elsewhere, and spelled otherwise */
        { "renamed", "g-1", "HQ", "10.0.0.3", "apex2", 0, "" },
        { "stays", "", "HQ\\Sales", "10.0.0.1", "apex1", 0, "" },
    };
    struct config config = CONFIG(two_servers, before);
    apply(scene, &config);
    assert_string_equal(agents(scene), "1=stays@1/1 2=goes@1/1 3=named@1/2 4=moves@1/2");
    for (uint32_t agent = 1; agent <= 4; agent++) {
        assert_int_equal(world_do(&scene->world, agent, "listener none"), 0);
        assert_int_equal(world_do(&scene->world, agent, "listener timedOut"), 0);
        assert_int_equal(world_do(&scene->world, agent, "listener timedOut"), 0);
    }
    assert_string_equal(world_alarms(&scene->world), "1=offline 2=offline 3=offline 4=offline");
    assert_string_equal(world_told(&scene->world), "+1 +2 +3 +4");

    config = CONFIG(two_servers, after);
    world_at(&scene->world, 10);
    apply(scene, &config);
    assert_string_equal(agents(scene), "1=stays@1/1 3=renamed@2/2 4=MOVES@1/3 5=new@2/2");
    assert_string_equal(world_alarms(&scene->world), "1=offline 3=offline 4=offline");
    assert_string_equal(world_told(&scene->world), "-2");
    assert_string_equal(world_past(&scene->world), "2=removed");
    assert_string_equal(world_verdict(&scene->world, 3), "offline:unverified");
    assert_string_equal(world_verdict(&scene->world, 5), "unknown:unknown");
    assert_string_equal(asked(scene, DRIVER_LISTENER),
                        "1=https://10.0.0.1:21112/?CAVIT 3=https://10.0.0.3:21112/?CAVIT "
                        "4=https://10.0.0.5:21112/?CAVIT 5=https://10.0.0.9:21112/?CAVIT");
    assert_int_equal(estate_find_agent(scene->estate, "goes"), 0);
    assert_int_equal(estate_find_agent(scene->estate, "named"), 0);
    assert_int_equal(estate_find_agent(scene->estate, "Renamed"), 3);

    /* Who comes back is who it was, as somebody new to look at. */
    config = CONFIG(two_servers, before);
    apply(scene, &config);
    assert_string_equal(agents(scene), "1=stays@1/1 2=goes@1/1 3=named@1/2 4=moves@1/2");
    assert_string_equal(world_verdict(&scene->world, 2), "unknown:unknown");
    assert_string_equal(world_alarms(&scene->world), "1=offline 3=offline 4=offline");
}

static void the_same_again_changes_nothing(void **test)
{
    struct scene *scene = *test;
    static const struct agent_config some[] = { { "a", "G", "x", "10.0.0.1", "apex1", 0, "" },
                                                { "b", "", "", "host", "apex2", 0, "" } };
    const struct config config = CONFIG(two_servers, some);
    apply(scene, &config);
    assert_int_equal(world_do(&scene->world, 1, "listener none"), 0);
    assert_int_equal(world_do(&scene->world, 2, "listener none"), 0);
    const uint32_t change_seq = store_change_seq(scene->world.store);
    for (unsigned i = 0; i < 3; i++)
        apply(scene, &config);
    assert_int_equal(store_change_seq(scene->world.store), change_seq);
    assert_string_equal(world_told(&scene->world), "");
    assert_string_equal(agents(scene), "1=a@1/1 2=b@2/0");
}

static void agents_are_found_by_name_in_any_case(void **test)
{
    struct scene *scene = *test;
    static const struct agent_config some[] = { { "PC-Äb", "", "", "10.0.0.1", "apex1", 0, "" },
                                                { "twin", "", "", "10.0.0.2", "apex1", 0, "" },
                                                { "TWIN", "", "", "10.0.0.3", "apex2", 0, "" } };
    static const struct {
        const char *name;
        uint32_t index;
    } rows[] = {
        { "PC-Äb", 1 }, { "pc-ÄB", 1 }, { "pc-äb", 0 }, { "PC", 0 }, { "", 0 }, { "Twin", 0 }
    }; /* whose is it? */
    assert_int_equal(estate_find_agent(scene->estate, "twin"), 0);
    const struct config config = CONFIG(two_servers, some);
    apply(scene, &config);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(estate_find_agent(scene->estate, rows[i].name), rows[i].index);
    assert_int_equal(estate_namesakes(scene->estate, "TWIN"), 2);
    assert_int_equal(estate_namesakes(scene->estate, "nobody"), 0);
    const struct config nobody = config_of(NULL, 0, NULL, 0);
    apply(scene, &nobody);
    assert_int_equal(estate_find_agent(scene->estate, "twin"), 0);
    assert_string_equal(agents(scene), "");
}

static void a_url_that_does_not_fit_is_an_error_and_can_be_mended(void **test)
{
    struct scene *scene = *test;
    static char long_path[3000];
    static const struct agent_config agent[] = { { "a", "", "", "10.0.0.1", "", 0, "" } };
    memset(long_path, '/', sizeof long_path - 1);
    struct config config = CONFIG(one_server, agent);
    config.probes[DRIVER_LISTENER].path = long_path;
    assert_int_equal(apply_all(scene->estate, &config, &scene->world.now), -ENAMETOOLONG);
    config = CONFIG(one_server, agent);
    config.probes[DRIVER_SERVER].path = long_path;
    assert_int_equal(apply_all(scene->estate, &config, &scene->world.now), -ENAMETOOLONG);
    config = CONFIG(one_server, agent);
    apply(scene, &config);
    assert_string_equal(agents(scene), "1=a@1/0");
    assert_string_equal(asked(scene, DRIVER_LISTENER), "1=https://10.0.0.1:21112/?CAVIT");
}

static void without_memory_it_can_be_done_again(void **test)
{
    (void)test;
    static const struct agent_config before[] = { { "a", "", "x", "10.0.0.1", "apex1", 0, "" },
                                                  { "b", "", "y", "10.0.0.2", "apex1", 0, "" } };
    static const struct agent_config after[] = { { "b", "", "x", "10.0.0.2", "apex1", 0, "" },
                                                 { "c", "", "z", "::1", "apex2", 0, "" } };
    const struct config first = CONFIG(two_servers, before), second = CONFIG(two_servers, after);
    unsigned long n = 1;
    for (bool failed = true; failed; n++) {
        void *fresh;
        assert_int_equal(begin(&fresh), 0);
        struct scene *scene = fresh;
        apply(scene, &first);
        heap_fail(n, 1);
        const int error = apply_all(scene->estate, &second, &scene->world.now);
        failed = heap_heal();
        assert_true(error == 0 || error == -ENOMEM);
        audit_store(scene->world.store, AUDIT_ALL);
        apply(scene, &second);
        assert_string_equal(agents(scene), "2=b@1/1 3=c@2/3");
        assert_string_equal(asked(scene, DRIVER_LISTENER),
                            "2=https://10.0.0.2:21112/?CAVIT 3=https://[::1]:21112/?CAVIT");
        assert_int_equal(end(&fresh), 0);
    }
    assert_true(n > 10);
}

static void a_large_estate_is_applied(void **test)
{
    struct scene *scene = *test;
    enum { AGENTS = 20000 };
    struct agent_config *many = calloc(AGENTS, sizeof *many);
    char(*names)[32] = calloc(AGENTS, sizeof *names);
    assert_true(many && names);
    for (unsigned i = 0; i < AGENTS; i++) {
        snprintf(names[i], sizeof names[i], "PC-%u", i);
        many[i] = (struct agent_config){ names[i], "", i % 2 ? "odd" : "even", "10.0.0.1", "", 0, "" };
    }
    const struct config config = config_of(one_server, 1, many, AGENTS);
    int64_t took_ms[2];
    for (unsigned round = 0; round < 2; round++) {
        const int64_t begin_ms = clock_now().mono_ms;
        assert_int_equal(apply_all(scene->estate, &config, &scene->world.now), 0);
        took_ms[round] = clock_now().mono_ms - begin_ms;
    }
    print_message("%d agents: new in %lld ms, again in %lld ms\n", AGENTS, (long long)took_ms[0],
                  (long long)took_ms[1]);
    assert_int_equal(store_fleet(scene->world.store)->agents, AGENTS);
    assert_int_equal(estate_find_agent(scene->estate, "pc-19999"), AGENTS);
    free(many);
    free(names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* Whom WinRM asks: URL, where the connection goes, the server that the endpoint pings. */
static void an_endpoint_is_asked_by_its_name_at_its_address(void **test)
{
    struct scene *scene = *test;
    static const struct {
        const char *host, *address, *server_url;
        const char *where, *connect_to, *server;
    } rows[] = {
        { "%ADDRESS%", "10.0.0.1", "https://apex1:4343", "https://10.0.0.1:5986/wsman", "", "apex1" },
        { "%ADDRESS%", "fe80::1", "https://[fe80::5]:4343/x", "https://[fe80::1]:5986/wsman", "", "fe80::5" },
        { "%NAME%.corp.example", "10.0.0.1", "http://apex1.corp.example", "https://PC-1.corp.example:5986/wsman",
          "::10.0.0.1:5986", "apex1.corp.example" },
        { "a-%NAME%-%ADDRESS%", "fe80::1", "https://10.0.0.5:4343", "https://a-PC-1-[fe80::1]:5986/wsman",
          "::[fe80::1]:5986", "10.0.0.5" },
        { "localhost", "pc-1", "https://apex1", "https://localhost:5986/wsman", "::pc-1:5986", "apex1" },
        { "%X%", "pc-1", "https://apex1", "https://%X%:5986/wsman", "::pc-1:5986", "apex1" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct server_config server = { "apex1", rows[i].server_url, "", "" };
        const struct agent_config agent = { "PC-1", "", "", rows[i].address, "", 0, "" };
        struct config config = config_of(&server, 1, &agent, 1);
        config.probes[DRIVER_WINRM] = (struct probe_config){
            .enabled = true,
            .interval_s = 60,
            .timeout_ms = 1000,
            .concurrency = 4,
            .port = 5986,
            .path = "/wsman",
            .user = "u",
            .password = "p",
            .host = rows[i].host,
        };
        apply(scene, &config);
        char expected[256];
        snprintf(expected, sizeof expected, "1=%s", rows[i].where);
        assert_string_equal(asked(scene, DRIVER_WINRM), expected);
        const struct question *question = &scene->field.questions[scene->field.n - 1];
        assert_string_equal(question->target->connect_to, rows[i].connect_to);
        assert_string_equal(question->target->server, rows[i].server);
        assert_int_equal(question->settings->auth, HTTP_AUTH_NEGOTIATE);
        assert_string_equal(question->settings->password, "p");
        assert_int_equal(store_next_agent(scene->world.store, 0)->identity->monitored, CONDITIONS_ALL);
    }
    /* Switched off, nobody is asked any more. */
    const struct agent_config agent = { "PC-1", "", "", "10.0.0.1", "", 0, "" };
    struct config config = config_of(one_server, 1, &agent, 1);
    apply(scene, &config);
    assert_string_equal(asked(scene, DRIVER_WINRM), "");
}

/* What a server's name should resolve to: as configured, else the address in its URL. */
static void a_server_has_its_real_addresses(void **test)
{
    struct scene *scene = *test;
    static const struct {
        struct server_config server;
        const char *addresses;
    } rows[] = {
        { { "apex1", "https://apex1:4343", "", "" }, "" },
        { { "apex1", "https://apex1:4343", "10.0.0.5, fe80::5", "" }, "10.0.0.5 fe80::5 " },
        { { "apex1", "https://10.0.0.6:4343", "", "" }, "10.0.0.6 " },
        { { "apex1", "https://10.0.0.6:4343", "10.0.0.5", "" }, "10.0.0.5 " },
        { { "apex1", "https://[fe80::6]/", "", "" }, "fe80::6 " },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct config config = config_of(&rows[i].server, 1, NULL, 0);
        char text[ADDRESS_TEXT_BYTES], seen[256] = "";
        apply(scene, &config);
        const struct server_identity *identity = store_next_server(scene->world.store, 0)->identity;
        for (size_t j = 0; j < identity->n_expected; j++) {
            strcat(seen, address_format(&identity->expected[j], text));
            strcat(seen, " ");
        }
        assert_string_equal(seen, rows[i].addresses);
    }
}

/* Where each source is asked, and through what besides: "INDEX=URL[+WEB][ proxied: file, web][ outside]" */
static const char *sources(struct scene *scene)
{
    const struct field *field = &scene->field;
    scene->text[0] = 0;
    for (size_t i = kick_all(&scene->field, DRIVER_SOURCE); i < field->n; i++) {
        const struct probe_target *target = field->questions[i].target;
        const size_t length = strlen(scene->text);
        snprintf(scene->text + length, sizeof scene->text - length, "%u=%s%s%s%s%s%s\n", target->index, target->where,
                 *target->web ? "+" : "", target->web, target->file_by_proxy ? " file" : "",
                 target->web_by_proxy ? " web" : "", target->outside ? " outside" : "");
    }
    return scene->text;
}

static void sources_are_asked_by_their_own_ways(void **test)
{
    struct scene *scene = *test;
    static struct source_config some[] = {
        { "sps1", 0, "https://sps1.corp/tmcss/", "https://sps1.corp:5274/", "" },
        { "sps2", 1, "https://10.1.2.3/tmcss/", "", "10.5.0.0/16" },
        { "spn", 2, "https://spn.example/", "https://web.corp/", "" },
    };
    struct config config = config_of(one_server, 1, NULL, 0);
    config.sources = some;
    config.n_sources = COUNT(some);
    config.probes[DRIVER_SOURCE] = (struct probe_config){
        .enabled = true, .interval_s = 60, .timeout_ms = 5000, .concurrency = 10, .query = "?Q", .content_type = "a/b"
    };
    config.proxies[PROXY_INTERNAL] = config.proxies[PROXY_EXTERNAL] =
        (struct proxy_config){ .url = "", .no_proxy = "" };
    apply(scene, &config);
    assert_string_equal(sources(scene), "1=https://sps1.corp/tmcss/?Q+https://sps1.corp:5274/\n"
                                        "2=https://10.1.2.3/tmcss/?Q\n"
                                        "3=https://spn.example/?Q+https://web.corp/ outside\n");
    assert_int_equal(store_source(scene->world.store, 2)->identity->kind, LIST_CUSTOM);
    config.proxies[PROXY_INTERNAL] = (struct proxy_config){ .url = "http://p:1", .no_proxy = "10.1.0.0/16" };
    config.proxies[PROXY_EXTERNAL] = (struct proxy_config){ .url = "socks5://q:1", .no_proxy = ".corp" };
    apply(scene, &config);
    assert_string_equal(sources(scene), "1=https://sps1.corp/tmcss/?Q+https://sps1.corp:5274/ file web\n"
                                        "2=https://10.1.2.3/tmcss/?Q\n"
                                        "3=https://spn.example/?Q+https://web.corp/ file outside\n");
    /* One goes, and comes back as who it was; nobody is asked where the driver is off, and the rows stay. */
    config.n_sources = 1;
    apply(scene, &config);
    assert_null(store_source(scene->world.store, 2));
    config.n_sources = 3;
    apply(scene, &config);
    assert_string_equal(store_source(scene->world.store, 3)->identity->name, "spn");
    config.probes[DRIVER_SOURCE].enabled = false;
    apply(scene, &config);
    assert_string_equal(sources(scene), "");
    assert_non_null(store_source(scene->world.store, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(listeners_are_asked_at_their_url),
        TEST(a_name_that_another_had_is_no_identity),
        TEST(servers_are_asked_at_their_url_and_path),
        TEST(only_the_only_server_is_everybodys),
        TEST(what_is_monitored_is_what_some_driver_can_see),
        TEST(a_lane_that_is_closed_asks_no_server),
        TEST(who_stays_keeps_its_index_and_its_state),
        TEST(the_same_again_changes_nothing),
        TEST(agents_are_found_by_name_in_any_case),
        TEST(a_url_that_does_not_fit_is_an_error_and_can_be_mended),
        cmocka_unit_test(without_memory_it_can_be_done_again),
        TEST(a_large_estate_is_applied),
        TEST(an_endpoint_is_asked_by_its_name_at_its_address),
        TEST(a_server_has_its_real_addresses),
        TEST(sources_are_asked_by_their_own_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
