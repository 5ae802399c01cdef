/* shell.c: the shells of an endpoint. A command is done as soon as it begins; its output waits to be received. What a
 * command prints is the affair of cmd.c. */
#include "shell.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd.h"
#include "crew.h"

#define SHELLS_MAX     30
#define IDLE_USUAL_S   7200
#define STREAM_BYTES   2048  /* in one Stream element */
#define RECEIVE_BYTES  65536 /* in one answer, so that it fits into the envelopes that clients ask for */
#define CODE_CONTROL_C (-1073741510)
#define STATE          SOAP_NS_SHELL "/CommandState/"
#define SIGNAL_PREFIX  SOAP_NS_SHELL "/signal/"
#define ENDLESS_LINE   "and so on\r\n"

struct shell {
    struct endpoint *endpoint;
    char id[EXCHANGE_ID_BYTES];
    struct event idle; /* ends it */
    struct timeval idle_time;
    /* The one command, if command_id is not empty. */
    char command_id[EXCHANGE_ID_BYTES];
    struct evbuffer *out, *errors; /* owned; what was not received yet */
    int exit_code;
    bool halved; /* the first of two portions was received */
    LIST_ENTRY(shell) siblings;
};

static void shell_end(struct shell *shell)
{
    struct endpoint *endpoint = shell->endpoint;

    LIST_REMOVE(shell, siblings);
    event_del(&shell->idle);
    evbuffer_free(shell->out);
    evbuffer_free(shell->errors);
    free(shell);
    endpoint->shells_count--;
    atomic_fetch_sub_explicit(&endpoint->shells_open, 1, memory_order_relaxed);
}

void shell_end_all(struct endpoint *endpoint)
{
    for (struct shell *shell = LIST_FIRST(&endpoint->shells), *next; shell; shell = next) {
        next = LIST_NEXT(shell, siblings);
        shell_end(shell);
    }
}

static void on_idle(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    shell_end(argument);
}

/* Finds the shell that the request names, and lets it live on. Without one, the exchange has failed. */
static struct shell *find(struct exchange *exchange)
{
    const char *id = request_text(exchange->request, REQUEST_SHELL_ID);
    struct shell *shell;

    LIST_FOREACH(shell, &exchange->endpoint->shells, siblings)
    if (strcasecmp(shell->id, id) == 0) {
        event_add(&shell->idle, &shell->idle_time);
        return shell;
    }
    exchange_fail(exchange, FAULT_SHELL);
    return NULL;
}

/* Finds the shell whose command the request names, likewise. */
static struct shell *find_command(struct exchange *exchange)
{
    struct shell *shell = find(exchange);

    if (!shell)
        return NULL;
    if (shell->command_id[0] && strcasecmp(shell->command_id, request_text(exchange->request, REQUEST_COMMAND_ID)) == 0)
        return shell;
    exchange_fail(exchange, FAULT_COMMAND);
    return NULL;
}

static void answer_to(struct exchange *exchange, const char *action)
{
    snprintf(exchange->action, sizeof exchange->action, "%s", action);
}

/* Reads a duration of the form PT1800S, PT1800.000S or PT5M. Anything else is taken for the usual one. */
static long read_duration(const char *text)
{
    char *end;

    if (strncmp(text, "PT", 2) != 0)
        return IDLE_USUAL_S;
    const double number = strtod(text + 2, &end);
    const long seconds = number >= 0 && number < 1e6 ? (long)(number * (*end == 'M' ? 60 : *end == 'H' ? 3600 : 1)) : 0;
    return seconds > 0 && seconds <= IDLE_USUAL_S ? seconds : IDLE_USUAL_S;
}

static struct shell *shell_new(struct exchange *exchange)
{
    struct shell *shell = calloc(1, sizeof *shell);

    if (!shell)
        return NULL;
    shell->out = evbuffer_new();
    shell->errors = evbuffer_new();
    if (!shell->out || !shell->errors) {
        if (shell->out)
            evbuffer_free(shell->out);
        if (shell->errors)
            evbuffer_free(shell->errors);
        free(shell);
        return NULL;
    }
    shell->endpoint = exchange->endpoint;
    exchange_id(shell->id);
    shell->idle_time.tv_sec = read_duration(request_text(exchange->request, REQUEST_IDLE_TIMEOUT));
    evtimer_assign(&shell->idle, exchange->conn->worker->base, on_idle, shell);
    event_add(&shell->idle, &shell->idle_time);
    LIST_INSERT_HEAD(&exchange->endpoint->shells, shell, siblings);
    exchange->endpoint->shells_count++;
    atomic_fetch_add_explicit(&exchange->endpoint->shells_open, 1, memory_order_relaxed);
    return shell;
}

static void answer_create(struct exchange *exchange, const struct shell *shell)
{
    const char *owner = endpoint_get(exchange->endpoint, "user", ENDPOINT_USER);

    answer_to(exchange, SOAP_NS_TRANSFER "/CreateResponse");
    evbuffer_add_printf(exchange->body, "<x:ResourceCreated><a:Address>");
    exchange_escape(exchange->body, request_text(exchange->request, REQUEST_TO));
    evbuffer_add_printf(exchange->body,
                        "</a:Address><a:ReferenceParameters><w:ResourceURI>" SOAP_CMD "</w:ResourceURI><w:SelectorSet>"
                        "<w:Selector Name=\"ShellId\">%s</w:Selector></w:SelectorSet></a:ReferenceParameters>"
                        "</x:ResourceCreated>",
                        shell->id);
    evbuffer_add_printf(exchange->body,
                        "<rsp:Shell xmlns:rsp=\"" SOAP_NS_SHELL "\"><rsp:ShellId>%s</rsp:ShellId>"
                        "<rsp:ResourceUri>" SOAP_CMD "</rsp:ResourceUri><rsp:Owner>",
                        shell->id);
    exchange_escape(exchange->body, owner ? owner : "");
    evbuffer_add_printf(
        exchange->body,
        "</rsp:Owner><rsp:ClientIP>127.0.0.1</rsp:ClientIP><rsp:IdleTimeOut>PT%ld.000S</rsp:IdleTimeOut>"
        "<rsp:InputStreams>",
        (long)shell->idle_time.tv_sec);
    exchange_escape(exchange->body, request_text(exchange->request, REQUEST_INPUT_STREAMS));
    evbuffer_add_printf(exchange->body, "</rsp:InputStreams><rsp:OutputStreams>");
    exchange_escape(exchange->body, request_text(exchange->request, REQUEST_OUTPUT_STREAMS));
    evbuffer_add_printf(exchange->body, "</rsp:OutputStreams><rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime>"
                                        "<rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity></rsp:Shell>");
}

void shell_create(struct exchange *exchange)
{
    const char *outputs = request_text(exchange->request, REQUEST_OUTPUT_STREAMS);

    if (!request_is(exchange->request, SOAP_NS_SHELL, "Shell") || !*outputs) {
        exchange_fail(exchange, FAULT_SCHEMA);
        return;
    }
    if (endpoint_is(exchange->endpoint, "shell", "allowed", "denied")) {
        exchange_fail(exchange, FAULT_DENIED);
        return;
    }
    if (exchange->endpoint->shells_count >= SHELLS_MAX) {
        exchange_fail(exchange, FAULT_SHELLS);
        return;
    }
    const struct shell *shell = shell_new(exchange);
    if (shell)
        answer_create(exchange, shell);
    else
        exchange_fail(exchange, FAULT_MEMORY);
}

/* Runs the command of the request in the shell. Returns what cmd_run() does. */
static int run(const struct exchange *exchange, struct shell *shell)
{
    const struct request *request = exchange->request;
    const bool skip_shell = strcasecmp(request_text(request, REQUEST_SKIP_SHELL), "TRUE") == 0;
    const char *arguments = request_text(request, REQUEST_ARGUMENTS);
    char *line;

    evbuffer_drain(shell->out, evbuffer_get_length(shell->out));
    evbuffer_drain(shell->errors, evbuffer_get_length(shell->errors));
    shell->command_id[0] = '\0';
    shell->halved = false;
    if (asprintf(&line, "%s%s%s", request_text(request, REQUEST_COMMAND), *arguments ? " " : "", arguments) < 0)
        return -ENOMEM;
    const int code = cmd_run(exchange->endpoint, line, skip_shell, exchange->twist, shell->out, shell->errors);
    free(line);
    return code;
}

void shell_command(struct exchange *exchange)
{
    struct shell *shell = find(exchange);

    if (!shell)
        return;
    if (!request_is(exchange->request, SOAP_NS_SHELL, "CommandLine") || !exchange->request->texts[REQUEST_COMMAND]) {
        exchange_fail(exchange, FAULT_SCHEMA);
        return;
    }
    const int code = run(exchange, shell);
    if (code < 0) {
        exchange_fail(exchange, code == -ENOENT ? FAULT_PROGRAM : FAULT_MEMORY);
        return;
    }
    shell->exit_code = code;
    exchange_id(shell->command_id);
    answer_to(exchange, SOAP_NS_SHELL "/CommandResponse");
    evbuffer_add_printf(exchange->body, "<rsp:CommandResponse><rsp:CommandId>%s</rsp:CommandId></rsp:CommandResponse>",
                        shell->command_id);
}

static void add_stream(struct exchange *exchange, const struct shell *shell, const char *name, const char *bytes,
                       size_t size)
{
    unsigned char text[STREAM_BYTES / 3 * 4 + 8];

    EVP_EncodeBlock(text, (const unsigned char *)bytes, (int)size);
    evbuffer_add_printf(exchange->body, "<rsp:Stream Name=\"%s\" CommandId=\"%s\">%s</rsp:Stream>", name,
                        shell->command_id, exchange->twist == TWIST_BASE64 ? "!!! no *base64* ===" : (char *)text);
}

/* Moves at most so many bytes from the stream to the answer, in several elements. */
static void hand_out(struct exchange *exchange, const struct shell *shell, const char *name, struct evbuffer *stream,
                     size_t most)
{
    char bytes[STREAM_BYTES];

    while (most > 0 && evbuffer_get_length(stream) > 0) {
        const int size = evbuffer_remove(stream, bytes, most < sizeof bytes ? most : sizeof bytes);
        add_stream(exchange, shell, name, bytes, (size_t)size);
        most -= (size_t)size;
    }
}

static void add_end(struct exchange *exchange, const struct shell *shell)
{
    const char *const names[] = { "stdout", "stderr" };

    for (size_t i = 0; i < 2; i++)
        evbuffer_add_printf(exchange->body, "<rsp:Stream Name=\"%s\" CommandId=\"%s\" End=\"true\"/>", names[i],
                            shell->command_id);
    evbuffer_add_printf(exchange->body,
                        "<rsp:CommandState CommandId=\"%s\" State=\"" STATE "Done\"><rsp:ExitCode>%d</rsp:ExitCode>"
                        "</rsp:CommandState>",
                        shell->command_id, shell->exit_code);
}

void shell_receive(struct exchange *exchange)
{
    struct shell *shell = find_command(exchange);

    if (!shell)
        return;
    answer_to(exchange, SOAP_NS_SHELL "/ReceiveResponse");
    evbuffer_add_printf(exchange->body, "<rsp:ReceiveResponse>");
    const size_t length = evbuffer_get_length(shell->out) + evbuffer_get_length(shell->errors);
    const bool first_half = !shell->halved && endpoint_is(exchange->endpoint, "portions", "1", "2");
    const size_t most = first_half ? length / 2 : RECEIVE_BYTES;
    shell->halved = true;
    if (exchange->twist == TWIST_ENDLESS) {
        add_stream(exchange, shell, "stdout", ENDLESS_LINE, sizeof ENDLESS_LINE - 1);
    } else {
        const size_t from_out = evbuffer_get_length(shell->out) < most ? evbuffer_get_length(shell->out) : most;
        hand_out(exchange, shell, "stdout", shell->out, from_out);
        hand_out(exchange, shell, "stderr", shell->errors, most - from_out);
    }
    if (first_half || exchange->twist == TWIST_ENDLESS || length > most)
        evbuffer_add_printf(exchange->body, "<rsp:CommandState CommandId=\"%s\" State=\"" STATE "Running\"/>",
                            shell->command_id);
    else
        add_end(exchange, shell);
    evbuffer_add_printf(exchange->body, "</rsp:ReceiveResponse>");
}

void shell_signal(struct exchange *exchange)
{
    const char *code = request_text(exchange->request, REQUEST_SIGNAL);
    struct shell *shell = find_command(exchange);

    if (!shell)
        return;
    if (strcmp(code, SIGNAL_PREFIX "terminate") == 0) {
        shell->command_id[0] = '\0';
    } else if (strcmp(code, SIGNAL_PREFIX "ctrl_c") == 0 || strcmp(code, SIGNAL_PREFIX "ctrl_break") == 0) {
        shell->exit_code = CODE_CONTROL_C;
    } else {
        exchange_fail(exchange, FAULT_SCHEMA);
        return;
    }
    answer_to(exchange, SOAP_NS_SHELL "/SignalResponse");
    evbuffer_add_printf(exchange->body, "<rsp:SignalResponse/>");
}

void shell_delete(struct exchange *exchange)
{
    struct shell *shell = find(exchange);

    if (!shell)
        return;
    shell_end(shell);
    answer_to(exchange, SOAP_NS_TRANSFER "/DeleteResponse");
}
