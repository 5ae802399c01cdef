/* Keeps together what belongs to one survey. Its life is that of the exchanges that refer to it. */
#include "survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct survey {
    const struct survey_kind *kind;
    struct probe_job job; /* owned */
    int64_t begun_ms;
    unsigned references;
    struct question questions[SURVEY_WAYS_MAX];
    struct survey_reply replies[SURVEY_WAYS_MAX];
};

struct survey *survey_new(struct probe_job *job, const struct survey_kind *kind)
{
    struct survey *survey = calloc(1, sizeof *survey);

    if (!survey)
        return NULL;
    survey->kind = kind;
    survey->job = *job;
    survey->references = 1;
    return survey;
}

void survey_unref(struct survey *survey)
{
    if (--survey->references > 0)
        return;
    probe_job_done(&survey->job);
    free(survey);
}

struct exchange *survey_ask(struct survey *survey, unsigned way, struct asker *asker, const struct now *now)
{
    struct question *question = &survey->questions[way];

    survey->begun_ms = now->mono_ms;
    if (!survey->kind->ask(&survey->job, way, question))
        return NULL;
    const struct probe_job part = {
        .settings = probe_settings_ref(survey->job.settings),
        .target = probe_target_ref(survey->job.target),
        .ticket = survey->job.ticket,
    };
    struct exchange *exchange = asker_lend_for(asker, &part, question, now);
    if (!exchange) {
        survey->replies[way] = (struct survey_reply){ .asked = true, .cause = CAUSE_CANCELLED };
        probe_settings_unref(part.settings);
        probe_target_unref(part.target);
        return NULL;
    }
    exchange->survey = survey;
    exchange->way = way;
    survey->references++;
    return exchange;
}

/* Media types are told apart without their parameters and without regard to case (RFC 9110, section 8.3.1). */
static bool is_of_type(CURL *easy, const char *wanted)
{
    const char *type = NULL;

    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    if (!type)
        return false;
    const size_t bytes = strcspn(type, "; \t");
    return bytes == strlen(wanted) && strncasecmp(type, wanted, bytes) == 0;
}

/* A gateway's errors are the proxy's own answers, not those of the one that was asked (RFC 9110, section 15.6). */
static bool is_from_proxy(const struct question *question, long status)
{
    return question->proxy && (status == 407 || (status >= 502 && status <= 504));
}

void survey_take(struct exchange *exchange, CURLcode result)
{
    const struct question *question = exchange->question;
    struct survey_reply *reply = &exchange->survey->replies[exchange->way];
    struct http_outcome outcome = exchange_outcome(exchange, result);

    /* What libcurl calls an error of reading is then the end of the connection. */
    outcome.tls_cut = outcome.tls_cut || (question->proxy && exchange->header_bytes == 0);

    outcome.healthy =
        !question->content_type || (outcome.status == 200 && is_of_type(exchange->easy, question->content_type));
    enum cause cause = http_cause(&outcome);
    if (!question->content_type && outcome.result == CURLE_OK && !is_from_proxy(question, outcome.status))
        cause = CAUSE_NONE; /* any answer is one */
    *reply = (struct survey_reply){
        .asked = true,
        .cause = cause,
        .heard = http_heard(&outcome, cause),
        .rtt_ms = outcome.rtt_ms,
        .certificate = exchange->tls.certificate,
    };
    exchange_explain(exchange, &outcome, cause, reply->detail, sizeof reply->detail);
}

bool survey_is_over(const struct survey *survey)
{
    return survey->references == 1;
}

static void write_down(const struct survey *survey, unsigned way, struct transcript *transcript)
{
    const struct question *question = &survey->questions[way];
    const struct survey_reply *reply = &survey->replies[way];
    char text[2 * 2048 + 64];

    snprintf(text, sizeof text, "GET %s%s%s", question->url, question->proxy ? " through " : "",
             question->proxy ? question->proxy->url : "");
    transcript_add(transcript, &(struct transcript_entry){ text, reply->detail, reply->cause, reply->rtt_ms });
}

void survey_answer(struct survey *survey, const struct now *now, struct probe_answer *answer)
{
    answer_begin(&survey->job, now, answer);
    answer->observation.rtt_ms = (uint32_t)(now->mono_ms - survey->begun_ms);
    for (unsigned way = 0; way < survey->kind->ways; way++) {
        answer->observation.heard = answer->observation.heard || survey->replies[way].heard;
        if (survey->replies[way].asked)
            write_down(survey, way, answer->transcript);
    }
    survey->kind->end(&survey->job, survey->replies, answer);
}
