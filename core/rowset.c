/* Copy-on-write rows in chunks. A chunk that some view shares is never written: an edit replaces it by a copy. */
#include "rowset.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 64, MERGE_BELOW = CHUNK_ROWS / 4, MERGED_MOST = CHUNK_ROWS * 3 / 4 };

struct chunk {
    const struct rowset_type *type;
    atomic_uint refs;
    uint32_t n;
    _Alignas(max_align_t) unsigned char rows[];
};

struct rowview {
    atomic_uint refs;
    size_t count, n_chunks;
    struct chunk *chunks[];
};

struct rowset {
    const struct rowset_type *type;
    struct chunk **chunks;
    size_t n_chunks, room;
    size_t count;
    struct rowview *view; /* of the present state; NULL: not made yet */
};

/* A place in a sequence of chunks. */
struct place {
    size_t chunk;
    uint32_t slot;
};

static void *row_at(const struct chunk *chunk, uint32_t slot)
{
    return (void *)(uintptr_t)(chunk->rows + slot * chunk->type->row_bytes);
}

static uint32_t key_at(const struct chunk *chunk, uint32_t slot)
{
    return *(const uint32_t *)row_at(chunk, slot);
}

static struct chunk *chunk_new(const struct rowset_type *type)
{
    struct chunk *chunk = malloc(sizeof *chunk + CHUNK_ROWS * type->row_bytes);
    if (!chunk)
        return NULL;
    chunk->type = type;
    chunk->n = 0;
    atomic_init(&chunk->refs, 1);
    return chunk;
}

static void chunk_unref(struct chunk *chunk)
{
    if (!chunk || atomic_fetch_sub_explicit(&chunk->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (chunk->type->release)
        for (uint32_t i = 0; i < chunk->n; i++)
            chunk->type->release(row_at(chunk, i));
    free(chunk);
}

static void chunk_append_copies(struct chunk *to, const struct chunk *from, uint32_t first, uint32_t n)
{
    memcpy(row_at(to, to->n), row_at(from, first), n * to->type->row_bytes);
    if (to->type->retain)
        for (uint32_t i = 0; i < n; i++)
            to->type->retain(row_at(to, to->n + i));
    to->n += n;
}

/* The last chunk whose first key is not greater than `key`; 0 when there is none. */
static size_t find_chunk(struct chunk *const *chunks, size_t n, uint32_t key)
{
    size_t low = 0, high = n;
    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;
        if (key_at(chunks[middle], 0) <= key)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first slot whose key is not less than `key`; chunk->n when there is none. */
static uint32_t find_slot(const struct chunk *chunk, uint32_t key)
{
    uint32_t low = 0, high = chunk->n;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (key_at(chunk, middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Finds `key`, or where it belongs; true when it is there. */
static bool locate(struct chunk *const *chunks, size_t n, uint32_t key, struct place *ret)
{
    if (n == 0) {
        *ret = (struct place){ 0, 0 };
        return false;
    }
    ret->chunk = find_chunk(chunks, n, key);
    ret->slot = find_slot(chunks[ret->chunk], key);
    return ret->slot < chunks[ret->chunk]->n && key_at(chunks[ret->chunk], ret->slot) == key;
}

/* The first place whose key is greater than `key`; false when there is none. */
static bool locate_next(struct chunk *const *chunks, size_t n, uint32_t key, struct place *ret)
{
    struct place place;
    if (locate(chunks, n, key, &place))
        place.slot++;
    if (n > 0 && place.slot == chunks[place.chunk]->n)
        place = (struct place){ place.chunk + 1, 0 };
    if (place.chunk >= n)
        return false;
    *ret = place;
    return true;
}

int rowset_new(const struct rowset_type *type, struct rowset **ret_set)
{
    assert(type->row_bytes >= sizeof(uint32_t));
    struct rowset *set = calloc(1, sizeof *set);
    if (!set)
        return -ENOMEM;
    set->type = type;
    *ret_set = set;
    return 0;
}

void rowset_free(struct rowset *set)
{
    if (!set)
        return;
    rowview_unref(set->view);
    for (size_t i = 0; i < set->n_chunks; i++)
        chunk_unref(set->chunks[i]);
    free(set->chunks);
    free(set);
}

size_t rowset_count(const struct rowset *set)
{
    return set->count;
}

const void *rowset_get(const struct rowset *set, uint32_t key)
{
    struct place place;
    return locate(set->chunks, set->n_chunks, key, &place) ? row_at(set->chunks[place.chunk], place.slot) : NULL;
}

const void *rowset_next(const struct rowset *set, uint32_t key)
{
    struct place place;
    return locate_next(set->chunks, set->n_chunks, key, &place) ? row_at(set->chunks[place.chunk], place.slot) : NULL;
}

/* To be called before any change: the cached view is of the past. */
static void forget_view(struct rowset *set)
{
    rowview_unref(set->view);
    set->view = NULL;
}

/* Makes a chunk writable: the set's own, seen by no view. */
static struct chunk *own_chunk(struct rowset *set, size_t at)
{
    struct chunk *shared = set->chunks[at];
    if (atomic_load_explicit(&shared->refs, memory_order_acquire) == 1)
        return shared;
    struct chunk *own = chunk_new(set->type);
    if (!own)
        return NULL;
    chunk_append_copies(own, shared, 0, shared->n);
    set->chunks[at] = own;
    chunk_unref(shared);
    return own;
}

void *rowset_edit(struct rowset *set, uint32_t key)
{
    struct place place;
    if (!locate(set->chunks, set->n_chunks, key, &place))
        return NULL;
    forget_view(set);
    struct chunk *chunk = own_chunk(set, place.chunk);
    return chunk ? row_at(chunk, place.slot) : NULL;
}

/* Puts a chunk into the list; takes it. */
static int add_chunk(struct rowset *set, size_t at, struct chunk *chunk)
{
    if (set->n_chunks == set->room) {
        const size_t room = set->room ? 2 * set->room : 16;
        struct chunk **chunks = reallocarray(set->chunks, room, sizeof(struct chunk *));
        if (!chunks)
            return -ENOMEM;
        set->chunks = chunks;
        set->room = room;
    }
    memmove(set->chunks + at + 1, set->chunks + at, (set->n_chunks - at) * sizeof(struct chunk *));
    set->chunks[at] = chunk;
    set->n_chunks++;
    return 0;
}

static void drop_chunk(struct rowset *set, size_t at)
{
    chunk_unref(set->chunks[at]);
    set->n_chunks--;
    memmove(set->chunks + at, set->chunks + at + 1, (set->n_chunks - at) * sizeof(struct chunk *));
}

/* Makes room at `place`, which is in a full chunk or where no chunk is. Rows that come in order (the rule) fill each
 * chunk before the next is begun; others split it. */
static int make_room(struct rowset *set, struct place *place)
{
    struct chunk *full = set->n_chunks ? set->chunks[place->chunk] : NULL;
    struct chunk *fresh = chunk_new(set->type);
    if (!fresh)
        return -ENOMEM;
    const bool append = !full || place->slot == full->n;
    if (!append && !(full = own_chunk(set, place->chunk)))
        goto fail;
    if (add_chunk(set, full ? place->chunk + 1 : 0, fresh) < 0)
        goto fail;
    if (append) {
        *place = (struct place){ full ? place->chunk + 1 : 0, 0 };
        return 0;
    }
    const uint32_t half = CHUNK_ROWS / 2;
    memcpy(row_at(fresh, 0), row_at(full, half), (full->n - half) * set->type->row_bytes);
    fresh->n = full->n - half;
    full->n = half;
    if (place->slot > half)
        *place = (struct place){ place->chunk + 1, place->slot - half };
    return 0;
fail:
    chunk_unref(fresh);
    return -ENOMEM;
}

void *rowset_insert(struct rowset *set, uint32_t key)
{
    struct place place;
    if (locate(set->chunks, set->n_chunks, key, &place))
        return NULL;
    forget_view(set);
    if ((set->n_chunks == 0 || set->chunks[place.chunk]->n == CHUNK_ROWS) && make_room(set, &place) < 0)
        return NULL;
    struct chunk *chunk = own_chunk(set, place.chunk);
    if (!chunk)
        return NULL;
    unsigned char *row = row_at(chunk, place.slot);
    const size_t bytes = set->type->row_bytes;
    memmove(row + bytes, row, (chunk->n - place.slot) * bytes);
    memset(row, 0, bytes);
    memcpy(row, &key, sizeof key);
    chunk->n++;
    set->count++;
    return row;
}

/* Keeps a set from which rows are removed here and there from ending as many chunks of a row each. Failing is harmless.
 */
static void merge_with_next(struct rowset *set, size_t at)
{
    if (at + 1 >= set->n_chunks || set->chunks[at]->n + set->chunks[at + 1]->n > MERGED_MOST)
        return;
    struct chunk *chunk = own_chunk(set, at);
    if (!chunk)
        return;
    chunk_append_copies(chunk, set->chunks[at + 1], 0, set->chunks[at + 1]->n);
    drop_chunk(set, at + 1);
}

int rowset_remove(struct rowset *set, uint32_t key)
{
    struct place place;
    if (!locate(set->chunks, set->n_chunks, key, &place))
        return -ENOENT;
    forget_view(set);
    struct chunk *chunk = own_chunk(set, place.chunk);
    if (!chunk)
        return -ENOMEM;
    unsigned char *row = row_at(chunk, place.slot);
    const size_t bytes = set->type->row_bytes;
    if (set->type->release)
        set->type->release(row);
    chunk->n--;
    set->count--;
    memmove(row, row + bytes, (chunk->n - place.slot) * bytes);
    if (chunk->n == 0) {
        drop_chunk(set, place.chunk);
    } else if (chunk->n < MERGE_BELOW) {
        merge_with_next(set, place.chunk);
        if (place.chunk > 0)
            merge_with_next(set, place.chunk - 1);
    }
    return 0;
}

struct rowview *rowset_view(struct rowset *set)
{
    if (!set->view) {
        struct rowview *view = malloc(sizeof *view + set->n_chunks * sizeof(struct chunk *));
        if (!view)
            return NULL;
        atomic_init(&view->refs, 1);
        view->count = set->count;
        view->n_chunks = set->n_chunks;
        for (size_t i = 0; i < set->n_chunks; i++) {
            view->chunks[i] = set->chunks[i];
            atomic_fetch_add_explicit(&view->chunks[i]->refs, 1, memory_order_relaxed);
        }
        set->view = view;
    }
    return rowview_ref(set->view);
}

struct rowview *rowview_ref(struct rowview *view)
{
    atomic_fetch_add_explicit(&view->refs, 1, memory_order_relaxed);
    return view;
}

void rowview_unref(struct rowview *view)
{
    if (!view || atomic_fetch_sub_explicit(&view->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < view->n_chunks; i++)
        chunk_unref(view->chunks[i]);
    free(view);
}

size_t rowview_count(const struct rowview *view)
{
    return view ? view->count : 0;
}

/* The place after `place`, or before the first when it is {0, 0} of an empty view. */
static bool advance(const struct rowview *view, struct place *place)
{
    if (place->slot + 1 < view->chunks[place->chunk]->n)
        place->slot++;
    else if (place->chunk + 1 < view->n_chunks)
        *place = (struct place){ place->chunk + 1, 0 };
    else
        return false;
    return true;
}

/* Tries to answer "next after key" from where the last lookup ended: that row is `key` itself (a walk down one column),
 * or already the next one (the other columns of the same row). */
static bool next_by_hint(const struct rowview *view, uint32_t key, const struct rowhint *hint, struct place *ret)
{
    if (hint->chunk >= view->n_chunks || hint->slot >= view->chunks[hint->chunk]->n)
        return false;
    struct place place = { hint->chunk, hint->slot };
    const uint32_t there = key_at(view->chunks[place.chunk], place.slot);
    if (there == key) {
        if (!advance(view, &place))
            return false;
    } else {
        const bool follows = there > key && place.slot > 0 && key_at(view->chunks[place.chunk], place.slot - 1) <= key;
        if (!follows)
            return false;
    }
    *ret = place;
    return true;
}

static const void *give(const struct rowview *view, struct place place, struct rowhint *hint)
{
    if (hint)
        *hint = (struct rowhint){ (uint32_t)place.chunk, place.slot };
    return row_at(view->chunks[place.chunk], place.slot);
}

const void *rowview_get(const struct rowview *view, uint32_t key, struct rowhint *hint)
{
    struct place place;
    if (!view)
        return NULL;
    if (hint && hint->chunk < view->n_chunks && hint->slot < view->chunks[hint->chunk]->n &&
        key_at(view->chunks[hint->chunk], hint->slot) == key)
        return row_at(view->chunks[hint->chunk], hint->slot);
    return locate(view->chunks, view->n_chunks, key, &place) ? give(view, place, hint) : NULL;
}

const void *rowview_next(const struct rowview *view, uint32_t key, struct rowhint *hint)
{
    struct place place;
    if (!view)
        return NULL;
    if (hint && next_by_hint(view, key, hint, &place))
        return give(view, place, hint);
    return locate_next(view->chunks, view->n_chunks, key, &place) ? give(view, place, hint) : NULL;
}

const void *rowview_first(const struct rowview *view)
{
    return view && view->n_chunks ? row_at(view->chunks[0], 0) : NULL;
}
