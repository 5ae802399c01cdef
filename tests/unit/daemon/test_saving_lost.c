/* A state that is lost, and found again, be it by the next life: what is told of it, and what is left beside the
 * database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/loss_mark.h"
#include "daemon/told_file.h"
#include "support/folder.h"
#include "support/life.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void overwrite(const char *with)
{
    FILE *out = fopen(life_file, "w");
    assert_non_null(out);
    fputs(with, out);
    assert_int_equal(fclose(out), 0);
}

static bool there_is_no_mark(const struct life *life)
{
    (void)life;
    uint32_t seq;
    return loss_mark_read(life_folder, &seq) == 0;
}

static bool there_is_a_mark(const struct life *life)
{
    return !there_is_no_mark(life);
}

/* Nothing happens that would be saved. */
static void a_folder_that_is_removed_is_noticed_and_made_anew(void **test)
{
    (void)test;
    struct life life;
    uint32_t index;
    life_begin(&life, 0);
    saving_set_retry(life.saving, 1000);
    assert_int_equal(state_index(life.state, SUBJECT_SERVER, "apex1", &index), 0);
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    life_publish(&life);
    life_wait_until(&life, life_has_released_one);
    assert_int_equal(folder_remove(life_folder), 0);
    life_wait_until(&life, life_is_off);
    assert_string_equal(world_alarms(&life.world), "1=offline 2=persistenceLost");
    assert_int_equal(world_do(&life.world, 2, "listener refused"), 0);
    life_publish(&life);
    world_at(&life.world, 2);
    life_wait_until(&life, life_works);
    assert_string_equal(world_alarms(&life.world), "1=offline 3=offline");
    saving_end(life.saving, &life.world.now);
    life_end(&life);
    life_begin(&life, 3);
    assert_string_equal(world_alarms(&life.world), "1=offline 3=offline");
    assert_int_equal(state_index(life.state, SUBJECT_SERVER, "apex1", &index), 0);
    assert_int_equal(index, 1);
    assert_int_equal(state_index(life.state, SUBJECT_SERVER, "apex2", &index), 0);
    assert_int_equal(index, 2);
    life_end(&life);
}

/* What is written into a file without a name is not saved. */
static void what_follows_a_removal_at_once_is_not_taken_for_saved(void **test)
{
    (void)test;
    struct life life;
    life_begin(&life, 0);
    assert_int_equal(folder_remove(life_folder), 0);
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    life_publish(&life);
    life_wait_until(&life, life_has_released_one);
    assert_false(saving_works(life.saving));
    life_end(&life);
    assert_int_equal(mkdir(life_folder, 0700), 0); /* for whoever removes it */
}

/* The folder is there again, and the process is killed before all is saved there. */
static void a_mark_is_left_in_the_new_folder(void **test)
{
    (void)test;
    struct life life;
    uint32_t seq;
    life_begin(&life, 0);
    saving_set_retry(life.saving, 1000);
    assert_int_equal(folder_remove(life_folder), 0);
    life_wait_until(&life, life_is_off);
    assert_int_equal(saving_step(life.saving, &life.world.now), life.world.now.mono_ms + 1000); /* no place for it */
    assert_int_equal(mkdir(life_folder, 0700), 0);
    life_wait_until(&life, there_is_a_mark);
    assert_int_equal(folder_remove(life_folder), 0);
    world_at(&life.world, 2);
    life_wait_until(&life, life_works);
    assert_int_equal(loss_mark_read(life_folder, &seq), 1);
    assert_int_equal(seq, 1);
    life_end(&life);
}

/* What is told is noted beside the new database, too. */
static void what_is_told_is_noted_in_the_new_folder(void **test)
{
    (void)test;
    struct life life;
    struct told_file *told;
    char path[LIFE_PATH_BYTES + 16];
    assert_int_equal(told_file_open(life_folder, &told), 0);
    assert_int_equal(folder_remove(life_folder), 0);
    assert_int_equal(told_file_renew(told, life_folder), -ENOENT);
    assert_int_equal(mkdir(life_folder, 0700), 0);
    assert_int_equal(told_file_renew(told, life_folder), 0);
    told_file_note(told, 2);
    told_file_close(told);
    assert_int_equal(told_file_open(life_folder, &told), 0);
    assert_true(told_file_has(told, 2, LIFE_MASTER));
    told_file_close(told);

    life_begin(&life, 0);
    saving_set_retry(life.saving, 1000);
    assert_int_equal(folder_remove(life_folder), 0);
    life_wait_until(&life, life_is_off);
    world_at(&life.world, 2);
    life_wait_until(&life, life_works);
    snprintf(path, sizeof path, "%s/told", life_folder);
    assert_int_equal(access(path, R_OK | W_OK), 0);
    life_end(&life);
}

/* What SQLite has beside ours would be taken for its own. */
static void a_file_that_has_its_place_is_left_alone(void **test)
{
    (void)test;
    struct life life;
    struct stat status;
    char log[LIFE_PATH_BYTES + 32];
    life_begin(&life, 0);
    saving_set_retry(life.saving, 1000);
    snprintf(log, sizeof log, "%s-wal", life_file);
    assert_int_equal(access(log, F_OK), 0);
    assert_int_equal(unlink(life_file), 0);
    overwrite("another's");
    life_wait_until(&life, life_is_off);
    assert_int_equal(access(log, F_OK), -1);
    for (unsigned s = 2; s < 6; s += 2) {
        world_at(&life.world, s);
        assert_int_equal(saving_step(life.saving, &life.world.now), life.world.now.mono_ms + 1000);
        assert_false(saving_works(life.saving));
    }
    life_end(&life);
    assert_int_equal(stat(life_file, &status), 0);
    assert_int_equal(status.st_size, strlen("another's"));
}

/* The alarms whose end waits to be told. */
static const char *endings(const struct life *life)
{
    static char text[128];
    size_t n = 0;
    text[0] = '\0';
    for (const struct notification *kept = outgoing_kept_next(life->outgoing, 0); kept;
         kept = outgoing_kept_next(life->outgoing, kept->id))
        if (kept->kind == NOTIFICATION_CLEARED && kept->alarm.condition == ALARM_PERSISTENCE_LOST)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%u", n ? " " : "", kept->alarm.seq);
    return text;
}

/* At least once, and under its sequence. */
static void the_end_of_a_loss_is_told_by_the_next_life(void **test)
{
    (void)test;
    struct life life;
    uint32_t seq;
    overwrite("This is a letter. It is long enough for a database, which has to have a header of one hundred bytes "
              "and more.");
    for (unsigned s = 0; s < 2; s++) {
        life_begin(&life, s);
        life_publish(&life);
        assert_string_equal(world_alarms(&life.world), s ? "10002=persistenceLost" : "1=persistenceLost");
        assert_string_equal(endings(&life), s ? "1" : "");
        assert_int_equal(saving_step(life.saving, &life.world.now), INT64_MAX);
        assert_int_equal(loss_mark_read(life_folder, &seq), 1);
        assert_int_equal(seq, s ? 10002 : 1);
        life_end(&life);
    }
    assert_int_equal(unlink(life_file), 0);
    life_begin(&life, 3);
    life_publish(&life);
    assert_string_equal(world_alarms(&life.world), "");
    assert_string_equal(endings(&life), "10002");
    life_end(&life); /* saved, and killed before the mark was taken away */
    life_begin(&life, 4);
    life_publish(&life);
    life_wait_until(&life, there_is_no_mark);
    life_end(&life);
    life_begin(&life, 5);
    life_publish(&life);
    assert_string_equal(endings(&life), "10002 10002"); /* of the two before; nobody has taken them */
    life_end(&life);
}

/* Lost with an alarm of another number than in the life before: that has its end, too. */
static void each_loss_has_its_end(void **test)
{
    (void)test;
    struct life life;
    uint32_t seq;
    assert_int_equal(loss_mark_leave(life_folder, 2), 0);
    overwrite("This is a letter. It is long enough for a database, which has to have a header of one hundred bytes "
              "and more.");
    life_begin(&life, 0);
    life_publish(&life);
    assert_string_equal(world_alarms(&life.world), "10003=persistenceLost");
    assert_string_equal(endings(&life), "2");
    assert_int_equal(outgoing_kept_next(life.outgoing, 0)->alarm.seq, 2); /* before the new one is told */
    assert_int_equal(saving_step(life.saving, &life.world.now), INT64_MAX);
    assert_int_equal(loss_mark_read(life_folder, &seq), 1);
    assert_int_equal(seq, 10003);
    life_end(&life);
}

/* A new database would begin with its number, or with one of those that followed it and are not saved. */
static void numbers_go_on_beyond_the_mark(void **test)
{
    (void)test;
    struct life life;
    assert_int_equal(loss_mark_leave(life_folder, 7), 0);
    life_begin(&life, 0);
    for (enum state_sequence sequence = 0; sequence < STATE_SEQUENCES; sequence++)
        assert_true(state_sequence(life.state, sequence) >= 10000);
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    life_publish(&life);
    assert_string_equal(world_alarms(&life.world), "10008=offline");
    assert_string_equal(endings(&life), "7");
    life_wait_until(&life, there_is_no_mark);
    life_end(&life);
    life_begin(&life, 1);
    assert_true(store_alarm_seq(life.world.store) > 10008);
    life_end(&life);
}

static void a_mark_stays_as_long_as_the_loss(void **test)
{
    (void)test;
    struct life life;
    uint32_t seq;
    life_begin(&life, 0);
    saving_set_retry(life.saving, 1000);
    struct sqlite3 *other = life_hold_database();
    assert_int_equal(world_do(&life.world, 1, "listener refused"), 0);
    life_publish(&life);
    life_wait_until(&life, life_is_off);
    life_wait_until(&life, there_is_a_mark);
    assert_int_equal(loss_mark_read(life_folder, &seq), 1);
    assert_int_equal(seq, 2);
    life_release_database(other);
    world_at(&life.world, 2);
    life_wait_until(&life, life_works);
    assert_int_equal(loss_mark_read(life_folder, &seq), 1); /* its end is not saved */
    life_end(&life);
    life_begin(&life, 3); /* which has both on record */
    life_publish(&life);
    life_wait_until(&life, there_is_no_mark);
    assert_string_equal(endings(&life), "2");
    life_end(&life);
}

/* One that finds the folder taken leaves nothing there. */
static void a_mark_is_not_left_in_the_folder_of_another(void **test)
{
    (void)test;
    struct life first, second;
    life_begin(&first, 0);
    life_begin(&second, 0);
    life_publish(&second);
    assert_string_equal(world_alarms(&second.world), "1=persistenceLost");
    assert_int_equal(saving_step(second.saving, &second.world.now), INT64_MAX);
    assert_true(there_is_no_mark(&second));
    life_end(&second);
    life_end(&first);
}

static void a_mark_that_is_none_of_ours_is_no_reason_to_stop(void **test)
{
    (void)test;
    static const char *const targets[] = { "alarm-",           "alarm-0", "alarm-1x", "alarm--1",
                                           "alarm-4294967296", "1",       "elsewhere" };
    char path[LIFE_PATH_BYTES + 16];
    struct life life;
    uint32_t seq = 7;
    snprintf(path, sizeof path, "%s/lost", life_folder);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        assert_int_equal(symlink(targets[i], path), 0);
        assert_int_equal(loss_mark_read(life_folder, &seq), -EPROTO);
        life_begin(&life, 0);
        life_publish(&life);
        assert_true(saving_works(life.saving));
        assert_string_equal(endings(&life), "");
        life_end(&life);
        assert_int_equal(loss_mark_remove(life_folder), 0);
    }
    assert_int_equal(seq, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_make_folder, life_remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_folder_that_is_removed_is_noticed_and_made_anew),
        TEST(what_follows_a_removal_at_once_is_not_taken_for_saved),
        TEST(a_mark_is_left_in_the_new_folder),
        TEST(what_is_told_is_noted_in_the_new_folder),
        TEST(a_file_that_has_its_place_is_left_alone),
        TEST(the_end_of_a_loss_is_told_by_the_next_life),
        TEST(each_loss_has_its_end),
        TEST(numbers_go_on_beyond_the_mark),
        TEST(a_mark_stays_as_long_as_the_loss),
        TEST(a_mark_is_not_left_in_the_folder_of_another),
        TEST(a_mark_that_is_none_of_ours_is_no_reason_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
