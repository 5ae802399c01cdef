/* What disturbs a lane: kicks, targets that go or move while they are asked, other settings, no memory, and chance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/chance.h"
#include "support/field.h"
#include "support/heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { INTERVAL_MS = 60000 };

static int begin(void **state)
{
    struct field *field = calloc(1, sizeof *field);
    if (!field)
        return -1;
    field_begin(field);
    field_lane(field, INTERVAL_MS, 100);
    *state = field;
    return 0;
}

static int end(void **state)
{
    field_end(*state);
    free(*state);
    return 0;
}

static void kick(struct field *field, uint32_t index)
{
    scheduler_kick(field->scheduler, DRIVER_LISTENER, index, field->now_ms);
}

static void who_is_kicked_is_asked_at_once(void **state)
{
    struct field *field = *state;
    field_put_all(field, 1, 10);
    field_pass(field, 2 * INTERVAL_MS);
    const int64_t from_ms = field->now_ms;
    kick(field, 4);
    field_run(field);
    assert_int_equal(field_count(field, 4, from_ms), 1);
    assert_int_equal(field_count(field, 0, from_ms), 1);
    kick(field, 99); /* nobody */
    kick(field, UINT32_MAX);
    field_run(field);
    assert_int_equal(field_count(field, 0, from_ms), 1);
}

static void who_is_kicked_in_flight_is_asked_again_when_it_is_back(void **state)
{
    struct field *field = *state;
    field->rtt_ms = INT64_MAX;
    field_put_all(field, 1, 1);
    field_pass(field, 10);
    for (unsigned i = 0; i < 3; i++) {
        kick(field, 1);
        field_run(field);
    }
    assert_int_equal(field->n, 1);
    field->now_ms += 5;
    assert_true(field_answer(field, field_latest(field, 1), CAUSE_NONE));
    field_run(field);
    assert_int_equal(field->n, 2);
    assert_int_equal(field_latest(field, 1)->asked_ms, field->now_ms);
    assert_true(field_answer(field, field_latest(field, 1), CAUSE_NONE));
    assert_true(field_run(field) > field->now_ms); /* once, not thrice */
    assert_int_equal(field->n, 2);
}

static void all_are_kicked_and_stay_apart_afterwards(void **state)
{
    struct field *field = *state;
    enum { TARGETS = 1000, SLICES = 10 };
    field_lane(field, INTERVAL_MS, TARGETS);
    field_put_all(field, 1, TARGETS);
    field_pass(field, 2 * INTERVAL_MS);
    int64_t from_ms = field->now_ms;
    kick(field, 0);
    field_run(field);
    assert_int_equal(field_count(field, 0, from_ms), TARGETS);
    field_pass(field, INTERVAL_MS);
    from_ms = field->now_ms;
    field_pass(field, INTERVAL_MS - 1);
    size_t slices[SLICES] = { 0 };
    for (size_t i = 0; i < field->n; i++)
        if (field->questions[i].asked_ms >= from_ms)
            slices[(field->questions[i].asked_ms - from_ms) * SLICES / INTERVAL_MS]++;
    for (size_t i = 0; i < SLICES; i++)
        assert_in_range(slices[i], TARGETS / SLICES / 2, TARGETS / SLICES * 3 / 2);
}

static void all_are_asked_anew_like_a_new_fleet(void **state)
{
    struct field *field = *state;
    enum { TARGETS = 1000, WINDOW_MS = 5 * TARGETS };
    field_lane(field, 10 * WINDOW_MS, TARGETS);
    field_put_all(field, 1, TARGETS);
    field_pass(field, 20 * WINDOW_MS);
    const int64_t from_ms = field->now_ms;
    scheduler_renew(field->scheduler, DRIVER_LISTENER, from_ms);
    field_pass(field, WINDOW_MS / 2);
    assert_in_range(field_count(field, 0, from_ms), TARGETS * 4 / 10, TARGETS * 6 / 10);
    field_pass(field, WINDOW_MS / 2);
    for (uint32_t index = 1; index <= TARGETS; index++)
        assert_in_range(field_count(field, index, from_ms), 1, 2); /* it may have been its turn */
}

static void who_is_being_asked_is_not_asked_anew(void **state)
{
    struct field *field = *state;
    field->rtt_ms = INT64_MAX;
    field_put_all(field, 1, 1);
    field_pass(field, 10);
    scheduler_renew(field->scheduler, DRIVER_LISTENER, field->now_ms);
    field_pass(field, 10);
    assert_true(field_answer(field, field_latest(field, 1), CAUSE_NONE));
    assert_true(field_run(field) > field->now_ms + 10);
    assert_int_equal(field->n, 1);
}

static void a_lane_without_an_interval_asks_when_it_is_kicked(void **state)
{
    struct field *field = *state;
    field_lane(field, 0, 10);
    field_put_all(field, 1, 3);
    field_pass(field, 10 * INTERVAL_MS);
    assert_int_equal(field->n, 0);
    assert_int_equal(field_run(field), INT64_MAX);
    kick(field, 2);
    field_pass(field, INTERVAL_MS);
    assert_int_equal(field->n, 1);
    kick(field, 0);
    field_pass(field, INTERVAL_MS);
    assert_int_equal(field->n, 4);
    assert_int_equal(field_numbers(field).overruns, 0);
    assert_true(scheduler_is_idle(field->scheduler, field->now_ms));
}

static void who_stays_keeps_its_turn_when_others_go(void **state)
{
    struct field *field = *state;
    enum { TARGETS_BEFORE = 700, ROUNDS = 3 };
    struct chance chance = chance_of(2);
    bool is_gone[TARGETS_BEFORE + 1] = { false };
    int64_t turn_ms[TARGETS_BEFORE + 1] = { 0 };
    field_lane(field, INTERVAL_MS, TARGETS_BEFORE);
    field_put_all(field, 1, TARGETS_BEFORE);
    field_pass(field, 2 * INTERVAL_MS);
    for (uint32_t index = 1; index <= TARGETS_BEFORE; index++)
        turn_ms[index] = field_latest(field, index)->asked_ms % INTERVAL_MS;
    for (unsigned i = 0; i < TARGETS_BEFORE; i++) {
        const uint32_t index = 1 + chance_below(&chance, TARGETS_BEFORE);
        scheduler_remove(field->scheduler, DRIVER_LISTENER, index);
        is_gone[index] = true;
    }
    const int64_t from_ms = field->now_ms;
    field_pass(field, ROUNDS * INTERVAL_MS - 1);
    for (uint32_t index = 1; index <= TARGETS_BEFORE; index++)
        assert_int_equal(field_count(field, index, from_ms), is_gone[index] ? 0 : ROUNDS);
    for (size_t i = 0; i < field->n; i++)
        if (field->questions[i].asked_ms >= from_ms)
            assert_int_equal(field->questions[i].asked_ms % INTERVAL_MS, turn_ms[field->questions[i].index]);
}

static void answers_of_who_is_gone_are_thrown_away(void **state)
{
    struct field *field = *state;
    field->rtt_ms = INT64_MAX;
    field_put_all(field, 1, 2);
    field_pass(field, 20);
    assert_int_equal(field_numbers(field).in_flight, 2);
    scheduler_remove(field->scheduler, DRIVER_LISTENER, 1);
    scheduler_remove(field->scheduler, DRIVER_LISTENER, 1);
    assert_int_equal(field_numbers(field).in_flight, 1);
    assert_int_equal(field_numbers(field).targets, 1);
    /* Its index is given to another, and asked: the old answer is not the new one's. */
    const size_t old_at = (size_t)(field_latest(field, 1) - field->questions);
    field_put_all(field, 1, 1);
    kick(field, 1);
    field_run(field);
    struct question *old = &field->questions[old_at], *new = field_latest(field, 1);
    assert_int_not_equal(old->ticket, new->ticket);
    assert_false(field_answer(field, old, CAUSE_NONE));
    assert_true(field_answer(field, new, CAUSE_NONE));
    assert_int_equal(field_numbers(field).answers[CAUSE_NONE], 1);
    /* Nor is any answer taken twice, or one that nobody asked for. */
    const struct probe_answer forged[] = {
        { .ticket = new->ticket },
        { .ticket = 0 },
        { .ticket = UINT64_MAX },
        { .ticket = (uint64_t)DRIVER_FEED << 56 | 1 },
        { .ticket = (uint64_t)DRIVER_LISTENER << 56 | UINT32_MAX },
    };
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++)
        assert_false(scheduler_answer(field->scheduler, &forged[i], &(struct now){ field->now_ms, 0 }));
    assert_int_equal(field_numbers(field).in_flight, 1);
}

static void who_moves_while_asked_is_asked_where_it_is_now(void **state)
{
    struct field *field = *state;
    field->rtt_ms = INT64_MAX;
    field_put_all(field, 1, 1);
    field_pass(field, 10);
    assert_int_equal(field->n, 1);
    /* The same place again changes nothing. */
    assert_int_equal(field_put(field, 1, "a"), 0);
    assert_int_equal(field_numbers(field).in_flight, 1);
    assert_int_equal(field_put(field, 1, "b"), 0);
    assert_int_equal(field_numbers(field).targets, 1);
    assert_int_equal(field_numbers(field).in_flight, 0);
    assert_false(field_answer(field, &field->questions[0], CAUSE_NONE));
    field_pass(field, INTERVAL_MS);
    assert_int_equal(field->n, 2);
    assert_string_equal(field->questions[1].target->where, "b");
    assert_true(field_answer(field, &field->questions[1], CAUSE_NONE));
}

/* Where no clock asks, and where somebody waits for the answer, the question that was lost is asked again. */
static void a_question_that_was_lost_by_moving_is_asked_again(void **state)
{
    struct field *field = *state;
    field->rtt_ms = INT64_MAX;
    for (int clocked = 0; clocked < 2; clocked++) {
        const uint32_t index = clocked ? 2 : 1;
        field_lane(field, clocked ? INTERVAL_MS : 0, 10);
        assert_int_equal(field_put(field, index, "a"), 0);
        kick(field, index);
        field_run(field);
        assert_int_equal(field_count(field, index, 0), 1);
        if (clocked)
            kick(field, index);
        assert_int_equal(field_put(field, index, "b"), 0);
        field_run(field);
        assert_int_equal(field_count(field, index, 0), 2);
        assert_string_equal(field_latest(field, index)->target->where, "b");
        assert_true(field_answer(field, field_latest(field, index), CAUSE_NONE));
        field_run(field);
        assert_int_equal(field_count(field, index, 0), 2);
    }
}

static void a_shorter_interval_begins_with_the_next_put(void **state)
{
    struct field *field = *state;
    field_lane(field, 3600000, 100);
    field_put_all(field, 1, 50);
    field_pass(field, 3600000);
    const int64_t from_ms = field->now_ms;
    field_lane(field, 1000, 100);
    field_put_all(field, 1, 50);
    field_pass(field, 10000);
    for (uint32_t index = 1; index <= 50; index++)
        assert_in_range(field_count(field, index, from_ms), 9, 11);
}

static void a_lane_that_gets_an_interval_begins_to_ask(void **state)
{
    struct field *field = *state;
    field_lane(field, 0, 100);
    field_put_all(field, 1, 5);
    field_pass(field, 1000);
    assert_int_equal(field->n, 0);
    field_lane(field, 1000, 100);
    field_put_all(field, 1, 5);
    field_pass(field, 5000);
    for (uint32_t index = 1; index <= 5; index++)
        assert_in_range(field_count(field, index, 0), 4, 6);
    field_lane(field, 0, 100);
    field_pass(field, 2000);
    const int64_t from_ms = field->now_ms;
    field_pass(field, INTERVAL_MS);
    assert_int_equal(field_count(field, 0, from_ms), 0);
}

static void jobs_carry_the_settings_of_their_time(void **state)
{
    struct field *field = *state;
    field->rtt_ms = INT64_MAX;
    field_put_all(field, 1, 2);
    kick(field, 1);
    field_run(field);
    field_lane(field, INTERVAL_MS, 100); /* others, though they look alike */
    kick(field, 2);
    field_run(field);
    assert_ptr_not_equal(field_latest(field, 1)->settings, field_latest(field, 2)->settings);
    assert_int_equal(probe_settings_references(field_latest(field, 1)->settings), 1);
    assert_true(probe_settings_references(field_latest(field, 2)->settings) > 1);
}

static void without_memory_no_target_is_added(void **state)
{
    struct field *field = *state;
    field_put_all(field, 1, 3);
    const struct probe_target *target =
        probe_target_new(&(struct probe_target){ .subject = SUBJECT_AGENT, .index = 5000, .where = "a", .name = "PC" });
    assert_non_null(target);
    for (unsigned long first = 1;; first++) {
        heap_fail(first, 1);
        const int error = scheduler_put(field->scheduler, DRIVER_LISTENER, target, field->now_ms);
        if (!heap_heal()) {
            assert_int_equal(error, 0);
            break;
        }
        assert_int_equal(error, -ENOMEM);
        assert_int_equal(field_numbers(field).targets, 3);
    }
    probe_target_unref(target);
    assert_int_equal(field_numbers(field).targets, 4);
    field_pass(field, INTERVAL_MS);
    assert_true(field_count(field, 5000, 0) >= 1);

    struct scheduler *none = NULL;
    heap_fail(1, 1);
    const int error = scheduler_new(NULL, NULL, &none);
    assert_true(heap_heal());
    assert_int_equal(error, -ENOMEM);
    assert_null(none);
}

enum { TARGETS = 60, STEPS = 20000 };

/* The questions that the scheduler must know to be in flight. */
static size_t count_out(const struct field *field, const uint64_t *tickets)
{
    size_t n = 0;
    for (size_t i = 0; i < field->n; i++)
        n += field->questions[i].is_out && tickets[field->questions[i].index] == field->questions[i].ticket;
    return n;
}

static void whatever_happens_the_numbers_hold(void **state)
{
    struct field *field = *state;
    struct chance chance = chance_of(11);
    bool is_there[TARGETS + 1] = { false };
    char where[TARGETS + 1] = { 0 };
    uint64_t tickets[TARGETS + 1] = { 0 }; /* of the last question that still counts */
    size_t targets = 0;
    field->room = 20;
    for (unsigned i = 0; i < STEPS; i++) {
        const uint32_t index = 1 + chance_below(&chance, TARGETS), dice = chance_below(&chance, 100);
        const size_t before = field->n;
        if (dice < 10) {
            char place[2] = { (char)('a' + chance_below(&chance, 2)), 0 };
            assert_int_equal(field_put(field, index, place), 0);
            if (is_there[index] && where[index] != *place)
                tickets[index] = 0;
            targets += !is_there[index];
            is_there[index] = true;
            where[index] = *place;
        } else if (dice < 15) {
            scheduler_remove(field->scheduler, DRIVER_LISTENER, index);
            targets -= is_there[index];
            is_there[index] = false;
            tickets[index] = 0;
        } else if (dice < 20) {
            kick(field, chance_percent(&chance, 10) ? 0 : index);
        } else if (dice < 50 && field->out) {
            struct question *question =
                &field->questions[field->n - 1 - chance_below(&chance, field->n < 40 ? (uint32_t)field->n : 40)];
            if (question->is_out) {
                const bool counts = tickets[question->index] == question->ticket;
                assert_int_equal(field_answer(field, question, CAUSE_NONE), counts);
                if (counts)
                    tickets[question->index] = 0;
            }
        } else if (dice < 52) {
            field_lane(field, chance_percent(&chance, 50) ? 1000 : INTERVAL_MS, 1 + chance_below(&chance, 30));
        } else {
            field->now_ms += chance_below(&chance, 200);
            field_run(field);
        }
        for (size_t q = before; q < field->n; q++) {
            assert_true(is_there[field->questions[q].index]);
            assert_int_equal(tickets[field->questions[q].index], 0); /* it was not in flight */
            tickets[field->questions[q].index] = field->questions[q].ticket;
        }
        if (i % 50 == 0) {
            assert_int_equal(field_numbers(field).targets, targets);
            assert_int_equal(field_numbers(field).in_flight, count_out(field, tickets));
            assert_int_equal(field_numbers(field).runs, field->n);
        }
    }
    assert_true(field->n > 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_kicked_is_asked_at_once),
        TEST(who_is_kicked_in_flight_is_asked_again_when_it_is_back),
        TEST(all_are_kicked_and_stay_apart_afterwards),
        TEST(all_are_asked_anew_like_a_new_fleet),
        TEST(who_is_being_asked_is_not_asked_anew),
        TEST(a_lane_without_an_interval_asks_when_it_is_kicked),
        TEST(who_stays_keeps_its_turn_when_others_go),
        TEST(answers_of_who_is_gone_are_thrown_away),
        TEST(who_moves_while_asked_is_asked_where_it_is_now),
        TEST(a_question_that_was_lost_by_moving_is_asked_again),
        TEST(a_shorter_interval_begins_with_the_next_put),
        TEST(a_lane_that_gets_an_interval_begins_to_ask),
        TEST(jobs_carry_the_settings_of_their_time),
        TEST(without_memory_no_target_is_added),
        TEST(whatever_happens_the_numbers_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
