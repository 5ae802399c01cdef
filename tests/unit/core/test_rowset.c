/* The row set against a plain sorted array: every operation, and views that must not move while the set does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/rowset.h"
#include "support/chance.h"
#include "support/heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a row owns a reference to. */
struct token {
    unsigned refs;
};

struct item {
    uint32_t key;
    uint32_t value;
    struct token *token;
};

static long tokens; /* alive */

static struct token *token_new(void)
{
    struct token *token = malloc(sizeof *token);
    assert_non_null(token);
    token->refs = 1;
    tokens++;
    return token;
}

static void token_unref(struct token *token)
{
    assert_true(token->refs > 0);
    if (--token->refs == 0) {
        tokens--;
        free(token);
    }
}

static void retain_item(const void *row)
{
    const struct item *item = row;
    assert_true(item->token->refs > 0);
    item->token->refs++;
}

static void release_item(const void *row)
{
    token_unref(((const struct item *)row)->token);
}

static const struct rowset_type item_rows = { sizeof(struct item), retain_item, release_item };

/* The plain array: what the set should hold. */
enum { KEYS = 3000, VIEWS = 12 };
struct plain {
    struct item items[KEYS];
    size_t n;
};

static size_t plain_find(const struct plain *plain, uint32_t key)
{
    size_t at = 0;
    while (at < plain->n && plain->items[at].key < key)
        at++;
    return at;
}

static bool plain_has(const struct plain *plain, uint32_t key)
{
    const size_t at = plain_find(plain, key);
    return at < plain->n && plain->items[at].key == key;
}

static void check_item(const struct item *seen, const struct item *expected)
{
    assert_non_null(seen);
    assert_int_equal(seen->key, expected->key);
    assert_int_equal(seen->value, expected->value);
    assert_ptr_equal(seen->token, expected->token);
}

static void plain_check_set(const struct plain *plain, const struct rowset *set)
{
    uint32_t key = 0;
    assert_int_equal(rowset_count(set), plain->n);
    for (size_t i = 0; i < plain->n; i++) {
        const struct item *item = rowset_next(set, key);
        check_item(item, &plain->items[i]);
        key = item->key;
    }
    assert_null(rowset_next(set, key));
}

static void plain_check_view(const struct plain *plain, const struct rowview *view, struct rowhint *hint)
{
    uint32_t key = 0;
    assert_int_equal(rowview_count(view), plain->n);
    const struct item *first = rowview_first(view);
    if (plain->n == 0)
        assert_null(first);
    else
        check_item(first, &plain->items[0]);
    for (size_t i = 0; i < plain->n; i++) {
        const struct item *item = rowview_next(view, key, hint);
        check_item(item, &plain->items[i]);
        assert_ptr_equal(rowview_get(view, item->key, NULL), item);
        assert_ptr_equal(rowview_get(view, item->key, hint), item);
        key = item->key;
    }
    assert_null(rowview_next(view, key, hint));
}

/* A view that is held, with what the set held when it was taken. */
struct held {
    struct rowview *view;
    struct plain *plain;
};

struct bench {
    struct chance chance;
    struct rowset *set;
    struct plain now;
    struct held held[VIEWS];
    struct rowhint hint; /* one for all, across views */
};

static void insert(struct bench *bench, uint32_t key)
{
    struct plain *plain = &bench->now;
    const bool known = plain_has(plain, key);
    struct item *item = rowset_insert(bench->set, key);
    if (known) {
        assert_null(item);
        return;
    }
    assert_non_null(item);
    assert_memory_equal(item, &(struct item){ .key = key }, sizeof *item);
    item->token = token_new();
    item->value = chance_below(&bench->chance, 1000);
    const size_t at = plain_find(plain, key);
    memmove(plain->items + at + 1, plain->items + at, (plain->n - at) * sizeof *plain->items);
    plain->items[at] = *item;
    plain->n++;
}

static void edit(struct bench *bench, uint32_t key)
{
    struct item *item = rowset_edit(bench->set, key);
    if (!plain_has(&bench->now, key)) {
        assert_null(item);
        return;
    }
    struct item *expected = &bench->now.items[plain_find(&bench->now, key)];
    check_item(item, expected);
    item->value = expected->value = chance_below(&bench->chance, 1000);
    if (chance_percent(&bench->chance, 50)) {
        token_unref(item->token);
        item->token = expected->token = token_new();
    }
}

static void remove_key(struct bench *bench, uint32_t key)
{
    struct plain *plain = &bench->now;
    if (!plain_has(plain, key)) {
        assert_int_equal(rowset_remove(bench->set, key), -ENOENT);
        return;
    }
    const size_t at = plain_find(plain, key);
    assert_int_equal(rowset_remove(bench->set, key), 0);
    plain->n--;
    memmove(plain->items + at, plain->items + at + 1, (plain->n - at) * sizeof *plain->items);
}

static void let_go(struct bench *bench, struct held *held)
{
    plain_check_view(held->plain, held->view, NULL);
    plain_check_view(held->plain, held->view, &bench->hint);
    rowview_unref(held->view);
    free(held->plain);
    *held = (struct held){ 0 };
}

static void hold(struct bench *bench)
{
    struct held *held = &bench->held[chance_below(&bench->chance, VIEWS)];
    if (held->view)
        let_go(bench, held);
    held->view = rowset_view(bench->set);
    assert_non_null(held->view);
    held->plain = malloc(sizeof *held->plain);
    assert_non_null(held->plain);
    *held->plain = bench->now;
}

/* Lookups of any key, there or not, in any held view, with the hint where the last lookup left it. */
static void look_up(struct bench *bench)
{
    const struct held *held = &bench->held[chance_below(&bench->chance, VIEWS)];
    const uint32_t key = chance_below(&bench->chance, KEYS + 2);
    if (!held->view)
        return;
    assert_ptr_equal(rowview_get(held->view, key, &bench->hint), rowview_get(held->view, key, NULL));
    assert_ptr_equal(rowview_next(held->view, key, &bench->hint), rowview_next(held->view, key, NULL));
    assert_int_equal(rowview_get(held->view, key, NULL) != NULL, plain_has(held->plain, key));
}

static void do_one(struct bench *bench, unsigned percent_inserts)
{
    const uint32_t key = 1 + chance_below(&bench->chance, KEYS);
    const uint32_t dice = chance_below(&bench->chance, 100);
    if (dice < 2) {
        hold(bench);
    } else if (dice < 20) {
        look_up(bench);
    } else if (dice < 40) {
        edit(bench, key);
    } else if (chance_percent(&bench->chance, percent_inserts)) {
        const uint32_t last = bench->now.n ? bench->now.items[bench->now.n - 1].key : 0;
        insert(bench, chance_percent(&bench->chance, 20) && last < KEYS ? last + 1 : key);
    } else {
        remove_key(bench, key);
    }
}

static void the_set_is_a_sorted_array_with_views_that_stand_still(void **state)
{
    (void)state;
    const long blocks = heap_blocks();
    for (unsigned seed = 1; seed <= 12; seed++) {
        struct bench *bench = calloc(1, sizeof *bench);
        assert_non_null(bench);
        bench->chance = chance_of(seed);
        assert_int_equal(rowset_new(&item_rows, &bench->set), 0);
        /* Growing, shrinking, growing again. */
        for (unsigned i = 0; i < 9000; i++)
            do_one(bench, i < 3500 ? 90 : i < 6500 ? 8 : 70);
        plain_check_set(&bench->now, bench->set);
        /* Views outlive the set. */
        rowset_free(bench->set);
        for (size_t i = 0; i < COUNT(bench->held); i++)
            if (bench->held[i].view)
                let_go(bench, &bench->held[i]);
        free(bench);
        assert_int_equal(tokens, 0);
        assert_int_equal(heap_blocks(), blocks);
    }
}

static void keys_at_the_edges_are_found(void **state)
{
    (void)state;
    static const uint32_t keys[] = { 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
    static const struct rowset_type plain_rows = { sizeof(uint32_t), NULL, NULL };
    struct rowset *set;
    struct rowhint hint = { 0 };
    assert_int_equal(rowset_new(&plain_rows, &set), 0);
    for (size_t i = COUNT(keys); i-- > 0;)
        assert_non_null(rowset_insert(set, keys[i]));
    struct rowview *view = rowset_view(set);
    uint32_t key = 0;
    for (size_t i = 0; i < COUNT(keys); i++) {
        const uint32_t *row = rowview_next(view, key, &hint);
        assert_non_null(row);
        assert_int_equal(*row, keys[i]);
        assert_ptr_equal(row, rowset_next(set, key));
        key = *row;
    }
    assert_null(rowview_next(view, 0xffffffff, &hint));
    assert_null(rowview_next(view, 0xffffffff, NULL));
    assert_null(rowset_next(set, 0xffffffff));
    assert_null(rowset_get(set, 0));
    rowview_unref(view);
    rowset_free(set);
}

static void an_empty_set_and_no_view_at_all_are_empty(void **state)
{
    (void)state;
    struct rowset *set;
    struct rowhint hint = { 7, 7 };
    assert_int_equal(rowset_new(&item_rows, &set), 0);
    struct rowview *view = rowset_view(set), *none[] = { NULL, view };
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_int_equal(rowview_count(none[i]), 0);
        assert_null(rowview_first(none[i]));
        assert_null(rowview_get(none[i], 1, &hint));
        assert_null(rowview_next(none[i], 0, &hint));
        assert_null(rowview_next(none[i], 0, NULL));
    }
    assert_null(rowset_next(set, 0));
    assert_null(rowset_edit(set, 1));
    assert_int_equal(rowset_remove(set, 1), -ENOENT);
    rowview_unref(view);
    rowview_unref(NULL);
    rowset_free(set);
    rowset_free(NULL);
}

static void a_view_is_made_once_for_a_state(void **state)
{
    (void)state;
    static const struct rowset_type plain_rows = { sizeof(uint32_t), NULL, NULL };
    struct rowset *set;
    assert_int_equal(rowset_new(&plain_rows, &set), 0);
    assert_non_null(rowset_insert(set, 5));
    struct rowview *first = rowset_view(set), *second = rowset_view(set);
    assert_ptr_equal(first, second);
    assert_null(rowset_insert(set, 5)); /* it is there: no change */
    assert_int_equal(rowset_remove(set, 6), -ENOENT);
    struct rowview *third = rowset_view(set);
    assert_ptr_equal(first, third);
    assert_non_null(rowset_insert(set, 6));
    struct rowview *fourth = rowset_view(set);
    assert_ptr_not_equal(first, fourth);
    assert_int_equal(rowview_count(first), 1);
    assert_int_equal(rowview_count(fourth), 2);
    rowview_unref(first), rowview_unref(second), rowview_unref(third), rowview_unref(fourth);
    rowset_free(set);
}

/* Rows in blocks of the heap; and how many blocks a set of so many rows may take. */
enum { ROWS = 10000, KEPT_EVERY = 100, FULL_CHUNK_ROWS = 64, SPARSE_CHUNK_ROWS = 8, OVERHEAD_BLOCKS = 3 };

enum order { ASCENDING, DESCENDING, SHUFFLED, ORDERS };

static void shuffle(uint32_t *keys, size_t n, enum order order)
{
    struct chance chance = chance_of(7);
    for (size_t i = 0; i < n; i++)
        keys[i] = (uint32_t)(order == DESCENDING ? n - i : i + 1);
    for (size_t i = n; order == SHUFFLED && i > 1; i--) {
        const size_t j = chance_below(&chance, (uint32_t)i);
        const uint32_t key = keys[i - 1];
        keys[i - 1] = keys[j];
        keys[j] = key;
    }
}

static void a_thinned_out_set_gives_its_memory_back(void **state)
{
    (void)state;
    static const struct rowset_type plain_rows = { 4 * sizeof(uint32_t), NULL, NULL };
    static uint32_t keys[ROWS];
    for (enum order order = ASCENDING; order < ORDERS; order++) {
        const long before = heap_blocks();
        struct rowset *set;
        assert_int_equal(rowset_new(&plain_rows, &set), 0);
        for (uint32_t key = 1; key <= ROWS; key++)
            assert_non_null(rowset_insert(set, key));
        /* Rows that come in order fill their chunks. */
        assert_in_range(heap_blocks() - before, 1, ROWS / FULL_CHUNK_ROWS + 1 + OVERHEAD_BLOCKS);
        shuffle(keys, ROWS, order);
        for (size_t i = 0; i < ROWS; i++)
            if (keys[i] % KEPT_EVERY)
                assert_int_equal(rowset_remove(set, keys[i]), 0);
        assert_int_equal(rowset_count(set), ROWS / KEPT_EVERY);
        assert_in_range(heap_blocks() - before, 1, ROWS / KEPT_EVERY / SPARSE_CHUNK_ROWS + 1 + OVERHEAD_BLOCKS);
        uint32_t key = 0;
        for (unsigned i = 1; i <= ROWS / KEPT_EVERY; i++) {
            const uint32_t *row = rowset_next(set, key);
            assert_non_null(row);
            assert_int_equal(*row, i * KEPT_EVERY);
            key = *row;
        }
        for (unsigned i = 1; i <= ROWS / KEPT_EVERY; i++)
            assert_int_equal(rowset_remove(set, i * KEPT_EVERY), 0);
        assert_in_range(heap_blocks() - before, 1, OVERHEAD_BLOCKS);
        rowset_free(set);
        assert_int_equal(heap_blocks(), before);
    }
}

static void publishing_copies_only_what_changed(void **state)
{
    (void)state;
    static const struct rowset_type plain_rows = { 4 * sizeof(uint32_t), NULL, NULL };
    struct rowset *set;
    assert_int_equal(rowset_new(&plain_rows, &set), 0);
    for (uint32_t key = 1; key <= ROWS; key++)
        assert_non_null(rowset_insert(set, key));
    struct rowview *old = rowset_view(set);
    const long before = heap_blocks();
    for (uint32_t i = 0; i < 10; i++)
        assert_non_null(rowset_edit(set, 1 + i * (ROWS / 10)));
    struct rowview *view = rowset_view(set);
    assert_in_range(heap_blocks() - before, 1, 10 + 1);
    rowview_unref(old);
    assert_int_equal(heap_blocks(), before);
    rowview_unref(view);
    rowset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_set_is_a_sorted_array_with_views_that_stand_still),
        cmocka_unit_test(keys_at_the_edges_are_found),
        cmocka_unit_test(an_empty_set_and_no_view_at_all_are_empty),
        cmocka_unit_test(a_view_is_made_once_for_a_state),
        cmocka_unit_test(a_thinned_out_set_gives_its_memory_back),
        cmocka_unit_test(publishing_copies_only_what_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
