/* The shared copy of sscfg.ini, and texts as Windows leaves them. */
#include "reference.h"

#include "core/shared.h"
#include "ini_compare.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct reference {
    atomic_uint refs;
    struct ini *ini;
    char ignored[];
};

/* Makes UTF-8 of UTF-16 with a byte order mark. *ret NULL: it is not that. -EILSEQ; -ENOMEM. */
static int decode(const char *text, size_t bytes, char **ret, size_t *ret_bytes)
{
    const bool little = bytes >= 2 && memcmp(text, "\xff\xfe", 2) == 0;
    const bool big = bytes >= 2 && memcmp(text, "\xfe\xff", 2) == 0;

    *ret = NULL;
    if (!little && !big)
        return 0;
    iconv_t way = iconv_open("UTF-8", little ? "UTF-16LE" : "UTF-16BE");
    /* Two bytes of UTF-16 become three at the most. */
    const size_t room = bytes / 2 * 3 + 1;
    char *in = (char *)(uintptr_t)text + 2, *buffer = malloc(room), *out = buffer;
    size_t in_left = bytes - 2, out_left = room;
    const int error = !buffer || way == (iconv_t)-1                              ? -ENOMEM
                      : iconv(way, &in, &in_left, &out, &out_left) == (size_t)-1 ? -EILSEQ
                                                                                 : 0;

    if (way != (iconv_t)-1)
        iconv_close(way);
    if (error) {
        free(buffer);
        return error;
    }
    *ret = buffer;
    *ret_bytes = (size_t)(out - buffer);
    return 0;
}

/* Parses either file. */
static int parse(const char *text, size_t bytes, ini_fault_fn *fault, void *user, struct ini **ret)
{
    char *decoded;
    size_t decoded_bytes = 0;
    struct ini *ini = NULL;
    unsigned faults = 0;

    if (bytes > REFERENCE_BYTES_MAX)
        return -EFBIG;
    int error = decode(text, bytes, &decoded, &decoded_bytes);
    if (error == -EILSEQ) {
        fault(user, 0, "", "", "not UTF-16 text, as its byte order mark says it is");
        return -EINVAL;
    }
    if (!error)
        error =
            ini_parse_windows(decoded ? decoded : text, decoded ? decoded_bytes : bytes, fault, user, &ini, &faults);
    free(decoded);
    if (!error && faults == 0 && ini_sections(ini) == 0) {
        fault(user, 0, "", "", "empty: it has no section");
        faults++;
    }
    if (!error && faults > 0)
        error = -EINVAL;
    if (error) {
        ini_free(ini);
        return error;
    }
    *ret = ini;
    return 0;
}

int reference_new(const char *text, size_t bytes, const char *ignored, ini_fault_fn *fault, void *user,
                  const struct reference **ret)
{
    struct ini *ini;
    const int error = parse(text, bytes, fault, user, &ini);

    if (error)
        return error;
    struct reference *reference = malloc(sizeof *reference + strlen(ignored) + 1);
    if (!reference) {
        ini_free(ini);
        return -ENOMEM;
    }
    atomic_init(&reference->refs, 1);
    reference->ini = ini;
    memcpy(reference->ignored, ignored, strlen(ignored) + 1);
    *ret = reference;
    return 0;
}

/* They are handed around const; the count is ours to write. */
static struct reference *own(const struct reference *reference)
{
    return (struct reference *)(uintptr_t)reference;
}

const struct reference *reference_ref(const struct reference *reference)
{
    if (reference)
        shared_ref(&own(reference)->refs);
    return reference;
}

void reference_unref(const struct reference *reference)
{
    if (!reference || !shared_unref_was_last(&own(reference)->refs))
        return;
    ini_free(reference->ini);
    free(own(reference));
}

bool reference_is_same(const struct reference *a, const struct reference *b)
{
    char names[DIFFERENCE_NAMES_BYTES];

    if (!a || !b)
        return a == b;
    return strcmp(a->ignored, b->ignored) == 0 && ini_compare(a->ini, b->ini, "", names) == 0;
}

int reference_compare(const struct reference *reference, const char *text, size_t bytes, ini_fault_fn *fault,
                      void *user, uint8_t *ret_files, const struct difference **ret_difference)
{
    char names[DIFFERENCE_NAMES_BYTES];
    const struct difference *difference = NULL;
    struct ini *ini;
    int error = parse(text, bytes, fault, user, &ini);

    if (error)
        return error;
    const uint32_t keys = reference ? ini_compare(reference->ini, ini, reference->ignored, names) : 0;
    if (keys && !(difference = difference_new(&(struct difference){ .keys = keys, .names = names })))
        error = -ENOMEM;
    if (!error) {
        *ret_files = !reference ? FILES_UNKNOWN : keys ? FILES_DIFFERENT : FILES_IN_STEP;
        *ret_difference = difference;
    }
    ini_free(ini);
    return error;
}
