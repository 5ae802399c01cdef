/* State that can not be used: each fault gives an error that says what is wrong, and never a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/state.h"
#include "daemon/vault.h"
#include "support/chance.h"
#include "support/child.h"
#include "support/folder.h"
#include "support/heap.h"

#include <errno.h>

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 128, ERROR_BYTES = 8192, AGENTS = 500 };

static char folder[PATH_BYTES], file[PATH_BYTES + 16];

static int make_folder(void **test)
{
    (void)test;
    snprintf(folder, sizeof folder, "/tmp/ah-state-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof file, "%s/state.db", folder);
    return 0;
}

static int remove_folder(void **test)
{
    (void)test;
    return folder_remove(folder);
}

/* Opens what can not be opened; the message must name the file and say `why`. */
static void expect_refusal(const char *directory, int expected, const char *why)
{
    struct state *state = NULL;
    char error[ERROR_BYTES] = "";
    const int result = state_open(directory, &state, error, sizeof error);
    assert_int_equal(result, expected);
    assert_null(state);
    if (!strstr(error, why) || strncmp(error, directory, strlen(directory)) != 0)
        fail_msg("\"%s\" does not name %s or say \"%s\"", error, directory, why);
}

static int name_agent(struct state *state, unsigned i, uint32_t *ret_index)
{
    char name[32];
    snprintf(name, sizeof name, "PC-%u", i);
    return state_agent(state, "", "apex1", name, ret_index);
}

static void fill(void)
{
    struct state *state;
    char error[ERROR_BYTES];
    uint32_t index;
    assert_int_equal(state_open(folder, &state, error, sizeof error), 0);
    assert_int_equal(state_begin(state), 0);
    for (unsigned i = 1; i <= AGENTS; i++)
        assert_int_equal(name_agent(state, i, &index), 0);
    assert_int_equal(state_end(state), 0);
    state_close(state);
}

static void write_file(const void *bytes, size_t n)
{
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

static void a_file_that_is_no_database_is_refused(void **test)
{
    (void)test;
    static const char text[] =
        "This is a letter, and not a database at all. It is long enough to have a header, though: "
        "one hundred bytes and more.";
    write_file(text, sizeof text);
    expect_refusal(folder, -EIO, "not a database");
}

static void a_newer_schema_is_refused_and_left_alone(void **test)
{
    (void)test;
    fill();
    sqlite3 *database;
    assert_int_equal(sqlite3_open(file, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "PRAGMA user_version = 3", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    expect_refusal(folder, -EPROTO, "newer version (schema 3)");
    expect_refusal(folder, -EPROTO, "newer version (schema 3)");
    /* Back to ours, everything is there. */
    assert_int_equal(sqlite3_open(file, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    struct state *state;
    char error[ERROR_BYTES];
    uint32_t index;
    assert_int_equal(state_open(folder, &state, error, sizeof error), 0);
    assert_int_equal(name_agent(state, AGENTS, &index), 0);
    assert_int_equal(index, AGENTS);
    state_close(state);
}

static void places_that_do_not_serve_are_refused(void **test)
{
    (void)test;
    char path[2 * PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/not/there", folder);
    expect_refusal(path, -ENOENT, "No such file or directory");
    write_file("", 0); /* a file, where a folder should be */
    expect_refusal(file, -ENOTDIR, "Not a directory");
    assert_int_equal(remove(file), 0);
    assert_int_equal(mkdir(file, 0700), 0); /* a folder, where the file should be */
    expect_refusal(folder, -EISDIR, "Is a directory");
    char *deep = malloc(5001);
    assert_non_null(deep);
    memset(deep, 'x', 5000);
    deep[5000] = 0;
    struct state *state = NULL;
    char error[ERROR_BYTES];
    assert_int_equal(state_open(deep, &state, error, sizeof error), -ENAMETOOLONG);
    assert_non_null(strstr(error, "too long"));
    free(deep);
}

static void a_folder_serves_one_at_a_time(void **test)
{
    (void)test;
    struct state *first, *second;
    char error[ERROR_BYTES];
    assert_int_equal(state_open(folder, &first, error, sizeof error), 0);
    expect_refusal(folder, -EBUSY, "another process keeps its state there");
    state_close(first);
    assert_int_equal(state_open(folder, &second, error, sizeof error), 0);
    state_close(second);
}

/* What root may write, too, is tried as somebody else. */
static int open_readable_only(void)
{
    struct state *state = NULL;
    char error[ERROR_BYTES] = "";
    uint32_t index;
    const int result = state_open(folder, &state, error, sizeof error);
    if (result < 0)
        return *error && !strchr(error, '\n') && !state ? 0 : 1;
    /* It may be opened where nothing has to be written; then writing says so. */
    const bool writes = state_begin(state) == 0 && name_agent(state, AGENTS + 1, &index) == 0 && state_end(state) == 0;
    state_close(state);
    return writes ? 2 : 0;
}

static void a_folder_that_can_not_be_written_is_refused(void **test)
{
    (void)test;
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(child_run_as_nobody(open_readable_only), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    fill();
    assert_int_equal(chmod(file, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(child_run_as_nobody(open_readable_only), 0);
    assert_int_equal(chmod(folder, 0000), 0);
    assert_int_equal(child_run_as_nobody(open_readable_only), 0);
    assert_int_equal(chmod(folder, 0755), 0);
}

static void forget_journals(void)
{
    char path[2 * PATH_BYTES + 16];
    static const char *const suffixes[] = { "-wal", "-shm", "-journal" };
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", file, suffixes[i]);
        if (remove(path) < 0)
            assert_int_equal(errno, ENOENT);
    }
}

/* What is refused says why the system does, be it to us or to SQLite. */
static const char *file_that_is_shut(void)
{
    assert_int_equal(chmod(file, 0000), 0);
    return "/state.db: Permission denied";
}

static const char *folder_without_room_for_journals(void)
{
    assert_int_equal(chmod(file, 0666), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    return "/state.db: Permission denied";
}

static const char *journal_that_is_shut(void)
{
    char wal[2 * PATH_BYTES + 16];
    snprintf(wal, sizeof wal, "%s-wal", file);
    FILE *out = fopen(wal, "w");
    assert_non_null(out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(wal, 0000), 0);
    assert_int_equal(chmod(file, 0666), 0);
    return "/state.db: unable to open database file: Permission denied";
}

static const char *expected;

static int open_refused(void)
{
    struct state *state = NULL;
    char error[ERROR_BYTES] = "";
    if (state_open(folder, &state, error, sizeof error) == 0)
        return 1;
    return strcmp(error + strlen(folder), expected) == 0 ? 0 : 2;
}

static void a_refusal_names_the_systems_reason(void **test)
{
    (void)test;
    static const char *(*const refusals[])(void) = { file_that_is_shut, folder_without_room_for_journals,
                                                     journal_that_is_shut };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        assert_int_equal(chmod(folder, 0777), 0);
        fill();
        expected = refusals[i]();
        assert_int_equal(child_run_as_nobody(open_refused), 0);
        assert_int_equal(chmod(folder, 0777), 0);
        assert_int_equal(remove(file), 0);
        forget_journals();
    }
}

static void what_is_made_is_nobody_elses(void **test)
{
    (void)test;
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char path[2 * PATH_BYTES + 16], error[ERROR_BYTES];
    struct stat status;
    struct state *state;
    const mode_t before = umask(0022);
    assert_int_equal(state_open(folder, &state, error, sizeof error), 0);
    umask(before);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", file, suffixes[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    state_close(state);
}

static void an_empty_file_is_told_from_none(void **test)
{
    (void)test;
    struct state *state;
    char error[ERROR_BYTES];
    for (unsigned life = 0; life < 3; life++) {
        if (life == 2)
            write_file("", 0);
        assert_int_equal(state_open(folder, &state, error, sizeof error), 0);
        assert_int_equal(state_was_empty(state), life == 2);
        state_close(state);
    }
}

/* Uses a state that may be damaged: every call may fail, none may crash or touch what it should give. */
static bool use_damaged(void)
{
    struct state *state = NULL;
    char error[ERROR_BYTES] = "";
    uint32_t index;
    if (state_open(folder, &state, error, sizeof error) < 0) {
        assert_null(state);
        assert_true(*error && !strchr(error, '\n'));
        return false;
    }
    bool good = state_begin(state) == 0;
    for (unsigned i = 1; i <= AGENTS + 20; i++) {
        index = 12345678;
        if (name_agent(state, i, &index) < 0) {
            assert_int_equal(index, 12345678);
            good = false;
        }
    }
    good = state_end(state) == 0 && good;
    state_close(state);
    return good;
}

static void damage_anywhere_is_survived(void **test)
{
    (void)test;
    struct stat status;
    fill();
    assert_int_equal(stat(file, &status), 0);
    const size_t size = (size_t)status.st_size;
    unsigned char *whole = malloc(size), *broken = malloc(size);
    assert_true(whole && broken);
    FILE *in = fopen(file, "r");
    assert_non_null(in);
    assert_int_equal(fread(whole, 1, size, in), size);
    fclose(in);

    struct chance chance = chance_of(5);
    unsigned refused = 0;
    for (unsigned i = 0; i < 200; i++) {
        size_t left = size;
        memcpy(broken, whole, size);
        if (i % 2)
            left = chance_below(&chance, (uint32_t)size);
        for (unsigned n = 0; i % 2 == 0 && n < 1 + i; n++)
            broken[chance_below(&chance, (uint32_t)size)] ^= (unsigned char)(1 + chance_below(&chance, 255));
        forget_journals();
        write_file(broken, left);
        refused += !use_damaged();
    }
    assert_true(refused > 50); /* else the damage is too small to be a test */
    free(whole);
    free(broken);
}

static int fill_a_full_disk(void)
{
    /* A file may not grow beyond this: writing fails as on a full disk, with no signal. */
    const struct rlimit limit = { 64 * 1024, 64 * 1024 };
    struct state *state;
    char error[ERROR_BYTES];
    uint32_t index;
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0 || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return 100;
    if (state_open(folder, &state, error, sizeof error) < 0 || state_begin(state) < 0)
        return 101;
    int result = 0;
    for (unsigned i = 1; i <= 50000 && result == 0; i++)
        result = name_agent(state, i, &index);
    const int end = state_end(state);
    /* It goes on: what was rolled back is not there, and there is room for little. */
    const bool again = state_begin(state) == 0;
    const int small = state_index(state, SUBJECT_SERVER, "apex1", &index);
    const int closing = again ? state_end(state) : -1;
    state_close(state);
    return result == 0 && end == 0 ? 1 : !again || small < 0 || closing < 0 ? 2 : 0;
}

static void a_full_disk_is_an_error_and_not_the_end(void **test)
{
    (void)test;
    assert_int_equal(child_run(fill_a_full_disk), 0);
    fill(); /* nothing half-done was left behind */
}

static int commit_to_a_full_disk(void)
{
    struct rlimit limit;
    struct state *state;
    char error[ERROR_BYTES];
    uint32_t index;
    struct stat status;
    char wal[2 * PATH_BYTES + 16];
    snprintf(wal, sizeof wal, "%s-wal", file);
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || getrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 100;
    if (state_open(folder, &state, error, sizeof error) < 0 || state_begin(state) < 0)
        return 101;
    /* So few that all of it waits for the end. */
    for (unsigned i = 1; i <= AGENTS; i++)
        if (name_agent(state, i, &index) < 0)
            return 102;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = stat(wal, &status) == 0 ? (rlim_t)status.st_size : 0;
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 103;
    if (state_end(state) == 0)
        return 1;
    limit.rlim_cur = before;
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 104;
    /* There is room again: nothing of it is there, and it can be done. The indexes may be in use by now, though: they
     * are not given to others. */
    if (state_begin(state) < 0 || name_agent(state, 7, &index) < 0 || state_end(state) < 0)
        return 2;
    state_close(state);
    return index == AGENTS + 1 ? 0 : 3;
}

static void a_commit_that_fails_is_taken_back(void **test)
{
    (void)test;
    assert_int_equal(child_run(commit_to_a_full_disk), 0);
}

static void another_process_that_writes_is_waited_for_and_then_reported(void **test)
{
    (void)test;
    struct state *state;
    char error[ERROR_BYTES];
    uint32_t index;
    sqlite3 *other;
    fill();
    assert_int_equal(state_open(folder, &state, error, sizeof error), 0);
    assert_int_equal(sqlite3_open(file, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_true(state_begin(state) < 0);
    assert_true(name_agent(state, AGENTS + 1, &index) < 0);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(state_begin(state), 0);
    assert_int_equal(name_agent(state, AGENTS + 1, &index), 0);
    assert_int_equal(index, AGENTS + 1);
    assert_int_equal(state_end(state), 0);
    state_close(state);
}

static void without_memory_there_is_no_state_but_an_error(void **test)
{
    (void)test;
    struct state *state = NULL;
    char error[ERROR_BYTES] = "";
    heap_fail(1, 1);
    const int result = state_open(folder, &state, error, sizeof error);
    assert_true(heap_heal());
    assert_int_equal(result, -ENOMEM);
    assert_null(state);
    assert_true(*error);
}

/* SQLite has so much room when a change begins, and then finds that it is not enough. */
static void what_fails_without_memory_is_taken_back_and_can_be_done_again(void **test)
{
    (void)test;
    struct state *state;
    char error[ERROR_BYTES];
    uint32_t index;
    unsigned agents = AGENTS, failures[2] = { 0 };
    struct vault *vault;
    struct vault_batch batch = { .is_last = true };
    const struct vault_batch *batches[] = { &batch };
    static uint32_t told[500];
    fill();
    assert_int_equal(state_open(folder, &state, error, sizeof error), 0);
    assert_int_equal(vault_open(folder, &vault, error), 0);
    for (int64_t room = 0; room < 16384; room += 64) {
        int result = state_begin(state);
        assert_int_equal(result, 0);
        assert_int_equal(name_agent(state, ++agents, &index), 0);
        sqlite3_hard_heap_limit64(sqlite3_memory_used() + room);
        for (unsigned i = 0; i < room % 3 * 50 && result == 0; i++)
            result = name_agent(state, ++agents, &index);
        const int commit = state_end(state);
        failures[0] += result < 0 || commit < 0;
        failures[1] += vault_save(vault, batches, 1, told, (size_t)room % 5 * 100, error) < 0;
        sqlite3_hard_heap_limit64(0);
        assert_int_equal(vault_save(vault, batches, 1, told, 1, error), 0);
    }
    assert_true(failures[0] > 1 && failures[1] > 1);
    assert_int_equal(state_begin(state), 0);
    assert_int_equal(name_agent(state, agents + 1, &index), 0);
    assert_int_equal(state_end(state), 0);
    vault_close(vault);
    state_close(state);
    assert_int_equal(state_open(folder, &state, error, sizeof error), 0);
    assert_int_equal(name_agent(state, agents + 1, &agents), 0);
    assert_int_equal(agents, index);
    state_close(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_is_no_database_is_refused),
        TEST(a_newer_schema_is_refused_and_left_alone),
        TEST(places_that_do_not_serve_are_refused),
        TEST(a_folder_serves_one_at_a_time),
        TEST(a_folder_that_can_not_be_written_is_refused),
        TEST(a_refusal_names_the_systems_reason),
        TEST(what_is_made_is_nobody_elses),
        TEST(an_empty_file_is_told_from_none),
        TEST(damage_anywhere_is_survived),
        TEST(a_full_disk_is_an_error_and_not_the_end),
        TEST(a_commit_that_fails_is_taken_back),
        TEST(another_process_that_writes_is_waited_for_and_then_reported),
        TEST(without_memory_there_is_no_state_but_an_error),
        TEST(what_fails_without_memory_is_taken_back_and_can_be_done_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
