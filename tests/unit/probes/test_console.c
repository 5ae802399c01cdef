/* Rounds of reading consoles that answer every request alike: what is taken from which answer, and how what is wrong is
 * called. What the simulated consoles can play, tests/integration/test_consoles.py has. */
#include "probes/console.h"

#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <errno.h>

enum { ANSWER_BYTES = 512 * 1024 };

struct seen {
    char agents[1024], records[2048]; /* name/guid/server/group/address; and so on; */
    unsigned fail_at;                 /* what the sink does not want any more; 0: it takes all */
    unsigned told;
};

static int tell(struct seen *seen, char *to, size_t room, const char *text)
{
    const size_t n = strlen(to);

    snprintf(to + n, room - n, "%s", text);
    return ++seen->told == seen->fail_at ? -EXFULL : 0;
}

static int on_agent(void *user, const struct console_agent *agent)
{
    struct seen *seen = user;
    char text[2048];

    snprintf(text, sizeof text, "%s/%s/%s/%s/%s;", agent->name, agent->guid, agent->server, agent->group,
             agent->address);
    return tell(seen, seen->agents, sizeof seen->agents, text);
}

static int on_record(void *user, const struct console_record *record)
{
    struct seen *seen = user;
    char text[2048];

    if (strcmp(record->name, "Z") == 0) /* of a line that is there to be good */
        return 0;
    snprintf(text, sizeof text, "%s/%s/%s/%lld/%u/%u/%u/%s/%s;", record->name, record->guid, record->address,
             (long long)record->wall_ms, record->recorded, record->pattern, record->engine, record->pattern_version,
             record->engine_version);
    return tell(seen, seen->records, sizeof seen->records, text);
}

static struct console_settings settings_for(enum driver driver, const char *url)
{
    return (struct console_settings){ .driver = driver,
                                      .name = "hq",
                                      .url = url,
                                      .application_id = "id",
                                      .api_key = "the-api-key",
                                      .token = "the-token",
                                      .ca_file = "",
                                      .pin = "",
                                      .timeout_ms = 5000,
                                      .round_timeout_ms = 10000,
                                      .body_max_bytes = 1000000,
                                      .agents_max = 10 };
}

/* One round with somebody who gives that answer to the first request, and the other one to all others. */
static int read_answers(enum driver driver, const char *answer, const char *then, struct seen *seen,
                        struct console_round *round)
{
    const struct console_sink sink = { seen, on_agent, on_record };
    struct peer *peer = peer_new("127.0.0.1", PEER_ANSWERS, answer, NULL);
    char url[128];

    peer->then = then;
    snprintf(url, sizeof url, "http://%s:%u/base/", peer->host, peer->port);
    const struct console_settings settings = settings_for(driver, url);
    struct console *console = console_new(&settings);
    assert_non_null(console);
    const int r = console_read(console, &sink, NULL, NULL, round);
    console_free(console);
    peer_free(peer);
    return r;
}

static int read_answer(enum driver driver, const char *answer, struct seen *seen, struct console_round *round)
{
    return read_answers(driver, answer, NULL, seen, round);
}

/* In a static buffer, one for first answers and one for others. In a body, ' stands for a quote. */
static const char *make_answer_in(int place, const char *head, const char *body)
{
    static char answers[2][ANSWER_BYTES];
    char *const answer = answers[place];

    const int n = snprintf(answer, ANSWER_BYTES, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                           head, strlen(body), body);
    assert_in_range(n, 1, ANSWER_BYTES - 1);
    for (char *at = strstr(answer, "\r\n\r\n"); (at = strchr(at, '\'')); at++)
        *at = '"';
    return answer;
}

static const char *make_answer(const char *head, const char *body)
{
    return make_answer_in(0, head, body);
}

#define INVENTORY(items)      "{'result_code':1,'result_content':[" items "]}"
#define LOG(lines)            "{'Data':{'Logs':[" lines "]}}"
#define CENTRAL(items, lines) INVENTORY(items), LOG(lines)
#define ITEM(rest)            "{'product':'SLF_PRODUCT_OFFICESCAN_CE'," rest "}"
#define NAMED(name)           ITEM("'host_name':'" name "'")
#define AT(list)              ITEM("'host_name':'A','ip_address_list':'" list "'")
#define LINE(rest)            "'CEF:0|Trend Micro|Apex Central|2019|800101|Pattern Update Status|3|" rest "'"
#define LINE2(rest)           "'CEF:0|Trend Micro|Apex Central|2019|800102|Engine Update Status|3|" rest "'"
#define GOOD                  LINE("shost=Z cn1=1 cn3=1") "," LINE2("shost=Z cn1=1 cn3=1")
#define X64                   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X255                  X64 X64 X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* Where there are lines, a good one of each log follows. A line of one log is another event to the other one, and odd
 * there; those that follow are not counted here. */
static const struct {
    const char *inventory, *log, *agents, *records;
    unsigned odd, odd_agents;
    const char *detail;
} centrals[] = {
    { CENTRAL("", ""), "", "", 0, 0, "" },
    { CENTRAL(ITEM("'host_name':'A','entity_id':'G','managing_server_id':'S','folder_path':'HQ\\\\F',"
                   "'ip_address_list':'10.1.2.3'"),
              ""),
      "A/G/S/HQ\\F/10.1.2.3;", "", 0, 0, "" },
    /* Other products have their items. */
    { CENTRAL("{'product':'SLF_PRODUCT_OTHER'}," NAMED("A"), ""), "A////;", "", 0, 0, "" },
    /* Only a name has to be there and to be one. What else is no text is none. */
    { CENTRAL(ITEM("'host_name':'A','entity_id':7,'managing_server_id':null,'folder_path':'a\\nb',"
                   "'ip_address_list':['10.1.2.3']"),
              ""),
      "A////;", "", 0, 0, "" },
    { CENTRAL(ITEM("'host_name':'" X255 "','folder_path':'" X255 "x'"), ""), X255 "////;", "", 0, 0, "" },
    { CENTRAL(NAMED(X255 "x") "," NAMED("B"), ""), "B////;", "", 1, 1,
      "inventory, behind agent 0: host_name is missing or no text for a name" },
    { CENTRAL(NAMED("A") "," NAMED("a\\u0000b") "," NAMED("a\\u0007") "," NAMED("\\u0085") "," NAMED(""), ""), "A////;",
      "", 4, 4, "inventory, behind agent 1: host_name is missing or no text for a name" },
    { CENTRAL(NAMED("A") "," ITEM("'host_name':7") "," ITEM("'x':1"), ""), "A////;", "", 2, 2,
      "inventory, behind agent 1: host_name is missing or no text for a name" },
    { CENTRAL(NAMED("A") ",{'host_name':'B'},{'product':7,'host_name':'B'}", ""), "A////;", "", 2, 2,
      "inventory, behind agent 1: product is missing or no text" },
    { CENTRAL(NAMED("A") ",5", ""), "A////;", "", 1, 1, "inventory, behind agent 1: an item is no object" },
    { CENTRAL(NAMED("A") ",'\xff'", ""), "A////;", "", 1, 1, "inventory, behind agent 1: an item is not UTF-8" },
    /* Addresses: the first one that is one. */
    { CENTRAL(AT("10.1.2.3,fe80::1"), ""), "A////10.1.2.3;", "", 0, 0, "" },
    { CENTRAL(AT(" fe80::1 ; 10.1.2.3"), ""), "A////fe80::1;", "", 0, 0, "" },
    { CENTRAL(AT("unknown, 10.1.2.4"), ""), "A////10.1.2.4;", "", 0, 0, "" },
    { CENTRAL(AT(X255 X255 ",10.1.2.5"), ""), "A////10.1.2.5;", "", 0, 0, "" },
    { CENTRAL(AT(",;"), ""), "A////;", "", 0, 0, "" },
    /* Lines of the log. */
    { CENTRAL("", LINE("rt=Nov 23 2026 00:00:00 GMT+00:00 shost=A cs2=10.1.2.3 cn1=102 cs5=19.429.80 cn3=7 xyzzy=1")),
      "", "A//10.1.2.3/1795392000000/7/7/0/19.429.80/;A//10.1.2.3/1795392000000/7/7/0/19.429.80/;", 2, 0,
      "event 800101, line 3: it is another event" },
    { CENTRAL("", LINE2("rt=Nov 23 2026 00:00:00 GMT+00:00 shost=A cn1=1 cs5=22.620 cn3=2")), "",
      "A///1795392000000/0/0/2//22.620;A///1795392000000/0/0/2//22.620;", 2, 0,
      "event 800101, line 1: it is another event" },
    { CENTRAL("", LINE("shost=A cn1=0 cn3=1")), "", "A///0/2/1/0//;", 1, 0,
      "event 800101, line 3: it is another event" },
    { CENTRAL("", LINE("shost=A cn1=1 cn3=1 cs2=a\\\\nb cs5=" X255 "x")), "", "A///0/3/1/0//;", 1, 0,
      "event 800101, line 3: it is another event" },
    { CENTRAL("", "7"), "", "", 2, 0, "event 800101, line 1: no text" },
    { CENTRAL("", "'\xff'"), "", "", 2, 0, "event 800101, line 1: not UTF-8" },
    { CENTRAL("", "'CEF:7|'"), "", "", 2, 0, "event 800101, line 1: does not begin with CEF:0|" },
    { CENTRAL("", "'a\\u0000b'"), "", "", 2, 0, "event 800101, line 1: a control character" },
    { CENTRAL("", LINE("cn1=1 cn3=1")), "", "", 2, 0, "event 800101, line 1: shost is missing, or no text for a name" },
    { CENTRAL("", LINE("shost= cn1=1 cn3=1")), "", "", 2, 0,
      "event 800101, line 1: shost is missing, or no text for a name" },
    { CENTRAL("", LINE("shost=a\\\\nb cn1=1 cn3=1")), "", "", 2, 0,
      "event 800101, line 1: shost is missing, or no text for a name" },
    { CENTRAL("", LINE("shost=" X255 "x cn1=1 cn3=1")), "", "", 2, 0, "event 800101, line 1: shost is too long" },
    { CENTRAL("", LINE("shost=A cn3=1")), "", "A///0/1/1/0//;", 2, 0,
      "event 800101, line 1: cn1 is missing, or none of its table" },
    { CENTRAL("", LINE("shost=A cn1=3 cn3=1 cs5=7")), "", "A///0/1/1/0/7/;", 2, 0,
      "event 800101, line 1: cn1 is missing, or none of its table" },
    { CENTRAL("", LINE("shost=A cn1=01 cn3=1")), "", "A///0/1/1/0//;", 2, 0,
      "event 800101, line 1: cn1 is missing, or none of its table" },
    { CENTRAL("", LINE("shost=A cn1=1")), "", "A///0/3/255/0//;", 2, 0,
      "event 800101, line 1: cn3 is missing, or none of its table" },
    { CENTRAL("", LINE("shost=A cn1=1 cn3=0")), "", "A///0/3/255/0//;", 2, 0,
      "event 800101, line 1: cn3 is missing, or none of its table" },
    { CENTRAL("", LINE("shost=A cn1=1 cn3=8")), "", "A///0/3/255/0//;", 2, 0,
      "event 800101, line 1: cn3 is missing, or none of its table" },
    { CENTRAL("", LINE("shost=A cn1=1 cn3=11")), "", "A///0/3/255/0//;", 2, 0,
      "event 800101, line 1: cn3 is missing, or none of its table" },
    { CENTRAL("", LINE2("shost=A cn1=1 cn3=3") "," LINE2("shost=B cn1=9 cn3=1")), "", "A///0/0/0/255//;B///0/0/0/1//;",
      4, 0, "event 800101, line 1: it is another event" },
    { CENTRAL("", LINE("rt=today shost=A cn1=1 cn3=1")), "", "", 2, 0, "event 800101, line 1: rt is no time" },
    { CENTRAL("", LINE("rt=Nov 23 2199 00:00:00 GMT+00:00 shost=A cn1=1 cn3=1")), "", "", 2, 0,
      "event 800101, line 1: rt lies in the future" },
};

/* The page of a log, with good lines behind those that it has. */
static const char *make_log(const char *log, bool *ret_longer)
{
    char body[8192];
    const int bytes = (int)strlen(log) - (int)strlen("]}}");

    *ret_longer = strcmp(log, LOG("")) != 0;
    snprintf(body, sizeof body, "%.*s,%s", bytes, log, GOOD "]}}");
    return make_answer_in(1, "200 OK", *ret_longer ? body : log);
}

static void what_apex_central_tells(void **state)
{
    (void)state;
    bool longer;
    for (size_t i = 0; i < sizeof centrals / sizeof *centrals; i++) {
        struct seen seen = { .told = 0 };
        struct console_round round = { .cause = 0 };

        assert_int_equal(read_answers(DRIVER_CENTRAL, make_answer("200 OK", centrals[i].inventory),
                                      make_log(centrals[i].log, &longer), &seen, &round),
                         0);
        if (round.cause != CAUSE_NONE || !round.inventory || !round.heard)
            fail_msg("%zu: %s, %s", i, cause_name(round.cause), round.detail);
        assert_string_equal(seen.agents, centrals[i].agents);
        assert_string_equal(seen.records, centrals[i].records);
        if (round.odd != centrals[i].odd + (longer ? round.requests - 1 : 0) ||
            round.odd_agents != centrals[i].odd_agents)
            fail_msg("%zu: %u odd, %u of them agents", i, round.odd, round.odd_agents);
        assert_string_equal(round.detail, centrals[i].detail);
    }
}

#define VISION(items) "{'items':[" items "],'count':1}"

static const struct {
    const char *body, *agents, *records;
    unsigned odd, odd_agents;
    const char *detail;
} visions[] = {
    { VISION(""), "", "", 0, 0, "" },
    { "{'items':[],'nextLink':null}", "", "", 0, 0, "" },
    { "{'items':[],'nextLink':''}", "", "", 0, 0, "" },
    { VISION("{'endpointName':'A','agentGuid':'G','lastUsedIp':'10.1.2.3','eppAgentStatus':'on',"
             "'eppAgentComponentVersion':'latestVersion','lastConnectedDateTime':'2026-11-23T00:00:00Z',"
             "'eppAgentProtectionManager':'M','eppAgentEndpointGroup':'F'}"),
      "A/G/M/F/10.1.2.3;", "A/G/10.1.2.3/1795392000000/3/1/0//;", 0, 0, "" },
    { VISION("{'endpointName':'A','ipAddresses':['10.1.2.4','10.1.2.5'],'eppAgent':{'status':'off',"
             "'componentVersion':'outdatedVersion','lastConnectedDateTime':'2026-11-23T00:00:00Z',"
             "'protectionManager':'M','endpointGroup':'F'}}"),
      "A//M/F/10.1.2.4;", "A//10.1.2.4/1795392000000/4/2/0//;", 0, 0, "" },
    { VISION("{'endpointName':'A','eppAgentStatus':'unknown','eppAgentComponentVersion':'unknownVersions'},"
             "{'endpointName':'B','eppAgentComponentVersion':'controlledLatestVersion','lastUsedIp':'x'}"),
      "A////;B////;", "A///0/1/0/0//;B///0/0/1/0//;", 0, 0, "" },
    /* Without such an agent there is no record of it. */
    { VISION("{'endpointName':'A','eppAgent':null}"), "A////;", "", 0, 0, "" },
    /* Of an agent whose record makes no sense, it is known that it is there. */
    { VISION("{'endpointName':'A','eppAgentStatus':'ON'}"), "A////;", "A///0/1/0/0//;", 1, 0,
      "item behind agent 1: the agent's status is none of its table" },
    { VISION("{'endpointName':'A','eppAgentStatus':true,'eppAgentComponentVersion':'latestVersion'}"), "A////;",
      "A///0/1/1/0//;", 1, 0, "item behind agent 1: the agent's status is none of its table" },
    { VISION("{'endpointName':'A','eppAgentComponentVersion':'old'}"), "A////;", "A///0/0/255/0//;", 1, 0,
      "item behind agent 1: the version of its components is none of its table" },
    { VISION("{'endpointName':'A','eppAgentStatus':'on','lastConnectedDateTime':'now'}"), "A////;", "A///0/3/0/0//;", 1,
      0, "item behind agent 1: the time of its last connection is no time" },
    { VISION("{'endpointName':'A'},{'agentGuid':'G'},7,'\xff'"), "A////;", "", 3, 3,
      "item behind agent 1: endpointName is missing or no text for a name" },
};

static void what_vision_one_tells(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof visions / sizeof *visions; i++) {
        struct seen seen = { .told = 0 };
        struct console_round round = { .cause = 0 };

        assert_int_equal(read_answer(DRIVER_VISION, make_answer("200 OK", visions[i].body), &seen, &round), 0);
        if (round.cause != CAUSE_NONE || round.requests != 1)
            fail_msg("%zu: %s, %s", i, cause_name(round.cause), round.detail);
        assert_string_equal(seen.agents, visions[i].agents);
        assert_string_equal(seen.records, visions[i].records);
        if (round.odd != visions[i].odd || round.odd_agents != visions[i].odd_agents)
            fail_msg("%zu: %u odd, %u of them agents", i, round.odd, round.odd_agents);
        assert_string_equal(round.detail, visions[i].detail);
    }
}

static const struct {
    enum driver driver;
    const char *head, *body;
    enum cause cause;
    const char *detail;
    uint32_t retry_after_ms;
} failures[] = {
    { DRIVER_CENTRAL, "200 OK", "{'result_code':0,'result_description':'No','result_content':[]}", CAUSE_WRONG_ANSWER,
      "the inventory was not to be had: No (0)", 0 },
    { DRIVER_CENTRAL, "200 OK", "{'result_content':[]}", CAUSE_WRONG_ANSWER, "the inventory was not to be had: ", 0 },
    { DRIVER_CENTRAL, "200 OK", "{'result_code':1}", CAUSE_PROTOCOL_ERROR, "the list is missing", 0 },
    { DRIVER_CENTRAL, "200 OK", INVENTORY("") "}", CAUSE_PROTOCOL_ERROR, "no JSON: brackets that do not match", 0 },
    { DRIVER_CENTRAL, "200 OK",
      "{'result_code':1,'result_content':[],'Data':{'Logs':[]},'Meta':{'Result':0,'ErrorCode':-9,"
      "'ErrorMsg':'No logs'}}",
      CAUSE_WRONG_ANSWER, "event 800101: the log was not to be had: No logs (-9)", 0 },
    { DRIVER_CENTRAL, "200 OK", INVENTORY("7,8"), CAUSE_WRONG_ANSWER,
      "no item of its inventory makes sense: inventory, behind agent 0: an item is no object", 0 },
    /* What a console says is shown, but no secret and no control character of it, and no HTML. */
    { DRIVER_CENTRAL, "401 No", "{'Meta':{'ErrorCode':-3,'ErrorMsg':'Wrong\\n\\u001b[31msignature'}}",
      CAUSE_AUTHENTICATION_FAILED, "HTTP status 401: Wrong  [31msignature (-3)", 0 },
    { DRIVER_CENTRAL, "401 No", "{'Meta':{'ErrorMsg':'the-api-key is wrong'}}", CAUSE_AUTHENTICATION_FAILED,
      "HTTP status 401: it said something with a secret in it", 0 },
    { DRIVER_VISION, "403 No", "{'error':{'code':'Forbidden','message':'the-token is not enough'}}", CAUSE_FORBIDDEN,
      "HTTP status 403: it said something with a secret in it (Forbidden)", 0 },
    { DRIVER_VISION, "403 No", "{'error':{'code':'the-token','message':'No'}}", CAUSE_FORBIDDEN,
      "HTTP status 403: No (it said something with a secret in it)", 0 },
    { DRIVER_VISION, "403 No",
      "{'error':{'message':'" X64 X64 X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxthe-token'}}",
      CAUSE_FORBIDDEN, "HTTP status 403: it said something with a secret in it", 0 },
    { DRIVER_VISION, "403 No", "{'error':{'code':'Forbidden','message':'Not this role'}}", CAUSE_FORBIDDEN,
      "HTTP status 403: Not this role (Forbidden)", 0 },
    { DRIVER_VISION, "404 No", "<html>no</html>", CAUSE_HTTP_ERROR, "HTTP status 404", 0 },
    { DRIVER_VISION, "500 No", "", CAUSE_HTTP_ERROR, "HTTP status 500", 0 },
    { DRIVER_VISION, "307 No\r\nLocation: /x", "", CAUSE_WRONG_ANSWER, "HTTP status 307: redirects are not followed",
      0 },
    { DRIVER_VISION, "204 None", "", CAUSE_WRONG_ANSWER, "no JSON: it is empty", 0 },
    /* When to ask again. */
    { DRIVER_VISION, "429 No\r\nRetry-After: 30", "", CAUSE_HTTP_ERROR, "HTTP status 429", 30000 },
    { DRIVER_VISION, "503 No\r\nretry-after:\t5 ", "", CAUSE_HTTP_ERROR, "HTTP status 503", 5000 },
    { DRIVER_VISION, "429 No\r\nRetry-After: 999999999999", "", CAUSE_HTTP_ERROR, "HTTP status 429", 86400000 },
    { DRIVER_VISION, "429 No\r\nRetry-After: -5", "", CAUSE_HTTP_ERROR, "HTTP status 429", 0 },
    { DRIVER_VISION, "429 No\r\nRetry-After: soon", "", CAUSE_HTTP_ERROR, "HTTP status 429", 0 },
    { DRIVER_VISION, "429 No\r\nRetry-After: ", "", CAUSE_HTTP_ERROR, "HTTP status 429", 0 },
    { DRIVER_VISION, "500 No\r\nRetry-After: 30", "", CAUSE_HTTP_ERROR, "HTTP status 500", 0 },
    { DRIVER_VISION, "429 No\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\nRetry-After: Mon, 23 Nov 2026 00:01:30 GMT", "",
      CAUSE_HTTP_ERROR, "HTTP status 429", 90000 },
    { DRIVER_VISION, "429 No\r\nRetry-After: Mon, 23 Nov 2026 00:01:30 GMT\r\nDate: Mon, 23 Nov 2026 00:02:00 GMT", "",
      CAUSE_HTTP_ERROR, "HTTP status 429", 0 },
    /* Whose clock counts, and whose does not. */
    { DRIVER_CENTRAL, "401 No\r\nDate: Mon, 23 Nov 1998 00:00:00 GMT", "", CAUSE_AUTHENTICATION_FAILED, NULL, 0 },
    { DRIVER_VISION, "401 No\r\nDate: Mon, 23 Nov 1998 00:00:00 GMT", "", CAUSE_AUTHENTICATION_FAILED,
      "HTTP status 401", 0 },
    /* Links. */
    { DRIVER_VISION, "200 OK", "{'items':[],'nextLink':7}", CAUSE_WRONG_ANSWER, "nextLink is no text", 0 },
    { DRIVER_VISION, "200 OK", "{'items':[],'nextLink':'http://'}", CAUSE_WRONG_ANSWER, "nextLink is no link", 0 },
    { DRIVER_VISION, "200 OK", "{'items':[],'nextLink':'http://127.0.0.1/next'}", CAUSE_WRONG_ANSWER,
      "nextLink leads to another host, and is not followed", 0 },
    { DRIVER_VISION, "200 OK", "{'items':[],'nextLink':'//elsewhere.invalid/next'}", CAUSE_WRONG_ANSWER,
      "nextLink leads to another host, and is not followed", 0 },
    { DRIVER_VISION, "200 OK", "{'items':[],'nextLink':'file:///etc/passwd'}", CAUSE_WRONG_ANSWER,
      "nextLink leads to another host, and is not followed", 0 },
    { DRIVER_VISION, "200 OK", "{'items':[],'nextLink':'?skipToken=1'}", CAUSE_WRONG_ANSWER,
      "its pages lead round in a circle", 0 },
    { DRIVER_VISION, "200 OK", "{'items':[],'nextLink':'/v3.0/x'}", CAUSE_WRONG_ANSWER,
      "its pages lead round in a circle", 0 },
};

static void how_failures_are_called(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        struct seen seen = { .told = 0 };
        struct console_round round = { .cause = 0 };

        assert_int_equal(
            read_answer(failures[i].driver, make_answer(failures[i].head, failures[i].body), &seen, &round), 0);
        if (round.cause != failures[i].cause || round.retry_after_ms != failures[i].retry_after_ms ||
            (failures[i].detail && strcmp(round.detail, failures[i].detail) != 0))
            fail_msg("%zu: %s, %s, again after %u ms", i, cause_name(round.cause), round.detail, round.retry_after_ms);
        if (!failures[i].detail && !strstr(round.detail, "the clocks differ: the console's is "))
            fail_msg("%zu: %s", i, round.detail);
        assert_true(round.heard);
    }
}

/* Lines that are all of one second. */
static const char *make_page(unsigned lines)
{
    static char body[ANSWER_BYTES - 1024];
    char *at = body + sprintf(body, "{'Data':{'Logs':[");

    for (unsigned i = 0; i < lines; i++)
        at += sprintf(at, "%s'CEF:0|V|P|1|%s|N|3|rt=Nov 23 2020 00:00:00 GMT shost=A cn1=1 cn3=1'", i ? "," : "",
                      i ? "800101" : "800102");
    strcpy(at, "]}}");
    return make_answer_in(1, "200 OK", body);
}

static void a_page_that_brings_nothing_newer_is_the_last(void **state)
{
    (void)state;
    const char *const inventory = make_answer("200 OK", INVENTORY(""));
    struct seen seen = { .told = 0 };
    struct console_round round = { .cause = 0 };

    assert_int_equal(read_answers(DRIVER_CENTRAL, inventory, make_page(999), &seen, &round), 0);
    assert_int_equal(round.cause, CAUSE_NONE);
    assert_int_equal(round.records, 2 * 999);
    assert_int_equal(round.odd, 2 * 999); /* but for one, those of the other log */
    assert_int_equal(round.requests, 1 + 2 + 2);
    /* But not if it is full: there may be more that can not be reached. */
    assert_int_equal(read_answers(DRIVER_CENTRAL, inventory, make_page(1000), &seen, &round), 0);
    assert_int_equal(round.cause, CAUSE_WRONG_ANSWER);
    assert_true(round.inventory);
    assert_string_equal(round.detail, "event 800101: a page of 1000 lines has none that is newer than the page before");
}

/* Lines of which none makes sense are another thing than none. */
static void a_log_of_which_no_line_makes_sense_is_a_fault(void **state)
{
    (void)state;
    static const struct {
        const char *log, *detail; /* detail "": it is none */
    } rows[] = {
        { LOG(""), "" },
        { LOG("7,8," GOOD), "" },
        { LOG(LINE("shost=A cn1=9 cn3=1") "," LINE2("shost=A cn1=9 cn3=1")), "" },
        { LOG(LINE("shost=A cn1=9 cn3=9")),
          "event 800101: no line makes sense: line 1: cn1 is missing, or none of its table" },
        { LOG("7," LINE("cn1=1 cn3=1")), "event 800101: no line makes sense: line 1: no text" },
        { LOG(LINE("shost=A cn1=1 cn3=1")), "event 800102: no line makes sense: line 1: it is another event" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seen seen = { .told = 0 };
        struct console_round round = { .cause = 0 };

        assert_int_equal(read_answers(DRIVER_CENTRAL, make_answer("200 OK", INVENTORY("")),
                                      make_answer_in(1, "200 OK", rows[i].log), &seen, &round),
                         0);
        if (round.cause != (rows[i].detail[0] ? CAUSE_WRONG_ANSWER : CAUSE_NONE) || !round.inventory ||
            (rows[i].detail[0] && strcmp(round.detail, rows[i].detail) != 0))
            fail_msg("%zu: %s, %s", i, cause_name(round.cause), round.detail);
    }
}

/* Where no time can be read, the console's own word leads on. */
static void the_console_may_say_where_the_next_page_begins(void **state)
{
    (void)state;
    static const struct {
        const char *log;
        unsigned requests;
    } logs[] = {
        { "{'Data':{'Logs':[7," GOOD "]}}", 1 + 1 + 1 },
        { "{'Data':{'Logs':[7," GOOD "],'NextPage':{'SinceTime':5,'PageToken':0}}}", 1 + 2 + 2 },
        { "{'Data':{'Logs':[7," GOOD "],'Next':'https://h/x?page_token=0&since_time=5'}}", 1 + 2 + 2 },
        { "{'Data':{'Logs':[7," GOOD "],'Next':'x','NextPage':{'SinceTime':'5'}}}", 1 + 1 + 1 },
        { "{'Data':{'Logs':[7," GOOD "],'NextPage':{'SinceTime':99999999999}}}", 1 + 1 + 1 },
        { "{'Data':{'Logs':[7," GOOD "],'NextPage':{'SinceTime':-5}}}", 1 + 1 + 1 },
    };

    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        struct seen seen = { .told = 0 };
        struct console_round round = { .cause = 0 };

        assert_int_equal(read_answers(DRIVER_CENTRAL, make_answer("200 OK", INVENTORY("")),
                                      make_answer_in(1, "200 OK", logs[i].log), &seen, &round),
                         0);
        if (round.cause != CAUSE_NONE || round.requests != logs[i].requests)
            fail_msg("%zu: %s, %s, %u requests", i, cause_name(round.cause), round.detail, round.requests);
    }
}

static void what_the_sink_says_ends_the_round(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 3; at++) {
        struct seen seen = { .fail_at = at };
        struct console_round round = { .cause = CAUSE_STALE };

        assert_int_equal(
            read_answers(DRIVER_CENTRAL,
                         make_answer("200 OK", INVENTORY(ITEM("'host_name':'A'") "," ITEM("'host_name':'B'"))),
                         make_answer_in(1, "200 OK", LOG(LINE("shost=A cn1=1 cn3=1"))), &seen, &round),
            -EXFULL);
        assert_int_equal(seen.told, at);
        assert_int_equal(round.cause, CAUSE_STALE);
    }
}

static void a_console_without_an_end_has_one(void **state)
{
    (void)state;
    char body[2048] = "{'result_code':1,'Data':{'Logs':[]},'result_content':[", *at = body + strlen(body);
    struct seen seen = { .told = 0 };
    struct console_round round = { .cause = 0 };

    for (unsigned i = 0; i < 11; i++) /* agents_max is 10 */
        at += sprintf(at, "%s" ITEM("'host_name':'A'"), i ? "," : "");
    strcpy(at, "]}");
    assert_int_equal(read_answer(DRIVER_CENTRAL, make_answer("200 OK", body), &seen, &round), 0);
    assert_int_equal(round.cause, CAUSE_TOO_LARGE);
    assert_string_equal(round.detail, "it tells of more than 10 agents");
    assert_int_equal(round.agents, 10);
    assert_false(round.inventory);
}

/* What can not be asked at all. */
static void who_is_not_there(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        enum cause cause;
        bool heard;
    } urls[] = {
        { "http://127.0.0.1:1", CAUSE_REFUSED, true },
        { "http://nobody.invalid", CAUSE_NAME_NOT_FOUND, false },
        { "gopher://127.0.0.1:1", CAUSE_PROTOCOL_ERROR, false },
    };

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct seen seen = { .told = 0 };
        const struct console_sink sink = { &seen, on_agent, on_record };
        const struct console_settings settings = settings_for(DRIVER_CENTRAL, urls[i].url);
        struct console *console = console_new(&settings);
        struct console_round round;

        assert_non_null(console);
        assert_int_equal(console_read(console, &sink, NULL, NULL, &round), 0);
        if (round.cause != urls[i].cause || round.heard != urls[i].heard || !round.detail[0])
            fail_msg("%s: %s, %s", urls[i].url, cause_name(round.cause), round.detail);
        console_free(console);
    }
}

static bool always(void *user)
{
    (void)user;
    return true;
}

static void who_is_told_to_stop_asks_nobody(void **state)
{
    (void)state;
    struct seen seen = { .told = 0 };
    const struct console_sink sink = { &seen, on_agent, on_record };
    const struct console_settings settings = settings_for(DRIVER_VISION, "http://127.0.0.1:1");
    struct console *console = console_new(&settings);
    struct console_round round;

    assert_non_null(console);
    assert_int_equal(console_read(console, &sink, always, NULL, &round), 0);
    assert_int_equal(round.cause, CAUSE_CANCELLED);
    assert_int_equal(round.requests, 0);
    console_free(console);
    console_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_apex_central_tells),
        cmocka_unit_test(what_vision_one_tells),
        cmocka_unit_test(how_failures_are_called),
        cmocka_unit_test(a_page_that_brings_nothing_newer_is_the_last),
        cmocka_unit_test(a_log_of_which_no_line_makes_sense_is_a_fault),
        cmocka_unit_test(the_console_may_say_where_the_next_page_begins),
        cmocka_unit_test(what_the_sink_says_ends_the_round),
        cmocka_unit_test(a_console_without_an_end_has_one),
        cmocka_unit_test(who_is_not_there),
        cmocka_unit_test(who_is_told_to_stop_asks_nobody),
    };
    curl_global_init(CURL_GLOBAL_ALL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
