/* The journal: which rows have changed since they were last saved. It holds no values: what is saved is what a row is
 * by then. */
#ifndef AH_CORE_JOURNAL_H
#define AH_CORE_JOURNAL_H

#include "model.h"

/* What outlives the process. The numbers stand in databases: append. What others refer to comes before them. */
enum kept {
    KEPT_ALARM = 1,     /* by sequence */
    KEPT_HISTORY = 2,   /* by the sequence of clearing */
    KEPT_COLLECTOR = 3, /* what is about the collector itself; key 0 */
    KEPT_LIST = 4,      /* of sources, by the index of its first one */
    KEPT_SERVER = 5,    /* by index, as the next ones */
    KEPT_SOURCE = 6,
    KEPT_GROUP = 7,
    KEPT_AGENT = 8,
    KEPT_NOTIFICATION = 9, /* one that was not told yet, by its number */
    KEPT_TELLING = 10,     /* what beside the rows is remembered to tell of agents and servers */
    KEPT_LAST = KEPT_TELLING
};

/* All zero: empty, and off. */
struct journal {
    uint64_t *at; /* owned: kind and key of each; some may stand twice */
    size_t n, room;
    bool is_on;
    bool lost; /* memory ran out: any row may be unsaved */
};

void journal_done(struct journal *journal);
/* On or off, and empty. Off, it takes no notes, since nobody would ever take them away. */
void journal_switch(struct journal *journal, bool on);
void journal_note(struct journal *journal, enum kept kind, uint32_t key);
bool journal_is_empty(const struct journal *journal);
/* Each row that was noted once, ascending by kind and key; then it is empty. `found` must not note. */
typedef void journal_found_fn(void *user, enum kept kind, uint32_t key);
void journal_take(struct journal *journal, journal_found_fn *found, void *user);

#endif
