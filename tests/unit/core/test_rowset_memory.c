/* The row set when memory runs out: an operation that can not be done has done nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/rowset.h"
#include "support/heap.h"

#include <errno.h>

/* Even keys fill two chunks and a bit; odd ones split them. */
enum { FULL_ROWS = 64, ROWS = 2 * FULL_ROWS + 3, MISSING = FULL_ROWS + 1, PRESENT = FULL_ROWS };

struct pair {
    uint32_t key, value;
};
static const struct rowset_type pair_rows = { sizeof(struct pair), NULL, NULL };

enum operation { INSERT_AMONG, INSERT_BEFORE, INSERT_BEHIND, EDIT, REMOVE, VIEW, OPERATIONS };

/* True if it could be done. A view that it makes replaces *view. */
static bool operate(struct rowset *set, enum operation operation, struct rowview **view)
{
    struct rowview *made;
    struct pair *row;
    switch (operation) {
    case INSERT_AMONG:
        return rowset_insert(set, MISSING);
    case INSERT_BEFORE:
        return rowset_insert(set, 1);
    case INSERT_BEHIND:
        return rowset_insert(set, 2 * ROWS + 2);
    case EDIT:
        if ((row = rowset_edit(set, PRESENT)))
            row->value++;
        return row;
    case REMOVE:
        return rowset_remove(set, PRESENT) == 0;
    case VIEW:
        if ((made = rowset_view(set))) {
            rowview_unref(*view);
            *view = made;
        }
        return made;
    case OPERATIONS:
        break;
    }
    return false;
}

static struct rowset *make_set(void)
{
    struct rowset *set;
    assert_int_equal(rowset_new(&pair_rows, &set), 0);
    for (uint32_t key = 2; key <= 2 * ROWS; key += 2) {
        struct pair *row = rowset_insert(set, key);
        assert_non_null(row);
        row->value = key;
    }
    return set;
}

static void expect_untouched(const struct rowset *set)
{
    uint32_t key = 0;
    assert_int_equal(rowset_count(set), ROWS);
    for (uint32_t expected = 2; expected <= 2 * ROWS; expected += 2) {
        const struct pair *row = rowset_next(set, key);
        assert_non_null(row);
        assert_int_equal(row->key, expected);
        assert_int_equal(row->value, expected);
        key = row->key;
    }
    assert_null(rowset_next(set, key));
}

/* Runs an operation with its first, second, ... allocation failing; returns how many it has. */
static unsigned exhaust(enum operation operation, bool is_shared)
{
    const long before = heap_blocks();
    for (unsigned failures = 0;; failures++) {
        struct rowset *set = make_set();
        struct rowview *view = is_shared ? rowset_view(set) : NULL;
        heap_fail(failures + 1, 1000);
        const bool done = operate(set, operation, &view);
        const bool failed = heap_heal();
        if (!done) {
            assert_true(failed);
            expect_untouched(set);
            assert_true(operate(set, operation, &view)); /* there is memory again */
        }
        rowview_unref(view);
        rowset_free(set);
        assert_int_equal(heap_blocks(), before);
        if (!failed)
            return failures;
    }
}

static void what_can_not_be_done_has_done_nothing(void **state)
{
    (void)state;
    static const struct {
        enum operation operation;
        unsigned alone, shared; /* allocations of a set without and with a view */
    } rows[] = {
        { INSERT_AMONG, 1, 2 }, { INSERT_BEFORE, 1, 2 }, { INSERT_BEHIND, 0, 1 },
        { EDIT, 0, 1 },         { REMOVE, 0, 1 },        { VIEW, 1, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(exhaust(rows[i].operation, false), rows[i].alone);
        assert_int_equal(exhaust(rows[i].operation, true), rows[i].shared);
    }
}

/* Removing goes on when there is no memory for tidying up. */
static void thinning_out_needs_no_memory(void **state)
{
    (void)state;
    struct rowset *set = make_set();
    heap_fail(1, 1000000);
    for (uint32_t key = 2; key <= 2 * ROWS; key += 2)
        assert_int_equal(rowset_remove(set, key), 0);
    heap_heal();
    assert_int_equal(rowset_count(set), 0);
    assert_null(rowset_next(set, 0));
    rowset_free(set);
}

static void no_memory_for_a_set_is_no_set(void **state)
{
    (void)state;
    struct rowset *set = NULL;
    heap_fail(1, 1);
    const int error = rowset_new(&pair_rows, &set);
    assert_true(heap_heal());
    assert_int_equal(error, -ENOMEM);
    assert_null(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_not_be_done_has_done_nothing),
        cmocka_unit_test(thinning_out_needs_no_memory),
        cmocka_unit_test(no_memory_for_a_set_is_no_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
