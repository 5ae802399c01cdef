/* Holds two INI documents against each other, section by section and key by key. Pure. */
#ifndef AH_PROBES_INI_COMPARE_H
#define AH_PROBES_INI_COMPARE_H

#include "core/difference.h"
#include "ini.h"

/* How many keys the two do not agree about: one has it and the other does not, or their values are not the same, byte
 * by byte. Names of sections and keys fold ASCII case; sections without a key are nothing. `ignored`: keys that need
 * not agree, as section:key or section:*, separated by commas; "" for none. `names`: those that differ as section:key,
 * separated by commas, in a's order and then b's, in the spelling of who has them; those that find no room are left
 * out. */
uint32_t ini_compare(const struct ini *a, const struct ini *b, const char *ignored, char names[DIFFERENCE_NAMES_BYTES]);

/* What is wrong with a list of keys to ignore; NULL: nothing. */
const char *ini_ignored_fault(const char *ignored);

#endif
