/* wsman.c: finds who is to answer a request, by its action and its resource. */
#include "wsman.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "enumeration.h"
#include "invoke.h"
#include "shell.h"

/* An action, or a resource, that ends with a slash stands for all that begin with it. */
static const struct {
    const char *action, *resource;
    void (*answer)(struct exchange *exchange);
} actions[] = {
    { SOAP_NS_ENUMERATION "/Enumerate", SOAP_WMI, enumeration_begin },
    { SOAP_NS_ENUMERATION "/Pull", SOAP_WMI, enumeration_pull },
    { SOAP_NS_ENUMERATION "/Release", SOAP_WMI, enumeration_release },
    { SOAP_NS_TRANSFER "/Create", SOAP_CMD, shell_create },
    { SOAP_NS_TRANSFER "/Delete", SOAP_CMD, shell_delete },
    { SOAP_NS_SHELL "/Command", SOAP_CMD, shell_command },
    { SOAP_NS_SHELL "/Receive", SOAP_CMD, shell_receive },
    { SOAP_NS_SHELL "/Signal", SOAP_CMD, shell_signal },
    { SOAP_REGISTRY "/", SOAP_REGISTRY, invoke_registry },
};
#define ACTIONS (sizeof actions / sizeof *actions)

static bool fits(const char *text, const char *wanted)
{
    const size_t length = strlen(wanted);

    return wanted[length - 1] == '/' ? strncasecmp(text, wanted, length) == 0 : strcasecmp(text, wanted) == 0;
}

/* Whether some resource of that name is there at all. */
static bool is_resource(const char *text)
{
    for (size_t i = 0; i < ACTIONS; i++)
        if (fits(text, actions[i].resource))
            return true;
    return false;
}

/* Identify has no headers: its answer relates to nothing, and it is known by its body alone. */
static void identify(struct exchange *exchange)
{
    const char *version = endpoint_get(exchange->endpoint, "os.version", ENDPOINT_OS_VERSION);

    evbuffer_add_printf(exchange->body,
                        "<wsmid:IdentifyResponse xmlns:wsmid=\"" SOAP_NS_IDENTITY
                        "\"><wsmid:ProtocolVersion>" SOAP_NS_WSMAN
                        "</wsmid:ProtocolVersion><wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
                        "<wsmid:ProductVersion>OS: %s SP: 0.0 Stack: 3.0</wsmid:ProductVersion>"
                        "</wsmid:IdentifyResponse>",
                        exchange->conn->request.identify || !version ? "0.0.0" : version);
}

static bool has_headers(const struct request *request)
{
    const enum request_field required[] = { REQUEST_ACTION, REQUEST_TO, REQUEST_REPLY_TO, REQUEST_MESSAGE_ID,
                                            REQUEST_RESOURCE };

    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (*request_text(request, required[i]) == '\0')
            return false;
    return true;
}

void wsman_answer(struct exchange *exchange)
{
    const char *action = request_text(exchange->request, REQUEST_ACTION);
    const char *resource = request_text(exchange->request, REQUEST_RESOURCE);

    if (exchange->twist == TWIST_FAULT) {
        exchange_fail(exchange, FAULT_TIMED_OUT);
        return;
    }
    if (request_is(exchange->request, SOAP_NS_IDENTITY, "Identify")) {
        identify(exchange);
        return;
    }
    if (!has_headers(exchange->request)) {
        exchange_fail(exchange, FAULT_HEADER);
        return;
    }
    for (size_t i = 0; i < ACTIONS; i++)
        if (fits(action, actions[i].action) && fits(resource, actions[i].resource)) {
            actions[i].answer(exchange);
            return;
        }
    exchange_fail(exchange, is_resource(resource) ? FAULT_ACTION : FAULT_NOT_FOUND);
}
