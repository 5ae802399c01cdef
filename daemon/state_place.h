/* The place of the state: its folder, which one process has at a time, and the files of its database there. It opens no
 * database. */
#ifndef AH_DAEMON_STATE_PLACE_H
#define AH_DAEMON_STATE_PLACE_H

#include "core/model.h"

#include <sys/stat.h>

enum { STATE_PATH_BYTES = 4096, STATE_FILES_BESIDE = 2 };

/* All zero but for `lock`, which is -1: none. */
struct state_place {
    int lock;                               /* the folder */
    bool was_empty;                         /* the file was there, with nothing in it */
    bool was_made;                          /* in the place of another that was removed */
    struct stat beside[STATE_FILES_BESIDE]; /* SQLite's own files, as they were made; all zero: there was none */
};

/* The database's file in a folder; -ENAMETOOLONG. */
int state_path(const char *directory, char path[STATE_PATH_BYTES]) AH_WARN_UNUSED;

/* Makes the folder (0700) if there is none, locks it, and makes the file (0600) if there is none. `old`: the place of a
 * file that is gone, which a new one is made for. While nobody in this process has that file open. 0 or a negative
 * errno; -EBUSY: another process has the folder; -EEXIST: with `old`, another file has the place. What was taken by
 * then, state_place_leave() gives back. */
int state_place_take(struct state_place *place, const char *directory, const struct state_place *old,
                     const char *path) AH_WARN_UNUSED;
/* SQLite has made its own files by now. */
void state_place_note(struct state_place *place, const char *path);
/* Another file has the place by now: removes SQLite's own ones of before, which it would take for the other's. */
void state_place_disown(const struct state_place *place, const char *path);
/* Takes a file away that was made for an old one's place, and could not be used. */
void state_place_unmake(const struct state_place *place, const char *path);
void state_place_leave(struct state_place *place);

#endif
