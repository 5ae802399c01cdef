/* The glue between libcurl's socket interface and libevent. Finished transfers are harvested once per turn of the loop,
 * however many of its sockets had something to say. It never blocks. */
#include "multi.h"

#include <errno.h>
#include <stdlib.h>

struct multi {
    CURLM *curl;
    struct event_base *base; /* borrowed */
    struct event *timer;
    struct event *harvest;
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

static void on_socket(evutil_socket_t fd, short what, void *user)
{
    act(user, fd, (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
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

/* libcurl wants to watch a socket, watch it otherwise, or leave it. */
static int watch(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    (void)easy;
    struct multi *multi = user;
    struct event *event = socket_user;

    if (what == CURL_POLL_REMOVE) {
        if (event)
            event_free(event);
        return 0;
    }
    const short events =
        (short)(EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
    if (!event) {
        event = event_new(multi->base, fd, events, on_socket, multi);
        if (!event)
            return -1;
        curl_multi_assign(multi->curl, fd, event);
    } else {
        event_del(event);
        event_assign(event, multi->base, fd, events, on_socket, multi);
    }
    return event_add(event, NULL);
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
    *multi = (struct multi){ .base = base, .done = done, .user = user };
    multi->curl = curl_multi_init();
    multi->timer = evtimer_new(base, on_timer, multi);
    multi->harvest = event_new(base, -1, 0, on_harvest, multi);
    if (!multi->curl || !multi->timer || !multi->harvest) {
        multi_free(multi);
        return -ENOMEM;
    }
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
    *ret = multi;
    return 0;
}

void multi_free(struct multi *multi)
{
    if (!multi)
        return;
    /* It may still set the timer and leave sockets. */
    curl_multi_cleanup(multi->curl);
    if (multi->harvest)
        event_free(multi->harvest);
    if (multi->timer)
        event_free(multi->timer);
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
