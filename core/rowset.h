/* An ordered set of fixed-size rows, keyed by the uint32_t that is each row's first member, from which immutable views
 * are taken cheaply. Rows live in chunks; a view shares the chunks, and an edit copies only the chunk it touches.
 *
 * One thread owns the set. A view may be read and released by any thread. */
#ifndef AH_CORE_ROWSET_H
#define AH_CORE_ROWSET_H

#include "model.h"

struct rowset_type {
    size_t row_bytes;
    /* Called when a row is copied into another chunk, and when a copy dies; NULL where rows own nothing. Must be safe
     * to call from any thread. */
    void (*retain)(const void *row);
    void (*release)(const void *row);
};

struct rowset;
struct rowview;

/* `type` is borrowed for the life of the set and of all its views. */
int rowset_new(const struct rowset_type *type, struct rowset **ret_set) AH_WARN_UNUSED;
void rowset_free(struct rowset *set);

size_t rowset_count(const struct rowset *set);
/* The row, or NULL; valid until the next call that changes the set. */
const void *rowset_get(const struct rowset *set, uint32_t key);
/* The first row whose key is greater, or NULL. */
const void *rowset_next(const struct rowset *set, uint32_t key);
/* Writable row of an existing key, no view's business; valid until the next call on the set. NULL: -ENOMEM, or no such
 * key. The key itself must not be written. */
void *rowset_edit(struct rowset *set, uint32_t key);
/* Adds a row that is all zero but for its key, and returns it writable. NULL: out of memory, or the key exists. */
void *rowset_insert(struct rowset *set, uint32_t key);
/* Removes a row and releases what it owns. 0, -ENOENT or -ENOMEM (then nothing changed). */
int rowset_remove(struct rowset *set, uint32_t key) AH_WARN_UNUSED;

/* An immutable view of the set as it is now; the caller owns a reference. NULL: out of memory. Without a change since
 * the last call it is the same view again. */
struct rowview *rowset_view(struct rowset *set);

struct rowview *rowview_ref(struct rowview *view);
void rowview_unref(struct rowview *view);
size_t rowview_count(const struct rowview *view);

/* Where the last lookup ended: makes a walk in order cheap. All zero to begin with; usable across views of one set. */
struct rowhint {
    uint32_t chunk, slot;
};
/* As rowset_get() and rowset_next(); rows live as long as the view. `hint` may be NULL. A NULL view is empty. */
const void *rowview_get(const struct rowview *view, uint32_t key, struct rowhint *hint);
const void *rowview_next(const struct rowview *view, uint32_t key, struct rowhint *hint);
const void *rowview_first(const struct rowview *view);

#endif
