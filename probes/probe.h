/* What the daemon and the probe drivers say to each other: a question (probe_job), and its answer, an observation. */
#ifndef AH_PROBES_PROBE_H
#define AH_PROBES_PROBE_H

#include "core/evidence.h"

/* How a driver asks. Immutable while any job refers to it; one per driver and configuration. */
struct probe_settings {
    enum driver driver;
    uint32_t timeout_ms; /* the one deadline of a whole probe */
    size_t body_max_bytes;
    const char *marker; /* what a healthy body contains (listener) or is, white space aside (server) */
    bool tls_verify;
    const char *ca_file; /* "" for the system's store */
    const char *pin;     /* "" or sha256//BASE64 */
    const char *user_agent;
};

/* Whom a driver asks. Immutable while any job refers to it. */
struct probe_target {
    enum subject subject;
    uint32_t index;
    const char *where; /* an absolute http or https URL, or a feed file's path */
    const char *name;  /* the agent's name (the feed checks it) */
};

/* Copies, texts included, with one reference. NULL: out of memory. */
const struct probe_settings *probe_settings_new(const struct probe_settings *from);
const struct probe_settings *probe_settings_ref(const struct probe_settings *settings);
void probe_settings_unref(const struct probe_settings *settings); /* NULL-safe */
/* True when the caller's reference is the only one left: nobody will ask under these settings again. */
bool probe_settings_is_last(const struct probe_settings *settings);
const struct probe_target *probe_target_new(const struct probe_target *from);
const struct probe_target *probe_target_ref(const struct probe_target *target);
void probe_target_unref(const struct probe_target *target); /* NULL-safe */

struct probe_job {
    const struct probe_settings *settings; /* owns a reference */
    const struct probe_target *target;     /* owns a reference */
    uint64_t ticket;                       /* given back with the answer */
};

struct probe_answer {
    uint64_t ticket;
    struct observation observation;
    char detail[160]; /* for the log and for people: the library's own words; "" when good. Never a body's content */
};

#endif
