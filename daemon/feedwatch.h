/* Watches the feed folder: says which files are new or changed. It reads no file and knows no agent. */
#ifndef AH_DAEMON_FEEDWATCH_H
#define AH_DAEMON_FEEDWATCH_H

#include "core/model.h"

#include <sys/stat.h>

struct feedwatch;

/* Called with the name of a file that may have news, less its ".ini", and its status. */
typedef void feedwatch_fn(void *user, const char *name, const char *path, const struct stat *status);

/* The folder need not exist yet. *ret_fd (owned by the watch) becomes readable when feedwatch_read() has work. */
int feedwatch_new(const char *directory, feedwatch_fn *found, void *user, struct feedwatch **ret,
                  int *ret_fd) AH_WARN_UNUSED;
void feedwatch_free(struct feedwatch *watch);
const char *feedwatch_directory(const struct feedwatch *watch);

/* Reports what inotify has seen by now. It ends however fast more is written: that is the next call's. */
void feedwatch_read(struct feedwatch *watch);
/* Reports every file there is, seen before or not. 0, or a negative errno when the folder can't be read. */
int feedwatch_rescan(struct feedwatch *watch) AH_WARN_UNUSED;

#endif
