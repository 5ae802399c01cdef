/* A database whose file is taken away while it is open: it is noticed, and made anew with every index, unless something
 * else has its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/state.h"
#include "support/child.h"
#include "support/folder.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 128, ERROR_BYTES = 8192, AGENTS = 500 };

/* The state is in a folder within the test's, so that it can be removed. */
static char top[PATH_BYTES], folder[PATH_BYTES + 16], file[PATH_BYTES + 32], away[PATH_BYTES + 16];

static int make_folder(void **test)
{
    (void)test;
    snprintf(top, sizeof top, "/tmp/ah-gone-XXXXXX");
    if (!mkdtemp(top))
        return -1;
    snprintf(folder, sizeof folder, "%s/state", top);
    snprintf(file, sizeof file, "%s/state.db", folder);
    snprintf(away, sizeof away, "%s/away", top);
    return 0;
}

static int remove_folder(void **test)
{
    (void)test;
    return folder_remove(top);
}

static uint32_t index_of(struct state *state, unsigned agent)
{
    char name[32];
    uint32_t index = 0;
    snprintf(name, sizeof name, "PC-%u", agent);
    assert_int_equal(state_agent(state, "", "apex1", name, &index), 0);
    return index;
}

static struct state *open_filled(void)
{
    struct state *state;
    char error[ERROR_BYTES];
    assert_int_equal(state_open(folder, &state, error, sizeof error), 0);
    assert_int_equal(state_begin(state), 0);
    for (unsigned agent = 1; agent <= AGENTS; agent++)
        assert_int_equal(index_of(state, agent), agent);
    assert_int_equal(state_end(state), 0);
    return state;
}

static void write_file(const char *path)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("another's", out);
    assert_int_equal(fclose(out), 0);
}

static void touch_nothing(void)
{
}

static void remove_file(void)
{
    assert_int_equal(unlink(file), 0);
}

static void remove_all(void)
{
    assert_int_equal(folder_remove(folder), 0);
}

static void move_all(void)
{
    assert_int_equal(rename(folder, away), 0);
}

static void replace_file(void)
{
    assert_int_equal(unlink(file), 0);
    write_file(file);
}

static void replace_folder(void)
{
    remove_all();
    write_file(folder);
}

static void move_parent(void)
{
    char elsewhere[PATH_BYTES + 16];
    snprintf(elsewhere, sizeof elsewhere, "%s-elsewhere", top);
    assert_int_equal(rename(top, elsewhere), 0);
}

static void move_parent_back(void)
{
    char elsewhere[PATH_BYTES + 16];
    snprintf(elsewhere, sizeof elsewhere, "%s-elsewhere", top);
    assert_int_equal(rename(elsewhere, top), 0);
}

static const struct {
    const char *what;
    void (*befalls)(void), (*passes)(void);
    int expected;
    bool is_new; /* the file */
} rows[] = {
    { "nothing", touch_nothing, NULL, 0, false },
    { "file removed", remove_file, NULL, 0, true },
    { "folder removed", remove_all, NULL, 0, true },
    { "folder moved", move_all, NULL, 0, true },
    { "file replaced", replace_file, remove_file, -EEXIST, true },
    { "folder replaced", replace_folder, NULL, -ENOTDIR, true },
    { "folder's folder moved", move_parent, move_parent_back, -ENOENT, false },
};

static void it_is_made_anew_unless_something_has_its_place(void **test)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stat before, after;
        char error[ERROR_BYTES] = "";
        struct state *state = open_filled(), *second = NULL;
        print_message("%s\n", rows[i].what);
        assert_int_equal(stat(file, &before), 0);
        rows[i].befalls();
        assert_int_equal(index_of(state, AGENTS + 1), AGENTS + 1);
        assert_int_equal(state_renew(state, folder, error, sizeof error), rows[i].expected);
        assert_int_equal(*error != 0, rows[i].expected < 0);
        assert_int_equal(index_of(state, AGENTS + 2), AGENTS + 2); /* either way it goes on */
        if (rows[i].passes) {
            rows[i].passes();
            assert_int_equal(state_renew(state, folder, error, sizeof error), 0);
        }
        if (rows[i].expected == 0 || rows[i].passes) {
            assert_int_equal(stat(file, &after), 0);
            assert_int_equal(before.st_ino != after.st_ino, rows[i].is_new);
            assert_int_equal(state_open(folder, &second, error, sizeof error), -EBUSY);
        }
        assert_int_equal(index_of(state, AGENTS + 3), AGENTS + 3);
        state_close(state);
        if (rows[i].expected == 0 || rows[i].passes) {
            state = open_filled(); /* in the next life, they are who they were */
            for (unsigned agent = AGENTS; agent <= AGENTS + 4; agent++)
                assert_int_equal(index_of(state, agent), agent);
            state_close(state);
        }
        assert_int_equal(remove_folder(test), 0);
        assert_int_equal(make_folder(test), 0);
    }
}

/* There is no room for a new one, and then there is. */
static int renew_on_a_full_disk(void)
{
    struct rlimit limit;
    char error[ERROR_BYTES] = "";
    struct state *state = open_filled();
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || getrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 100;
    const rlim_t before = limit.rlim_cur;
    remove_all();
    /* Enough to begin with, and too little for everybody; then nothing at all. */
    for (rlim_t room = 30000; room > 0; room = room > 5000 ? room - 5000 : 0) {
        limit.rlim_cur = room;
        if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
            return 101;
        if (state_renew(state, folder, error, sizeof error) == 0)
            return 1;
        if (!strstr(error, "I/O"))
            return 2;
        if (access(file, F_OK) == 0)
            return 3;
    }
    limit.rlim_cur = before;
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0 || state_renew(state, folder, error, sizeof error) < 0)
        return 4;
    const uint32_t index = index_of(state, AGENTS + 1);
    state_close(state);
    return index == AGENTS + 1 && access(file, F_OK) == 0 ? 0 : 5;
}

static void what_was_begun_is_taken_away_where_there_is_no_room(void **test)
{
    (void)test;
    assert_int_equal(child_run(renew_on_a_full_disk), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_made_anew_unless_something_has_its_place),
        TEST(what_was_begun_is_taken_away_where_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
