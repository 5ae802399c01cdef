/* Versions of pattern files, as the vendor's programs write them (community). Pure. */
#ifndef AH_PROBES_PATTERN_H
#define AH_PROBES_PATTERN_H

#include "core/evidence.h"

/* The dotted text of a version: of 7 digits, 1942980, 19.429.80; of 6 digits, 942980, 9.429.80; with dots, two to four
 * groups of up to five digits, as it is. -EINVAL: anything else, and a version of zeros, which stands for none. */
int pattern_version_parse(const char *text, char ret_version[VERSION_BYTES]) AH_WARN_UNUSED;

#endif
