/* What the daemon does with its state, in its order. */
#include "life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/restore.h"
#include "folder.h"
#include "probes/clock.h"

#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char life_folder[LIFE_PATH_BYTES], life_file[LIFE_PATH_BYTES + 16];

int life_make_folder(void **test)
{
    (void)test;
    snprintf(life_folder, sizeof life_folder, "/tmp/ah-saving-XXXXXX");
    if (!mkdtemp(life_folder))
        return -1;
    snprintf(life_file, sizeof life_file, "%s/state.db", life_folder);
    return 0;
}

int life_remove_folder(void **test)
{
    (void)test;
    return folder_remove(life_folder);
}

void life_begin(struct life *life, unsigned s)
{
    struct store_settings settings = world_settings();
    settings.tell_first_verdict = true;
    settings.policy.fall = 1;
    char *folder = strdup(life_folder); /* as of a configuration that a reload replaces */
    assert_non_null(folder);
    assert_int_equal(saving_new(folder, &life->saving, &life->state), 0);
    free(folder);
    settings.alarm_seq = state_sequence(life->state, STATE_ALARMS);
    memset(&life->world, 0, sizeof life->world);
    assert_int_equal(store_new(&settings, &life->world.store), 0);
    world_at(&life->world, s);
    assert_int_equal(outgoing_new(1000, &life->outgoing), 0);
    saving_begin(life->saving, life->world.store, life->outgoing, LIFE_MASTER, &life->world.now);
    assert_int_equal(world_put_server(&life->world, 1), 0);
    for (uint32_t agent = 1; agent <= 3; agent++)
        assert_int_equal(world_put_agent(&life->world, agent, 1, 1, CONDITIONS_ALL), 0);
    assert_true(restore_end(life->world.store, 100, &life->world.now) >= 0);
}

void life_end(struct life *life)
{
    saving_free(life->saving);
    state_close(life->state);
    outgoing_free(life->outgoing);
    world_end(&life->world);
}

void life_publish(struct life *life)
{
    outgoing_take(life->outgoing, life->world.store, &life->world.now);
    saving_publish(life->saving, &life->world.now);
}

size_t life_released(const struct life *life)
{
    const struct notification *kept = outgoing_kept_next(life->outgoing, 0);
    size_t n = 0;
    for (; kept && kept->id <= outgoing_released_id(life->outgoing);
         kept = outgoing_kept_next(life->outgoing, kept->id))
        n++;
    return n;
}

void life_wait_until(struct life *life, bool (*is_true)(const struct life *life))
{
    const int64_t until_ms = clock_now().mono_ms + LIFE_PATIENCE_MS;
    for (saving_step(life->saving, &life->world.now); !is_true(life); saving_step(life->saving, &life->world.now)) {
        struct pollfd news = { .fd = saving_fd(life->saving), .events = POLLIN };
        assert_true(clock_now().mono_ms < until_ms);
        (void)poll(&news, 1, 20);
    }
}

bool life_has_released_one(const struct life *life)
{
    return life_released(life) == 1;
}

bool life_works(const struct life *life)
{
    return saving_works(life->saving);
}

bool life_is_off(const struct life *life)
{
    return !saving_works(life->saving);
}

int64_t life_count(const char *sql)
{
    sqlite3 *database;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(life_file, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

struct sqlite3 *life_hold_database(void)
{
    sqlite3 *holder;
    assert_int_equal(sqlite3_open(life_file, &holder), SQLITE_OK);
    assert_int_equal(sqlite3_exec(holder, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return holder;
}

void life_release_database(struct sqlite3 *holder)
{
    assert_int_equal(sqlite3_exec(holder, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(holder), SQLITE_OK);
}
