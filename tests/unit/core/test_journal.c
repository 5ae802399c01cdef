/* What was noted is found once, in order, and never lost without a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/journal.h"
#include "support/chance.h"
#include "support/heap.h"

#include <string.h>

enum { KEYS = 100 };

struct found {
    bool seen[KEPT_LAST + 1][KEYS];
    enum kept kind;
    uint32_t key;
    size_t n;
};

static void on_found(void *user, enum kept kind, uint32_t key)
{
    struct found *found = user;
    assert_true(found->n == 0 || kind > found->kind || (kind == found->kind && key > found->key));
    found->seen[kind][key] = true;
    found->kind = kind;
    found->key = key;
    found->n++;
}

static void each_row_is_found_once_and_in_order(void **state)
{
    (void)state;
    const long before = heap_blocks();
    struct journal journal = { 0 };
    struct chance chance = chance_of(1);
    journal_switch(&journal, true);
    for (unsigned round = 0; round < 50; round++) {
        struct found expected = { .n = 0 }, found = { .n = 0 };
        for (unsigned i = chance_below(&chance, 3000); i > 0; i--) {
            const enum kept kind = (enum kept)(1 + chance_below(&chance, KEPT_LAST));
            const uint32_t key = chance_below(&chance, KEYS);
            expected.n += !expected.seen[kind][key];
            expected.seen[kind][key] = true;
            journal_note(&journal, kind, key);
        }
        assert_true(journal.room <= 4 * KEPT_LAST * KEYS); /* what stands twice does not make it grow */
        assert_int_equal(journal_is_empty(&journal), expected.n == 0);
        journal_take(&journal, on_found, &found);
        assert_int_equal(found.n, expected.n);
        assert_memory_equal(found.seen, expected.seen, sizeof found.seen);
        assert_true(journal_is_empty(&journal));
    }
    journal_done(&journal);
    assert_int_equal(heap_blocks(), before);
}

static void off_it_takes_no_notes(void **state)
{
    (void)state;
    struct journal journal = { 0 };
    journal_note(&journal, KEPT_AGENT, 1);
    assert_true(journal_is_empty(&journal));
    journal_switch(&journal, true);
    journal_note(&journal, KEPT_AGENT, 1);
    assert_false(journal_is_empty(&journal));
    journal_switch(&journal, false);
    assert_true(journal_is_empty(&journal));
    journal_done(&journal);
}

static void without_memory_it_says_that_anything_may_be_unsaved(void **state)
{
    (void)state;
    struct journal journal = { 0 };
    journal_switch(&journal, true);
    heap_fail(1, 1000);
    journal_note(&journal, KEPT_AGENT, 1);
    assert_true(heap_heal());
    assert_true(journal.lost);
    journal_switch(&journal, true);
    assert_false(journal.lost);
    journal_done(&journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_found_once_and_in_order),
        cmocka_unit_test(off_it_takes_no_notes),
        cmocka_unit_test(without_memory_it_says_that_anything_may_be_unsaved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
