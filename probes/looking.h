/* A look in a thread of its own: at what may not answer, such as a file on a share whose server is gone. The loop of a
 * worker goes on meanwhile, and gives up after the probe's time. */
#ifndef AH_PROBES_LOOKING_H
#define AH_PROBES_LOOKING_H

#include "driver.h"

#include <event2/event.h>

struct looking;

/* Called once, in the loop's thread; the answer's contents are the callee's. `begun_ms`: mono, when the look began,
 * which the answer's own time need not be. Then the look is to be freed, here or later. */
typedef void looking_done_fn(void *user, struct probe_answer *answer, int64_t begun_ms);

/* Begins a look of the driver. Takes what the job owns, on success alone. What does not come back in time is answered
 * CAUSE_TIMED_OUT, and its thread left behind; while LOOKS_LEFT_MAX are, no more are begun, and the answer is that at
 * once, but for a question about the collector's own file, which still has a few. -ENOMEM, or the system's refusal of a
 * thread or descriptor. */
enum { LOOKS_LEFT_MAX = 32 };
int looking_new(struct event_base *base, const struct probe_job *job, const struct probe_driver *driver,
                const struct now *now, looking_done_fn *done, void *user, struct looking **ret) AH_WARN_UNUSED;
/* NULL-safe. A thread that still looks is left alone. */
void looking_free(struct looking *looking);

#endif
