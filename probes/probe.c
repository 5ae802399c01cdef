/* Settings and targets of probes as shared, immutable values with an atomic reference count, since they cross threads.
 * It never looks at what the texts say. */
#include "probe.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

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

static size_t text_bytes(const char *text)
{
    return text ? strlen(text) + 1 : 1;
}

/* Copies a text to *at and moves *at behind it. */
static const char *put_text(char **at, const char *text)
{
    char *copy = *at;
    const size_t bytes = text_bytes(text);

    memcpy(copy, text ? text : "", bytes);
    *at += bytes;
    return copy;
}

static void ref(atomic_uint *references)
{
    atomic_fetch_add_explicit(references, 1, memory_order_relaxed);
}

/* True when that was the last one. */
static bool unref(atomic_uint *references)
{
    return atomic_fetch_sub_explicit(references, 1, memory_order_acq_rel) == 1;
}

const struct probe_settings *probe_settings_new(const struct probe_settings *from)
{
    const size_t bytes =
        text_bytes(from->marker) + text_bytes(from->ca_file) + text_bytes(from->pin) + text_bytes(from->user_agent);
    struct shared_settings *shared = malloc(sizeof *shared + bytes);
    if (!shared)
        return NULL;
    char *at = shared->texts;

    shared->settings = *from;
    shared->settings.marker = put_text(&at, from->marker);
    shared->settings.ca_file = put_text(&at, from->ca_file);
    shared->settings.pin = put_text(&at, from->pin);
    shared->settings.user_agent = put_text(&at, from->user_agent);
    atomic_init(&shared->references, 1);
    return &shared->settings;
}

const struct probe_settings *probe_settings_ref(const struct probe_settings *settings)
{
    ref(&SHARED(settings, settings)->references);
    return settings;
}

void probe_settings_unref(const struct probe_settings *settings)
{
    if (settings && unref(&SHARED(settings, settings)->references))
        free(SHARED(settings, settings));
}

bool probe_settings_is_last(const struct probe_settings *settings)
{
    return atomic_load_explicit(&SHARED(settings, settings)->references, memory_order_acquire) == 1;
}

const struct probe_target *probe_target_new(const struct probe_target *from)
{
    struct shared_target *shared = malloc(sizeof *shared + text_bytes(from->where) + text_bytes(from->name));
    if (!shared)
        return NULL;
    char *at = shared->texts;

    shared->target = *from;
    shared->target.where = put_text(&at, from->where);
    shared->target.name = put_text(&at, from->name);
    atomic_init(&shared->references, 1);
    return &shared->target;
}

const struct probe_target *probe_target_ref(const struct probe_target *target)
{
    ref(&SHARED(target, target)->references);
    return target;
}

void probe_target_unref(const struct probe_target *target)
{
    if (target && unref(&SHARED(target, target)->references))
        free(SHARED(target, target));
}
