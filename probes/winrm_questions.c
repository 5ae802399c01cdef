/* The questions of a conversation, as envelopes and in words. It knows no answer. */
#include "winrm_talk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ITEMS_AT_ONCE = 100, SHELL_IDLE_S = 60, QUERY_BYTES = 2048, OPERATION_MS_MIN = 1000 };

static const char file_mark[] = WINRM_FILE_MARK;

/* A text that grows in a buffer; `full`: something did not fit. */
struct query {
    char text[QUERY_BYTES];
    size_t bytes;
    bool full;
};

static void __attribute__((format(printf, 2, 3))) add(struct query *query, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int n = vsnprintf(query->text + query->bytes, sizeof query->text - query->bytes, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof query->text - query->bytes)
        query->full = true;
    else
        query->bytes += (size_t)n;
}

/* PROPERTY='TEXT', behind an OR where it is not the first. */
static void add_choice(struct query *query, const char *property, const char *text, bool *first)
{
    char literal[2 * WINRM_HOST_BYTES + 3];

    if (!text[0])
        return;
    if (envelope_wql_text(literal, sizeof literal, text) == 0) {
        query->full = true;
        return;
    }
    add(query, "%s%s=%s", *first ? " WHERE " : " OR ", property, literal);
    *first = false;
}

static void write_services(const struct winrm_talk *talk, struct query *query)
{
    const struct winrm_names *names = &talk->job->settings->winrm;
    bool first = true;

    add(query, "SELECT Name,State,StartMode FROM Win32_BaseService");
    add_choice(query, "Name", names->names[WINRM_NAME_SERVICE_REAL_TIME_SCAN], &first);
    add_choice(query, "Name", names->names[WINRM_NAME_SERVICE_LISTENER], &first);
    add_choice(query, "Name", names->names[WINRM_NAME_DRIVER_WEB_REPUTATION], &first);
    query->full = query->full || first; /* without any, it would be all services */
}

static void write_pings(const struct winrm_talk *talk, struct query *query)
{
    bool first = true;

    add(query, "SELECT Address,StatusCode,ProtocolAddress,ResponseTime,PrimaryAddressResolutionStatus"
               " FROM Win32_PingStatus");
    for (size_t i = 0; i < talk->findings.n_pings; i++)
        add_choice(query, "Address", talk->findings.pings[i].host, &first);
}

/* The registry values in both views, and where it is wanted the file behind a mark. */
static void write_command(const struct winrm_talk *talk, struct query *query)
{
    const struct probe_settings *settings = talk->job->settings;
    const char *const *names = settings->winrm.names;

    add(query, "reg query \"HKLM\\%s\" /s & reg query \"HKLM\\%s\" /s", names[WINRM_NAME_REGISTRY_ROOT],
        names[WINRM_NAME_REGISTRY_ROOT_32]);
    if (settings->reads_ssnotify)
        add(query, " & echo %s & type \"%s\"", file_mark, names[WINRM_NAME_FILE_SSNOTIFY]);
}

enum registry_type winrm_value_type(const struct winrm_talk *talk)
{
    static const enum registry_type types[WINRM_VALUES] = {
#define WINRM_VALUE(constant, key, initial, type, help) [WINRM_VALUE_##constant] = REGISTRY_##type,
#include "winrm_values.def"
#undef WINRM_VALUE
    };
    const bool turned = (talk->memory->strings >> talk->value & 1U) != (talk->other_type ? 1U : 0U);

    return turned ? (types[talk->value] == REGISTRY_DWORD ? REGISTRY_STRING : REGISTRY_DWORD) : types[talk->value];
}

enum winrm_value winrm_next_value(const struct winrm_talk *talk, enum winrm_value value)
{
    /* Those that are only shown cost a question each: where nobody reads along they are left out. */
    const enum winrm_value end = talk->job->transcript        ? WINRM_VALUES
                                 : talk->job->target->guid[0] ? WINRM_VALUE_GUID + 1
                                                              : WINRM_VALUE_GUID;
    for (; value < end; value++)
        if (talk->job->settings->winrm.values[value][0])
            return value;
    return WINRM_VALUES;
}

static size_t write_value(struct winrm_talk *talk, const struct envelope_head *head)
{
    const struct winrm_names *names = &talk->job->settings->winrm;
    const char *root =
        names->names[talk->findings.view == VIEW_32 ? WINRM_NAME_REGISTRY_ROOT_32 : WINRM_NAME_REGISTRY_ROOT];
    const char *path = names->values[talk->value];
    const char *slash = strrchr(path, '\\');
    const enum registry_type type = winrm_value_type(talk);
    char key[1024];

    if ((size_t)snprintf(key, sizeof key, "%s%s%.*s", root, slash ? "\\" : "", slash ? (int)(slash - path) : 0, path) >=
        sizeof key)
        return 0;
    snprintf(talk->question, sizeof talk->question, "%s HKLM\\%s\\%s",
             type == REGISTRY_DWORD ? "GetDWORDValue" : "GetStringValue", key, slash ? slash + 1 : path);
    return envelope_registry(talk->envelope, sizeof talk->envelope, head, type, key, slash ? slash + 1 : path);
}

/* Each message has an identifier of its own: a random one, counted up. */
static void name_message(struct winrm_talk *talk)
{
    const uint64_t low = talk->seed[1] ^ talk->messages++;

    snprintf(talk->message_id, sizeof talk->message_id, "uuid:%08x-%04x-4%03x-%04x-%012llx",
             (unsigned)(talk->seed[0] >> 32), (unsigned)(talk->seed[0] >> 16 & 0xffff),
             (unsigned)(talk->seed[0] & 0xfff), (unsigned)(0x8000 | (low >> 48 & 0x3fff)),
             (unsigned long long)(low & 0xffffffffffffULL));
}

static size_t write_query(struct winrm_talk *talk, const struct envelope_head *head)
{
    struct query query = { .bytes = 0 };

    if (talk->context[0]) {
        snprintf(talk->question, sizeof talk->question, "more of the same");
        return envelope_pull(talk->envelope, sizeof talk->envelope, head, talk->context, ITEMS_AT_ONCE);
    }
    if (talk->step == STEP_SERVICES)
        write_services(talk, &query);
    else if (talk->step == STEP_PING)
        write_pings(talk, &query);
    else if (talk->step == STEP_SYSTEM)
        add(&query, "SELECT Caption,Version,ProductType FROM Win32_OperatingSystem");
    else
        add(&query, "SELECT IPAddress,DefaultIPGateway FROM Win32_NetworkAdapterConfiguration WHERE IPEnabled=TRUE");
    snprintf(talk->question, sizeof talk->question, "%s", query.text);
    return query.full ? 0 : envelope_enumerate(talk->envelope, sizeof talk->envelope, head, query.text, ITEMS_AT_ONCE);
}

static size_t write_shell(struct winrm_talk *talk, const struct envelope_head *head)
{
    struct query command = { .bytes = 0 };
    char *const envelope = talk->envelope;
    const size_t room = sizeof talk->envelope;

    switch (talk->step) {
    case STEP_SHELL:
        snprintf(talk->question, sizeof talk->question, "open a shell");
        return envelope_shell_create(envelope, room, head, SHELL_IDLE_S);
    case STEP_COMMAND:
        write_command(talk, &command);
        snprintf(talk->question, sizeof talk->question, "%s", command.text);
        return command.full ? 0 : envelope_shell_command(envelope, room, head, talk->shell, command.text);
    case STEP_RECEIVE:
        snprintf(talk->question, sizeof talk->question, "what the command writes");
        return envelope_shell_receive(envelope, room, head, talk->shell, talk->command);
    default:
        snprintf(talk->question, sizeof talk->question, "close the shell");
        return envelope_shell_delete(envelope, room, head, talk->shell);
    }
}

size_t winrm_write_question(struct winrm_talk *talk)
{
    const unsigned timeout_ms = talk->job->settings->timeout_ms;
    const struct envelope_head head = { .to = talk->job->target->where,
                                        .message_id = talk->message_id,
                                        .timeout_ms = timeout_ms > OPERATION_MS_MIN ? timeout_ms : OPERATION_MS_MIN };

    name_message(talk);
    switch (talk->step) {
    case STEP_IDENTITY:
        snprintf(talk->question, sizeof talk->question, "Identify");
        return envelope_identify(talk->envelope, sizeof talk->envelope);
    case STEP_SHELL:
    case STEP_COMMAND:
    case STEP_RECEIVE:
    case STEP_DELETE:
        return write_shell(talk, &head);
    case STEP_VALUE:
        return write_value(talk, &head);
    default:
        return write_query(talk, &head);
    }
}
