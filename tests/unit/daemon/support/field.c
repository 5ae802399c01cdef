/* Keeps every question, and plays the time. */
#include "field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEGIN_MS = 1000000 };

static int take(void *user, const struct probe_job *job)
{
    struct field *field = user;
    if (field->out >= field->room) {
        field->refused++;
        return -EAGAIN;
    }
    if (field->n == field->questions_room) {
        field->questions_room = field->n ? 2 * field->n : 1024;
        field->questions = realloc(field->questions, field->questions_room * sizeof *field->questions);
        assert_non_null(field->questions);
    }
    field->questions[field->n++] = (struct question){
        .asked_ms = field->now_ms,
        .ticket = job->ticket,
        .settings = job->settings,
        .target = job->target,
        .index = job->target->index,
        .is_out = true,
    };
    field->out++;
    if (field->out > field->most_out)
        field->most_out = field->out;
    return 0;
}

void field_begin(struct field *field)
{
    *field = (struct field){ .now_ms = BEGIN_MS, .rtt_ms = 1, .room = SIZE_MAX };
    assert_int_equal(scheduler_new(take, field, &field->scheduler), 0);
}

static void forget(struct field *field, struct question *question)
{
    question->is_out = false;
    field->out--;
    probe_settings_unref(question->settings);
    probe_target_unref(question->target);
}

void field_end(struct field *field)
{
    scheduler_free(field->scheduler);
    for (size_t i = 0; i < field->n; i++)
        if (field->questions[i].is_out)
            forget(field, &field->questions[i]);
    free(field->questions);
}

void field_lane(struct field *field, int64_t interval_ms, unsigned concurrency)
{
    const struct probe_settings *settings = probe_settings_new(&(struct probe_settings){
        .driver = DRIVER_LISTENER, .timeout_ms = 1000, .marker = "", .ca_file = "", .pin = "", .user_agent = "" });
    assert_non_null(settings);
    scheduler_configure(field->scheduler, settings, interval_ms, concurrency);
    probe_settings_unref(settings);
}

int field_put(struct field *field, uint32_t index, const char *where)
{
    const struct probe_target *target = probe_target_new(
        &(struct probe_target){ .subject = SUBJECT_AGENT, .index = index, .where = where, .name = "PC" });
    if (!target)
        return -ENOMEM;
    const int error = scheduler_put(field->scheduler, DRIVER_LISTENER, target, field->now_ms);
    probe_target_unref(target);
    return error;
}

void field_put_all(struct field *field, uint32_t first, uint32_t last)
{
    for (uint32_t index = first; index <= last; index++)
        assert_int_equal(field_put(field, index, "a"), 0);
}

bool field_answer(struct field *field, struct question *question, enum cause cause)
{
    const struct probe_answer answer = {
        .ticket = question->ticket,
        .observation = { .driver = DRIVER_LISTENER,
                         .subject = SUBJECT_AGENT,
                         .index = question->index,
                         .cause = cause },
    };
    assert_true(question->is_out);
    forget(field, question);
    return scheduler_answer(field->scheduler, &answer, &(struct now){ field->now_ms, field->now_ms + 5 });
}

int64_t field_run(struct field *field)
{
    return scheduler_run(field->scheduler, field->now_ms);
}

void field_pass(struct field *field, int64_t ms)
{
    const int64_t end_ms = field->now_ms + ms;
    size_t first_out = 0;
    for (;;) {
        int64_t next_ms = field_run(field);
        assert_true(next_ms > field->now_ms);
        while (first_out < field->n && !field->questions[first_out].is_out)
            first_out++;
        if (first_out < field->n && field->rtt_ms != INT64_MAX &&
            field->questions[first_out].asked_ms + field->rtt_ms < next_ms)
            next_ms = field->questions[first_out].asked_ms + field->rtt_ms;
        if (next_ms > end_ms)
            break;
        if (next_ms > field->now_ms)
            field->now_ms = next_ms;
        for (size_t i = first_out; field->rtt_ms != INT64_MAX && i < field->n; i++) {
            if (field->questions[i].asked_ms + field->rtt_ms > field->now_ms)
                break;
            if (field->questions[i].is_out)
                field_answer(field, &field->questions[i], CAUSE_NONE);
        }
    }
    field->now_ms = end_ms;
}

size_t field_count(const struct field *field, uint32_t index, int64_t from_ms)
{
    size_t n = 0;
    for (size_t i = 0; i < field->n; i++)
        n += (!index || field->questions[i].index == index) && field->questions[i].asked_ms >= from_ms;
    return n;
}

struct question *field_latest(struct field *field, uint32_t index)
{
    for (size_t i = field->n; i-- > 0;)
        if (field->questions[i].index == index)
            return &field->questions[i];
    fail_msg("target %u was never asked", index);
    return NULL;
}

struct probe_row field_numbers(const struct field *field)
{
    struct probe_row numbers = { 0 };
    assert_true(scheduler_numbers(field->scheduler, DRIVER_LISTENER, &numbers));
    return numbers;
}
