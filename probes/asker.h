/* An asker: how one worker asks over HTTP under one settings object. It owns what is costly to make and the same for
 * every question: configured libcurl handles, trusted certificates, TLS sessions. It runs no transfer itself, and
 * belongs to one thread. */
#ifndef AH_PROBES_ASKER_H
#define AH_PROBES_ASKER_H

#include "driver.h"
#include "tls.h"

#include <curl/curl.h>

struct asker;

/* One question on its way. CURLINFO_PRIVATE of its handle points to it. */
struct exchange {
    CURL *easy;
    struct asker *asker;
    struct probe_job job; /* owns its references while lent */
    struct body_state body;
    size_t header_bytes, body_bytes; /* received */
    bool too_large;
    bool is_worn; /* not to be used again */
    struct tls_talk tls;
    struct exchange *next, *previous; /* in the list of its user, then in the pool's */
    char error[CURL_ERROR_SIZE];
};

/* `driver` must be one that reads HTTP. The asker takes a reference to the settings. */
int asker_new(const struct probe_settings *settings, const struct probe_driver *driver,
              struct asker **ret) AH_WARN_UNUSED;
/* NULL-safe. Every exchange must have come back. */
void asker_free(struct asker *asker);
const struct probe_settings *asker_settings(const struct asker *asker);
/* Exchanges that are lent. */
size_t asker_lent(const struct asker *asker);

/* A handle ready to be added to a multi. Takes the job's references on success alone. NULL: out of memory. */
struct exchange *asker_lend(struct asker *asker, const struct probe_job *job, const struct now *now);
/* The answer of an exchange whose transfer ended with `result`. */
void exchange_answer(struct exchange *exchange, CURLcode result, const struct now *now, struct probe_answer *answer);
/* Takes an exchange back, its handle no longer in a multi, and drops the job's references. */
void asker_take_back(struct exchange *exchange);

#endif
