/* The pool of configured libcurl handles and what happens while a body streams in. Only the URL changes from one use of
 * a handle to the next: resetting one and setting it up again costs more than a connect on a local network. */
#include "asker.h"

#include "conversing.h"
#include "easy.h"
#include "survey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct asker {
    const struct probe_settings *settings; /* owns a reference */
    const struct probe_driver *driver;
    struct tls_policy tls;
    struct exchange *idle; /* as many as once were on their way together */
    size_t lent;
    struct curl_slist *headers; /* owned: of a conversation's questions */
    void **memories;            /* owned, and what is in them: by the target's index */
    size_t memories_room;
};

/* An endless header is as bad as an endless body. */
enum { HEADER_BYTES_MAX = 64 * 1024 };

/* A worker that notices so long after it that a question's time is over has been suspended, with its process or with
 * the whole machine. The answer may be waiting unread: nobody knows. */
enum { OVERSLEPT_MS = 1000 };

static bool within_limit(struct exchange *exchange)
{
    exchange->too_large =
        exchange->header_bytes > HEADER_BYTES_MAX || exchange->body_bytes > exchange->asker->settings->body_max_bytes;
    return !exchange->too_large;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *user)
{
    struct exchange *exchange = user;

    exchange->header_bytes += size * n;
    if (!within_limit(exchange))
        return 0;
    if (exchange->talk)
        conversing_read_header(exchange, bytes, size * n);
    return size * n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    struct exchange *exchange = user;
    const struct asker *asker = exchange->asker;

    exchange->body_bytes += size * n;
    if (!within_limit(exchange))
        return 0;
    if (exchange->talk)
        return conversing_read_body(exchange, bytes, size * n) == 0 ? size * n : 0;
    if (!exchange->survey)
        asker->driver->read(&exchange->body, asker->settings->marker, bytes, size * n);
    return size * n;
}

/* Sets up what holds for every question. CURLE_OK or the first error. */
static CURLcode configure(struct exchange *exchange)
{
    const struct probe_settings *settings = exchange->asker->settings;
    CURL *easy = exchange->easy;
    CURLcode error = easy_configure(easy, settings, &exchange->tls, exchange->error, &exchange->socket_errno);

    EASY_SET(PRIVATE, exchange);
    EASY_SET(HEADERFUNCTION, on_header);
    EASY_SET(HEADERDATA, exchange);
    EASY_SET(WRITEFUNCTION, on_body);
    EASY_SET(WRITEDATA, exchange);
    EASY_SET(MAXFILESIZE_LARGE, (curl_off_t)settings->body_max_bytes);
    /* Small buffers: with a thousand questions under way they are most of the memory. */
    EASY_SET(BUFFERSIZE, 2048L);
    EASY_SET(UPLOAD_BUFFERSIZE, 16384L);
    EASY_SET(TIMEOUT_MS, (long)settings->timeout_ms);
    /* Nothing stays open between sweeps: an endpoint has few connections to give, and a monitor should not hold them.
     * What makes a new one cheap is the TLS session. */
    EASY_SET(FORBID_REUSE, 1L);

    if (exchange->asker->driver->connects)
        EASY_SET(CONNECT_ONLY, 1L); /* taking it out of the multi closes the connection */
    if (!exchange->asker->driver->conversation)
        return error;

    /* What one question's answer does not end is kept for the next, and closed with the last. */
    if (exchange->asker->driver->conversation->content_type) {
        EASY_SET(POST, 1L);
        EASY_SET(HTTPHEADER, exchange->asker->headers);
    }
    EASY_SET(BUFFERSIZE, 16384L);
    if (settings->auth == HTTP_AUTH_BASIC || settings->auth == HTTP_AUTH_NTLM) {
        EASY_SET(HTTPAUTH, (long)(settings->auth == HTTP_AUTH_BASIC ? CURLAUTH_BASIC : CURLAUTH_NTLM));
        EASY_SET(USERNAME, settings->user);
        EASY_SET(PASSWORD, settings->password);
    } else if (settings->auth == HTTP_AUTH_NEGOTIATE) {
        EASY_SET(HTTPAUTH, (long)CURLAUTH_NEGOTIATE);
        EASY_SET(USERPWD, ":"); /* the tickets of the process */
    }
    return error;
}

/* The headers that every question of a conversation has. */
static int make_headers(struct asker *asker)
{
    static const char mutual[] = "Authorization: http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual";
    char type[128];
    const char *const lines[] = { type, "Expect:", asker->settings->auth == HTTP_AUTH_CERTIFICATE ? mutual : NULL };

    snprintf(type, sizeof type, "Content-Type: %s", asker->driver->conversation->content_type);
    for (size_t i = 0; i < sizeof lines / sizeof *lines && lines[i]; i++) {
        struct curl_slist *more = curl_slist_append(asker->headers, lines[i]);
        if (!more)
            return -ENOMEM;
        asker->headers = more;
    }
    return 0;
}

static void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    curl_easy_cleanup(exchange->easy);
    free(exchange->whole.at);
    free(exchange);
}

static struct exchange *exchange_new(struct asker *asker)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    if (!exchange)
        return NULL;
    exchange->asker = asker;
    exchange->easy = curl_easy_init();
    if (!exchange->easy || configure(exchange) != CURLE_OK) {
        exchange_free(exchange);
        return NULL;
    }
    return exchange;
}

int asker_new(const struct probe_settings *settings, const struct probe_driver *driver, struct asker **ret)
{
    struct asker *asker = calloc(1, sizeof *asker);

    if (!asker)
        return -ENOMEM;
    asker->settings = probe_settings_keep(settings);
    asker->driver = driver;
    asker->tls.settings = settings;
    asker->tls.reads_certificates = driver->survey != NULL;
    if (driver->conversation && driver->conversation->content_type && make_headers(asker) < 0) {
        asker_free(asker);
        return -ENOMEM;
    }
    *ret = asker;
    return 0;
}

void asker_free(struct asker *asker)
{
    if (!asker)
        return;
    for (struct exchange *exchange = asker->idle, *next; exchange; exchange = next) {
        next = exchange->next;
        exchange_free(exchange);
    }
    for (size_t i = 0; i < asker->memories_room; i++)
        asker->driver->conversation->forget(asker->memories[i]);
    free(asker->memories);
    curl_slist_free_all(asker->headers);
    tls_policy_done(&asker->tls);
    probe_settings_let_go(asker->settings);
    free(asker);
}

void **asker_memory(struct asker *asker, uint32_t index)
{
    if (index >= asker->memories_room) {
        size_t room = asker->memories_room ? asker->memories_room : 64;
        while (room <= index)
            room *= 2;
        void **memories = reallocarray(asker->memories, room, sizeof(void *));
        if (!memories)
            return NULL;
        for (size_t i = asker->memories_room; i < room; i++)
            memories[i] = NULL;
        asker->memories = memories;
        asker->memories_room = room;
    }
    return &asker->memories[index];
}

const struct probe_settings *asker_settings(const struct asker *asker)
{
    return asker->settings;
}

size_t asker_lent(const struct asker *asker)
{
    return asker->lent;
}

/* Whom a survey's question goes to, and through which proxy. */
static CURLcode address_question(CURL *easy, const struct question *question)
{
    static const char socks[] = "socks5://", resolving[] = "socks5h://";
    const struct proxy_settings *proxy = question->proxy;
    const bool is_socks = proxy && strncasecmp(proxy->url, socks, strlen(socks)) == 0;
    char url[2048];

    snprintf(url, sizeof url, "%s%s", is_socks ? resolving : "",
             !proxy ? "" : proxy->url + (is_socks ? strlen(socks) : 0));
    const struct {
        CURLoption option;
        const char *value;
    } options[] = {
        { CURLOPT_URL, question->url },
        { CURLOPT_PROXY, url },
        { CURLOPT_PROXYUSERNAME, proxy && *proxy->user ? proxy->user : NULL },
        { CURLOPT_PROXYPASSWORD, proxy && *proxy->user ? proxy->password : NULL },
    };
    CURLcode error = CURLE_OK;
    for (size_t i = 0; i < sizeof options / sizeof *options && error == CURLE_OK; i++)
        error = curl_easy_setopt(easy, options[i].option, options[i].value);
    return error;
}

struct exchange *asker_lend(struct asker *asker, const struct probe_job *job, const struct now *now)
{
    return asker_lend_for(asker, job, NULL, now);
}

struct exchange *asker_lend_for(struct asker *asker, const struct probe_job *job, const struct question *question,
                                const struct now *now)
{
    const char *where = question ? question->url : job->target->where;
    struct exchange *exchange = asker->idle ? asker->idle : exchange_new(asker);

    if (!exchange)
        return NULL;
    if (asker->idle)
        asker->idle = exchange->next;
    exchange->next = NULL;
    if ((question ? address_question(exchange->easy, question)
                  : curl_easy_setopt(exchange->easy, CURLOPT_URL, where)) != CURLE_OK) {
        exchange_free(exchange);
        return NULL;
    }
    exchange->job = *job;
    exchange->body = (struct body_state){ 0 };
    exchange->header_bytes = 0;
    exchange->body_bytes = 0;
    exchange->too_large = false;
    exchange->socket_errno = 0;
    exchange->tls = (struct tls_talk){
        .policy = &asker->tls, .peer = tls_peer(where), .now_ms = now->mono_ms, .wall_ms = now->wall_ms
    };
    exchange->survey = NULL;
    exchange->question = question;
    exchange->error[0] = '\0';
    asker->lent++;
    if (asker->driver->conversation && !conversing_begin(exchange, asker->driver->conversation, now)) {
        exchange->job = (struct probe_job){ 0 }; /* still the caller's */
        asker_take_back(exchange);
        return NULL;
    }
    return exchange;
}

const struct probe_driver *asker_driver(const struct asker *asker)
{
    return asker->driver;
}

void asker_take_back(struct exchange *exchange)
{
    struct asker *asker = exchange->asker;

    conversing_end(exchange);
    tls_talk_done(&exchange->tls);
    probe_job_done(&exchange->job);
    if (exchange->survey)
        survey_unref(exchange->survey);
    exchange->survey = NULL;
    asker->lent--;
    if (exchange->is_worn) {
        exchange_free(exchange);
        return;
    }
    exchange->next = asker->idle;
    asker->idle = exchange;
}

void exchange_explain(const struct exchange *exchange, const struct http_outcome *outcome, enum cause cause,
                      char *buffer, size_t bytes)
{
    const char *text = "";

    if (outcome->too_large)
        text = "the answer is larger than allowed";
    else if (outcome->result != CURLE_OK)
        text = exchange->error[0] ? exchange->error : curl_easy_strerror(outcome->result);
    else if (outcome->status >= 200 && outcome->status < 300)
        text = exchange->asker->driver->complaint;
    else
        text = NULL;
    if (cause == CAUSE_NONE)
        buffer[0] = '\0';
    else if (text)
        snprintf(buffer, bytes, "%s", text);
    else
        snprintf(buffer, bytes, "HTTP status %ld%s", outcome->status,
                 outcome->status >= 300 && outcome->status < 400 ? " (redirects are not followed)" : "");
}

struct http_outcome exchange_outcome(struct exchange *exchange, CURLcode result)
{
    struct http_outcome outcome = {
        .os_errno = exchange->socket_errno,
        .tls_alert = exchange->tls.alert,
        .tls_cut = exchange->tls.cut,
        .too_large = exchange->too_large || result == CURLE_FILESIZE_EXCEEDED,
        .healthy = exchange->talk || exchange->body.healthy,
    };
    http_outcome_read(exchange->easy, result, &outcome);
    /* libcurl calls an https connection connected only when TLS stands as well. */
    outcome.connected = outcome.connected || exchange->tls.begun;
    outcome.overslept =
        result == CURLE_OPERATION_TIMEDOUT && outcome.rtt_ms > exchange->asker->settings->timeout_ms + OVERSLEPT_MS;
    /* libcurl never clears a handle's errno: one that has one would blame it on another exchange. */
    exchange->is_worn = outcome.os_errno != 0;
    exchange->tls.good = result == CURLE_OK || outcome.too_large;
    return outcome;
}

bool exchange_goes_on(struct exchange *exchange, CURLcode result, const struct now *now)
{
    return exchange->talk && conversing_go_on(exchange, result, now);
}

/* What a single question has shown. */
static void answer_question(struct exchange *exchange, CURLcode result, struct probe_answer *answer)
{
    const struct probe_driver *driver = exchange->asker->driver;
    const struct http_outcome outcome = exchange_outcome(exchange, result);
    const enum cause cause = driver->connects && result == CURLE_OK ? CAUSE_NONE : http_cause(&outcome);
    char detail[CURL_ERROR_SIZE], question[512];

    answer->observation.cause = cause;
    answer->observation.heard = http_heard(&outcome, cause);
    answer->observation.rtt_ms = outcome.rtt_ms;
    answer->observation.has = driver->has;
    exchange_explain(exchange, &outcome, cause, detail, sizeof detail);
    answer_detail(answer, detail);
    if (!answer->transcript)
        return;
    snprintf(question, sizeof question, "%s %s", driver->connects ? "connect to" : "GET",
             driver->connects ? exchange->job.target->name : exchange->job.target->where);
    transcript_add(answer->transcript,
                   &(struct transcript_entry){ question, answer->detail, cause, answer->observation.rtt_ms });
}

void exchange_answer(struct exchange *exchange, CURLcode result, const struct now *now, struct probe_answer *answer)
{
    answer_begin(&exchange->job, now, answer);
    if (exchange->talk)
        conversing_answer(exchange, now, answer);
    else
        answer_question(exchange, result, answer);
}
