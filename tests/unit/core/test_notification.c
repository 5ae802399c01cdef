/* The queue of notifications: order, ceiling, and who owns what when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/notification.h"
#include "support/chance.h"
#include "support/heap.h"

#include <errno.h>

static struct notification make(uint32_t seq)
{
    struct notification notification = { .kind = NOTIFICATION_RAISED };
    notification.alarm.seq = seq;
    notification.alarm.subject = SUBJECT_AGENT;
    notification.alarm.text = text_new("text");
    notification.alarm.subject_name = text_new("name");
    notification.group = text_new("group");
    return notification;
}

static void they_come_out_as_they_went_in(void **state)
{
    (void)state;
    const long before = heap_blocks();
    struct chance chance = chance_of(3);
    struct notification_queue *queue;
    struct notification notification;
    uint32_t in = 0, out = 0;
    assert_int_equal(notification_queue_new(1000, &queue), 0);
    /* Filling and draining at random makes the ring turn and grow in every position. */
    for (unsigned i = 0; i < 20000; i++) {
        if (chance_percent(&chance, i / 4000 % 2 ? 35 : 65) && in - out < 1000) {
            notification = make(++in);
            assert_int_equal(notification_queue_push(queue, &notification), 0);
            assert_null(notification.alarm.text); /* taken */
        } else if (notification_queue_pop(queue, &notification)) {
            assert_int_equal(notification.alarm.seq, ++out);
            assert_string_equal(text_chars(notification.alarm.text), "text");
            notification_done(&notification);
            assert_null(notification.group);
        }
        assert_int_equal(notification_queue_count(queue), in - out);
        assert_null(notification_queue_at(queue, in - out));
        if (in > out)
            assert_int_equal(notification_queue_at(queue, in - out - 1)->alarm.seq, in);
    }
    assert_true(in > out); /* the rest dies with the queue */
    notification_queue_free(queue);
    assert_int_equal(heap_blocks(), before);
}

static void a_full_queue_leaves_it_to_the_caller(void **state)
{
    (void)state;
    const long before = heap_blocks();
    struct notification_queue *queue;
    struct notification notification;
    assert_int_equal(notification_queue_new(3, &queue), 0);
    for (uint32_t seq = 1; seq <= 3; seq++) {
        notification = make(seq);
        assert_int_equal(notification_queue_push(queue, &notification), 0);
    }
    notification = make(4);
    assert_int_equal(notification_queue_push(queue, &notification), -ENOBUFS);
    assert_int_equal(notification.alarm.seq, 4);
    assert_string_equal(text_chars(notification.alarm.text), "text");
    notification_done(&notification);
    assert_true(notification_queue_pop(queue, &notification));
    assert_int_equal(notification.alarm.seq, 1);
    notification_done(&notification);
    notification_queue_free(queue);
    notification_queue_free(NULL);
    assert_int_equal(heap_blocks(), before);
}

static void without_memory_it_stays_the_callers(void **state)
{
    (void)state;
    struct notification_queue *queue;
    assert_int_equal(notification_queue_new(100, &queue), 0);
    struct notification notification = make(1);
    heap_fail(1, 1);
    const int error = notification_queue_push(queue, &notification);
    assert_true(heap_heal());
    assert_int_equal(error, -ENOMEM);
    assert_int_equal(notification.alarm.seq, 1);
    assert_int_equal(notification_queue_push(queue, &notification), 0);
    assert_int_equal(notification_queue_count(queue), 1);
    notification_queue_free(queue);
}

static void an_empty_queue_gives_nothing_and_touches_nothing(void **state)
{
    (void)state;
    struct notification_queue *queue;
    struct notification notification = { .alarm = { .seq = 77 } };
    assert_int_equal(notification_queue_new(1, &queue), 0);
    assert_false(notification_queue_pop(queue, &notification));
    assert_int_equal(notification.alarm.seq, 77);
    notification_queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_out_as_they_went_in),
        cmocka_unit_test(a_full_queue_leaves_it_to_the_caller),
        cmocka_unit_test(without_memory_it_stays_the_callers),
        cmocka_unit_test(an_empty_queue_gives_nothing_and_touches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
