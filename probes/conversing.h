/* Running a conversation: from one question of its driver to the next, over the handle of one exchange, under one
 * deadline. It belongs to the asker, and knows no protocol above HTTP. */
#ifndef AH_PROBES_CONVERSING_H
#define AH_PROBES_CONVERSING_H

#include "asker.h"

/* Readies the handle for the first question. false: out of memory, or the driver has nothing to ask. */
bool conversing_begin(struct exchange *exchange, const struct conversation *kind, const struct now *now) AH_WARN_UNUSED;
/* Whether a ticket has to be fetched before the first transfer, and for how long that may be waited for. */
bool conversing_needs_ticket(const struct exchange *exchange, int64_t *ret_timeout_ms) AH_WARN_UNUSED;
/* What came of it, as a kerberos_done_fn learns it; then the handle is ready. The endpoint is asked all the same,
 * without a ticket where there is none: that it refuses tells that it is there. false: the question can not be put. */
bool conversing_take_ticket(struct exchange *exchange, const char *why, const struct now *now) AH_WARN_UNUSED;
/* libcurl's callbacks. Reading a body fails with -ENOMEM. */
void conversing_read_header(struct exchange *exchange, const char *bytes, size_t n);
int conversing_read_body(struct exchange *exchange, const char *bytes, size_t n) AH_WARN_UNUSED;
/* Hands the answer to the driver; true: the handle is ready for the next question. */
bool conversing_go_on(struct exchange *exchange, CURLcode result, const struct now *now) AH_WARN_UNUSED;
/* Fills in what the whole has shown. */
void conversing_answer(struct exchange *exchange, const struct now *now, struct probe_answer *answer);
/* Frees what the exchange has of it; fine when there was none. */
void conversing_end(struct exchange *exchange);

#endif
