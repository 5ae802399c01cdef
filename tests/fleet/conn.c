/* conn.c: the life of one accepted connection. It reads just enough HTTP to know where a request ends, and never
 * decides what is answered. */
#include "conn.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth.h"
#include "behaviours.h"
#include "crew.h"
#include "tls.h"
#include "tunnel.h"

static struct counters *counters(const struct conn *conn)
{
    return &conn->worker->crew->counters;
}

static struct evbuffer *output(const struct conn *conn)
{
    return bufferevent_get_output(conn->stream);
}

static void forget_request(struct conn *conn)
{
    free(conn->head);
    free(conn->body);
    conn->head = conn->body = NULL;
}

void conn_free(struct conn *conn)
{
    atomic_fetch_sub_explicit(&counters(conn)->open, 1, memory_order_relaxed);
    LIST_REMOVE(conn, siblings);
    event_del(&conn->timer);
    bufferevent_free(conn->stream);
    auth_free(conn->auth);
    tunnel_free(conn->tunnel);
    forget_request(conn);
    free(conn);
}

void conn_end(struct conn *conn)
{
    SSL *session = conn->tls ? bufferevent_openssl_get_ssl(conn->stream) : NULL;

    if (session && SSL_is_init_finished(session)) {
        SSL_shutdown(session);
        ERR_clear_error(); /* the queue belongs to the thread: the next session must not find this one's errors */
    }
    conn_free(conn);
}

void conn_reset(struct conn *conn)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    /* Only a socket that is gone already refuses this, and then there is nothing left to reset. */
    (void)setsockopt(bufferevent_getfd(conn->stream), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    conn_free(conn);
}

void conn_send(struct conn *conn, const void *data, size_t size)
{
    evbuffer_add(output(conn), data, size);
}

void conn_send_constant(struct conn *conn, const void *data, size_t size)
{
    evbuffer_add_reference(output(conn), data, size, NULL, NULL);
}

void conn_send_buffer(struct conn *conn, struct evbuffer *buffer)
{
    evbuffer_add_buffer(output(conn), buffer);
}

static void send_head(struct conn *conn, const char *status, const char *headers, const char *length)
{
    char always[ROLE_HEADERS_MAX] = "";

    if (conn->target->role->headers)
        conn->target->role->headers(conn->target, always);
    evbuffer_add_printf(output(conn), "HTTP/1.1 %s\r\n%s%s%s%s\r\n", status, always, headers, length,
                        conn->last ? "Connection: close\r\n" : "");
}

void conn_send_head(struct conn *conn, const char *status, const char *headers, uint64_t body_bytes)
{
    char length[48];

    snprintf(length, sizeof length, "Content-Length: %llu\r\n", (unsigned long long)body_bytes);
    send_head(conn, status, headers, length);
}

/* Whoever speaks HTTP/1.0 knows no chunks, but sees the end of the connection. */
void conn_send_open_head(struct conn *conn, const char *status, const char *headers)
{
    send_head(conn, status, headers, conn->request.chunks ? "Transfer-Encoding: chunked\r\n" : "");
}

void conn_send_chunk(struct conn *conn, struct evbuffer *chunk)
{
    const size_t size = evbuffer_get_length(chunk);

    if (size == 0)
        return; /* which would be the end */
    if (conn->request.chunks)
        evbuffer_add_printf(output(conn), "%zx\r\n", size);
    evbuffer_add_buffer(output(conn), chunk);
    if (conn->request.chunks)
        evbuffer_add(output(conn), "\r\n", 2);
}

void conn_end_chunks(struct conn *conn)
{
    if (conn->request.chunks)
        evbuffer_add(output(conn), "0\r\n\r\n", 5);
    conn_answered(conn);
}

void conn_respond(struct conn *conn, const char *status, const char *headers, const char *body)
{
    const size_t size = strlen(body);

    conn_send_head(conn, status, headers, size);
    conn_send(conn, body, size);
    conn_answered(conn);
}

void conn_answered(struct conn *conn)
{
    forget_request(conn);
    if (conn->last) {
        conn_when_sent(conn, conn_end);
        return;
    }
    conn->state = CONN_READING;
    if (evbuffer_get_length(bufferevent_get_input(conn->stream)) > 0)
        bufferevent_trigger(conn->stream, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
}

void conn_when_sent(struct conn *conn, void (*next)(struct conn *conn))
{
    conn->when_sent = next;
}

void conn_after_ms(struct conn *conn, unsigned ms, void (*next)(struct conn *conn))
{
    const struct timeval delay = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

    conn->when_due = next;
    event_add(&conn->timer, &delay);
}

static void send_fin(struct conn *conn)
{
    shutdown(bufferevent_getfd(conn->stream), SHUT_WR);
}

void conn_shut(struct conn *conn)
{
    conn->state = CONN_DEAF;
    if (evbuffer_get_length(output(conn)) > 0)
        conn_when_sent(conn, send_fin);
    else
        send_fin(conn);
}

static void on_due(evutil_socket_t fd, short what, void *argument)
{
    struct conn *conn = argument;

    (void)fd, (void)what;
    conn->when_due(conn);
}

static void on_sent(struct bufferevent *stream, void *argument)
{
    struct conn *conn = argument;
    void (*next)(struct conn *) = conn->when_sent;

    if (!next || evbuffer_get_length(bufferevent_get_output(stream)) > 0)
        return;
    conn->when_sent = NULL;
    next(conn);
}

static void refuse_request(struct conn *conn, const char *status)
{
    conn->last = true;
    conn_respond(conn, status, "", "");
}

static void answer(struct conn *conn)
{
    conn->behaviour->answer(conn);
}

static void count_request(struct conn *conn)
{
    atomic_fetch_add_explicit(&counters(conn)->requests[behaviour_number(conn->behaviour)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&conn->target->requests, 1, memory_order_relaxed);
    conn->asked = true;
}

void conn_asked(struct conn *conn)
{
    conn->state = CONN_ANSWERING;
    count_request(conn);
    if (conn->target->delay_ms > 0)
        conn_after_ms(conn, conn->target->delay_ms, answer);
    else
        answer(conn);
}

/* Nobody who asks as he should uses another method, so where a body would end need not be known. */
static const char *check_request(const struct role *role, const struct http_request *request)
{
    if (role->check)
        return role->check(request);
    if (request->path[0] != '/')
        return "400 Bad Request";
    return strcmp(request->method, role->method) == 0 ? NULL : "405 Method Not Allowed";
}

/* Takes so many bytes of the input as a text. Returns NULL when there is no memory for it. */
static char *take_text(struct conn *conn, size_t size)
{
    char *text = malloc(size + 1);

    if (text && evbuffer_remove(bufferevent_get_input(conn->stream), text, size) != (int)size) {
        free(text);
        return NULL;
    }
    if (text)
        text[size] = '\0';
    return text;
}

/* Reads a head, if all of it is here. Returns NULL, or the status that refuses it; conn->head says whether it came. */
static const char *read_head(struct conn *conn)
{
    static const char too_large[] = "431 Request Header Fields Too Large";
    struct evbuffer *input = bufferevent_get_input(conn->stream);

    const struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
    if (end.pos < 0)
        return evbuffer_get_length(input) >= CONN_HEAD_MAX_BYTES ? too_large : NULL;
    if (end.pos + 4 > CONN_HEAD_MAX_BYTES)
        return too_large;
    if (!(conn->head = take_text(conn, (size_t)end.pos + 4)))
        return "503 Service Unavailable";
    const char *refusal = http_read_head(conn->head, &conn->request);
    conn->last |= conn->request.last;
    if (!refusal)
        refusal = check_request(conn->target->role, &conn->request);
    if (!refusal && conn->request.expects && conn->request.body_bytes > 0)
        conn_send_constant(conn, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    return refusal;
}

/* Reads what there is of a request; once it is complete, it is answered. */
static void read_request(struct conn *conn)
{
    const char *refusal = conn->head ? NULL : read_head(conn);

    if (!refusal &&
        (!conn->head || evbuffer_get_length(bufferevent_get_input(conn->stream)) < conn->request.body_bytes))
        return;
    if (!refusal && !(conn->body = take_text(conn, conn->request.body_bytes)))
        refusal = "503 Service Unavailable";
    if (!refusal) {
        conn_asked(conn);
        return;
    }
    conn->state = CONN_ANSWERING;
    conn->asked = true;
    if (conn->head)
        count_request(conn);
    refuse_request(conn, refusal);
}

static void on_readable(struct bufferevent *stream, void *argument)
{
    struct conn *conn = argument;
    struct evbuffer *input = bufferevent_get_input(stream);

    if (conn->state == CONN_DEAF)
        evbuffer_drain(input, evbuffer_get_length(input));
    else if (conn->state == CONN_RELAYING)
        tunnel_forward(conn);
    else if (conn->state == CONN_READING && conn->target->role->read)
        conn->target->role->read(conn);
    else if (conn->state == CONN_READING)
        read_request(conn);
}

static void on_event(struct bufferevent *stream, short what, void *argument)
{
    struct conn *conn = argument;

    if (!(what & BEV_EVENT_CONNECTED)) {
        /* After an end without a farewell, the session itself would say that it never was. */
        if (conn->tls && !conn->shaken)
            atomic_fetch_add_explicit(&counters(conn)->tls_failed, 1, memory_order_relaxed);
        conn_free(conn);
        return;
    }
    conn->shaken = true;
    atomic_fetch_add_explicit(&counters(conn)->tls_handshakes, 1, memory_order_relaxed);
    if (SSL_session_reused(bufferevent_openssl_get_ssl(stream)))
        atomic_fetch_add_explicit(&counters(conn)->tls_resumed, 1, memory_order_relaxed);
}

/* Counts a connection that stays, and keeps the peak. */
static void count_accepted(struct conn *conn)
{
    struct counters *all = counters(conn);
    const long long open = 1 + atomic_fetch_add_explicit(&all->open, 1, memory_order_relaxed);
    long long peak = atomic_load_explicit(&all->open_peak, memory_order_relaxed);

    while (open > peak && !atomic_compare_exchange_weak(&all->open_peak, &peak, open))
        ;
    atomic_fetch_add_explicit(&all->connections[behaviour_number(conn->behaviour)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&conn->target->connections, 1, memory_order_relaxed);
}

/* Makes the stream over the socket, which it owns from then on. Returns NULL with the socket still the caller's. */
static struct bufferevent *open_stream(struct conn *conn, int fd)
{
    struct event_base *base = conn->worker->base;

    if (!conn->tls)
        return bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    SSL *session = tls_session(conn->worker->crew->tls, conn->behaviour->certificate, conn->target->certificate_days);
    if (!session)
        return NULL;
    struct bufferevent *stream =
        bufferevent_openssl_socket_new(base, fd, session, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (!stream)
        SSL_free(session);
    else
        bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
    return stream;
}

void conn_accept(struct worker *worker, struct target *target, int fd)
{
    struct conn *conn = malloc(sizeof *conn);

    if (!conn) {
        close(fd);
        return;
    }
    *conn = (struct conn){ .target = target, .worker = worker, .behaviour = target->behaviour };
    conn->tls = target->https && !conn->behaviour->greet;
    conn->stream = open_stream(conn, fd);
    if (!conn->stream) {
        free(conn);
        close(fd);
        return;
    }
    evtimer_assign(&conn->timer, worker->base, on_due, conn);
    LIST_INSERT_HEAD(&target->conns, conn, siblings);
    count_accepted(conn);
    bufferevent_setcb(conn->stream, on_readable, on_sent, on_event, conn);
    /* One request is read at a time; what is behind it waits for its answer. */
    bufferevent_setwatermark(conn->stream, EV_READ, 0, CONN_HEAD_MAX_BYTES + HTTP_BODY_MAX_BYTES);
    bufferevent_enable(conn->stream, EV_READ | EV_WRITE);
    if (conn->behaviour->greet) {
        conn->state = CONN_DEAF;
        conn->behaviour->greet(conn);
    }
}

void conn_retire_all(struct target *target)
{
    for (struct conn *conn = LIST_FIRST(&target->conns), *next; conn; conn = next) {
        next = LIST_NEXT(conn, siblings);
        conn->last = true;
        if (conn->state != CONN_READING || !conn->asked)
            continue;
        if (evbuffer_get_length(output(conn)) > 0)
            conn_when_sent(conn, conn_end);
        else
            conn_end(conn);
    }
}

void conn_free_all(struct target *target)
{
    while (!LIST_EMPTY(&target->conns))
        conn_free(LIST_FIRST(&target->conns));
}
