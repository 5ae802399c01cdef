/* socks.c: what a SOCKS5 proxy says: CONNECT alone, to IPv4 addresses and names. Where its clients may go is the affair
 * of proxy.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

#include "behaviours.h"
#include "proxy.h"
#include "tunnel.h"

#define VERSION       5
#define LOGON_VERSION 1
#define MESSAGE_MAX   520

enum method { METHOD_NONE = 0, METHOD_PASSWORD = 2, METHOD_REFUSED = 0xff };
enum address_type { ADDRESS_IPV4 = 1, ADDRESS_NAME = 3 };
enum reply {
    REPLY_OPEN = 0,
    REPLY_FAILED = 1,
    REPLY_NOT_ALLOWED = 2,
    REPLY_HOST_UNREACHABLE = 4,
    REPLY_REFUSED = 5,
    REPLY_COMMAND = 7,
    REPLY_ADDRESS_TYPE = 8,
};

/* How far a connection has come. */
enum stage { STAGE_GREETING, STAGE_LOGON, STAGE_REQUEST };

static void send_reply(struct conn *conn, enum reply reply)
{
    const unsigned char message[] = { VERSION, (unsigned char)reply, 0, ADDRESS_IPV4, 0, 0, 0, 0, 0, 0 };

    conn_send(conn, message, sizeof message);
    if (reply != REPLY_OPEN)
        conn_shut(conn);
}

static void opened(struct conn *conn, int result)
{
    if (result == 0) {
        send_reply(conn, REPLY_OPEN);
        tunnel_relay(conn);
    } else {
        send_reply(conn, result == -ECONNREFUSED ? REPLY_REFUSED
                         : result == -EACCES     ? REPLY_NOT_ALLOWED
                         : result == -ENOENT     ? REPLY_HOST_UNREACHABLE
                                                 : REPLY_FAILED);
    }
}

/* Each reader returns how many bytes its message has, 0 if not all of it is here; `message` holds `size` of them. */
static size_t greeting_bytes(const unsigned char *message, size_t size)
{
    return size >= 2 && size >= 2U + message[1] ? 2U + message[1] : 0;
}

static size_t logon_bytes(const unsigned char *message, size_t size)
{
    if (size < 3 || size < 3U + message[1])
        return 0;
    const size_t all = 3U + message[1] + message[2 + message[1]];
    return size >= all ? all : 0;
}

/* One with an unknown type of address is complete at once: where it would end is not known either. */
static size_t request_bytes(const unsigned char *message, size_t size)
{
    if (size < 5)
        return 0;
    const size_t all = message[3] == ADDRESS_IPV4 ? 10U : message[3] == ADDRESS_NAME ? 7U + message[4] : 5U;
    return size >= all ? all : 0;
}

/* Each of these does what a message asks for, and returns whether the next one may come. */
static bool greet(struct conn *conn, const unsigned char *message)
{
    const enum method wanted = conn->target->proxy->user ? METHOD_PASSWORD : METHOD_NONE;
    const bool offered = message[0] == VERSION && memchr(message + 2, (int)wanted, message[1]);
    const unsigned char choice[] = { VERSION, (unsigned char)(offered ? wanted : METHOD_REFUSED) };

    if (message[0] != VERSION) {
        conn_shut(conn);
        return false;
    }
    conn_send(conn, choice, sizeof choice);
    if (!offered)
        conn_shut(conn);
    conn->stage = wanted == METHOD_PASSWORD ? STAGE_LOGON : STAGE_REQUEST;
    return offered;
}

static bool log_on(struct conn *conn, const unsigned char *message)
{
    char user[256], password[256];
    const unsigned char *secret = message + 2 + message[1];

    snprintf(user, sizeof user, "%.*s", message[1], (const char *)message + 2);
    snprintf(password, sizeof password, "%.*s", secret[0], (const char *)secret + 1);
    const bool good = message[0] == LOGON_VERSION && proxy_logs_on(conn, user, password);
    const unsigned char verdict[] = { LOGON_VERSION, !good };
    conn_send(conn, verdict, sizeof verdict);
    if (!good)
        conn_shut(conn);
    conn->stage = STAGE_REQUEST;
    return good;
}

/* What is asked for stays in the input until it is answered. */
static bool take_request(struct conn *conn, const unsigned char *message)
{
    (void)message;
    conn_asked(conn);
    return false;
}

static const struct {
    size_t (*bytes)(const unsigned char *message, size_t size);
    bool (*take)(struct conn *conn, const unsigned char *message);
    bool stays;
} stages[] = {
    [STAGE_GREETING] = { greeting_bytes, greet, false },
    [STAGE_LOGON] = { logon_bytes, log_on, false },
    [STAGE_REQUEST] = { request_bytes, take_request, true },
};

static void read_message(struct conn *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->stream);
    unsigned char message[MESSAGE_MAX];
    bool more = true;

    while (more) {
        const ev_ssize_t size = evbuffer_copyout(input, message, sizeof message);
        const size_t all = size > 0 ? stages[conn->stage].bytes(message, (size_t)size) : 0;
        if (all == 0)
            return;
        if (!stages[conn->stage].stays)
            evbuffer_drain(input, all);
        more = stages[conn->stage].take(conn, message);
    }
}

static void answer(struct conn *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->stream);
    unsigned char message[MESSAGE_MAX];
    char host[256];
    uint16_t port;

    const ev_ssize_t size = evbuffer_copyout(input, message, sizeof message);
    const size_t all = size > 0 ? request_bytes(message, (size_t)size) : 0;
    evbuffer_drain(input, all);
    if (all == 0 || message[0] != VERSION) {
        conn_shut(conn);
        return;
    }
    if (message[1] != 1 || (message[3] != ADDRESS_IPV4 && message[3] != ADDRESS_NAME)) {
        send_reply(conn, message[1] != 1 ? REPLY_COMMAND : REPLY_ADDRESS_TYPE);
        return;
    }
    if (message[3] == ADDRESS_IPV4)
        inet_ntop(AF_INET, message + 4, host, sizeof host);
    else
        snprintf(host, sizeof host, "%.*s", message[4], (const char *)message + 5);
    memcpy(&port, message + all - sizeof port, sizeof port);
    const int result = proxy_open(conn, host, ntohs(port), opened);
    if (result < 0)
        opened(conn, result);
}

static void refuse(struct conn *conn, const char *status, const char *headers)
{
    (void)headers;
    evbuffer_drain(bufferevent_get_input(conn->stream), MESSAGE_MAX);
    send_reply(conn, strncmp(status, "403", 3) == 0 ? REPLY_NOT_ALLOWED : REPLY_FAILED);
}

const struct role role_socks = {
    .name = "proxy",
    .group = GROUP_PROXIES,
    .logs_on = true,
    .read = read_message,
    .answer = answer,
    .refuse = refuse,
};
