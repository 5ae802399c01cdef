/* What of the store outlives the process: which rows are unsaved, and each of them as bytes. */
#ifndef AH_CORE_FREEZE_H
#define AH_CORE_FREEZE_H

#include "codec.h"
#include "journal.h"
#include "store.h"

/* The rows that changed, but for notifications, which are the daemon's. It is off until it is switched on. What an
 * agent was last heard of is not noted: that would be each observation. Whoever saves notes each row now and then for
 * it. */
struct journal *store_journal(struct store *store);

/* Writes a row. 1: done; 0: there is none (any more), so that it has to be forgotten; -ENOMEM. */
int freeze_row(const struct store *store, enum kept kind, uint32_t key, struct codec *codec) AH_WARN_UNUSED;
/* Goes through all rows that are kept but the collector's: the one behind *kind and *key, which become its own; from 0
 * and 0. False: there is none. Not each is to be written, as freeze_row() says. */
bool freeze_next(const struct store *store, enum kept *kind, uint32_t *key);

#endif
