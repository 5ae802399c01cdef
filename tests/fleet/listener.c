/* listener.c: the listening socket of a target. It accepts and hands over; it never reads or writes a byte. */
#include "listener.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "behaviours.h"
#include "conn.h"

#define BACKLOG 128

static void on_acceptable(evutil_socket_t listening_fd, short what, void *argument)
{
    struct target *target = argument;
    struct crew *crew = target->worker->crew;

    (void)what;
    const int fd = accept4(listening_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return; /* the client is gone already, or the loop comes back here */
    if (fd <= crew->last_fd) {
        conn_accept(target->worker, target, fd);
        return;
    }
    close(fd);
    atomic_fetch_add_explicit(&crew->counters.shed, 1, memory_order_relaxed);
}

/* Fills the queue of a socket that listens with a backlog of 0: it holds one connection, which nobody accepts. */
static int fill_queue(struct target *target)
{
    target->filler_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (target->filler_fd < 0)
        return -errno;
    return connect(target->filler_fd, (struct sockaddr *)&target->address, sizeof target->address) < 0 ? -errno : 0;
}

static int watch(struct worker *worker, struct target *target)
{
    event_assign(&target->acceptable, worker->base, target->fd, EV_READ | EV_PERSIST, on_acceptable, target);
    return event_add(&target->acceptable, NULL) < 0 ? -ENOMEM : 0;
}

int listener_open(struct worker *worker, struct target *target)
{
    static const int yes = 1;
    const enum listening listening = target->behaviour->listening;
    int result;

    target->worker = worker;
    if (listening == LISTENING_NOT)
        return 0;
    if ((target->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
        return -errno;
    /* What is accepted inherits TCP_NODELAY: an answer in two writes must not wait for a delayed acknowledgement. */
    if (setsockopt(target->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        setsockopt(target->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) < 0 ||
        bind(target->fd, (struct sockaddr *)&target->address, sizeof target->address) < 0 ||
        listen(target->fd, listening == LISTENING_FULL ? 0 : BACKLOG) < 0)
        result = -errno;
    else
        result = listening == LISTENING_FULL ? fill_queue(target) : watch(worker, target);
    if (result < 0)
        listener_close(target);
    return result;
}

void listener_close(struct target *target)
{
    if (event_initialized(&target->acceptable))
        event_del(&target->acceptable);
    if (target->fd >= 0)
        close(target->fd);
    if (target->filler_fd >= 0)
        close(target->filler_fd);
    target->fd = target->filler_fd = -1;
}
