/* FNV-1a in 64 bits: to know bytes again. It guards against no intent. */
#ifndef AH_CORE_HASH_H
#define AH_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash of no bytes. */
#define HASH_BEGINS UINT64_C(14695981039346656037)
/* The hash of those that `hash` is of, with these behind them. */
uint64_t hash_add(uint64_t hash, const void *bytes, size_t n);

#endif
