/* Finds numbers by texts, letter case (of ASCII) aside. Several may have one text. It keeps no text: whoever asks
 * compares what the numbers stand for. */
#ifndef AH_DAEMON_TEXT_INDEX_H
#define AH_DAEMON_TEXT_INDEX_H

#include "core/model.h"

/* All zero: empty. Numbers are small: there is room for as many as the largest one. */
struct text_index {
    uint32_t *heads; /* by hash: a number + 1; 0: none */
    uint32_t *nexts; /* by number: the next of the same hash + 1 */
    uint32_t *hashes;
    size_t n_heads, room, n;
};

#define TEXT_INDEX_END UINT32_MAX

void text_index_done(struct text_index *index);
/* A number that is not in it yet. 0 or -ENOMEM. */
int text_index_put(struct text_index *index, const char *text, uint32_t number) AH_WARN_UNUSED;
/* It must have been put under this text. */
void text_index_remove(struct text_index *index, const char *text, uint32_t number);
/* The first number whose text may be this one, and the next behind it; TEXT_INDEX_END: none. In no
 * order. */
uint32_t text_index_first(const struct text_index *index, const char *text);
uint32_t text_index_next(const struct text_index *index, uint32_t number);

#endif
