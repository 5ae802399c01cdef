/* exchange.c: the envelope around an answer, and the faults. Microsoft's form: prefixes, headers and codes are those
 * that Windows sends. */
#include "exchange.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char failed[] = "500 Internal Server Error";

/* `cause` is DSP0226's, `code` Microsoft's; NULL and 0: there is none. */
static const struct {
    const char *action, *code, *subcode, *cause;
    uint32_t number;
    const char *text;
} faults[] = {
    [FAULT_NOT_FOUND] = { SOAP_NS_ADDRESSING "/fault", "s:Sender", "a:DestinationUnreachable", "InvalidResourceURI",
                          2150858752, "No resource answers to this URI and these selectors." },
    [FAULT_ACTION] = { SOAP_NS_ADDRESSING "/fault", "s:Sender", "a:ActionNotSupported", NULL, 2150858753,
                       "The resource does not support this action." },
    [FAULT_HEADER] = { SOAP_NS_ADDRESSING "/fault", "s:Sender", "a:MessageInformationHeaderRequired", NULL, 2150858769,
                       "A header of the message is missing that is required." },
    [FAULT_NOT_UNDERSTOOD] = { SOAP_NS_ADDRESSING "/fault", "s:MustUnderstand", NULL, NULL, 2150858768,
                               "A header that must be understood is not." },
    [FAULT_VERSION] = { SOAP_NS_ADDRESSING "/fault", "s:VersionMismatch", NULL, NULL, 2150858765,
                        "The message is not of SOAP 1.2." },
    [FAULT_SCHEMA] = { SOAP_FAULT, "s:Sender", "w:SchemaValidationError", NULL, 2150858817,
                       "The body does not fit the action." },
    [FAULT_DIALECT] = { SOAP_NS_ENUMERATION "/fault", "s:Sender", "n:FilterDialectRequestedUnavailable", NULL,
                        2150858777, "Filters of this dialect are not supported." },
    [FAULT_FILTER] = { SOAP_NS_ENUMERATION "/fault", "s:Sender", "n:CannotProcessFilter", NULL, 2150858778,
                       "The filter is not a query that can be carried out." },
    [FAULT_CONTEXT] = { SOAP_NS_ENUMERATION "/fault", "s:Receiver", "n:InvalidEnumerationContext", NULL, 2150858779,
                        "The enumeration context is not valid." },
    [FAULT_SHELL] = { SOAP_FAULT, "s:Sender", "w:InvalidSelectors", "UnexpectedSelectors", 2150858843,
                      "There is no shell of this identifier." },
    [FAULT_COMMAND] = { SOAP_FAULT, "s:Sender", "w:InvalidSelectors", "UnexpectedSelectors", 2150858843,
                        "The shell has no command of this identifier." },
    [FAULT_SHELLS] = { SOAP_FAULT, "s:Sender", "w:QuotaLimit", NULL, 2150859173,
                       "The user has as many shells as are allowed." },
    [FAULT_DENIED] = { SOAP_FAULT, "s:Sender", "w:AccessDenied", NULL, 5, "Access is denied." },
    [FAULT_PROGRAM] = { SOAP_FAULT, "s:Receiver", "w:InternalError", NULL, 2147942402,
                        "The system cannot find the file specified." },
    [FAULT_TIMED_OUT] = { SOAP_FAULT, "s:Receiver", "w:TimedOut", NULL, 2150858793,
                          "The operation was not complete within its OperationTimeout." },
    [FAULT_MEMORY] = { SOAP_FAULT, "s:Receiver", "w:InternalError", NULL, 14, "There is not enough memory." },
};

void exchange_escape(struct evbuffer *out, const char *text)
{
    for (;;) {
        const size_t length = strcspn(text, "&<>\"");
        evbuffer_add(out, text, length);
        text += length;
        if (*text == '\0')
            return;
        evbuffer_add_printf(out, "&%s;", *text == '&' ? "amp" : *text == '<' ? "lt" : *text == '>' ? "gt" : "quot");
        text++;
    }
}

void exchange_id(char id[EXCHANGE_ID_BYTES])
{
    uint16_t random[8];

    arc4random_buf(random, sizeof random);
    snprintf(id, EXCHANGE_ID_BYTES, "%04X%04X-%04X-4%03X-%04X-%04X%04X%04X", random[0], random[1], random[2],
             random[3] & 0xfff, 0x8000 | (random[4] & 0x3fff), random[5], random[6], random[7]);
}

void exchange_fail(struct exchange *exchange, enum exchange_fault fault)
{
    struct evbuffer *body = exchange->body;
    const char *text = faults[fault].text;

    evbuffer_drain(body, evbuffer_get_length(body));
    exchange->status = failed;
    snprintf(exchange->action, sizeof exchange->action, "%s", faults[fault].action);
    evbuffer_add_printf(body, "<s:Fault><s:Code><s:Value>%s</s:Value>", faults[fault].code);
    if (faults[fault].subcode)
        evbuffer_add_printf(body, "<s:Subcode><s:Value>%s</s:Value></s:Subcode>", faults[fault].subcode);
    evbuffer_add_printf(body, "</s:Code><s:Reason><s:Text xml:lang=\"en-US\">%s </s:Text></s:Reason><s:Detail>", text);
    if (faults[fault].cause)
        evbuffer_add_printf(body, "<w:FaultDetail>" SOAP_FAULT_CAUSE "%s</w:FaultDetail>", faults[fault].cause);
    evbuffer_add_printf(body,
                        "<f:WSManFault xmlns:f=\"" SOAP_NS_FAULT "\" Code=\"%u\" Machine=\"%s\">"
                        "<f:Message>%s </f:Message></f:WSManFault></s:Detail></s:Fault>",
                        faults[fault].number, exchange->endpoint->machine, text);
}

static void add_relation(const struct exchange *exchange, struct evbuffer *out)
{
    const char *related = request_text(exchange->request, REQUEST_MESSAGE_ID);
    char fake[EXCHANGE_ID_BYTES];

    if (exchange->twist == TWIST_NO_ID || !*related)
        return;
    evbuffer_add_printf(out, "<a:RelatesTo>");
    if (exchange->twist == TWIST_FAKE_ID) {
        exchange_id(fake);
        evbuffer_add_printf(out, "uuid:%s", fake);
    } else {
        exchange_escape(out, related);
    }
    evbuffer_add_printf(out, "</a:RelatesTo>");
}

static void add_header(const struct exchange *exchange, struct evbuffer *out)
{
    char message[EXCHANGE_ID_BYTES], activity[EXCHANGE_ID_BYTES];

    exchange_id(message);
    exchange_id(activity);
    evbuffer_add_printf(out,
                        "<a:Action>%s</a:Action><a:MessageID>uuid:%s</a:MessageID>"
                        "<p:ActivityId>%s</p:ActivityId><a:To>" SOAP_ANONYMOUS "</a:To>",
                        exchange->action, message, activity);
    add_relation(exchange, out);
}

void exchange_compose(struct exchange *exchange, struct evbuffer *out)
{
    evbuffer_add_printf(out, "<s:Envelope xml:lang=\"en-US\" xmlns:s=\"" SOAP_NS_ENVELOPE
                             "\" xmlns:a=\"" SOAP_NS_ADDRESSING "\" xmlns:x=\"" SOAP_NS_TRANSFER
                             "\" xmlns:n=\"" SOAP_NS_ENUMERATION "\" xmlns:w=\"" SOAP_NS_WSMAN
                             "\" xmlns:rsp=\"" SOAP_NS_SHELL "\" xmlns:p=\"" SOAP_NS_MICROSOFT "\"><s:Header>");
    if (exchange->action[0])
        add_header(exchange, out);
    evbuffer_add_printf(out, "</s:Header><s:Body>");
    evbuffer_add_buffer(out, exchange->body);
    evbuffer_add_printf(out, "</s:Body></s:Envelope>");
}
