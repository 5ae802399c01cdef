/* Looks at a whole snapshot and fails the running test where its parts contradict each other. */
#ifndef AH_TEST_AUDIT_H
#define AH_TEST_AUDIT_H

#include "core/store.h"

/* After memory ran out, an alarm may wait for the next judgement; after a restart, alarms are older than the counters.
 */
enum audit_scope { AUDIT_ALL, AUDIT_WITHOUT_ALARMS, AUDIT_RESTORED };

void audit_snapshot(const struct snapshot *snapshot, enum audit_scope scope);
/* Publishes, audits, and looks at what the store shows of itself. */
void audit_store(struct store *store, enum audit_scope scope);

/* What was told so far, by subject and condition: raised and cleared alternate, and a cleared one names the alarm that
 * was raised. */
enum { LEDGER_SUBJECTS = 64 };
struct ledger {
    uint32_t open[SUBJECT_SOURCE_LIST + 1][LEDGER_SUBJECTS][ALARM_CUT_OFF + 1];
    uint8_t told[1 << 14]; /* a bit for each alarm that was raised */
    size_t raised, cleared;
};
void ledger_note(struct ledger *ledger, const struct notification *notification);
/* Takes and notes everything that waits. */
void ledger_drain(struct ledger *ledger, struct store *store);

#endif
