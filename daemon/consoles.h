/* Management consoles: reads each in a thread of its own, once an interval, and hands over what it told. After a
 * failure a console is left alone for twice as long each time, an hour at most, and for as long as it asks for itself.
 * What it has told stays until it tells something else. */
#ifndef AH_DAEMON_CONSOLES_H
#define AH_DAEMON_CONSOLES_H

#include "core/rows.h"
#include "daemon/fleet_merge.h"

struct consoles;

/* *ret_fd, owned by it, is readable when consoles_collect() has something. What consoles tell is kept in files in
 * `directory`, and is there again the next time; NULL: it is not. 0 or a negative errno. */
int consoles_new(const char *directory, struct consoles **ret, int *ret_fd) AH_WARN_UNUSED;
/* Ends every round that is under way. NULL-safe. */
void consoles_free(struct consoles *consoles);

/* Follows a configuration, which is borrowed until the next one: threads of sections that are gone or have changed end,
 * new ones begin, the others go on. What a section told is kept as long as there is one of its name. 0 or a negative
 * errno: some consoles are not read. */
int consoles_apply(struct consoles *consoles, const struct config *config, const struct now *now) AH_WARN_UNUSED;

/* Takes the rounds that have ended, and logs what people should know of them. True: some console has told something
 * new, or is awaited no more. */
bool consoles_collect(struct consoles *consoles, const struct now *now);
/* What they have told so far, in the order in which they are believed; borrowed until the next call of any of these. */
const struct fleet_layer *consoles_layers(const struct consoles *consoles, size_t *ret_n);

/* Reads all of them at once, but for those that have asked to be left alone. */
void consoles_kick(struct consoles *consoles);
/* When the last round ended that was answered to its end, well or not (mono); 0: never. */
int64_t consoles_heard_ms(const struct consoles *consoles);
/* Each has been read once, well or not, and nothing waits to be collected. */
bool consoles_are_read(const struct consoles *consoles);
/* How many were not read to their end when they were read last, or can not be read at all: agents may be missing. */
size_t consoles_failed(const struct consoles *consoles);

/* The numbers of DRIVER_CENTRAL or DRIVER_VISION; false: there is none of them. */
bool consoles_numbers(const struct consoles *consoles, enum driver driver, struct probe_row *ret);

#endif
