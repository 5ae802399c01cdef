/* What holds sscfg.ini, agents' files and the store together. */
#include "daemon/comparing.h"

#include "daemon/estate.h"
#include "daemon/log.h"

#include <string.h>

void comparing_done(struct comparing *comparing)
{
    sscfg_done(&comparing->sscfg);
}

static void follow(struct comparing *comparing, const struct now *now)
{
    store_compare_files(comparing->store, sscfg_comparison(&comparing->sscfg), now);
}

int comparing_apply(struct comparing *comparing, const struct config *config, const struct now *now)
{
    bool anew = false;
    const int error = sscfg_apply(&comparing->sscfg, config, &anew);

    comparing->from_feed =
        config->probes[DRIVER_FILES].enabled && strcmp(config->probes[DRIVER_FILES].ssnotify, "feed") == 0;
    comparing->by_clock = config->probes[DRIVER_FILES].interval_s > 0;
    comparing->anew = comparing->anew || anew;
    if (error == 0)
        follow(comparing, now);
    return error;
}

void comparing_begin(struct comparing *comparing, const struct now *now)
{
    if (comparing->anew)
        scheduler_suspect(comparing->scheduler, DRIVER_FILES, ESTATE_SSCFG, now->mono_ms);
    comparing->anew = false;
}

static bool is_over_winrm(const struct probe_job *job)
{
    return job->settings->driver == DRIVER_WINRM && job->settings->reads_ssnotify;
}

bool comparing_is_awaited_by(const struct comparing *comparing, const struct probe_job *job)
{
    return comparing->sscfg.awaited && is_over_winrm(job);
}

const struct reference *comparing_reference(const struct comparing *comparing, const struct probe_job *job)
{
    const bool is_file = job->settings->driver == DRIVER_FILES && job->target->subject == SUBJECT_AGENT;
    return is_file || is_over_winrm(job) ? reference_ref(comparing->sscfg.reference) : NULL;
}

/* Agents' files that are read here are held against another sscfg.ini at once; endpoints are asked in their turn. */
static void compare_all(struct comparing *comparing, const struct now *now)
{
    uint32_t index = 0;
    for (const struct agent_row *agent; (agent = store_next_agent(comparing->store, index));) {
        index = agent->index;
        scheduler_kick(comparing->scheduler, DRIVER_FILES, index, now->mono_ms);
    }
}

void comparing_found(struct comparing *comparing, const struct agent_row *agent, const char *agent_name,
                     const char *path, const struct now *now)
{
    if (!comparing->from_feed || strcmp(agent->identity->name, agent_name) == 0)
        return;
    const struct probe_target *target = probe_target_new(&(struct probe_target){
        .subject = SUBJECT_AGENT, .index = agent->index, .where = path, .name = agent->identity->name });
    if (!target || scheduler_put(comparing->scheduler, DRIVER_FILES, target, now->mono_ms) < 0)
        log_write(LOG_ERR, "out of memory: %s is not read", path);
    probe_target_unref(target);
}

void comparing_verify(struct comparing *comparing, uint32_t index, const struct now *now)
{
    if (!comparing->sscfg.origin)
        return;
    comparing->verified = comparing->verifies && comparing->verified != index ? 0 : index;
    comparing->verifies = true;
    scheduler_suspect(comparing->scheduler, DRIVER_FILES, ESTATE_SSCFG, now->mono_ms);
}

static void take_sscfg(struct comparing *comparing, const struct probe_answer *answer, const struct now *now)
{
    const bool anew = sscfg_take(&comparing->sscfg, answer) && comparing->by_clock;

    follow(comparing, now);
    if (anew || (comparing->verifies && comparing->verified == 0))
        compare_all(comparing, now);
    else if (comparing->verifies)
        scheduler_kick(comparing->scheduler, DRIVER_FILES, comparing->verified, now->mono_ms);
    comparing->verifies = false;
}

static bool is_bad(uint8_t files)
{
    return files == FILES_UNREADABLE || files == FILES_NO_SHELL;
}

/* Of the thousand files of a fleet only those that have become bad are worth a line each. */
static void log_change(const struct agent_row *agent, uint8_t files, const struct probe_answer *answer)
{
    const enum cause cause = answer->file_cause ? answer->file_cause : answer->observation.cause;
    if (is_bad(files) && !is_bad(agent->evidence.known.files))
        log_write(LOG_INFO, "%s (agent %u): its ssnotify.ini can not be read: %s: %s", agent->identity->name,
                  agent->index, cause_name(cause), answer->file_cause ? answer->file_detail : answer->detail);
}

void comparing_take(struct comparing *comparing, const struct probe_answer *answer, struct observation *observation,
                    const struct now *now)
{
    if (observation->subject == SUBJECT_COLLECTOR) {
        take_sscfg(comparing, answer, now);
        return;
    }
    const struct agent_row *agent =
        observation->subject == SUBJECT_AGENT ? store_agent(comparing->store, observation->index) : NULL;
    if (!agent)
        return;
    if (answer->file_cause)
        scheduler_book(comparing->scheduler, DRIVER_FILES, agent->identity->name, answer->file_cause,
                       answer->file_detail, now);
    if (!(observation->has & HAS_FILES))
        return;
    log_change(agent, observation->files, answer);
    const bool is_made = sscfg_comparison(&comparing->sscfg) == COMPARISON_MADE;
    if (is_made && observation->files == FILES_UNKNOWN) { /* sscfg.ini is on its way, or came meanwhile */
        observation->has &= ~(uint32_t)HAS_FILES;
    } else if (!is_made && !is_bad(observation->files)) {
        observation->files = FILES_UNKNOWN;
        observation->difference = NULL; /* the answer's */
    }
}

void comparing_expire(struct comparing *comparing, const struct now *now)
{
    sscfg_expire(&comparing->sscfg, now->mono_ms);
    follow(comparing, now);
}
