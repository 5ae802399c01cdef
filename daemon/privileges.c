/* The calls by which root becomes somebody else, in the order in which they work. It decides nothing about who. */
#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

int privileges_find(const char *name, struct privileges *ret)
{
    errno = 0;
    const struct passwd *entry = getpwnam(name);
    if (!entry)
        return errno ? -errno : -ENOENT;
    *ret = (struct privileges){ .name = name, .uid = entry->pw_uid, .gid = entry->pw_gid };
    return 0;
}

bool privileges_are_ours(const struct privileges *user)
{
    return getuid() == user->uid && geteuid() == user->uid;
}

int privileges_make_folder(const struct privileges *user, const char *path)
{
    if (mkdir(path, 0700) < 0)
        return errno == EEXIST ? 0 : -errno;
    return lchown(path, user->uid, user->gid) < 0 ? -errno : 0;
}

int privileges_drop(const struct privileges *user)
{
    if (initgroups(user->name, user->gid) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
        setresuid(user->uid, user->uid, user->uid) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
        return -errno;
    /* The kernel allows no core dump of a process that was root, and so none of the secrets in it. */
    umask(0077);
    return 0;
}
