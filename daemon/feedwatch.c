/* inotify for speed, the rescan for certainty: events may be lost, a network share sends none. */
#include "daemon/feedwatch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct feedwatch {
    int inotify, watch; /* watch -1: none */
    char *directory;
    feedwatch_fn *found;
    void *user;
};

/* Watches the folder that has the name now; one that had it before is let go. IN_MOVED_TO: the way files should come;
 * IN_CLOSE_WRITE: the way they come as well. */
static void watch_directory(struct feedwatch *watch)
{
    const int before = watch->watch;
    watch->watch = inotify_add_watch(watch->inotify, watch->directory, IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR);
    if (before >= 0 && before != watch->watch)
        inotify_rm_watch(watch->inotify, before);
}

int feedwatch_new(const char *directory, feedwatch_fn *found, void *user, struct feedwatch **ret, int *ret_fd)
{
    struct feedwatch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->watch = -1;
    watch->found = found;
    watch->user = user;
    watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->inotify < 0) {
        const int error = -errno;
        free(watch);
        return error;
    }
    watch->directory = strdup(directory);
    if (!watch->directory) {
        feedwatch_free(watch);
        return -ENOMEM;
    }
    watch_directory(watch);
    *ret = watch;
    *ret_fd = watch->inotify;
    return 0;
}

void feedwatch_free(struct feedwatch *watch)
{
    if (!watch)
        return;
    close(watch->inotify);
    free(watch->directory);
    free(watch);
}

const char *feedwatch_directory(const struct feedwatch *watch)
{
    return watch->directory;
}

/* Reports NAME.ini; anything else, hidden files and folders among it, is not ours. */
static void report(struct feedwatch *watch, const char *file)
{
    static const char suffix[] = ".ini";
    const size_t length = strlen(file), suffix_length = sizeof suffix - 1;
    char path[PATH_MAX], name[NAME_MAX + 1];
    struct stat status;

    if (file[0] == '.' || length <= suffix_length || length > NAME_MAX ||
        strcmp(file + length - suffix_length, suffix) != 0)
        return;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", watch->directory, file) >= sizeof path ||
        stat(path, &status) < 0 || !S_ISREG(status.st_mode))
        return; /* gone again: what it said ages out */
    memcpy(name, file, length - suffix_length);
    name[length - suffix_length] = 0;
    watch->found(watch->user, name, path, &status);
}

void feedwatch_read(struct feedwatch *watch)
{
    _Alignas(struct inotify_event) char buffer[16 * 1024];
    bool overflow = false;
    int waiting;

    /* What comes meanwhile is the next call's: who writes without end must not keep us here. */
    if (ioctl(watch->inotify, FIONREAD, &waiting) < 0)
        return; /* it fails for no descriptor of inotify's */
    for (ssize_t got; waiting > 0 && (got = read(watch->inotify, buffer, sizeof buffer)) > 0; waiting -= (int)got) {
        const struct inotify_event *event;
        for (char *at = buffer; at < buffer + got; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)(const void *)at;
            if (event->mask & IN_Q_OVERFLOW)
                overflow = true;
            else if (event->len && event->wd == watch->watch)
                report(watch, event->name);
        }
    }
    /* What the queue could not hold is found by looking. */
    if (overflow && feedwatch_rescan(watch) < 0)
        return; /* a folder that can't be read is the next rescan's to report */
}

int feedwatch_rescan(struct feedwatch *watch)
{
    watch_directory(watch);
    DIR *directory = opendir(watch->directory);
    if (!directory)
        return -errno;
    /* errno alone tells the end from an error, and a report may leave anything in it. */
    for (const struct dirent *entry; errno = 0, (entry = readdir(directory));)
        report(watch, entry->d_name);
    const int error = -errno;
    closedir(directory);
    return error;
}
