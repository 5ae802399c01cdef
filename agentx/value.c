/* Puts values together that need more than a cast: dates, bits, addresses; and takes dates apart. It reads no clock,
 * and of the host's settings only the time zone, for dates that tell none. */
#include "value.h"

#include <errno.h>
#include <time.h>

void value_text(struct value *value, const char *text)
{
    size_t n = strlen(text);
    if (n > TEXT_OCTETS_MAX)
        for (n = TEXT_OCTETS_MAX; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    value_octets(value, text, n);
}

void value_bits(struct value *value, uint32_t mask, unsigned n_bits)
{
    const size_t n = (n_bits + 7) / 8;
    memset(value->buffer, 0, n);
    for (unsigned bit = 0; bit < n_bits; bit++)
        if (mask & (1U << bit))
            value->buffer[bit / 8] |= (uint8_t)(0x80U >> (bit % 8));
    value_octets(value, value->buffer, n);
}

static void put_date(struct value *value, const struct tm *utc, unsigned deciseconds)
{
    const unsigned year = (unsigned)utc->tm_year + 1900;
    const uint8_t octets[] = { (uint8_t)(year >> 8),
                               (uint8_t)year,
                               (uint8_t)(utc->tm_mon + 1),
                               (uint8_t)utc->tm_mday,
                               (uint8_t)utc->tm_hour,
                               (uint8_t)utc->tm_min,
                               (uint8_t)utc->tm_sec,
                               (uint8_t)deciseconds,
                               '+',
                               0,
                               0 };
    memcpy(value->buffer, octets, sizeof octets);
    value_octets(value, value->buffer, sizeof octets);
}

static void put_never(struct value *value)
{
    memset(value->buffer, 0, 8);
    value_octets(value, value->buffer, 8);
}

void value_date(struct value *value, int64_t wall_ms)
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    if (wall_ms > 0 && gmtime_r(&seconds, &utc))
        put_date(value, &utc, (unsigned)(wall_ms % 1000 / 100));
    else
        put_never(value);
}

static bool is_zero(const uint8_t *octets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (octets[i])
            return false;
    return true;
}

/* Whether the octets from the hour on are within the ranges of RFC 2579, and the day is one of its month. A zone of
 * more than 13 hours has no place there. */
static bool is_moment(const uint8_t *at, size_t n, const struct tm *said)
{
    struct tm day = { .tm_year = said->tm_year, .tm_mon = said->tm_mon, .tm_mday = said->tm_mday };
    timegm(&day);
    if (day.tm_mon != said->tm_mon || day.tm_mday != said->tm_mday)
        return false;
    if (at[4] > 23 || at[5] > 59 || at[6] > 60 || at[7] > 9)
        return false;
    return n == 8 || ((at[8] == '+' || at[8] == '-') && at[9] <= 13 && at[10] <= 59);
}

int value_read_date(const struct value *value, int64_t *ret_wall_ms)
{
    const uint8_t *at = value->octets;
    const size_t n = value->n_octets;
    if (n != 8 && n != 11)
        return -EMSGSIZE;
    if (is_zero(at, n)) {
        *ret_wall_ms = 0;
        return 0;
    }
    struct tm said = { .tm_year = (at[0] << 8 | at[1]) - 1900,
                       .tm_mon = at[2] - 1,
                       .tm_mday = at[3],
                       .tm_hour = at[4],
                       .tm_min = at[5],
                       .tm_sec = at[6],
                       .tm_isdst = -1 };
    if (!is_moment(at, n, &said))
        return -EDOM;
    int64_t wall_s = n == 8 ? mktime(&said) : timegm(&said);
    if (n == 11)
        wall_s -= (at[8] == '-' ? -60 : 60) * (at[9] * INT64_C(60) + at[10]);
    *ret_wall_ms = wall_s * 1000 + at[7] * INT64_C(100);
    return 0;
}

void value_day(struct value *value, int32_t day)
{
    value_date(value, (int64_t)day * 86400 * 1000);
}

/* INET-ADDRESS-MIB, RFC 4001: unknown(0), ipv4(1), ipv6(2). */
void value_address_type(struct value *value, const struct address *address)
{
    value_integer(value, address->family == 4 ? 1 : address->family == 6 ? 2 : 0);
}

void value_address(struct value *value, const struct address *address)
{
    value_octets(value, address->bytes, address->family == 4 ? 4 : address->family == 6 ? 16 : 0);
}

void value_address_list(struct value *value, const struct address *addresses, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        char text[ADDRESS_TEXT_BYTES + 2] = ", ";
        address_format(&addresses[i], text + 2);
        const char *const from = used ? text : text + 2;
        const size_t length = strlen(from);
        if (used + length > TEXT_OCTETS_MAX)
            break;
        memcpy(value->buffer + used, from, length);
        used += length;
    }
    value_octets(value, value->buffer, used);
}
