/* A notification on its way: which one, with what it says as it was at the transition. */
#ifndef AH_CORE_NOTIFICATION_H
#define AH_CORE_NOTIFICATION_H

#include "rows.h"

enum notification_phase { NOTIFICATION_RAISED = 0, NOTIFICATION_CLEARED = 1 };

/* The pair is told by alarm.condition, the member by phase. */
struct notification {
    enum notification_phase phase;
    struct alarm_row alarm;   /* owns its references */
    const struct text *group; /* of an agent: its group's name; owns a reference; NULL is "" */
    uint32_t change_seq;      /* of an agent: of the change that this tells */
};

void notification_done(struct notification *notification); /* releases what it owns; zeroes */

/* A first-in first-out queue of notifications with a ceiling. */
struct notification_queue;
int notification_queue_new(size_t ceiling, struct notification_queue **ret) AH_WARN_UNUSED;
void notification_queue_free(struct notification_queue *queue);
/* Makes room for one more, so that memory is no reason for the next push to fail. 0 or -ENOMEM. */
int notification_queue_reserve(struct notification_queue *queue) AH_WARN_UNUSED;
/* Takes *notification. -ENOBUFS: the ceiling is reached; -ENOMEM; then it still is the caller's. */
int notification_queue_push(struct notification_queue *queue, struct notification *notification) AH_WARN_UNUSED;
/* Gives the oldest; false: empty. */
bool notification_queue_pop(struct notification_queue *queue, struct notification *ret);
size_t notification_queue_count(const struct notification_queue *queue);

#endif
