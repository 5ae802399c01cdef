/* The workers as the scheduler sees them, without a network or a clock: it takes questions, and gives answers when the
 * test's time has come. */
#ifndef AH_TEST_FIELD_H
#define AH_TEST_FIELD_H

#include "daemon/scheduler.h"

struct question {
    int64_t asked_ms;
    uint64_t ticket;
    const struct probe_settings *settings; /* own a reference each, until it is answered */
    const struct probe_target *target;
    uint32_t index;
    bool is_out;
};

struct field {
    struct scheduler *scheduler;
    int64_t now_ms;
    int64_t rtt_ms;             /* after which a question is answered by itself; INT64_MAX: never */
    size_t room;                /* questions that it takes at once; then it says -EAGAIN */
    size_t out, most_out;       /* in flight now, and at the most so far */
    size_t refused;             /* times it said -EAGAIN */
    struct question *questions; /* all there ever were, in order */
    size_t n, questions_room;
};

/* Answers come after 1 ms, there is room for all; the time is some time after 0. */
void field_begin(struct field *field);
void field_end(struct field *field);

/* The listener's lane. */
void field_lane(struct field *field, int64_t interval_ms, unsigned concurrency);
/* Puts a target that is asked at `where`; an error of the scheduler's. */
int field_put(struct field *field, uint32_t index, const char *where);
/* Targets first to last, all at "a". */
void field_put_all(struct field *field, uint32_t first, uint32_t last);

/* Answers one question now; what the scheduler says to it. */
bool field_answer(struct field *field, struct question *question, enum cause cause);
/* Runs the scheduler now; when it wants to be run again. */
int64_t field_run(struct field *field);
/* Lets time pass: runs the scheduler when it wants to be run, and after each answer. */
void field_pass(struct field *field, int64_t ms);

/* The questions to a target so far (0: to anybody), from a time on. */
size_t field_count(const struct field *field, uint32_t index, int64_t from_ms);
/* The latest question to a target; fails the test when there is none. */
struct question *field_latest(struct field *field, uint32_t index);
struct probe_row field_numbers(const struct field *field);

#endif
