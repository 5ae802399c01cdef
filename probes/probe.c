/* Settings and targets of probes as shared, immutable values with an atomic reference count, since they cross threads.
 * It never looks at what the texts say. */
#include "probe.h"

#include "core/shared.h"

#include <stdlib.h>
#include <string.h>

/* The count lies behind the value that everybody sees, and the texts behind the count: one allocation each, as there
 * are as many targets as agents. */
struct shared_settings {
    struct probe_settings settings;
    atomic_uint references;
    atomic_uint askers; /* of these references */
    char texts[];
};

struct shared_target {
    struct probe_target target;
    atomic_uint references;
    char texts[];
};

/* The whole around the part that callers hold. They hold it const; the count is ours to write. */
#define SHARED(kind, value) ((struct shared_##kind *)(uintptr_t)(value))

const struct probe_settings *probe_settings_new(const struct probe_settings *from)
{
    struct probe_settings settings = *from;
    const char **texts[26 + WINRM_NAMES + WINRM_VALUES] = {
        &settings.marker,   &settings.ca_file,      &settings.pin,      &settings.user_agent,
        &settings.user,     &settings.cert_file,    &settings.key_file, &settings.internet_host,
        &settings.password, &settings.content_type, &settings.gateways, &settings.ignored,
    };
    size_t n = 12;
    for (size_t i = 0; i < AGENT_PROXIES; i++) {
        texts[n++] = &settings.proxies[i].url;
        texts[n++] = &settings.proxies[i].user;
        texts[n++] = &settings.proxies[i].password;
    }
    for (size_t i = 0; i < WINRM_NAMES; i++)
        texts[n++] = &settings.winrm.names[i];
    for (size_t i = 0; i < WINRM_VALUES; i++)
        texts[n++] = &settings.winrm.values[i];
    struct shared_settings *shared = shared_pack(sizeof *shared, texts, n);
    if (!shared)
        return NULL;
    shared->settings = settings;
    atomic_init(&shared->references, 1);
    atomic_init(&shared->askers, 0);
    return &shared->settings;
}

const struct probe_settings *probe_settings_ref(const struct probe_settings *settings)
{
    shared_ref(&SHARED(settings, settings)->references);
    return settings;
}

static void wipe(const char *password)
{
    explicit_bzero((char *)(uintptr_t)password, strlen(password));
}

void probe_settings_unref(const struct probe_settings *settings)
{
    if (!settings || !shared_unref_was_last(&SHARED(settings, settings)->references))
        return;
    wipe(settings->password);
    for (size_t i = 0; i < AGENT_PROXIES; i++)
        wipe(settings->proxies[i].password);
    free(SHARED(settings, settings));
}

const struct probe_settings *probe_settings_keep(const struct probe_settings *settings)
{
    probe_settings_ref(settings);
    shared_ref(&SHARED(settings, settings)->askers);
    return settings;
}

void probe_settings_let_go(const struct probe_settings *settings)
{
    atomic_fetch_sub_explicit(&SHARED(settings, settings)->askers, 1, memory_order_acq_rel);
    probe_settings_unref(settings);
}

unsigned probe_settings_references(const struct probe_settings *settings)
{
    return atomic_load_explicit(&SHARED(settings, settings)->references, memory_order_acquire);
}

bool probe_settings_in_use(const struct probe_settings *settings)
{
    /* The askers first: whoever lets go meanwhile makes it look more in use, never less. */
    const unsigned askers = atomic_load_explicit(&SHARED(settings, settings)->askers, memory_order_acquire);
    return probe_settings_references(settings) > askers;
}

const struct probe_target *probe_target_new(const struct probe_target *from)
{
    struct probe_target target = *from;
    const char **of_agent[] = { &target.where, &target.name, &target.connect_to, &target.guid, &target.server };
    const char **of_source[] = { &target.where, &target.name, &target.web };
    const bool is_source = target.subject == SUBJECT_SOURCE;
    struct shared_target *shared = shared_pack(sizeof *shared, is_source ? of_source : of_agent, is_source ? 3 : 5);
    if (!shared)
        return NULL;
    shared->target = target;
    atomic_init(&shared->references, 1);
    return &shared->target;
}

const struct probe_target *probe_target_ref(const struct probe_target *target)
{
    shared_ref(&SHARED(target, target)->references);
    return target;
}

void probe_target_unref(const struct probe_target *target)
{
    if (target && shared_unref_was_last(&SHARED(target, target)->references))
        free(SHARED(target, target));
}

void probe_job_done(struct probe_job *job)
{
    probe_settings_unref(job->settings);
    probe_target_unref(job->target);
    transcript_free(job->transcript);
    reference_unref(job->reference);
    *job = (struct probe_job){ 0 };
}

void probe_answer_done(struct probe_answer *answer)
{
    report_unref(answer->observation.report);
    difference_unref(answer->observation.difference);
    transcript_free(answer->transcript);
    reference_unref(answer->reference);
    answer->observation.report = NULL;
    answer->observation.difference = NULL;
    answer->reference = NULL;
    answer->transcript = NULL;
}
