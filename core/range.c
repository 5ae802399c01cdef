/* Reads ranges of addresses and compares addresses with them. It resolves no names. */
#include "range.h"

#include <errno.h>
#include <string.h>

static unsigned bits_of(uint8_t family)
{
    return family == 4 ? 32 : 128;
}

/* The number behind the slash; -1: it is none, or too great. */
static int read_bits(const char *chars, size_t n, unsigned max)
{
    unsigned bits = 0;

    if (n == 0 || n > 3)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (chars[i] < '0' || chars[i] > '9')
            return -1;
        bits = bits * 10 + (unsigned)(chars[i] - '0');
    }
    return bits <= max ? (int)bits : -1;
}

/* The bits of a byte that count, where so many of the whole do. */
static uint8_t mask_of(unsigned bits, size_t byte)
{
    const unsigned before = (unsigned)byte * 8;
    const unsigned here = bits <= before ? 0 : bits - before >= 8 ? 8 : bits - before;
    return (uint8_t)(0xff00U >> here);
}

int range_parse(const char *chars, size_t n, struct range *ret)
{
    const char *slash = memchr(chars, '/', n);
    const size_t length = slash ? (size_t)(slash - chars) : n;
    char text[ADDRESS_TEXT_BYTES];
    struct address address;

    if (length >= sizeof text)
        return -EINVAL;
    memcpy(text, chars, length);
    text[length] = '\0';
    if (address_parse(text, &address) < 0)
        return -EINVAL;
    const unsigned max = bits_of(address.family);
    const int bits = slash ? read_bits(slash + 1, n - length - 1, max) : (int)max;
    if (bits < 0)
        return -EINVAL;
    struct range range = { .family = address.family, .bits = (uint8_t)bits };
    for (size_t i = 0; i < max / 8; i++)
        range.bytes[i] = address.bytes[i] & mask_of(range.bits, i);
    *ret = range;
    return 0;
}

bool range_is_exact(const char *chars, size_t n)
{
    const char *slash = memchr(chars, '/', n);
    struct range range, whole;

    return range_parse(chars, n, &range) == 0 && range_parse(chars, slash ? (size_t)(slash - chars) : n, &whole) == 0 &&
           memcmp(range.bytes, whole.bytes, sizeof range.bytes) == 0;
}

bool range_has(const struct range *range, const struct address *address)
{
    if (range->family != address->family)
        return false;
    for (size_t i = 0; i * 8 < range->bits; i++)
        if ((address->bytes[i] & mask_of(range->bits, i)) != range->bytes[i])
            return false;
    return true;
}

size_t list_item(const char **at, const char **ret_item)
{
    static const char separators[] = ", \t";

    *ret_item = *at + strspn(*at, separators);
    const size_t bytes = strcspn(*ret_item, separators);
    *at = *ret_item + bytes;
    return bytes;
}
