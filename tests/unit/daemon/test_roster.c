/* What becomes of the rounds of one console: who is listed, who has vanished, and what is on record of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/roster_file.h"
#include "support/heap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOUR_MS = 3600000, TEXT_BYTES = 2048 };

struct scene {
    const struct roster *roster; /* of the last round */
    struct roster_news news;
    int64_t now_ms;
    int64_t booted_ms; /* when the machine started, by which its clock counts */
    bool at_once;      /* who vanishes is not kept */
    char text[TEXT_BYTES];
};

/* "a NAME [GUID] [ADDRESS] [SERVER]" and "r NAME [ADDRESS] [RECORDED] [PATTERN] [WALL] [GUID]", separated by ";", with
 * "-" for what is not told. */
static int tell(struct roster_draft *draft, const char *said)
{
    char copy[1024], *save = NULL;
    int error = 0;
    snprintf(copy, sizeof copy, "%s", said);
    for (char *item = strtok_r(copy, ";", &save); item && error == 0; item = strtok_r(NULL, ";", &save)) {
        char words[7][300] = { "" };
        const int n = sscanf(item, " %299s %299s %299s %299s %299s %299s %299s", words[0], words[1], words[2], words[3],
                             words[4], words[5], words[6]);
        assert_true(n >= 2);
        for (size_t i = 0; i < 7; i++)
            if (strcmp(words[i], "-") == 0)
                words[i][0] = '\0';
        if (words[0][0] == 'a')
            error = roster_draft_agent(
                draft, &(struct console_agent){
                           .name = words[1], .guid = words[2], .address = words[3], .server = words[4], .group = "G" });
        else
            error = roster_draft_record(draft, &(struct console_record){ .name = words[1],
                                                                         .address = words[2],
                                                                         .recorded = (uint8_t)atoi(words[3]),
                                                                         .pattern = (uint8_t)atoi(words[4]),
                                                                         .wall_ms = atoi(words[5]),
                                                                         .guid = words[6],
                                                                         .pattern_version = words[4],
                                                                         .engine_version = "" });
    }
    return error;
}

static int round_of(struct scene *scene, const char *said, bool whole, uint32_t hidden)
{
    struct roster_draft *draft = roster_draft_new(scene->roster);
    const struct roster_round round = { .now_ms = scene->now_ms,
                                        .retire_ms = scene->at_once ? 0 : 72 * INT64_C(3600000),
                                        .whole = whole,
                                        .hidden = hidden };
    const struct roster *roster = NULL;
    if (!draft)
        return -ENOMEM;
    int error = tell(draft, said);
    if (error < 0)
        roster_draft_free(draft);
    else
        error = roster_finish(draft, &round, &roster, &scene->news);
    if (error < 0)
        return error;
    roster_unref(scene->roster);
    scene->roster = roster;
    return 0;
}

/* "NAME[/GUID][@ADDRESS][*twin][!vanished | ?record alone][=RECORDED.PATTERN]" of each, in order. */
static const char *shown(struct scene *scene)
{
    scene->text[0] = '\0';
    for (size_t i = 0; i < roster_count(scene->roster); i++) {
        struct roster_entry entry;
        char record[32] = "";
        const size_t length = strlen(scene->text);
        roster_at(scene->roster, i, &entry);
        if (entry.recorded || entry.pattern)
            snprintf(record, sizeof record, "=%u.%u", entry.recorded, entry.pattern);
        snprintf(scene->text + length, sizeof scene->text - length, "%s%s%s%s%s%s%s%s%s", length ? " " : "", entry.name,
                 *entry.guid ? "/" : "", entry.guid, *entry.address ? "@" : "", entry.address, entry.twin ? "*" : "",
                 entry.kind == ROSTER_GONE     ? "!"
                 : entry.kind == ROSTER_RECORD ? "?"
                                               : "",
                 record);
    }
    return scene->text;
}

struct step {
    unsigned hour;
    const char *said, *shown;
    size_t vanished;
    bool partial;    /* the records are not whole */
    uint32_t hidden; /* items that made no sense */
};

/* The roster goes through a file, and the machine through a restart. */
static void restart(struct scene *scene)
{
    char path[] = "/tmp/ah-roster-XXXXXX";
    const int64_t wall_ms = scene->booted_ms + scene->now_ms, off_ms = 100 * HOUR_MS + 7;
    const struct now before = { .mono_ms = scene->now_ms, .wall_ms = wall_ms };
    const struct now after = { .mono_ms = scene->now_ms - off_ms, .wall_ms = wall_ms };
    const struct roster *roster;
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    assert_int_equal(roster_file_write(path, scene->roster, &before), 0);
    assert_int_equal(roster_file_read(path, &after, &roster), 0);
    assert_int_equal(unlink(path), 0);
    roster_unref(scene->roster);
    scene->roster = roster;
    scene->booted_ms += off_ms;
}

static void play_with(const struct step *steps, size_t n, bool restarts)
{
    struct scene scene = { 0 };
    for (size_t i = 0; i < n; i++) {
        scene.now_ms = INT64_C(1000) + steps[i].hour * (int64_t)HOUR_MS - scene.booted_ms;
        assert_int_equal(round_of(&scene, steps[i].said, !steps[i].partial, steps[i].hidden), 0);
        if (strcmp(shown(&scene), steps[i].shown) != 0 || scene.news.vanished != steps[i].vanished)
            fail_msg("step %zu: \"%s\", %zu vanished", i, scene.text, scene.news.vanished);
        if (restarts)
            restart(&scene);
    }
    roster_unref(scene.roster);
}

/* It is the same with restarts between the rounds. */
static void play(const struct step *steps, size_t n)
{
    play_with(steps, n, false);
    play_with(steps, n, true);
}
#define PLAY(...)                                                                                                      \
    play((const struct step[]){ __VA_ARGS__ }, sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step))

static void who_vanishes_is_kept_for_a_while(void **state)
{
    (void)state;
    PLAY({ 0, "a A g1 10.1; a B g2; a C", "A/g1@10.1 B/g2 C", 0, false, 0 },
         { 1, "a A g1 10.1", "A/g1@10.1 B/g2! C!", 2, false, 0 }, { 2, "a A g1; a b G2", "A/g1 b/G2 C!", 0, false, 0 },
         { 72, "a A g1; a b g2", "A/g1 b/g2 C!", 0, false, 0 }, { 73, "a A g1; a b g2", "A/g1 b/g2", 0, false, 0 },
         { 74, "", "A/g1! b/g2!", 2, false, 0 }, { 75, "a A g1", "A/g1 b/g2!", 0, false, 0 });
}

static void items_that_make_no_sense_may_be_the_missing(void **state)
{
    (void)state;
    PLAY({ 0, "a A; a B; a C", "A B C", 0, false, 0 }, { 1, "a A; a B", "A B C", 0, false, 1 },
         { 2, "a A", "A B! C!", 2, false, 1 }, { 3, "a A", "A B! C!", 0, false, 5 });
}

static void who_vanishes_may_be_removed_at_once(void **state)
{
    (void)state;
    struct scene scene = { .at_once = true };
    static const struct step steps[] = {
        { 0, "a A g1; a B; r X - 3 1 5", "A/g1 B X?=3.1", 0, false, 0 },
        { 1, "a A g1", "A/g1", 1, false, 0 },
        { 2, "a B", "B", 1, false, 0 },
        { 3, "a A", "A B", 0, false, 1 }, /* it may be what made no sense */
        { 4, "a C", "C A! B!", 2, false, 1 },
        { 5, "a C", "C", 0, false, 0 },
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        scene.now_ms = 1000 + (int64_t)i;
        assert_int_equal(round_of(&scene, steps[i].said, true, steps[i].hidden), 0);
        if (strcmp(shown(&scene), steps[i].shown) != 0 || scene.news.vanished != steps[i].vanished)
            fail_msg("step %zu: \"%s\", %zu vanished", i, scene.text, scene.news.vanished);
    }
    roster_unref(scene.roster);
}

static void records_are_kept_field_by_field(void **state)
{
    (void)state;
    PLAY({ 0, "a A g1 10.1; a B; r A 10.1 3 1 50; r B - 4 - 60", "A/g1@10.1=3.1 B=4.0", 0, false, 0 },
         { 1, "a A g1; a B; r A - - 5 70; r B - - 2 80", "A/g1=3.5 B=4.2", 0, false, 0 },
         { 2, "a A g1; a B", "A/g1=3.5 B=4.2", 0, false, 0 },
         { 3, "a A g1; a B; r a - 7 - 90; r A - 2 - 10", "A/g1=7.5 B=4.2", 0, false, 0 }, /* an older one */
         { 4, "a B; r A - 2 - 95", "B=4.2 A/g1!=2.5", 1, false, 0 },                      /* its record still comes */
         { 5, "a B; a A g1", "B=4.2 A/g1=2.5", 0, false, 0 });
    /* Of hosts that the inventory does not have: nobody's but a record, and not for ever. */
    PLAY({ 0, "a A; r X - 3 1 5", "A X?=3.1", 0, false, 0 }, { 1, "a A; r X - - 4 6", "A X?=3.4", 0, false, 0 },
         { 72, "a A", "A X?=3.4", 0, false, 0 }, { 73, "a A", "A", 0, false, 0 });
    PLAY({ 0, "a A; r X - 3 1 5", "A X?=3.1", 0, false, 0 }, { 1, "a A; a X g9", "A X/g9=3.1", 0, false, 0 });
}

static void one_name_and_two_guids_are_two(void **state)
{
    (void)state;
    PLAY({ 0, "a A g1 10.1; a A g2 10.2; r A 10.2 3 1 5; r A - 7 7 6; r A 10.9 7 7 6", "A/g1@10.1* A/g2@10.2*=3.1", 0,
           false, 0 },
         { 1, "a A g2 10.2", "A/g2@10.2=3.1 A/g1@10.1*!", 1, false, 0 },
         { 2, "a A g2 10.2; r A - 4 2 7", "A/g2@10.2=4.2 A/g1@10.1*!", 0, false, 0 });
}

static void copies_of_one_disk_are_known_by_name(void **state)
{
    (void)state;
    PLAY({ 0, "a A gx; a B gx; a C gx; a D g4", "A B C D/g4", 0, false, 0 },
         /* everybody twice, with a GUID that all the second ones share */
         { 1, "a A g1; a A gx; a B g2; a B gx; a C g3; a C gx", "A/g1 B/g2 C/g3 D/g4!", 1, false, 0 });
    PLAY({ 0, "a A g1; a A g1; a a g1; a B; a B; a . g; a x/y g2", "A/g1 B", 0, false, 0 });
    /* the name alone, and the name with a GUID, are one */
    PLAY({ 0, "a A; a A g1", "A/g1", 0, false, 0 }, { 1, "a A g1; a A", "A/g1", 0, false, 0 });
    /* at different servers they are two */
    PLAY({ 0, "a A - - s1; a A - - s2", "A* A*", 0, false, 0 });
}

static void a_round_that_is_not_whole_confirms_nothing(void **state)
{
    (void)state;
    struct scene scene = { .now_ms = 5 };
    assert_int_equal(roster_confirmed_ms(NULL), 0);
    assert_int_equal(round_of(&scene, "a A; r A - 3 1 5", false, 0), 0);
    assert_int_equal(roster_confirmed_ms(scene.roster), 0);
    assert_string_equal(shown(&scene), "A=3.1");
    scene.now_ms = 7;
    assert_int_equal(round_of(&scene, "a A", true, 0), 0);
    assert_int_equal(roster_confirmed_ms(scene.roster), 7);
    scene.now_ms = 9;
    assert_int_equal(round_of(&scene, "a A", false, 0), 0);
    assert_int_equal(roster_confirmed_ms(scene.roster), 7);
    roster_unref(scene.roster);
}

static void a_hundred_thousand_of_one_name_take_no_time(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    struct roster_draft *draft = roster_draft_new(NULL);
    const struct roster *roster;
    struct roster_news news;
    char guid[32];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(guid, sizeof guid, "guid-%u", i);
        assert_int_equal(roster_draft_agent(draft, &(struct console_agent){ "PC", guid, "", "", "" }), 0);
        assert_int_equal(roster_draft_record(draft, &(struct console_record){ .name = "PC",
                                                                              .guid = "",
                                                                              .address = "",
                                                                              .recorded = 3,
                                                                              .pattern_version = "",
                                                                              .engine_version = "" }),
                         0);
    }
    assert_int_equal(roster_finish(draft, &(struct roster_round){ .now_ms = 1, .retire_ms = 1 }, &roster, &news), 0);
    assert_int_equal(news.listed, MANY);
    roster_unref(roster);
}

static void without_memory_nothing_is_lost(void **state)
{
    (void)state;
    const long before = heap_blocks();
    for (unsigned long first = 1;; first++) {
        struct scene scene = { .now_ms = 1 };
        assert_int_equal(round_of(&scene, "a A g1 10.1; a B; r A - 3 1 5; r X - 4 2 5", true, 0), 0);
        scene.now_ms = 2;
        heap_fail(first, 1);
        const int error = round_of(&scene, "a A g1; a C g3 10.3; a C g4; r C 10.3 3 1 5; r Y - 3 1 5", true, 0);
        const bool failed = heap_heal();
        /* giving memory back may fail, which is no harm */
        assert_true(error == 0 || (failed && error == -ENOMEM));
        assert_string_equal(shown(&scene),
                            error ? "A/g1@10.1=3.1 B X?=4.2" : "A/g1=3.1 C/g3@10.3*=3.1 C/g4* B! Y?=3.1 X?=4.2");
        roster_unref(scene.roster);
        assert_int_equal(heap_blocks(), before);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_vanishes_is_kept_for_a_while),
        cmocka_unit_test(items_that_make_no_sense_may_be_the_missing),
        cmocka_unit_test(who_vanishes_may_be_removed_at_once),
        cmocka_unit_test(records_are_kept_field_by_field),
        cmocka_unit_test(one_name_and_two_guids_are_two),
        cmocka_unit_test(copies_of_one_disk_are_known_by_name),
        cmocka_unit_test(a_round_that_is_not_whole_confirms_nothing),
        cmocka_unit_test(a_hundred_thousand_of_one_name_take_no_time),
        cmocka_unit_test(without_memory_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
