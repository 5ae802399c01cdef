/* Rosters in files: what comes back, what is refused, what is left of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/roster_file.h"
#include "support/chance.h"
#include "support/folder.h"
#include "support/heap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BYTES_MAX = 4096 };

static const struct now now = { .mono_ms = 5000000, .wall_ms = INT64_C(1700000000000) };

static int make_folder(void **test)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/ah-roster-XXXXXX");
    *test = path;
    return mkdtemp(path) ? 0 : -1;
}

static int remove_folder(void **test)
{
    return folder_remove(*test);
}

/* Two listed ones, one that has vanished, a record of somebody else. */
static const struct roster *some_roster(void)
{
    const struct roster *roster = NULL;
    for (int64_t round = 1; round <= 2; round++) {
        struct roster_draft *draft = roster_draft_new(roster);
        const struct roster *before = roster;
        const struct console_agent agents[] = { { "A", "g1", "srv", "HQ\\Sales", "10.0.0.1" },
                                                { "B", "", "srv", "HQ\\Sales", "" },
                                                { "C", "g3", "", "", "10.0.0.3" } };
        const struct console_record records[] = {
            { "A", "g1", "", 77, 3, 2, 1, "19.429.80", "21.6" },
            { "Z", "", "10.0.0.9", 0, 0, 255, 0, "", "" },
        };
        struct roster_news news;
        assert_non_null(draft);
        for (int64_t i = 0; i < 4 - round; i++)
            assert_int_equal(roster_draft_agent(draft, &agents[i]), 0);
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(roster_draft_record(draft, &records[i]), 0);
        assert_int_equal(
            roster_finish(draft,
                          &(struct roster_round){ .now_ms = now.mono_ms - 9 + round, .retire_ms = 1000, .whole = true },
                          &roster, &news),
            0);
        roster_unref(before);
    }
    assert_int_equal(roster_count(roster), 4);
    return roster;
}

static size_t bytes_of(const char *path, uint8_t bytes[BYTES_MAX])
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t n = fread(bytes, 1, BYTES_MAX, file);
    fclose(file);
    assert_in_range(n, 1, BYTES_MAX - 1);
    return n;
}

static void what_was_told_comes_back_unconfirmed(void **folder)
{
    char *path = roster_file_path(*folder, DRIVER_CENTRAL, "hq");
    const struct roster *roster = some_roster(), *back, *none;
    struct stat status;
    assert_int_equal(roster_file_read(path, &now, &none), -ENOENT);
    assert_int_equal(roster_file_write(path, roster, &now), 0);
    assert_int_equal(roster_file_read(path, &now, &back), 0);
    assert_true(roster_equal(roster, back));
    assert_true(roster_confirmed_ms(roster) > 0);
    assert_int_equal(roster_confirmed_ms(back), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    roster_unref(back);
    roster_unref(roster);
    free(path);
}

static void an_empty_roster_is_one(void **folder)
{
    char *path = roster_file_path(*folder, DRIVER_VISION, "eu");
    struct roster_draft *draft = roster_draft_new(NULL);
    const struct roster *roster, *back;
    struct roster_news news;
    assert_int_equal(roster_finish(draft, &(struct roster_round){ .now_ms = 1 }, &roster, &news), 0);
    assert_int_equal(roster_file_write(path, roster, &now), 0);
    assert_int_equal(roster_file_read(path, &now, &back), 0);
    assert_int_equal(roster_count(back), 0);
    roster_unref(back);
    roster_unref(roster);
    free(path);
}

static void two_are_equal_that_tell_the_same(void **folder)
{
    const struct roster *roster = some_roster(), *same = some_roster();
    struct roster_draft *draft = roster_draft_new(roster);
    const struct roster *other;
    struct roster_news news;
    (void)folder;
    assert_true(roster_equal(roster, same));
    assert_true(roster_equal(NULL, NULL));
    assert_false(roster_equal(NULL, roster));
    assert_false(roster_equal(roster, NULL));
    assert_int_equal(
        roster_finish(draft, &(struct roster_round){ .now_ms = now.mono_ms, .retire_ms = 1000 }, &other, &news), 0);
    assert_int_equal(roster_count(other), 4);
    assert_false(roster_equal(roster, other)); /* all have vanished */
    roster_unref(other);
    roster_unref(same);
    roster_unref(roster);
}

static void a_file_that_was_touched_is_refused(void **folder)
{
    char *path = roster_file_path(*folder, DRIVER_CENTRAL, "hq");
    const struct roster *roster = some_roster(), *back;
    uint8_t bytes[BYTES_MAX];
    assert_int_equal(roster_file_write(path, roster, &now), 0);
    size_t n = bytes_of(path, bytes);
    assert_int_equal(roster_file_thaw(bytes, n, &now, &back), 0);
    roster_unref(back);
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 0x10;
        assert_int_equal(roster_file_thaw(bytes, n, &now, &back), -EPROTO);
        bytes[i] ^= 0x10;
        assert_int_equal(roster_file_thaw(bytes, i, &now, &back), -EPROTO);
    }
    bytes[n] = 0;
    assert_int_equal(roster_file_thaw(bytes, n + 1, &now, &back), -EPROTO);
    roster_unref(roster);
    free(path);
}

/* As somebody would who wants to be read. */
static void put_sum(uint8_t *bytes, size_t n)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n - 8; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
    for (size_t i = 0; i < 8; i++)
        bytes[n - 8 + i] = (uint8_t)(sum >> 8 * i);
}

/* The head has 9 bytes, a row 57: seven places of texts, the kind, four more bytes and three times. */
static void a_file_that_makes_no_sense_is_refused(void **folder)
{
    enum { HEAD = 9, ROW = 57 };
    static const struct {
        size_t at;
        uint8_t value;
    } rows[] = {
        { 0, 2 },                 /* another version */
        { 1, 5 },                 /* more rows than there are */
        { 5, 9 },                 /* fewer texts */
        { HEAD + 1, 0xff },       /* a text beyond them */
        { HEAD, 0 },              /* no name */
        { HEAD + 28, 3 },         /* no such kind */
        { HEAD + 28, 2 },         /* a record before those who are listed */
        { HEAD + ROW + 29, 200 }, /* no such record */
        { HEAD + ROW + 32, 2 },   /* neither yes nor no */
    };
    char *path = roster_file_path(*folder, DRIVER_CENTRAL, "hq");
    const struct roster *roster = some_roster(), *back;
    uint8_t bytes[BYTES_MAX];
    assert_int_equal(roster_file_write(path, roster, &now), 0);
    const size_t n = bytes_of(path, bytes);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t was = bytes[rows[i].at];
        bytes[rows[i].at] = rows[i].value;
        put_sum(bytes, n);
        if (roster_file_thaw(bytes, n, &now, &back) != -EPROTO)
            fail_msg("row %zu is read", i);
        bytes[rows[i].at] = was;
    }
    put_sum(bytes, n);
    assert_int_equal(roster_file_thaw(bytes, n, &now, &back), 0);
    roster_unref(back);
    roster_unref(roster);
    free(path);
}

static void whatever_is_read_can_be_used(void **folder)
{
    char *path = roster_file_path(*folder, DRIVER_CENTRAL, "hq");
    const struct roster *roster = some_roster(), *back;
    struct chance chance = chance_of(1);
    uint8_t bytes[BYTES_MAX];
    size_t read = 0;
    assert_int_equal(roster_file_write(path, roster, &now), 0);
    const size_t n = bytes_of(path, bytes);
    for (unsigned i = 0; i < 20000; i++) {
        const size_t at = chance_below(&chance, (uint32_t)n - 8);
        const uint8_t was = bytes[at];
        bytes[at] = (uint8_t)chance_below(&chance, 256);
        put_sum(bytes, n);
        const int error = roster_file_thaw(bytes, n, &now, &back);
        assert_true(error == 0 || error == -EPROTO);
        for (size_t k = 0; error == 0 && k < roster_count(back); k++) {
            struct roster_entry entry;
            roster_at(back, k, &entry);
            assert_true(*entry.name && strlen(entry.name) + strlen(entry.group) <= 510);
        }
        if (error == 0)
            roster_unref(back);
        read += error == 0;
        bytes[at] = was;
    }
    assert_in_range(read, 1000, 19000);
    roster_unref(roster);
    free(path);
}

static void what_can_not_be_written_leaves_the_old_one(void **folder)
{
    char *path = roster_file_path(*folder, DRIVER_CENTRAL, "hq"), beside[128];
    const struct roster *roster = some_roster(), *back;
    assert_int_equal(roster_file_write(path, roster, &now), 0);
    snprintf(beside, sizeof beside, "%s.new", path);
    assert_int_equal(mkdir(beside, 0700), 0);
    assert_int_equal(roster_file_write(path, roster, &now), -EISDIR);
    assert_int_equal(roster_file_read(path, &now, &back), 0);
    roster_unref(back);
    assert_int_equal(rmdir(beside), 0);
    assert_int_equal(roster_file_write("/nowhere/at.roster", roster, &now), -ENOENT);
    assert_int_equal(roster_file_read(*folder, &now, &back), -EPROTO); /* no file */
    roster_unref(roster);
    free(path);
}

static void without_memory_nothing_is_left(void **folder)
{
    char *path = roster_file_path(*folder, DRIVER_CENTRAL, "hq");
    const struct roster *roster = some_roster(), *back = NULL;
    unsigned long first = 1;
    int error = -ENOMEM;
    assert_int_equal(roster_file_write(path, roster, &now), 0);
    for (; error == -ENOMEM; first++) {
        const long blocks = heap_blocks();
        heap_fail(first, 1);
        error = roster_file_read(path, &now, &back);
        heap_heal();
        if (error < 0)
            assert_int_equal(heap_blocks(), blocks);
    }
    assert_int_equal(error, 0);
    assert_true(first > 4);
    roster_unref(back);
    for (first = 1, error = -ENOMEM; error == -ENOMEM; first++) {
        heap_fail(first, 1);
        error = roster_file_write(path, roster, &now);
        heap_heal();
    }
    assert_int_equal(error, 0);
    assert_true(first > 2);
    roster_unref(roster);
    free(path);
}

static void each_section_has_a_file(void **folder)
{
    static const struct {
        enum driver driver;
        const char *section, *name;
    } rows[] = {
        { DRIVER_CENTRAL, "hq", "central-hq.roster" },
        { DRIVER_CENTRAL, "HQ", "central-hq.roster" },
        { DRIVER_VISION, "hq", "vision-hq.roster" },
        { DRIVER_CENTRAL, "a/../b c", "central-a%2f%2e%2e%2fb%20c.roster" },
        { DRIVER_CENTRAL, "\xe6\x9d\xb1", "central-%e6%9d%b1.roster" },
    };
    (void)folder;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = roster_file_path("/x", rows[i].driver, rows[i].section);
        assert_memory_equal(path, "/x/", 3);
        assert_string_equal(path + 3, rows[i].name);
        free(path);
    }
}

static void files_of_who_is_gone_are_removed(void **folder)
{
    static const struct {
        const char *name;
        bool stays;
    } rows[] = {
        { "central-hq.roster", true }, { "central-hq.roster.new", true },
        { "vision-hq.roster", false }, { "central-hq2.roster", false },
        { "central-h.roster", false }, { "vision-eu.roster.new", false },
        { "state.db", true },          { ".roster", true },
    };
    char *path = roster_file_path(*folder, DRIVER_CENTRAL, "hq"), at[128];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(at, sizeof at, "%s/%s", (const char *)*folder, rows[i].name);
        FILE *file = fopen(at, "w");
        assert_non_null(file);
        fclose(file);
    }
    assert_int_equal(roster_file_forget_others(*folder, &path, 1), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(at, sizeof at, "%s/%s", (const char *)*folder, rows[i].name);
        if ((access(at, F_OK) == 0) != rows[i].stays)
            fail_msg("%s", rows[i].name);
    }
    assert_int_equal(roster_file_forget_others("/nowhere", &path, 1), -ENOENT);
    free(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_told_comes_back_unconfirmed),
        TEST(an_empty_roster_is_one),
        TEST(two_are_equal_that_tell_the_same),
        TEST(a_file_that_was_touched_is_refused),
        TEST(a_file_that_makes_no_sense_is_refused),
        TEST(whatever_is_read_can_be_used),
        TEST(what_can_not_be_written_leaves_the_old_one),
        TEST(without_memory_nothing_is_left),
        TEST(each_section_has_a_file),
        TEST(files_of_who_is_gone_are_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
