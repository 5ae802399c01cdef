/* The queue between threads: bounds, order, and an eventfd that tells the truth. */
#include "probes/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>

static bool is_readable(const struct queue *queue)
{
    struct pollfd fd = { .fd = queue_fd(queue), .events = POLLIN };

    return poll(&fd, 1, 0) == 1;
}

static struct queue *new_queue(size_t capacity)
{
    struct queue *queue = NULL;

    assert_int_equal(queue_new(sizeof(int), capacity, &queue), 0);
    return queue;
}

static void refuses_nonsense(void **state)
{
    (void)state;
    struct queue *queue = NULL;

    assert_int_equal(queue_new(0, 1, &queue), -EINVAL);
    assert_int_equal(queue_new(1, 0, &queue), -EINVAL);
    assert_null(queue);
    queue_free(NULL);
}

static void keeps_order_across_the_ring_and_refuses_when_full(void **state)
{
    (void)state;
    struct queue *queue = new_queue(3);
    int next_in = 0, next_out = 0, items[3];

    for (int round = 0; round < 10; round++) {
        while (queue_push(queue, &next_in) == 0)
            next_in++;
        const size_t want = (size_t)(1 + round % 3), got = queue_take(queue, items, want);
        assert_int_equal(got, want);
        for (size_t i = 0; i < got; i++)
            assert_int_equal(items[i], next_out++);
    }
    assert_int_equal(queue_push(queue, &next_in), 0);
    while (queue_push(queue, &next_in) == 0)
        ;
    assert_int_equal(queue_push(queue, &next_in), -EAGAIN);
    assert_int_equal(queue_take(queue, items, 3), 3);
    assert_int_equal(queue_take(queue, items, 3), 0);
    queue_free(queue);
}

static void wakes_when_told_and_stays_awake_until_empty(void **state)
{
    (void)state;
    struct queue *queue = new_queue(8);
    int items[8];

    queue_wake(queue);
    assert_false(is_readable(queue));
    for (int i = 0; i < 4; i++)
        assert_int_equal(queue_push(queue, &i), 0);
    assert_false(is_readable(queue));
    queue_wake(queue);
    queue_wake(queue);
    assert_true(is_readable(queue));
    assert_int_equal(queue_take(queue, items, 3), 3);
    assert_true(is_readable(queue));
    assert_int_equal(queue_take(queue, items, 3), 1);
    assert_false(is_readable(queue));
    queue_free(queue);
}

static void a_closed_queue_is_readable_for_good(void **state)
{
    (void)state;
    struct queue *queue = new_queue(2);
    int item = 7;

    assert_int_equal(queue_push(queue, &item), 0);
    assert_false(queue_is_closed(queue));
    queue_close(queue);
    assert_true(queue_is_closed(queue));
    assert_int_equal(queue_take(queue, &item, 1), 1);
    assert_int_equal(queue_take(queue, &item, 1), 0);
    assert_true(is_readable(queue));
    queue_free(queue);
}

enum { WRITERS = 3, ITEMS_EACH = 20000 };

struct writer {
    struct queue *queue;
    int first;
};

static void *write_all(void *user)
{
    const struct writer *writer = user;

    for (int i = 0; i < ITEMS_EACH; i++) {
        const int item = writer->first + i;
        while (queue_push(writer->queue, &item) == -EAGAIN)
            sched_yield();
        queue_wake(writer->queue);
    }
    return NULL;
}

static void hands_everything_over_once_between_threads(void **state)
{
    (void)state;
    struct queue *queue = new_queue(64);
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    int items[16], next[WRITERS];
    size_t total = 0;

    for (int i = 0; i < WRITERS; i++) {
        next[i] = i * ITEMS_EACH;
        writers[i] = (struct writer){ queue, i * ITEMS_EACH };
        assert_int_equal(pthread_create(&threads[i], NULL, write_all, &writers[i]), 0);
    }
    while (total < (size_t)WRITERS * ITEMS_EACH) {
        struct pollfd fd = { .fd = queue_fd(queue), .events = POLLIN };
        assert_int_equal(poll(&fd, 1, 10000), 1);
        const size_t got = queue_take(queue, items, 16);
        for (size_t i = 0; i < got; i++)
            assert_int_equal(items[i], next[items[i] / ITEMS_EACH]++);
        total += got;
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(queue_take(queue, items, 16), 0);
    queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_nonsense),
        cmocka_unit_test(keeps_order_across_the_ring_and_refuses_when_full),
        cmocka_unit_test(wakes_when_told_and_stays_awake_until_empty),
        cmocka_unit_test(a_closed_queue_is_readable_for_good),
        cmocka_unit_test(hands_everything_over_once_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
