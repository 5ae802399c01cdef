/* Ranges of internet addresses, as networks are written: 10.1.0.0/16, 2001:db8::/32, or one address alone. Pure. */
#ifndef AH_CORE_RANGE_H
#define AH_CORE_RANGE_H

#include "model.h"

/* All zero beyond the bits that count, so that equal ranges are equal in memory. */
struct range {
    uint8_t family; /* 4 or 6 */
    uint8_t bits;   /* that an address shares with the range's own, from the first */
    uint8_t bytes[16];
};

/* Reads so many characters. 0 or -EINVAL (then *ret is untouched). */
int range_parse(const char *chars, size_t n, struct range *ret) AH_WARN_UNUSED;
/* Whether what is in front of the slash has no bits but those that count; false also for what can not be read. */
bool range_is_exact(const char *chars, size_t n);
bool range_has(const struct range *range, const struct address *address);

/* The next item of a list that is separated by commas and blanks, from *at on, which moves behind it. Gives its length;
 * 0: there is none. */
size_t list_item(const char **at, const char **ret_item);

#endif
