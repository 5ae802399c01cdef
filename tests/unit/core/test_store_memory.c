/* The store when memory runs out at each of its allocations in turn: it neither crashes nor leaks nor miscounts, and
 * once there is memory again it catches up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/churn.h"
#include "support/heap.h"

#include <errno.h>

enum { SEEDS = 6, STEPS = 40, FOR_LONG = 1000000 };

static void publish_if_possible(struct churn *churn)
{
    struct snapshot *snapshot = world_publish(&churn->world);
    if (snapshot)
        audit_snapshot(snapshot, AUDIT_WITHOUT_ALARMS);
    snapshot_unref(snapshot);
}

/* A life in which `n` allocations from number `first` on fail. False when it had not as many. */
static bool live_without(uint64_t seed, unsigned long first, unsigned long n)
{
    struct store_settings settings = world_settings();
    settings.tell_first_verdict = seed % 2;
    static struct ledger ledger;
    ledger = (struct ledger){ 0 };
    struct churn churn;
    churn_begin(&churn, &settings, seed);
    for (unsigned i = 0; i < STEPS * 3; i++)
        churn_step(&churn);
    ledger_drain(&ledger, churn.world.store);
    audit_store(churn.world.store, AUDIT_ALL);

    heap_fail(first, n);
    for (unsigned i = 0; i < STEPS; i++) {
        churn_step(&churn);
        if (i % 5 == 0)
            publish_if_possible(&churn);
    }
    const bool failed = heap_heal();
    audit_store(churn.world.store, AUDIT_WITHOUT_ALARMS);
    ledger_drain(&ledger, churn.world.store);

    for (unsigned i = 0; i < STEPS; i++)
        churn_step(&churn);
    audit_store(churn.world.store, AUDIT_WITHOUT_ALARMS);
    churn_settle(&churn);
    audit_store(churn.world.store, AUDIT_ALL);
    ledger_drain(&ledger, churn.world.store);
    assert_string_equal(world_alarms(&churn.world), "");
    assert_int_equal(store_fleet(churn.world.store)->healthy, CHURN_AGENTS);
    assert_int_equal(ledger.raised, ledger.cleared);
    churn_end(&churn);
    return failed;
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    static const unsigned long widths[] = { 1, 2, 7, FOR_LONG };
    const long before = heap_blocks();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
            unsigned long first = 1;
            while (live_without(seed, first, widths[i])) {
                assert_int_equal(heap_blocks(), before);
                first++;
            }
            assert_true(first > STEPS / 4);
        }
}

static void a_store_that_can_not_be_made_is_not_made(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    const long before = heap_blocks();
    unsigned long first = 1;
    for (bool failed = true; failed; first++) {
        struct store *store = NULL;
        heap_fail(first, 1);
        const int error = store_new(&settings, &store);
        failed = heap_heal();
        assert_int_equal(error, failed ? -ENOMEM : 0);
        if (failed)
            assert_null(store);
        store_free(store);
        assert_int_equal(heap_blocks(), before);
    }
    assert_true(first > 8);
}

static void what_could_not_be_raised_is_raised_at_the_next_word(void **state)
{
    (void)state;
    for (unsigned long first = 1;; first++) {
        const struct store_settings settings = world_settings();
        struct world world;
        world_begin(&world, &settings);
        assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, 1, "listener none"), 0);
        assert_int_equal(world_do(&world, 1, "listener timedOut"), 0);
        struct snapshot *held = world_publish(&world); /* so that every row has to be copied */
        heap_fail(first, FOR_LONG);
        const int error = world_do(&world, 1, "listener timedOut");
        const bool failed = heap_heal();
        assert_true(error == 0 || error == -ENOMEM);
        const bool applied = error == 0;
        assert_int_equal(world_do(&world, 1, "listener timedOut"), 0);
        assert_string_equal(world_verdict(&world, 1), "offline:unverified");
        assert_string_equal(world_alarms(&world), "1=offline");
        assert_string_equal(world_told(&world), "+1");
        audit_store(world.store, AUDIT_ALL);
        assert_int_equal(store_agent(world.store, 1)->change_seq, store_change_seq(world.store));
        assert_true(!failed || !applied || store_dropped(world.store) > 0);
        snapshot_unref(held);
        world_end(&world);
        if (!failed)
            break;
    }
}

static void what_could_not_be_cleared_is_cleared_at_the_next_word(void **state)
{
    (void)state;
    for (unsigned long first = 1;; first++) {
        const struct store_settings settings = world_settings();
        struct world world;
        world_begin(&world, &settings);
        assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, 1, "listener none"), 0);
        assert_int_equal(world_do(&world, 1, "listener timedOut"), 0);
        assert_int_equal(world_do(&world, 1, "listener timedOut"), 0);
        assert_string_equal(world_told(&world), "+1");
        struct snapshot *held = world_publish(&world);
        heap_fail(first, FOR_LONG);
        const int error = world_do(&world, 1, "listener none");
        const bool failed = heap_heal();
        assert_true(error == 0 || error == -ENOMEM);
        assert_int_equal(world_do(&world, 1, "listener none"), 0);
        assert_string_equal(world_verdict(&world, 1), "unknown");
        assert_string_equal(world_alarms(&world), "");
        assert_string_equal(world_told(&world), "-1");
        audit_store(world.store, AUDIT_ALL);
        snapshot_unref(held);
        world_end(&world);
        if (!failed)
            break;
    }
}

static void what_could_not_expire_expires_later(void **state)
{
    (void)state;
    for (unsigned long first = 1;; first++) {
        const struct store_settings settings = world_settings();
        struct world world;
        world_begin(&world, &settings);
        assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, 0, "server none"), 0);
        assert_int_equal(world_do(&world, 1, "feed good"), 0);
        struct snapshot *held = world_publish(&world);
        world_at(&world, WORLD_LIMIT_S + 1);
        heap_fail(first, FOR_LONG);
        const int64_t again_ms = store_expire(world.store, &world.now);
        const bool failed = heap_heal();
        audit_store(world.store, AUDIT_ALL);
        if (store_agent(world.store, 1)->verdict.icon != ICON_UNKNOWN)
            assert_true(again_ms <= world.now.mono_ms);
        store_expire(world.store, &world.now);
        assert_string_equal(world_verdict(&world, 1), "unknown:unknown");
        assert_int_equal(store_server(world.store, 1)->damper.believed, UPDOWN_UNKNOWN);
        audit_store(world.store, AUDIT_ALL);
        snapshot_unref(held);
        world_end(&world);
        if (!failed)
            break;
    }
}

static void who_could_not_come_or_move_leaves_nothing_behind(void **state)
{
    (void)state;
    for (unsigned long first = 1;; first++) {
        const struct store_settings settings = world_settings();
        struct world world;
        world_begin(&world, &settings);
        assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, 1, "feed good"), 0);
        struct snapshot *held = world_publish(&world);
        heap_fail(first, FOR_LONG);
        const int moved = world_put_agent(&world, 1, 2, 1, CONDITIONS_ALL);
        const int came = world_put_agent(&world, 2, 3, 1, CONDITIONS_ALL);
        const bool failed = heap_heal();
        assert_true((moved == 0 || moved == -ENOMEM) && (came == 0 || came == -ENOMEM));
        assert_int_equal(store_agent(world.store, 1)->identity->group_index, moved == 0 ? 2 : 1);
        assert_int_equal(store_agent(world.store, 2) != NULL, came == 0);
        audit_store(world.store, AUDIT_ALL);
        snapshot_unref(held);
        world_end(&world);
        if (!failed)
            break;
    }
}

/* The first verdict stays the first one, and silent, however long it takes to note it. */
static void a_silent_start_stays_silent(void **state)
{
    (void)state;
    for (unsigned long first = 1;; first++) {
        const struct store_settings settings = world_settings();
        struct world world;
        world_begin(&world, &settings);
        assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, 1, "listener timedOut"), 0);
        assert_int_equal(world_do(&world, 0, "server refused"), 0);
        struct snapshot *held = world_publish(&world);
        heap_fail(first, FOR_LONG);
        int error = world_do(&world, 1, "listener timedOut");
        assert_true(error == 0 || error == -ENOMEM);
        error = world_do(&world, 0, "server refused");
        assert_true(error == 0 || error == -ENOMEM);
        const bool failed = heap_heal();
        assert_int_equal(world_do(&world, 1, "listener timedOut"), 0);
        assert_int_equal(world_do(&world, 0, "server refused"), 0);
        assert_int_equal(store_agent(world.store, 1)->change_seq, store_change_seq(world.store));
        assert_true(store_agent(world.store, 1)->alarms[CONDITION_OFFLINE]);
        assert_true(store_server(world.store, 1)->alarm);
        audit_store(world.store, AUDIT_ALL);
        assert_int_equal(world_do(&world, 1, "listener none"), 0);
        assert_int_equal(world_do(&world, 0, "server none"), 0);
        assert_string_equal(world_told(&world), "");
        assert_string_equal(world_alarms(&world), "");
        audit_store(world.store, AUDIT_ALL);
        snapshot_unref(held);
        world_end(&world);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(a_store_that_can_not_be_made_is_not_made),
        cmocka_unit_test(what_could_not_be_raised_is_raised_at_the_next_word),
        cmocka_unit_test(what_could_not_be_cleared_is_cleared_at_the_next_word),
        cmocka_unit_test(what_could_not_expire_expires_later),
        cmocka_unit_test(who_could_not_come_or_move_leaves_nothing_behind),
        cmocka_unit_test(a_silent_start_stays_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
