/* Whether the state could be kept in a folder by who we are, as far as rights say. It makes and opens nothing. */
#ifndef AH_DAEMON_STATE_ACCESS_H
#define AH_DAEMON_STATE_ACCESS_H

#include "core/model.h"

/* A folder that is missing is no fault where it can be made: by us, or, with `root_makes_it`, by root. 0, or a negative
 * errno with the file and the reason in *error. */
int state_access(const char *directory, bool root_makes_it, char *error, size_t error_bytes) AH_WARN_UNUSED;

#endif
