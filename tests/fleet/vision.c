/* vision.c: Vision One's list of endpoints, page by page. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "behaviours.h"
#include "console.h"
#include "moment.h"

#define PAGE_MAX       1000L
#define LINK_MAX_BYTES 512

static const char list_path[] = "/v3.0/endpointSecurity/endpoints";

static void fail(struct conn *conn, const char *status, const char *headers, const char *code, const char *text)
{
    console_respond(conn, status, headers, json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", text));
}

/* The API calls a status by its name without blanks. */
static void refuse(struct conn *conn, const char *status, const char *headers)
{
    char code[64];
    size_t length = 0;

    for (const char *at = status + strcspn(status, " "); *at && length < sizeof code - 1; at++)
        if (*at != ' ')
            code[length++] = *at;
    code[length] = '\0';
    fail(conn, status, headers, code, status);
}

/* What says how the agent is, either beside the rest or in an object of its own. */
static void add_agent(json_t *item, const struct record *record, const struct conn *conn, size_t place)
{
    static const char *const odd_states[] = { "sideways", "", "ON" };
    const enum twist twist = conn->behaviour->twist;
    const char *connected = record_get(record, "connected", "now");
    const char *status = record_get(record, "status", "on");
    const char *component = record_get(record, "component", "latestVersion");
    char text[64];
    struct tm parts;
    time_t when;

    if (twist == TWIST_ODD_VALUES) {
        status = odd_states[place % 3];
        component = odd_states[(place + 1) % 3];
        connected = "0000-99-99T99:99:99Z";
    } else if (connected && moment_read(connected, time(NULL), &when) != MOMENT_NONE) {
        gmtime_r(&when, &parts);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
        connected = text;
    }
    if (!conn->target->console->nested) {
        console_set(item, "eppAgentStatus", status, twist, place);
        console_set(item, "eppAgentComponentVersion", component, twist, place);
        console_set(item, "lastConnectedDateTime", connected, twist, place);
        return;
    }
    json_t *agent = json_object();
    console_set(agent, "status", status, twist, place);
    console_set(agent, "componentVersion", component, twist, place);
    console_set(agent, "lastConnectedDateTime", connected, twist, place);
    console_set(agent, "protectionManager", "Standard Endpoint Protection", twist, place);
    json_object_set_new(item, "eppAgent", agent);
}

static bool is_isolated(const struct record *record)
{
    const char *isolation = record_get(record, "isolation", "normal");

    return isolation && strcmp(isolation, "normal") != 0;
}

/* The other one of two has another GUID and address. */
static json_t *make_item(const struct conn *conn, const struct record *record, size_t place, bool other)
{
    const enum twist twist = conn->behaviour->twist;
    struct record_identity who;

    if (twist == TWIST_TYPES && place % 7 == 3)
        return json_string("no object");
    json_t *item = json_object(), *addresses = json_array();
    record_identify(record, &who);
    const char *guid = other ? CONSOLE_OTHER_GUID : record_get(record, "guid", who.guid);
    const char *name = twist == TWIST_HUGE ? hostile_huge_text() : record_get(record, "host", who.name);
    const char *address = other ? CONSOLE_OTHER_ADDRESS : record_get(record, "address", who.address);
    console_set(item, "agentGuid", guid, twist, place);
    console_set(item, "endpointName", name, twist, place);
    console_set(item, "displayName", name, twist, place);
    console_set(item, "type", "desktop", twist, place);
    console_set(item, "osName", "Windows", twist, place);
    console_set(item, "osPlatform", "windows", twist, place);
    console_set(item, "lastUsedIp", address, twist, place);
    if (address)
        json_array_append_new(addresses, json_string(address));
    json_object_set_new(item, "ipAddresses", addresses);
    console_set(item, "isolationStatus", is_isolated(record) ? "on" : "off", twist, place);
    add_agent(item, record, conn, place);
    return item;
}

/* A page: where it begins, and once it is filled, where the next one does. */
struct page {
    size_t from, items;
    size_t next;
    bool last;
};

/* Fills the array with a page of items. Returns how many agents there are, or -ENOMEM. */
static long fill_page(const struct conn *conn, struct page *page, json_t *items)
{
    const struct console *console = conn->target->console;
    const enum twist twist = conn->behaviour->twist;
    const size_t count = records_count(console->records, console->generated);
    long shown = 0;
    int result = 0;

    for (size_t i = 0; i < count; i++)
        shown += record_is_shown(records_at(console->records, i), console->generated);
    page->next = page->from;
    while (shown > 0 && json_array_size(items) < page->items && result == 0) {
        if (page->next >= count && twist != TWIST_ENDLESS)
            break;
        const size_t place = page->next++;
        const struct record *record = records_at(console->records, place % count);
        if (!record_is_shown(record, console->generated))
            continue;
        result = json_array_append_new(items, make_item(conn, record, place, false));
        if (result == 0 && twist == TWIST_DUPLICATES)
            result = json_array_append_new(items, make_item(conn, record, place, true));
    }
    page->last = shown == 0 || (page->next >= count && twist != TWIST_ENDLESS);
    return result < 0 ? -ENOMEM : shown;
}

/* Writes where the next page is. Returns the text, or NULL: there is none. */
static const char *write_link(const struct conn *conn, const struct page *page, char link[LINK_MAX_BYTES])
{
    const struct target *target = conn->target, *decoy = target->console->decoy;
    const enum twist twist = conn->behaviour->twist;
    const bool leads_away = page->last && twist == TWIST_ELSEWHERE;
    char address[INET_ADDRSTRLEN], host[64];

    if (page->last && twist != TWIST_CIRCLE && twist != TWIST_ELSEWHERE)
        return NULL;
    if (leads_away && !decoy) {
        snprintf(link, LINK_MAX_BYTES, "https://elsewhere.invalid%s?skipToken=00000000", list_path);
        return link;
    }
    const struct target *to = leads_away ? decoy : target;
    inet_ntop(AF_INET, &to->address.sin_addr, address, sizeof address);
    snprintf(host, sizeof host, "%s:%u", address, ntohs(to->address.sin_port));
    snprintf(link, LINK_MAX_BYTES, "%s://%s%s?top=%zu&skipToken=%08zx", to->https ? "https" : "http",
             conn->request.host && !leads_away ? conn->request.host : host, list_path, page->items,
             page->last ? 0 : page->next);
    return link;
}

static void answer_page(struct conn *conn, struct page *page)
{
    const struct console *console = conn->target->console;
    json_t *items = json_array(), *body = NULL;
    char link[LINK_MAX_BYTES];
    long shown = -ENOMEM;

    if (items) {
        records_lock(console->records);
        shown = fill_page(conn, page, items);
        records_unlock(console->records);
    }
    if (shown >= 0)
        body = json_pack("{s:O,s:I,s:I}", "items", items, "count", (json_int_t)json_array_size(items), "totalCount",
                         (json_int_t)shown);
    const char *next = body ? write_link(conn, page, link) : NULL;
    if (next)
        json_object_set_new(body, "nextLink", json_string(next));
    json_decref(items);
    console_respond(conn, "200 OK", "", body);
}

/* Reads what the query asks for. Returns whether that can be had. */
static bool read_page(const struct conn *conn, struct page *page)
{
    const char *path = conn->request.path;
    char value[32], *end = NULL;

    *page = (struct page){ .items = conn->target->console->page };
    if (console_parameter(path, "top", value, sizeof value)) {
        const long top = strtol(value, &end, 10);
        if (end == value || *end || top < 1 || top > PAGE_MAX)
            return false;
        page->items = (size_t)top;
    }
    if (console_parameter(path, "skipToken", value, sizeof value)) {
        page->from = strtoul(value, &end, 16);
        if (strlen(value) != 8 || *end)
            return false;
    }
    return true;
}

static void answer(struct conn *conn)
{
    const size_t length = sizeof list_path - 1;
    const char *path = conn->request.path, *token = console_token(&conn->request);
    struct page page;

    if (!console_counts(conn, token && strcmp(token, conn->target->console->key) == 0))
        fail(conn, "401 Unauthorized", "", "Unauthorized", "The token is missing or wrong.");
    else if (strncmp(path, list_path, length) != 0 || (path[length] != '\0' && path[length] != '?'))
        fail(conn, "404 Not Found", "", "NotFound", "There is no such resource.");
    else if (!read_page(conn, &page))
        fail(conn, "400 Bad Request", "", "BadRequest", "top or skipToken can not be understood.");
    else
        answer_page(conn, &page);
}

const struct role role_vision = {
    .name = "vision",
    .group = GROUP_VISIONS,
    .logs_on = true,
    .audience = FOR_VISION,
    .method = "GET",
    .answer = answer,
    .refuse = refuse,
    .headers = console_headers,
};
