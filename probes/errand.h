/* An errand: a thread that does one thing which nothing can hurry or end, while a loop goes on. What both share lives
 * until both have let go of it; a thread that does not come back is left to what it waits for, and counted. */
#ifndef AH_PROBES_ERRAND_H
#define AH_PROBES_ERRAND_H

#include "core/model.h"

#include <stdatomic.h>

struct errand;

struct errand_kind {
    void (*run)(struct errand *errand);  /* in the thread */
    void (*free)(struct errand *errand); /* with all that it stands at the head of */
    atomic_uint *away;                   /* threads on their way: one is counted by who sends it, and out by itself */
};

/* At the head of what is shared, which is the thread's until the errand is over. */
struct errand {
    const struct errand_kind *kind;
    atomic_uint references;
    atomic_bool over;
    int fd; /* an eventfd, which wakes the loop */
};

/* With one reference, the caller's. 0, or the system's refusal of a descriptor: then there is nothing to free. */
int errand_init(struct errand *errand, const struct errand_kind *kind) AH_WARN_UNUSED;
void errand_unref(struct errand *errand); /* NULL-safe */
/* Nobody waits for the thread's end. 0, or the system's refusal of a thread: its place in `away` is the caller's still.
 */
int errand_send(struct errand *errand) AH_WARN_UNUSED;
bool errand_is_over(const struct errand *errand);

#endif
