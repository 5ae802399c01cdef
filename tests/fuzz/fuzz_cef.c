/* Any bytes as a CEF line: no crash, nothing half taken, and what was read, written down again, reads the same. */
#include "probes/cef.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line that is written: what was read, escaped. */
struct line {
    char *at;
    size_t bytes;
    unsigned keys;
};

static void put(struct line *line, const char *text, const char *escaped)
{
    for (; *text; text++) {
        if (strchr(escaped, *text)) {
            line->at[line->bytes++] = '\\';
            line->at[line->bytes++] = (char)(*text == '\n' ? 'n' : *text == '\r' ? 'r' : *text);
        } else
            line->at[line->bytes++] = *text;
    }
}

static void on_key(void *user, const char *key, const char *value)
{
    struct line *const line = user;

    if (!*key || strpbrk(key, " =\\|"))
        abort();
    put(line, line->keys++ ? " " : "", "");
    put(line, key, "");
    put(line, "=", "");
    put(line, value, "=\\\n\r");
}

static void put_head(struct line *line, const struct cef_head *head)
{
    const char *const fields[] = { head->vendor,   head->product, head->version,
                                   head->class_id, head->name,    head->severity };

    put(line, "CEF:0|", "");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strnlen(fields[i], CEF_FIELD_BYTES) == CEF_FIELD_BYTES)
            abort();
        put(line, fields[i], "|\\");
        put(line, "|", "");
    }
}

static int read_line(const char *text, size_t bytes, struct line *keys, struct cef_head *head)
{
    char why[CEF_WHY_BYTES] = "";
    struct cef_head untouched;

    memset(&untouched, 0x5a, sizeof untouched);
    *head = untouched;
    keys->bytes = 0;
    keys->keys = 0;
    const int r = cef_read(text, bytes, on_key, keys, head, why);
    if (r != 0 && (r != -EINVAL || !why[0] || keys->keys || memcmp(head, &untouched, sizeof *head) != 0))
        abort();
    if (r == 0 && (why[0] || keys->keys > CEF_KEYS_MAX))
        abort();
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t room = 2 * size + 64; /* were each character escaped */
    struct line keys = { malloc(room), 0, 0 }, again = { malloc(room), 0, 0 }, whole = { malloc(2 * room), 0, 0 };
    struct cef_head head, head_again;

    if (!keys.at || !again.at || !whole.at)
        abort();
    if (read_line((const char *)data, size, &keys, &head) == 0) {
        put_head(&whole, &head);
        memcpy(whole.at + whole.bytes, keys.at, keys.bytes);
        if (read_line(whole.at, whole.bytes + keys.bytes, &again, &head_again) != 0)
            abort();
        if (again.bytes != keys.bytes || memcmp(again.at, keys.at, keys.bytes) != 0)
            abort();
        whole.bytes = 0;
        put_head(&whole, &head);
        const size_t bytes = whole.bytes;
        put_head(&whole, &head_again);
        if (whole.bytes != 2 * bytes || memcmp(whole.at, whole.at + bytes, bytes) != 0)
            abort();
    }
    free(keys.at);
    free(again.at);
    free(whole.at);
    return 0;
}
