/* central.c: the Automation API of Apex Central: who may ask, and the inventory, which is sent part by part. The log is
 * the affair of central_log.c. */
#include "central.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "behaviours.h"
#include "console.h"
#include "jwt.h"

#define PART_ITEMS     500
#define PART_MAX_BYTES (256UL * 1024)

static const char inventory_path[] = "/WebApp/API/AgentResource/ProductAgents";
static const struct central_log logs[] = {
    { "/WebApp/api/v1/Logs/pattern_updated_status", false },
    { "/WebApp/api/v1/Logs/engine_updated_status", true },
};

/* What is wrong with a token: its status, a number of our own, and the words. */
static const struct {
    const char *status;
    int code;
    const char *text;
} refusals[] = {
    [JWT_MALFORMED] = { "401 Unauthorized", -1, "The token is missing, or no JWT signed by HS256." },
    [JWT_APPLICATION] = { "403 Forbidden", -2, "There is no application of that ID." },
    [JWT_SIGNATURE] = { "401 Unauthorized", -3, "The token's signature is wrong." },
    [JWT_VERSION] = { "401 Unauthorized", -4, "The token's version is not V1." },
    [JWT_CLOCK] = { "401 Unauthorized", -5, "The token's iat is not within 2 minutes of the server's clock." },
    [JWT_CHECKSUM] = { "401 Unauthorized", -6, "The token's checksum is not that of this request." },
};

static void fail(struct conn *conn, const char *status, const char *headers, int code, const char *text)
{
    console_respond(conn, status, headers,
                    json_pack("{s:{s:i,s:i,s:s}}", "Meta", "Result", 0, "ErrorCode", code, "ErrorMsg", text));
}

static void refuse(struct conn *conn, const char *status, const char *headers)
{
    fail(conn, status, headers, -100, status);
}

static enum jwt_verdict check_token(const struct conn *conn)
{
    const struct console *console = conn->target->console;
    const char *token = console_token(&conn->request);
    const struct jwt_expected expected = {
        .application_id = console->application_id,
        .key = console->key,
        .method = conn->request.method,
        .path = conn->request.path,
        .body = conn->body,
        .body_bytes = conn->request.body_bytes,
        .now = console_now(conn->target),
    };

    return token ? jwt_check(token, &expected) : JWT_MALFORMED;
}

/* One agent of the inventory; the other one of two has another GUID and address. */
static json_t *make_item(const struct record *record, enum twist twist, size_t place, bool other)
{
    static const char *const odd_isolations[] = { "floating", "", "NORMAL" };
    struct record_identity who;
    json_t *item = json_object();

    record_identify(record, &who);
    const char *guid = other ? CONSOLE_OTHER_GUID : record_get(record, "guid", who.guid);
    const char *address = other ? CONSOLE_OTHER_ADDRESS : record_get(record, "address", who.address);
    const char *name = twist == TWIST_HUGE ? hostile_huge_text() : record_get(record, "host", who.name);
    const char *isolation =
        twist == TWIST_ODD_VALUES ? odd_isolations[place % 3] : record_get(record, "isolation", "normal");
    console_set(item, "entity_id", guid, twist, place);
    console_set(item, "product", record_get(record, "product", "SLF_PRODUCT_OFFICESCAN_CE"), twist, place);
    console_set(item, "managing_server_id", record_get(record, "server", "5e77e700-0000-4000-8000-000000000001"), twist,
                place);
    console_set(item, "ad_domain", record_get(record, "domain", ""), twist, place);
    console_set(item, "folder_path", record_get(record, "folder", "Workgroup"), twist, place);
    console_set(item, "ip_address_list", address, twist, place);
    console_set(item, "mac_address_list", record_get(record, "mac", who.mac), twist, place);
    console_set(item, "host_name", name, twist, place);
    console_set(item, "isolation_status", isolation, twist, place);
    json_object_set_new(item, "capabilities", json_pack("[s,s]", "cmd_uninstall_agent", "cmd_isolate_agent"));
    return item;
}

/* Adds an item to a part, behind a comma but for the first one. */
static int add_item(struct conn *conn, struct evbuffer *part, const struct record *record, bool other)
{
    const enum twist twist = conn->behaviour->twist;
    const bool no_object = twist == TWIST_TYPES && conn->place % 7 == 3;

    json_t *item = no_object ? json_string("no object") : make_item(record, twist, conn->place, other);
    if (conn->stage++ > 0)
        evbuffer_add(part, ",", 1);
    const int result = item ? console_write(part, item) : -ENOMEM;
    json_decref(item);
    return result;
}

/* Fills a part with the agents from conn->place on. Returns 0 or -ENOMEM. */
static int fill_part(struct conn *conn, struct evbuffer *part, size_t count)
{
    const struct console *console = conn->target->console;
    const enum twist twist = conn->behaviour->twist;
    int result = 0;

    for (size_t i = 0; i < PART_ITEMS && result == 0 && evbuffer_get_length(part) < PART_MAX_BYTES; i++) {
        if (twist == TWIST_ENDLESS && conn->place == count)
            conn->place = 0;
        if (conn->place == count)
            break;
        const struct record *record = records_at(console->records, conn->place);
        if (record_is_shown(record, console->generated)) {
            result = add_item(conn, part, record, false);
            if (result == 0 && twist == TWIST_DUPLICATES)
                result = add_item(conn, part, record, true);
        }
        conn->place++;
    }
    return result;
}

static void send_part(struct conn *conn)
{
    const enum twist twist = conn->behaviour->twist;
    const struct console *console = conn->target->console;
    struct evbuffer *part = evbuffer_new();

    if (!part) {
        conn_reset(conn);
        return;
    }
    records_lock(console->records);
    const size_t all = records_count(console->records, console->generated);
    const size_t count = twist == TWIST_TRUNCATED ? (all + 1) / 2 : all;
    const int result = fill_part(conn, part, count);
    records_unlock(console->records);
    const bool complete = conn->place >= count && twist != TWIST_ENDLESS;
    /* Of many who have vanished there is nothing to send, and nothing that would be sent next. */
    if (!complete && evbuffer_get_length(part) == 0)
        evbuffer_add(part, "\n", 1);
    if (complete && twist == TWIST_DEEP) {
        evbuffer_add_printf(part, "],\"more\":[");
        console_write_deep(part);
    }
    if (complete && twist != TWIST_TRUNCATED)
        evbuffer_add(part, "]}", 2);
    conn_send_chunk(conn, part);
    evbuffer_free(part);
    if (result < 0)
        conn_reset(conn);
    else if (complete)
        conn_end_chunks(conn);
    else
        conn_when_sent(conn, send_part);
}

static void answer_inventory(struct conn *conn)
{
    static const char begin[] =
        "{\"result_code\":1,\"result_description\":\"Operation successful\",\"result_content\":[";
    struct evbuffer *part = evbuffer_new();

    if (!part || conn->behaviour->twist == TWIST_NOTHING) {
        conn_respond(conn, part ? "200 OK" : "503 Service Unavailable", CONSOLE_TYPE, "");
    } else {
        conn->place = conn->stage = 0;
        conn_send_open_head(conn, "200 OK", CONSOLE_TYPE);
        evbuffer_add(part, begin, sizeof begin - 1);
        conn_send_chunk(conn, part);
        send_part(conn);
    }
    if (part)
        evbuffer_free(part);
}

static void answer_log(struct conn *conn, const struct central_log *log)
{
    char value[32];
    char *end = value;
    long long since = 0;

    if (!console_parameter(conn->request.path, "output_format", value, sizeof value) || strcasecmp(value, "CEF") != 0) {
        fail(conn, "400 Bad Request", "", -11, "output_format=CEF expected");
        return;
    }
    if (!console_parameter(conn->request.path, "page_token", value, sizeof value) || strcmp(value, "0") != 0) {
        fail(conn, "400 Bad Request", "", -12, "page_token=0 expected");
        return;
    }
    if (console_parameter(conn->request.path, "since_time", value, sizeof value))
        since = strtoll(value, &end, 10);
    if (end == value || *end || since < 0) {
        fail(conn, "400 Bad Request", "", -13, "since_time: seconds since 1970 expected");
        return;
    }
    console_respond(conn, "200 OK", "", central_log_page(conn, log, (time_t)since));
}

static bool is_path(const char *path, const char *wanted)
{
    const size_t length = strlen(wanted);

    return strncasecmp(path, wanted, length) == 0 && (path[length] == '\0' || path[length] == '?');
}

static void answer(struct conn *conn)
{
    const enum jwt_verdict verdict = check_token(conn);

    if (!console_counts(conn, verdict == JWT_GOOD)) {
        fail(conn, refusals[verdict].status, "", refusals[verdict].code, refusals[verdict].text);
        return;
    }
    if (is_path(conn->request.path, inventory_path)) {
        answer_inventory(conn);
        return;
    }
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++)
        if (is_path(conn->request.path, logs[i].path)) {
            answer_log(conn, &logs[i]);
            return;
        }
    fail(conn, "404 Not Found", "", -10, "There is no such resource.");
}

const struct role role_central = {
    .name = "central",
    .group = GROUP_CENTRALS,
    .logs_on = true,
    .audience = FOR_CENTRAL,
    .method = "GET",
    .answer = answer,
    .refuse = refuse,
    .headers = console_headers,
};
