/* "alarm-SEQUENCE", as the target of a link. */
#include "daemon/loss_mark.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, TARGET_BYTES = 32 };

static int path_of(const char *directory, char path[PATH_BYTES])
{
    return snprintf(path, PATH_BYTES, "%s/lost", directory) < PATH_BYTES ? 0 : -ENAMETOOLONG;
}

int loss_mark_leave(const char *directory, uint32_t seq)
{
    char path[PATH_BYTES], target[TARGET_BYTES];
    const int error = loss_mark_remove(directory);
    if (error < 0)
        return error;
    snprintf(target, sizeof target, "alarm-%" PRIu32, seq);
    return path_of(directory, path) < 0 ? -ENAMETOOLONG : symlink(target, path) < 0 ? -errno : 0;
}

int loss_mark_read(const char *directory, uint32_t *ret_seq)
{
    char path[PATH_BYTES], target[TARGET_BYTES], rest;
    uint32_t seq = 0;
    const int error = path_of(directory, path);
    const ssize_t n = error < 0 ? -1 : readlink(path, target, sizeof target - 1);
    if (n < 0)
        return error < 0 ? error : errno == ENOENT ? 0 : -errno;
    target[n] = '\0';
    if (sscanf(target, "alarm-%" SCNu32 "%c", &seq, &rest) != 1 || seq == 0)
        return -EPROTO;
    *ret_seq = seq;
    return 1;
}

int loss_mark_remove(const char *directory)
{
    char path[PATH_BYTES];
    const int error = path_of(directory, path);
    return error < 0 ? error : unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}
