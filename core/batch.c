/* Rows one behind the other, each with kind, key and length before it. */
#include "batch.h"

#include "frozen.h"

#include <errno.h>
#include <string.h>

/* What stands before the bytes of a row. */
struct head {
    uint32_t kind, key, n;
};
#define NO_ROW UINT32_MAX

struct batch batch_of(const struct now *now)
{
    return (struct batch){ .rows = codec_writer(now) };
}

void batch_done(struct batch *batch)
{
    codec_done(&batch->rows);
    batch->n_rows = 0;
}

/* Where a row begins, whose length is not known yet. */
static size_t begin_row(struct batch *batch, enum kept kind, uint32_t key)
{
    const size_t at = batch->rows.used;
    struct head head = { .kind = kind, .key = key, .n = NO_ROW };
    codec_bytes(&batch->rows, &head, sizeof head);
    return at;
}

static int end_row(struct batch *batch, size_t at, bool is_there)
{
    struct codec *rows = &batch->rows;
    if (rows->error)
        return rows->error;
    const uint32_t n = (uint32_t)(rows->used - at - sizeof(struct head));
    if (is_there)
        memcpy(rows->to + at + offsetof(struct head, n), &n, sizeof n);
    batch->n_rows++;
    return 0;
}

int batch_add(struct batch *batch, const struct store *store, enum kept kind, uint32_t key)
{
    const size_t at = begin_row(batch, kind, key);
    const int written = freeze_row(store, kind, key, &batch->rows);
    return end_row(batch, at, written > 0);
}

int batch_add_notification(struct batch *batch, uint32_t id, const struct notification *notification)
{
    const size_t at = begin_row(batch, KEPT_NOTIFICATION, id);
    if (notification) {
        struct notification own = *notification;
        frozen_notification(&batch->rows, &own);
    }
    return end_row(batch, at, notification);
}

bool batch_next(const struct batch *batch, size_t *at, struct batch_row *ret)
{
    struct head head;
    if (*at == batch->rows.used)
        return false;
    memcpy(&head, batch->rows.to + *at, sizeof head);
    *at += sizeof head;
    *ret = (struct batch_row){ .kind = (enum kept)head.kind, .key = head.key };
    if (head.n != NO_ROW) {
        ret->bytes = batch->rows.to + *at;
        ret->n = head.n;
        *at += head.n;
    }
    return true;
}
