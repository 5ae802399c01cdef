/* Lists of addresses that one source tells of an agent. In rows they are immutable and reference-counted, since they
 * are large and most agents have none. */
#ifndef AH_CORE_ADDRESS_LIST_H
#define AH_CORE_ADDRESS_LIST_H

#include "model.h"

enum { OWN_ADDRESSES_MAX = 8, RESOLVED_ADDRESSES_MAX = 4 };

/* n = 0 in a list that is known: there is none (a name resolves to nothing). */
struct address_list {
    int64_t mono_ms; /* 0: not known */
    uint8_t n;
    struct address at[OWN_ADDRESSES_MAX];
    uint8_t driver; /* enum driver: who says so */
};

/* One that is not known; what readers see in the place of a NULL. */
extern const struct address_list address_list_unknown;

/* A copy with one reference; NULL: out of memory. */
const struct address_list *address_list_new(const struct address_list *from);
const struct address_list *address_list_ref(const struct address_list *list); /* NULL-safe, as is the next */
void address_list_unref(const struct address_list *list);

#endif
