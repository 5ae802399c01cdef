/* What the tests of the worker share: asking a pool one question or many, and waiting for the answers. Header-only, as
 * each test is one program. */
#ifndef AH_TESTS_UNIT_PROBES_ASKING_H
#define AH_TESTS_UNIT_PROBES_ASKING_H

#include "probes/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <time.h>

enum { ANSWER_WAIT_MS = 20000 };

static int64_t mono_now_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static void submit(struct worker_pool *pool, const struct probe_settings *settings, const char *url, uint32_t index,
                   uint64_t ticket)
{
    const struct probe_job job = {
        .settings = probe_settings_ref(settings),
        .target = probe_target_new(
            &(struct probe_target){ .subject = SUBJECT_AGENT, .index = index, .where = url, .name = "x" }),
        .ticket = ticket,
    };

    assert_non_null(job.target);
    assert_int_equal(worker_pool_submit(pool, &job), 0);
    worker_pool_flush(pool);
}

static struct probe_answer wait_answer(struct worker_pool *pool, int fd)
{
    struct probe_answer answer;
    struct pollfd ready = { .fd = fd, .events = POLLIN };

    assert_int_equal(poll(&ready, 1, ANSWER_WAIT_MS), 1);
    assert_int_equal(worker_pool_collect(pool, &answer, 1), 1);
    return answer;
}

/* One question, and its answer. */
static struct probe_answer ask(struct worker_pool *pool, int fd, const struct probe_settings *settings, const char *url)
{
    static uint64_t ticket = 1000;

    submit(pool, settings, url, 77, ++ticket);
    const struct probe_answer answer = wait_answer(pool, fd);
    assert_int_equal(answer.ticket, ticket);
    assert_int_equal(answer.observation.subject, SUBJECT_AGENT);
    assert_int_equal(answer.observation.index, 77);
    assert_true(answer.observation.mono_ms > 0 && answer.observation.mono_ms <= mono_now_ms());
    return answer;
}

#endif
