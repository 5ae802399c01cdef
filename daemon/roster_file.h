/* Rosters in files, so that whom only a console knows is there after a restart before the console has answered. It logs
 * nothing, and may be called in any thread, by one at a time for one file. */
#ifndef AH_DAEMON_ROSTER_FILE_H
#define AH_DAEMON_ROSTER_FILE_H

#include "daemon/roster.h"

/* The file of a console's section, whose name's case does not matter, in a folder. NULL: out of memory. */
char *roster_file_path(const char *directory, enum driver driver, const char *section);

/* The new file is whole before it takes the old one's place. 0 or a negative errno: then the old one stands. */
int roster_file_write(const char *path, const struct roster *roster, const struct now *now) AH_WARN_UNUSED;
/* As it was written, but that no record counts as confirmed. 0; -ENOENT; -EPROTO: it is damaged, or of another version;
 * or another negative errno. */
int roster_file_read(const char *path, const struct now *now, const struct roster **ret) AH_WARN_UNUSED;
/* Likewise from a file's bytes, whatever they are. */
int roster_file_thaw(const void *bytes, size_t n, const struct now *now, const struct roster **ret) AH_WARN_UNUSED;

/* Removes the files in a folder that are none of `paths` (n). 0 or a negative errno. */
int roster_file_forget_others(const char *directory, char *const *paths, size_t n) AH_WARN_UNUSED;

#endif
