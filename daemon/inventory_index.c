/* A hash table of texts with open addressing. It forgets nothing and holds no agents. */
#include "inventory_index.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

struct inventory_slot {
    const char *text; /* NULL: free */
    size_t at;
};

/* FNV-1a over the bytes, with ASCII letters folded. */
static size_t hash(const char *text)
{
    uint64_t value = 14695981039346656037U;

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte >= 'A' && byte <= 'Z')
            byte = (unsigned char)(byte - 'A' + 'a');
        value = (value ^ byte) * 1099511628211U;
    }
    return (size_t)(value ^ value >> 32);
}

/* The text's slot, or the free one where it would go. There always is a free one. */
static struct inventory_slot *slot_of(const struct inventory_index *index, const char *text)
{
    size_t i = hash(text) & (index->room - 1);

    while (index->slots[i].text && strcasecmp(index->slots[i].text, text) != 0)
        i = (i + 1) & (index->room - 1);
    return &index->slots[i];
}

void inventory_index_done(struct inventory_index *index)
{
    free(index->slots);
    *index = (struct inventory_index){ 0 };
}

size_t inventory_index_find(const struct inventory_index *index, const char *text)
{
    const struct inventory_slot *slot = index->n ? slot_of(index, text) : NULL;

    return slot && slot->text ? slot->at : INVENTORY_NOWHERE;
}

static int grow(struct inventory_index *index)
{
    struct inventory_index larger = { .room = index->room ? index->room * 2 : 64, .n = index->n };

    larger.slots = calloc(larger.room, sizeof *larger.slots);
    if (!larger.slots)
        return -ENOMEM;
    for (size_t i = 0; i < index->room; i++) {
        if (index->slots[i].text)
            *slot_of(&larger, index->slots[i].text) = index->slots[i];
    }
    free(index->slots);
    *index = larger;
    return 0;
}

int inventory_index_put(struct inventory_index *index, const char *text, size_t at)
{
    struct inventory_slot *slot;

    if (index->n >= index->room / 2 && grow(index))
        return -ENOMEM;
    slot = slot_of(index, text);
    index->n += !slot->text;
    *slot = (struct inventory_slot){ .text = text, .at = at };
    return 0;
}
