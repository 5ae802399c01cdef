/* The reader of what `reg query` prints, line by line. It never guesses at what a value might have been. */
#include "registry.h"

#include "ini.h"
#include "pattern.h"
#include "timestamp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GAP           "    " /* in front of a name, of a type and of a value */
#define LOCAL_MACHINE "HKEY_LOCAL_MACHINE"

enum { GAP_BYTES = sizeof GAP - 1, LOCAL_MACHINE_BYTES = sizeof LOCAL_MACHINE - 1, NUMBER_BYTES = 16 };

struct reading {
    registry_value_fn *value;
    void *user;
    bool has_key;
    char key[REGISTRY_LINE_MAX + 1];
};

static void take_key(struct reading *reading, const char *line)
{
    if (strncasecmp(line, LOCAL_MACHINE, LOCAL_MACHINE_BYTES) == 0) {
        if (line[LOCAL_MACHINE_BYTES] == '\\')
            line += LOCAL_MACHINE_BYTES + 1;
        else if (!line[LOCAL_MACHINE_BYTES])
            line += LOCAL_MACHINE_BYTES;
    }
    strcpy(reading->key, line);
    reading->has_key = true;
}

/* The gap in front of the type. A name may have gaps of its own, and so may a value: the first that a type follows. */
static char *find_type(char *line)
{
    for (char *gap = strstr(line, GAP "REG_"); gap; gap = strstr(gap + 1, GAP "REG_")) {
        const char *const type = gap + GAP_BYTES;
        const size_t n = strspn(type, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

        if (n > sizeof "REG_" - 1 && (!type[n] || strncmp(type + n, GAP, GAP_BYTES) == 0))
            return gap;
    }
    return NULL;
}

static void take_value(struct reading *reading, char *name)
{
    char *const gap = find_type(name + 1); /* no name is empty */

    if (!gap || !reading->has_key)
        return;
    char *const type = gap + GAP_BYTES, *value = type + strcspn(type, " ");

    *gap = '\0';
    if (*value) {
        *value = '\0';
        value += GAP_BYTES;
    }
    reading->value(reading->user, reading->key, name, type, value);
}

static void take_line(struct reading *reading, const char *bytes, size_t n)
{
    char line[REGISTRY_LINE_MAX + 1];
    const bool is_key = n >= 5 && strncasecmp(bytes, "HKEY_", 5) == 0;

    if (is_key)
        reading->has_key = false; /* whatever becomes of this one, what follows is not the one before's */
    if (n > REGISTRY_LINE_MAX) {
        if (is_key)
            return;
        n = REGISTRY_LINE_MAX;
    }
    if (memchr(bytes, '\0', n))
        return;
    memcpy(line, bytes, n);
    line[n] = '\0';
    if (is_key)
        take_key(reading, line);
    else if (n > GAP_BYTES && memcmp(line, GAP, GAP_BYTES) == 0)
        take_value(reading, line + GAP_BYTES);
}

void registry_read(const char *text, size_t bytes, registry_value_fn *value, void *user)
{
    struct reading reading = { .value = value, .user = user, .has_key = false };

    for (const char *const end = text + bytes; text < end;) {
        const char *const newline = memchr(text, '\n', (size_t)(end - text));
        const char *const line_end = newline ? newline : end;
        size_t n = (size_t)(line_end - text);

        if (n > 0 && text[n - 1] == '\r')
            n--;
        take_line(&reading, text, n);
        text = newline ? newline + 1 : end;
    }
}

static bool is_type(const char *type, const char *name)
{
    return type && strcmp(type, name) == 0;
}

static bool is_text(const char *type)
{
    return is_type(type, "REG_SZ") || is_type(type, "REG_EXPAND_SZ");
}

int registry_number(const char *type, const char *value, uint32_t *ret)
{
    const bool hex = value[0] == '0' && (value[1] == 'x' || value[1] == 'X');
    const bool negative = !type && value[0] == '-';
    const char *const digits = value + (hex ? 2 : negative ? 1 : 0);
    const size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

    if (type ? !is_text(type) && !(is_type(type, "REG_DWORD") && hex) : hex)
        return -EINVAL;
    if (n == 0 || n > (hex ? 8 : 10) || digits[n])
        return -EINVAL;
    const int64_t number = strtoll(digits, NULL, hex ? 16 : 10);
    if (number > (negative ? -(int64_t)INT32_MIN : (int64_t)UINT32_MAX))
        return -EINVAL;
    *ret = (uint32_t)(negative ? -number : number);
    return 0;
}

/* A number's decimal digits; a text as it is. */
static int decimal(const char *type, const char *value, char number[NUMBER_BYTES], const char **ret)
{
    uint32_t n;

    if (!type || is_text(type)) {
        *ret = value;
        return 0;
    }
    if (registry_number(type, value, &n) < 0)
        return -EINVAL;
    snprintf(number, NUMBER_BYTES, "%u", n);
    *ret = number;
    return 0;
}

int registry_day(const char *type, const char *value, int32_t *ret_day)
{
    char number[NUMBER_BYTES];
    const char *digits;
    int32_t day;

    if (decimal(type, value, number, &digits) < 0 || timestamp_parse_day(digits, &day) < 0 || day == 0)
        return -EINVAL;
    *ret_day = day;
    return 0;
}

int registry_epoch(const char *type, const char *value, int64_t *ret_epoch_s)
{
    uint32_t seconds;

    if (*value == '-' || registry_number(type, value, &seconds) < 0 || seconds == 0)
        return -EINVAL;
    *ret_epoch_s = seconds;
    return 0;
}

int registry_version(const char *type, const char *value, char ret_version[VERSION_BYTES])
{
    char number[NUMBER_BYTES];
    const char *digits;

    return decimal(type, value, number, &digits) < 0 ? -EINVAL : pattern_version_parse(digits, ret_version);
}

int registry_text(const char *value, char *buffer, size_t room)
{
    const size_t bytes = strlen(value);

    for (size_t at = 0, n; at < bytes; at += n) {
        n = ini_utf8_sequence(value + at, bytes - at);
        if (n == 0)
            return -EINVAL;
    }
    if (ini_has_control(value) || bytes >= room)
        return -EINVAL;
    memcpy(buffer, value, bytes + 1);
    return 0;
}
