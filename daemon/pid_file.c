/* Keeps the pid file through a change of the user: all but its removal goes by the descriptor. It never trusts what the
 * file says. */
#include "daemon/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static void done(struct pid_file *file)
{
    close(file->fd);
    free(file->path);
    *file = (struct pid_file){ .fd = -1 };
}

/* A file with anything but a number in it is somebody else's. */
static bool is_pid_file(int fd)
{
    char text[16];
    const ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n < 0)
        return false;
    text[n] = '\0';
    const size_t digits = strspn(text, "0123456789");
    return n == 0 || (digits > 0 && strcmp(text + digits, "\n") == 0);
}

int pid_file_take(const char *path, struct pid_file *ret)
{
    struct pid_file file = { .fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644) };
    if (file.fd < 0)
        return -errno;
    int error = !is_pid_file(file.fd) ? -EEXIST : flock(file.fd, LOCK_EX | LOCK_NB) < 0 ? -EBUSY : 0;
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
