/* A set of indexes, a bit each. */
#ifndef AH_DAEMON_INDEX_SET_H
#define AH_DAEMON_INDEX_SET_H

#include "core/model.h"

/* All zero: empty. */
struct index_set {
    uint64_t *words;
    size_t n_words;
};

int index_set_add(struct index_set *set, uint32_t index) AH_WARN_UNUSED; /* 0 or -ENOMEM */
bool index_set_has(const struct index_set *set, uint32_t index);
void index_set_clear(struct index_set *set); /* empty, with its room */
void index_set_done(struct index_set *set);

#endif
