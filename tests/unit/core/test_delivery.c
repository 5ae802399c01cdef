/* The queue of notifications: order, what may be handed over when, what is summed up, and what a record of it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/delivery.h"
#include "support/chance.h"
#include "support/heap.h"

enum { ALL = INT32_MAX, TEXT_BYTES = 4096, RECORDS = 20000 };

static const struct now now = { 1000, 5000 };

/* A delivery, and a record of it as somebody would keep it on disk. */
struct desk {
    struct delivery *delivery;
    uint32_t appended;
    bool touched[RECORDS];      /* to be looked at before the next batch */
    uint32_t recorded[RECORDS]; /* by number: how many notifications are in it; 0: no record */
    char text[TEXT_BYTES];
};

static void touch(void *user, uint32_t id)
{
    ((struct desk *)user)->touched[id] = true;
}

static void begin(struct desk *desk, size_t cap)
{
    memset(desk, 0, sizeof *desk);
    assert_int_equal(delivery_new(cap, touch, desk, &desk->delivery), 0);
}

static struct notification make(uint32_t alarm_seq, uint32_t change_seq)
{
    return (struct notification){ .kind = NOTIFICATION_RAISED,
                                  .alarm = { .seq = alarm_seq, .text = text_new("text") },
                                  .group = text_new("group"),
                                  .change_seq = change_seq };
}

/* So many more; the alarm's sequence is 100 above the number, the change's 1000. */
static void append(struct desk *desk, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const uint32_t id = delivery_last_id(desk->delivery) + 1;
        struct notification notification = make(100 + id, 1000 + id);
        delivery_append(desk->delivery, &notification, &now);
        assert_null(notification.alarm.text); /* taken */
        desk->appended++;
    }
}

static unsigned stands_for(const struct notification *notification)
{
    return notification->kind == NOTIFICATION_SUMMARY ? notification->summary.notifications : 1;
}

/* What a batch does. */
static void record(struct desk *desk)
{
    for (uint32_t id = 1; id <= delivery_last_id(desk->delivery); id++) {
        const struct notification *kept = desk->touched[id] ? delivery_find(desk->delivery, id) : NULL;
        if (desk->touched[id])
            desk->recorded[id] = kept ? stands_for(kept) : 0;
        desk->touched[id] = false;
    }
    delivery_recorded(desk->delivery, delivery_last_id(desk->delivery));
}

static void tell(struct desk *desk, uint32_t id)
{
    assert_true(delivery_told(desk->delivery, id));
    desk->recorded[id] = 0;
}

static void add(struct desk *desk, const struct notification *notification)
{
    const size_t at = strlen(desk->text);
    const char *blank = at ? " " : "";
    const struct notification_summary *summary = &notification->summary;
    if (notification->kind == NOTIFICATION_SUMMARY)
        snprintf(desk->text + at, TEXT_BYTES - at, "%s%u(%u of %u..%u behind %u)", blank, notification->id,
                 summary->notifications, summary->first_alarm_seq, summary->last_alarm_seq, summary->resync_seq);
    else
        snprintf(desk->text + at, TEXT_BYTES - at, "%s%u", blank, notification->id);
}

/* Hands over at most so many, and names them. */
static const char *hand_over(struct desk *desk, int n)
{
    struct notification next;
    desk->text[0] = '\0';
    for (; n > 0 && delivery_next(desk->delivery, &next); n--) {
        delivery_handed_over(desk->delivery);
        add(desk, &next);
        notification_done(&next);
    }
    return desk->text;
}

/* All whose fate is open. */
static const char *kept(struct desk *desk)
{
    const struct notification *next = NULL;
    size_t n = 0;
    desk->text[0] = '\0';
    for (; (next = delivery_find_next(desk->delivery, next ? next->id : 0)) != NULL; n++)
        add(desk, next);
    assert_int_equal(n, delivery_count(desk->delivery));
    return desk->text;
}

static void in_order_and_only_what_is_recorded(void **state)
{
    struct desk desk;
    (void)state;
    begin(&desk, 100);
    append(&desk, 3);
    assert_string_equal(hand_over(&desk, ALL), "");
    delivery_recorded(desk.delivery, 2);
    assert_string_equal(hand_over(&desk, ALL), "1 2");
    assert_int_equal(delivery_waiting(desk.delivery), 1);
    assert_string_equal(kept(&desk), "1 2 3");
    assert_false(delivery_told(desk.delivery, 3)); /* it never was handed over */
    tell(&desk, 2);
    assert_false(delivery_told(desk.delivery, 2));
    assert_string_equal(kept(&desk), "1 3");
    delivery_recorded(desk.delivery, 1); /* older news */
    delivery_recorded(desk.delivery, 3);
    assert_string_equal(hand_over(&desk, ALL), "3");
    delivery_free(desk.delivery);
    delivery_free(NULL);
}

static void no_more_than_the_window_are_handed_over(void **state)
{
    struct desk desk;
    (void)state;
    begin(&desk, 1000);
    append(&desk, DELIVERY_WINDOW + 10);
    record(&desk);
    hand_over(&desk, ALL);
    assert_int_equal(delivery_waiting(desk.delivery), 10);
    tell(&desk, 7);
    assert_string_equal(hand_over(&desk, ALL), "257");
    tell(&desk, 257);
    tell(&desk, 1);
    assert_string_equal(hand_over(&desk, ALL), "258 259");
    delivery_free(desk.delivery);
}

static void the_oldest_are_summed_up(void **state)
{
    struct desk desk;
    (void)state;
    begin(&desk, 3);
    append(&desk, 1000);
    record(&desk);
    assert_int_equal(delivery_folded(desk.delivery), 997);
    assert_int_equal(delivery_summary(desk.delivery)->wall_ms, now.wall_ms);
    assert_string_equal(hand_over(&desk, ALL), "1(997 of 101..1097 behind 1000) 998 999 1000");
    assert_int_equal(delivery_summary(desk.delivery)->notifications, 997); /* it stays the last */
    delivery_free(desk.delivery);
}

static void a_summary_grows_until_it_is_handed_over(void **state)
{
    struct desk desk;
    (void)state;
    begin(&desk, 2);
    append(&desk, 3);
    record(&desk);
    append(&desk, 1);
    assert_string_equal(hand_over(&desk, ALL), ""); /* what it has become is not recorded */
    record(&desk);
    assert_string_equal(hand_over(&desk, 1), "1(2 of 101..102 behind 1000)");
    append(&desk, 2);
    record(&desk);
    assert_string_equal(kept(&desk), "1(2 of 101..102 behind 1000) 3(2 of 103..104 behind 1002) 5 6");
    assert_string_equal(hand_over(&desk, ALL), "3(2 of 103..104 behind 1002) 5 6");
    delivery_free(desk.delivery);
}

static void a_summary_takes_the_extremes(void **state)
{
    static const struct {
        uint32_t alarm_seq, change_seq;
    } told[] = { { 7, 40 }, { 3, 20 }, { 9, 30 }, { 5, 25 } };
    struct desk desk;
    (void)state;
    begin(&desk, 1);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        struct notification notification = make(told[i].alarm_seq, told[i].change_seq);
        delivery_append(desk.delivery, &notification, &now);
    }
    assert_string_equal(kept(&desk), "1(3 of 3..9 behind 19) 4");
    struct notification early = make(6, 0); /* before any agent has changed */
    delivery_append(desk.delivery, &early, &now);
    append(&desk, 1);
    assert_string_equal(kept(&desk), "1(5 of 3..9 behind 0) 6");
    delivery_free(desk.delivery);
}

static void what_was_recorded_goes_on_after_a_restart(void **state)
{
    struct notification back[] = {
        { .kind = NOTIFICATION_RAISED, .id = 40, .alarm = { .seq = 7 }, .change_seq = 70 },
        { .kind = NOTIFICATION_SUMMARY, .id = 41, .summary = { 3000, 20, 8, 30, 77 } },
        { .kind = NOTIFICATION_CLEARED, .id = 90, .alarm = { .seq = 7 }, .change_seq = 99 },
    };
    struct desk desk;
    (void)state;
    begin(&desk, 3);
    for (size_t i = 0; i < sizeof back / sizeof *back; i++)
        assert_int_equal(delivery_restore(desk.delivery, &back[i]), 0);
    assert_int_equal(delivery_last_id(desk.delivery), 90);
    assert_int_equal(delivery_summary(desk.delivery)->notifications, 20);
    delivery_number_above(desk.delivery, 80);
    append(&desk, 1);
    assert_string_equal(kept(&desk), "40(1 of 7..7 behind 69) 41(20 of 8..30 behind 77) 90 91");
    append(&desk, 1); /* a summary of a summary */
    assert_string_equal(kept(&desk), "40(21 of 7..30 behind 69) 90 91 92");
    assert_int_equal(delivery_folded(desk.delivery), 1); /* the others were counted before the restart */
    record(&desk);
    assert_string_equal(hand_over(&desk, 2), "40(21 of 7..30 behind 69) 90");
    delivery_number_above(desk.delivery, 100);
    append(&desk, 1);
    assert_string_equal(kept(&desk), "40(21 of 7..30 behind 69) 90 91 92 101");
    delivery_free(desk.delivery);
}

static void want_of_memory_loses_nothing(void **state)
{
    (void)state;
    const long before = heap_blocks();
    for (unsigned n = 0; n <= 40; n++) {
        struct desk desk;
        begin(&desk, 100);
        append(&desk, n);
        struct notification notification = make(500, 600);
        heap_fail(1, 100);
        delivery_append(desk.delivery, &notification, &now);
        heap_heal();
        append(&desk, 1);
        record(&desk);
        unsigned told = 0;
        struct notification next;
        for (uint32_t id = 0; delivery_next(desk.delivery, &next); id = next.id) {
            assert_true(next.id > id);
            delivery_handed_over(desk.delivery);
            told += stands_for(&next);
            notification_done(&next);
        }
        assert_int_equal(told, n + 2);
        delivery_free(desk.delivery);
    }
    assert_int_equal(heap_blocks(), before);
}

static void restoring_needs_memory(void **state)
{
    struct notification back = { .id = 4, .alarm = { .seq = 7 } };
    struct desk desk;
    (void)state;
    begin(&desk, 3);
    heap_fail(1, 1);
    assert_true(delivery_restore(desk.delivery, &back) < 0);
    heap_heal();
    assert_int_equal(back.id, 4);
    assert_int_equal(delivery_restore(desk.delivery, &back), 0);
    assert_string_equal(kept(&desk), "4");
    delivery_free(desk.delivery);
}

/* Whatever happens in whatever order: numbers are handed over in order, nobody is missed, and once it was looked at,
 * the record holds exactly what is kept. */
static void the_record_is_what_is_kept(void **state)
{
    static struct desk desk;
    (void)state;
    const long before = heap_blocks();
    struct chance chance = chance_of(11);
    uint32_t flying[DELIVERY_WINDOW], last = 0;
    size_t n_flying = 0;
    unsigned told = 0;
    begin(&desk, 20);
    for (unsigned step = 0; step < 4000; step++) {
        struct notification next;
        const uint32_t what = chance_below(&chance, step / 500 % 2 ? 4 : 8);
        if (what >= 3)
            append(&desk, 1);
        if (what == 0 && n_flying > 0) {
            const size_t which = chance_below(&chance, (uint32_t)n_flying);
            told += stands_for(delivery_find(desk.delivery, flying[which]));
            tell(&desk, flying[which]);
            flying[which] = flying[--n_flying];
        }
        if (what == 1 && delivery_next(desk.delivery, &next)) {
            assert_true(next.id > last);
            assert_int_equal(desk.recorded[next.id], stands_for(&next)); /* recorded as it is sent */
            last = flying[n_flying++] = next.id;
            delivery_handed_over(desk.delivery);
            notification_done(&next);
        }
        if (what == 2) {
            record(&desk);
            unsigned recorded = told;
            for (uint32_t id = 1; id <= delivery_last_id(desk.delivery); id++)
                recorded += desk.recorded[id];
            assert_int_equal(recorded, desk.appended);
        }
    }
    assert_true(told > 100 && delivery_folded(desk.delivery) > 100);
    delivery_free(desk.delivery);
    assert_int_equal(heap_blocks(), before);
}

static void a_burst_gives_its_memory_back(void **state)
{
    struct desk desk;
    (void)state;
    begin(&desk, 20000);
    const long before = heap_blocks();
    append(&desk, DELIVERY_WINDOW);
    record(&desk);
    for (uint32_t id = 1; id <= DELIVERY_WINDOW; id++) {
        hand_over(&desk, 1);
        tell(&desk, id);
    }
    assert_int_equal(heap_blocks(), before);
    delivery_free(desk.delivery);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_and_only_what_is_recorded),
        cmocka_unit_test(no_more_than_the_window_are_handed_over),
        cmocka_unit_test(the_oldest_are_summed_up),
        cmocka_unit_test(a_summary_grows_until_it_is_handed_over),
        cmocka_unit_test(a_summary_takes_the_extremes),
        cmocka_unit_test(what_was_recorded_goes_on_after_a_restart),
        cmocka_unit_test(want_of_memory_loses_nothing),
        cmocka_unit_test(restoring_needs_memory),
        cmocka_unit_test(the_record_is_what_is_kept),
        cmocka_unit_test(a_burst_gives_its_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
