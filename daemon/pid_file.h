/* The file that says which process the daemon is, and by its lock that there is one. */
#ifndef AH_DAEMON_PID_FILE_H
#define AH_DAEMON_PID_FILE_H

#include "core/model.h"

struct pid_file {
    int fd;     /* -1: there is none */
    char *path; /* owned; absolute */
};

/* Takes the file and its lock. -EBUSY: another process has it; -EEXIST: something but a process id is in it; or another
 * negative errno. */
int pid_file_take(const char *path, struct pid_file *ret) AH_WARN_UNUSED;
/* Writes our process id. 0 or a negative errno. */
int pid_file_write(const struct pid_file *file) AH_WARN_UNUSED;
/* Removes the file; empties it, where that is not for us to do. The lock is gone then. 0 or a negative errno. */
int pid_file_remove(struct pid_file *file) AH_WARN_UNUSED;

#endif
