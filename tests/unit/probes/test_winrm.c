/* The conversation with an endpoint, against one that is played here: what is asked, in what order and how often, and
 * what a broken endpoint makes of it. No socket: requests and answers are texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "probes/driver.h"
#include "probes/soap.h"

#include "winrm_defaults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SOAP_NS      "http://www.w3.org/2003/05/soap-envelope"
#define WSA_NS       "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define WSMAN_NS     "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
#define ENUM_NS      "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
#define SHELL_NS     "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
#define FAULT_NS     "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
#define REG_NS       "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/default/StdRegProv"
#define ROOT         "HKEY_LOCAL_MACHINE\\SOFTWARE\\TrendMicro\\PC-cillinNTCorp\\CurrentVersion"

/* What the endpoint does otherwise than a good one. */
struct endpoint {
    bool no_shell;       /* access to a shell is denied */
    bool no_quota;       /* there are too many shells already */
    bool not_installed;  /* no service, no value */
    bool mute_registry;  /* `reg` says nothing, though there is an agent */
    bool strings;        /* StdRegProv has every value as a text */
    bool slow;           /* Receive says nothing twice, then half, then the rest */
    bool pulls;          /* queries come item by item */
    bool denied;         /* everything is */
    const char *ip;      /* the agent's record of its address; NULL: 10.1.2.3 */
    const char *server;  /* the server that the agent names; NULL: apex1 */
    const char *file;    /* the agent's ssnotify.ini, "" where it is missing; NULL: it is not asked for */
    const char *instead; /* the answer to everything, with %s for the RelatesTo element; NULL: none */
    long status;         /* the status of everything; 0: as it should be */
    unsigned receives, shells;
    char log[2048]; /* what was asked, a letter or two each */
};

static char answer[65536];
static unsigned pulled;

static void say(struct endpoint *endpoint, const char *word)
{
    strncat(endpoint->log, word, sizeof endpoint->log - strlen(endpoint->log) - 1);
    strncat(endpoint->log, " ", sizeof endpoint->log - strlen(endpoint->log) - 1);
}

static void __attribute__((format(printf, 2, 3))) envelope(const char *message_id, const char *format, ...)
{
    va_list list;
    int n = snprintf(answer, sizeof answer,
                     "<s:Envelope xmlns:s='" SOAP_NS "' xmlns:a='" WSA_NS "' xmlns:w='" WSMAN_NS "' xmlns:n='" ENUM_NS
                     "' xmlns:rsp='" SHELL_NS "' xmlns:f='" FAULT_NS "' xmlns:r='" REG_NS
                     "'><s:Header><a:RelatesTo>%s</a:RelatesTo></s:Header><s:Body>",
                     message_id);
    va_start(list, format);
    n += vsnprintf(answer + n, sizeof answer - (size_t)n, format, list);
    va_end(list);
    assert_true((size_t)n + 32 < sizeof answer);
    strcat(answer, "</s:Body></s:Envelope>");
}

static void fault(const char *message_id, unsigned code)
{
    envelope(
        message_id,
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang='en'>no</s:Text></s:Reason>"
        "<s:Detail><f:WSManFault Code='%u'><f:Message>no</f:Message></f:WSManFault></s:Detail></s:Fault>",
        code);
}

static void base64(const char *text, char *buffer)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t bytes = strlen(text);
    size_t n = 0;
    for (size_t i = 0; i < bytes; i += 3) {
        const unsigned a = (unsigned char)text[i], b = i + 1 < bytes ? (unsigned char)text[i + 1] : 0,
                       c = i + 2 < bytes ? (unsigned char)text[i + 2] : 0;
        buffer[n++] = digits[a >> 2];
        buffer[n++] = digits[(a & 3) << 4 | b >> 4];
        buffer[n++] = i + 1 < bytes ? digits[(b & 15) << 2 | c >> 6] : '=';
        buffer[n++] = i + 2 < bytes ? digits[c & 63] : '=';
    }
    buffer[n] = '\0';
}

/* The value of a name in `text` between two marks; NULL: it is not there. */
static bool between(const char *text, const char *from, const char *to, char *buffer, size_t room)
{
    const char *begin = strstr(text, from);
    const char *end = begin ? strstr(begin + strlen(from), to) : NULL;
    if (!end || (size_t)(end - begin) - strlen(from) >= room)
        return false;
    snprintf(buffer, room, "%.*s", (int)((size_t)(end - begin) - strlen(from)), begin + strlen(from));
    return true;
}

#define ITEM(properties) "<w:XmlFragment>" properties "</w:XmlFragment>"

static void answer_items(const struct endpoint *endpoint, const char *message_id, const char *const *items, size_t n)
{
    if (!endpoint->pulls) {
        char all[4096] = "";
        for (size_t i = 0; i < n; i++)
            strcat(all, items[i]);
        envelope(message_id,
                 "<n:EnumerateResponse><n:EnumerationContext/><w:Items>%s</w:Items><w:EndOfSequence/>"
                 "</n:EnumerateResponse>",
                 all);
        return;
    }
    const size_t i = pulled++;
    const char *kind = i == 0 ? "EnumerateResponse" : "PullResponse";
    const char *list = i == 0 ? "w:Items" : "n:Items";
    const bool last = i + 1 >= n;
    envelope(message_id, "<n:%s>%s<%s>%s</%s>%s</n:%s>", kind,
             last ? "" : "<n:EnumerationContext>uuid:ctx</n:EnumerationContext>", list, i < n ? items[i] : "", list,
             last ? (i == 0 ? "<w:EndOfSequence/>" : "<n:EndOfSequence/>") : "", kind);
    if (last)
        pulled = 0;
}

static void answer_query(struct endpoint *endpoint, const char *message_id, const char *request)
{
    static const char *last; /* a Pull does not say of what */
    static const char *const services[] = {
        ITEM("<Name>ntrtscan</Name><State>Running</State>"
             "<StartMode>Auto</StartMode>"),
        ITEM("<Name>tmlisten</Name><State>Running</State>"),
        ITEM("<Name>tmusa</Name><State>Stopped</State>"),
    };
    static const char *const pings[] = {
        ITEM("<Address>apex1</Address><StatusCode>0</StatusCode>"
             "<ProtocolAddress>10.0.0.5</ProtocolAddress><ResponseTime>3</ResponseTime>"
             "<PrimaryAddressResolutionStatus>0</PrimaryAddressResolutionStatus>"),
    };
    static const char *const systems[] = {
        ITEM("<Caption>Microsoft Windows 10 Pro</Caption><Version>10.0.19045</Version>"
             "<ProductType>1</ProductType>"),
    };
    static const char *const adapters[] = {
        ITEM("<IPAddress>10.1.2.3</IPAddress><IPAddress>fe80::1</IPAddress>"
             "<DefaultIPGateway>10.1.0.1</DefaultIPGateway>"),
    };
    const bool is_pull = strstr(request, "enumeration/Pull") != NULL;
    if (!is_pull)
        last = strstr(request, "Win32_BaseService")    ? "services"
               : strstr(request, "Win32_PingStatus")   ? "ping"
               : strstr(request, "Win32_OperatingSys") ? "system"
                                                       : "addresses";
    say(endpoint, is_pull ? "pull" : last);
    if (!is_pull && strcmp(last, "ping") == 0 && endpoint->server)
        assert_non_null(strstr(request, endpoint->server));
    if (strcmp(last, "services") == 0)
        answer_items(endpoint, message_id, services, endpoint->not_installed ? 0 : COUNT(services));
    else if (strcmp(last, "ping") == 0)
        answer_items(endpoint, message_id, pings, COUNT(pings));
    else if (strcmp(last, "system") == 0)
        answer_items(endpoint, message_id, systems, COUNT(systems));
    else
        answer_items(endpoint, message_id, adapters, COUNT(adapters));
}

static void answer_shell(struct endpoint *endpoint, const char *message_id, const char *request)
{
    char output[4096], encoded[8192];
    if (strstr(request, "transfer/Create")) {
        say(endpoint, "shell");
        if (endpoint->no_shell || endpoint->no_quota) {
            fault(message_id, endpoint->no_shell ? 5 : 2150859173U);
            return;
        }
        endpoint->shells++;
        envelope(message_id, "<rsp:Shell><rsp:ShellId>S-1</rsp:ShellId></rsp:Shell>");
    } else if (strstr(request, "shell/Command")) {
        say(endpoint, "command");
        assert_non_null(strstr(request, "S-1"));
        assert_non_null(strstr(request, "Wow6432Node"));
        envelope(message_id, "<rsp:CommandResponse><rsp:CommandId>C-1</rsp:CommandId></rsp:CommandResponse>");
    } else if (strstr(request, "shell/Receive")) {
        say(endpoint, "receive");
        endpoint->receives++;
        if (endpoint->slow && endpoint->receives <= 2) {
            fault(message_id, 2150858793U);
            return;
        }
        snprintf(output, sizeof output,
                 "\r\n" ROOT "\r\n    Server    REG_SZ    %s\r\n    IP    REG_SZ    %s\r\n\r\n" ROOT
                 "\\Misc.\r\n    ProgramVer    REG_SZ    14.0\r\n",
                 endpoint->server ? endpoint->server : "apex1", endpoint->ip ? endpoint->ip : "10.1.2.3");
        if (endpoint->file)
            snprintf(output + strlen(output), sizeof output - strlen(output), "ah-file \r\n%s", endpoint->file);
        char *half = output;
        const bool first = endpoint->slow && endpoint->receives == 3;
        if (endpoint->slow && first)
            output[100] = '\0';
        else if (endpoint->slow)
            half = output + 100;
        base64(endpoint->not_installed || endpoint->mute_registry ? "" : half, encoded);
        envelope(message_id,
                 "<rsp:ReceiveResponse><rsp:Stream Name='stdout' CommandId='C-1'>%s</rsp:Stream>"
                 "<rsp:CommandState CommandId='C-1' State='" SHELL_NS "/CommandState/%s'>%s</rsp:CommandState>"
                 "</rsp:ReceiveResponse>",
                 encoded, first ? "Running" : "Done", first ? "" : "<rsp:ExitCode>0</rsp:ExitCode>");
    } else {
        say(endpoint, "close");
        endpoint->shells--;
        envelope(message_id, "%s", "");
    }
}

static void answer_value(struct endpoint *endpoint, const char *message_id, const char *request)
{
    static const struct {
        const char *name, *value;
        bool is_number;
    } values[] = { { "ProgramVer", "14.0", false }, { "Enable", "1", true },
                   { "ScanType", "1", true },       { "InternalNonCrcPatternVer", "1942980", true },
                   { "IP", "10.1.2.3", false },     { "Server", "apex1", false } };
    const bool asks_number = strstr(request, "GetDWORDValue") != NULL;
    char name[128];
    assert_true(between(request, "sValueName>", "</", name, sizeof name));
    say(endpoint, asks_number ? "dword" : "string");
    const char *method = asks_number ? "GetDWORDValue" : "GetStringValue";
    const bool in_view = strstr(request, "Wow6432Node") != NULL; /* the agent is a 32-bit one */
    for (size_t i = 0; in_view && !endpoint->not_installed && i < COUNT(values); i++) {
        if (strcmp(values[i].name, name) != 0)
            continue;
        if ((values[i].is_number && !endpoint->strings) != asks_number)
            envelope(message_id, "<r:%s_OUTPUT><r:ReturnValue>2147749893</r:ReturnValue></r:%s_OUTPUT>", method,
                     method);
        else
            envelope(message_id, "<r:%s_OUTPUT><r:ReturnValue>0</r:ReturnValue><r:%cValue>%s</r:%cValue></r:%s_OUTPUT>",
                     method, asks_number ? 'u' : 's', values[i].value, asks_number ? 'u' : 's', method);
        return;
    }
    envelope(message_id, "<r:%s_OUTPUT><r:ReturnValue>2</r:ReturnValue></r:%s_OUTPUT>", method, method);
}

static struct reply reply_to(struct endpoint *endpoint, const struct request *request)
{
    char message_id[128];
    struct reply reply = { .cause = CAUSE_NONE, .status = 200, .body = answer, .detail = "", .rtt_ms = 1 };

    assert_int_equal(strlen(request->body), request->bytes);
    assert_true(between(request->body, "MessageID>", "</", message_id, sizeof message_id));
    if (endpoint->instead) {
        char relates[256];
        snprintf(relates, sizeof relates, "<a:RelatesTo xmlns:a='" WSA_NS "'>%s</a:RelatesTo>", message_id);
        snprintf(answer, sizeof answer, "%s", endpoint->instead);
        char *mark = strstr(answer, "%s");
        if (mark) {
            char rest[8192];
            snprintf(rest, sizeof rest, "%s", mark + 2);
            snprintf(mark, sizeof answer - (size_t)(mark - answer), "%s%s", relates, rest);
        }
        say(endpoint, "x");
    } else if (endpoint->denied) {
        say(endpoint, "x");
        fault(message_id, 5);
    } else if (strstr(request->body, "enumeration/")) {
        answer_query(endpoint, message_id, request->body);
    } else if (strstr(request->body, "StdRegProv")) {
        answer_value(endpoint, message_id, request->body);
    } else {
        answer_shell(endpoint, message_id, request->body);
    }
    if (strstr(answer, "Fault>") && !endpoint->instead)
        reply = (struct reply){ .cause = CAUSE_HTTP_ERROR, .status = 500, .body = answer, .detail = "HTTP status 500" };
    if (endpoint->status) {
        reply.status = endpoint->status;
        reply.cause = endpoint->status == 401 ? CAUSE_AUTHENTICATION_FAILED : CAUSE_HTTP_ERROR;
        reply.detail = "HTTP status";
    }
    reply.bytes = strlen(answer);
    return reply;
}

/* One conversation; the answer's report is the caller's. */
static struct probe_answer talk_to(struct endpoint *endpoint, void **memory, struct now now)
{
    const struct conversation *kind = winrm_driver.conversation;
    struct probe_job job = {
        .settings = probe_settings_new(&(struct probe_settings){ .driver = DRIVER_WINRM,
                                                                 .timeout_ms = 10000,
                                                                 .winrm = default_names,
                                                                 .gateways = "10.9.0.1, 10.1.0.1",
                                                                 .reads_ssnotify = endpoint->file != NULL }),
        .target = probe_target_new(&(struct probe_target){
            .subject = SUBJECT_AGENT, .index = 7, .where = "https://10.1.2.3:5986/wsman", .server = "apex1" }),
    };
    struct probe_answer result;
    struct request request;
    void *talk = kind->begin(&job, memory, &now);
    bool last = false;

    assert_non_null(talk);
    endpoint->log[0] = '\0';
    endpoint->receives = 0;
    pulled = 0;
    for (unsigned i = 0; kind->next(talk, &request); i++) {
        assert_true(i < 200);
        assert_false(last);
        last = request.last && !endpoint->pulls;
        const struct reply reply = reply_to(endpoint, &request);
        kind->take(talk, &reply, &now);
    }
    answer_begin(&job, &now, &result);
    kind->end(talk, &now, &result);
    kind->free(talk);
    probe_job_done(&job);
    return result;
}

#define FIRST "services shell command receive close ping system addresses "
#define LATER "services shell command receive close ping "

static void a_whole_set_takes_eight_questions_at_first_and_six_later(void **state)
{
    (void)state;
    struct endpoint endpoint = { 0 };
    void *memory = NULL;
    struct now now = { 1000000, 1795608000000 };
    static const struct {
        int64_t later_ms;
        const char *ip, *log;
    } rounds[] = {
        { 0, NULL, FIRST },      { 300000, NULL, LATER },
        { 300000, NULL, LATER }, { 300000, "10.9.9.9", LATER "addresses " }, /* the agent has another address */
        { 300000, NULL, LATER }, { 3600000, NULL, FIRST },                   /* an hour after the first */
        { 300000, NULL, LATER },
    };
    for (size_t i = 0; i < COUNT(rounds); i++) {
        now.mono_ms += rounds[i].later_ms;
        endpoint.ip = rounds[i].ip;
        struct probe_answer seen = talk_to(&endpoint, &memory, now);
        assert_string_equal(seen.detail, "");
        assert_int_equal(seen.observation.cause, CAUSE_NONE);
        assert_string_equal(endpoint.log, rounds[i].log);
        assert_int_equal(endpoint.shells, 0);
        assert_int_equal(seen.observation.values[FACT_RTS_SERVICE], SERVICE_RUNNING);
        assert_int_equal(seen.observation.values[FACT_TMUSA], SERVICE_STOPPED);
        assert_int_equal(seen.observation.agent_side, SIDE_ONLINE);
        assert_int_equal(seen.observation.agent_side_rtt_ms, 3);
        assert_true(seen.observation.has & HAS_OWN);
        assert_int_equal(seen.observation.own.n, 2);
        assert_int_equal(seen.observation.values[FACT_GATEWAY], TRI_YES);
        assert_string_equal(seen.observation.report->system, "Microsoft Windows 10 Pro 10.0.19045");
        assert_string_equal(seen.observation.report->components[COMPONENT_PROGRAM].version, "14.0");
        probe_answer_done(&seen);
    }
    winrm_driver.conversation->forget(memory);
}

static void each_endpoint_is_asked_in_its_own_way(void **state)
{
    (void)state;
    static const struct {
        struct endpoint endpoint;
        const char *first, *later;
        enum cause cause;
        uint32_t notes;
    } rows[] = {
        /* Without a shell, value by value; the view and the types are remembered. */
        { { .no_shell = true },
          "services shell string string string dword dword dword string dword string dword dword string string string "
          "string ping system addresses ",
          "services string string dword dword dword string dword string dword dword string string string string ping ",
          CAUSE_NONE,
          0 },
        { { .no_shell = true, .strings = true },
          "services shell string string string dword string dword string dword string string dword string dword dword "
          "string string string string ping system addresses ",
          "services string string string string string string dword string dword dword string string string string "
          "ping ",
          CAUSE_NONE,
          0 },
        /* Not denied, but not to be had now: it is tried again the next time. */
        { { .no_quota = true },
          "services shell string string string dword dword dword string dword string dword dword string string string "
          "string ping system addresses ",
          "services shell string string dword dword dword string dword string dword dword string string string string "
          "ping ",
          CAUSE_NONE,
          0 },
        { { .not_installed = true },
          "services shell command receive close ping system addresses ",
          "services shell command receive close ping addresses ",
          CAUSE_NONE,
          NOTE_AGENT_NOT_INSTALLED },
        { { .not_installed = true, .no_shell = true },
          "services shell string string ping system addresses ",
          "services string string ping addresses ",
          CAUSE_NONE,
          NOTE_AGENT_NOT_INSTALLED },
        { { .mute_registry = true },
          "services shell command receive close string string string dword dword dword string dword string dword dword "
          "string string string string ping system addresses ",
          "services string string dword dword dword string dword string dword dword string string string string ping ",
          CAUSE_NONE,
          0 },
        { { .slow = true },
          "services shell command receive receive receive receive close ping system addresses ",
          "services shell command receive receive receive receive close ping ",
          CAUSE_NONE,
          0 },
        { { .pulls = true },
          "services pull pull shell command receive close ping system addresses ",
          "services pull pull shell command receive close ping ",
          CAUSE_NONE,
          0 },
        { { .server = "old.example" }, FIRST, LATER, CAUSE_NONE, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct endpoint endpoint = rows[i].endpoint;
        void *memory = NULL;
        for (unsigned round = 0; round < 2; round++) {
            struct probe_answer seen =
                talk_to(&endpoint, &memory, (struct now){ 1000000 + round * 300000, 1795608000000 });
            assert_string_equal(endpoint.log, round ? rows[i].later : rows[i].first);
            assert_int_equal(seen.observation.cause, rows[i].cause);
            assert_int_equal(endpoint.shells, 0);
            assert_non_null(seen.observation.report);
            assert_int_equal(seen.observation.report->notes, rows[i].notes);
            assert_string_equal(seen.observation.report->components[COMPONENT_PROGRAM].version,
                                rows[i].notes ? "" : "14.0");
            probe_answer_done(&seen);
        }
        winrm_driver.conversation->forget(memory);
    }
}

/* The agent's file comes along: what became of it is told beside the rest, which it does not spoil. */
static void the_file_has_its_own_outcome(void **state)
{
    (void)state;
    static const struct {
        struct endpoint endpoint;
        enum cause cause, file_cause;
        uint8_t files; /* 0: nothing is said of it */
        const char *detail;
    } rows[] = {
        { { .no_shell = false }, CAUSE_NONE, 0, 0, "" },
        { { .file = "[s]\r\nk=1\r\n" }, CAUSE_NONE, CAUSE_NONE, FILES_UNKNOWN, "" },
        { { .file = "" },
          CAUSE_NONE,
          CAUSE_NAME_NOT_FOUND,
          FILES_UNREADABLE,
          "ssnotify.ini: it is missing or empty, or not for this account" },
        { { .file = "[s]\r\nk=\x93\xfa\r\n" },
          CAUSE_NONE,
          CAUSE_PROTOCOL_ERROR,
          FILES_UNREADABLE,
          "ssnotify.ini: line 2: not UTF-8 text" },
        { { .file = "[s]\r\nk=1\r\n", .no_shell = true },
          CAUSE_NONE,
          CAUSE_FORBIDDEN,
          FILES_NO_SHELL,
          "ssnotify.ini: the endpoint allows no shell, which reading the file needs" },
        { { .file = "[s]\r\nk=1\r\n", .no_quota = true },
          CAUSE_NONE,
          CAUSE_PROTOCOL_ERROR,
          FILES_UNREADABLE,
          "ssnotify.ini: the shell to read it in broke" },
        { { .file = "[s]\r\nk=1\r\n", .denied = true }, CAUSE_FORBIDDEN, 0, 0, "" },
        { { .file = "[s]\r\nk=1\r\n", .status = 401 }, CAUSE_AUTHENTICATION_FAILED, 0, 0, "" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct endpoint endpoint = rows[i].endpoint;
        void *memory = NULL;
        for (unsigned round = 0; round < 2; round++) {
            struct probe_answer seen =
                talk_to(&endpoint, &memory, (struct now){ 1000000 + round * 300000, 1795608000000 });
            const uint8_t files = seen.observation.has & HAS_FILES ? seen.observation.files : 0;
            if (seen.observation.cause != rows[i].cause || seen.file_cause != rows[i].file_cause ||
                files != rows[i].files || strcmp(seen.file_detail, rows[i].detail) != 0)
                fail_msg("row %zu: %d, %d, %u, \"%s\"", i, seen.observation.cause, seen.file_cause, files,
                         seen.file_detail);
            probe_answer_done(&seen);
        }
        winrm_driver.conversation->forget(memory);
    }
}

static void what_is_no_answer_ends_it_with_its_cause(void **state)
{
    (void)state;
#define WHOLE(body) "<s:Envelope xmlns:s='" SOAP_NS "'><s:Header>%s</s:Header><s:Body>" body "</s:Body></s:Envelope>"
    static const struct {
        struct endpoint endpoint;
        enum cause cause;
    } rows[] = {
        { { .denied = true }, CAUSE_FORBIDDEN },
        { { .status = 401 }, CAUSE_AUTHENTICATION_FAILED },
        { { .status = 500, .instead = "broken" }, CAUSE_HTTP_ERROR },
        { { .status = 500, .instead = "" }, CAUSE_HTTP_ERROR },
        { { .instead = "" }, CAUSE_WRONG_ANSWER },
        { { .instead = "<html/>" }, CAUSE_WRONG_ANSWER },
        { { .instead = "<!DOCTYPE a [<!ENTITY b 'c'>]>" WHOLE("") }, CAUSE_WRONG_ANSWER },
        { { .instead = WHOLE("") }, CAUSE_WRONG_ANSWER }, /* an answer, but to another question */
        { { .instead = WHOLE("<rsp:Shell xmlns:rsp='" SHELL_NS "'><rsp:ShellId>S</rsp:ShellId></rsp:Shell>") },
          CAUSE_WRONG_ANSWER },
        { { .instead = "<s:Envelope xmlns:s='" SOAP_NS "'><s:Header><a:RelatesTo xmlns:a='" WSA_NS
                       "'>uuid:other</a:RelatesTo></s:Header><s:Body/></s:Envelope>" },
          CAUSE_WRONG_ANSWER },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct endpoint endpoint = rows[i].endpoint;
        void *memory = NULL;
        struct probe_answer seen = talk_to(&endpoint, &memory, (struct now){ 1000000, 1795608000000 });
        assert_int_equal(seen.observation.cause, rows[i].cause);
        assert_string_equal(endpoint.log, endpoint.status == 401 ? "services " : "x ");
        assert_string_not_equal(seen.detail, "");
        assert_int_equal(seen.observation.facts, 0);
        assert_int_equal(seen.observation.has, 0);
        assert_null(seen.observation.report);
        probe_answer_done(&seen);
        winrm_driver.conversation->forget(memory);
    }
}

int main(void)
{
    soap_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_set_takes_eight_questions_at_first_and_six_later),
        cmocka_unit_test(each_endpoint_is_asked_in_its_own_way),
        cmocka_unit_test(the_file_has_its_own_outcome),
        cmocka_unit_test(what_is_no_answer_ends_it_with_its_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
