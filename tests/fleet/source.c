/* source.c: the two roles of a Smart Protection Server: file reputation and web reputation, each a port of its own. It
 * knows no file and no address: every question has the same answer. */
#include <string.h>

#include "conn.h"

/* Community knowledge, as the agents' own question is: what stands behind the sign differs from question to question.
 */
static const char question[] = "/tmcss/?LCRC=";
static const char reply[] = "\x01\x00\x00\x0c\x9a\x5e\x00\x00\xff\x31\x07\xd2\x00\x80\xe4\x4b";

static void answer(struct conn *conn)
{
    if (strncmp(conn->request.path, question, sizeof question - 1) != 0) {
        conn_respond(conn, "404 Not Found", "", "no such page\n");
        return;
    }
    conn_send_head(conn, "200 OK", "Content-Type: binary/octet-stream\r\n", sizeof reply - 1);
    conn_send_constant(conn, reply, sizeof reply - 1);
    conn_answered(conn);
}

const struct role role_source = { .name = "source", .group = GROUP_SOURCES, .method = "GET", .answer = answer };

const struct role role_source_web = {
    .name = "source",
    .group = GROUP_SOURCES,
    .beside = true,
    .uncounted = true,
    .method = "GET",
    .path = "/",
    .type = "text/html",
    .body = "<html><body>Web Reputation</body></html>",
};
