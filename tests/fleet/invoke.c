/* invoke.c: StdRegProv's GetDWORDValue and GetStringValue, as programs of 64 bits see the registry. */
#include "invoke.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry.h"

#define HKEY_LOCAL_MACHINE "2147483650"
#define NO_SUCH_KEY        2U
#define INVALID_PARAMETER  5U
#define TYPE_MISMATCH      2147749893U /* 0x80041005 */

static const struct method {
    const char *name;
    enum registry_type type;
    const char *output;
    const char *wrong; /* what there is instead, where types are wrong */
} methods[] = {
    { "GetDWORDValue", REGISTRY_DWORD, "uValue", HOSTILE_NUMBER },
    { "GetStringValue", REGISTRY_SZ, "sValue", HOSTILE_TEXT },
};

static const struct method *find_method(const struct exchange *exchange)
{
    const char *name = request_text(exchange->request, REQUEST_ACTION) + sizeof SOAP_REGISTRY;

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

static void add_output(struct exchange *exchange, const struct method *method, const char *text)
{
    evbuffer_add_printf(exchange->body, "<p:%s>", method->output);
    if (exchange->twist == TWIST_TYPES)
        exchange_escape(exchange->body, method->wrong);
    else if (method->type == REGISTRY_DWORD)
        evbuffer_add_printf(exchange->body, "%u", (unsigned)strtoll(text, NULL, 10));
    else
        exchange_escape(exchange->body, text);
    evbuffer_add_printf(exchange->body, "</p:%s>", method->output);
}

static void answer(struct exchange *exchange, const struct method *method, unsigned code, const char *text)
{
    snprintf(exchange->action, sizeof exchange->action, SOAP_REGISTRY "/%sResponse", method->name);
    evbuffer_add_printf(exchange->body,
                        "<p:%s_OUTPUT xmlns:xsi=\"" SOAP_NS_SCHEMA "\" xmlns:p=\"" SOAP_REGISTRY
                        "\" xmlns:cim=\"" SOAP_NS_CIM "\"><p:ReturnValue>%u</p:ReturnValue>",
                        method->name, code);
    if (text)
        add_output(exchange, method, text);
    else
        evbuffer_add_printf(exchange->body, "<p:%s xsi:nil=\"true\"/>", method->output);
    evbuffer_add_printf(exchange->body, "</p:%s_OUTPUT>", method->name);
}

void invoke_registry(struct exchange *exchange)
{
    const struct method *method = find_method(exchange);
    const enum twist twist = exchange->twist == TWIST_TYPES ? TWIST_NONE : exchange->twist;
    char input[64];
    struct registry registry;

    if (!method) {
        exchange_fail(exchange, FAULT_ACTION);
        return;
    }
    snprintf(input, sizeof input, "%s_INPUT", method->name);
    if (!request_is(exchange->request, SOAP_REGISTRY, input)) {
        exchange_fail(exchange, FAULT_SCHEMA);
        return;
    }
    const char *hive = request_text(exchange->request, REQUEST_HIVE);
    if (*hive && strcmp(hive, HKEY_LOCAL_MACHINE) != 0) {
        answer(exchange, method, INVALID_PARAMETER, NULL);
        return;
    }
    const int result =
        registry_open(exchange->endpoint, request_text(exchange->request, REQUEST_SUBKEY), false, twist, &registry);
    if (result == -ENOMEM) {
        exchange_fail(exchange, FAULT_MEMORY);
        return;
    }
    const struct registry_value *value =
        result == 0 ? registry_find(&registry, request_text(exchange->request, REQUEST_VALUE_NAME)) : NULL;
    if (!value)
        answer(exchange, method, NO_SUCH_KEY, NULL);
    else if (value->type != method->type)
        answer(exchange, method, TYPE_MISMATCH, NULL);
    else
        answer(exchange, method, 0, registry_text(value));
    if (result == 0)
        registry_close(&registry);
}
