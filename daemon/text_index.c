/* A hash table whose chains run through arrays by number. */
#include "text_index.h"

#include "core/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_MIN = 64 };

/* With ASCII letters folded. */
static uint32_t hash_of(const char *text)
{
    uint64_t value = HASH_BEGINS;

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte >= 'A' && byte <= 'Z')
            byte = (unsigned char)(byte - 'A' + 'a');
        value = hash_add(value, &byte, 1);
    }
    return (uint32_t)(value ^ value >> 32);
}

void text_index_done(struct text_index *index)
{
    free(index->heads);
    free(index->nexts);
    free(index->hashes);
    *index = (struct text_index){ 0 };
}

static uint32_t *head_of(const struct text_index *index, uint32_t hash)
{
    return &index->heads[hash & (index->n_heads - 1)];
}

/* Twice as many chains, as soon as there are as many numbers. */
static int grow_heads(struct text_index *index)
{
    const size_t n = index->n_heads ? index->n_heads * 2 : ROOM_MIN, had = index->n_heads;
    uint32_t *heads = calloc(n, sizeof *heads), *old = index->heads;

    if (!heads)
        return -ENOMEM;
    index->heads = heads;
    index->n_heads = n;
    for (size_t i = 0; i < had; i++)
        for (uint32_t at = old[i], next; at; at = next) {
            uint32_t *head = head_of(index, index->hashes[at - 1]);
            next = index->nexts[at - 1];
            index->nexts[at - 1] = *head;
            *head = at;
        }
    free(old);
    return 0;
}

static int grow_room(struct text_index *index, uint32_t number)
{
    size_t room = index->room ? index->room : ROOM_MIN;
    while (room <= number)
        room += room / 2;
    uint32_t *nexts = reallocarray(index->nexts, room, sizeof *nexts);
    if (!nexts)
        return -ENOMEM;
    index->nexts = nexts;
    uint32_t *hashes = reallocarray(index->hashes, room, sizeof *hashes);
    if (!hashes)
        return -ENOMEM;
    index->hashes = hashes;
    index->room = room;
    return 0;
}

int text_index_put(struct text_index *index, const char *text, uint32_t number)
{
    if ((index->n >= index->n_heads && grow_heads(index) < 0) ||
        (number >= index->room && grow_room(index, number) < 0))
        return -ENOMEM;
    const uint32_t hash = hash_of(text);
    uint32_t *head = head_of(index, hash);
    index->hashes[number] = hash;
    index->nexts[number] = *head;
    *head = number + 1;
    index->n++;
    return 0;
}

void text_index_remove(struct text_index *index, const char *text, uint32_t number)
{
    for (uint32_t *at = head_of(index, hash_of(text)); *at; at = &index->nexts[*at - 1])
        if (*at == number + 1) {
            *at = index->nexts[number];
            index->n--;
            return;
        }
}

static uint32_t of_hash(const struct text_index *index, uint32_t at, uint32_t hash)
{
    while (at && index->hashes[at - 1] != hash)
        at = index->nexts[at - 1];
    return at ? at - 1 : TEXT_INDEX_END;
}

uint32_t text_index_first(const struct text_index *index, const char *text)
{
    const uint32_t hash = hash_of(text);
    return index->n ? of_hash(index, *head_of(index, hash), hash) : TEXT_INDEX_END;
}

uint32_t text_index_next(const struct text_index *index, uint32_t number)
{
    return of_hash(index, index->nexts[number], index->hashes[number]);
}
