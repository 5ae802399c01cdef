/* Bits in words. */
#include "daemon/index_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 64 };

int index_set_add(struct index_set *set, uint32_t index)
{
    const size_t word = index / WORD_BITS;

    if (word >= set->n_words) {
        const size_t n = word + word / 4 + 16;
        uint64_t *words = reallocarray(set->words, n, sizeof *words);
        if (!words)
            return -ENOMEM;
        memset(words + set->n_words, 0, (n - set->n_words) * sizeof *words);
        set->words = words;
        set->n_words = n;
    }
    set->words[word] |= UINT64_C(1) << index % WORD_BITS;
    return 0;
}

bool index_set_has(const struct index_set *set, uint32_t index)
{
    return index / WORD_BITS < set->n_words && (set->words[index / WORD_BITS] >> index % WORD_BITS & 1);
}

void index_set_clear(struct index_set *set)
{
    if (set->words)
        memset(set->words, 0, set->n_words * sizeof *set->words);
}

void index_set_done(struct index_set *set)
{
    free(set->words);
    *set = (struct index_set){ 0 };
}
