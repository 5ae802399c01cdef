/* tunnel.c: carries bytes between a proxy's client and the target that it asked for. It reads none of them. */
#include "tunnel.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crew.h"

/* What one side may have waiting before the other is not read any more. */
#define WAITING_MAX_BYTES (256UL * 1024)

struct tunnel {
    struct conn *conn; /* borrowed; it owns the tunnel */
    struct bufferevent *far;
    void (*opened)(struct conn *conn, int result);
    bool relaying;
};

void tunnel_free(struct tunnel *tunnel)
{
    if (!tunnel)
        return;
    if (tunnel->far)
        bufferevent_free(tunnel->far);
    free(tunnel);
}

static void close_far(struct conn *conn)
{
    tunnel_free(conn->tunnel);
    conn->tunnel = NULL;
}

static size_t waiting_bytes(struct bufferevent *stream)
{
    return evbuffer_get_length(bufferevent_get_output(stream));
}

static void read_far_again(struct conn *conn)
{
    bufferevent_enable(conn->tunnel->far, EV_READ);
}

static void on_far_readable(struct bufferevent *far, void *argument)
{
    struct tunnel *tunnel = argument;

    if (!tunnel->relaying)
        return;
    conn_send_buffer(tunnel->conn, bufferevent_get_input(far));
    if (waiting_bytes(tunnel->conn->stream) > WAITING_MAX_BYTES) {
        bufferevent_disable(far, EV_READ);
        conn_when_sent(tunnel->conn, read_far_again);
    }
}

/* All that the client has sent is on its way. */
static void on_far_sent(struct bufferevent *far, void *argument)
{
    struct tunnel *tunnel = argument;

    (void)far;
    if (tunnel->relaying)
        bufferevent_enable(tunnel->conn->stream, EV_READ);
}

static void on_far_event(struct bufferevent *far, short what, void *argument)
{
    struct tunnel *tunnel = argument;
    struct conn *conn = tunnel->conn;
    const int error = EVUTIL_SOCKET_ERROR();

    (void)far;
    if (what & BEV_EVENT_CONNECTED) {
        tunnel->opened(conn, 0);
    } else if (!tunnel->relaying) {
        void (*opened)(struct conn *, int) = tunnel->opened;
        close_far(conn);
        opened(conn, error ? -error : -ECONNRESET);
    } else if (what & BEV_EVENT_ERROR) {
        conn_reset(conn);
    } else {
        close_far(conn);
        conn_when_sent(conn, NULL); /* which may have meant the far side */
        conn_shut(conn);
    }
}

/* Opens a socket for the far side, under the same limit as those that are accepted. */
static int open_socket(struct crew *crew)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (fd <= crew->last_fd)
        return fd;
    close(fd);
    atomic_fetch_add_explicit(&crew->counters.shed, 1, memory_order_relaxed);
    return -EMFILE;
}

int tunnel_open(struct conn *conn, const struct sockaddr_in *address, void (*opened)(struct conn *conn, int result))
{
    if (ntohl(address->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
        return -EACCES;
    const int fd = open_socket(conn->worker->crew);
    if (fd < 0)
        return fd;
    struct tunnel *tunnel = calloc(1, sizeof *tunnel);
    if (!tunnel || !(tunnel->far = bufferevent_socket_new(conn->worker->base, fd,
                                                          BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS))) {
        free(tunnel);
        close(fd);
        return -ENOMEM;
    }
    tunnel->conn = conn;
    tunnel->opened = opened;
    bufferevent_setcb(tunnel->far, on_far_readable, on_far_sent, on_far_event, tunnel);
    if (bufferevent_socket_connect(tunnel->far, (const struct sockaddr *)address, sizeof *address) < 0) {
        tunnel_free(tunnel);
        return -ECONNABORTED;
    }
    conn->tunnel = tunnel;
    return 0;
}

void tunnel_send(struct conn *conn, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    evbuffer_add_vprintf(bufferevent_get_output(conn->tunnel->far), format, arguments);
    va_end(arguments);
}

void tunnel_forward(struct conn *conn)
{
    struct bufferevent *far = conn->tunnel->far;

    bufferevent_write_buffer(far, bufferevent_get_input(conn->stream));
    if (waiting_bytes(far) > WAITING_MAX_BYTES)
        bufferevent_disable(conn->stream, EV_READ);
}

void tunnel_relay(struct conn *conn)
{
    conn->state = CONN_RELAYING;
    conn->tunnel->relaying = true;
    bufferevent_setwatermark(conn->stream, EV_READ, 0, WAITING_MAX_BYTES);
    bufferevent_setwatermark(conn->tunnel->far, EV_READ, 0, WAITING_MAX_BYTES);
    bufferevent_enable(conn->tunnel->far, EV_READ | EV_WRITE);
    tunnel_forward(conn);
}
