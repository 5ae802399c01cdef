/* An asker: how one worker asks over HTTP under one settings object. It owns what is costly to make and the same for
 * every question: configured libcurl handles, trusted certificates, TLS sessions. It runs no transfer itself, and
 * belongs to one thread. */
#ifndef AH_PROBES_ASKER_H
#define AH_PROBES_ASKER_H

#include "driver.h"
#include "http.h"
#include "kerberos.h"
#include "tls.h"

#include <curl/curl.h>

struct asker;

/* A body that is kept whole, for a conversation. */
struct body_buffer {
    char *at; /* owned; NUL-terminated once it is not NULL */
    size_t bytes, room;
};

/* One probe on its way: a question, or a conversation. CURLINFO_PRIVATE of its handle points to it. */
struct exchange {
    CURL *easy;
    struct asker *asker;
    struct probe_job job; /* owns its references while lent */
    struct body_state body;
    /* A conversation's: what its driver knows, where its peer really is, what has come, and when it must be over. */
    void *talk;
    struct curl_slist *connect_to;
    struct body_buffer whole;
    struct request request;
    /* A survey's part: which one, and which of its questions. */
    struct survey *survey; /* a reference; NULL: it is none */
    unsigned way;
    const struct question *question; /* borrowed from the survey */
    int64_t date_ms, begun_ms, deadline_ms;
    struct kerberos_fetch *fetch;       /* of its ticket; NULL: none is needed */
    char no_ticket[KERBEROS_WHY_BYTES]; /* why there is none; "" where there is, or none is needed */
    bool heard;
    size_t header_bytes, body_bytes; /* received */
    bool too_large;
    bool is_worn;     /* not to be used again */
    int socket_errno; /* why there was no socket; 0: there was */
    struct tls_talk tls;
    void *user;                       /* who runs it; set by that one alone */
    struct exchange *next, *previous; /* in the list of its user, then in the pool's */
    char error[CURL_ERROR_SIZE];
};

/* `driver` must be one that speaks HTTP, or connects. The asker takes a reference to the settings. */
int asker_new(const struct probe_settings *settings, const struct probe_driver *driver,
              struct asker **ret) AH_WARN_UNUSED;
/* NULL-safe. Every exchange must have come back. */
void asker_free(struct asker *asker);
const struct probe_settings *asker_settings(const struct asker *asker);
const struct probe_driver *asker_driver(const struct asker *asker);
/* Exchanges that are lent. */
size_t asker_lent(const struct asker *asker);

/* What the driver keeps of a target between conversations; NULL: out of memory. */
void **asker_memory(struct asker *asker, uint32_t index);

/* A handle ready to be added to a multi. Takes the job's references on success alone. NULL: out of memory. */
struct exchange *asker_lend(struct asker *asker, const struct probe_job *job, const struct now *now);
/* The same for a question of a survey. `question` is borrowed while the exchange is lent. */
struct exchange *asker_lend_for(struct asker *asker, const struct probe_job *job, const struct question *question,
                                const struct now *now);
/* After a transfer ended with `result`: true when the exchange has a next question, and its handle is ready again; it
 * then has no answer yet. */
bool exchange_goes_on(struct exchange *exchange, CURLcode result, const struct now *now);
/* The answer of an exchange whose last transfer ended with `result`. */
void exchange_answer(struct exchange *exchange, CURLcode result, const struct now *now, struct probe_answer *answer);
/* What is known of how a transfer went. */
struct http_outcome exchange_outcome(struct exchange *exchange, CURLcode result);
/* The library's words, or the status; "" when good. */
void exchange_explain(const struct exchange *exchange, const struct http_outcome *outcome, enum cause cause,
                      char *buffer, size_t bytes);
/* Takes an exchange back, its handle no longer in a multi, and drops the job's references. */
void asker_take_back(struct exchange *exchange);

#endif
