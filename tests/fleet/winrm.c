/* winrm.c: WS-Management's side of HTTP: who may ask, what a request has to look like, how an answer is sent. What is
 * answered is the affair of wsman.c. */
#include "winrm.h"

#include <libxml/parser.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "auth.h"
#include "behaviours.h"
#include "conn.h"
#include "endpoint.h"
#include "enumeration.h"
#include "ntlm.h"
#include "shell.h"
#include "wsman.h"

static const char wsman_path[] = "/wsman";
static const char soap_type[] = "application/soap+xml";

static void write_headers(const struct target *target, char text[ROLE_HEADERS_MAX])
{
    const time_t now = (time_t)(endpoint_clock_ms(target->endpoint) / 1000);
    struct tm parts;

    gmtime_r(&now, &parts);
    strftime(text, ROLE_HEADERS_MAX, "Server: Microsoft-HTTPAPI/2.0\r\nDate: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
}

static bool is_path(const char *path)
{
    const size_t length = sizeof wsman_path - 1;

    return strncasecmp(path, wsman_path, length) == 0 && (path[length] == '\0' || path[length] == '?');
}

static bool is_soap(const char *type)
{
    const size_t length = sizeof soap_type - 1;

    return type && strncasecmp(type, soap_type, length) == 0 && strchr(" ;", type[length]);
}

/* Sends an answer of SOAP; what it is made of is empty then. */
static void send_answer(const struct exchange *exchange, struct evbuffer *answer)
{
    struct conn *conn = exchange->conn;

    conn_send_head(conn, exchange->status, "Content-Type: application/soap+xml;charset=UTF-8\r\n",
                   evbuffer_get_length(answer));
    conn_send_buffer(conn, answer);
    conn_answered(conn);
}

/* Answers a request that was read, or tells what is wrong with it. */
static void answer_request(struct conn *conn, const struct request *request, enum request_verdict verdict)
{
    struct evbuffer *body = evbuffer_new(), *answer = evbuffer_new();
    struct exchange exchange = { .conn = conn,
                                 .endpoint = conn->target->endpoint,
                                 .request = request,
                                 .twist = conn->behaviour->twist,
                                 .status = "200 OK",
                                 .body = body };

    if (!body || !answer) {
        conn_respond(conn, "503 Service Unavailable", "", "");
        goto done;
    }
    if (verdict == REQUEST_NO_SOAP)
        exchange_fail(&exchange, FAULT_VERSION);
    else if (verdict == REQUEST_NOT_UNDERSTOOD)
        exchange_fail(&exchange, FAULT_NOT_UNDERSTOOD);
    else if (verdict == REQUEST_NO_MEMORY)
        exchange_fail(&exchange, FAULT_MEMORY);
    else
        wsman_answer(&exchange);
    exchange_compose(&exchange, answer);
    if (hostile_spoil(answer, exchange.twist) < 0)
        conn_respond(conn, "503 Service Unavailable", "", "");
    else
        send_answer(&exchange, answer);

done:
    if (body)
        evbuffer_free(body);
    if (answer)
        evbuffer_free(answer);
}

static void answer(struct conn *conn)
{
    char headers[AUTH_HEADERS_MAX];
    struct request request;

    if (!is_path(conn->request.path)) {
        conn_respond(conn, "404 Not Found", "", "");
        return;
    }
    /* Who only wants to know what this is need not say who he is. */
    const bool anonymous = conn->request.identify && strcasecmp(conn->request.identify, "unauthenticated") == 0;
    if (!anonymous && !auth_accepts(conn, headers)) {
        conn_respond(conn, "401 Unauthorized", headers, "");
        return;
    }
    if (!is_soap(conn->request.content_type)) {
        conn_respond(conn, "415 Unsupported Media Type", "", "");
        return;
    }
    const enum request_verdict verdict = request_read(conn->body, conn->request.body_bytes, &request);
    if (verdict == REQUEST_NO_XML)
        conn_respond(conn, "400 Bad Request", "", "");
    else if (anonymous && !request_is(&request, SOAP_NS_IDENTITY, "Identify"))
        conn_respond(conn, "401 Unauthorized", "", "");
    else
        answer_request(conn, &request, verdict);
    request_done(&request);
}

const struct role role_winrm = {
    .name = "winrm",
    .group = GROUP_WINRMS,
    .beside = true,
    .logs_on = true,
    .audience = FOR_WINRM,
    .method = "POST",
    .answer = answer,
    .headers = write_headers,
};

void winrm_close(struct target *target)
{
    if (!target->endpoint)
        return;
    shell_end_all(target->endpoint);
    enumeration_forget_all(target->endpoint);
}

int winrm_init(void)
{
    xmlInitParser(); /* before there are threads */
    return ntlm_init();
}

void winrm_done(void)
{
    ntlm_done();
    xmlCleanupParser();
}
