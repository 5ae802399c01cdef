/* A small server for the tests of the worker: one thread on one loopback port that treats everybody alike, by TCP or
 * TLS. It serves one connection after the other, but for those that it leaves hanging, and it is no simulator: it reads
 * a request up to the blank line and never looks at it. Header-only, as each test is one program. */
#ifndef AH_TESTS_UNIT_PROBES_PEER_H
#define AH_TESTS_UNIT_PROBES_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum peer_way {
    PEER_ANSWERS,      /* reads the request, writes the answer, closes */
    PEER_BLURTS,       /* writes the answer without listening first, closes when the other does */
    PEER_HANGS,        /* accepts, and says nothing until it ends */
    PEER_DRIPS,        /* writes the answer, then a byte every 20 ms */
    PEER_FLOODS,       /* writes the answer, then its last bytes again without an end */
    PEER_RESETS,       /* writes the answer, then resets the connection */
    PEER_LEAVES,       /* writes the answer, then closes without a goodbye of TLS */
    PEER_CLOSES_EARLY, /* closes without a word, before TLS and all */
};

struct peer {
    enum peer_way way;
    const char *answer;
    const char *then; /* the answer to all but the first request; NULL: the same. Set before anybody asks */
    SSL_CTX *tls;     /* owned; NULL: plain TCP */
    int listener, stop;
    uint16_t port;
    char host[16];
    pthread_t thread;
    atomic_uint accepted, resumed;
    int hung[2048];
    unsigned n_hung;
};

#define PEER_HEALTHY "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nxx!CRYPT!abc"

static bool peer_is_stopped(const struct peer *peer, int wait_ms)
{
    struct pollfd fd = { .fd = peer->stop, .events = POLLIN };

    return poll(&fd, 1, wait_ms) != 0;
}

static bool peer_write(int fd, SSL *ssl, const char *text, size_t bytes)
{
    return ssl ? SSL_write(ssl, text, (int)bytes) == (int)bytes : send(fd, text, bytes, MSG_NOSIGNAL) == (ssize_t)bytes;
}

static bool peer_read_request(int fd, SSL *ssl)
{
    char request[4096];
    size_t bytes = 0;

    while (bytes < sizeof request - 1) {
        char *at = request + bytes;
        const size_t room = sizeof request - 1 - bytes;
        const ssize_t got = ssl ? SSL_read(ssl, at, (int)room) : recv(fd, at, room, 0);
        if (got <= 0)
            return false;
        bytes += (size_t)got;
        request[bytes] = '\0';
        if (strstr(request, "\r\n\r\n"))
            return true;
    }
    return false;
}

static void peer_talk(struct peer *peer, int fd, SSL *ssl)
{
    const char *answer = peer->then && atomic_load(&peer->accepted) > 1 ? peer->then : peer->answer;
    const size_t bytes = strlen(answer);
    const size_t tail = bytes < 16 ? bytes : 16;

    if (peer->way == PEER_BLURTS && peer_write(fd, ssl, answer, bytes)) {
        peer_read_request(fd, ssl);
        return;
    }
    if (!peer_read_request(fd, ssl) || !peer_write(fd, ssl, answer, bytes))
        return;
    while (peer->way == PEER_FLOODS && peer_write(fd, ssl, answer + bytes - tail, tail))
        ;
    while (peer->way == PEER_DRIPS && !peer_is_stopped(peer, 20) && peer_write(fd, ssl, "x", 1))
        ;
    if (peer->way == PEER_RESETS)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
}

static void peer_serve(struct peer *peer, int fd)
{
    if (peer->way == PEER_HANGS && peer->n_hung < sizeof peer->hung / sizeof *peer->hung) {
        peer->hung[peer->n_hung++] = fd;
        return;
    }
    SSL *ssl = NULL;
    if (peer->way != PEER_CLOSES_EARLY) {
        /* A client that goes away in the middle must not block the rest. */
        const struct timeval limit = { .tv_sec = 2 };
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (peer->tls) {
            ssl = SSL_new(peer->tls);
            SSL_set_fd(ssl, fd);
        }
        if (!ssl || SSL_accept(ssl) == 1) {
            atomic_fetch_add(&peer->resumed, ssl && SSL_session_reused(ssl) ? 1 : 0);
            peer_talk(peer, fd, ssl);
            if (ssl && peer->way == PEER_ANSWERS)
                SSL_shutdown(ssl);
        }
    }
    SSL_free(ssl);
    close(fd);
}

static void *peer_run(void *user)
{
    struct peer *peer = user;
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL); /* OpenSSL writes to whoever went away */
    struct pollfd fds[2] = { { .fd = peer->listener, .events = POLLIN }, { .fd = peer->stop, .events = POLLIN } };

    while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
        const int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        atomic_fetch_add(&peer->accepted, 1);
        peer_serve(peer, fd);
    }
    return NULL;
}

/* A listener of that loopback address whose backlog is full, so that it answers nothing: the nearest to a silent host
 * that loopback has. */
enum { PEER_FILLERS = 8 };
struct peer_deaf {
    int listener, fillers[PEER_FILLERS];
    uint16_t port;
};

static inline struct peer_deaf peer_deaf_new(const char *host)
{
    struct peer_deaf deaf = { .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t bytes = sizeof address;

    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
        bind(deaf.listener, (struct sockaddr *)&address, bytes) < 0 || listen(deaf.listener, 0) < 0 ||
        getsockname(deaf.listener, (struct sockaddr *)&address, &bytes) < 0)
        abort(); /* no test makes sense without it */
    deaf.port = ntohs(address.sin_port);
    for (size_t i = 0; i < PEER_FILLERS; i++) {
        deaf.fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(deaf.fillers[i], (struct sockaddr *)&address, bytes) < 0 && errno != EINPROGRESS)
            abort();
    }
    return deaf;
}

static inline void peer_deaf_free(const struct peer_deaf *deaf)
{
    for (size_t i = 0; i < PEER_FILLERS; i++)
        close(deaf->fillers[i]);
    close(deaf->listener);
}

/* A port of that loopback address, listening if asked to; -1: none to be had. */
static int peer_bind(const char *host, bool listening, uint16_t *ret_port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t bytes = sizeof address;

    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 || bind(fd, (struct sockaddr *)&address, bytes) < 0 ||
        (listening && listen(fd, 4096) < 0) || getsockname(fd, (struct sockaddr *)&address, &bytes) < 0) {
        close(fd);
        return -1;
    }
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* Takes the TLS context. NULL: could not be started. */
static struct peer *peer_new(const char *host, enum peer_way way, const char *answer, SSL_CTX *tls)
{
    struct peer *peer = calloc(1, sizeof *peer);

    if (!peer)
        return NULL;
    peer->way = way;
    peer->answer = answer;
    peer->tls = tls;
    snprintf(peer->host, sizeof peer->host, "%s", host);
    peer->listener = peer_bind(host, true, &peer->port);
    peer->stop = eventfd(0, EFD_CLOEXEC);
    if (peer->listener < 0 || peer->stop < 0 || pthread_create(&peer->thread, NULL, peer_run, peer) != 0)
        abort(); /* no test makes sense without it */
    return peer;
}

static void peer_free(struct peer *peer)
{
    if (write(peer->stop, &(uint64_t){ 1 }, sizeof(uint64_t)) != sizeof(uint64_t))
        abort();
    pthread_join(peer->thread, NULL);
    for (unsigned i = 0; i < peer->n_hung; i++)
        close(peer->hung[i]);
    close(peer->listener);
    close(peer->stop);
    SSL_CTX_free(peer->tls);
    free(peer);
}

static inline const char *peer_url(const struct peer *peer, char *buffer, size_t bytes)
{
    snprintf(buffer, bytes, "http%s://%s:%u/?CAVIT", peer->tls ? "s" : "", peer->host, peer->port);
    return buffer;
}

#endif
