/* The turns of a lane in a time that is played: cap, interval, spread, warm-up, overruns, sweeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/field.h"
#include "support/heap.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int begin(void **state)
{
    struct field *field = calloc(1, sizeof *field);
    if (!field)
        return -1;
    field_begin(field);
    *state = field;
    return 0;
}

static int end(void **state)
{
    field_end(*state);
    free(*state);
    return 0;
}

static void no_more_than_the_cap_are_in_flight(void **state)
{
    struct field *field = *state;
    static const struct {
        unsigned concurrency;
        int64_t rtt_ms;
        size_t most; /* that are ever in flight at once */
    } rows[] = { { 1, 5, 1 }, { 7, 1000, 7 }, { 30, 1000, 30 }, { 100, 60000, 50 } };
    field_lane(field, 60000, 1);
    field_put_all(field, 1, 50);
    for (size_t i = 0; i < COUNT(rows); i++) {
        field_lane(field, 60000, rows[i].concurrency);
        field->rtt_ms = rows[i].rtt_ms;
        field_pass(field, 60000);
        scheduler_kick(field->scheduler, DRIVER_LISTENER, 0, field->now_ms);
        field->most_out = 0;
        const int64_t from_ms = field->now_ms;
        field_pass(field, 59000);
        assert_int_equal(field->most_out, rows[i].most);
        for (uint32_t index = 1; index <= 50; index++)
            assert_true(field_count(field, index, from_ms) >= 1);
        field_pass(field, 60000);
    }
}

static void each_target_is_asked_once_an_interval(void **state)
{
    struct field *field = *state;
    enum { INTERVAL_MS = 10000, ROUNDS = 20 };
    field_lane(field, INTERVAL_MS, 1000);
    field_put_all(field, 1, 200);
    field_pass(field, 2 * INTERVAL_MS);
    const int64_t from_ms = field->now_ms;
    field_pass(field, ROUNDS * INTERVAL_MS - 1);
    for (uint32_t index = 1; index <= 200; index++) {
        int64_t last_ms = 0;
        assert_int_equal(field_count(field, index, from_ms), ROUNDS);
        for (size_t i = 0; i < field->n; i++) {
            const struct question *question = &field->questions[i];
            if (question->index != index || question->asked_ms < from_ms)
                continue;
            if (last_ms)
                assert_int_equal(question->asked_ms - last_ms, INTERVAL_MS);
            last_ms = question->asked_ms;
        }
    }
    assert_int_equal(field_numbers(field).overruns, 0);
    assert_int_equal(field_numbers(field).runs, field->n);
    assert_int_equal(field_numbers(field).answers[CAUSE_NONE], field->n);
}

/* Fewest and most questions in any of the slices of an interval. */
static void expect_spread(const struct field *field, int64_t from_ms, int64_t interval_ms, size_t targets)
{
    enum { SLICES = 20 };
    size_t slices[SLICES] = { 0 };
    for (size_t i = 0; i < field->n; i++)
        if (field->questions[i].asked_ms >= from_ms && field->questions[i].asked_ms < from_ms + interval_ms)
            slices[(field->questions[i].asked_ms - from_ms) * SLICES / interval_ms]++;
    for (size_t i = 0; i < SLICES; i++) {
        assert_in_range(slices[i], targets / SLICES * 6 / 10, targets / SLICES * 14 / 10);
    }
}

static void questions_are_spread_over_the_interval(void **state)
{
    struct field *field = *state;
    enum { INTERVAL_MS = 60000 };
    static const uint32_t steps[] = { 1, 2, 64, 1000 };
    for (size_t i = 0; i < COUNT(steps); i++) {
        field_lane(field, INTERVAL_MS, 10000);
        for (uint32_t n = 1; n <= 2000; n++)
            assert_int_equal(field_put(field, n * steps[i], "a"), 0);
        field_pass(field, 3 * INTERVAL_MS);
        const int64_t from_ms = field->now_ms;
        field_pass(field, INTERVAL_MS - 1);
        assert_int_equal(field_count(field, 0, from_ms), 2000);
        expect_spread(field, from_ms, INTERVAL_MS, 2000);
        for (uint32_t n = 1; n <= 2000; n++)
            scheduler_remove(field->scheduler, DRIVER_LISTENER, n * steps[i]);
    }
}

static void a_new_fleet_is_asked_at_a_steady_pace(void **state)
{
    struct field *field = *state;
    /* How soon a fleet has been asked for the first time, whatever the interval. */
    static const struct {
        uint32_t targets;
        int64_t interval_ms, all_ms;
        size_t most_in_a_second;
    } rows[] = {
        { 1, 3600000, 5, 1 },          { 10, 3600000, 50, 10 },
        { 1000, 3600000, 5000, 600 },  { 10000, 3600000, 50000, 1200 },
        { 10000, 20000, 20000, 1500 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        field_lane(field, rows[i].interval_ms, 10000);
        const int64_t from_ms = field->now_ms;
        const size_t before = field->n;
        field_put_all(field, 1, rows[i].targets);
        field_pass(field, rows[i].all_ms);
        size_t in_second[60] = { 0 };
        bool *was_asked = calloc(rows[i].targets + 1, sizeof *was_asked);
        assert_non_null(was_asked);
        size_t first_time = 0;
        for (size_t q = before; q < field->n; q++) {
            const struct question *question = &field->questions[q];
            if (was_asked[question->index])
                continue;
            was_asked[question->index] = true;
            first_time++;
            in_second[(question->asked_ms - from_ms) / 1000]++;
        }
        free(was_asked);
        assert_int_equal(first_time, rows[i].targets);
        for (size_t s = 0; s < COUNT(in_second); s++)
            assert_true(in_second[s] <= rows[i].most_in_a_second);
        for (uint32_t index = 1; index <= rows[i].targets; index++)
            scheduler_remove(field->scheduler, DRIVER_LISTENER, index);
        field_pass(field, 1000);
    }
}

static void a_target_that_takes_too_long_misses_its_turns(void **state)
{
    struct field *field = *state;
    field_lane(field, 1000, 10);
    field_put_all(field, 1, 1);
    field_pass(field, 2000);
    field->rtt_ms = 3500;
    const int64_t from_ms = field->now_ms;
    const uint64_t overruns = field_numbers(field).overruns;
    field_pass(field, 40000);
    /* Asked every fourth second: three turns of four are missed, none is made up for. */
    assert_in_range(field_count(field, 1, from_ms), 10, 11);
    assert_in_range(field_numbers(field).overruns - overruns, 29, 31);
    assert_int_equal(field->most_out, 1);
}

static void nobody_starves_when_the_cap_is_too_small(void **state)
{
    struct field *field = *state;
    field_lane(field, 1000, 2);
    field->rtt_ms = 100;
    field_put_all(field, 1, 60); /* 3 s of work in each second */
    field_pass(field, 10000);
    const int64_t from_ms = field->now_ms;
    field_pass(field, 60000);
    assert_in_range(field_count(field, 0, from_ms), 1190, 1201); /* it never rests */
    for (uint32_t index = 1; index <= 60; index++)
        assert_in_range(field_count(field, index, from_ms), 15, 25);
    assert_true(field_numbers(field).overruns > 1000);
}

static void a_queue_that_is_full_is_tried_again(void **state)
{
    struct field *field = *state;
    field->room = 3;
    field->rtt_ms = INT64_MAX;
    field_lane(field, 1000, 100);
    field_put_all(field, 1, 5);
    field->now_ms += 500;
    assert_int_equal(field_run(field), field->now_ms + 10);
    assert_int_equal(field->n, 3);
    assert_int_equal(field->refused, 1);
    assert_int_equal(field_numbers(field).in_flight, 3);
    assert_int_equal(field_numbers(field).runs, 3);
    assert_false(scheduler_is_idle(field->scheduler, field->now_ms));
    field->now_ms += 10;
    assert_true(field_answer(field, &field->questions[0], CAUSE_NONE));
    field_run(field);
    assert_int_equal(field->n, 4);
    field->room = 100;
    field->now_ms += 10;
    field_run(field);
    for (uint32_t index = 1; index <= 5; index++)
        assert_int_equal(field_count(field, index, 0), 1);
}

static void idle_is_nothing_in_flight_and_nothing_due(void **state)
{
    struct field *field = *state;
    field->rtt_ms = INT64_MAX;
    assert_true(scheduler_is_idle(field->scheduler, field->now_ms));
    field_lane(field, 1000, 1);
    assert_true(scheduler_is_idle(field->scheduler, field->now_ms));
    assert_int_equal(field_run(field), INT64_MAX);
    field_put_all(field, 1, 1);
    field->now_ms += 5;
    assert_false(scheduler_is_idle(field->scheduler, field->now_ms));
    assert_true(field_run(field) > field->now_ms);
    assert_false(scheduler_is_idle(field->scheduler, field->now_ms));
    assert_true(field_answer(field, field_latest(field, 1), CAUSE_NONE));
    assert_true(scheduler_is_idle(field->scheduler, field->now_ms));
    const int64_t due_ms = field_run(field);
    assert_true(scheduler_is_idle(field->scheduler, due_ms - 1));
    assert_false(scheduler_is_idle(field->scheduler, due_ms));
}

static void a_sweep_lasts_from_the_first_question_to_the_last_answer(void **state)
{
    struct field *field = *state;
    field->rtt_ms = INT64_MAX;
    field_lane(field, 60000, 10);
    field_put_all(field, 1, 3);
    field_pass(field, 15);
    const int64_t begin_ms = field->questions[0].asked_ms;
    assert_int_equal(field->n, 3);
    field->now_ms = begin_ms + 100;
    assert_true(field_answer(field, field_latest(field, 1), CAUSE_NONE));
    field->now_ms = begin_ms + 200;
    assert_true(field_answer(field, field_latest(field, 2), CAUSE_REFUSED));
    assert_int_equal(field_numbers(field).last_sweep_wall_ms, 0);
    field->now_ms = begin_ms + 450;
    assert_true(field_answer(field, field_latest(field, 3), CAUSE_TIMED_OUT));
    assert_int_equal(field_numbers(field).last_sweep_ms, 450);
    assert_int_equal(field_numbers(field).last_sweep_wall_ms, field->now_ms + 5);
    assert_int_equal(field_numbers(field).answers[CAUSE_NONE], 1);
    assert_int_equal(field_numbers(field).answers[CAUSE_REFUSED], 1);
    assert_int_equal(field_numbers(field).answers[CAUSE_TIMED_OUT], 1);
}

/* A target that is removed is waited for no longer, whenever that happens. */
static void a_sweep_does_not_wait_for_who_is_gone(void **state)
{
    struct field *field = *state;
    field->rtt_ms = INT64_MAX;
    field_lane(field, 60000, 10);
    field_put_all(field, 1, 3);
    field_pass(field, 15);
    const int64_t begin_ms = field->questions[0].asked_ms;
    field->now_ms = begin_ms + 100;
    assert_true(field_answer(field, field_latest(field, 1), CAUSE_NONE));
    field->now_ms = begin_ms + 200;
    assert_true(field_answer(field, field_latest(field, 2), CAUSE_NONE));
    field->now_ms = begin_ms + 5000;
    scheduler_remove(field->scheduler, DRIVER_LISTENER, 3);
    assert_int_equal(field_numbers(field).last_sweep_ms, 200);
    /* And the next one counts again. */
    field->rtt_ms = 7;
    scheduler_kick(field->scheduler, DRIVER_LISTENER, 0, field->now_ms);
    field_pass(field, 10);
    assert_int_equal(field_numbers(field).last_sweep_ms, 7);
    /* With the last target every question ends. */
    scheduler_kick(field->scheduler, DRIVER_LISTENER, 0, field->now_ms);
    field->rtt_ms = INT64_MAX;
    field_pass(field, 10);
    scheduler_remove(field->scheduler, DRIVER_LISTENER, 1);
    scheduler_remove(field->scheduler, DRIVER_LISTENER, 2);
    assert_int_equal(field_numbers(field).last_sweep_ms, 7);
    field->now_ms += 100000;
    field->rtt_ms = 3;
    assert_int_equal(field_put(field, 9, "a"), 0);
    field_pass(field, 1000);
    assert_int_equal(field_numbers(field).last_sweep_ms, 3);
}

static void a_sweep_does_not_count_who_is_gone(void **state)
{
    struct field *field = *state;
    field->rtt_ms = INT64_MAX;
    field_lane(field, 60000, 10);
    field_put_all(field, 1, 3);
    field_pass(field, 15);
    assert_true(field_answer(field, field_latest(field, 1), CAUSE_NONE));
    scheduler_remove(field->scheduler, DRIVER_LISTENER, 1);
    assert_true(field_answer(field, field_latest(field, 2), CAUSE_NONE));
    assert_int_equal(field_numbers(field).last_sweep_wall_ms, 0);
    assert_true(field_answer(field, field_latest(field, 3), CAUSE_NONE));
    assert_int_equal(field_numbers(field).last_sweep_wall_ms, field->now_ms + 5);
}

static void sweeps_follow_each_other(void **state)
{
    struct field *field = *state;
    enum { INTERVAL_MS = 10000, TARGETS = 500 };
    field->rtt_ms = 20;
    field_lane(field, INTERVAL_MS, 1000);
    field_put_all(field, 1, TARGETS);
    int64_t last_wall_ms = 0;
    unsigned sweeps = 0;
    for (unsigned s = 0; s < 200; s++) {
        field_pass(field, 1000);
        const struct probe_row numbers = field_numbers(field);
        if (numbers.last_sweep_wall_ms == last_wall_ms)
            continue;
        last_wall_ms = numbers.last_sweep_wall_ms;
        sweeps++;
        assert_in_range(numbers.last_sweep_ms, 20, 2 * INTERVAL_MS);
    }
    assert_in_range(sweeps, 15, 21);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* What another driver made along with its own: a run of this lane, and a fault, but no turn of any target. */
static void a_run_that_was_made_elsewhere_is_counted(void **state)
{
    struct field *field = *state;
    const struct now now = { .mono_ms = field->now_ms, .wall_ms = 77 };

    scheduler_book(field->scheduler, DRIVER_LISTENER, "PC-1", CAUSE_FORBIDDEN, "no shell", &now); /* no lane yet */
    field_lane(field, 60000, 1);
    assert_int_equal(field_numbers(field).runs, 0);
    field_put_all(field, 1, 1);
    scheduler_book(field->scheduler, DRIVER_LISTENER, "PC-1", CAUSE_NONE, "", &now);
    assert_int_equal(field_numbers(field).last_cause, CAUSE_NONE);
    scheduler_book(field->scheduler, DRIVER_LISTENER, "PC-1", CAUSE_FORBIDDEN, "no shell", &now);
    const struct probe_row numbers = field_numbers(field);
    assert_int_equal(numbers.runs, 2);
    assert_int_equal(numbers.answers[CAUSE_NONE], 1);
    assert_int_equal(numbers.answers[CAUSE_FORBIDDEN], 1);
    assert_int_equal(numbers.last_cause, CAUSE_FORBIDDEN);
    assert_int_equal(numbers.last_fault_wall_ms, 77);
    assert_string_equal(numbers.last_fault, "PC-1: forbidden: no shell");
    assert_int_equal(numbers.in_flight, 0);
}

static void who_is_being_asked_is_known(void **state)
{
    struct field *field = *state;

    assert_false(scheduler_is_asking(field->scheduler, DRIVER_LISTENER, 1));
    field_lane(field, 60000, 1);
    field_put_all(field, 1, 1);
    assert_false(scheduler_is_asking(field->scheduler, DRIVER_LISTENER, 1));
    scheduler_kick(field->scheduler, DRIVER_LISTENER, 1, field->now_ms);
    field_run(field);
    assert_true(scheduler_is_asking(field->scheduler, DRIVER_LISTENER, 1));
    assert_false(scheduler_is_asking(field->scheduler, DRIVER_LISTENER, 2));
    field_answer(field, field_latest(field, 1), CAUSE_NONE);
    assert_false(scheduler_is_asking(field->scheduler, DRIVER_LISTENER, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_more_than_the_cap_are_in_flight),
        TEST(a_run_that_was_made_elsewhere_is_counted),
        TEST(who_is_being_asked_is_known),
        TEST(each_target_is_asked_once_an_interval),
        TEST(questions_are_spread_over_the_interval),
        TEST(a_new_fleet_is_asked_at_a_steady_pace),
        TEST(a_target_that_takes_too_long_misses_its_turns),
        TEST(nobody_starves_when_the_cap_is_too_small),
        TEST(a_queue_that_is_full_is_tried_again),
        TEST(idle_is_nothing_in_flight_and_nothing_due),
        TEST(a_sweep_lasts_from_the_first_question_to_the_last_answer),
        TEST(a_sweep_does_not_wait_for_who_is_gone),
        TEST(a_sweep_does_not_count_who_is_gone),
        TEST(sweeps_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
