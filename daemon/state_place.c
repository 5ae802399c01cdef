/* Locks, and what is beside a database. */
#include "daemon/state_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static const char *const suffixes[STATE_FILES_BESIDE] = { "-wal", "-shm" };
enum { BESIDE_BYTES = STATE_PATH_BYTES + sizeof "-wal" };

int state_path(const char *directory, char path[STATE_PATH_BYTES])
{
    return snprintf(path, STATE_PATH_BYTES, "%s/state.db", directory) < STATE_PATH_BYTES ? 0 : -ENAMETOOLONG;
}

static void path_beside(const char *path, size_t which, char beside[BESIDE_BYTES])
{
    snprintf(beside, BESIDE_BYTES, "%s%s", path, suffixes[which]);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Where the folder is that of `old`, the lock is the same. */
static int take_folder(struct state_place *place, const char *directory, const struct state_place *old)
{
    struct stat here, held;
    if (mkdir(directory, S_IRWXU) < 0 && errno != EEXIST)
        return -errno;
    if ((place->lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return -errno;
    if (old && fstat(place->lock, &here) == 0 && fstat(old->lock, &held) == 0 && is_same(&here, &held))
        return dup3(old->lock, place->lock, O_CLOEXEC) < 0 ? -errno : 0;
    if (flock(place->lock, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return 0;
}

/* What is left beside a database that is gone would be taken for the new one's. */
static int clear(const char *path)
{
    char beside[BESIDE_BYTES];
    struct stat status;
    if (lstat(path, &status) == 0)
        return -EEXIST;
    for (size_t i = 0; i < STATE_FILES_BESIDE; i++) {
        path_beside(path, i, beside);
        if (unlink(beside) < 0 && errno != ENOENT)
            return -errno;
    }
    return 0;
}

/* SQLite gives the files beside it the same rights. This also says why not, which SQLite would not. Closing a file
 * gives up SQLite's locks of it, whoever in the process has them. */
static int make_file(struct state_place *place, const char *path, bool has_to_be_new)
{
    struct stat status;
    const bool is_there = stat(path, &status) == 0;
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (has_to_be_new ? O_EXCL : 0), S_IRUSR | S_IWUSR);
    if (fd < 0)
        return -errno;
    close(fd);
    place->was_empty = is_there && status.st_size == 0;
    place->was_made = has_to_be_new;
    return 0;
}

int state_place_take(struct state_place *place, const char *directory, const struct state_place *old, const char *path)
{
    int error = take_folder(place, directory, old);
    if (error == 0 && access(directory, W_OK) < 0) /* SQLite needs files beside it */
        error = -errno;
    if (error == 0 && old)
        error = clear(path);
    return error < 0 ? error : make_file(place, path, old);
}

void state_place_note(struct state_place *place, const char *path)
{
    char beside[BESIDE_BYTES];
    for (size_t i = 0; i < STATE_FILES_BESIDE; i++) {
        path_beside(path, i, beside);
        if (stat(beside, &place->beside[i]) < 0)
            place->beside[i] = (struct stat){ 0 };
    }
}

void state_place_disown(const struct state_place *place, const char *path)
{
    char beside[BESIDE_BYTES];
    struct stat status;
    for (size_t i = 0; i < STATE_FILES_BESIDE; i++) {
        path_beside(path, i, beside);
        if (stat(beside, &status) == 0 && is_same(&status, &place->beside[i]))
            (void)unlink(beside); /* else it stays, as it would have */
    }
}

void state_place_unmake(const struct state_place *place, const char *path)
{
    if (place->was_made)
        (void)unlink(path); /* what stays is in the way of the next attempt, which says so */
}

void state_place_leave(struct state_place *place)
{
    if (place->lock >= 0)
        close(place->lock);
    place->lock = -1;
}
