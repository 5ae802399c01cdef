/* Takes back what outlived the last process. Alarms and their history are there at once; the others wait, as bytes,
 * until their subject is put into the store, and go on as if there had been no break. What does not come back ends as
 * removed. */
#ifndef AH_CORE_RESTORE_H
#define AH_CORE_RESTORE_H

#include "journal.h"
#include "store.h"

/* Takes back a row that freeze_row() wrote, before anything is put into the store: in the order of their kinds, and of
 * a kind in that of their keys. `now`: the same for all. 0; -EPROTO: it is damaged, and not taken back; -ENOMEM. */
int restore_row(struct store *store, enum kept kind, uint32_t key, const void *bytes, size_t n,
                const struct now *now) AH_WARN_UNUSED;
/* How many of those that waited were damaged when their subject came. */
size_t restore_damaged(const struct store *store);
/* Whether there are rows that wait. */
bool restore_is_open(const struct store *store);
/* Whoever is likely to come back has come: mass outages, which are of groups as a whole, begin and end again. */
void restore_settle(struct store *store, const struct now *now);
/* Everybody who may come back has come: ends the next `most` of those who have not, as removed. 1: there are more; 0:
 * done; -ENOMEM: to be tried again. */
int restore_end(struct store *store, size_t most, const struct now *now) AH_WARN_UNUSED;

#endif
