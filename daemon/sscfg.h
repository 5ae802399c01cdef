/* sscfg.ini as it was last read well: what agents' files are held against, and for how long. It reads no file; whoever
 * asks for it hands the answers in. */
#ifndef AH_DAEMON_SSCFG_H
#define AH_DAEMON_SSCFG_H

#include "daemon/config.h"
#include "probes/probe.h"

/* All zero: there is none. */
struct sscfg {
    char *origin;                      /* owned: where it is from, and what is ignored of it; NULL: it is not wanted */
    const struct reference *reference; /* owns a reference; NULL: there is none to compare with */
    int64_t read_ms;                   /* mono: when it was last read well */
    int64_t max_age_ms;                /* for how long that counts */
    bool compares;                     /* agents' files are held against it */
    bool awaited;                      /* it was not read yet, well or badly */
    char told[200];                    /* what is wrong with it, as the log was told; "": nothing */
    enum cause cause;                  /* and as a cause */
    int64_t fault_wall_ms;             /* and when that was seen last */
};

void sscfg_done(struct sscfg *sscfg);

/* Follows a configuration. *ret_anew: another one is wanted than before, or one of which other keys are ignored. What
 * was read is let go then, and the new one should be asked for at once. -ENOMEM. */
int sscfg_apply(struct sscfg *sscfg, const struct config *config, bool *ret_anew) AH_WARN_UNUSED;

/* Whether agents' files are compared with it. While another one is awaited, they are: what they showed stays till then.
 */
enum comparison sscfg_comparison(const struct sscfg *sscfg);

/* Takes an answer; true: agents' files may stand otherwise to it than to the one before. A bad one is logged, once
 * until it is good again or bad in another way, by the words, and changes nothing. */
bool sscfg_take(struct sscfg *sscfg, const struct probe_answer *answer);

/* Lets go of what was read too long ago. Logged. */
void sscfg_expire(struct sscfg *sscfg, int64_t now_ms);

/* While it is bad, puts that in the place of the last fault in the numbers of its driver: one file of it stands for all
 * comparisons, each of the others for one. */
void sscfg_show_fault(const struct sscfg *sscfg, struct probe_row *numbers);

#endif
