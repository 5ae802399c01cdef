/* The loop of a conversation, turned by the end of each transfer. It decides when time is up, never what is asked. */
#include "conversing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A handle that waits for its next use keeps no more than this. */
enum { BODY_ROOM_FIRST = 8192, BODY_ROOM_KEPT = 65536 };

static const struct conversation *kind_of(const struct exchange *exchange)
{
    return asker_driver(exchange->asker)->conversation;
}

/* Readies the handle for the driver's next question. */
static bool put_next(struct exchange *exchange, const struct now *now)
{
    const int64_t left_ms = exchange->deadline_ms - now->mono_ms;

    if (left_ms <= 0 || !kind_of(exchange)->next(exchange->talk, &exchange->request))
        return false;
    exchange->header_bytes = exchange->body_bytes = exchange->whole.bytes = 0;
    exchange->date_ms = 0;
    exchange->too_large = false;
    exchange->error[0] = '\0';
    return curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, (long)left_ms) == CURLE_OK &&
           curl_easy_setopt(exchange->easy, CURLOPT_FORBID_REUSE, exchange->request.last ? 1L : 0L) == CURLE_OK &&
           (!exchange->request.body ||
            (curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->request.bytes) ==
                 CURLE_OK &&
             curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, exchange->request.body) == CURLE_OK));
}

bool conversing_begin(struct exchange *exchange, const struct conversation *kind, const struct now *now)
{
    const struct probe_job *job = &exchange->job;
    void **memory = asker_memory(exchange->asker, job->target->index);

    exchange->begun_ms = now->mono_ms;
    exchange->deadline_ms = now->mono_ms + job->settings->timeout_ms;
    exchange->heard = false;
    exchange->no_ticket[0] = '\0';
    if (job->target->connect_to[0] && !(exchange->connect_to = curl_slist_append(NULL, job->target->connect_to)))
        return false;
    if (curl_easy_setopt(exchange->easy, CURLOPT_CONNECT_TO, exchange->connect_to) != CURLE_OK || !memory ||
        !(exchange->talk = kind->begin(job, memory, now)))
        return false;
    return put_next(exchange, now);
}

bool conversing_needs_ticket(const struct exchange *exchange, int64_t *ret_timeout_ms)
{
    if (!exchange->talk || exchange->job.settings->auth != HTTP_AUTH_NEGOTIATE)
        return false;
    *ret_timeout_ms = exchange->job.settings->timeout_ms / 2; /* the other half is the endpoint's */
    return true;
}

bool conversing_take_ticket(struct exchange *exchange, const char *why, const struct now *now)
{
    const int64_t left_ms = exchange->deadline_ms - now->mono_ms;

    snprintf(exchange->no_ticket, sizeof exchange->no_ticket, "%s", why ? why : "");
    /* Without a ticket libcurl is not to ask for one: the KDC would count a wrong key once more. */
    return curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 0 ? left_ms : 1)) == CURLE_OK &&
           curl_easy_setopt(exchange->easy, CURLOPT_HTTPAUTH, (long)(why ? CURLAUTH_NONE : CURLAUTH_NEGOTIATE)) ==
               CURLE_OK;
}

void conversing_read_header(struct exchange *exchange, const char *bytes, size_t n)
{
    long status = 0;

    http_date(bytes, n, &exchange->date_ms);
    if (bytes[0] != '\r' && bytes[0] != '\n')
        return;
    /* The end of a header. What is refused is not asked on: let the connection end, too. (libcurl keeps it where NTLM
     * or Negotiate is under way.) A fault comes with status 500, and is an answer. */
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    const bool refused = status >= 300 && status != 500;
    curl_easy_setopt(exchange->easy, CURLOPT_FORBID_REUSE, exchange->request.last || refused ? 1L : 0L);
}

int conversing_read_body(struct exchange *exchange, const char *bytes, size_t n)
{
    struct body_buffer *whole = &exchange->whole;

    if (whole->bytes + n + 1 > whole->room) {
        size_t room = whole->room ? whole->room : BODY_ROOM_FIRST;
        while (room < whole->bytes + n + 1)
            room *= 2;
        char *at = realloc(whole->at, room);
        if (!at)
            return -ENOMEM;
        whole->at = at;
        whole->room = room;
    }
    memcpy(whole->at + whole->bytes, bytes, n);
    whole->bytes += n;
    whole->at[whole->bytes] = '\0';
    return 0;
}

bool conversing_go_on(struct exchange *exchange, CURLcode result, const struct now *now)
{
    const struct http_outcome outcome = exchange_outcome(exchange, result);
    const enum cause cause = http_cause(&outcome);
    char detail[sizeof((struct probe_answer *)0)->detail];

    exchange->heard = exchange->heard || http_heard(&outcome, cause);
    exchange_explain(exchange, &outcome, cause, detail, sizeof detail);
    if (cause == CAUSE_AUTHENTICATION_FAILED && exchange->no_ticket[0])
        snprintf(detail, sizeof detail, "no Kerberos ticket: %s", exchange->no_ticket);
    const struct reply reply = {
        .cause = cause,
        .status = outcome.result == CURLE_OK ? outcome.status : 0,
        .body = exchange->whole.bytes ? exchange->whole.at : "",
        .bytes = exchange->whole.bytes,
        .date_ms = exchange->date_ms,
        .detail = detail,
        .rtt_ms = outcome.rtt_ms,
    };
    kind_of(exchange)->take(exchange->talk, &reply, now);
    return put_next(exchange, now);
}

void conversing_answer(struct exchange *exchange, const struct now *now, struct probe_answer *answer)
{
    answer->observation.heard = exchange->heard;
    answer->observation.rtt_ms = (uint32_t)(now->mono_ms - exchange->begun_ms);
    answer->observation.has = asker_driver(exchange->asker)->has;
    kind_of(exchange)->end(exchange->talk, now, answer);
}

void conversing_end(struct exchange *exchange)
{
    if (exchange->talk)
        kind_of(exchange)->free(exchange->talk);
    exchange->talk = NULL;
    kerberos_fetch_free(exchange->fetch);
    exchange->fetch = NULL;
    curl_slist_free_all(exchange->connect_to);
    exchange->connect_to = NULL;
    if (exchange->whole.room > BODY_ROOM_KEPT) {
        free(exchange->whole.at);
        exchange->whole = (struct body_buffer){ 0 };
    }
}
