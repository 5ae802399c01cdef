/* The WinRM driver: asks a Windows endpoint itself, over WS-Management, what its tray icon knows (DSP0226, MS-WSMV; the
 * names on the endpoint are the community's, and configuration). It decides what is asked next, and owns no socket.
 *
 * All registry values come at once by one command in a shell, where the endpoint lets us have one; else one by one.
 * What hardly ever changes (the system, the addresses) is asked again once an hour, or when there is a sign that it
 * changed. */
#include "winrm_talk.h"

#include "core/gateway.h"
#include "registry.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

enum { SLOW_MS = 3600 * 1000 };

/* Codes with which Windows denies (WSManFault Code: Win32 and HRESULT of "access is denied"). */
enum { FAULT_ACCESS_DENIED = 5 };
static const uint32_t fault_access_denied_hresult = 2147942405U;

/* What StdRegProv's methods return (WBEM): there, not there, of another type. */
enum { VALUE_FOUND = 0, VALUE_TYPE_WRONG = 1, VALUE_NOT_FOUND = 2 };
static const int64_t value_type_mismatch = 2147749893;

static const char *const step_names[STEP_END] = {
    [STEP_IDENTITY] = "identity",
    [STEP_SERVICES] = "services",
    [STEP_SHELL] = "shell",
    [STEP_COMMAND] = "command",
    [STEP_RECEIVE] = "command's output",
    [STEP_DELETE] = "shell",
    [STEP_VALUE] = "registry",
    [STEP_PING] = "ping",
    [STEP_SYSTEM] = "system",
    [STEP_ADDRESSES] = "addresses",
};

static bool is_recent(int64_t asked_ms, int64_t now_ms)
{
    return asked_ms != 0 && now_ms - asked_ms < SLOW_MS;
}

static void *begin(const struct probe_job *job, void **memory, const struct now *now)
{
    struct winrm_talk *talk = calloc(1, sizeof *talk);

    if (!*memory)
        *memory = calloc(1, sizeof(struct winrm_memory));
    if (!talk || !*memory) {
        free(talk);
        return NULL;
    }
    talk->job = job;
    talk->memory = *memory;
    talk->begun_ms = now->mono_ms;
    talk->cause = CAUSE_NONE;
    talk->step = job->transcript ? STEP_IDENTITY : STEP_SERVICES;
    if (job->anew)
        talk->memory->system_ms = talk->memory->own_ms = 0;
    talk->findings.needs_web_reputation = true;
    /* Only told apart, never guarded by: without randomness the identifiers are those of the next best thing. */
    if (getrandom(talk->seed, sizeof talk->seed, GRND_NONBLOCK) != sizeof talk->seed)
        talk->seed[0] = (uint64_t)(uintptr_t)talk, talk->seed[1] = (uint64_t)now->wall_ms;
    return talk;
}

static void forget(void *memory)
{
    free(memory);
}

static void talk_free(void *user)
{
    struct winrm_talk *talk = user;

    winrm_readings_done(&talk->findings);
    difference_unref(talk->findings.difference);
    free(talk->output);
    free(talk);
}

/* Notes what went wrong, if it is the first thing. */
static void __attribute__((format(printf, 3, 4)))
fail(struct winrm_talk *talk, enum cause cause, const char *format, ...)
{
    va_list arguments;

    if (talk->cause != CAUSE_NONE)
        return;
    talk->cause = cause;
    const int n = snprintf(talk->detail, sizeof talk->detail, "%s: ", step_names[talk->step]);
    va_start(arguments, format);
    vsnprintf(talk->detail + n, sizeof talk->detail - (size_t)n, format, arguments);
    va_end(arguments);
}

/* Whom the endpoint is to ping: its server, the one that it names itself if that is another, and if it is outside, the
 * internet. */
static void choose_pings(struct winrm_talk *talk)
{
    struct winrm_findings *findings = &talk->findings;
    const char *hosts[WINRM_PINGS_MAX] = { talk->job->target->server, talk->memory->named_server,
                                           winrm_is_outside(findings) ? talk->job->settings->internet_host : "" };

    if (findings->registry_known)
        winrm_named_server(findings, talk->memory->named_server);
    talk->pings_chosen = true;
    for (size_t i = 0; i < WINRM_PINGS_MAX; i++) {
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again = again || strcasecmp(hosts[i], hosts[j]) == 0;
        if (!hosts[i][0] || again || strlen(hosts[i]) >= WINRM_HOST_BYTES)
            continue;
        struct winrm_ping *ping = &findings->pings[findings->n_pings++];
        *ping = (struct winrm_ping){ 0 };
        snprintf(ping->host, sizeof ping->host, "%s", hosts[i]);
    }
}

/* Whether the addresses that are remembered still hold: the agent's own record is among them. */
static bool addresses_hold(const struct winrm_talk *talk)
{
    const struct address_list *own = &talk->memory->own;
    struct address record;

    if (!is_recent(talk->memory->own_ms, talk->begun_ms) || !winrm_own_record(&talk->findings, &record))
        return false;
    for (size_t i = 0; i < own->n; i++)
        if (address_equal(&own->at[i], &record))
            return true;
    return false;
}

static bool is_needed(const struct winrm_talk *talk, enum winrm_step step)
{
    const struct winrm_memory *memory = talk->memory;
    const bool may_have_shell = memory->no_shell_until_ms <= talk->begun_ms;

    switch (step) {
    case STEP_SHELL:
        return may_have_shell;
    case STEP_COMMAND:
    case STEP_RECEIVE:
    case STEP_DELETE:
        return talk->shell[0];
    case STEP_VALUE:
        return !talk->findings.registry_known;
    case STEP_PING:
        return talk->findings.n_pings > 0;
    case STEP_SYSTEM:
        return !is_recent(memory->system_ms, talk->begun_ms);
    case STEP_ADDRESSES:
        return !addresses_hold(talk);
    default:
        return true;
    }
}

static enum winrm_step step_after(const struct winrm_talk *talk, enum winrm_step step)
{
    do
        step++;
    while (!is_needed(talk, step));
    return step;
}

/* Goes on to the next step that is needed. Whom to ping is known once the registry was read, or could not be. */
static void advance(struct winrm_talk *talk)
{
    if (!talk->pings_chosen && (talk->findings.registry_known || talk->step == STEP_VALUE))
        choose_pings(talk);
    talk->step = step_after(talk, talk->step);
    if (talk->step != STEP_VALUE)
        return;
    talk->value = winrm_next_value(talk, 0);
    talk->findings.view = talk->memory->view_known ? talk->memory->view : VIEW_NATIVE;
    talk->other_view = talk->other_type = false;
}

static bool next(void *user, struct request *ret)
{
    struct winrm_talk *talk = user;

    if (!talk->over && talk->messages >= WINRM_MESSAGES_MAX) {
        fail(talk, CAUSE_WRONG_ANSWER, "it never comes to an end");
        talk->over = true;
    }
    while (!talk->over && talk->step != STEP_END) {
        const size_t bytes = winrm_write_question(talk);
        if (bytes) {
            *ret = (struct request){ .body = talk->envelope, .bytes = bytes };
            ret->last =
                talk->step >= STEP_DELETE && talk->step != STEP_VALUE && step_after(talk, talk->step) == STEP_END;
            return true;
        }
        fail(talk, CAUSE_CANCELLED, "a name in [winrm names] makes no sense, or is too long");
        advance(talk);
    }
    return false;
}

static bool is_denial(const struct soap_answer *answer)
{
    return answer->fault_code == FAULT_ACCESS_DENIED || answer->fault_code == fault_access_denied_hresult;
}

/* A shell was refused or broke: the values are asked for one by one, today or, where it was a denial, for an hour. */
static void do_without_shell(struct winrm_talk *talk, bool denied)
{
    if (denied)
        talk->memory->no_shell_until_ms = talk->begun_ms + SLOW_MS;
    talk->step = step_after(talk, STEP_RECEIVE);
    if (talk->step == STEP_VALUE) {
        talk->step = STEP_DELETE;
        advance(talk);
    }
}

static void take_fault(struct winrm_talk *talk, const struct soap_answer *answer)
{
    if (talk->step == STEP_RECEIVE && answer->fault_code == SOAP_FAULT_TIMED_OUT)
        return; /* it had nothing to say yet: asked again */
    winrm_tell(talk, "fault %u: %s", answer->fault_code, answer->fault_text);
    if (talk->step == STEP_SHELL || talk->step == STEP_COMMAND || talk->step == STEP_RECEIVE) {
        do_without_shell(talk, is_denial(answer));
        return;
    }
    if (talk->step == STEP_DELETE) { /* it is gone, or will be when it has been idle */
        talk->shell[0] = '\0';
        advance(talk);
        return;
    }
    const enum cause cause = is_denial(answer)                                ? CAUSE_FORBIDDEN
                             : answer->fault_code == SOAP_FAULT_TIMED_OUT     ? CAUSE_TIMED_OUT
                             : answer->fault_code == SOAP_FAULT_NO_SUCH_CLASS ? CAUSE_WRONG_ANSWER
                                                                              : CAUSE_PROTOCOL_ERROR;
    fail(talk, cause, "fault %u: %s", answer->fault_code, answer->fault_text);
    /* Who may not ask for services may ask for nothing. */
    talk->over = talk->step == STEP_SERVICES && is_denial(answer);
    talk->context[0] = '\0';
    advance(talk);
}

/* The end of an object list: a query that has no more. */
static void end_query(struct winrm_talk *talk)
{
    struct winrm_findings *findings = &talk->findings;

    if (talk->step == STEP_SERVICES) {
        findings->services_known = true;
        for (enum winrm_service service = 0; service < WINRM_SERVICES; service++)
            if (!findings->services[service])
                findings->services[service] = findings->services_odd ? SERVICE_UNKNOWN : SERVICE_MISSING;
    } else if (talk->step == STEP_ADDRESSES && findings->own.n > 0) {
        findings->own_known = true;
        findings->gateway = (uint8_t)gateways_have(talk->job->settings->gateways, &talk->gateways);
        talk->memory->own = findings->own;
        talk->memory->gateway = findings->gateway;
        talk->memory->own_ms = talk->begun_ms;
    }
    talk->context[0] = '\0';
    advance(talk);
}

/* What the command wrote is there. An endpoint on which the agent's service is, but none of its values, does not let
 * `reg` run: that is a shell of no use. */
static void end_command(struct winrm_talk *talk)
{
    struct winrm_findings *findings = &talk->findings;
    bool any = false;

    winrm_read_output(talk);
    for (enum winrm_value id = 0; id < WINRM_VALUES; id++)
        any = any || winrm_reading_text(findings, id);
    if (talk->output_too_large)
        fail(talk, CAUSE_TOO_LARGE, "the registry has more to say than is read");
    findings->registry_known =
        any || !findings->services_known || findings->services[WINRM_REAL_TIME_SCAN] == SERVICE_MISSING;
    if (!findings->registry_known)
        talk->memory->no_shell_until_ms = talk->begun_ms + SLOW_MS;
    advance(talk);
}

/* There is no agent in this view of the registry: perhaps in the other. */
static void try_other_view(struct winrm_talk *talk)
{
    struct winrm_findings *findings = &talk->findings;

    if (!talk->other_view) {
        talk->other_view = true;
        findings->view = findings->view == VIEW_NATIVE ? VIEW_32 : VIEW_NATIVE;
        return;
    }
    talk->memory->view_known = false;
    findings->registry_known = true;
    advance(talk);
}

static void take_value(struct winrm_talk *talk)
{
    const bool type_is_wrong = talk->return_value == VALUE_TYPE_WRONG || talk->return_value == value_type_mismatch;
    const bool found = talk->return_value == VALUE_FOUND;

    if (type_is_wrong && !talk->other_type) {
        talk->other_type = true;
        return;
    }
    if (talk->return_value == FAULT_ACCESS_DENIED)
        fail(talk, CAUSE_FORBIDDEN, "the registry is not for this account");
    if (found && talk->other_type)
        talk->memory->strings ^= 1U << talk->value;
    talk->other_type = false;
    const bool is_first = talk->value == winrm_next_value(talk, 0);
    if (is_first && talk->return_value == VALUE_NOT_FOUND) {
        try_other_view(talk);
        return;
    }
    if (is_first && found) {
        talk->memory->view_known = true;
        talk->memory->view = (uint8_t)talk->findings.view;
    }
    talk->value = winrm_next_value(talk, talk->value + 1);
    if (talk->value < WINRM_VALUES)
        return;
    talk->findings.registry_known = true;
    advance(talk);
}

/* Takes what is of the kind that was asked for; false: it is not. */
static bool take_answer(struct winrm_talk *talk, const struct soap_answer *answer)
{
    switch (answer->kind) {
    case SOAP_IDENTITY:
        if (talk->step != STEP_IDENTITY)
            return false;
        winrm_tell(talk, "%s", answer->product);
        break;
    case SOAP_ITEMS:
        if (talk->step != STEP_SERVICES && talk->step < STEP_PING)
            return false;
        if (answer->end) {
            end_query(talk);
            return true;
        }
        if (answer->context[0])
            memcpy(talk->context, answer->context, sizeof talk->context);
        return talk->context[0] != '\0';
    case SOAP_OUTPUT:
        if (talk->step != STEP_VALUE || !talk->value_read)
            return false;
        take_value(talk);
        return true;
    case SOAP_SHELL:
        if (talk->step != STEP_SHELL)
            return false;
        memcpy(talk->shell, answer->shell, sizeof talk->shell);
        break;
    case SOAP_COMMAND:
        if (talk->step != STEP_COMMAND)
            return false;
        memcpy(talk->command, answer->command, sizeof talk->command);
        break;
    case SOAP_STREAMS:
        if (talk->step != STEP_RECEIVE)
            return false;
        if (answer->end)
            end_command(talk);
        return true;
    case SOAP_DONE:
        if (talk->step != STEP_DELETE)
            return false;
        talk->shell[0] = '\0';
        break;
    default:
        return false;
    }
    advance(talk);
    return true;
}

/* Reads what came with a good status, or as a fault. */
static void read_reply(struct winrm_talk *talk, const struct reply *reply)
{
    struct soap_answer answer;
    char why[SOAP_WHY_BYTES];

    winrm_items_begin(talk);
    const int error = soap_read(reply->body, reply->bytes, talk->step == STEP_IDENTITY ? NULL : talk->message_id,
                                &winrm_sink, talk, &answer, why);
    winrm_items_end(talk);
    if (error) {
        if (reply->cause != CAUSE_NONE)
            fail(talk, reply->cause, "%s", reply->detail);
        else
            fail(talk, error == -ENOMEM ? CAUSE_CANCELLED : CAUSE_WRONG_ANSWER, "%s",
                 error == -ENOMEM ? "out of memory" : why);
        talk->over = true;
    } else if (answer.kind == SOAP_FAULT) {
        take_fault(talk, &answer);
    } else if (!take_answer(talk, &answer)) {
        fail(talk, CAUSE_WRONG_ANSWER, "an answer to another question");
        talk->over = true;
    }
}

static void take(void *user, const struct reply *reply, const struct now *now)
{
    struct winrm_talk *talk = user;
    const enum cause before = talk->cause;
    enum { STATUS_FAULT = 500 };

    if (reply->date_ms)
        talk->findings.skew_ms = reply->date_ms - now->wall_ms;
    if (reply->cause == CAUSE_NONE || (reply->status == STATUS_FAULT && reply->bytes > 0)) {
        read_reply(talk, reply);
    } else {
        winrm_items_begin(talk);
        fail(talk, reply->cause, "%s", reply->detail);
        talk->over = true;
    }
    const bool failed = before == CAUSE_NONE && talk->cause != CAUSE_NONE;
    transcript_add(talk->job->transcript,
                   &(struct transcript_entry){ talk->question,
                                               failed && !talk->summary[0] ? talk->detail : talk->summary,
                                               failed ? talk->cause : CAUSE_NONE, reply->rtt_ms });
}

/* Puts the address that a server's name resolved to, when it last answered, where it does not answer now, although its
 * name resolves. */
static void remember_resolved(struct winrm_talk *talk)
{
    struct winrm_memory *memory = talk->memory;

    for (size_t i = 0; i < talk->findings.n_pings; i++) {
        struct winrm_ping *ping = &talk->findings.pings[i];
        const bool is_server = i == 0 || strcasecmp(ping->host, memory->named_server) == 0;
        if (is_server && ping->address.family) {
            memory->resolved_ms = talk->begun_ms;
            memory->resolved = ping->address;
            snprintf(memory->resolved_host, sizeof memory->resolved_host, "%s", ping->host);
        } else if (ping->resolved && is_recent(memory->resolved_ms, talk->begun_ms) &&
                   strcasecmp(ping->host, memory->resolved_host) == 0) {
            ping->address = memory->resolved;
        }
    }
}

/* What became of the agent's file. Where the endpoint allows no shell it can not be read; where the talk broke off
 * before, nothing is known of it. */
static void explain_file(struct winrm_talk *talk, struct probe_answer *answer)
{
    struct winrm_findings *findings = &talk->findings;
    char words[sizeof answer->file_detail];

    if (!talk->job->settings->reads_ssnotify)
        return;
    if (!findings->file_cause && findings->registry_known && talk->memory->no_shell_until_ms > talk->begun_ms) {
        findings->files = FILES_NO_SHELL;
        findings->file_cause = CAUSE_FORBIDDEN;
        snprintf(findings->file_detail, sizeof findings->file_detail,
                 "the endpoint allows no shell, which reading the file needs");
    } else if (!findings->file_cause && talk->cause == CAUSE_NONE) {
        findings->files = FILES_UNREADABLE;
        findings->file_cause = CAUSE_PROTOCOL_ERROR;
        snprintf(findings->file_detail, sizeof findings->file_detail, "the shell to read it in broke");
    }
    answer->file_cause = findings->file_cause;
    if (findings->file_cause > CAUSE_NONE) {
        snprintf(words, sizeof words, "%s: %.140s", WINRM_FILE, findings->file_detail);
        detail_write(answer->file_detail, sizeof answer->file_detail, words);
    }
}

static void end(void *user, const struct now *now, struct probe_answer *answer)
{
    struct winrm_talk *talk = user;
    struct winrm_findings *findings = &talk->findings;

    /* The deadline may have passed between two questions. */
    if (!talk->over && talk->step != STEP_END)
        fail(talk, CAUSE_TIMED_OUT, "the time for the whole is up");
    if (!findings->system[0] && is_recent(talk->memory->system_ms, talk->begun_ms)) {
        memcpy(findings->system, talk->memory->system, sizeof findings->system);
        findings->needs_web_reputation = talk->memory->needs_web_reputation;
    }
    if (!findings->own_known && addresses_hold(talk)) {
        findings->own = talk->memory->own;
        findings->gateway = talk->memory->gateway;
        findings->own_known = true;
    }
    /* The address has gone to another machine: what that one says is about another agent. */
    const bool other = findings->registry_known && !winrm_is_agent(findings, talk->job->target->guid);
    if (other) {
        talk->cause = CAUSE_WRONG_ANSWER;
        snprintf(talk->detail, sizeof talk->detail, "the agent there is another one: its GUID is %.64s",
                 winrm_reading_text(findings, WINRM_VALUE_GUID));
    }
    answer->observation.cause = talk->cause;
    answer_detail(answer, talk->detail);
    if (other)
        return;
    explain_file(talk, answer);
    remember_resolved(talk);
    if (findings->out_of_memory || ((findings->services_known || findings->registry_known) &&
                                    winrm_observe(findings, talk->job, now, &answer->observation) < 0)) {
        answer->observation.cause = CAUSE_CANCELLED;
        answer_detail(answer, "out of memory");
    }
    if (answer->observation.cause == CAUSE_NONE)
        answer->observation.has |= HAS_WHOLE;
}

static const struct conversation conversation = {
    .content_type = "application/soap+xml;charset=UTF-8",
    .begin = begin,
    .next = next,
    .take = take,
    .end = end,
    .free = talk_free,
    .forget = forget,
};

const struct probe_driver winrm_driver = {
    .id = DRIVER_WINRM,
    .conversation = &conversation,
};
