/* The decoder of base64. It never writes ahead of where it reads. */
#include "base64.h"

#include <errno.h>
#include <string.h>

enum { DIGIT_BITS = 6, BYTE_BITS = 8, QUARTET = 4 };

/* 0 to 63; -1: no digit. */
static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int base64_decode(char *text, size_t bytes, size_t *ret_bytes)
{
    size_t written = 0, chars = 0, padding = 0;
    uint32_t held = 0; /* bits that are read and not written yet */
    unsigned held_bits = 0;

    for (size_t i = 0; i < bytes; i++) {
        const int digit = digit_of(text[i]);

        if (text[i] && strchr(" \t\r\n", text[i]))
            continue;
        chars++;
        if (text[i] == '=') {
            padding++;
            continue;
        }
        if (digit < 0 || padding > 0)
            return -EINVAL;
        held = held << DIGIT_BITS | (uint32_t)digit;
        held_bits += DIGIT_BITS;
        if (held_bits >= BYTE_BITS) {
            held_bits -= BYTE_BITS;
            text[written++] = (char)(held >> held_bits);
            held &= (1U << held_bits) - 1;
        }
    }
    if (chars % QUARTET != 0 || padding > 2 || held != 0)
        return -EINVAL;
    *ret_bytes = written;
    return 0;
}
