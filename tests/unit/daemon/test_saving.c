/* Saving and the keeper: what is to be told waits for the database and no longer, and a database that fails is done
 * without until it works again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/keeper.h"
#include "daemon/told_file.h"
#include "probes/clock.h"
#include "support/life.h"

#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void what_is_told_is_saved_before(void **test)
{
    (void)test;
    struct life life;
    life_begin(&life, 0);
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    life_publish(&life);
    assert_int_equal(life_released(&life), 0);
    life_wait_until(&life, life_has_released_one);
    assert_int_equal(life_count("SELECT count(*) FROM rows WHERE kind = 9"), 1);
    assert_int_equal(life_count("SELECT count(*) FROM rows WHERE kind = 1"), 1);
    assert_int_equal(life_count("SELECT value FROM counters WHERE name = 'alarms'"), 1);
    assert_int_equal(life_count("SELECT value FROM counters WHERE name = 'notifications'"), 1);
    life_end(&life);
}

static void what_was_not_told_waits_for_the_next_life(void **test)
{
    (void)test;
    struct life life;
    life_begin(&life, 0);
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    assert_int_equal(world_do(&life.world, 2, "listener refused"), 0);
    life_publish(&life);
    life_end(&life); /* not cleanly */
    life_begin(&life, 5);
    assert_int_equal(life_released(&life), 2);
    assert_non_null(outgoing_kept(life.outgoing, 1));
    assert_int_equal(outgoing_kept(life.outgoing, 2)->alarm.seq, 2);
    assert_string_equal(world_alarms(&life.world), "1=offline 2=offline");
    assert_int_equal(world_do(&life.world, 3, "listener refused"), 0);
    life_publish(&life);
    assert_int_equal(outgoing_last_id(life.outgoing), outgoing_kept_next(life.outgoing, 2)->id);
    assert_true(outgoing_last_id(life.outgoing) > 2);
    assert_true(store_alarm_seq(life.world.store) > 1000); /* a gap, since the end was not clean */
    saving_end(life.saving, &life.world.now);
    const uint32_t last = store_alarm_seq(life.world.store);
    life_end(&life);
    life_begin(&life, 6);
    assert_int_equal(store_alarm_seq(life.world.store), last);
    assert_int_equal(life_released(&life), 3);
    life_end(&life);
}

static void what_was_told_is_forgotten(void **test)
{
    (void)test;
    const struct now now = clock_now();
    struct state *state;
    struct vault *vault;
    struct keeper *keeper;
    char error[VAULT_ERROR_BYTES];
    int fd;
    assert_int_equal(state_open(life_folder, &state, error, sizeof error), 0);
    assert_int_equal(vault_open(life_folder, &vault, error), 0);
    assert_int_equal(keeper_new(vault, &keeper, &fd), 0);
    struct vault_batch batch = { .rows = batch_of(&now) };
    for (uint32_t id = 1; id <= 300; id++)
        assert_int_equal(batch_add_notification(&batch.rows, id, &(struct notification){ .id = id }), 0);
    assert_int_equal(keeper_put(keeper, &batch, 300, now.mono_ms), 0);
    assert_true(keeper_wait(keeper, LIFE_PATIENCE_MS));
    assert_int_equal(life_count("SELECT count(*) FROM rows"), 300);
    for (uint32_t id = 1; id <= 250; id++)
        keeper_told(keeper, id);
    assert_true(keeper_wait(keeper, LIFE_PATIENCE_MS));
    assert_int_equal(life_count("SELECT min(key) FROM rows"), 251);
    struct keeper_news news;
    keeper_news(keeper, &news);
    assert_int_equal(news.saved_id, 300);
    assert_int_equal(news.failures, 0);
    assert_int_equal(news.oldest_ms, 0);
    keeper_free(keeper);
    state_close(state);
}

/* A life that is killed with the notifications 1 to 3 in its database. */
static void leave_three_untold(void)
{
    struct life life;
    life_begin(&life, 0);
    for (uint32_t agent = 1; agent <= 3; agent++)
        assert_int_equal(world_do(&life.world, agent, "listener refused"), 0);
    life_publish(&life);
    life_end(&life);
}

/* Of these, only the second is not told by the life that follows. */
static void only_the_second_is_left_out(void)
{
    struct life life;
    life_begin(&life, 5);
    assert_non_null(outgoing_kept(life.outgoing, 1));
    assert_null(outgoing_kept(life.outgoing, 2));
    assert_non_null(outgoing_kept(life.outgoing, 3));
    life_end(&life);
}

/* The database has not forgotten it yet when the life ends. */
static void what_was_noted_as_told_is_not_told_again(void **test)
{
    (void)test;
    struct life life;
    struct told_file *told;
    leave_three_untold();
    assert_int_equal(told_file_open(life_folder, &told), 0);
    told_file_note(told, 2);
    told_file_close(told);
    for (unsigned lives = 0; lives < 2; lives++) /* also where the database still does not forget it */
        only_the_second_is_left_out();
    life_begin(&life, 6);
    life_publish(&life);
    life_end(&life);
    assert_int_equal(life_count("SELECT count(*) FROM rows WHERE kind = 9"), 2);
    life_begin(&life, 7); /* which forgets that number: it might be given anew */
    life_end(&life);
    assert_int_equal(told_file_open(life_folder, &told), 0);
    assert_false(told_file_has(told, 2, LIFE_MASTER));
    told_file_close(told);
}

/* The master that it was sent to gets it as long as it lives. */
static void what_is_with_the_master_is_not_sent_again(void **test)
{
    (void)test;
    struct told_file *told;
    leave_three_untold();
    assert_int_equal(told_file_open(life_folder, &told), 0);
    told_file_note_sent(told, 1, LIFE_MASTER + 1); /* another one */
    told_file_note_sent(told, 2, LIFE_MASTER);
    told_file_note_sent(told, 3, LIFE_MASTER);
    told_file_note_sent(told, 3, 0); /* its session was lost */
    told_file_close(told);
    only_the_second_is_left_out();
    assert_int_equal(told_file_open(life_folder, &told), 0);
    assert_true(told_file_has(told, 2, LIFE_MASTER));
    assert_false(told_file_has(told, 2, 0)); /* nobody is there */
    assert_false(told_file_has(told, 1, LIFE_MASTER + 1));
    told_file_note_sent(told, 2, 5);
    told_file_note(told, 2);
    told_file_close(told);
    assert_int_equal(told_file_open(life_folder, &told), 0);
    assert_true(told_file_has(told, 2, 0)); /* told is told */
    told_file_close(told);
}

static void notes_are_kept_apart(void **test)
{
    (void)test;
    struct told_file *told;
    assert_int_equal(told_file_open(life_folder, &told), 0);
    assert_false(told_file_has(told, 0, LIFE_MASTER));
    assert_false(told_file_has(told, 1, LIFE_MASTER));
    assert_int_equal(told_file_begin(told), 0);
    for (uint32_t id = 1; id <= 2 * TOLD_FILE_NUMBERS; id++)
        told_file_note(told, id);
    told_file_note(told, UINT32_MAX);
    told_file_close(told);
    assert_int_equal(told_file_open(life_folder, &told), 0);
    assert_false(told_file_has(told, 0, LIFE_MASTER));
    assert_false(told_file_has(told, 7, LIFE_MASTER)); /* overwritten by a later one */
    assert_true(told_file_has(told, TOLD_FILE_NUMBERS + 7, LIFE_MASTER));
    assert_true(told_file_has(told, UINT32_MAX, LIFE_MASTER));
    assert_int_equal(told_file_begin(told), 0);
    told_file_close(told);
    assert_int_equal(told_file_open(life_folder, &told), 0);
    assert_false(told_file_has(told, TOLD_FILE_NUMBERS + 8, LIFE_MASTER)); /* nobody has asked for it */
    assert_true(told_file_has(told, TOLD_FILE_NUMBERS + 7, LIFE_MASTER));
    told_file_close(told);
}

static void without_a_place_for_the_notes_it_goes_on(void **test)
{
    (void)test;
    struct life life;
    char path[LIFE_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/told", life_folder);
    assert_int_equal(mkdir(path, 0700), 0);
    life_begin(&life, 0);
    assert_true(saving_works(life.saving));
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    life_publish(&life);
    life_end(&life);
    life_begin(&life, 5);
    assert_int_equal(life_released(&life), 1);
    life_end(&life);
    assert_int_equal(rmdir(path), 0);
}

/* Somebody else writes, and does not end. */
static void a_database_that_is_held_is_done_without_until_it_is_free(void **test)
{
    (void)test;
    struct life life;
    life_begin(&life, 0);
    saving_set_retry(life.saving, 1000);
    struct sqlite3 *other = life_hold_database();
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    life_publish(&life);
    life_wait_until(&life, life_is_off);
    assert_true(life_released(&life) >= 1); /* it need not wait any longer */
    life_publish(&life);
    assert_string_equal(world_alarms(&life.world), "1=offline 2=persistenceLost");
    assert_int_equal(life_released(&life), 2);
    assert_int_equal(world_do(&life.world, 2, "listener refused"), 0);
    life_publish(&life);
    assert_int_equal(life_released(&life), 3); /* at once */
    life_release_database(other);
    assert_int_equal(saving_step(life.saving, &life.world.now), life.world.now.mono_ms + 1000);
    world_at(&life.world, 2);
    life_wait_until(&life, life_works);
    assert_string_equal(world_alarms(&life.world), "1=offline 3=offline");
    /* All of it is saved anew: also what happened, and was not told yet, while there was none. */
    assert_int_equal(life_count("SELECT count(*) FROM rows WHERE kind = 8"), 3);
    assert_int_equal(life_count("SELECT count(*) FROM rows WHERE kind = 9"), 3);
    life_publish(&life);
    assert_int_equal(life_released(&life), 3); /* the end of the alarm waits for being saved, as all from now on */
    life_end(&life);
}

/* It does not come back from the disk, however long it is: then it is not asked again and again whether it has. */
static void a_keeper_that_hangs_is_waited_for(void **test)
{
    (void)test;
    struct life life;
    life_begin(&life, 0);
    struct sqlite3 *other = life_hold_database();
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    life_publish(&life);
    world_at(&life.world, 10);
    assert_int_equal(saving_step(life.saving, &life.world.now), life.world.now.mono_ms + 60000);
    assert_false(saving_works(life.saving));
    world_at(&life.world, 100);
    assert_int_equal(saving_step(life.saving, &life.world.now), INT64_MAX);
    life_release_database(other);
    life_wait_until(&life, life_works);
    life_end(&life);
}

static double cpu_s(void)
{
    struct timespec spent;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent), 0);
    return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

static void a_keeper_without_work_sleeps(void **test)
{
    (void)test;
    enum { WHILE_MS = 1500 };
    struct life life;
    life_begin(&life, 0);
    const double before_s = cpu_s();
    assert_int_equal(poll(NULL, 0, WHILE_MS), 0);
    assert_true(cpu_s() - before_s < WHILE_MS / 1000.0 / 4);
    life_end(&life);
}

static void a_state_that_can_not_be_opened_is_an_alarm(void **test)
{
    (void)test;
    struct life life;
    FILE *out = fopen(life_file, "w");
    assert_non_null(out);
    for (unsigned i = 0; i < 200; i++)
        fputs("This is a letter. ", out);
    fclose(out);
    life_begin(&life, 0);
    assert_false(saving_works(life.saving));
    assert_int_equal(saving_fd(life.saving), -1);
    life_publish(&life);
    assert_string_equal(world_alarms(&life.world), "1=persistenceLost");
    assert_int_equal(life_released(&life), 1);
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    life_publish(&life);
    assert_int_equal(life_released(&life), 2);
    assert_int_equal(saving_step(life.saving, &life.world.now), INT64_MAX); /* in this life it stays so */
    saving_tick(life.saving, WORLD_LIMIT_S * 1000, &life.world.now);
    saving_end(life.saving, &life.world.now);
    life_end(&life);
}

static void evidence_that_is_only_confirmed_is_saved_in_turns(void **test)
{
    (void)test;
    struct life life;
    life_begin(&life, 0);
    for (uint32_t agent = 1; agent <= 3; agent++)
        assert_int_equal(world_do(&life.world, agent, "listener none"), 0);
    life_publish(&life);
    for (unsigned s = 1; s <= WORLD_LIMIT_S + 100; s++) {
        world_at(&life.world, s);
        for (uint32_t agent = 1; agent <= 3; agent++)
            assert_int_equal(world_do(&life.world, agent, "listener none"), 0);
        saving_tick(life.saving, WORLD_LIMIT_S * INT64_C(1000), &life.world.now);
        life_publish(&life);
    }
    life_end(&life);
    life_begin(&life, WORLD_LIMIT_S + 110);
    for (uint32_t agent = 1; agent <= 3; agent++)
        assert_int_equal(store_agent(life.world.store, agent)->evidence.server_side.side, SIDE_ONLINE);
    life_end(&life);
}

static void damaged_rows_are_counted_and_replaced(void **test)
{
    (void)test;
    struct life life;
    sqlite3 *database;
    life_begin(&life, 0);
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    life_publish(&life);
    life_end(&life);
    assert_int_equal(sqlite3_open(life_file, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database,
                                  "UPDATE rows SET value = x'0102' WHERE kind = 9;"
                                  "INSERT INTO rows VALUES (99, 1, x'00'); INSERT INTO rows VALUES (1, 77, NULL)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(database);
    life_begin(&life, 1);
    assert_true(saving_works(life.saving));
    assert_int_equal(life_released(&life), 0);
    assert_string_equal(world_alarms(&life.world), "1=offline");
    assert_int_equal(world_do(&life.world, 2, "listener refused"), 0);
    life_publish(&life);
    life_wait_until(&life, life_has_released_one);
    assert_int_equal(life_count("SELECT count(*) FROM rows WHERE kind = 99 OR key = 77"), 0);
    life_end(&life);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_make_folder, life_remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_told_is_saved_before),
        TEST(what_was_not_told_waits_for_the_next_life),
        TEST(what_was_told_is_forgotten),
        TEST(what_was_noted_as_told_is_not_told_again),
        TEST(what_is_with_the_master_is_not_sent_again),
        TEST(notes_are_kept_apart),
        TEST(without_a_place_for_the_notes_it_goes_on),
        TEST(a_database_that_is_held_is_done_without_until_it_is_free),
        TEST(a_keeper_that_hangs_is_waited_for),
        TEST(a_keeper_without_work_sleeps),
        TEST(a_state_that_can_not_be_opened_is_an_alarm),
        TEST(evidence_that_is_only_confirmed_is_saved_in_turns),
        TEST(damaged_rows_are_counted_and_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
