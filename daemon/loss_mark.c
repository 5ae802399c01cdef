/* The target of the link "lost" is the word and the sequence. */
#include "daemon/loss_mark.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, TARGET_BYTES = 32 };
static const char word[] = "alarm-";

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
    snprintf(target, sizeof target, "%s%" PRIu32, word, seq);
    return path_of(directory, path) < 0 ? -ENAMETOOLONG : symlink(target, path) < 0 ? -errno : 0;
}

int loss_mark_read(const char *directory, uint32_t *ret_seq)
{
    char path[PATH_BYTES], target[TARGET_BYTES], *end;
    const int error = path_of(directory, path);
    const ssize_t n = error < 0 ? -1 : readlink(path, target, sizeof target - 1);
    if (n < 0)
        return error < 0 ? error : errno == ENOENT ? 0 : -errno;
    target[n] = '\0';
    const char *number = strncmp(target, word, strlen(word)) == 0 ? target + strlen(word) : "";
    const unsigned long seq = strtoul(number, &end, 10);
    if (*number < '0' || *number > '9' || *end || seq == 0 || seq > UINT32_MAX)
        return -EPROTO;
    *ret_seq = (uint32_t)seq;
    return 1;
}

int loss_mark_remove(const char *directory)
{
    char path[PATH_BYTES];
    const int error = path_of(directory, path);
    return error < 0 ? error : unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}
