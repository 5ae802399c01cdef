/* Snapshots between two threads: what one publishes the other sees whole, and nothing is lost or freed twice. Worth
 * most under the thread sanitizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/churn.h"
#include "support/heap.h"

#include <pthread.h>
#include <stdatomic.h>

static struct snapshot *empty_snapshot(uint32_t seq)
{
    struct snapshot *snapshot = snapshot_new(&(struct snapshot){ .change_seq = seq });
    assert_non_null(snapshot);
    return snapshot;
}

static void the_slot_holds_the_newest_once(void **state)
{
    (void)state;
    const long before = heap_blocks();
    struct snapshot_slot slot = { NULL };
    assert_null(snapshot_slot_take(&slot));
    for (uint32_t seq = 1; seq <= 3; seq++)
        snapshot_slot_put(&slot, empty_snapshot(seq));
    struct snapshot *taken = snapshot_slot_take(&slot);
    assert_int_equal(taken->change_seq, 3);
    assert_null(snapshot_slot_take(&slot));
    snapshot_slot_put(&slot, empty_snapshot(4));
    assert_int_equal(taken->change_seq, 3);
    snapshot_unref(taken);
    snapshot_slot_done(&slot);
    assert_null(snapshot_slot_take(&slot));
    assert_int_equal(heap_blocks(), before);
}

static void a_snapshot_lives_as_long_as_it_is_held(void **state)
{
    (void)state;
    const long before = heap_blocks();
    struct snapshot *snapshot = empty_snapshot(1);
    assert_ptr_equal(snapshot_ref(snapshot), snapshot);
    snapshot_unref(snapshot);
    assert_int_equal(snapshot->change_seq, 1);
    snapshot_unref(snapshot);
    snapshot_unref(NULL);
    assert_int_equal(heap_blocks(), before);
}

enum { STEPS = 20000, HELD = 4 };

/* What the threads share. */
struct exchange {
    struct snapshot_slot slot;
    atomic_bool over;
};

/* What the reader has found wrong; it can not fail the test from its thread. */
struct findings {
    struct exchange *exchange;
    size_t seen, wrong;
};

/* Reads every row, and what the rows point to. */
static bool is_whole(const struct snapshot *snapshot)
{
    uint32_t agents = 0, healthy = 0, alarms = 0, active = 0, key = 0;
    size_t letters = 0;
    struct rowhint hint = { 0 };
    for (const struct agent_row *agent; (agent = rowview_next(snapshot->agents, key, &hint)); key = agent->index) {
        agents++;
        healthy += agent->verdict.icon == ICON_HEALTHY;
        for (const char *c = agent->identity->name; *c; c++)
            letters++;
        for (enum condition condition = 0; condition < CONDITIONS; condition++)
            active += agent->alarms[condition] != 0;
        active += (uint32_t)__builtin_popcount(agent->flapping);
    }
    key = 0;
    for (const struct group_row *group; (group = rowview_next(snapshot->groups, key, NULL)); key = group->index)
        for (enum condition condition = 0; condition < CONDITIONS; condition++)
            active += group->outages[condition] != 0;
    key = 0;
    for (const struct server_row *server; (server = rowview_next(snapshot->servers, key, NULL)); key = server->index)
        active += server->alarm != 0;
    key = 0;
    for (const struct source_row *source; (source = rowview_next(snapshot->sources, key, NULL)); key = source->index)
        active += source->alarm != 0;
    key = 0;
    for (const struct alarm_row *alarm; (alarm = rowview_next(snapshot->alarms, key, NULL)); key = alarm->seq) {
        alarms += alarm->subject != SUBJECT_SOURCE_LIST;
        letters += text_chars(alarm->text)[0] != 0;
    }
    return agents == snapshot->fleet.agents && healthy == snapshot->fleet.healthy && alarms == active &&
           (letters > 0 || agents == 0);
}

static void *read_snapshots(void *user)
{
    struct findings *findings = user;
    struct snapshot *held[HELD] = { NULL };
    uint32_t change_seq = 0;
    for (bool last = false; !last;) {
        last = atomic_load(&findings->exchange->over);
        struct snapshot *snapshot = snapshot_slot_take(&findings->exchange->slot);
        if (!snapshot)
            continue;
        findings->wrong += !is_whole(snapshot) || snapshot->change_seq < change_seq;
        change_seq = snapshot->change_seq;
        struct snapshot **oldest = &held[findings->seen++ % HELD];
        findings->wrong += *oldest && !is_whole(*oldest);
        snapshot_unref(*oldest);
        *oldest = snapshot;
    }
    for (size_t i = 0; i < HELD; i++)
        snapshot_unref(held[i]);
    return NULL;
}

static void a_reader_sees_whole_snapshots_while_the_store_moves_on(void **state)
{
    (void)state;
    const long before = heap_blocks();
    const struct store_settings settings = world_settings();
    struct exchange exchange = { .slot = { NULL } };
    struct findings findings = { .exchange = &exchange };
    struct churn churn;
    pthread_t reader;
    churn_begin(&churn, &settings, 1);
    assert_int_equal(pthread_create(&reader, NULL, read_snapshots, &findings), 0);
    for (unsigned i = 0; i < STEPS; i++) {
        churn_step(&churn);
        if (i % 2)
            snapshot_slot_put(&exchange.slot, world_publish(&churn.world));
        if (i % 100 == 0)
            world_told(&churn.world);
    }
    world_told(&churn.world);
    atomic_store(&exchange.over, true);
    assert_int_equal(pthread_join(reader, NULL), 0);
    snapshot_slot_done(&exchange.slot);
    churn_end(&churn);
    assert_true(findings.seen > 1);
    assert_int_equal(findings.wrong, 0);
    assert_int_equal(heap_blocks(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slot_holds_the_newest_once),
        cmocka_unit_test(a_snapshot_lives_as_long_as_it_is_held),
        cmocka_unit_test(a_reader_sees_whole_snapshots_while_the_store_moves_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
