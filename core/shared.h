/* What shared, immutable values have in common: an atomic count of references, and their texts in the same allocation.
 * It knows no type of them. */
#ifndef AH_CORE_SHARED_H
#define AH_CORE_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static inline void shared_ref(atomic_uint *refs)
{
    atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

static inline bool shared_unref_was_last(atomic_uint *refs)
{
    return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

/* Allocates `head` bytes, not initialised, and behind them copies of the texts, and makes the n pointers point to these
 * (a NULL one to ""). NULL: out of memory. */
void *shared_pack(size_t head, const char **const *texts, size_t n);

#endif
