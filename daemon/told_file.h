/* What has become of the notifications that left us last, in a file that a process killed at any instant leaves as it
 * is: noted sooner than the database can forget them, so that hardly one is told again. It decides nothing, and logs
 * nothing. */
#ifndef AH_DAEMON_TOLD_FILE_H
#define AH_DAEMON_TOLD_FILE_H

#include "core/model.h"

struct told_file;

/* So many numbers are known at most; of those that lie a multiple of it apart, the one that was noted last. */
enum { TOLD_FILE_NUMBERS = 4096 };

/* DIRECTORY/told, for its owner alone; made if it is missing. 0 or a negative errno. */
int told_file_open(const char *directory, struct told_file **ret) AH_WARN_UNUSED;
void told_file_close(struct told_file *file); /* NULL-safe */

/* Whether the last process has noted it as told, or as sent to `master`, which is the one that is there now (0:
 * nobody). Of all that it has noted only what this is true for is kept: */
bool told_file_has(struct told_file *file, uint32_t id, uint64_t master);
/* when this forgets the rest, as numbers may be given anew. Once, before the first is noted. */
int told_file_begin(struct told_file *file) AH_WARN_UNUSED;

/* Goes on in DIRECTORY/told, in whatever folder that is by now; another thread may note meanwhile. 0 or a negative
 * errno: nothing has changed. */
int told_file_renew(struct told_file *file, const char *directory) AH_WARN_UNUSED;
/* By one thread. What could not be written may be told twice: the database knows better soon, hence no error. */
void told_file_note(struct told_file *file, uint32_t id);
/* Likewise: it is sent, and not answered; master 0: or not even that, after all. */
void told_file_note_sent(struct told_file *file, uint32_t id, uint64_t master);

#endif
