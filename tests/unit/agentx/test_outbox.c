/* Order, pace and fate of notifications, with a clock that the test turns. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agentx/outbox.h"

enum { QUEUE_MAX = 200, TOLD_BYTES = 64 };

/* What has been told, as `+1-2`: accepted, and given up. */
static char told[TOLD_BYTES];

static void note(void *user, uint32_t id, bool accepted)
{
    char *text = user;
    const size_t length = strlen(text);
    snprintf(text + length, TOLD_BYTES - length, "%c%u", accepted ? '+' : '-', id);
}

/* As `>1@9`: it is with the master 9; `<1`: it is not. */
static void note_sent(void *user, uint32_t id, uint64_t master)
{
    char *text = user;
    const size_t length = strlen(text);
    snprintf(text + length, TOLD_BYTES - length, master ? ">%u@%llu" : "<%u", id, (unsigned long long)master);
}

/* The outbox is large: not for the stack. */
static struct outbox *outbox_new(unsigned rate_per_s, unsigned burst)
{
    const struct snmp_settings settings = { .queue_max = QUEUE_MAX,
                                            .rate_per_s = rate_per_s,
                                            .burst = burst,
                                            .told = note,
                                            .sent = note_sent,
                                            .told_user = told };
    struct outbox *outbox = malloc(sizeof *outbox);
    assert_non_null(outbox);
    told[0] = '\0';
    assert_int_equal(outbox_init(outbox, &settings), 0);
    return outbox;
}

static void outbox_free(struct outbox *outbox)
{
    outbox_done(outbox);
    free(outbox);
}

static void put(struct outbox *outbox, uint32_t seq)
{
    struct notification notification = { .id = seq, .alarm = { .seq = seq, .subject = SUBJECT_COLLECTOR } };
    notification.alarm.text = text_new("text");
    assert_int_equal(outbox_put(outbox, &notification), 0);
}

/* Sends all that may go; the packet's number is the alarm's sequence + 1000. Returns the first, and how many. */
static uint32_t send_all(struct outbox *outbox, int64_t now_ms, unsigned *ret_n, int64_t *ret_wait_ms)
{
    struct flight *flight;
    uint32_t first = 0;
    *ret_n = 0;
    while ((flight = outbox_next(outbox, now_ms, ret_wait_ms)) != NULL) {
        if (*ret_n == 0)
            first = flight->notification.alarm.seq;
        assert_int_equal(flight->notification.alarm.seq, first + *ret_n); /* in order */
        outbox_sent(outbox, flight, flight->notification.alarm.seq + 1000);
        (*ret_n)++;
    }
    return first;
}

static void test_at_most_64_unanswered(void **state)
{
    struct outbox *outbox = outbox_new(1000000, 1000000);
    int64_t wait_ms;
    unsigned n;
    (void)state;
    for (uint32_t seq = 1; seq <= 200; seq++)
        put(outbox, seq);
    assert_int_equal(send_all(outbox, 0, &n, &wait_ms), 1);
    assert_int_equal(n, 64);
    assert_int_equal(wait_ms, -1); /* an answer is what must come, not time */
    assert_true(outbox_answered(outbox, 1001, true));
    assert_true(outbox_answered(outbox, 1002, true));
    assert_int_equal(send_all(outbox, 0, &n, &wait_ms), 65);
    assert_int_equal(n, 2);
    assert_int_equal(outbox->sent, 2);
    assert_int_equal(outbox->count, 198);
    outbox_free(outbox);
}

static void test_answers_out_of_order(void **state)
{
    struct outbox *outbox = outbox_new(1000000, 1000000);
    int64_t wait_ms;
    unsigned n;
    (void)state;
    for (uint32_t seq = 1; seq <= 70; seq++)
        put(outbox, seq);
    send_all(outbox, 0, &n, &wait_ms);
    assert_true(outbox_answered(outbox, 1003, true));
    assert_false(outbox_answered(outbox, 1003, true)); /* once */
    assert_false(outbox_answered(outbox, 9999, true));
    send_all(outbox, 0, &n, &wait_ms);
    assert_int_equal(n, 0);          /* the oldest still is in flight, and keeps its place */
    assert_string_equal(told, "+3"); /* but what is decided is told at once */
    assert_int_equal(outbox->count, 69);
    assert_true(outbox_answered(outbox, 1001, true));
    assert_int_equal(send_all(outbox, 0, &n, &wait_ms), 65);
    assert_int_equal(n, 1);
    outbox_free(outbox);
}

static void test_lost_session_sends_again_in_order(void **state)
{
    struct outbox *outbox = outbox_new(1000000, 1000000);
    int64_t wait_ms;
    unsigned n;
    (void)state;
    for (uint32_t seq = 1; seq <= 5; seq++)
        put(outbox, seq);
    send_all(outbox, 0, &n, &wait_ms);
    assert_true(outbox_answered(outbox, 1001, true));
    assert_true(outbox_answered(outbox, 1002, true));
    outbox_lost(outbox);
    assert_false(outbox_answered(outbox, 1003, true)); /* of the old session */
    put(outbox, 6);
    assert_int_equal(send_all(outbox, 0, &n, &wait_ms), 3);
    assert_int_equal(n, 4);
    for (uint32_t seq = 3; seq <= 6; seq++)
        assert_true(outbox_answered(outbox, seq + 1000, true));
    assert_int_equal(outbox->sent, 6);
    assert_int_equal(outbox->dropped, 0);
    assert_int_equal(outbox->count, 0);
    assert_string_equal(told, "+1+2+3+4+5+6");
    outbox_free(outbox);
}

static void test_refused_are_dropped(void **state)
{
    struct outbox *outbox = outbox_new(1000000, 1000000);
    int64_t wait_ms;
    unsigned n;
    (void)state;
    put(outbox, 1);
    put(outbox, 2);
    send_all(outbox, 0, &n, &wait_ms);
    assert_true(outbox_answered(outbox, 1001, false));
    assert_true(outbox_answered(outbox, 1002, true));
    assert_int_equal(outbox->dropped, 1);
    assert_int_equal(outbox->sent, 1);
    assert_int_equal(outbox->count, 0);
    assert_string_equal(told, "-1+2");
    outbox_free(outbox);
}

static void test_what_can_not_be_sent_is_given_up(void **state)
{
    struct outbox *outbox = outbox_new(1000000, 1000000);
    int64_t wait_ms;
    (void)state;
    put(outbox, 1);
    outbox_failed(outbox, outbox_next(outbox, 0, &wait_ms));
    assert_int_equal(outbox->dropped, 1);
    assert_string_equal(told, "-1");
    outbox_free(outbox);
}

static bool is_heartbeat(const struct flight *flight)
{
    return flight && flight->notification.kind == NOTIFICATION_HEARTBEAT;
}

static void test_a_heartbeat_waits_for_nobody(void **state)
{
    struct outbox *outbox = outbox_new(1, 1);
    int64_t wait_ms;
    unsigned n;
    (void)state;
    put(outbox, 1);
    put(outbox, 2);
    send_all(outbox, 0, &n, &wait_ms);
    assert_int_equal(n, 1); /* the pace is used up */
    outbox_beat(outbox);
    outbox_beat(outbox); /* the same */
    struct flight *flight = outbox_next(outbox, 0, &wait_ms);
    assert_true(is_heartbeat(flight));
    outbox_sent(outbox, flight, 500);
    assert_null(outbox_next(outbox, 0, &wait_ms));
    assert_int_equal(wait_ms, 1000); /* no longer for the heartbeat */
    outbox_beat(outbox);
    assert_null(outbox_next(outbox, 0, &wait_ms)); /* the one before is not answered */
    assert_int_equal(outbox->count, 2);
    assert_true(outbox_answered(outbox, 500, true));
    assert_true(is_heartbeat(outbox_next(outbox, 0, &wait_ms)));
    assert_int_equal(outbox->sent, 1);
    assert_string_equal(told, "");
    outbox_free(outbox);
}

static void test_a_lost_heartbeat_is_not_sent_again(void **state)
{
    struct outbox *outbox = outbox_new(1, 1);
    int64_t wait_ms;
    (void)state;
    outbox_beat(outbox);
    outbox_sent(outbox, outbox_next(outbox, 0, &wait_ms), 500);
    outbox_lost(outbox);
    assert_null(outbox_next(outbox, 0, &wait_ms));
    assert_false(outbox_answered(outbox, 500, true));
    outbox_beat(outbox);
    assert_true(is_heartbeat(outbox_next(outbox, 0, &wait_ms)));
    outbox_free(outbox);
}

/* Ten a second, three at once. */
static void test_pace(void **state)
{
    static const struct {
        int64_t now_ms;
        unsigned n;
        int64_t wait_ms;
    } cases[] = {
        { 1000, 3, 100 }, /* the burst */
        { 1050, 0, 50 },
        { 1100, 1, 100 },
        { 1101, 0, 99 },                      /* then the rate */
        { 1350, 2, 50 },                      /* what was saved up */
        { 900000, 3, 100 },                   /* never more than the burst */
        { 900000 + 2 * 3600 * 1000, 3, 100 }, /* after a suspend */
    };
    struct outbox *outbox = outbox_new(10, 3);
    (void)state;
    for (uint32_t seq = 1; seq <= 50; seq++)
        put(outbox, seq);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t wait_ms;
        unsigned n;
        send_all(outbox, cases[i].now_ms, &n, &wait_ms);
        assert_int_equal(n, cases[i].n);
        assert_int_equal(wait_ms, cases[i].wait_ms);
    }
    outbox_free(outbox);
}

static void test_rate_can_change(void **state)
{
    struct outbox *outbox = outbox_new(1, 1);
    int64_t wait_ms;
    unsigned n;
    (void)state;
    for (uint32_t seq = 1; seq <= 20; seq++)
        put(outbox, seq);
    send_all(outbox, 0, &n, &wait_ms);
    assert_int_equal(n, 1);
    outbox_set_rate(outbox, 1000, 10);
    send_all(outbox, 5, &n, &wait_ms);
    assert_int_equal(n, 5);
    outbox_set_rate(outbox, 0, 0); /* taken as one, not as none */
    send_all(outbox, 1005, &n, &wait_ms);
    assert_int_equal(n, 1);
    outbox_free(outbox);
}

static void test_ceiling(void **state)
{
    struct outbox *outbox = outbox_new(1, 1);
    struct notification over = { .alarm = { .subject = SUBJECT_COLLECTOR } };
    (void)state;
    for (uint32_t seq = 1; seq <= QUEUE_MAX; seq++)
        put(outbox, seq);
    over.alarm.text = text_new("still ours");
    assert_int_equal(outbox_put(outbox, &over), -ENOBUFS);
    assert_string_equal(text_chars(over.alarm.text), "still ours");
    notification_done(&over);
    assert_int_equal(outbox->count, QUEUE_MAX);
    outbox_free(outbox);
}

static void test_what_a_master_has_is_noted_until_its_session_is_lost(void **state)
{
    struct outbox *outbox = outbox_new(1000, 1000);
    int64_t wait_ms;
    (void)state;
    outbox_beat(outbox);
    for (uint32_t seq = 1; seq <= 3; seq++)
        put(outbox, seq);
    for (uint32_t packet = 500; packet <= 503; packet++) {
        struct flight *flight = outbox_next(outbox, 0, &wait_ms);
        assert_non_null(flight);
        outbox_sent(outbox, flight, packet);
        if (packet != 503) /* the last one waits to be written */
            outbox_passed(outbox, flight, 9);
    }
    assert_string_equal(told, ">1@9>2@9");
    assert_true(outbox_answered(outbox, 501, true));
    outbox_lost(outbox);
    assert_string_equal(told, ">1@9>2@9+1<2");
    outbox_sent(outbox, outbox_next(outbox, 0, &wait_ms), 504);
    outbox_lost(outbox);
    assert_string_equal(told, ">1@9>2@9+1<2");
    outbox_free(outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_most_64_unanswered),
        cmocka_unit_test(test_answers_out_of_order),
        cmocka_unit_test(test_lost_session_sends_again_in_order),
        cmocka_unit_test(test_refused_are_dropped),
        cmocka_unit_test(test_what_can_not_be_sent_is_given_up),
        cmocka_unit_test(test_a_heartbeat_waits_for_nobody),
        cmocka_unit_test(test_a_lost_heartbeat_is_not_sent_again),
        cmocka_unit_test(test_what_a_master_has_is_noted_until_its_session_is_lost),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_rate_can_change),
        cmocka_unit_test(test_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
