/* Any bytes as what reg query printed: no crash, and what is found prints as it was found. What values say has its
 * range. */
#include "probes/ini.h"
#include "probes/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
    const char *at;
    size_t bytes;
    unsigned values;
};

static void check_value(const char *type, const char *value)
{
    char version[VERSION_BYTES], text[64], number[16];
    uint32_t n, again;
    int32_t day;
    int64_t epoch_s;

    if (registry_number(type, value, &n) == 0) {
        snprintf(number, sizeof number, "%u", n);
        if (registry_number(NULL, number, &again) != 0 || again != n)
            abort();
    }
    if (registry_day(type, value, &day) == 0 && day <= 0)
        abort();
    if (registry_epoch(type, value, &epoch_s) == 0 && epoch_s != n)
        abort();
    if (registry_version(type, value, version) == 0 && version[strspn(version, "0123456789.")])
        abort();
    if (registry_text(value, text, sizeof text) == 0 && (strcmp(text, value) != 0 || ini_has_control(text)))
        abort();
}

static void on_value(void *user, const char *key, const char *name, const char *type, const char *value)
{
    struct text *const text = user;
    char line[REGISTRY_LINE_MAX + 64];
    const size_t name_bytes = strlen(name);

    if (strlen(key) > REGISTRY_LINE_MAX || name_bytes == 0 || strncmp(type, "REG_", 4) != 0)
        abort();
    const int n = snprintf(line, sizeof line, "    %s    %s%s%s", name, type, *value ? "    " : "", value);
    if (n < 0 || n > REGISTRY_LINE_MAX || !memmem(text->at, text->bytes, line, (size_t)n))
        abort();
    text->values++;
    check_value(type, value);
    check_value(NULL, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = { (const char *)data, size, 0 };
    unsigned lines = 1;

    registry_read(text.at, text.bytes, on_value, &text);
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    if (text.values >= lines) /* a value stands on a line of its own, below that of a key */
        abort();
    return 0;
}
