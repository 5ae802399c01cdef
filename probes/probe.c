/* Settings and targets of probes as shared, immutable values with an atomic reference count, since they cross threads.
 * It never looks at what the texts say. */
#include "probe.h"

#include "core/shared.h"

#include <stdlib.h>

/* The count lies behind the value that everybody sees, and the texts behind the count: one allocation each, as there
 * are as many targets as agents. */
struct shared_settings {
    struct probe_settings settings;
    atomic_uint references;
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
    struct shared_settings *shared =
        shared_pack(sizeof *shared,
                    (const char **[]){ &settings.marker, &settings.ca_file, &settings.pin, &settings.user_agent }, 4);
    if (!shared)
        return NULL;
    shared->settings = settings;
    atomic_init(&shared->references, 1);
    return &shared->settings;
}

const struct probe_settings *probe_settings_ref(const struct probe_settings *settings)
{
    shared_ref(&SHARED(settings, settings)->references);
    return settings;
}

void probe_settings_unref(const struct probe_settings *settings)
{
    if (settings && shared_unref_was_last(&SHARED(settings, settings)->references))
        free(SHARED(settings, settings));
}

bool probe_settings_is_last(const struct probe_settings *settings)
{
    return atomic_load_explicit(&SHARED(settings, settings)->references, memory_order_acquire) == 1;
}

const struct probe_target *probe_target_new(const struct probe_target *from)
{
    struct probe_target target = *from;
    struct shared_target *shared = shared_pack(sizeof *shared, (const char **[]){ &target.where, &target.name }, 2);
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
