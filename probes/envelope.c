/* The writer of requests: one frame, and in it a body for each. It knows nothing of answers. */
#include "envelope.h"

#include "ini.h"
#include "soap_uris.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_ENVELOPE_BYTES = 512000, MS_A_SECOND = 1000, NUMBER_BYTES = 32 };

#define RESOURCE_CIMV2     URI_WMI "root/cimv2/*"
#define RESOURCE_REGISTRY  URI_WMI "root/default/StdRegProv"
#define RESOURCE_SHELL     URI_SHELL "/cmd"
#define HKEY_LOCAL_MACHINE "2147483650"

struct writing {
    char *at;
    size_t room; /* with that of the NUL */
    size_t bytes;
    bool spoilt;
};

static void put_bytes(struct writing *out, const char *bytes, size_t n)
{
    if (out->spoilt || n >= out->room - out->bytes) {
        out->spoilt = true;
        return;
    }
    memcpy(out->at + out->bytes, bytes, n);
    out->bytes += n;
    out->at[out->bytes] = '\0';
}

static void put_raw(struct writing *out, const char *text)
{
    put_bytes(out, text, strlen(text));
}

/* The length of the character that a text begins with; 0: XML 1.0 can not hold it, or it is no UTF-8. */
static size_t character(const char *text)
{
    const size_t n = ini_utf8_sequence(text, strlen(text));

    if (n == 1 && (unsigned char)*text < 0x20 && !strchr("\t\n\r", *text))
        return 0;
    if (n == 3 && (memcmp(text, "\xef\xbf\xbe", 3) == 0 || memcmp(text, "\xef\xbf\xbf", 3) == 0))
        return 0; /* U+FFFE, U+FFFF */
    return n;
}

static void put_escaped(struct writing *out, const char *text)
{
    /* Blanks other than the blank would not reach the other side as they are, either. */
    static const char *const escapes[256] = {
        ['&'] = "&amp;",  ['<'] = "&lt;",  ['>'] = "&gt;",   ['"'] = "&quot;",
        ['\''] = "&#39;", ['\t'] = "&#9;", ['\n'] = "&#10;", ['\r'] = "&#13;",
    };
    size_t n;

    for (; *text && !out->spoilt; text += n) {
        const char *const escape = escapes[(unsigned char)*text];

        n = character(text);
        if (n == 0)
            out->spoilt = true;
        else if (escape)
            put_raw(out, escape);
        else
            put_bytes(out, text, n);
    }
}

/* Writes a template, in which each % stands for the next text of the arguments, escaped. */
static void put(struct writing *out, const char *template, ...)
{
    va_list texts;

    va_start(texts, template);
    for (;;) {
        const size_t n = strcspn(template, "%");

        put_bytes(out, template, n);
        if (!template[n])
            break;
        put_escaped(out, va_arg(texts, const char *));
        template += n + 1;
    }
    va_end(texts);
}

static struct writing begin(char *buffer, size_t room)
{
    struct writing out = { .at = buffer, .room = room, .spoilt = room == 0 };

    return out;
}

static size_t finish(const struct writing *out)
{
    return out->spoilt ? 0 : out->bytes;
}

static const char *number(char text[NUMBER_BYTES], unsigned value)
{
    snprintf(text, NUMBER_BYTES, "%u", value);
    return text;
}

/* The frame up to where the header can take more. */
static struct writing begin_header(char *buffer, size_t room, const struct envelope_head *head, const char *resource,
                                   const char *action)
{
    struct writing out = begin(buffer, room);
    char size[NUMBER_BYTES], timeout[NUMBER_BYTES];

    snprintf(timeout, sizeof timeout, "PT%u.%03uS", head->timeout_ms / MS_A_SECOND, head->timeout_ms % MS_A_SECOND);
    put_raw(&out, "<s:Envelope xmlns:s=\"" URI_SOAP "\" xmlns:a=\"" URI_ADDRESSING "\" xmlns:w=\"" URI_WSMAN
                  "\" xmlns:p=\"" URI_EXTENSION "\"><s:Header>");
    put(&out, "<a:To>%</a:To><w:ResourceURI s:mustUnderstand=\"true\">%</w:ResourceURI>", head->to, resource);
    put_raw(&out, "<a:ReplyTo><a:Address s:mustUnderstand=\"true\">" URI_ADDRESSING
                  "/role/anonymous</a:Address></a:ReplyTo>");
    put(&out, "<a:Action s:mustUnderstand=\"true\">%</a:Action>", action);
    put(&out, "<w:MaxEnvelopeSize s:mustUnderstand=\"true\">%</w:MaxEnvelopeSize>", number(size, MAX_ENVELOPE_BYTES));
    put(&out, "<a:MessageID>%</a:MessageID>", head->message_id);
    put_raw(&out, "<w:Locale xml:lang=\"en-US\" s:mustUnderstand=\"false\"/>"
                  "<p:DataLocale xml:lang=\"en-US\" s:mustUnderstand=\"false\"/>");
    put(&out, "<w:OperationTimeout>%</w:OperationTimeout>", timeout);
    return out;
}

/* The same, for a shell that is there. */
static struct writing begin_shell(char *buffer, size_t room, const struct envelope_head *head, const char *action,
                                  const char *shell)
{
    struct writing out = begin_header(buffer, room, head, RESOURCE_SHELL, action);

    put(&out, "<w:SelectorSet><w:Selector Name=\"ShellId\">%</w:Selector></w:SelectorSet>", shell);
    return out;
}

static void begin_body(struct writing *out)
{
    put_raw(out, "</s:Header><s:Body>");
}

static size_t finish_body(struct writing *out)
{
    put_raw(out, "</s:Body></s:Envelope>");
    return finish(out);
}

size_t envelope_identify(char *buffer, size_t room)
{
    struct writing out = begin(buffer, room);

    put_raw(&out, "<s:Envelope xmlns:s=\"" URI_SOAP "\" xmlns:i=\"" URI_IDENTITY "\"><s:Header/><s:Body>"
                  "<i:Identify/>");
    return finish_body(&out);
}

size_t envelope_enumerate(char *buffer, size_t room, const struct envelope_head *head, const char *wql,
                          unsigned max_elements)
{
    struct writing out = begin_header(buffer, room, head, RESOURCE_CIMV2, URI_ENUMERATION "/Enumerate");
    char max[NUMBER_BYTES];

    begin_body(&out);
    put(&out,
        "<n:Enumerate xmlns:n=\"" URI_ENUMERATION "\"><w:OptimizeEnumeration/><w:MaxElements>%</w:MaxElements>"
        "<w:Filter Dialect=\"" URI_WQL "\">%</w:Filter></n:Enumerate>",
        number(max, max_elements), wql);
    return finish_body(&out);
}

size_t envelope_pull(char *buffer, size_t room, const struct envelope_head *head, const char *context,
                     unsigned max_elements)
{
    struct writing out = begin_header(buffer, room, head, RESOURCE_CIMV2, URI_ENUMERATION "/Pull");
    char max[NUMBER_BYTES];

    begin_body(&out);
    put(&out,
        "<n:Pull xmlns:n=\"" URI_ENUMERATION "\"><n:EnumerationContext>%</n:EnumerationContext>"
        "<n:MaxElements>%</n:MaxElements></n:Pull>",
        context, number(max, max_elements));
    return finish_body(&out);
}

size_t envelope_release(char *buffer, size_t room, const struct envelope_head *head, const char *context)
{
    struct writing out = begin_header(buffer, room, head, RESOURCE_CIMV2, URI_ENUMERATION "/Release");

    begin_body(&out);
    put(&out, "<n:Release xmlns:n=\"" URI_ENUMERATION "\"><n:EnumerationContext>%</n:EnumerationContext></n:Release>",
        context);
    return finish_body(&out);
}

size_t envelope_registry(char *buffer, size_t room, const struct envelope_head *head, enum registry_type type,
                         const char *key, const char *name)
{
    static const struct {
        const char *action, *begin, *end;
    } methods[] = {
#define METHOD(name)                                                                                                   \
    { RESOURCE_REGISTRY "/" name, "<r:" name "_INPUT xmlns:r=\"" RESOURCE_REGISTRY "\">", "</r:" name "_INPUT>" }
        [REGISTRY_DWORD] = METHOD("GetDWORDValue"),
        [REGISTRY_STRING] = METHOD("GetStringValue"),
#undef METHOD
    };
    struct writing out = begin_header(buffer, room, head, RESOURCE_REGISTRY, methods[type].action);

    begin_body(&out);
    put_raw(&out, methods[type].begin);
    put(&out,
        "<r:hDefKey>" HKEY_LOCAL_MACHINE "</r:hDefKey><r:sSubKeyName>%</r:sSubKeyName>"
        "<r:sValueName>%</r:sValueName>",
        key, name);
    put_raw(&out, methods[type].end);
    return finish_body(&out);
}

size_t envelope_shell_create(char *buffer, size_t room, const struct envelope_head *head, unsigned idle_s)
{
    struct writing out = begin_header(buffer, room, head, RESOURCE_SHELL, URI_TRANSFER "/Create");
    char idle[NUMBER_BYTES];

    put_raw(&out, "<w:OptionSet><w:Option Name=\"WINRS_NOPROFILE\">TRUE</w:Option>"
                  "<w:Option Name=\"WINRS_CODEPAGE\">65001</w:Option></w:OptionSet>"); /* UTF-8 */
    begin_body(&out);
    put(&out,
        "<rsp:Shell xmlns:rsp=\"" URI_SHELL "\"><rsp:IdleTimeOut>PT%S</rsp:IdleTimeOut>"
        "<rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>",
        number(idle, idle_s));
    return finish_body(&out);
}

size_t envelope_shell_command(char *buffer, size_t room, const struct envelope_head *head, const char *shell,
                              const char *command_line)
{
    struct writing out = begin_shell(buffer, room, head, URI_SHELL "/Command", shell);

    put_raw(&out, "<w:OptionSet><w:Option Name=\"WINRS_CONSOLEMODE_STDIN\">TRUE</w:Option>"
                  "<w:Option Name=\"WINRS_SKIP_CMD_SHELL\">FALSE</w:Option></w:OptionSet>");
    begin_body(&out);
    put(&out, "<rsp:CommandLine xmlns:rsp=\"" URI_SHELL "\"><rsp:Command>%</rsp:Command></rsp:CommandLine>",
        command_line);
    return finish_body(&out);
}

size_t envelope_shell_receive(char *buffer, size_t room, const struct envelope_head *head, const char *shell,
                              const char *command)
{
    struct writing out = begin_shell(buffer, room, head, URI_SHELL "/Receive", shell);

    begin_body(&out);
    put(&out,
        "<rsp:Receive xmlns:rsp=\"" URI_SHELL "\"><rsp:DesiredStream CommandId=\"%\">stdout stderr"
        "</rsp:DesiredStream></rsp:Receive>",
        command);
    return finish_body(&out);
}

size_t envelope_shell_signal(char *buffer, size_t room, const struct envelope_head *head, const char *shell,
                             const char *command)
{
    struct writing out = begin_shell(buffer, room, head, URI_SHELL "/Signal", shell);

    begin_body(&out);
    put(&out,
        "<rsp:Signal xmlns:rsp=\"" URI_SHELL "\" CommandId=\"%\"><rsp:Code>" URI_SHELL
        "/signal/terminate</rsp:Code></rsp:Signal>",
        command);
    return finish_body(&out);
}

size_t envelope_shell_delete(char *buffer, size_t room, const struct envelope_head *head, const char *shell)
{
    struct writing out = begin_shell(buffer, room, head, URI_TRANSFER "/Delete", shell);

    begin_body(&out);
    return finish_body(&out);
}

size_t envelope_wql_text(char *buffer, size_t room, const char *text)
{
    struct writing out = begin(buffer, room);
    size_t n;

    put_raw(&out, "'");
    for (; *text && !out.spoilt; text += n) {
        n = character(text);
        if (n == 0)
            out.spoilt = true;
        if (*text == '\\' || *text == '\'')
            put_raw(&out, "\\");
        put_bytes(&out, text, n);
    }
    put_raw(&out, "'");
    return finish(&out);
}
