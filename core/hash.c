/* Hashes byte by byte. */
#include "hash.h"

uint64_t hash_add(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *const at = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    return hash;
}
