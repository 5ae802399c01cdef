/* What a database would hold: rows as bytes by kind and key, kept up to date by batches, and given back to a store. */
#ifndef AH_TEST_IMAGE_H
#define AH_TEST_IMAGE_H

#include "core/batch.h"
#include "core/restore.h"

struct image_row {
    enum kept kind;
    uint32_t key;
    uint8_t *bytes;
    size_t n;
};

/* All zero: empty. */
struct image {
    struct image_row *rows; /* ascending by kind and key */
    size_t n;
};

void image_done(struct image *image);
void image_put(struct image *image, const struct batch_row *row);
void image_forget(struct image *image, enum kept kind, uint32_t key);
const struct image_row *image_find(const struct image *image, enum kept kind, uint32_t key);
/* Takes the journal of the store away, and saves what it names. */
void image_save(struct image *image, struct store *store, const struct now *now);
/* Saves every row, whatever the journal says. */
void image_save_all(struct image *image, struct store *store, const struct now *now);
/* Gives all rows to a store that is new. Fails the test where a row is refused. */
void image_restore(const struct image *image, struct store *store, const struct now *now);
/* The process has ended, and begins anew: *store becomes a store that was given the image, in which everybody is put
 * who was in the last one, but agent `without` (0: all). */
void image_restart(const struct image *image, struct store **store, const struct store_settings *settings,
                   uint32_t without, const struct now *now);

#endif
