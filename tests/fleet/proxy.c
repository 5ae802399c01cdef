/* proxy.c: who may pass a proxy and where to, and what an HTTP proxy says. What flows then is the affair of tunnel.c.
 */
#include "proxy.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "behaviours.h"
#include "tunnel.h"

#define LOGON_MAX_BYTES 1024
#define URL_START       "http://"
#define HTTP_PORT       80

int proxy_new(const struct estate *estate, const char *user, const char *password, struct proxy **ret_proxy)
{
    struct proxy *proxy = calloc(1, sizeof *proxy);

    if (!proxy)
        return -ENOMEM;
    proxy->estate = estate;
    if (user) {
        if (asprintf(&proxy->user, "%s%c%s", user, '\0', password) < 0) {
            free(proxy);
            return -ENOMEM;
        }
        proxy->password = proxy->user + strlen(user) + 1;
    }
    *ret_proxy = proxy;
    return 0;
}

void proxy_free(struct proxy *proxy)
{
    if (!proxy)
        return;
    free(proxy->user);
    free(proxy);
}

bool proxy_logs_on(struct conn *conn, const char *user, const char *password)
{
    struct target *target = conn->target;
    const struct proxy *proxy = target->proxy;

    const bool good = !conn->behaviour->rejects_logons && proxy->user && strcmp(user, proxy->user) == 0 &&
                      strcmp(password, proxy->password) == 0;
    atomic_fetch_add_explicit(good ? &target->logons_accepted : &target->logons_rejected, 1, memory_order_relaxed);
    return good;
}

int proxy_open(struct conn *conn, const char *host, uint16_t port, void (*opened)(struct conn *conn, int result))
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

    if (!estate_resolve(conn->target->proxy->estate, host, &address.sin_addr))
        return -ENOENT;
    return tunnel_open(conn, &address, opened);
}

/* Where a request goes. */
struct destination {
    char host[HTTP_PATH_MAX];
    uint16_t port;
    const char *path; /* of a whole URL */
};

/* Takes HOST:PORT, or HOST where there is a usual port, apart. */
static bool read_authority(const char *text, size_t length, uint16_t usual_port, struct destination *destination)
{
    char *end, *colon;

    snprintf(destination->host, sizeof destination->host, "%.*s", (int)length, text);
    colon = strrchr(destination->host, ':');
    destination->port = usual_port;
    if (colon) {
        const unsigned long port = strtoul(colon + 1, &end, 10);
        if (!isdigit((unsigned char)colon[1]) || *end || port > UINT16_MAX)
            return false;
        *colon = '\0';
        destination->port = (uint16_t)port;
    }
    return destination->host[0] && destination->port > 0;
}

static bool read_destination(const struct http_request *request, struct destination *destination)
{
    const char *authority = request->path + sizeof URL_START - 1;

    if (strcmp(request->method, "CONNECT") == 0)
        return read_authority(request->path, strlen(request->path), 0, destination);
    if (strncasecmp(request->path, URL_START, sizeof URL_START - 1) != 0)
        return false;
    const size_t length = strcspn(authority, "/?");
    destination->path = authority + length;
    return *destination->path != '?' && read_authority(authority, length, HTTP_PORT, destination);
}

static const char *check_request(const struct http_request *request)
{
    struct destination destination;

    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "CONNECT") != 0)
        return "405 Method Not Allowed";
    return read_destination(request, &destination) ? NULL : "400 Bad Request";
}

static bool may_pass(struct conn *conn)
{
    static const char scheme[] = "Basic ";
    const char *proof = conn->request.proxy_authorization;
    unsigned char token[LOGON_MAX_BYTES];

    if (!conn->target->proxy->user)
        return true;
    if (!proof)
        return false;
    char *name = strncasecmp(proof, scheme, sizeof scheme - 1) == 0 &&
                         base64_decode(proof + sizeof scheme - 1, token, sizeof token) >= 0
                     ? (char *)token
                     : NULL;
    char *colon = name ? strchr(name, ':') : NULL;
    if (!colon)
        return proxy_logs_on(conn, "", "");
    *colon = '\0';
    return proxy_logs_on(conn, name, colon + 1);
}

static void refuse(struct conn *conn, const char *status, const char *headers)
{
    if (strncmp(status, "401", 3) == 0)
        conn_respond(conn, "407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"fleetsim\"\r\n",
                     "who are you?\n");
    else
        conn_respond(conn, status, headers, "the proxy says no\n");
}

static void tell_failure(struct conn *conn, int result)
{
    if (result == -EACCES)
        conn_respond(conn, "403 Forbidden", "", "this proxy leads nowhere but to 127.0.0.0/8\n");
    else if (result == -ENOENT)
        conn_respond(conn, "502 Bad Gateway", "", "no host of that name\n");
    else if (result == -EMFILE || result == -ENOMEM)
        conn_respond(conn, "503 Service Unavailable", "", "");
    else
        conn_respond(conn, "502 Bad Gateway", "", "that host does not answer\n");
}

static void opened(struct conn *conn, int result)
{
    static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    const struct http_request *request = &conn->request;
    struct destination destination = { 0 };

    if (result < 0 || !read_destination(request, &destination)) {
        tell_failure(conn, result);
        return;
    }
    if (!destination.path) {
        conn_send_constant(conn, established, sizeof established - 1);
    } else {
        /* The far side ends its connection, so that here nobody has to know where its answer does. */
        tunnel_send(conn, "GET %s%s HTTP/1.1\r\nHost: %s:%u\r\nConnection: close\r\n", *destination.path ? "" : "/",
                    destination.path, destination.host, destination.port);
        if (request->authorization)
            tunnel_send(conn, "Authorization: %s\r\n", request->authorization);
        tunnel_send(conn, "\r\n");
    }
    tunnel_relay(conn);
}

static void answer(struct conn *conn)
{
    struct destination destination = { 0 };

    if (!may_pass(conn)) {
        refuse(conn, "401 Unauthorized", "");
        return;
    }
    const int result = read_destination(&conn->request, &destination)
                           ? proxy_open(conn, destination.host, destination.port, opened)
                           : -ENOENT;
    if (result < 0)
        tell_failure(conn, result);
}

const struct role role_proxy = {
    .name = "proxy",
    .group = GROUP_PROXIES,
    .logs_on = true,
    .check = check_request,
    .answer = answer,
    .refuse = refuse,
};
