/* A survey on its way: one job whose questions are under way side by side, each in an exchange of its own, and what
 * they have brought so far. It belongs to one worker's thread, sends nothing itself and decides nothing. */
#ifndef AH_PROBES_SURVEY_H
#define AH_PROBES_SURVEY_H

#include "asker.h"

struct survey;

/* Takes the job on success. NULL: out of memory. The caller holds one of its references: until that is dropped, the
 * survey is not over. */
struct survey *survey_new(struct probe_job *job, const struct survey_kind *kind);
/* Drops a reference: the caller's, or that of an exchange. */
void survey_unref(struct survey *survey);

/* Puts the question of that number into an exchange, ready to be added to a multi, which refers to the survey. NULL:
 * it is not asked, or could not be for want of memory. */
struct exchange *survey_ask(struct survey *survey, unsigned way, struct asker *asker, const struct now *now);
/* Notes how the transfer of one of its exchanges ended, or that it could not begin. */
void survey_take(struct exchange *exchange, CURLcode result);
/* Whether one reference is left alone, so that everything that was asked has been answered. */
bool survey_is_over(const struct survey *survey);
/* What the whole has shown; once, when it is over. */
void survey_answer(struct survey *survey, const struct now *now, struct probe_answer *answer);

#endif
