/* The source driver: whether a Smart Protection source answers for file reputation (its url with the test query;
 * community) and for web reputation (anything at all), straight and through the proxy that its agents use. What it
 * answers is none of our business: no body is kept. */
#include "driver.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct proxy_settings *proxy_of(const struct probe_job *job, bool by_proxy)
{
    return by_proxy ? &job->settings->proxies[job->target->outside ? PROXY_EXTERNAL : PROXY_INTERNAL] : NULL;
}

static bool ask(const struct probe_job *job, unsigned way, struct question *ret)
{
    const struct probe_target *target = job->target;
    const bool file = way == WAY_FILE || way == WAY_FILE_PROXY;
    const bool by_proxy = way == WAY_FILE_PROXY || way == WAY_WEB_PROXY;

    if ((!file && !*target->web) || (by_proxy && !(file ? target->file_by_proxy : target->web_by_proxy)))
        return false;
    *ret = (struct question){
        .url = file ? target->where : target->web,
        .proxy = proxy_of(job, by_proxy),
        .content_type = file ? job->settings->content_type : NULL,
    };
    return true;
}

/* Seen straight, or else through the proxy. */
static void see_certificate(const struct probe_job *job, const struct survey_reply *replies, struct source_check *check)
{
    const struct tls_certificate *seen = &replies[WAY_FILE].certificate;

    if (seen->state <= CERTIFICATE_UNKNOWN)
        seen = &replies[WAY_FILE_PROXY].certificate;
    check->certificate = seen->state > CERTIFICATE_UNKNOWN ? seen->state : CERTIFICATE_UNKNOWN;
    check->certificate_days = seen->state > CERTIFICATE_UNKNOWN ? seen->days : CERTIFICATE_DAYS_UNKNOWN;
    if (strncasecmp(job->target->where, "https:", strlen("https:")) != 0)
        check->certificate = CERTIFICATE_NOT_APPLICABLE;
}

/* The first thing that is wrong, be it that the proxy fails where the straight way does not. */
static void explain(const struct survey_reply *replies, struct probe_answer *answer)
{
    static const char *const names[SOURCE_WAYS] = { [WAY_FILE] = "file reputation",
                                                    [WAY_WEB] = "web reputation",
                                                    [WAY_FILE_PROXY] = "file reputation through the proxy",
                                                    [WAY_WEB_PROXY] = "web reputation through the proxy" };
    char text[2 * sizeof answer->detail];

    for (enum source_way way = 0; way < SOURCE_WAYS; way++) {
        if (!replies[way].asked || replies[way].cause == CAUSE_NONE)
            continue;
        snprintf(text, sizeof text, "%s: %s", names[way], replies[way].detail);
        answer_detail(answer, text);
        return;
    }
}

static void end(const struct probe_job *job, const struct survey_reply *replies, struct probe_answer *answer)
{
    struct source_check *check = &answer->observation.source;
    bool whole = true;

    for (enum source_way way = 0; way < SOURCE_WAYS; way++) {
        const struct survey_reply *reply = &replies[way];
        if (!reply->asked)
            continue;
        if (cause_is_evidence(reply->cause))
            check->ways[way] =
                (struct way_outcome){ .cause = (uint8_t)reply->cause, .heard = reply->heard, .rtt_ms = reply->rtt_ms };
        else
            whole = false;
    }
    see_certificate(job, replies, check);
    /* Where one way was not really asked, the others might say what it would have refuted. */
    answer->observation.cause = whole ? source_cause(check) : CAUSE_CANCELLED;
    explain(replies, answer);
}

static const struct survey_kind survey = { .ways = SOURCE_WAYS, .ask = ask, .end = end };

const struct probe_driver source_driver = {
    .id = DRIVER_SOURCE,
    .survey = &survey,
    .complaint = "the answer is not one to a reputation query",
};
