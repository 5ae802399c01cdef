/* A random life, saved after each step by what the journal names: the image is what a new process would begin with. So
 * whatever has to outlive this one must be in it, at every instant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/frozen.h"
#include "support/audit.h"
#include "support/churn.h"
#include "support/heap.h"
#include "support/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 6, STEPS = 1500, RESTART_EVERY = 150 };

/* What the agent's row says in the image; the caller releases it. */
static struct agent_row read_agent(const struct image_row *row, const struct now *now)
{
    struct codec codec = codec_reader(row->bytes, row->n, now);
    struct agent_row agent = { .index = row->key };
    int64_t change_wall_ms;
    frozen_agent(&codec, &agent, &change_wall_ms);
    assert_int_equal(codec_end(&codec), 0);
    return agent;
}

/* What must not be older than the last step. Evidence may be: who saves notes it now and then. */
static void compare_agent(const struct image *image, const struct agent_row *live, const struct now *now)
{
    const struct image_row *row = image_find(image, KEPT_AGENT, live->index);
    assert_non_null(row);
    const struct agent_row saved = read_agent(row, now);
    assert_true(agent_identity_equal(saved.identity, live->identity));
    assert_int_equal(saved.change_seq, live->change_seq);
    assert_memory_equal(saved.dampers, live->dampers, sizeof live->dampers);
    assert_memory_equal(saved.alarms, live->alarms, sizeof live->alarms);
    assert_int_equal(saved.verdict.conditions, live->verdict.conditions);
    assert_int_equal(saved.verdict.unknowns, live->verdict.unknowns);
    assert_int_equal(saved.verdict.diagnosis, live->verdict.diagnosis);
    assert_int_equal(saved.judged, live->judged);
    assert_int_equal(saved.told, live->told);
    assert_int_equal(saved.deferred, live->deferred);
    assert_int_equal(saved.withheld, live->withheld);
    assert_int_equal(saved.flapping, live->flapping);
    assert_int_equal(saved.recorded, live->recorded);
    assert_int_equal(saved.contradicted, live->contradicted);
    assert_int_equal(saved.since_wall_ms, live->since_wall_ms);
    assert_int_equal(saved.list.list, live->list.list);
    assert_int_equal(saved.list.source, live->list.source);
    assert_int_equal(saved.list.state, live->list.state);
    assert_int_equal(saved.list.was_down, live->list.was_down);
    agent_rows.release(&saved);
}

static void compare_servers(const struct image *image, struct store *store, const struct now *now)
{
    const struct server_row *live = store_next_server(store, 0);
    for (; live; live = store_next_server(store, live->index)) {
        const struct image_row *row = image_find(image, KEPT_SERVER, live->index);
        struct server_row saved = { .index = live->index };
        if (!row) { /* nothing has happened to it yet */
            assert_int_equal(live->damper.believed, UPDOWN_UNKNOWN);
            assert_false(live->judged);
            continue;
        }
        struct codec codec = codec_reader(row->bytes, row->n, now);
        frozen_server(&codec, &saved);
        assert_int_equal(codec_end(&codec), 0);
        assert_memory_equal(&saved.damper, &live->damper, sizeof live->damper);
        assert_int_equal(saved.alarm, live->alarm);
        assert_int_equal(saved.judged, live->judged);
        assert_int_equal(saved.told, live->told);
        assert_int_equal(saved.was_down, live->was_down);
        assert_int_equal(saved.up_since_ms, live->up_since_ms);
    }
}

static void compare_sources(const struct image *image, struct store *store, const struct now *now)
{
    const struct source_row *live = store_next_source(store, 0);
    for (; live; live = store_next_source(store, live->index)) {
        const struct image_row *row = image_find(image, KEPT_SOURCE, live->index);
        struct source_row saved = { .index = live->index };
        if (!row) {
            assert_int_equal(live->state, UPDOWN_UNKNOWN);
            assert_false(live->judged);
            continue;
        }
        struct codec codec = codec_reader(row->bytes, row->n, now);
        frozen_source(&codec, &saved);
        assert_int_equal(codec_end(&codec), 0);
        assert_memory_equal(saved.dampers, live->dampers, sizeof live->dampers);
        assert_int_equal(saved.alarm, live->alarm);
        assert_int_equal(saved.judged, live->judged);
        assert_int_equal(saved.told, live->told);
        assert_int_equal(saved.state, live->state);
    }
}

/* Alarms, history and lists are saved to the byte; nobody is saved who is not there. */
static void compare_rest(const struct image *image, struct store *store, const struct now *now)
{
    struct image whole = { 0 };
    image_save_all(&whole, store, now);
    for (size_t i = 0; i < whole.n; i++) {
        const struct image_row *live = &whole.rows[i], *saved = image_find(image, live->kind, live->key);
        if (live->kind != KEPT_ALARM && live->kind != KEPT_HISTORY && live->kind != KEPT_LIST &&
            live->kind != KEPT_GROUP && live->kind != KEPT_TELLING)
            continue;
        assert_non_null(saved);
        assert_int_equal(saved->n, live->n);
        /* The last four of these say how much is left of a time. */
        assert_memory_equal(saved->bytes, live->bytes, live->n - (live->kind == KEPT_TELLING ? 4 : 0));
    }
    for (size_t i = 0; i < image->n; i++)
        assert_non_null(image_find(&whole, image->rows[i].kind, image->rows[i].key));
    image_done(&whole);
}

static void the_journal_names_all_that_changed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const long before = heap_blocks();
        const struct store_settings settings = world_settings();
        struct image image = { 0 };
        struct churn churn;
        churn_begin(&churn, &settings, seed);
        struct store *store = churn.world.store;
        journal_switch(store_journal(store), true);
        image_save_all(&image, store, &churn.world.now);
        for (unsigned i = 0; i < STEPS; i++) {
            churn_step(&churn);
            image_save(&image, store, &churn.world.now);
            const struct agent_row *agent = store_next_agent(store, 0);
            for (; agent; agent = store_next_agent(store, agent->index))
                compare_agent(&image, agent, &churn.world.now);
            compare_servers(&image, store, &churn.world.now);
            compare_sources(&image, store, &churn.world.now);
            compare_rest(&image, store, &churn.world.now);
        }
        churn_end(&churn);
        image_done(&image);
        assert_int_equal(heap_blocks(), before);
    }
}

/* Killed again and again: raised and cleared alternate all the same, each with its alarm's sequence, and in the end, as
 * all is well, nothing is left. */
static void a_life_with_restarts_tells_as_one_without(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 100 + SEEDS; seed++) {
        struct store_settings settings = world_settings();
        settings.tell_first_verdict = seed % 2;
        static struct ledger ledger;
        ledger = (struct ledger){ 0 };
        struct image image = { 0 };
        struct churn churn;
        churn_begin(&churn, &settings, seed);
        journal_switch(store_journal(churn.world.store), true);
        image_save_all(&image, churn.world.store, &churn.world.now);
        for (unsigned i = 1; i <= STEPS; i++) {
            churn_step(&churn);
            ledger_drain(&ledger, churn.world.store);
            image_save(&image, churn.world.store, &churn.world.now);
            if (i % RESTART_EVERY)
                continue;
            image_restart(&image, &churn.world.store, &settings, 0, &churn.world.now);
            audit_store(churn.world.store, AUDIT_RESTORED);
            ledger_drain(&ledger, churn.world.store);
            image_save(&image, churn.world.store, &churn.world.now);
        }
        churn_settle(&churn);
        audit_store(churn.world.store, AUDIT_RESTORED);
        ledger_drain(&ledger, churn.world.store);
        assert_string_equal(world_alarms(&churn.world), "");
        assert_int_equal(ledger.raised, ledger.cleared);
        assert_true(ledger.raised > 20);
        churn_end(&churn);
        image_done(&image);
    }
}

/* Writes a row of the image again. */
static void rewrite(struct codec *from, struct codec *to, enum kept kind)
{
    int64_t change_wall_ms = 0;
    struct agent_row agent = { 0 };
    struct server_row server = { 0 };
    struct source_row source = { 0 };
    struct alarm_row alarm = { 0 };
    struct history_row past = { 0 };
    struct outage outage = { 0 };
    struct telling_row telling = { 0 };
    struct group_row group = { 0 };
    struct kept_collector collector = { 0 };
    struct codec *const ways[] = { from, to };

    for (size_t i = 0; i < 2 && (i == 0 || codec_end(from) == 0); i++) {
        switch (kind) {
        case KEPT_AGENT:
            frozen_agent(ways[i], &agent, &change_wall_ms);
            break;
        case KEPT_SERVER:
            frozen_server(ways[i], &server);
            break;
        case KEPT_SOURCE:
            frozen_source(ways[i], &source);
            break;
        case KEPT_ALARM:
            frozen_alarm(ways[i], &alarm);
            break;
        case KEPT_HISTORY:
            frozen_history(ways[i], &past);
            break;
        case KEPT_TELLING:
            frozen_telling(ways[i], &telling);
            break;
        case KEPT_GROUP:
            frozen_group(ways[i], &group);
            break;
        case KEPT_LIST:
            frozen_outage(ways[i], &outage);
            break;
        default:
            frozen_collector(ways[i], &collector);
            break;
        }
    }
    agent_rows.release(&agent);
    alarm_rows.release(&alarm);
    history_rows.release(&past);
    telling_rows.release(&telling);
}

/* Each row of a random life comes back to the byte; cut anywhere it is refused; with a bit turned over it is refused,
 * or another row; and with memory out at any place nothing leaks. */
static void rows_come_back_and_damaged_ones_do_no_harm(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct image image = { 0 };
    struct churn churn;
    churn_begin(&churn, &settings, 7);
    for (unsigned i = 0; i < STEPS; i++)
        churn_step(&churn);
    const struct now now = churn.world.now;
    image_save_all(&image, churn.world.store, &now);
    const long before = heap_blocks();
    size_t cut = 0, turned = 0, without_memory = 0;
    for (size_t i = 0; i < image.n; i++) {
        const struct image_row *row = &image.rows[i];
        struct codec from = codec_reader(row->bytes, row->n, &now), to = codec_writer(&now);
        rewrite(&from, &to, row->kind);
        assert_int_equal(from.error, 0);
        assert_int_equal(to.used, row->n);
        assert_memory_equal(to.to, row->bytes, row->n);
        codec_done(&to);
        for (size_t n = chance_below(&churn.chance, 5); n < row->n; n += 1 + chance_below(&churn.chance, 5)) {
            from = codec_reader(row->bytes, n, &now);
            rewrite(&from, &to, row->kind);
            assert_int_equal(from.error, -EPROTO);
            cut++;
        }
        for (unsigned k = 0; k < 100; k++) {
            const uint32_t bit = chance_below(&churn.chance, (uint32_t)row->n * 8);
            row->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            from = codec_reader(row->bytes, row->n, &now);
            rewrite(&from, &to, row->kind);
            codec_done(&to);
            turned += from.error == -EPROTO;
            row->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        for (unsigned long first = 1; first < 40; first++) {
            from = codec_reader(row->bytes, row->n, &now);
            heap_fail(first, 1);
            rewrite(&from, &to, row->kind);
            without_memory += heap_heal();
            codec_done(&to);
            to = codec_writer(&now);
        }
        assert_int_equal(heap_blocks(), before);
    }
    assert_true(cut > 1000 && turned > 100 && without_memory > 100);
    image_done(&image);
    churn_end(&churn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_journal_names_all_that_changed),
        cmocka_unit_test(a_life_with_restarts_tells_as_one_without),
        cmocka_unit_test(rows_come_back_and_damaged_ones_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
