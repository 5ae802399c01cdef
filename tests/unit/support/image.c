/* An array in order, searched from its beginning: images are small. */
#include "image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

void image_done(struct image *image)
{
    for (size_t i = 0; i < image->n; i++)
        free(image->rows[i].bytes);
    free(image->rows);
    *image = (struct image){ 0 };
}

static size_t place_of(const struct image *image, enum kept kind, uint32_t key)
{
    size_t at = 0;
    while (at < image->n &&
           (image->rows[at].kind < kind || (image->rows[at].kind == kind && image->rows[at].key < key)))
        at++;
    return at;
}

static bool is_at(const struct image *image, size_t at, enum kept kind, uint32_t key)
{
    return at < image->n && image->rows[at].kind == kind && image->rows[at].key == key;
}

const struct image_row *image_find(const struct image *image, enum kept kind, uint32_t key)
{
    const size_t at = place_of(image, kind, key);
    return is_at(image, at, kind, key) ? &image->rows[at] : NULL;
}

void image_forget(struct image *image, enum kept kind, uint32_t key)
{
    const size_t at = place_of(image, kind, key);
    if (!is_at(image, at, kind, key))
        return;
    free(image->rows[at].bytes);
    memmove(&image->rows[at], &image->rows[at + 1], (--image->n - at) * sizeof *image->rows);
}

void image_put(struct image *image, const struct batch_row *row)
{
    image_forget(image, row->kind, row->key);
    if (!row->bytes)
        return;
    const size_t at = place_of(image, row->kind, row->key);
    image->rows = reallocarray(image->rows, image->n + 1, sizeof *image->rows);
    assert_non_null(image->rows);
    memmove(&image->rows[at + 1], &image->rows[at], (image->n++ - at) * sizeof *image->rows);
    image->rows[at] = (struct image_row){ row->kind, row->key, malloc(row->n + 1), row->n };
    assert_non_null(image->rows[at].bytes);
    memcpy(image->rows[at].bytes, row->bytes, row->n);
}

struct saving {
    struct batch batch;
    const struct store *store;
};

static void save_row(void *user, enum kept kind, uint32_t key)
{
    struct saving *saving = user;
    assert_int_equal(batch_add(&saving->batch, saving->store, kind, key), 0);
}

static void apply(struct image *image, struct batch *batch)
{
    struct batch_row row;
    size_t rows = 0;
    for (size_t at = 0; batch_next(batch, &at, &row); rows++)
        image_put(image, &row);
    assert_int_equal(rows, batch->n_rows);
    batch_done(batch);
}

void image_save(struct image *image, struct store *store, const struct now *now)
{
    struct saving saving = { batch_of(now), store };
    assert_false(store_journal(store)->lost);
    journal_take(store_journal(store), save_row, &saving);
    save_row(&saving, KEPT_COLLECTOR, 0);
    apply(image, &saving.batch);
}

void image_save_all(struct image *image, struct store *store, const struct now *now)
{
    struct saving saving = { batch_of(now), store };
    enum kept kind = 0;
    uint32_t key = 0;
    while (freeze_next(store, &kind, &key))
        save_row(&saving, kind, key);
    save_row(&saving, KEPT_COLLECTOR, 0);
    image_done(image);
    apply(image, &saving.batch);
}

void image_restore(const struct image *image, struct store *store, const struct now *now)
{
    for (size_t i = 0; i < image->n; i++) {
        const struct image_row *row = &image->rows[i];
        assert_int_equal(restore_row(store, row->kind, row->key, row->bytes, row->n, now), 0);
    }
}

static void put_everybody(struct store *store, const struct store *last, uint32_t without, const struct now *now)
{
    const struct server_row *server = store_next_server(last, 0);
    for (; server; server = store_next_server(last, server->index))
        assert_int_equal(store_put_server(store, server->index, server->identity), 0);
    const struct source_row *source = store_next_source(last, 0);
    for (; source; source = store_next_source(last, source->index))
        assert_int_equal(store_put_source(store, source->index, source->identity, now), 0);
    const struct agent_row *agent = store_next_agent(last, 0);
    for (; agent; agent = store_next_agent(last, agent->index))
        if (agent->index != without)
            assert_int_equal(store_put_agent(store, agent->index, agent->identity, now), 0);
}

void image_restart(const struct image *image, struct store **store, const struct store_settings *settings,
                   uint32_t without, const struct now *now)
{
    struct store *last = *store;
    struct store_settings begin = *settings;
    begin.alarm_seq = store_alarm_seq(last);
    begin.change_seq = store_change_seq(last);
    begin.history_seq = store_history_seq(last);
    assert_int_equal(store_new(&begin, store), 0);
    journal_switch(store_journal(*store), true);
    image_restore(image, *store, now);
    put_everybody(*store, last, without, now);
    while (restore_end(*store, 3, now) > 0)
        assert_true(restore_is_open(*store));
    assert_false(restore_is_open(*store));
    assert_int_equal(restore_damaged(*store), 0);
    store_free(last);
}
