/* What the answers of an endpoint contain, put into the findings: objects of queries, single values, a command's
 * output. It never decides what is asked next. */
#include "winrm_talk.h"

#include "core/line.h"
#include "file_faults.h"
#include "registry.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { OUTPUT_BYTES_MAX = 4 * 1024 * 1024, OUTPUT_ROOM_FIRST = 16 * 1024 };

void winrm_tell(struct winrm_talk *talk, const char *format, ...)
{
    va_list arguments;
    const size_t room = sizeof talk->summary - talk->summary_bytes;

    if (!talk->job->transcript)
        return;
    va_start(arguments, format);
    const int n = vsnprintf(talk->summary + talk->summary_bytes, room, format, arguments);
    va_end(arguments);
    talk->summary_bytes += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/* A number as WMI writes it; false: none. */
static bool read_integer(const char *text, int64_t *ret)
{
    char *end;
    const long long number = strtoll(text, &end, 10);

    if (end == text || *end)
        return false;
    *ret = number;
    return true;
}

/* Copies what fits; a longer text is none that anybody waits for. */
static void copy_text(char *buffer, size_t room, const char *text)
{
    const size_t bytes = strlen(text);

    if (bytes < room)
        memcpy(buffer, text, bytes + 1);
}

static void end_service(struct winrm_talk *talk, const struct winrm_item *item)
{
    static const enum winrm_name names[WINRM_SERVICES] = {
        [WINRM_REAL_TIME_SCAN] = WINRM_NAME_SERVICE_REAL_TIME_SCAN,
        [WINRM_LISTENER] = WINRM_NAME_SERVICE_LISTENER,
        [WINRM_WEB_REPUTATION] = WINRM_NAME_DRIVER_WEB_REPUTATION,
    };

    bool wanted = false;

    for (enum winrm_service service = 0; service < WINRM_SERVICES; service++) {
        if (strcasecmp(item->name, talk->job->settings->winrm.names[names[service]]) != 0)
            continue;
        /* One that is paused, or hangs while it starts or stops, does not serve either. */
        talk->findings.services[service] = !item->state[0]                           ? SERVICE_UNKNOWN
                                           : strcasecmp(item->state, "Running") == 0 ? SERVICE_RUNNING
                                                                                     : SERVICE_STOPPED;
        if (service == WINRM_REAL_TIME_SCAN)
            talk->findings.real_time_scan_disabled = strcasecmp(item->start_mode, "Disabled") == 0;
        wanted = true;
    }
    talk->findings.services_odd = talk->findings.services_odd || !wanted;
}

static void end_ping(struct winrm_talk *talk, const struct winrm_item *item)
{
    for (size_t i = 0; i < talk->findings.n_pings; i++) {
        struct winrm_ping *ping = &talk->findings.pings[i];
        if (strcasecmp(ping->host, item->name) != 0)
            continue;
        ping->answered = true;
        ping->has_status = item->has_status;
        ping->status = item->status;
        if (address_parse(item->protocol_address, &ping->address) < 0)
            ping->address = (struct address){ 0 };
        ping->resolved = ping->address.family != 0 || (item->has_resolution ? item->resolution == 0 : item->has_status);
        ping->rtt_ms = item->rtt_ms > 0 && item->rtt_ms < UINT32_MAX ? (uint32_t)item->rtt_ms : 0;
    }
}

/* Windows 7 (6.1, a workstation) and Server 2012 (6.2) were the first (the vendor). */
static bool needs_web_reputation(const struct winrm_item *item)
{
    char *dot, *end;
    const unsigned long major = strtoul(item->version, &dot, 10);
    if (dot == item->version || *dot != '.')
        return true;
    const unsigned long minor = strtoul(dot + 1, &end, 10);
    if (end == dot + 1)
        return true;
    return major > 6 || (major == 6 && minor >= (item->product_type == 1 ? 1U : 2U));
}

static void end_system(struct winrm_talk *talk, const struct winrm_item *item)
{
    struct winrm_findings *findings = &talk->findings;
    char text[REPORT_TEXT_BYTES];

    snprintf(text, sizeof text, "%s%s%s", item->caption, item->caption[0] && item->version[0] ? " " : "",
             item->version);
    if (registry_text(text, findings->system, sizeof findings->system) < 0)
        findings->system[0] = '\0';
    findings->needs_web_reputation = needs_web_reputation(item);
    if (!findings->system[0])
        return;
    talk->memory->system_ms = talk->begun_ms;
    memcpy(talk->memory->system, findings->system, sizeof findings->system);
    talk->memory->needs_web_reputation = findings->needs_web_reputation;
}

static void end_item(struct winrm_talk *talk)
{
    if (!talk->has_item)
        return;
    if (talk->step == STEP_SERVICES)
        end_service(talk, &talk->item);
    else if (talk->step == STEP_PING)
        end_ping(talk, &talk->item);
    else if (talk->step == STEP_SYSTEM)
        end_system(talk, &talk->item);
    talk->has_item = false;
}

static void add_address(struct address_list *list, const char *text)
{
    struct address address;

    if (list->n < OWN_ADDRESSES_MAX && address_parse(text, &address) == 0)
        list->at[list->n++] = address;
}

/* A value that was asked for by itself. */
static void take_output(struct winrm_talk *talk, const char *name, const char *value)
{
    struct winrm_reading *into = &talk->findings.values[talk->findings.view][talk->value];

    if (strcmp(name, "ReturnValue") == 0) {
        talk->value_read = read_integer(value, &talk->return_value);
        return;
    }
    if ((strcmp(name, "uValue") == 0 || strcmp(name, "sValue") == 0) && winrm_reading_set(into, "", value) < 0)
        talk->findings.out_of_memory = true;
}

static void on_property(void *user, unsigned number, const char *class_name, const char *name, const char *value)
{
    (void)class_name;
    struct winrm_talk *talk = user;
    struct winrm_item *item = &talk->item;

    if (talk->has_item && item->number != number)
        end_item(talk);
    if (!talk->has_item) {
        *item = (struct winrm_item){ .number = number };
        talk->has_item = true;
        winrm_tell(talk, "%s", talk->summary_bytes ? "; " : "");
    } else {
        winrm_tell(talk, " ");
    }
    winrm_tell(talk, "%s=%s", name, value ? value : "(null)");
    if (!value)
        return;

    const struct {
        const char *name;
        char *text;
        size_t room;
    } texts[] = {
        { "Name", item->name, sizeof item->name },
        { "Address", item->name, sizeof item->name },
        { "State", item->state, sizeof item->state },
        { "StartMode", item->start_mode, sizeof item->start_mode },
        { "Caption", item->caption, sizeof item->caption },
        { "Version", item->version, sizeof item->version },
        { "ProtocolAddress", item->protocol_address, sizeof item->protocol_address },
    };
    if (talk->step == STEP_VALUE)
        take_output(talk, name, value);
    else if (strcmp(name, "IPAddress") == 0)
        add_address(&talk->findings.own, value);
    else if (strcmp(name, "DefaultIPGateway") == 0)
        add_address(&talk->gateways, value);
    else if (strcmp(name, "StatusCode") == 0)
        item->has_status = read_integer(value, &item->status);
    else if (strcmp(name, "PrimaryAddressResolutionStatus") == 0)
        item->has_resolution = read_integer(value, &item->resolution);
    else if (strcmp(name, "ResponseTime") == 0)
        item->rtt_ms = read_integer(value, &item->rtt_ms) ? item->rtt_ms : 0;
    else if (strcmp(name, "ProductType") == 0)
        item->product_type = read_integer(value, &item->product_type) ? item->product_type : 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0)
            copy_text(texts[i].text, texts[i].room, value);
}

static void on_stream(void *user, bool is_stderr, const char *bytes, size_t n)
{
    struct winrm_talk *talk = user;

    if (is_stderr) { /* a view that is not there, a file that is missing: what is missing shows by itself */
        if (!talk->complaint[0])
            snprintf(talk->complaint, sizeof talk->complaint, "%.*s", (int)(n < 255 ? n : 255), bytes);
        return;
    }
    if (talk->output_bytes + n > OUTPUT_BYTES_MAX) {
        talk->output_too_large = true;
        return;
    }
    if (talk->output_bytes + n + 1 > talk->output_room) {
        size_t room = talk->output_room ? talk->output_room : OUTPUT_ROOM_FIRST;
        while (room < talk->output_bytes + n + 1)
            room *= 2;
        char *output = realloc(talk->output, room);
        if (!output) {
            talk->findings.out_of_memory = true;
            return;
        }
        talk->output = output;
        talk->output_room = room;
    }
    memcpy(talk->output + talk->output_bytes, bytes, n);
    talk->output_bytes += n;
    talk->output[talk->output_bytes] = '\0';
}

const struct soap_sink winrm_sink = { .property = on_property, .stream = on_stream };

void winrm_items_begin(struct winrm_talk *talk)
{
    talk->has_item = false;
    talk->value_read = false;
    talk->summary_bytes = 0;
    talk->summary[0] = '\0';
}

void winrm_items_end(struct winrm_talk *talk)
{
    end_item(talk);
}

static void on_value(void *user, const char *key, const char *name, const char *type, const char *value)
{
    struct winrm_talk *talk = user;
    winrm_readings_put(&talk->findings, &talk->job->settings->winrm, key, name, type, value);
}

/* The agent's file could not be read. */
static void __attribute__((format(printf, 3, 4)))
miss_file(struct winrm_findings *findings, enum cause cause, const char *format, ...)
{
    va_list arguments;

    findings->files = FILES_UNREADABLE;
    findings->file_cause = cause;
    va_start(arguments, format);
    vsnprintf(findings->file_detail, sizeof findings->file_detail, format, arguments);
    va_end(arguments);
}

/* The agent's ssnotify.ini, behind the mark's line. */
static void compare_file(struct winrm_talk *talk, const char *text, size_t bytes)
{
    struct winrm_findings *findings = &talk->findings;
    struct file_faults faults = { .bytes_max = REFERENCE_BYTES_MAX };
    const int error = reference_compare(talk->job->reference, text, bytes, file_faults_note, &faults, &findings->files,
                                        &findings->difference);
    char why[sizeof findings->file_detail];

    findings->out_of_memory = findings->out_of_memory || error == -ENOMEM;
    findings->file_cause = CAUSE_NONE;
    if (!error)
        return;
    const enum cause cause = file_faults_explain(&faults, error, why, sizeof why);
    miss_file(findings, cause, "%s", why);
}

/* What came of the file; to `type`, one that is not there is one that has nothing in it. */
static void read_file(struct winrm_talk *talk, const char *mark)
{
    struct winrm_findings *findings = &talk->findings;
    const char *text = mark ? strchr(mark, '\n') : NULL;
    const size_t bytes = text ? talk->output_bytes - (size_t)(text + 1 - talk->output) : 0;
    struct line line = line_begin(LANGUAGE_EN);
    char told[1024];

    if (talk->output_too_large)
        miss_file(findings, CAUSE_TOO_LARGE, "more than is read");
    else if (!text)
        miss_file(findings, CAUSE_WRONG_ANSWER, "the command ended before it was read");
    else if (bytes == 0)
        miss_file(findings, CAUSE_NAME_NOT_FOUND, "it is missing or empty, or not for this account");
    else
        compare_file(talk, text + 1, bytes);
    line_add(&line, "%s",
             findings->file_cause != CAUSE_NONE ? findings->file_detail
             : findings->files == FILES_UNKNOWN ? "it can be read"
             : findings->files == FILES_IN_STEP ? "it agrees with sscfg.ini"
                                                : "it differs from sscfg.ini");
    difference_add_words(&line, findings->difference);
    line_finish(&line, told, sizeof told);
    winrm_tell(talk, "; " WINRM_FILE ": %s", told);
}

/* The beginning of a line; NULL: there is no such line. */
static const char *find_line(const char *text, const char *line)
{
    for (const char *at = strstr(text, line); at; at = strstr(at + 1, line))
        if (at == text || at[-1] == '\n')
            return at;
    return NULL;
}

void winrm_read_output(struct winrm_talk *talk)
{
    struct winrm_findings *findings = &talk->findings;
    const char *text = talk->output ? talk->output : "";
    const char *mark = talk->job->settings->reads_ssnotify ? find_line(text, WINRM_FILE_MARK) : NULL;
    const size_t bytes = mark ? (size_t)(mark - text) : talk->output_bytes;

    registry_read(text, bytes, on_value, talk);
    winrm_readings_choose_view(findings);
    for (enum winrm_value id = 0; id < WINRM_VALUES; id++)
        if (winrm_reading_text(findings, id))
            winrm_tell(talk, "%s%s=%s", talk->summary_bytes ? "; " : "", talk->job->settings->winrm.values[id],
                       winrm_reading_text(findings, id));
    if (!talk->summary_bytes)
        winrm_tell(talk, "%s", talk->complaint);
    if (talk->job->settings->reads_ssnotify)
        read_file(talk, mark);
    free(talk->output);
    talk->output = NULL;
    talk->output_bytes = talk->output_room = 0;
}
