/* The comparison of agents' files with sscfg.ini: when which is read, what stands for it in the store, and what people
 * are told. It reads no file and compares nothing: drivers do. */
#ifndef AH_DAEMON_COMPARING_H
#define AH_DAEMON_COMPARING_H

#include "core/store.h"
#include "daemon/scheduler.h"
#include "daemon/sscfg.h"

/* All zero but for the first two, which are borrowed. */
struct comparing {
    struct store *store;
    struct scheduler *scheduler;
    struct sscfg sscfg;
    bool anew;         /* another sscfg.ini is wanted than before, and was not asked for yet */
    bool from_feed;    /* agents' files lie in the feed's folder */
    bool by_clock;     /* agents' files are read in their turn, not only when somebody asks */
    bool verifies;     /* somebody asked, and they wait for sscfg.ini: */
    uint32_t verified; /* the agent's alone; 0: all */
};

void comparing_done(struct comparing *comparing);

/* Follows a configuration. -ENOMEM. */
int comparing_apply(struct comparing *comparing, const struct config *config, const struct now *now) AH_WARN_UNUSED;
/* To be called once its targets are with the scheduler: asks for an sscfg.ini that is new. */
void comparing_begin(struct comparing *comparing, const struct now *now);

/* Whether a job should wait for sscfg.ini, which takes its timeout at the most: endpoints are asked seldom. */
bool comparing_is_awaited_by(const struct comparing *comparing, const struct probe_job *job);
/* What a job's file is held against, with a reference for the caller; NULL: nothing, or it has no file. */
const struct reference *comparing_reference(const struct comparing *comparing, const struct probe_job *job);

/* An agent's file lies in the feed's folder: it is read from there also where it is spelled otherwise than the agent.
 */
void comparing_found(struct comparing *comparing, const struct agent_row *agent, const char *agent_name,
                     const char *path, const struct now *now);

/* Has sscfg.ini read at once, and then the file of an agent, or (0) all agents'. */
void comparing_verify(struct comparing *comparing, uint32_t index, const struct now *now);

/* Takes an answer before the store does. Of an agent's, the observation, a copy which the caller has made, is set right
 * where sscfg.ini has come or gone since it was asked for. */
void comparing_take(struct comparing *comparing, const struct probe_answer *answer, struct observation *observation,
                    const struct now *now);

/* Lets go of an sscfg.ini that was read too long ago. */
void comparing_expire(struct comparing *comparing, const struct now *now);

#endif
