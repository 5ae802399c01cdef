/* Requests: read back with libxml2, each says what it was given, under the names that Windows knows. */
#include "probes/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WSMAN    "http://schemas.microsoft.com/wbem/wsman/1/"
#define SHELL    WSMAN "windows/shell"
#define REGISTRY WSMAN "wmi/root/default/StdRegProv"
#define WS2004   "http://schemas.xmlsoap.org/ws/2004/09/"

enum { ROOM = 16384, TEXTS = 4 };

/* What a request is made of, in the order of the arguments: up to two texts beside the head. */
struct given {
    const char *to, *message_id, *first, *second;
};

static struct envelope_head head_of(const struct given *given)
{
    const struct envelope_head head = { .to = given->to, .message_id = given->message_id, .timeout_ms = 20500 };

    return head;
}

static size_t identify(char *buffer, size_t room, const struct given *given)
{
    (void)given;
    return envelope_identify(buffer, room);
}

static size_t enumerate(char *buffer, size_t room, const struct given *given)
{
    const struct envelope_head head = head_of(given);

    return envelope_enumerate(buffer, room, &head, given->first, 50);
}

static size_t pull(char *buffer, size_t room, const struct given *given)
{
    const struct envelope_head head = head_of(given);

    return envelope_pull(buffer, room, &head, given->first, 4294967295U);
}

static size_t release(char *buffer, size_t room, const struct given *given)
{
    const struct envelope_head head = head_of(given);

    return envelope_release(buffer, room, &head, given->first);
}

static size_t registry_dword(char *buffer, size_t room, const struct given *given)
{
    const struct envelope_head head = head_of(given);

    return envelope_registry(buffer, room, &head, REGISTRY_DWORD, given->first, given->second);
}

static size_t registry_string(char *buffer, size_t room, const struct given *given)
{
    const struct envelope_head head = head_of(given);

    return envelope_registry(buffer, room, &head, REGISTRY_STRING, given->first, given->second);
}

static size_t shell_create(char *buffer, size_t room, const struct given *given)
{
    const struct envelope_head head = head_of(given);

    return envelope_shell_create(buffer, room, &head, 90);
}

static size_t shell_command(char *buffer, size_t room, const struct given *given)
{
    const struct envelope_head head = head_of(given);

    return envelope_shell_command(buffer, room, &head, given->first, given->second);
}

static size_t shell_receive(char *buffer, size_t room, const struct given *given)
{
    const struct envelope_head head = head_of(given);

    return envelope_shell_receive(buffer, room, &head, given->first, given->second);
}

static size_t shell_signal(char *buffer, size_t room, const struct given *given)
{
    const struct envelope_head head = head_of(given);

    return envelope_shell_signal(buffer, room, &head, given->first, given->second);
}

static size_t shell_delete(char *buffer, size_t room, const struct given *given)
{
    const struct envelope_head head = head_of(given);

    return envelope_shell_delete(buffer, room, &head, given->first);
}

#define SHELL_ID "string(/s:Envelope/s:Header/w:SelectorSet/w:Selector[@Name='ShellId'])"
#define BODY     "/s:Envelope/s:Body/"

static const struct {
    const char *name;
    size_t (*write)(char *buffer, size_t room, const struct given *given);
    unsigned texts; /* beside the head */
    const char *action, *resource;
    const char *headers; /* behind those that all have */
    /* Expressions of XPath, the first of which give the texts. */
    struct {
        const char *expression, *value;
    } says[6];
} requests[] = {
    { "enumerate",
      enumerate,
      1,
      WS2004 "enumeration/Enumerate",
      WSMAN "wmi/root/cimv2/*",
      "",
      { { "string(" BODY "n:Enumerate/w:Filter)", NULL },
        { "string(" BODY "n:Enumerate/w:Filter/@Dialect)", WSMAN "WQL" },
        { "string(" BODY "n:Enumerate/w:MaxElements)", "50" },
        { "string(count(" BODY "n:Enumerate/w:OptimizeEnumeration))", "1" } } },
    { "pull",
      pull,
      1,
      WS2004 "enumeration/Pull",
      WSMAN "wmi/root/cimv2/*",
      "",
      { { "string(" BODY "n:Pull/n:EnumerationContext)", NULL },
        { "string(" BODY "n:Pull/n:MaxElements)", "4294967295" } } },
    { "release",
      release,
      1,
      WS2004 "enumeration/Release",
      WSMAN "wmi/root/cimv2/*",
      "",
      { { "string(" BODY "n:Release/n:EnumerationContext)", NULL } } },
    { "registry dword",
      registry_dword,
      2,
      REGISTRY "/GetDWORDValue",
      REGISTRY,
      "",
      { { "string(" BODY "r:GetDWORDValue_INPUT/r:sSubKeyName)", NULL },
        { "string(" BODY "r:GetDWORDValue_INPUT/r:sValueName)", NULL },
        { "string(" BODY "r:GetDWORDValue_INPUT/r:hDefKey)", "2147483650" } } },
    { "registry string",
      registry_string,
      2,
      REGISTRY "/GetStringValue",
      REGISTRY,
      "",
      { { "string(" BODY "r:GetStringValue_INPUT/r:sSubKeyName)", NULL },
        { "string(" BODY "r:GetStringValue_INPUT/r:sValueName)", NULL },
        { "string(" BODY "r:GetStringValue_INPUT/r:hDefKey)", "2147483650" } } },
    { "create",
      shell_create,
      0,
      WS2004 "transfer/Create",
      SHELL "/cmd",
      " OptionSet",
      { { "string(//w:Option[@Name='WINRS_NOPROFILE'])", "TRUE" },
        { "string(//w:Option[@Name='WINRS_CODEPAGE'])", "65001" },
        { "string(" BODY "rsp:Shell/rsp:OutputStreams)", "stdout stderr" },
        { "string(" BODY "rsp:Shell/rsp:IdleTimeOut)", "PT90S" } } },
    { "command",
      shell_command,
      2,
      SHELL "/Command",
      SHELL "/cmd",
      " SelectorSet OptionSet",
      { { SHELL_ID, NULL },
        { "string(" BODY "rsp:CommandLine/rsp:Command)", NULL },
        { "string(//w:Option[@Name='WINRS_CONSOLEMODE_STDIN'])", "TRUE" },
        { "string(//w:Option[@Name='WINRS_SKIP_CMD_SHELL'])", "FALSE" } } },
    { "receive",
      shell_receive,
      2,
      SHELL "/Receive",
      SHELL "/cmd",
      " SelectorSet",
      { { SHELL_ID, NULL },
        { "string(" BODY "rsp:Receive/rsp:DesiredStream/@CommandId)", NULL },
        { "string(" BODY "rsp:Receive/rsp:DesiredStream)", "stdout stderr" } } },
    { "signal",
      shell_signal,
      2,
      SHELL "/Signal",
      SHELL "/cmd",
      " SelectorSet",
      { { SHELL_ID, NULL },
        { "string(" BODY "rsp:Signal/@CommandId)", NULL },
        { "string(" BODY "rsp:Signal/rsp:Code)", SHELL "/signal/terminate" } } },
    { "delete",
      shell_delete,
      1,
      WS2004 "transfer/Delete",
      SHELL "/cmd",
      " SelectorSet",
      { { SHELL_ID, NULL }, { "string(count(" BODY "*))", "0" } } },
    { "identify", identify, 0, NULL, NULL, NULL, { { "string(count(" BODY "i:Identify))", "1" } } },
};
enum { REQUESTS = sizeof requests / sizeof *requests };

static const struct given plain = { "https://10.1.2.3:5986/wsman", "uuid:0f0e0d0c-0000-4000-8000-000000000001", "first",
                                    "second" };

/* Reads an envelope back; the caller frees both. */
static xmlXPathContext *read_back(const char *text, size_t bytes)
{
    static const struct {
        const char *prefix, *uri;
    } namespaces[] = {
        { "s", "http://www.w3.org/2003/05/soap-envelope" },
        { "a", "http://schemas.xmlsoap.org/ws/2004/08/addressing" },
        { "w", "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" },
        { "p", WSMAN "wsman.xsd" },
        { "n", WS2004 "enumeration" },
        { "rsp", SHELL },
        { "r", REGISTRY },
        { "i", "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd" },
    };
    xmlDoc *document = xmlReadMemory(text, (int)bytes, NULL, NULL, XML_PARSE_NONET);

    if (!document)
        fail_msg("not well-formed: %s", text);
    xmlXPathContext *context = xmlXPathNewContext(document);
    assert_non_null(context);
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++)
        assert_int_equal(
            xmlXPathRegisterNs(context, (const xmlChar *)namespaces[i].prefix, (const xmlChar *)namespaces[i].uri), 0);
    return context;
}

static void free_back(xmlXPathContext *context)
{
    xmlDoc *document = context->doc;

    xmlXPathFreeContext(context);
    xmlFreeDoc(document);
}

static void check(xmlXPathContext *context, const char *name, const char *expression, const char *value)
{
    xmlXPathObject *found = xmlXPathEvalExpression((const xmlChar *)expression, context);

    assert_non_null(found);
    assert_int_equal(found->type, XPATH_STRING);
    if (strcmp((const char *)found->stringval, value) != 0)
        fail_msg("%s: %s is \"%s\" instead of \"%s\"", name, expression, (const char *)found->stringval, value);
    xmlXPathFreeObject(found);
}

/* The names of the header's elements, in their order. */
static void check_order(xmlXPathContext *context, const char *name, const char *more)
{
    char order[512] = "", expected[512];
    xmlXPathObject *found = xmlXPathEvalExpression((const xmlChar *)"/s:Envelope/s:Header/*", context);

    assert_non_null(found);
    for (int i = 0; i < found->nodesetval->nodeNr; i++) {
        const size_t n = strlen(order);
        snprintf(order + n, sizeof order - n, " %s", (const char *)found->nodesetval->nodeTab[i]->name);
    }
    snprintf(expected, sizeof expected,
             " To ResourceURI ReplyTo Action MaxEnvelopeSize MessageID Locale DataLocale OperationTimeout%s", more);
    if (strcmp(order, expected) != 0)
        fail_msg("%s:%s instead of%s", name, order, expected);
    xmlXPathFreeObject(found);
}

static void check_request(size_t i, const struct given *given)
{
    char text[ROOM];
    const size_t bytes = requests[i].write(text, sizeof text, given);
    const char *const texts[] = { given->first, given->second };

    if (bytes == 0 || strlen(text) != bytes)
        fail_msg("%s: %zu bytes", requests[i].name, bytes);
    xmlXPathContext *context = read_back(text, bytes);
    for (size_t k = 0; k < sizeof requests[i].says / sizeof *requests[i].says && requests[i].says[k].expression; k++)
        check(context, requests[i].name, requests[i].says[k].expression,
              k < requests[i].texts ? texts[k] : requests[i].says[k].value);
    if (requests[i].action) {
        check(context, requests[i].name, "string(//s:Header/a:Action[@s:mustUnderstand='true'])", requests[i].action);
        check(context, requests[i].name, "string(//s:Header/w:ResourceURI[@s:mustUnderstand='true'])",
              requests[i].resource);
        check(context, requests[i].name, "string(//s:Header/a:To)", given->to);
        check(context, requests[i].name, "string(//s:Header/a:MessageID)", given->message_id);
        check(context, requests[i].name, "string(//s:Header/a:ReplyTo/a:Address)",
              "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous");
        check(context, requests[i].name, "string(//s:Header/w:MaxEnvelopeSize[@s:mustUnderstand='true'])", "512000");
        check(context, requests[i].name, "string(//s:Header/w:OperationTimeout)", "PT20.500S");
        check(context, requests[i].name, "string(//s:Header/w:Locale[@s:mustUnderstand='false']/@xml:lang)", "en-US");
        check(context, requests[i].name, "string(//s:Header/p:DataLocale/@xml:lang)", "en-US");
        check_order(context, requests[i].name, requests[i].headers);
    } else
        check(context, requests[i].name, "string(count(//s:Header/*))", "0");
    free_back(context);
}

static void each_request_says_what_it_was_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < REQUESTS; i++)
        check_request(i, &plain);
}

static void no_text_can_leave_its_place(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "a & b < c > d \" e ' f",
        "]]></w:Filter></n:Enumerate><x>",
        "<!-- <![CDATA[ %s %",
        " tab\tline\nreturn\r ",
        "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x90\x88 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbd \x7f",
    };

    for (size_t i = 0; i < REQUESTS; i++)
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            check_request(i, &(struct given){ texts[k], texts[k], texts[k], texts[k] });
}

static void what_xml_can_not_hold_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\x01", "a\x1f", "\x08 b", "\x0b", "\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xef\xbf\xbe", "a\xef\xbf\xbf",
    };
    char text[ROOM];

    for (size_t i = 0; i < REQUESTS; i++) {
        const unsigned places = requests[i].action ? 2 + requests[i].texts : 0;

        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            for (unsigned place = 0; place < places; place++) {
                struct given given = plain;
                const char **const all[TEXTS] = { &given.to, &given.message_id, &given.first, &given.second };
                *all[place] = texts[k];
                if (requests[i].write(text, sizeof text, &given) != 0)
                    fail_msg("%s: text %zu in place %u was taken", requests[i].name, k, place);
            }
    }
}

static void a_room_that_is_too_small_is_never_overrun(void **state)
{
    (void)state;
    static const struct given escaped = { "https://h/?a&b", "uuid:<1>", "'\xe6\x97\xa5'", "\"&\"" };

    for (size_t i = 0; i < REQUESTS; i++) {
        char whole[ROOM];
        const size_t bytes = requests[i].write(whole, sizeof whole, &escaped);

        for (size_t room = 0; room <= bytes + 1; room++) {
            char *text = malloc(room + 1); /* so that a sanitizer sees it, too */
            assert_non_null(text);
            text[room] = '\x5a';
            const size_t written = requests[i].write(text, room, &escaped);
            if (written != (room > bytes ? bytes : 0) || text[room] != '\x5a')
                fail_msg("%s: %zu bytes in %zu", requests[i].name, written, room);
            if (written)
                assert_string_equal(text, whole);
            free(text);
        }
    }
}

static const struct {
    const char *text, *literal; /* NULL: refused */
} literals[] = {
    { "", "''" },
    { "ntrtscan", "'ntrtscan'" },
    { "apex1.example", "'apex1.example'" },
    { "it's", "'it\\'s'" },
    { "C:\\Windows\\", "'C:\\\\Windows\\\\'" },
    { "\\'", "'\\\\\\''" },
    { "' OR Name LIKE '%", "'\\' OR Name LIKE \\'%'" },
    { "\"<&", "'\"<&'" },
    { "\xe6\x97\xa5", "'\xe6\x97\xa5'" },
    { "\x01", NULL },
    { "a\xff", NULL },
};

static void texts_become_literals_of_wql(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
        const size_t bytes = literals[i].literal ? strlen(literals[i].literal) : 0;

        for (size_t room = 0; room < 32; room++) {
            char text[33];
            memset(text, '\x5a', sizeof text);
            assert_int_equal(envelope_wql_text(text, room, literals[i].text), room > bytes ? bytes : 0);
            assert_int_equal(text[room], '\x5a');
            if (bytes && room > bytes)
                assert_string_equal(text, literals[i].literal);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_says_what_it_was_given),
        cmocka_unit_test(no_text_can_leave_its_place),
        cmocka_unit_test(what_xml_can_not_hold_is_refused),
        cmocka_unit_test(a_room_that_is_too_small_is_never_overrun),
        cmocka_unit_test(texts_become_literals_of_wql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
