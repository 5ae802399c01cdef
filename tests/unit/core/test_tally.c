/* Random histories of an estate: what is counted as it happens equals a recount, references between tables hold, and
 * what was told alternates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/churn.h"
#include "support/heap.h"

#include <stdio.h>

enum { SEEDS = 25, STEPS = 3000 };

static void live(struct churn *churn, struct ledger *ledger)
{
    uint32_t change_seq = 0, alarm_seq = 0, history_seq = 0;
    for (unsigned i = 0; i < STEPS; i++) {
        churn_step(churn);
        audit_store(churn->world.store, AUDIT_ALL);
        if (i % 7 == 0)
            ledger_drain(ledger, churn->world.store);
        assert_true(store_change_seq(churn->world.store) >= change_seq);
        assert_true(store_alarm_seq(churn->world.store) >= alarm_seq);
        assert_true(store_history_seq(churn->world.store) >= history_seq);
        change_seq = store_change_seq(churn->world.store);
        alarm_seq = store_alarm_seq(churn->world.store);
        history_seq = store_history_seq(churn->world.store);
    }
    assert_int_equal(store_dropped(churn->world.store), 0);
    assert_int_equal(churn->out_of_memory, 0);
}

/* In the end all is well, and whatever was told as raised was told as cleared. */
static void settle(struct churn *churn, struct ledger *ledger)
{
    churn_settle(churn);
    audit_store(churn->world.store, AUDIT_ALL);
    ledger_drain(ledger, churn->world.store);
    assert_int_equal(store_fleet(churn->world.store)->agents, CHURN_AGENTS);
    assert_int_equal(store_fleet(churn->world.store)->healthy, CHURN_AGENTS);
    assert_string_equal(world_alarms(&churn->world), "");
    assert_int_equal(ledger->raised, ledger->cleared);
}

static void run(bool tell_first_verdict, uint64_t seed, size_t *told)
{
    struct store_settings settings = world_settings();
    settings.tell_first_verdict = tell_first_verdict;
    static struct ledger ledger;
    ledger = (struct ledger){ 0 };
    struct churn churn;
    churn_begin(&churn, &settings, seed);
    live(&churn, &ledger);
    settle(&churn, &ledger);
    churn_end(&churn);
    *told += ledger.raised;
}

static void random_histories_add_up(void **state)
{
    (void)state;
    const long before = heap_blocks();
    for (int full = 0; full < 2; full++) {
        size_t told = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
            run(full, seed, &told);
        assert_true(told > SEEDS * STEPS / 100); /* else the histories are too dull to show anything */
    }
    assert_int_equal(heap_blocks(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(random_histories_add_up) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
