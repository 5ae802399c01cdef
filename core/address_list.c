/* Life and sharing of address lists. It never looks at the addresses. */
#include "address_list.h"

#include "shared.h"

#include <stdlib.h>

struct shared_list {
    atomic_uint refs;
    struct address_list list;
};

#define SHARED(list_) ((struct shared_list *)((uintptr_t)(list_)-offsetof(struct shared_list, list)))

const struct address_list address_list_unknown;

const struct address_list *address_list_new(const struct address_list *from)
{
    struct shared_list *shared = malloc(sizeof *shared);
    if (!shared)
        return NULL;
    atomic_init(&shared->refs, 1);
    shared->list = *from;
    return &shared->list;
}

const struct address_list *address_list_ref(const struct address_list *list)
{
    if (list)
        shared_ref(&SHARED(list)->refs);
    return list;
}

void address_list_unref(const struct address_list *list)
{
    if (list && shared_unref_was_last(&SHARED(list)->refs))
        free(SHARED(list));
}
