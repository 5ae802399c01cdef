/* What the log is told of answers that concern many agents and raise no alarm. It changes nothing. */
#ifndef AH_DAEMON_ANSWER_LOG_H
#define AH_DAEMON_ANSWER_LOG_H

#include "core/store.h"
#include "daemon/scheduler.h"

/* Once for each pause: a password that is wrong everywhere is one thing to tell. */
void answer_log_pause(struct scheduler *scheduler, const struct probe_answer *answer);

/* A proxy that fails takes no source down, so that no alarm tells of it. At each change: before the store knows. */
void answer_log_proxy(const struct store *store, const struct observation *observation);

#endif
