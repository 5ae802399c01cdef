/* The mark that a loss of the state leaves in its folder, for the next process to tell the end of an alarm that no
 * database has. It is a symbolic link that leads nowhere: it is there as a whole or not, and needs no room on a full
 * disk. */
#ifndef AH_DAEMON_LOSS_MARK_H
#define AH_DAEMON_LOSS_MARK_H

#include "core/model.h"

/* Leaves the sequence of the alarm, in the place of the one before. 0 or a negative errno. */
int loss_mark_leave(const char *directory, uint32_t seq) AH_WARN_UNUSED;
/* 1: there is one; 0: there is none; or a negative errno (-EPROTO: it is none of ours). */
int loss_mark_read(const char *directory, uint32_t *ret_seq) AH_WARN_UNUSED;
/* 0, also where there is none; or a negative errno. */
int loss_mark_remove(const char *directory) AH_WARN_UNUSED;

#endif
