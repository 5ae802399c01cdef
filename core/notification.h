/* A notification on its way: which one, with what it says as it was at the transition. */
#ifndef AH_CORE_NOTIFICATION_H
#define AH_CORE_NOTIFICATION_H

#include "rows.h"

enum notification_kind { NOTIFICATION_RAISED = 0, NOTIFICATION_CLEARED, NOTIFICATION_HEARTBEAT, NOTIFICATION_SUMMARY };

/* Stands for notifications that there was no room to keep one by one. */
struct notification_summary {
    int64_t wall_ms;        /* when the latest of them was given up; 0: there is none */
    uint32_t notifications; /* how many */
    uint32_t first_alarm_seq, last_alarm_seq;
    uint32_t resync_seq; /* behind this change sequence is every agent that they were about */
};

/* Of an alarm (raised, cleared), which of the pair is said by alarm.condition. A heartbeat carries nothing: it says
 * what is true when it is sent. */
struct notification {
    enum notification_kind kind;
    uint32_t id;                         /* of its delivery: ascending, never given twice; 0: none */
    struct alarm_row alarm;              /* owns its references */
    const struct text *group;            /* of an agent: its group's name; owns a reference; NULL is "" */
    uint32_t change_seq;                 /* of an agent: of the change that this tells; else the latest of the fleet */
    struct notification_summary summary; /* of a summary alone */
};

struct notification notification_copy(const struct notification *notification); /* with references of its own */
void notification_done(struct notification *notification);                      /* releases what it owns; zeroes */

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
/* The one with so many older ones before it, as it is in the queue; NULL: there is none. */
const struct notification *notification_queue_at(const struct notification_queue *queue, size_t place);
size_t notification_queue_count(const struct notification_queue *queue);

#endif
