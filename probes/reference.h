/* sscfg.ini, as the ssnotify.ini of agents are held against it: parsed once, immutable, counted, and shared by the jobs
 * of all threads, so that no agent's file has to be kept. It reads no file. */
#ifndef AH_PROBES_REFERENCE_H
#define AH_PROBES_REFERENCE_H

#include "core/difference.h"
#include "ini.h"

enum { REFERENCE_BYTES_MAX = 256 * 1024 }; /* of either file */

struct reference;

/* Parses the text of sscfg.ini: UTF-8, or UTF-16 with a byte order mark. `ignored`: as ini_compare() has it. A text
 * with any fault is refused as a whole, each fault told: -EINVAL. -EFBIG; -ENOMEM. */
int reference_new(const char *text, size_t bytes, const char *ignored, ini_fault_fn *fault, void *user,
                  const struct reference **ret) AH_WARN_UNUSED;
const struct reference *reference_ref(const struct reference *reference); /* NULL-safe, as is the next */
void reference_unref(const struct reference *reference);

/* Whether the two say the same; what is ignored counts, too. NULL is like NULL alone. */
bool reference_is_same(const struct reference *a, const struct reference *b);

/* Holds the text of an agent's file against it, or (NULL) only sees that it can be read, of which *ret_files is then
 * FILES_UNKNOWN. Text and errors as above; else 0, *ret_files, and where that is FILES_DIFFERENT *ret_difference, with
 * a reference for the caller (else NULL). */
int reference_compare(const struct reference *reference, const char *text, size_t bytes, ini_fault_fn *fault,
                      void *user, uint8_t *ret_files, const struct difference **ret_difference) AH_WARN_UNUSED;

#endif
