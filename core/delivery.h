/* Notifications between the store, which makes them, and the SNMP side, which sends them: in order, numbered, recorded
 * before they are handed over, and kept until their fate is decided. Where too many wait, the oldest make room for one
 * summary that stands in their place. It sends and records nothing itself. */
#ifndef AH_CORE_DELIVERY_H
#define AH_CORE_DELIVERY_H

#include "notification.h"

/* So many may be handed over at a time: enough for any pace, and few, as they can not be summed up any more. */
enum { DELIVERY_WINDOW = 256 };

/* What has to be recorded under that number is not what it was: delivery_find() has it; if that is nothing, the record
 * is to go. That one was told (delivery_told()) is not said here. */
typedef void delivery_changed_fn(void *user, uint32_t id);

struct delivery;

/* `cap`: how many may wait beside those that are handed over. changed NULL: nobody records. */
int delivery_new(size_t cap, delivery_changed_fn *changed, void *user, struct delivery **ret) AH_WARN_UNUSED;
void delivery_free(struct delivery *delivery); /* NULL-safe */

/* Takes back what was recorded before the restart, in order, each with its number; before the first is appended. Takes
 * *notification; -ENOMEM: it still is the caller's. */
int delivery_restore(struct delivery *delivery, struct notification *notification) AH_WARN_UNUSED;
/* Numbers go on above this one, or above those that were restored. */
void delivery_number_above(struct delivery *delivery, uint32_t id);
/* The last that was given; 0: none yet. */
uint32_t delivery_last_id(const struct delivery *delivery);

/* Takes *notification and numbers it. At the cap, or for want of memory, the oldest that waits is folded into the
 * summary. */
void delivery_append(struct delivery *delivery, struct notification *notification, const struct now *now);
/* All that was appended up to this number is recorded, the summary as it was then included: it may be handed over. */
void delivery_recorded(struct delivery *delivery, uint32_t id);
uint32_t delivery_recorded_id(const struct delivery *delivery); /* up to there */

/* A copy of the next that may be handed over now, with references of the caller's. False: there is none. */
bool delivery_next(const struct delivery *delivery, struct notification *ret);
/* The next has been handed over. */
void delivery_handed_over(struct delivery *delivery);
/* Its fate is decided: it is not kept any longer. False: nothing that was handed over has that number. */
bool delivery_told(struct delivery *delivery, uint32_t id);

/* What is kept under that number; NULL: nothing. Borrowed until the next change. */
const struct notification *delivery_find(const struct delivery *delivery, uint32_t id);
/* The one with the lowest number above `after`; NULL: there is none. */
const struct notification *delivery_find_next(const struct delivery *delivery, uint32_t after);
size_t delivery_count(const struct delivery *delivery);    /* all whose fate is open */
size_t delivery_waiting(const struct delivery *delivery);  /* those of them that are not handed over */
uint64_t delivery_folded(const struct delivery *delivery); /* into summaries, since the start */
/* The last summary that was made, sent or not; all 0: there is none. */
const struct notification_summary *delivery_summary(const struct delivery *delivery);

#endif
