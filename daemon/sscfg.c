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
    *ret_anew = origin && (!sscfg->origin || strcmp(sscfg->origin, origin) != 0);
    if (*ret_anew || !origin) {
        let_go(sscfg);
        sscfg->awaited = origin;
        sscfg->told = CAUSE_NONE;
    }
    free(sscfg->origin);
    sscfg->origin = origin;
    return 0;
}

bool sscfg_take(struct sscfg *sscfg, const struct probe_answer *answer)
{
    const enum cause cause = answer->observation.cause, told = sscfg->told;

    sscfg->awaited = false;
    sscfg->told = cause;
    if (cause != CAUSE_NONE) {
        if (cause != told)
            log_write(LOG_WARNING, "sscfg.ini: %s: %s%s", cause_name(cause), answer->detail,
                      sscfg->reference ? "; the last good one is kept until it is too old" : "");
        return false;
    }
    if (told != CAUSE_NONE)
        log_write(LOG_NOTICE, "sscfg.ini: it is good again");
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
