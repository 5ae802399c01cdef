/* What outlives the process: whose index is whose, over restarts, and sequences that never come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/vault.h"
#include "probes/clock.h"
#include "support/folder.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { PATH_BYTES = 64, ERROR_BYTES = 256 };

/* A folder of its own for each test; the state is in "state" below it, which is not there yet. */
static int make_folder(void **test)
{
    static char path[PATH_BYTES];
    snprintf(path, sizeof path, "/tmp/ah-state-XXXXXX");
    if (!mkdtemp(path))
        return -1;
    strcat(path, "/state");
    *test = path;
    return 0;
}

static int remove_folder(void **test)
{
    char *path = *test;
    *strrchr(path, '/') = 0;
    return folder_remove(path);
}

static struct state *open_state(const char *directory)
{
    struct state *state = NULL;
    char error[ERROR_BYTES] = "";
    if (state_open(directory, &state, error, sizeof error) < 0)
        fail_msg("%s", error);
    return state;
}

static uint32_t agent_index(struct state *state, const char *guid, const char *server, const char *name)
{
    uint32_t index = 0;
    assert_int_equal(state_agent(state, guid, server, name, &index), 0);
    assert_int_not_equal(index, 0);
    return index;
}

static uint32_t other_index(struct state *state, enum subject subject, const char *name)
{
    uint32_t index = 0;
    assert_int_equal(state_index(state, subject, name, &index), 0);
    assert_int_not_equal(index, 0);
    return index;
}

static void an_agent_is_known_by_guid_else_by_server_and_name(void **test)
{
    static const struct {
        const char *guid, *server, *name;
        uint32_t index;
    } rows[] = {
        { "", "apex1", "PC-1", 1 },
        { "", "apex1", "PC-2", 2 },
        { "", "apex2", "PC-1", 3 },        /* another server's */
        { "", "", "PC-1", 4 },             /* nobody's */
        { "", "APEX1", "pc-1", 1 },        /* case does not matter */
        { "AAAA-1", "apex1", "PC-1", 1 },  /* gets a GUID */
        { "", "apex1", "PC-1", 1 },        /* loses it again */
        { "aaaa-1", "apex9", "PC-77", 1 }, /* moves and is renamed */
        { "BBBB-2", "apex1", "PC-1", 5 },  /* another one under an old name */
        { "", "apex1", "PC-1", 1 },        /* the name alone is still the first one's */
        { "AAAA-1", "apex1", "PC-1", 1 },
        { "BBBB-2", "apex1", "PC-1", 5 },
        { "CCCC-3", "apex1", "PC-9", 6 }, /* new with GUID, */
        { "", "apex1", "PC-9", 6 },       /* and known by its name as well */
        { "", "apex1", "PC-77", 7 },
        { "", "a/b", "c", 8 }, /* a slash joins nothing */
        { "", "a", "b/c", 9 },
        { "", "ap", "ex1PC", 10 },
        { "", "apex1", "PC", 11 },
        { "", "apex1", "東京", 12 },
        { "", "apex1", "大阪", 13 },
        { "name:apex1", "x", "y", 14 }, /* no GUID is taken for a name */
        { "", "", "guid:AAAA-1", 15 },
        { "", "apex1", "PC%", 16 },
        { "", "apex1", "O'Brien\"; DROP TABLE keys; --", 17 },
    };
    /* The same over and over, in one life and over restarts. */
    for (unsigned life = 0; life < 3; life++) {
        struct state *state = open_state(*test);
        for (size_t i = life ? 3 : 0; i < COUNT(rows); i++)
            if (agent_index(state, rows[i].guid, rows[i].server, rows[i].name) != rows[i].index)
                fail_msg("life %u, row %zu: %s", life, i, rows[i].name);
        state_close(state);
    }
}

static void agents_servers_and_groups_are_numbered_apart(void **test)
{
    for (unsigned life = 0; life < 2; life++) {
        struct state *state = open_state(*test);
        assert_int_equal(other_index(state, SUBJECT_SERVER, "apex1"), 1);
        assert_int_equal(other_index(state, SUBJECT_SERVER, "apex2"), 2);
        assert_int_equal(other_index(state, SUBJECT_SERVER, "Apex1"), 1);
        assert_int_equal(other_index(state, SUBJECT_GROUP, "apex2"), 1);
        assert_int_equal(other_index(state, SUBJECT_GROUP, "HQ\\Sales"), 2);
        assert_int_equal(agent_index(state, "", "", "apex2"), 1);
        assert_int_equal(other_index(state, SUBJECT_SOURCE, "apex2"), 1);
        state_close(state);
    }
}

static void an_index_is_never_given_twice(void **test)
{
    uint32_t last = 0;
    for (unsigned life = 0; life < 5; life++) {
        struct state *state = open_state(*test);
        char name[32];
        assert_int_equal(state_begin(state), 0);
        for (unsigned i = 0; i < 100; i++) {
            snprintf(name, sizeof name, "PC-%u-%u", life, i); /* the old ones are gone for good */
            const uint32_t index = agent_index(state, "", "apex1", name);
            assert_true(index > last);
            last = index;
        }
        assert_int_equal(state_end(state), 0);
        state_close(state);
    }
}

/* Says how far sequences have come, as it is said with each batch. */
static void save(const char *directory, uint32_t alarms, uint32_t changes, bool is_last)
{
    const struct now now = { 1, 1 };
    struct vault_batch batch = { .rows = batch_of(&now), .is_last = is_last };
    const struct vault_batch *const batches[] = { &batch };
    char error[VAULT_ERROR_BYTES];
    struct vault *vault;
    batch.sequences[STATE_ALARMS] = alarms;
    batch.sequences[STATE_CHANGES] = changes;
    assert_int_equal(vault_open(directory, &vault, error), 0);
    assert_int_equal(vault_save(vault, batches, 1, NULL, 0, error), 0);
    vault_close(vault);
}

static void sequences_go_on_where_they_were_when_it_ended_well(void **test)
{
    static const uint32_t used[] = { 1, 2, 7, 2500, 2501, 100000 };
    for (size_t i = 0; i < COUNT(used); i++) {
        struct state *state = open_state(*test);
        assert_int_equal(state_sequence(state, STATE_ALARMS), i ? used[i - 1] : 0);
        assert_int_equal(state_sequence(state, STATE_CHANGES), i ? 2 * used[i - 1] : 0);
        assert_int_equal(state_sequence(state, STATE_HISTORY), 0);
        save(*test, used[i], 2 * used[i], false);
        save(*test, used[i], 2 * used[i], true);
        state_close(state);
    }
}

static void after_another_end_there_is_a_gap(void **test)
{
    uint32_t shown = 0;
    for (unsigned life = 0; life < 5; life++) {
        struct state *state = open_state(*test);
        const uint32_t begin = state_sequence(state, STATE_ALARMS);
        assert_true(life == 0 || begin > shown + 1000);
        assert_true(begin <= shown + 20000);                       /* a gap, but no waste */
        assert_int_equal(state_sequence(state, STATE_HISTORY), 0); /* none was ever given */
        if (life % 2)                                              /* killed before anything was saved */
            shown = begin + 500;
        else
            save(*test, shown = begin + 10, 5, false);
        state_close(state);
    }
}

/* The first schema had no rows, and had its sequences reserved ahead. */
static void an_older_schema_is_taken_over(void **test)
{
    char path[PATH_BYTES + 16];
    sqlite3 *database;
    struct state *state = open_state(*test);
    assert_int_equal(agent_index(state, "", "apex1", "PC-1"), 1);
    state_close(state);
    snprintf(path, sizeof path, "%s/state.db", (const char *)*test);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database,
                                  "DROP TABLE rows; DELETE FROM counters WHERE name = 'clean';"
                                  "INSERT OR REPLACE INTO counters VALUES ('alarms', 1007); PRAGMA user_version = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(database);
    state = open_state(*test);
    assert_true(state_sequence(state, STATE_ALARMS) >= 1007);
    assert_int_equal(agent_index(state, "", "apex1", "PC-1"), 1);
    state_close(state);
    save(*test, 2000, 0, true);
    state = open_state(*test);
    assert_int_equal(state_sequence(state, STATE_ALARMS), 2000);
    state_close(state);
}

static void what_was_given_out_survives_a_crash(void **test)
{
    int status;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char error[ERROR_BYTES];
        struct state *state;
        uint32_t index;
        const bool good = state_open(*test, &state, error, sizeof error) == 0 && state_begin(state) == 0 &&
                          state_agent(state, "", "apex1", "PC-1", &index) == 0 &&
                          state_agent(state, "", "apex1", "PC-2", &index) == 0 && state_end(state) == 0;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct state *state = open_state(*test);
    assert_int_equal(agent_index(state, "", "apex1", "PC-2"), 2);
    assert_int_equal(agent_index(state, "", "apex1", "PC-3"), 3);
    state_close(state);
}

static void in_memory_nothing_outlives_it(void **test)
{
    (void)test;
    for (unsigned life = 0; life < 2; life++) {
        struct state *state = open_state(NULL);
        assert_int_equal(agent_index(state, "", "", life ? "b" : "a"), 1);
        state_close(state);
    }
    state_close(NULL);
}

static void the_folder_is_nobody_elses(void **test)
{
    struct stat status;
    state_close(open_state(*test));
    assert_int_equal(stat(*test, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

/* How long it takes is for people to see: a busy machine is no fault. */
static void a_hundred_thousand_agents_keep_their_indexes(void **test)
{
    enum { AGENTS = 100000 };
    char guid[40], name[32];
    for (unsigned life = 0; life < 2; life++) {
        struct state *state = open_state(*test);
        const int64_t begin_ms = clock_now().mono_ms;
        assert_int_equal(state_begin(state), 0);
        for (unsigned i = 1; i <= AGENTS; i++) {
            snprintf(guid, sizeof guid, "%08x-1234-1234-1234-123456789abc", i * 2654435761U);
            snprintf(name, sizeof name, "PC-%06u", i);
            assert_int_equal(agent_index(state, guid, "apex1", name), i);
        }
        assert_int_equal(state_end(state), 0);
        print_message("%d agents, %s: %lld ms\n", AGENTS, life ? "known" : "new",
                      (long long)(clock_now().mono_ms - begin_ms));
        state_close(state);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_agent_is_known_by_guid_else_by_server_and_name),
        TEST(agents_servers_and_groups_are_numbered_apart),
        TEST(an_index_is_never_given_twice),
        TEST(sequences_go_on_where_they_were_when_it_ended_well),
        TEST(after_another_end_there_is_a_gap),
        TEST(an_older_schema_is_taken_over),
        TEST(what_was_given_out_survives_a_crash),
        TEST(in_memory_nothing_outlives_it),
        TEST(the_folder_is_nobody_elses),
        TEST(a_hundred_thousand_agents_keep_their_indexes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
