/* Rights to the state's folder and files. */
#include "daemon/state_access.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In the folder: most come and go. */
static const char *const files[] = { "/state.db", "/state.db-wal", "/state.db-shm", "/told" };

int state_access(const char *directory, bool root_makes_it, char *error, size_t error_bytes)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s", directory) >= sizeof path - sizeof "/state.db-wal") {
        snprintf(error, error_bytes, "%s: %s", directory, strerror(ENAMETOOLONG));
        return -ENAMETOOLONG;
    }
    int result = access(path, R_OK | W_OK | X_OK) < 0 ? -errno : 0;
    if (result == -ENOENT) {
        char parent[sizeof path];
        strcpy(parent, path);
        result = access(dirname(parent), root_makes_it ? X_OK : W_OK | X_OK) < 0 ? -errno : 0;
    } else {
        for (size_t i = 0; i < sizeof files / sizeof *files && result == 0; i++) {
            snprintf(path, sizeof path, "%s%s", directory, files[i]);
            result = access(path, R_OK | W_OK) < 0 && errno != ENOENT ? -errno : 0;
        }
    }
    if (result < 0)
        snprintf(error, error_bytes, "%s: %s", path, strerror(-result));
    return result;
}
