/* The SNMP thread as a subagent of another master. */
#include "handler.h"
#include "library.h"
#include "link.h"
#include "notify.h"
#include "session.h"
#include "thread.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { REFUSAL_LOG_EVERY_MS = 60000, HOUSEKEEPING_MS = 1000 };

struct loop {
    struct snmp_agent *agent;
    struct session *session;
    struct library_fds fds;
    bool was_up, stale_fds;
    int64_t refusal_logged_ms; /* 0: never */
    int64_t housekeeping_at_ms;
};

static void on_up(void *user, bool up)
{
    struct loop *loop = user;
    if (!up)
        outbox_lost(&loop->agent->outbox);
    else if (loop->was_up)
        loop->agent->reconnects++;
    loop->was_up = loop->was_up || up;
    thread_connected(loop->agent, up);
}

static void on_answered(void *user, uint32_t packet, const char *refusal)
{
    struct loop *loop = user;
    const int64_t now_ms = thread_now_ms();
    if (!outbox_answered(&loop->agent->outbox, packet, !refusal) || !refusal)
        return;
    if (loop->refusal_logged_ms && now_ms - loop->refusal_logged_ms < REFUSAL_LOG_EVERY_MS)
        return;
    char text[160];
    snprintf(text, sizeof text, "a notification was refused: %s", refusal);
    loop->agent->log(LOG_ERR, text);
    loop->refusal_logged_ms = now_ms;
}

/* Sends what may be sent now. The time until more may be, or -1: nothing to wait for but answers. */
static int64_t send_notifications(struct loop *loop, int64_t now_ms)
{
    enum { LATER_MS = 100 };
    struct outbox *outbox = &loop->agent->outbox;
    struct flight *flight;
    int64_t wait_ms = -1;
    while (loop->agent->connected && (flight = outbox_next(outbox, now_ms, &wait_ms)) != NULL) {
        struct variable_list *varbinds;
        uint32_t packet;
        const int error = thread_varbinds(loop->agent, &flight->notification, &varbinds);
        if (error == -EINVAL)
            thread_give_up(loop->agent, flight);
        else if (error || session_notify(loop->session, varbinds, &packet))
            return LATER_MS;
        else {
            outbox_sent(outbox, flight, packet);
            if (!link_wants_write() && link_socket_id())
                outbox_passed(outbox, flight, link_socket_id());
        }
    }
    return wait_ms;
}

/* The library's timers: requests that were never answered. It has no others that matter to a subagent. */
static void keep_house(struct loop *loop, int64_t now_ms)
{
    if (now_ms < loop->housekeeping_at_ms)
        return;
    loop->housekeeping_at_ms = now_ms + HOUSEKEEPING_MS;
    snmp_timeout();
    run_alarms();
}

static int64_t earliest(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

static void wait_for_work(struct loop *loop, int64_t now_ms, int64_t until_ms)
{
    struct library_fds *fds = &loop->fds;
    for (size_t i = LIBRARY_FDS_FIRST; i < fds->n; i++)
        if (fds->at[i].fd == link_fd())
            fds->at[i].events = (short)(POLLIN | (link_wants_write() ? POLLOUT : 0));
    if (poll(fds->at, fds->n, until_ms > now_ms ? (int)(until_ms - now_ms) : 0) <= 0)
        return;
    for (size_t i = 0; i < fds->n; i++)
        loop->stale_fds = loop->stale_fds || (fds->at[i].revents & POLLNVAL);
    if (fds->at[LIBRARY_FDS_OWN].revents)
        thread_drain_wakeup(loop->agent);
    if (link_wants_write())
        link_flush();
    library_fds_read(fds);
}

static void serve(struct loop *loop)
{
    struct snmp_agent *agent = loop->agent;
    thread_await_snapshot(agent);
    while (!agent->stop) {
        const int64_t now_ms = thread_now_ms();
        thread_refresh(agent, now_ms);
        int64_t until_ms = session_run(loop->session, now_ms);
        const int64_t wait_ms = send_notifications(loop, now_ms);
        keep_house(loop, now_ms);
        if (wait_ms >= 0)
            until_ms = earliest(until_ms, now_ms + wait_ms);
        loop->stale_fds = session_take_changed(loop->session) || loop->stale_fds;
        if (loop->stale_fds && library_fds_list(&loop->fds, NULL)) {
            thread_out_of_memory(agent);
            continue;
        }
        loop->stale_fds = false;
        wait_for_work(loop, now_ms, earliest(until_ms, loop->housekeeping_at_ms));
    }
}

void agentx_loop(struct snmp_agent *agent)
{
    struct loop loop = { .agent = agent };
    const struct session_events events = { &loop, agent->log, on_up, on_answered };
    struct session_settings settings = { .address_text = agent->settings.agentx_socket,
                                         .view = &agent->view,
                                         .reconnect_s = agent->settings.reconnect_s };
    int error = transport_parse(agent->settings.agentx_socket, &settings.address);
    if (error) {
        thread_started(agent, error, "agentx_socket: not an address");
        return;
    }
    library_begin(agent->log, false);
    init_agent(LIBRARY_NAME);
    error = handlers_register(&agent->handlers);
    if (!error)
        error = session_new(&settings, &events, &loop.session);
    if (!error)
        error = library_fds_init(&loop.fds, agent->wake_fd);
    if (!error)
        init_snmp(LIBRARY_NAME);
    thread_started(agent, error, strerror(-error));
    if (!error)
        serve(&loop);
    session_free(loop.session);
    library_end();
    library_fds_done(&loop.fds);
}

uint64_t snmp_master_id(const char *agentx_socket)
{
    struct transport_address address;
    int fd;
    if (transport_parse(agentx_socket, &address) < 0)
        return 0;
    const uint64_t id = transport_socket_id(&address);
    const int error = id ? transport_connect(&address, 0, &fd) : -ENOENT;
    if (error == 0)
        close(fd);
    return error == 0 || error == -EAGAIN ? id : 0;
}
