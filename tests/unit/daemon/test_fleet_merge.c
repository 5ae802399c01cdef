/* Whom the configuration and several consoles know, brought together: what is one member, and what it is like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/fleet_merge.h"
#include "support/heap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { LAYERS = 3, AGENTS_MAX = 8, TEXT_BYTES = 2048 };

static const struct console_config consoles[LAYERS] = { { .driver = DRIVER_CENTRAL, .name = "hq" },
                                                        { .driver = DRIVER_CENTRAL, .name = "branch" },
                                                        { .driver = DRIVER_VISION, .name = "eu" } };

/* "NAME GUID ADDRESS SERVER GROUP" each, with ";" between and "-" for what is not told; a "!" before the name: it has
 * vanished; a "?": only a record. */
struct item {
    char kind, words[5][64];
};

static size_t read_items(const char *text, struct item *items)
{
    char copy[1024], *save = NULL;
    size_t n = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *at = strtok_r(copy, ";", &save); at; at = strtok_r(NULL, ";", &save)) {
        struct item *item = &items[n++];
        *item = (struct item){ 0 };
        assert_true(n <= AGENTS_MAX);
        at += strspn(at, " ");
        item->kind = *at == '!' || *at == '?' ? *at++ : ' ';
        assert_true(sscanf(at, "%63s %63s %63s %63s %63s", item->words[0], item->words[1], item->words[2],
                           item->words[3], item->words[4]) >= 1);
        for (size_t i = 0; i < 5; i++)
            if (strcmp(item->words[i], "-") == 0)
                item->words[i][0] = '\0';
    }
    return n;
}

static void add_items(struct roster_draft *draft, const struct item *items, size_t n, bool vanished)
{
    for (size_t i = 0; i < n; i++) {
        const struct item *item = &items[i];
        if (item->kind == ' ' || (item->kind == '!' && vanished))
            assert_int_equal(
                roster_draft_agent(draft, &(struct console_agent){ item->words[0], item->words[1], item->words[3],
                                                                   item->words[4], item->words[2] }),
                0);
        else if (item->kind == '?')
            assert_int_equal(roster_draft_record(draft, &(struct console_record){ .name = item->words[0],
                                                                                  .guid = item->words[1],
                                                                                  .address = item->words[2],
                                                                                  .recorded = RECORDED_ACTIVE,
                                                                                  .pattern_version = "",
                                                                                  .engine_version = "" }),
                             0);
    }
}

static const struct roster *roster_of(const char *text)
{
    struct item items[AGENTS_MAX];
    const size_t n = read_items(text, items);
    const struct roster *before = NULL, *roster;
    struct roster_news news;
    for (int64_t round = 1; round <= 2; round++) {
        struct roster_draft *draft = roster_draft_new(before);
        add_items(draft, items, n, round == 1);
        assert_int_equal(roster_finish(draft, &(struct roster_round){ .now_ms = round, .retire_ms = 9, .whole = true },
                                       &roster, &news),
                         0);
        roster_unref(before);
        before = roster;
    }
    return before;
}

struct scene {
    struct item items[AGENTS_MAX];
    struct agent_config agents[AGENTS_MAX];
    struct config config;
    struct fleet_layer layers[LAYERS];
};

static struct server_config one[] = { { "apex1", "https://apex1", "", "" } };
static struct server_config two[] = { { "apex1", "https://apex1", "", "ID-1" }, { "apex2", "https://apex2", "", "" } };

static void set_up(struct scene *scene, const char *configured, const char *const *told, bool several_servers)
{
    const size_t n = read_items(configured, scene->items);
    for (size_t i = 0; i < n; i++)
        scene->agents[i] = (struct agent_config){ scene->items[i].words[0],
                                                  scene->items[i].words[1],
                                                  scene->items[i].words[4],
                                                  scene->items[i].words[2],
                                                  scene->items[i].words[3],
                                                  0,
                                                  "" };
    scene->config = (struct config){ .servers = several_servers ? two : one,
                                     .n_servers = several_servers ? 2 : 1,
                                     .agents = scene->agents,
                                     .n_agents = n };
    for (size_t i = 0; i < LAYERS; i++)
        scene->layers[i] =
            (struct fleet_layer){ .console = &consoles[i], .roster = told[i] ? roster_of(told[i]) : NULL };
}

static void tear_down(struct scene *scene)
{
    for (size_t i = 0; i < LAYERS; i++)
        roster_unref(scene->layers[i].roster);
}

/* "NAME/GUID@ADDRESS:SERVER+GROUP(layers that know it)[!]" */
static void show(const struct fleet_merge *merge, char text[TEXT_BYTES])
{
    text[0] = '\0';
    for (size_t i = 0; i < fleet_merge_count(merge); i++) {
        struct fleet_member member;
        struct roster_entry entry;
        const size_t length = strlen(text);
        char knows[LAYERS + 2] = "";
        fleet_merge_at(merge, i, &member);
        strcat(knows, member.configured ? "c" : "");
        for (size_t layer = 0; layer < LAYERS; layer++)
            if (fleet_merge_entry(merge, i, layer, &entry))
                strcat(knows, (const char[]){ (char)('1' + (char)layer), '\0' });
        snprintf(text + length, TEXT_BYTES - length, "%s%s/%s@%s:%s+%s(%s)%s", length ? " " : "", member.name,
                 member.guid, member.address, member.server, member.group, knows, member.retired ? "!" : "");
        assert_int_equal(member.drivers >> DRIVER_VISION & 1, strchr(knows, '3') != NULL);
        assert_int_equal(member.drivers >> DRIVER_CENTRAL & 1, strchr(knows, '1') || strchr(knows, '2'));
    }
}

static const struct {
    const char *configured, *told[LAYERS];
    bool several_servers;
    const char *members;
} cases[] = {
    { "", { NULL, NULL, NULL }, false, "" },
    { "A g1 10.1.0.1 - G", { NULL, NULL, NULL }, false, "A/g1@10.1.0.1:+G(c)" },
    /* one endpoint, told by all: the first that tells a field */
    { "A - 10.1.0.1 - -",
      { "a g1 10.2.0.1 s G1", "A G1 10.3.0.1 s G2", "A g1 10.4.0.1 s G3" },
      false,
      "A/g1@10.1.0.1:apex1+G1(c123)" },
    { "", { "A - - - -", "A g1 10.3.0.1 - -", "A g1 - - G3" }, false, "A/g1@10.3.0.1:apex1+G3(123)" },
    /* no address anywhere: its name, if that can be one */
    { "", { "A g1 - - -; not_a:host g2 - - -", NULL, NULL }, false, "A/g1@A:apex1+(1) not_a:host/g2@:apex1+(1)" },
    /* a GUID counts before a name: renamed there */
    { "A g1 10.1.0.1 - -", { "B g1 10.2.0.1 - -", NULL, NULL }, false, "A/g1@10.1.0.1:apex1+(c1)" },
    { "A g1 10.1.0.1 - -", { "A g2 10.1.0.1 - -", NULL, NULL }, false, "A/g1@10.1.0.1:+(c) A/g2@10.1.0.1:apex1+(1)" },
    /* two of one name: the address tells, or nothing does */
    { "A - 10.1.0.2 - -",
      { "A g1 10.1.0.1 - -; A g2 10.1.0.2 - -", NULL, NULL },
      false,
      "A/g2@10.1.0.2:apex1+(c1) A/g1@10.1.0.1:apex1+(1)" },
    { "A - pc-a - -",
      { "A g1 10.1.0.1 - -; A g2 10.1.0.2 - -", NULL, NULL },
      false,
      "A/@pc-a:+(c) A/g1@10.1.0.1:apex1+(1) A/g2@10.1.0.2:apex1+(1)" },
    { "",
      { "A g1 10.1.0.1 - -; A g2 10.1.0.2 - -", NULL, "A - 10.1.0.2 - -" },
      false,
      "A/g1@10.1.0.1:apex1+(1) A/g2@10.1.0.2:apex1+(13)" },
    /* servers: by the GUID in Apex Central, by name, or not known */
    { "",
      { "A g1 - id-1 -; B g2 - other -", NULL, "C g3 - APEX2 -" },
      true,
      "A/g1@A:apex1+(1) B/g2@B:+(1) C/g3@C:apex2+(3)" },
    { "A - 10.1.0.1 apex1 -; A - 10.1.0.2 apex2 -",
      { "A g1 10.9.0.1 ID-1 -", NULL, "A g2 10.9.0.2 apex2 -" },
      true,
      "A/g1@10.1.0.1:apex1+(c1) A/g2@10.1.0.2:apex2+(c3)" },
    { "A - 10.1.0.1 - -", { "A g1 10.9.0.1 ID-1 -", NULL, NULL }, true, "A/g1@10.1.0.1:apex1+(c1)" },
    { "A - 10.1.0.1 apex2 -",
      { "A g1 10.9.0.1 ID-1 -", NULL, NULL },
      true,
      "A/@10.1.0.1:apex2+(c) A/g1@10.9.0.1:apex1+(1)" },
    /* who has vanished from all that knew it has retired; who is configured never does */
    { "B - 10.1.0.1 - -",
      { "!A g1 10.2.0.1 - -; !B g2 - - -; !C g3 - - -", NULL, "C g3 - - -" },
      false,
      "B/g2@10.1.0.1:apex1+(c1) C/g3@C:apex1+(13) A/g1@10.2.0.1:apex1+(1)!" },
    /* a record alone makes no agent, and is kept for one that somebody knows */
    { "B - 10.1.0.1 - -", { "?A; ?B", NULL, NULL }, false, "B/@10.1.0.1:apex1+(c1)" },
    { "",
      { "?A - 10.1.0.2 - -", "A g1 10.1.0.1 - -; A g2 10.1.0.2 - -", NULL },
      false,
      "A/g1@10.1.0.1:apex1+(2) A/g2@10.1.0.2:apex1+(12)" },
};

static void who_is_one_and_what_it_is_like(void **state)
{
    (void)state;
    static const size_t budgets[] = { 1, 2, 1000 };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < COUNT(budgets); k++) {
            static struct scene scene;
            char text[TEXT_BYTES];
            int more = 1;
            set_up(&scene, cases[i].configured, cases[i].told, cases[i].several_servers);
            struct fleet_merge *merge = fleet_merge_new(&scene.config, scene.layers, LAYERS);
            assert_non_null(merge);
            for (unsigned steps = 0; (more = fleet_merge_step(merge, budgets[k])) > 0; steps++)
                assert_true(steps < 100);
            assert_int_equal(more, 0);
            show(merge, text);
            if (strcmp(text, cases[i].members) != 0)
                fail_msg("case %zu: \"%s\"\nnot \"%s\"", i, text, cases[i].members);
            fleet_merge_free(merge);
            tear_down(&scene);
        }
}

static void without_memory_it_says_so(void **state)
{
    (void)state;
    static struct scene scene;
    set_up(&scene, "A - 10.1.0.1 - -", (const char *const[]){ "A g1 - - -; B g2 - - -", "C g3 - - -", NULL }, false);
    const long before = heap_blocks();
    for (unsigned long first = 1;; first++) {
        heap_fail(first, 1);
        struct fleet_merge *merge = fleet_merge_new(&scene.config, scene.layers, LAYERS);
        const int more = merge ? fleet_merge_step(merge, 1000) : -ENOMEM;
        const bool failed = heap_heal();
        assert_int_equal(more, failed ? -ENOMEM : 0);
        fleet_merge_free(merge);
        assert_int_equal(heap_blocks(), before);
        if (!failed)
            break;
    }
    tear_down(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_one_and_what_it_is_like),
        cmocka_unit_test(without_memory_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
