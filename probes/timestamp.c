/* The parser of dates and times: digit by digit, as strptime() takes more than it is asked for. It accepts no date that
 * the calendar does not have. */
#include "timestamp.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { MS_A_SECOND = 1000, S_A_MINUTE = 60, S_A_DAY = 86400 };

/* Reads exactly so many digits. */
static bool take_digits(const char **at, unsigned digits, int *ret)
{
    int value = 0;

    for (; digits > 0; digits--, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    *ret = value;
    return true;
}

static bool take_char(const char **at, const char *any_of)
{
    if (!**at || !strchr(any_of, **at))
        return false;
    (*at)++;
    return true;
}

/* The moment that fields without a zone name, as seconds since 1970 UTC; -1: the calendar has no such date. */
static int64_t seconds_of(int year, int month, int day, int of_day_s)
{
    struct tm fields = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };

    if (year < 1970 || month < 1 || month > 12 || day < 1)
        return -1;
    const int64_t seconds = timegm(&fields);
    return fields.tm_mday == day ? seconds + of_day_s : -1; /* it turns the 31st of June into the 1st of July */
}

/* The rest of a second, to the millisecond. */
static bool take_fraction(const char **at, int *ret_ms)
{
    int digit, unit = MS_A_SECOND / 10;

    *ret_ms = 0;
    if (!take_char(at, ".,"))
        return true;
    if (!take_digits(at, 1, &digit))
        return false;
    do {
        *ret_ms += digit * unit;
        unit /= 10;
    } while (take_digits(at, 1, &digit));
    return true;
}

static bool take_zone(const char **at, int *ret_offset_s)
{
    const bool behind = **at == '-';
    int hours, minutes = 0;

    *ret_offset_s = 0;
    if (take_char(at, "Zz"))
        return true;
    if (!take_char(at, "+-") || !take_digits(at, 2, &hours))
        return false;
    const bool colon = take_char(at, ":");
    if ((colon || **at) && !take_digits(at, 2, &minutes))
        return false;
    *ret_offset_s = (hours * 60 + minutes) * S_A_MINUTE * (behind ? -1 : 1);
    return hours < 24 && minutes < 60;
}

struct fields {
    int year, month, day, hour, minute, second, ms, offset_s;
};

/* The moment that the fields name. */
static int finish(const struct fields *fields, int64_t *ret_wall_ms)
{
    const int of_day_s = (fields->hour * 60 + fields->minute) * S_A_MINUTE + fields->second;

    if (fields->hour > 23 || fields->minute > 59 || fields->second > 60) /* 60: a leap second */
        return -EINVAL;
    const int64_t local_s = seconds_of(fields->year, fields->month, fields->day, of_day_s);
    if (local_s < 0 || local_s < fields->offset_s)
        return -EINVAL;
    *ret_wall_ms = (local_s - fields->offset_s) * MS_A_SECOND + fields->ms;
    return 0;
}

int timestamp_parse(const char *text, int64_t *ret_wall_ms)
{
    int year, month, day, hour, minute, second, ms, offset_s;
    const char *at = text;

    if (!take_digits(&at, 4, &year) || !take_char(&at, "-") || !take_digits(&at, 2, &month) || !take_char(&at, "-") ||
        !take_digits(&at, 2, &day) || !take_char(&at, "Tt ") || !take_digits(&at, 2, &hour) || !take_char(&at, ":") ||
        !take_digits(&at, 2, &minute) || !take_char(&at, ":") || !take_digits(&at, 2, &second) ||
        !take_fraction(&at, &ms) || !take_zone(&at, &offset_s) || *at)
        return -EINVAL;
    return finish(&(struct fields){ year, month, day, hour, minute, second, ms, offset_s }, ret_wall_ms);
}

/* The name of a month, by its first three letters. */
static bool take_month(const char **at, int *ret_month)
{
    static const char names[][4] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    for (int month = 1; month <= 12; month++)
        if (strncmp(*at, names[month - 1], 3) == 0) {
            *at += 3;
            *ret_month = month;
            return true;
        }
    return false;
}

int timestamp_parse_cef(const char *text, int64_t *ret_wall_ms)
{
    static const char zone[] = " GMT";
    int year, month, day, hour, minute, second, ms, offset_s = 0;
    const char *at = text;

    if (!take_month(&at, &month) || !take_char(&at, " ") || !take_digits(&at, 2, &day) || !take_char(&at, " ") ||
        !take_digits(&at, 4, &year) || !take_char(&at, " ") || !take_digits(&at, 2, &hour) || !take_char(&at, ":") ||
        !take_digits(&at, 2, &minute) || !take_char(&at, ":") || !take_digits(&at, 2, &second) ||
        !take_fraction(&at, &ms) || strncmp(at, zone, sizeof zone - 1) != 0)
        return -EINVAL;
    at += sizeof zone - 1;
    if (*at && (*at == 'Z' || *at == 'z' || !take_zone(&at, &offset_s) || *at))
        return -EINVAL;
    return finish(&(struct fields){ year, month, day, hour, minute, second, ms, offset_s }, ret_wall_ms);
}

int timestamp_parse_day(const char *text, int32_t *ret_day)
{
    int year, month, day;
    const char *at = text;

    if (!take_digits(&at, 4, &year))
        return -EINVAL;
    const bool dashes = take_char(&at, "-");
    if (!take_digits(&at, 2, &month) || (dashes && !take_char(&at, "-")) || !take_digits(&at, 2, &day) || *at)
        return -EINVAL;
    const int64_t seconds = seconds_of(year, month, day, 0);
    if (seconds < 0)
        return -EINVAL;
    *ret_day = (int32_t)(seconds / S_A_DAY);
    return 0;
}
