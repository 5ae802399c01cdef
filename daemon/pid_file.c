/* Keeps the pid file through a change of the user: all but its removal goes by the descriptor. It never trusts what the
 * file says. */
#include "daemon/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static void done(struct pid_file *file)
{
    close(file->fd);
    free(file->path);
    *file = (struct pid_file){ .fd = -1 };
}

int pid_file_take(const char *path, struct pid_file *ret)
{
    struct pid_file file = { .fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644) };
    if (file.fd < 0)
        return -errno;
    int error = flock(file.fd, LOCK_EX | LOCK_NB) < 0 ? -EBUSY : 0;
    if (!error && !(file.path = realpath(path, NULL)))
        error = -errno;
    if (error < 0) {
        done(&file);
        return error;
    }
    *ret = file;
    return 0;
}

int pid_file_write(const struct pid_file *file)
{
    char text[16];
    const int length = snprintf(text, sizeof text, "%d\n", (int)getpid());
    return ftruncate(file->fd, 0) == 0 && pwrite(file->fd, text, (size_t)length, 0) == length ? 0 : -errno;
}

int pid_file_remove(struct pid_file *file)
{
    const int error = unlink(file->path) < 0 && ftruncate(file->fd, 0) < 0 ? -errno : 0;
    done(file);
    return error;
}
