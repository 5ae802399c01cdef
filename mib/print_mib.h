/* Prints the MIB module for the root under which it is served. */
#ifndef AH_PRINT_MIB_H
#define AH_PRINT_MIB_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Writes the module's text to file, with root_arcs as the value of its MODULE-IDENTITY; for the default root that is
 * the module's file, byte for byte. Returns 0; -EINVAL, with nothing written, if root_arcs is no object identifier of
 * at least three arcs or is too long to name every object below it; or the negative errno of a failed write. */
__attribute__((warn_unused_result)) int ah_mib_print(FILE *file, const uint32_t *root_arcs, size_t root_arc_count);

#endif
