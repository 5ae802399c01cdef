/* Any bytes as an INI text: no crash, and what iniparser made of it is what its lines say. */
#include "probes/ini.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ini *ini = NULL;
    unsigned told = 0, faults = 0;
    int r = ini_parse((const char *)data, size, on_fault, &told, &ini, &faults);

    if (r == -EBADMSG || (r == 0 && told != faults))
        abort();
    for (size_t i = 0; r == 0 && i < ini_sections(ini); i++) {
        const char *section = ini_section_name(ini, i);

        if (*section == '\0' || ini_has_control(section) || strchr(section, ':'))
            abort();
        for (size_t k = 0; k < ini_keys(ini, i); k++) {
            const char *value = ini_key_value(ini, i, k);

            if (ini_has_control(value) || ini_get(ini, section, ini_key_name(ini, i, k)) != value)
                abort();
        }
    }
    ini_free(ini);
    return 0;
}
