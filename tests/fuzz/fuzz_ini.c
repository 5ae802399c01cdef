/* Any bytes as an INI text: no crash, and what iniparser made of it is what its lines say. Two texts with a NUL byte
 * between are held against each other besides, as configuration files are. */
#include "probes/ini_compare.h"
#include "probes/reference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_fault(void *user, unsigned line, const char *section, const char *key, const char *what)
{
    /* Faults go to logs and terminals as they are. */
    if (ini_has_control(section) || ini_has_control(key) || ini_has_control(what) || (*key && !*section))
        abort();
    (void)line;
    ++*(unsigned *)user;
}

static void check(const struct ini *ini, bool windows)
{
    for (size_t i = 0; i < ini_sections(ini); i++) {
        const char *section = ini_section_name(ini, i);

        if (*section == '\0' || ini_has_control(section) || (!windows && strchr(section, ':')))
            abort();
        for (size_t k = 0; k < ini_keys(ini, i); k++) {
            const char *value = ini_key_value(ini, i, k);

            if (ini_has_control(value) || ini_get(ini, section, ini_key_name(ini, i, k)) != value)
                abort();
        }
    }
}

static size_t count_keys(const struct ini *ini)
{
    size_t n = 0;
    for (size_t i = 0; i < ini_sections(ini); i++)
        n += ini_keys(ini, i);
    return n;
}

/* What holds whatever the two say. */
static void compare(const struct ini *a, const struct ini *b)
{
    char names[DIFFERENCE_NAMES_BYTES], back[DIFFERENCE_NAMES_BYTES];
    const uint32_t keys = ini_compare(a, b, "", names);

    if (keys != ini_compare(b, a, "", back) || keys > count_keys(a) + count_keys(b) || (keys == 0 && *names) ||
        ini_compare(a, a, "", back) != 0 || strlen(names) >= sizeof names || ini_has_control(names))
        abort();
    for (size_t i = 0, n; names[i]; i += n)
        if ((n = ini_utf8_sequence(names + i, strlen(names + i))) == 0)
            abort();
    /* What is named need not agree from then on. (A comma in a name would part it.) */
    if (*names && !strchr(names, ',') && ini_compare(a, b, names, back) >= keys)
        abort();
}

static void compare_texts(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    const struct reference *reference = NULL;
    const struct difference *difference = NULL;
    struct ini *parsed[2] = { NULL, NULL };
    unsigned told = 0, faults;
    uint8_t files = 0;

    if (ini_parse_windows(a, a_bytes, on_fault, &told, &parsed[0], &faults) == 0)
        check(parsed[0], true);
    if (ini_parse_windows(b, b_bytes, on_fault, &told, &parsed[1], &faults) == 0)
        check(parsed[1], true);
    if (parsed[0] && parsed[1])
        compare(parsed[0], parsed[1]);
    if (reference_new(a, a_bytes, "s:k,t:*", on_fault, &told, &reference) == 0 &&
        reference_compare(reference, b, b_bytes, on_fault, &told, &files, &difference) == 0 &&
        (files == FILES_DIFFERENT) != (difference != NULL))
        abort();
    difference_unref(difference);
    reference_unref(reference);
    ini_free(parsed[0]);
    ini_free(parsed[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *nul = size ? memchr(text, '\0', size) : NULL;
    struct ini *ini = NULL;
    unsigned told = 0, faults = 0;
    int r = ini_parse(text, size, on_fault, &told, &ini, &faults);

    if (r == -EBADMSG || (r == 0 && told != faults))
        abort();
    if (r == 0)
        check(ini, false);
    ini_free(ini);
    if (nul)
        compare_texts(text, (size_t)(nul - text), nul + 1, size - (size_t)(nul + 1 - text));
    return 0;
}
