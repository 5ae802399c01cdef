/* Keeping the last good sscfg.ini. */
#include "daemon/sscfg.h"

#include "core/evidence.h"
#include "daemon/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void let_go(struct sscfg *sscfg)
{
    reference_unref(sscfg->reference);
    sscfg->reference = NULL;
}

void sscfg_done(struct sscfg *sscfg)
{
    let_go(sscfg);
    free(sscfg->origin);
    sscfg->origin = NULL;
}

int sscfg_apply(struct sscfg *sscfg, const struct config *config, bool *ret_anew)
{
    const struct probe_config *files = &config->probes[DRIVER_FILES];
    char *origin = NULL;

    if (files->enabled && asprintf(&origin, "%s\n%s", files->sscfg, files->ignored) < 0)
        return -ENOMEM;
    sscfg->max_age_ms = config->policy.evidence_max_age_ms;
    sscfg->compares = origin && strcmp(files->ssnotify, "none") != 0;
    *ret_anew = origin && (!sscfg->origin || strcmp(sscfg->origin, origin) != 0);
    if (*ret_anew || !origin) {
        let_go(sscfg);
        sscfg->awaited = origin;
        sscfg->told[0] = '\0';
    }
    free(sscfg->origin);
    sscfg->origin = origin;
    return 0;
}

enum comparison sscfg_comparison(const struct sscfg *sscfg)
{
    return !sscfg->compares                     ? COMPARISON_OFF
           : sscfg->reference || sscfg->awaited ? COMPARISON_MADE
                                                : COMPARISON_NO_REFERENCE;
}

/* Once, until it is wrong in another way: causes alone do not tell ways apart, but for silence, the words about which
 * count milliseconds. */
static void take_fault(struct sscfg *sscfg, const struct probe_answer *answer)
{
    const enum cause cause = answer->observation.cause;
    const bool same_cause = sscfg->told[0] && sscfg->cause == cause;
    char words[sizeof sscfg->told];

    snprintf(words, sizeof words, "%s: %s", cause_name(cause), answer->detail);
    sscfg->cause = cause;
    sscfg->fault_wall_ms = answer->observation.wall_ms;
    if (strcmp(words, sscfg->told) == 0 || (same_cause && cause_is_silence(cause)))
        return;
    log_write(LOG_WARNING, "sscfg.ini: %s%s", words,
              sscfg->reference ? "; the last good one is kept until it is too old" : "");
    memcpy(sscfg->told, words, sizeof words);
}

bool sscfg_take(struct sscfg *sscfg, const struct probe_answer *answer)
{
    sscfg->awaited = false;
    if (answer->observation.cause != CAUSE_NONE) {
        take_fault(sscfg, answer);
        return false;
    }
    if (sscfg->told[0])
        log_write(LOG_NOTICE, "sscfg.ini: it is good again");
    sscfg->told[0] = '\0';
    sscfg->read_ms = answer->observation.mono_ms;
    if (reference_is_same(sscfg->reference, answer->reference))
        return false;
    let_go(sscfg);
    sscfg->reference = reference_ref(answer->reference);
    return true;
}

void sscfg_expire(struct sscfg *sscfg, int64_t now_ms)
{
    if (!sscfg->reference || evidence_is_fresh(sscfg->read_ms, sscfg->max_age_ms, now_ms))
        return;
    log_write(LOG_WARNING, "sscfg.ini: it was last read too long ago: nothing is compared with it any more");
    let_go(sscfg);
}

void sscfg_show_fault(const struct sscfg *sscfg, struct probe_row *numbers)
{
    if (!sscfg->told[0])
        return;
    snprintf(numbers->last_fault, sizeof numbers->last_fault, "sscfg.ini: %s", sscfg->told);
    numbers->last_cause = (uint8_t)sscfg->cause;
    numbers->last_fault_wall_ms = sscfg->fault_wall_ms;
}
