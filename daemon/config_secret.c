/* One line of a file, and nothing of it left behind. */
#include "config_secret.h"

#include "probes/ini.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_FILE_BYTES_MAX = 4096 };

int config_secret_read(struct config_faults *faults, struct config_memory *memory, const char *section, const char *key,
                       const char *what, const char *path, const char **ret)
{
    char *text = NULL;
    size_t bytes = 0;
    const char *secret = NULL;
    int r = ini_read_file(path, SECRET_FILE_BYTES_MAX, &text, &bytes);

    if (r) {
        if (r != -ENOMEM)
            config_fault(faults, section, key, "%s", config_file_fault(r));
        return r == -ENOMEM ? r : 0;
    }
    while (bytes && (text[bytes - 1] == '\n' || text[bytes - 1] == '\r'))
        bytes--;
    text[bytes] = '\0';
    if (bytes == 0 || strlen(text) != bytes || strpbrk(text, "\r\n"))
        config_fault(faults, section, key, "must be one line, %s", what);
    else if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        config_fault(faults, section, key, "begins with a byte order mark");
    else if ((secret = config_memory_text(memory, text)))
        *ret = secret;
    else
        r = -ENOMEM;
    explicit_bzero(text, bytes);
    free(text);
    return r;
}

void config_secret_wipe(const char *secret)
{
    if (secret)
        explicit_bzero((char *)(uintptr_t)secret, strlen(secret));
}
