/* One request to a console: the handle, what happens while its answer streams in, and how what went wrong is called. It
 * knows no path. */
#include "console_talk.h"

#include "clock.h"
#include "easy.h"
#include "http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    HEADER_BYTES_MAX = 64 * 1024,
    REFUSAL_BYTES = 4096, /* of an error's body, for its words */
    RETRY_MAX_S = 86400,  /* a console that asks for more is asked again all the same */
    CLOCKS_DIFFER_S = 60  /* what a Date header and a slow answer do not explain */
};

/* A request under way. */
struct asking {
    struct console *console;
    struct json_stream *stream;
    int error;                  /* of the stream, or of the taker of its elements */
    int64_t begun_ms, heard_ms; /* mono: when it began, when something came last */
    size_t header_bytes, body_bytes;
    bool too_large, is_stopped, is_silent, is_over; /* why it was broken off: is_over: the round's time is up */
    int64_t date_ms;
    char retry_after[64];
    char refusal[REFUSAL_BYTES];
    size_t refusal_bytes;
};

/* Whether there is a reason to break off. */
static bool is_enough(struct asking *asking)
{
    const struct console *console = asking->console;
    const int64_t now_ms = clock_now().mono_ms;

    asking->is_stopped = console_is_stopped(console);
    asking->is_over = now_ms >= console->ends_ms;
    asking->is_silent = now_ms - asking->heard_ms >= console->settings.timeout_ms;
    return asking->is_stopped || asking->is_over || asking->is_silent;
}

static int on_progress(void *user, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return is_enough(user) ? 1 : 0;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *user)
{
    static const char status_line[] = "HTTP/";
    struct asking *asking = user;

    asking->heard_ms = clock_now().mono_ms;
    asking->header_bytes += size * n;
    asking->too_large = asking->header_bytes > HEADER_BYTES_MAX;
    if (size * n > sizeof status_line && memcmp(bytes, status_line, sizeof status_line - 1) == 0) {
        /* What came before was an interim answer's. */
        asking->date_ms = 0;
        asking->retry_after[0] = '\0';
    } else if (!http_date(bytes, size * n, &asking->date_ms)) {
        http_header(bytes, size * n, "Retry-After", asking->retry_after, sizeof asking->retry_after);
    }
    return asking->too_large ? 0 : size * n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    struct asking *asking = user;
    const size_t refusal = sizeof asking->refusal - asking->refusal_bytes;
    long status = 0;

    asking->body_bytes += size * n;
    asking->too_large = asking->body_bytes > asking->console->settings.body_max_bytes;
    if (asking->too_large)
        return 0;
    curl_easy_getinfo(asking->console->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) {
        asking->error = json_stream_feed(asking->stream, bytes, size * n);
    } else {
        memcpy(asking->refusal + asking->refusal_bytes, bytes, size * n < refusal ? size * n : refusal);
        asking->refusal_bytes += size * n < refusal ? size * n : refusal;
    }
    asking->heard_ms = clock_now().mono_ms; /* those who took what came took their time */
    return asking->error || is_enough(asking) ? 0 : size * n;
}

/* Makes the handle where there is none. */
static CURLcode configure(struct console *console)
{
    CURL *easy = console->easy ? console->easy : curl_easy_init();

    if (!easy)
        return CURLE_OUT_OF_MEMORY;
    if (console->easy)
        return CURLE_OK;
    console->easy = easy;
    CURLcode error = easy_configure(easy, console->probe, &console->talk, console->words, &console->socket_errno);
    EASY_SET(HEADERFUNCTION, on_header);
    EASY_SET(WRITEFUNCTION, on_body);
    EASY_SET(XFERINFOFUNCTION, on_progress);
    EASY_SET(NOPROGRESS, 0L);
    EASY_SET(MAXFILESIZE_LARGE, (curl_off_t)console->settings.body_max_bytes);
    EASY_SET(BUFFERSIZE, 65536L);
    EASY_SET(CONNECTTIMEOUT_MS, (long)console->settings.timeout_ms);
    return error;
}

static CURLcode address(struct asking *asking, const char *target, struct curl_slist *headers)
{
    const struct console *console = asking->console;
    CURL *const easy = console->easy;
    CURLcode error = CURLE_OK;
    char *url = NULL;

    if (asprintf(&url, "%.*s%s", (int)console->origin_bytes, console->settings.url, target) < 0)
        return CURLE_OUT_OF_MEMORY;
    EASY_SET(URL, url);
    EASY_SET(HTTPHEADER, headers);
    EASY_SET(HEADERDATA, asking);
    EASY_SET(WRITEDATA, asking);
    EASY_SET(XFERINFODATA, asking);
    EASY_SET(TIMEOUT_MS, (long)(console->ends_ms - asking->begun_ms));
    free(url);
    return error;
}

static void wipe_headers(struct curl_slist *headers)
{
    for (struct curl_slist *at = headers; at; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(headers);
}

/* The headers of a request for that path and query. */
static int make_headers(struct console *console, const char *target, struct curl_slist **ret)
{
    struct curl_slist *headers = NULL, *more;
    char *line = NULL;

    console_wipe(console->sent);
    console->sent = NULL;
    int r = console->kind->authorise(console, target, &console->sent);
    if (!r && asprintf(&line, "Authorization: Bearer %s", console->sent) < 0) {
        line = NULL;
        r = -ENOMEM;
    }
    if (r)
        goto done;
    r = -ENOMEM;
    if (!(headers = curl_slist_append(NULL, line)) || !(more = curl_slist_append(headers, "Accept: application/json")))
        goto done;
    headers = more;
    *ret = headers;
    headers = NULL;
    r = 0;
done:
    wipe_headers(headers);
    console_wipe(line);
    return r;
}

/* What is known of how the transfer went. */
static struct http_outcome outcome_of(struct asking *asking, CURLcode result)
{
    struct console *console = asking->console;
    struct http_outcome outcome = {
        .os_errno = console->socket_errno,
        .tls_alert = console->talk.alert,
        .tls_cut = console->talk.cut,
        .too_large = asking->too_large || result == CURLE_FILESIZE_EXCEEDED,
        .healthy = true,
    };
    long connections = 0;
    curl_off_t first_us = 0;

    http_outcome_read(console->easy, result, &outcome);
    if (asking->is_stopped)
        outcome.result = CURLE_ABORTED_BY_CALLBACK;
    else if (asking->is_over || asking->is_silent)
        outcome.result = CURLE_OPERATION_TIMEDOUT;
    /* What came over a connection that stood already was neither resolved nor connected for it; and libcurl calls an
     * https connection connected only when TLS stands as well. */
    curl_easy_getinfo(console->easy, CURLINFO_NUM_CONNECTS, &connections);
    outcome.connected = outcome.connected || console->talk.begun || asking->header_bytes > 0;
    outcome.resolved = outcome.resolved || outcome.connected || (console->round.requests > 1 && connections == 0);
    curl_easy_getinfo(console->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_us);
    if (console->round.rtt_ms == 0 && asking->header_bytes > 0)
        console->round.rtt_ms = (uint32_t)((first_us + 999) / 1000);
    return outcome;
}

void console_words(const struct console *console, const json_t *answer, char *buffer, size_t bytes)
{
    static const struct {
        const char *object, *code, *words; /* object "": the answer itself */
    } shapes[] = {
        { "Meta", "ErrorCode", "ErrorMsg" },
        { "error", "code", "message" },
        { "", "result_code", "result_description" },
    };

    buffer[0] = '\0';
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const json_t *from = shapes[i].object[0] ? json_object_get(answer, shapes[i].object) : answer;
        const json_t *code = json_object_get(from, shapes[i].code);
        const char *words = json_string_value(json_object_get(from, shapes[i].words));
        const char *text = json_string_value(code);

        if (!words && !code)
            continue;
        words = words ? console_shown(console, words) : "";
        if (json_is_integer(code))
            snprintf(buffer, bytes, "%s (%lld)", words, (long long)json_integer_value(code));
        else if (text)
            snprintf(buffer, bytes, "%s (%s)", words, console_shown(console, text));
        else
            snprintf(buffer, bytes, "%s", words);
        return;
    }
}

/* When to ask again (RFC 9110, section 10.2.3): seconds, or a date. */
static uint32_t read_retry(const struct asking *asking)
{
    const char *text = asking->retry_after;
    char *end = NULL;
    long long wait_s = strtoll(text, &end, 10);

    if (!*text)
        return 0;
    if (end == text || *end) {
        const time_t at_s = curl_getdate(text, NULL);
        if (at_s < 0)
            return 0;
        wait_s = at_s - (asking->date_ms ? asking->date_ms : clock_now().wall_ms) / 1000;
    }
    return wait_s <= 0 ? 0 : (uint32_t)(wait_s > RETRY_MAX_S ? RETRY_MAX_S : wait_s) * 1000;
}

/* The answer's status says no. */
static int fail_by_status(struct asking *asking, const struct http_outcome *outcome, enum cause cause)
{
    struct console *console = asking->console;
    char words[CONSOLE_DETAIL_BYTES], clocks[96] = "";
    json_t *answer = json_loadb(asking->refusal, asking->refusal_bytes, JSON_REJECT_DUPLICATES, NULL);

    console_words(console, answer, words, sizeof words);
    json_decref(answer);
    if (outcome->status == 429 || outcome->status == 503)
        console->round.retry_after_ms = read_retry(asking);
    const int64_t ahead_s = asking->date_ms ? asking->date_ms / 1000 - clock_now().wall_ms / 1000 : 0;
    if (console->kind->signs_time && (outcome->status == 401 || outcome->status == 403) &&
        (ahead_s > CLOCKS_DIFFER_S || ahead_s < -CLOCKS_DIFFER_S))
        snprintf(clocks, sizeof clocks, "; the clocks differ: the console's is %lld s %s ours",
                 (long long)(ahead_s > 0 ? ahead_s : -ahead_s), ahead_s > 0 ? "ahead of" : "behind");
    if (outcome->status >= 300 && outcome->status < 400)
        snprintf(words, sizeof words, "redirects are not followed");
    /* The clocks come first where they differ: the console's words may be long. */
    return console_fail(console, cause, "HTTP status %ld%s%s%s", outcome->status, clocks, words[0] ? ": " : "", words);
}

static int fail_by_transfer(struct asking *asking, const struct http_outcome *outcome, enum cause cause)
{
    struct console *console = asking->console;

    if (outcome->result == CURLE_OUT_OF_MEMORY)
        return -ENOMEM;
    if (outcome->too_large)
        return console_fail(console, cause, "the answer is larger than allowed");
    if (asking->is_stopped)
        return console_fail(console, cause, "cancelled");
    if (asking->is_over)
        return console_fail(console, cause, "the round was not over after %u ms", console->settings.round_timeout_ms);
    if (asking->is_silent)
        return console_fail(console, cause, "nothing came for %u ms", console->settings.timeout_ms);
    return console_fail(console, cause, "%s", console->words[0] ? console->words : curl_easy_strerror(outcome->result));
}

/* The body of a good answer is not what it should be. */
static int fail_by_body(struct asking *asking, int error)
{
    static const struct {
        int error;
        enum cause cause;
    } causes[] = {
        { -ENOMSG, CAUSE_WRONG_ANSWER },
        { -EBADMSG, CAUSE_PROTOCOL_ERROR },
        { -EFBIG, CAUSE_TOO_LARGE },
    };
    const char *why = json_stream_why(asking->stream);

    for (size_t i = 0; why[0] && i < sizeof causes / sizeof *causes; i++)
        if (error == causes[i].error)
            return console_fail(asking->console, causes[i].cause, "%s", why);
    return error;
}

static int judge(struct asking *asking, CURLcode result, json_t **ret_rest)
{
    struct console *console = asking->console;
    const struct http_outcome outcome = outcome_of(asking, result);
    const enum cause cause = http_cause(&outcome);

    console->round.heard = console->round.heard || http_heard(&outcome, cause);
    console->talk.good = result == CURLE_OK;
    if (outcome.os_errno) { /* libcurl never clears it: the next request would be blamed for it */
        tls_talk_done(&console->talk);
        curl_easy_cleanup(console->easy);
        console->easy = NULL;
    }
    if (asking->error)
        return fail_by_body(asking, asking->error);
    if (outcome.result != CURLE_OK || outcome.too_large)
        return fail_by_transfer(asking, &outcome, cause);
    if (cause != CAUSE_NONE)
        return fail_by_status(asking, &outcome, cause);
    const int error = json_stream_end(asking->stream, ret_rest);
    return error ? fail_by_body(asking, error) : 0;
}

int console_get(struct console *console, const char *target, const char *list, json_element_fn *element, void *user,
                json_t **ret_rest)
{
    const struct now now = clock_now();
    struct asking asking = { .console = console, .begun_ms = now.mono_ms, .heard_ms = now.mono_ms };
    struct curl_slist *headers = NULL;

    asking.is_over = now.mono_ms >= console->ends_ms;
    asking.is_stopped = console_is_stopped(console);
    if (asking.is_over || asking.is_stopped)
        return fail_by_transfer(&asking, &(struct http_outcome){ .result = CURLE_ABORTED_BY_CALLBACK },
                                asking.is_stopped ? CAUSE_CANCELLED : CAUSE_TIMED_OUT);
    int r = make_headers(console, target, &headers);
    if (r)
        return r;
    console->words[0] = '\0';
    console->socket_errno = 0;
    console->talk = (struct tls_talk){
        .policy = &console->tls, .peer = tls_peer(console->settings.url), .now_ms = now.mono_ms, .wall_ms = now.wall_ms
    };
    asking.stream = json_stream_new(list, element, user);
    r = -ENOMEM;
    if (!asking.stream || configure(console) != CURLE_OK || address(&asking, target, headers) != CURLE_OK)
        goto done;
    console->round.requests++;
    r = judge(&asking, curl_easy_perform(console->easy), ret_rest);
    if (!r && !console->date_ms)
        console->date_ms = asking.date_ms ? asking.date_ms : now.wall_ms;
done:
    tls_talk_done(&console->talk);
    if (console->easy)
        curl_easy_setopt(console->easy, CURLOPT_HTTPHEADER, NULL);
    json_stream_free(asking.stream);
    wipe_headers(headers);
    return r;
}
