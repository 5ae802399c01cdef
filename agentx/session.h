/* The session with an AgentX master, on net-snmp's subagent: opens it, registers the tables, keeps it alive, and begins
 * again when it is lost. Only opening waits for the master, at most half a second; all else is answered when it is.
 *
 * A master that is silent is not given up as long as its socket stands: it may have been stopped and will go on where
 * it was, and a second session would make it tell twice what it had accepted in the first. */
#ifndef AH_AGENTX_SESSION_H
#define AH_AGENTX_SESSION_H

#include "agent.h"
#include "objects.h"
#include "transport.h"

struct session;

struct session_events {
    void *user;
    snmp_log_fn *log;
    /* The session is open and every registration was accepted; or: it is lost, and nothing that was sent will be
     * answered any more. */
    void (*up)(void *user, bool up);
    /* The master has answered a notification: accepted, or why not as text. */
    void (*answered)(void *user, uint32_t packet, const char *refusal);
};

struct session_settings {
    struct transport_address address;
    const char *address_text; /* for the log; borrowed */
    const struct view *view;  /* for the root; borrowed */
    unsigned reconnect_s;     /* between attempts, and between pings */
};

/* Between init_agent() with its handlers and init_snmp(). There is one session at a time. `settings` and `events` are
 * copied. */
int session_new(const struct session_settings *settings, const struct session_events *events,
                struct session **ret) AH_WARN_UNUSED;
/* Says goodbye if that goes at once. Does not call `up`. Before the library is shut down. */
void session_free(struct session *session);

/* Does what is due: connects, pings, gives up. The time (mono) at which it wants to be called again. */
int64_t session_run(struct session *session, int64_t now_ms);

/* True once after the library's descriptors have changed. */
bool session_take_changed(struct session *session);

/* Sends a notification with these varbinds, and takes them. 0: *ret_packet is what `answered` will name. -ENOTCONN: not
 * up; -ENOBUFS: not now. */
struct variable_list;
int session_notify(struct session *session, struct variable_list *varbinds, uint32_t *ret_packet) AH_WARN_UNUSED;

#endif
