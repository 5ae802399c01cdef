/* Becomes another user for good. */
#ifndef AH_DAEMON_PRIVILEGES_H
#define AH_DAEMON_PRIVILEGES_H

#include "core/model.h"

#include <sys/types.h>

struct privileges {
    const char *name; /* borrowed */
    uid_t uid;
    gid_t gid;
};

/* Who `name` is. -ENOENT: nobody is called so; or another negative errno. */
int privileges_find(const char *name, struct privileges *ret) AH_WARN_UNUSED;
/* Whether this process is that user already. */
bool privileges_are_ours(const struct privileges *user);
/* Makes a folder for that user alone, unless something of its name is there. 0 or a negative errno. */
int privileges_make_folder(const struct privileges *user, const char *path) AH_WARN_UNUSED;
/* Takes that user's id and groups, and the way back: nothing that is started or opened afterwards is root's. While
 * there is one thread. 0, or a negative errno (-EPERM: we are not root), after which the process must not go on as if
 * nothing had happened. */
int privileges_drop(const struct privileges *user) AH_WARN_UNUSED;

#endif
