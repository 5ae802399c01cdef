/* conn.h: one accepted connection: its bytes, its HTTP requests, its end. What is answered is the behaviours' affair.
 */
#ifndef FLEET_CONN_H
#define FLEET_CONN_H

#include <event2/bufferevent.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "estate.h"
#include "http.h"

#define CONN_HEAD_MAX_BYTES 16384

struct auth;
struct tunnel;

enum conn_state {
    CONN_READING,   /* a request, or the wait for one */
    CONN_ANSWERING, /* what comes in waits */
    CONN_DEAF,      /* what comes in is thrown away */
    CONN_RELAYING,  /* what comes in is the affair of the tunnel */
};

struct conn {
    struct target *target;
    struct worker *worker;
    /* As it was when the connection was accepted: a switch does not change what is under way. */
    const struct behaviour *behaviour;
    struct bufferevent *stream;
    enum conn_state state;
    bool tls;
    bool shaken; /* hands, in TLS */
    bool asked;  /* at least once */
    bool last;   /* ends after the answer under way */
    uint64_t left_bytes;
    size_t place; /* in a list that is sent part by part */
    void (*when_sent)(struct conn *conn);
    void (*when_due)(struct conn *conn);
    struct event timer;
    LIST_ENTRY(conn) siblings;

    /* The request that is read or answered; owned, NULL in between. */
    char *head;
    char *body; /* NUL-terminated behind its bytes; NULL until all of it is here */
    struct http_request request;
    struct auth *auth; /* who asks, where that is of interest; owned, see auth.h */

    unsigned stage;        /* of what is not HTTP, see socks.c */
    struct tunnel *tunnel; /* what a proxy has opened for it; owned, see tunnel.h */
};

/* Takes over an accepted, non-blocking socket. */
void conn_accept(struct worker *worker, struct target *target, int fd);

/* For a target whose behaviour changes: ends the connections on which nothing is asked, and lets the others end after
 * their answer. */
void conn_retire_all(struct target *target);

/* Ends every connection of the target at once. */
void conn_free_all(struct target *target);

/* A request is complete: counts it, and has it answered when it is time. */
void conn_asked(struct conn *conn);

/* Sends a whole response. `headers` are further header lines, each with its CRLF, or "". */
void conn_respond(struct conn *conn, const char *status, const char *headers, const char *body);

/* Sends the head of a response whose body of that length follows by conn_send() and conn_send_constant(). */
void conn_send_head(struct conn *conn, const char *status, const char *headers, uint64_t body_bytes);

/* Sends the head of a response whose length is not known; its body follows by conn_send_chunk(), which takes all that
 * the buffer holds, and ends with conn_end_chunks(). */
void conn_send_open_head(struct conn *conn, const char *status, const char *headers);
void conn_send_chunk(struct conn *conn, struct evbuffer *chunk);
void conn_end_chunks(struct conn *conn);

/* Sends bytes; the second borrows them for as long as the program runs, the third takes all that the buffer holds. */
void conn_send(struct conn *conn, const void *data, size_t size);
void conn_send_constant(struct conn *conn, const void *data, size_t size);
void conn_send_buffer(struct conn *conn, struct evbuffer *buffer);

/* The answer is complete: on to the next request, or the end. */
void conn_answered(struct conn *conn);

/* Calls `next` once everything sent so far has left for the kernel; it may end the connection. */
void conn_when_sent(struct conn *conn, void (*next)(struct conn *conn));

/* Calls `next` after that time. */
void conn_after_ms(struct conn *conn, unsigned ms, void (*next)(struct conn *conn));

/* Sends FIN after what was sent so far, and throws away what still comes. For connections without TLS. */
void conn_shut(struct conn *conn);

/* Ends the connection with RST. */
void conn_reset(struct conn *conn);

/* Ends the connection with FIN, after TLS's own farewell where it is spoken. */
void conn_end(struct conn *conn);

/* Closes the socket as it stands. */
void conn_free(struct conn *conn);

#endif
