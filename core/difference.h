/* A difference: which keys of an agent's ssnotify.ini do not agree with sscfg.ini. Immutable and reference-counted,
 * since only agents whose file differs have one. */
#ifndef AH_CORE_DIFFERENCE_H
#define AH_CORE_DIFFERENCE_H

#include "model.h"

/* As an SnmpAdminString takes them. */
enum { DIFFERENCE_NAMES_BYTES = 256 };

struct difference {
    uint32_t keys;     /* how many differ, or are missing on one side; not 0 */
    const char *names; /* section:key, separated by commas, whole names as far as there is room; never NULL */
};

/* A copy of the argument, text included, in one allocation with one reference; NULL: out of memory. */
const struct difference *difference_new(const struct difference *from);
const struct difference *difference_ref(const struct difference *difference); /* NULL-safe, as are the next two */
void difference_unref(const struct difference *difference);

struct line;
/* Adds to a line how many keys there are, and which. */
void difference_add_words(struct line *line, const struct difference *difference);

#endif
