/* A file of fixed slots, each overwritten by a write of its own: the kernel has it then, whatever becomes of us. */
#include "daemon/told_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* All zero: nothing is noted. */
struct slot {
    uint32_t id;
    uint32_t is_told; /* 0: it is sent */
    uint64_t master;
};

struct told_file {
    int fd;
    struct slot last[TOLD_FILE_NUMBERS]; /* as the last process has left it */
    struct slot kept[TOLD_FILE_NUMBERS];
};

/* A descriptor or a negative errno. */
static int open_in(const char *directory)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/told", directory) >= sizeof path)
        return -ENAMETOOLONG;
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0 ? -errno : fd;
}

int told_file_open(const char *directory, struct told_file **ret)
{
    struct told_file *file = calloc(1, sizeof *file);
    if (!file)
        return -ENOMEM;
    file->fd = open_in(directory);
    /* A file that is shorter, as a new one is, leaves zeros. */
    const int error = file->fd < 0 ? file->fd : pread(file->fd, file->last, sizeof file->last, 0) < 0 ? -errno : 0;
    if (error < 0) {
        told_file_close(file);
        return error;
    }
    *ret = file;
    return 0;
}

int told_file_renew(struct told_file *file, const char *directory)
{
    const int fd = open_in(directory);
    if (fd < 0)
        return fd;
    int error = -posix_fallocate(fd, 0, sizeof file->kept); /* a note needs no room then */
    if (error == 0 && dup3(fd, file->fd, O_CLOEXEC) < 0)    /* whoever notes has the one file or the other */
        error = -errno;
    close(fd);
    return error;
}

void told_file_close(struct told_file *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    free(file);
}

bool told_file_has(struct told_file *file, uint32_t id, uint64_t master)
{
    const struct slot *slot = &file->last[id % TOLD_FILE_NUMBERS];
    if (id == 0 || slot->id != id || (!slot->is_told && (slot->master == 0 || slot->master != master)))
        return false;
    file->kept[id % TOLD_FILE_NUMBERS] = *slot;
    return true;
}

int told_file_begin(struct told_file *file)
{
    const ssize_t n = pwrite(file->fd, file->kept, sizeof file->kept, 0);
    return n < 0 ? -errno : n < (ssize_t)sizeof file->kept ? -ENOSPC : 0;
}

static void write_slot(struct told_file *file, uint32_t id, const struct slot *slot)
{
    const ssize_t n = pwrite(file->fd, slot, sizeof *slot, (off_t)(id % TOLD_FILE_NUMBERS * sizeof *slot));
    (void)n;
}

void told_file_note(struct told_file *file, uint32_t id)
{
    write_slot(file, id, &(struct slot){ .id = id, .is_told = 1 });
}

void told_file_note_sent(struct told_file *file, uint32_t id, uint64_t master)
{
    write_slot(file, id, &(struct slot){ .id = master ? id : 0, .master = master });
}
