/* Reading pattern versions. It never compares them: their dates tell which is newer. */
#include "pattern.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { GROUPS_MIN = 2, GROUPS_MAX = 4, GROUP_DIGITS_MAX = 5 };

static bool is_dotted_version(const char *text)
{
    unsigned groups = 0;

    for (;; text++) {
        const size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > GROUP_DIGITS_MAX || ++groups > GROUPS_MAX)
            return false;
        text += digits;
        if (*text != '.')
            return *text == '\0' && groups >= GROUPS_MIN;
    }
}

int pattern_version_parse(const char *text, char ret_version[VERSION_BYTES])
{
    const size_t bytes = strlen(text);

    if (strspn(text, "0.") == bytes)
        return -EINVAL;
    if (strspn(text, "0123456789") == bytes && (bytes == 6 || bytes == 7)) {
        const int major = (int)bytes - 5;
        snprintf(ret_version, VERSION_BYTES, "%.*s.%.3s.%.2s", major, text, text + major, text + major + 3);
        return 0;
    }
    if (!is_dotted_version(text))
        return -EINVAL;
    snprintf(ret_version, VERSION_BYTES, "%s", text);
    return 0;
}
