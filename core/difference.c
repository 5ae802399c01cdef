/* Life, sharing and wording of differences. It compares nothing. */
#include "difference.h"

#include "line.h"
#include "shared.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

struct shared_difference {
    atomic_uint refs;
    struct difference difference;
    char text[];
};

#define SHARED(difference_)                                                                                            \
    ((struct shared_difference *)((uintptr_t)(difference_)-offsetof(struct shared_difference, difference)))

const struct difference *difference_new(const struct difference *from)
{
    struct difference difference = *from;
    struct shared_difference *shared = shared_pack(sizeof *shared, (const char **[]){ &difference.names }, 1);
    if (!shared)
        return NULL;
    atomic_init(&shared->refs, 1);
    shared->difference = difference;
    return &shared->difference;
}

const struct difference *difference_ref(const struct difference *difference)
{
    if (difference)
        shared_ref(&SHARED(difference)->refs);
    return difference;
}

void difference_unref(const struct difference *difference)
{
    if (difference && shared_unref_was_last(&SHARED(difference)->refs))
        free(SHARED(difference));
}

void difference_add_words(struct line *line, const struct difference *difference)
{
    static const struct words one = { { "key", "項目" } }, many = { { "keys", "項目" } };
    if (!difference)
        return;
    line_add(line, line->language == LANGUAGE_JA ? ": %" PRIu32 : ": %" PRIu32 " ", difference->keys);
    line_add_words(line, difference->keys == 1 ? &one : &many);
    if (difference->names[0])
        line_add(line, " (%s)", difference->names);
}
