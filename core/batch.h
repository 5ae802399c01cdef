/* A batch: rows as they are at one moment, as bytes, on their way to the database. All of it is saved, or nothing. */
#ifndef AH_CORE_BATCH_H
#define AH_CORE_BATCH_H

#include "freeze.h"

/* A row of a batch. */
struct batch_row {
    enum kept kind;
    uint32_t key;
    const uint8_t *bytes; /* borrowed from the batch; NULL: there is none, and what is saved of it is to be forgotten */
    size_t n;
};

/* All zero but for the clocks: empty. */
struct batch {
    struct codec rows;
    size_t n_rows;
};

struct batch batch_of(const struct now *now);
void batch_done(struct batch *batch);
/* Adds a row of the store as it is now, or that there is none. -ENOMEM: the batch is of no use any more. */
int batch_add(struct batch *batch, const struct store *store, enum kept kind, uint32_t key) AH_WARN_UNUSED;
/* Likewise a notification; NULL: it was told. */
int batch_add_notification(struct batch *batch, uint32_t id, const struct notification *notification) AH_WARN_UNUSED;
/* Goes through the rows: the one at *at, which moves on; from 0. False: there is none. */
bool batch_next(const struct batch *batch, size_t *at, struct batch_row *ret);

#endif
