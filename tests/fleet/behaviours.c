/* behaviours.c: what a target can do to those who come to it. To add one, add its functions and its entry in the table
 * at the end. It never reads: conn.c does. */
#include "behaviours.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "conn.h"
#include "crew.h"

#define DRIP_BYTES     3600
#define DRIP_MS        1000
#define HUGE_BYTES     (1ULL << 30)
#define CHUNK_BYTES    65536
#define RESET_AT_BYTES 512
#define RESET_BYTES    4096
#define RESET_MS       20

static const char chunk[CHUNK_BYTES];

static void greet_nothing(struct conn *conn)
{
    (void)conn; /* the connection is deaf by now, and stays until its client goes */
}

static void greet_close(struct conn *conn)
{
    conn_shut(conn);
}

static void greet_garbage(struct conn *conn)
{
    static const char bytes[] = "\x07\xff\xfe\x00\x01 no protocol of this world \x80\x81\r\n\r\n\x00\xc3\x28";

    conn_send_constant(conn, bytes, sizeof bytes - 1);
    conn_shut(conn);
}

static void answer_healthy(struct conn *conn)
{
    const struct role *role = conn->target->role;
    char type[64];

    if (role->answer) {
        role->answer(conn);
        return;
    }
    if (strcmp(conn->request.path, role->path) != 0) {
        conn_respond(conn, "404 Not Found", "", "no such page\n");
        return;
    }
    snprintf(type, sizeof type, "Content-Type: %s\r\n", role->type);
    conn_respond(conn, "200 OK", type, role->body);
}

static void answer_nothing(struct conn *conn)
{
    conn->state = CONN_DEAF;
}

static void drip(struct conn *conn)
{
    conn_send_constant(conn, chunk, 1);
    if (--conn->left_bytes > 0)
        conn_after_ms(conn, DRIP_MS, drip);
    else
        conn_answered(conn);
}

static void answer_drip(struct conn *conn)
{
    conn->left_bytes = DRIP_BYTES;
    conn_send_head(conn, "200 OK", "Content-Type: text/plain\r\n", DRIP_BYTES);
    conn_after_ms(conn, DRIP_MS, drip);
}

static void answer_wrong(struct conn *conn)
{
    conn_respond(conn, "200 OK", "Content-Type: text/html\r\n", "<html><body>Somebody else lives here.</body></html>");
}

static void send_more(struct conn *conn)
{
    const size_t size = conn->left_bytes < CHUNK_BYTES ? (size_t)conn->left_bytes : CHUNK_BYTES;

    conn_send_constant(conn, chunk, size);
    conn->left_bytes -= size;
    if (conn->left_bytes > 0)
        conn_when_sent(conn, send_more);
    else
        conn_answered(conn);
}

static void answer_huge(struct conn *conn)
{
    conn->left_bytes = HUGE_BYTES;
    conn_send_head(conn, "200 OK", "Content-Type: application/octet-stream\r\n", HUGE_BYTES);
    send_more(conn);
}

/* The client shall see what came before: on its side a reset can overtake data that it has not read. */
static void reset_soon(struct conn *conn)
{
    conn_after_ms(conn, RESET_MS, conn_reset);
}

static void answer_reset(struct conn *conn)
{
    conn_send_head(conn, "200 OK", "Content-Type: text/plain\r\n", RESET_BYTES);
    conn_send_constant(conn, chunk, RESET_AT_BYTES);
    conn_when_sent(conn, reset_soon);
}

static void answer_redirect(struct conn *conn)
{
    char location[HTTP_PATH_MAX + 16];

    snprintf(location, sizeof location, "Location: %s\r\n", conn->request.path);
    conn_respond(conn, "302 Found", location, "");
}

/* Says no in the way of who was asked, or by a page. */
static void refuse(struct conn *conn, const char *status, const char *headers, const char *page)
{
    if (conn->target->role->refuse)
        conn->target->role->refuse(conn, status, headers);
    else
        conn_respond(conn, status, headers, page);
}

static void answer_error500(struct conn *conn)
{
    refuse(conn, "500 Internal Server Error", "", "something broke\n");
}

static void answer_rate_limited(struct conn *conn)
{
    refuse(conn, "429 Too Many Requests", "Retry-After: 2\r\n", "not so fast\n");
}

static void answer_unavailable(struct conn *conn)
{
    refuse(conn, "503 Service Unavailable", "", "not now\n");
}

static void answer_forbidden(struct conn *conn)
{
    refuse(conn, "403 Forbidden", "", "not for you\n");
}

static void answer_unauthorised(struct conn *conn)
{
    refuse(conn, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"fleetsim\"\r\n", "who are you?\n");
}

const struct behaviour behaviours[] = {
    { .name = "healthy", .answer = answer_healthy },
    { .name = "refused", .listening = LISTENING_NOT },
    { .name = "backlogged", .listening = LISTENING_FULL },
    { .name = "hang", .greet = greet_nothing },
    { .name = "close", .greet = greet_close },
    { .name = "garbage", .greet = greet_garbage },
    { .name = "badcert", .certificate = TLS_EXPIRED, .answer = answer_healthy },
    { .name = "wrongname", .certificate = TLS_WRONG_NAME, .answer = answer_healthy },
    { .name = "stall", .answer = answer_nothing },
    { .name = "drip", .needs_http = true, .answer = answer_drip },
    { .name = "wrong", .needs_http = true, .answer = answer_wrong },
    { .name = "huge", .needs_http = true, .answer = answer_huge },
    { .name = "reset", .needs_http = true, .answer = answer_reset },
    { .name = "redirect", .needs_http = true, .answer = answer_redirect },
    { .name = "error500", .answer = answer_error500 },
    { .name = "forbidden", .answer = answer_forbidden },
    { .name = "unauthorised", .rejects_logons = true, .answer = answer_unauthorised },
    { .name = "ratelimited", .needs_http = true, .answer = answer_rate_limited },
    { .name = "unavailable", .needs_http = true, .answer = answer_unavailable },
    { .name = "newcert", .certificate = TLS_NEW, .answer = answer_healthy },
    { .name = "fakeid", .twist = TWIST_FAKE_ID, .audience = FOR_WINRM, .answer = answer_healthy },
    { .name = "noid", .twist = TWIST_NO_ID, .audience = FOR_WINRM, .answer = answer_healthy },
    { .name = "wrongns", .twist = TWIST_NAMESPACE, .audience = FOR_WINRM, .answer = answer_healthy },
    { .name = "entities", .twist = TWIST_ENTITIES, .audience = FOR_WINRM, .answer = answer_healthy },
    { .name = "external", .twist = TWIST_EXTERNAL, .audience = FOR_WINRM, .answer = answer_healthy },
    { .name = "deep", .twist = TWIST_DEEP, .audience = FOR_WINRM | FOR_CONSOLES, .answer = answer_healthy },
    { .name = "truncated", .twist = TWIST_TRUNCATED, .audience = FOR_WINRM | FOR_CONSOLES, .answer = answer_healthy },
    { .name = "nothing", .twist = TWIST_NOTHING, .audience = FOR_WINRM | FOR_CONSOLES, .answer = answer_healthy },
    { .name = "fault", .twist = TWIST_FAULT, .audience = FOR_WINRM, .answer = answer_healthy },
    { .name = "endless", .twist = TWIST_ENDLESS, .audience = FOR_WINRM | FOR_CONSOLES, .answer = answer_healthy },
    { .name = "badbase64", .twist = TWIST_BASE64, .audience = FOR_WINRM, .answer = answer_healthy },
    { .name = "wrongtypes", .twist = TWIST_TYPES, .audience = FOR_WINRM | FOR_CONSOLES, .answer = answer_healthy },
    { .name = "hugestrings", .twist = TWIST_HUGE, .audience = FOR_WINRM | FOR_CONSOLES, .answer = answer_healthy },
    { .name = "duplicates", .twist = TWIST_DUPLICATES, .audience = FOR_CONSOLES, .answer = answer_healthy },
    { .name = "oddvalues", .twist = TWIST_ODD_VALUES, .audience = FOR_CONSOLES, .answer = answer_healthy },
    { .name = "oddlines", .twist = TWIST_ODD_LINES, .audience = FOR_CENTRAL, .answer = answer_healthy },
    { .name = "wrongclock", .twist = TWIST_CLOCK, .audience = FOR_CENTRAL, .answer = answer_healthy },
    { .name = "circle", .twist = TWIST_CIRCLE, .audience = FOR_VISION, .answer = answer_healthy },
    { .name = "elsewhere", .twist = TWIST_ELSEWHERE, .audience = FOR_VISION, .answer = answer_healthy },
};
const size_t behaviours_count = sizeof behaviours / sizeof *behaviours;
static_assert(sizeof behaviours / sizeof *behaviours <= BEHAVIOURS_MAX, "the counters have no room for so many");

const struct behaviour *behaviour_find(const char *name)
{
    for (size_t i = 0; i < behaviours_count; i++)
        if (strcmp(behaviours[i].name, name) == 0)
            return &behaviours[i];
    return NULL;
}

const struct behaviour *behaviour_healthy(void)
{
    return &behaviours[0];
}

size_t behaviour_number(const struct behaviour *behaviour)
{
    return (size_t)(behaviour - behaviours);
}
