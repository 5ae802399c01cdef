/* The reader of answers, other half: what each element of an answer means in its place, as one table. It does not know
 * how XML is written. */
#include "soap_reading.h"

#include "base64.h"
#include "soap_uris.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OUTPUT_SUFFIX "_OUTPUT"
#define STATES        URI_SHELL "/CommandState/"

/* Takes off the white space at both ends. */
static char *trim(char *text)
{
    static const char blanks[] = " \t\r\n";
    size_t n;

    text += strspn(text, blanks);
    for (n = strlen(text); n > 0 && strchr(blanks, text[n - 1]); n--)
        ;
    text[n] = '\0';
    return text;
}

static bool parse_number(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    const size_t sign = *text == '-', digits = strspn(text + sign, "0123456789");

    if (digits == 0 || digits > 10 || text[sign + digits])
        return false;
    const int64_t value = strtoll(text, NULL, 10);
    if (value < min || value > max)
        return false;
    *ret = value;
    return true;
}

static int take_identifier(struct soap_reading *reading, const char *text, char *to, size_t room, const char *what)
{
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~')
            return soap_refuse(reading, "%s is not of visible ASCII", what);
    if (strlen(text) >= room)
        return soap_refuse(reading, "%s is too long", what);
    if (*to && strcmp(to, text) != 0)
        return soap_refuse(reading, "%s is told twice, differently", what);
    strcpy(to, text);
    return 0;
}

/* The frame. */

static int enter_header(struct soap_reading *reading)
{
    if (reading->header_seen || reading->body_seen)
        return soap_refuse(reading, "a second header, or one behind the body");
    reading->header_seen = true;
    return 0;
}

static int enter_body(struct soap_reading *reading)
{
    if (reading->body_seen)
        return soap_refuse(reading, "a second body");
    reading->body_seen = true;
    return 0;
}

static int leave_relates_to(struct soap_reading *reading)
{
    if (reading->message_id && strcasecmp(trim(reading->text), reading->message_id) != 0)
        return soap_refuse(reading, "RelatesTo is of another message");
    reading->related = true;
    return 0;
}

static int begin_answer(struct soap_reading *reading, enum soap_kind kind)
{
    /* A shell is told of in two ways, side by side. */
    if (reading->answered && (kind != SOAP_SHELL || reading->answer.kind != SOAP_SHELL))
        return soap_refuse(reading, "more than one answer");
    if (kind != SOAP_FAULT && reading->message_id && !reading->related)
        return soap_refuse(reading, "RelatesTo is missing");
    reading->answered = true;
    reading->answer.kind = kind;
    return 0;
}

/* Who is there. */

static int enter_identity(struct soap_reading *reading)
{
    return begin_answer(reading, SOAP_IDENTITY);
}

static int leave_product(struct soap_reading *reading)
{
    char *const product = reading->answer.product;
    const size_t n = strlen(product);

    if (n > 0 && n + 1 < SOAP_PRODUCT_BYTES) {
        product[n] = ' ';
        soap_copy_line(product + n + 1, SOAP_PRODUCT_BYTES - n - 1, reading->text);
    } else if (n == 0)
        soap_copy_line(product, SOAP_PRODUCT_BYTES, reading->text);
    return 0;
}

/* Items, and what methods give back. */

static int enter_list(struct soap_reading *reading)
{
    /* Without an end, only a Pull may leave out the context: then that of before goes on. */
    reading->context_due = strcmp((const char *)xmlTextReaderConstLocalName(reading->xml), "EnumerateResponse") == 0;
    return begin_answer(reading, SOAP_ITEMS);
}

static int leave_context(struct soap_reading *reading)
{
    return take_identifier(reading, trim(reading->text), reading->answer.context, SOAP_CONTEXT_BYTES, "the context");
}

static int enter_end(struct soap_reading *reading)
{
    reading->answer.end = true;
    return 0;
}

static int enter_fragment(struct soap_reading *reading)
{
    reading->class_name = "";
    reading->class_uri = "";
    return 0;
}

static int enter_object(struct soap_reading *reading)
{
    reading->class_name = (const char *)xmlTextReaderConstLocalName(reading->xml);
    reading->class_uri = (const char *)xmlTextReaderConstNamespaceUri(reading->xml);
    return 0;
}

static int leave_item(struct soap_reading *reading)
{
    reading->answer.items++;
    return 0;
}

static int enter_output(struct soap_reading *reading)
{
    const int r = begin_answer(reading, SOAP_OUTPUT);

    return r ? r : enter_object(reading);
}

static int enter_property(struct soap_reading *reading)
{
    const char *const nil = soap_attribute(reading, "nil", URI_INSTANCE);

    reading->nil = nil && (strcmp(nil, "true") == 0 || strcmp(nil, "1") == 0);
    reading->is_object = false;
    return 0;
}

static int enter_structure(struct soap_reading *reading)
{
    reading->is_object = true;
    return 0;
}

static int leave_moment(struct soap_reading *reading)
{
    reading->enough = true;
    return 0;
}

static int leave_property(struct soap_reading *reading)
{
    const char *const name = (const char *)xmlTextReaderConstLocalName(reading->xml);

    if (reading->sink && reading->sink->property && (reading->nil || !reading->is_object))
        reading->sink->property(reading->user, reading->answer.items, reading->class_name, name,
                                reading->nil ? NULL : reading->text);
    return 0;
}

/* Shells. */

static int enter_shell(struct soap_reading *reading)
{
    return begin_answer(reading, SOAP_SHELL);
}

static int enter_selector(struct soap_reading *reading)
{
    const char *const name = soap_attribute(reading, "Name", NULL);

    reading->is_shell_id = name && strcmp(name, "ShellId") == 0;
    return 0;
}

static int leave_shell_id(struct soap_reading *reading)
{
    return take_identifier(reading, trim(reading->text), reading->answer.shell, SOAP_ID_BYTES, "the shell");
}

static int leave_selector(struct soap_reading *reading)
{
    return reading->is_shell_id ? leave_shell_id(reading) : 0;
}

static int enter_command(struct soap_reading *reading)
{
    return begin_answer(reading, SOAP_COMMAND);
}

static int leave_command_id(struct soap_reading *reading)
{
    return take_identifier(reading, trim(reading->text), reading->answer.command, SOAP_ID_BYTES, "the command");
}

static int enter_streams(struct soap_reading *reading)
{
    return begin_answer(reading, SOAP_STREAMS);
}

/* Of whose command a stream or a state is. */
static int take_command(struct soap_reading *reading)
{
    const char *const command = soap_attribute(reading, "CommandId", NULL);

    return command ? take_identifier(reading, command, reading->answer.command, SOAP_ID_BYTES, "the command") : 0;
}

static int enter_stream(struct soap_reading *reading)
{
    const char *const name = soap_attribute(reading, "Name", NULL);

    reading->is_stderr = name && strcmp(name, "stderr") == 0;
    if (!reading->is_stderr && (!name || strcmp(name, "stdout") != 0))
        return soap_refuse(reading, "a stream that is neither stdout nor stderr");
    return take_command(reading);
}

static int leave_stream(struct soap_reading *reading)
{
    size_t n;

    if (base64_decode(reading->text, reading->text_bytes, &n) < 0)
        return soap_refuse(reading, "a stream is not base64");
    if (n > 0 && reading->sink && reading->sink->stream)
        reading->sink->stream(reading->user, reading->is_stderr, reading->text, n);
    return 0;
}

static int enter_state(struct soap_reading *reading)
{
    const char *const state = soap_attribute(reading, "State", NULL);

    reading->answer.end = state && strcmp(state, STATES "Done") == 0;
    if (!reading->answer.end &&
        (!state || (strcmp(state, STATES "Running") != 0 && strcmp(state, STATES "Pending") != 0)))
        return soap_refuse(reading, "a command in an unknown state");
    return take_command(reading);
}

static int leave_exit_code(struct soap_reading *reading)
{
    int64_t code; /* Windows shows NTSTATUS codes without a sign */

    if (!parse_number(trim(reading->text), INT32_MIN, UINT32_MAX, &code))
        return soap_refuse(reading, "an exit code that is no number");
    reading->answer.exit_code = (int32_t)(uint32_t)code;
    reading->exit_code_seen = true;
    return 0;
}

static int enter_done(struct soap_reading *reading)
{
    return begin_answer(reading, SOAP_DONE);
}

/* Faults. */

/* What says more about a fault comes later. */
enum telling { TELLING_NOTHING, TELLING_CODE, TELLING_SUBCODE, TELLING_DETAIL, TELLING_MESSAGE, TELLING_REASON };

static int tell(struct soap_reading *reading, enum telling telling)
{
    char line[SOAP_FAULT_BYTES];

    soap_copy_line(line, sizeof line, reading->text);
    if (line[0] && (int)telling > reading->telling) {
        reading->telling = (int)telling;
        strcpy(reading->answer.fault_text, line);
    }
    return 0;
}

static int enter_fault(struct soap_reading *reading)
{
    return begin_answer(reading, SOAP_FAULT);
}

static int leave_code(struct soap_reading *reading)
{
    return tell(reading, TELLING_CODE);
}

static int leave_subcode(struct soap_reading *reading)
{
    return tell(reading, TELLING_SUBCODE);
}

static int leave_fault_detail(struct soap_reading *reading)
{
    return tell(reading, TELLING_DETAIL);
}

static int leave_message(struct soap_reading *reading)
{
    return tell(reading, TELLING_MESSAGE);
}

static int leave_reason(struct soap_reading *reading)
{
    return tell(reading, TELLING_REASON);
}

static int enter_wsman_fault(struct soap_reading *reading)
{
    const char *const code = soap_attribute(reading, "Code", NULL);
    int64_t value = 0;

    if (code && !parse_number(code, 0, UINT32_MAX, &value))
        return soap_refuse(reading, "a fault's code that is no number");
    reading->answer.fault_code = (uint32_t)value;
    return 0;
}

/* What there is, and where. */

const struct soap_element soap_document = { .closed = true };
static const struct soap_element envelope = { .closed = true };
static const struct soap_element header = { .enter = enter_header };
static const struct soap_element relates_to = { .text = SOAP_TEXT_OWN, .leave = leave_relates_to };
static const struct soap_element body = { .closed = true, .enter = enter_body };
static const struct soap_element identity = { .enter = enter_identity };
static const struct soap_element product = { .text = SOAP_TEXT_OWN, .leave = leave_product };
static const struct soap_element list = { .enter = enter_list };
static const struct soap_element context = { .text = SOAP_TEXT_OWN, .leave = leave_context };
static const struct soap_element end = { .enter = enter_end };
static const struct soap_element items = { .closed = true };
static const struct soap_element fragment = { .enter = enter_fragment, .leave = leave_item };
static const struct soap_element object = { .enter = enter_object, .leave = leave_item };
static const struct soap_element wrapped = { .enter = enter_object, .leave = enter_fragment };
static const struct soap_element output = { .enter = enter_output };
static const struct soap_element property = { .text = SOAP_TEXT_OWN, .enter = enter_property, .leave = leave_property };
static const struct soap_element moment = { .text = SOAP_TEXT_OWN, .leave = leave_moment };
static const struct soap_element structure = { .enter = enter_structure };
static const struct soap_element shell = { .enter = enter_shell };
static const struct soap_element parameters = { 0 };
static const struct soap_element selectors = { 0 };
static const struct soap_element selector = { .text = SOAP_TEXT_OWN, .enter = enter_selector, .leave = leave_selector };
static const struct soap_element shell_id = { .text = SOAP_TEXT_OWN, .leave = leave_shell_id };
static const struct soap_element command = { .enter = enter_command };
static const struct soap_element command_id = { .text = SOAP_TEXT_OWN, .leave = leave_command_id };
static const struct soap_element streams = { .enter = enter_streams };
static const struct soap_element stream = { .text = SOAP_TEXT_OWN, .enter = enter_stream, .leave = leave_stream };
static const struct soap_element state = { .enter = enter_state };
static const struct soap_element exit_code = { .text = SOAP_TEXT_OWN, .leave = leave_exit_code };
static const struct soap_element done = { .enter = enter_done };
static const struct soap_element fault = { .enter = enter_fault };
static const struct soap_element code = { 0 };
static const struct soap_element code_value = { .text = SOAP_TEXT_OWN, .leave = leave_code };
static const struct soap_element subcode = { 0 };
static const struct soap_element subcode_value = { .text = SOAP_TEXT_OWN, .leave = leave_subcode };
static const struct soap_element reason = { 0 };
static const struct soap_element reason_text = { .text = SOAP_TEXT_OWN, .leave = leave_reason };
static const struct soap_element detail = { 0 };
static const struct soap_element fault_detail = { .text = SOAP_TEXT_OWN, .leave = leave_fault_detail };
static const struct soap_element wsman_fault = { .enter = enter_wsman_fault };
static const struct soap_element message = { .text = SOAP_TEXT_OWN, .leave = leave_message };
static const struct soap_element message_part = { .text = SOAP_TEXT_MORE };

static const struct {
    const struct soap_element *within;
    const char *uri, *name;
    const struct soap_element *element;
} places[] = {
    { &soap_document, URI_SOAP, "Envelope", &envelope },
    { &envelope, URI_SOAP, "Header", &header },
    { &header, URI_ADDRESSING, "RelatesTo", &relates_to },
    { &envelope, URI_SOAP, "Body", &body },
    { &body, URI_IDENTITY, "IdentifyResponse", &identity },
    { &identity, URI_IDENTITY, "ProductVendor", &product },
    { &identity, URI_IDENTITY, "ProductVersion", &product },
    { &body, URI_ENUMERATION, "EnumerateResponse", &list },
    { &body, URI_ENUMERATION, "PullResponse", &list },
    { &list, URI_ENUMERATION, "EnumerationContext", &context },
    { &list, URI_ENUMERATION, "EndOfSequence", &end },
    { &list, URI_WSMAN, "EndOfSequence", &end }, /* of an optimised Enumerate, as its Items */
    { &list, URI_ENUMERATION, "Items", &items },
    { &list, URI_WSMAN, "Items", &items },
    { &items, URI_WSMAN, "XmlFragment", &fragment },
    { &body, URI_TRANSFER, "ResourceCreated", &shell },
    { &shell, URI_ADDRESSING, "ReferenceParameters", &parameters },
    { &parameters, URI_WSMAN, "SelectorSet", &selectors },
    { &selectors, URI_WSMAN, "Selector", &selector },
    { &body, URI_SHELL, "Shell", &shell },
    { &shell, URI_SHELL, "ShellId", &shell_id },
    { &body, URI_SHELL, "CommandResponse", &command },
    { &command, URI_SHELL, "CommandId", &command_id },
    { &body, URI_SHELL, "ReceiveResponse", &streams },
    { &streams, URI_SHELL, "Stream", &stream },
    { &streams, URI_SHELL, "CommandState", &state },
    { &state, URI_SHELL, "ExitCode", &exit_code },
    { &body, URI_SHELL, "SignalResponse", &done },
    { &body, URI_SOAP, "Fault", &fault },
    { &fault, URI_SOAP, "Code", &code },
    { &code, URI_SOAP, "Value", &code_value },
    { &code, URI_SOAP, "Subcode", &subcode },
    { &subcode, URI_SOAP, "Value", &subcode_value },
    { &fault, URI_SOAP, "Reason", &reason },
    { &reason, URI_SOAP, "Text", &reason_text },
    { &fault, URI_SOAP, "Detail", &detail },
    { &detail, URI_WSMAN, "FaultDetail", &fault_detail },
    { &detail, URI_FAULT, "WSManFault", &wsman_fault },
    { &wsman_fault, URI_FAULT, "Message", &message },
};

static bool ends_with(const char *text, const char *suffix)
{
    const size_t n = strlen(text), suffix_bytes = strlen(suffix);

    return n > suffix_bytes && strcmp(text + n - suffix_bytes, suffix) == 0;
}

static bool is_wmi(const char *uri)
{
    return strncmp(uri, URI_WMI, sizeof URI_WMI - 1) == 0;
}

/* Whether a name of WMI is that of a class, which its namespace ends with. */
static bool is_class(const char *uri, const char *name)
{
    const char *const last = strrchr(uri, '/');

    return is_wmi(uri) && last && strcmp(last + 1, name) == 0;
}

/* A value with a type of its own is in an element of that name. */
static bool is_moment(const char *uri, const char *name)
{
    static const char *const types[] = { "Datetime", "Date", "Time", "Interval" };

    if (*uri && strcmp(uri, URI_CIM) != 0)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i], name) == 0)
            return true;
    return false;
}

/* Elements whose names are not known beforehand. NULL: it is none of them. */
static const struct soap_element *find_free(const struct soap_reading *reading, const struct soap_element *within,
                                            const char *uri, const char *name)
{
    if (within == &items && is_wmi(uri))
        return &object;
    if (within == &body && is_wmi(uri) && ends_with(name, OUTPUT_SUFFIX))
        return &output;
    if (within == &fragment && is_class(uri, name))
        return &wrapped;
    if (within == &fragment && (!*uri || is_wmi(uri))) /* Windows puts them in no namespace */
        return &property;
    if ((within == &object || within == &wrapped || within == &output) && strcmp(uri, reading->class_uri) == 0)
        return &property;
    if (within == &property)
        return is_moment(uri, name) ? &moment : &structure;
    return within == &message || within == &message_part ? &message_part : NULL;
}

int soap_find(struct soap_reading *reading, const struct soap_element *within, const char *uri, const char *name,
              const struct soap_element **ret)
{
    bool known = false;
    const struct soap_element *element = find_free(reading, within, uri, name);

    for (size_t i = 0; i < sizeof places / sizeof *places && !element; i++) {
        if (places[i].within != within || strcmp(places[i].name, name) != 0)
            continue;
        known = true;
        if (strcmp(places[i].uri, uri) == 0)
            element = places[i].element;
    }
    /* What CIM itself adds to an object is no property. */
    const bool is_item = within == &fragment || within == &object || within == &wrapped || within == &output;
    if (!element && (known || within == &items || (is_item && strcmp(uri, URI_CIM) != 0)))
        return soap_refuse(reading, "%.40s: unknown namespace", name);
    if (!element && within->closed)
        return soap_refuse(reading, within == &soap_document ? "%.40s: not a SOAP envelope" : "%.40s: unknown", name);
    *ret = element;
    return 0;
}

int soap_complete(struct soap_reading *reading)
{
    const struct soap_answer *const answer = &reading->answer;
    const int r = !reading->body_seen  ? soap_refuse(reading, "no body")
                  : !reading->answered ? begin_answer(reading, SOAP_DONE)
                                       : 0;

    if (r)
        return r;
    if (answer->kind == SOAP_ITEMS && reading->context_due && !answer->end && !answer->context[0])
        return soap_refuse(reading, "neither an end nor a context");
    if (answer->kind == SOAP_SHELL && !answer->shell[0])
        return soap_refuse(reading, "no ShellId");
    if (answer->kind == SOAP_COMMAND && !answer->command[0])
        return soap_refuse(reading, "no CommandId");
    if (answer->kind == SOAP_STREAMS && answer->end && !reading->exit_code_seen)
        return soap_refuse(reading, "the command has ended without an exit code");
    return 0;
}
