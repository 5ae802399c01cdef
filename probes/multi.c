/* The glue between libcurl's socket interface and libevent. Finished transfers are harvested once per turn of the loop,
 * however many of its sockets had something to say. It never blocks.
 *
 * libcurl at times says that a socket needs no watching only after it closed it. By then the descriptor may be another
 * thread's, so it must not be touched any more. libevent would; hence the sockets are in an epoll set of our own, and
 * are taken out of it by their closing, or else when they next have something to say. */
#include "multi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { SOCKETS_A_TURN = 64, SOCKETS_MIN = 64 };

/* How a descriptor stands: the turn in which its watching ended, or ... */
#define WATCHED UINT64_MAX

struct multi {
    CURLM *curl;
    struct event *timer;
    struct event *harvest;
    int epoll;
    struct event *sockets; /* the epoll set has news */
    uint64_t turn;         /* counts the looks at the epoll set */
    uint64_t *states;      /* by descriptor */
    size_t n_states;
    multi_done_fn *done;
    void *user;
};

static void act(struct multi *multi, curl_socket_t fd, int what)
{
    int running;

    /* Its errors mean misuse of the interface or no memory; the transfers concerned end by their deadline. */
    curl_multi_socket_action(multi->curl, fd, what, &running);
    event_active(multi->harvest, EV_TIMEOUT, 0);
}

static int selected(uint32_t events)
{
    /* Whatever waits shall learn of an error. */
    if (events & (EPOLLERR | EPOLLHUP))
        return CURL_CSELECT_IN | CURL_CSELECT_OUT;
    return (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
}

static void on_sockets(evutil_socket_t epoll, short what, void *user)
{
    (void)what;
    struct multi *multi = user;
    struct epoll_event events[SOCKETS_A_TURN];
    const int n = epoll_wait(epoll, events, SOCKETS_A_TURN, 0);

    multi->turn++;
    for (int i = 0; i < n; i++) {
        const int fd = events[i].data.fd;
        if (multi->states[fd] == WATCHED)
            act(multi, fd, selected(events[i].events));
        else if (multi->states[fd] < multi->turn) /* else it may be closed since */
            epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    act(user, CURL_SOCKET_TIMEOUT, 0);
}

static void on_harvest(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    struct multi *multi = user;
    int left;
    bool any = false;

    for (CURLMsg *message; (message = curl_multi_info_read(multi->curl, &left));) {
        /* Both die with the removal. */
        CURL *easy = message->easy_handle;
        const CURLcode result = message->data.result;
        curl_multi_remove_handle(multi->curl, easy);
        multi->done(multi->user, easy, result);
        any = true;
    }
    if (any)
        multi->done(multi->user, NULL, CURLE_OK);
}

static bool make_room(struct multi *multi, curl_socket_t fd)
{
    size_t n = multi->n_states ? multi->n_states : SOCKETS_MIN;

    if ((size_t)fd < multi->n_states)
        return true;
    while (n <= (size_t)fd)
        n *= 2;
    uint64_t *states = realloc(multi->states, n * sizeof *states);
    if (!states)
        return false;
    memset(states + multi->n_states, 0, (n - multi->n_states) * sizeof *states);
    multi->states = states;
    multi->n_states = n;
    return true;
}

/* libcurl wants to watch a socket, watch it otherwise, or leave it. Upon an error it fails all that is under way, each
 * transfer with a result of its own. */
static int watch(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    (void)easy, (void)socket_user;
    struct multi *multi = user;
    struct epoll_event event = { .events =
                                     (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U),
                                 .data.fd = fd };

    if (!make_room(multi, fd))
        return -1;
    if (what == CURL_POLL_REMOVE) {
        multi->states[fd] = multi->turn;
        return 0;
    }
    /* Whether the set has it already, the kernel knows best: the descriptor may have been closed and opened since. */
    const int likely = multi->states[fd] == WATCHED ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    multi->states[fd] = WATCHED;
    if (epoll_ctl(multi->epoll, likely, fd, &event) == 0)
        return 0;
    return epoll_ctl(multi->epoll, likely == EPOLL_CTL_MOD ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

static int set_timer(CURLM *curl, long timeout_ms, void *user)
{
    (void)curl;
    struct multi *multi = user;

    if (timeout_ms < 0)
        return event_del(multi->timer);
    const struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
    return event_add(multi->timer, &timeout);
}

int multi_new(struct event_base *base, multi_done_fn *done, void *user, struct multi **ret)
{
    struct multi *multi = calloc(1, sizeof *multi);

    if (!multi)
        return -ENOMEM;
    *multi = (struct multi){ .done = done, .user = user };
    multi->curl = curl_multi_init();
    multi->timer = evtimer_new(base, on_timer, multi);
    multi->harvest = event_new(base, -1, 0, on_harvest, multi);
    multi->epoll = epoll_create1(EPOLL_CLOEXEC);
    multi->sockets = event_new(base, multi->epoll, EV_READ | EV_PERSIST, on_sockets, multi);
    if (!multi->curl || !multi->timer || !multi->harvest || multi->epoll < 0 || !multi->sockets ||
        event_add(multi->sockets, NULL) < 0) {
        const int error = multi->epoll < 0 ? -errno : -ENOMEM;
        multi_free(multi);
        return error;
    }
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
    *ret = multi;
    return 0;
}

static void free_event(struct event *event)
{
    if (event)
        event_free(event);
}

void multi_free(struct multi *multi)
{
    if (!multi)
        return;
    /* It may still set the timer and leave sockets. */
    curl_multi_cleanup(multi->curl);
    free_event(multi->sockets);
    if (multi->epoll >= 0)
        close(multi->epoll);
    free_event(multi->harvest);
    free_event(multi->timer);
    free(multi->states);
    free(multi);
}

int multi_add(struct multi *multi, CURL *easy)
{
    return curl_multi_add_handle(multi->curl, easy) == CURLM_OK ? 0 : -ENOMEM;
}

void multi_remove(struct multi *multi, CURL *easy)
{
    curl_multi_remove_handle(multi->curl, easy);
}
