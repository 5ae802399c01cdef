/* Drives net-snmp's subagent. The library's own pings and reconnection are off: they wait for the answer, and give a
 * stopped master up at once. Its own registrations are not used either: they wait for each answer and then ignore it.
 */
#include "session.h"

#include "handler.h"
#include "library.h"
#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

enum {
    OPEN_MS = 500,              /* opening waits at most so long */
    REGISTER_MS = 10000,        /* for the answers to all registrations */
    SILENT_AFTER_MS = 5000,     /* then the log tells */
    GIVEN_UP_AFTER_MS = 600000, /* then the session is begun anew after all */
    PRIORITY = 127              /* the default of RFC 2741, section 7.1.4.1 */
};

/* Types of AgentX PDUs and errors (RFC 2741, sections 6.1 and 6.2.16): net-snmp's own header is not installed. */
enum {
    PDU_CLOSE = 2,
    PDU_REGISTER = 3,
    PDU_GET = 5,
    PDU_GET_NEXT = 6,
    PDU_NOTIFY = 12,
    PDU_PING = 13,
    PDU_RESPONSE = 18,
    FLAG_CONTEXT = 0x08,
    FLAG_BIG_ENDIAN = 0x10
};
enum {
    ERROR_NOT_OPEN = 257,
    ERROR_UNSUPPORTED_CONTEXT = 262,
    ERROR_DUPLICATE_REGISTRATION = 263,
    ERROR_PARSE = 266,
    ERROR_DENIED = 267,
    ERROR_PROCESSING = 268
};
enum { CLOSE_SHUTDOWN = 5, AGENTX_VERSION = 0xc1 /* what net-snmp calls version 1 of AgentX */ };

/* Exported by libnetsnmpagent and declared in a header that is not installed: opens main_session. 0: it is open, and
 * SNMPD_CALLBACK_INDEX_START was called. */
int subagent_open_master_session(void);

enum state { STATE_DOWN, STATE_REGISTERING, STATE_UP };

struct session {
    struct session_settings settings;
    struct session_events events;
    enum state state;
    netsnmp_session *snmp; /* the library's; NULL while down */
    size_t registered;     /* tables that the master has accepted */
    bool planned;          /* down: the next attempt has its time */
    int64_t deadline_ms;   /* down: of the next attempt; registering: of the answers */
    int64_t ping_at_ms;    /* when the next ping is due; 0: not planned yet */
    int64_t asked_at_ms;   /* when the unanswered ping was sent; 0: none is */
    bool told_down, silent, changed;
    const char *reason; /* why the session is being ended; static text, NULL: the peer did it */
};

/* The one session that there is. The library still holds callbacks for what was never answered when a session is long
 * gone, and calls them as it shuts down: they look here, not at what they were once given. */
static struct session *the_session;

static const char *error_text(long error)
{
    switch (error) {
    case ERROR_NOT_OPEN:
        return "the master does not know the session";
    case ERROR_UNSUPPORTED_CONTEXT:
        return "unsupported context";
    case ERROR_DUPLICATE_REGISTRATION:
        return "another subagent has registered the same objects";
    case ERROR_PARSE:
        return "the master did not understand";
    case ERROR_DENIED:
        return "the master denies it";
    case ERROR_PROCESSING:
        return "the master can not process it";
    default:
        return "the master reports an error";
    }
}

static void log_line(struct session *session, int level, const char *what, const char *why)
{
    char text[320];
    snprintf(text, sizeof text, "SNMP master at %s: %s%s%s", session->settings.address_text, what, why ? ": " : "",
             why ? why : "");
    session->events.log(level, text);
}

/* The log tells a loss once, however many attempts fail after it. */
static void become_down(struct session *session, const char *why)
{
    const bool was_up = session->state == STATE_UP;
    session->state = STATE_DOWN;
    session->snmp = NULL;
    session->changed = true;
    session->planned = false;
    session->asked_at_ms = 0;
    session->silent = false;
    session->reason = NULL;
    if (!session->told_down)
        log_line(session, LOG_WARNING, was_up ? "connection lost, trying again" : "not connected, trying on", why);
    session->told_down = true;
    if (was_up)
        session->events.up(session->events.user, false);
}

/* Has the library find its socket closed; what follows from that happens when it next reads. */
static void end(struct session *session, const char *reason)
{
    session->reason = reason;
    link_shutdown();
}

static int on_session_init(int major, int minor, void *library_session, void *user)
{
    netsnmp_session *snmp = library_session;
    (void)major;
    (void)minor;
    (void)user;
    if (snmp->version == AGENTX_VERSION) {
        snmp->timeout = OPEN_MS * 1000L;
        snmp->retries = 0;
    }
    return 0;
}

/* The library's own way with what comes from the master. */
static netsnmp_callback library_callback;

/* Get and GetNext take a shorter path; all else goes the library's way. */
static int on_packet(int operation, netsnmp_session *snmp, int packet, netsnmp_pdu *pdu, void *user)
{
    const bool next = pdu && pdu->command == PDU_GET_NEXT;
    if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || !pdu || (pdu->command != PDU_GET && !next) ||
        pdu->flags & FLAG_CONTEXT)
        return library_callback(operation, snmp, packet, pdu, user);
    netsnmp_pdu *response = snmp_pdu_create(PDU_RESPONSE);
    if (!response)
        return 1; /* the master will run out of patience */
    response->version = snmp->version;
    response->flags = pdu->flags & FLAG_BIG_ENDIAN;
    response->sessid = pdu->sessid;
    response->transid = pdu->transid;
    response->reqid = pdu->reqid;
    response->variables = pdu->variables;
    pdu->variables = NULL;
    response->errstat = handlers_answer(response->variables, next) ? SNMP_ERR_GENERR : SNMP_ERR_NOERROR;
    response->errindex = 0;
    if (!snmp_send(snmp, response))
        snmp_free_pdu(response);
    return 1;
}

static int on_open(int major, int minor, void *library_session, void *user)
{
    struct session *session = user;
    (void)major;
    (void)minor;
    session->snmp = library_session;
    library_callback = session->snmp->callback;
    session->snmp->callback = on_packet;
    session->changed = true;
    return 0;
}

static int on_lost(int major, int minor, void *library_session, void *user)
{
    struct session *session = user;
    (void)major;
    (void)minor;
    (void)library_session;
    if (session->snmp)
        become_down(session, session->reason);
    return 0;
}

int session_new(const struct session_settings *settings, const struct session_events *events, struct session **ret)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session || link_register(&settings->address)) {
        free(session);
        return -ENOMEM;
    }
    session->settings = *settings;
    session->events = *events;
    session->changed = session->planned = true; /* the first attempt is due at once */
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, LINK_SOCKET);
    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, 0);
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_SESSION_INIT, on_session_init, session);
    snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_open, session);
    snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_lost, session);
    the_session = session;
    *ret = session;
    return 0;
}

/* Sends without waiting, and takes the PDU. The packet's number, 0: it could not be sent. */
static int post(struct session *session, netsnmp_pdu *pdu, netsnmp_callback on_answer)
{
    pdu->sessid = session->snmp->sessid;
    const int packet = snmp_async_send(session->snmp, pdu, on_answer, NULL);
    if (packet == 0)
        snmp_free_pdu(pdu);
    return packet;
}

/* An answer, or none. False: there is no answer to look at. */
static bool is_answer(int operation, const netsnmp_session *snmp)
{
    if (!the_session || !the_session->snmp || snmp != the_session->snmp)
        return false;
    if (operation == NETSNMP_CALLBACK_OP_TIMED_OUT)
        end(the_session, "silent for too long");
    return operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE;
}

static int on_registered(int operation, netsnmp_session *snmp, int packet, netsnmp_pdu *pdu, void *user)
{
    struct session *session = the_session;
    (void)packet;
    (void)user;
    if (!is_answer(operation, snmp) || session->state != STATE_REGISTERING)
        return 1;
    if (pdu->errstat != SNMP_ERR_NOERROR) {
        end(session, error_text(pdu->errstat));
    } else if (++session->registered == ALL_TABLES) {
        session->state = STATE_UP;
        session->ping_at_ms = 0;
        session->told_down = false;
        log_line(session, LOG_NOTICE, "connected", NULL);
        session->events.up(session->events.user, true);
    }
    return 1;
}

static int on_ping_answered(int operation, netsnmp_session *snmp, int packet, netsnmp_pdu *pdu, void *user)
{
    struct session *session = the_session;
    (void)packet;
    (void)user;
    if (!is_answer(operation, snmp))
        return 1;
    session->asked_at_ms = 0;
    if (session->silent)
        log_line(session, LOG_NOTICE, "answers again", NULL);
    session->silent = false;
    if (pdu->errstat != SNMP_ERR_NOERROR)
        end(session, error_text(pdu->errstat));
    return 1;
}

static int on_notification_answered(int operation, netsnmp_session *snmp, int packet, netsnmp_pdu *pdu, void *user)
{
    (void)user;
    if (is_answer(operation, snmp))
        the_session->events.answered(the_session->events.user, (uint32_t)packet,
                                     pdu->errstat == SNMP_ERR_NOERROR ? NULL : error_text(pdu->errstat));
    return 1;
}

/* RFC 2741, section 6.2.3: one registration for each table; all are sent at once, each is answered on its own. */
static bool send_registrations(struct session *session)
{
    for (size_t i = 0; i < ALL_TABLES; i++) {
        struct object_id prefix;
        oid name[MAX_OID_LEN];
        netsnmp_pdu *pdu = snmp_pdu_create(PDU_REGISTER);
        if (!pdu)
            return false;
        objects_prefix(session->settings.view, all_tables[i], &prefix);
        library_oid(name, prefix.at, prefix.n);
        pdu->time = 0; /* the session's own time limit */
        pdu->priority = PRIORITY;
        pdu->range_subid = 0;
        snmp_add_null_var(pdu, name, prefix.n);
        if (!post(session, pdu, on_registered))
            return false;
    }
    return true;
}

static void attempt(struct session *session, int64_t now_ms)
{
    /* Opening calls back, and that sets session->snmp. */
    if (!session->snmp && (subagent_open_master_session() != 0 || !session->snmp)) {
        const int error = link_error();
        become_down(session, !error             ? "it does not answer"
                             : error == -EAGAIN ? "its backlog is full"
                                                : strerror(-error));
        return;
    }
    session->state = STATE_REGISTERING;
    session->registered = 0;
    session->deadline_ms = now_ms + REGISTER_MS;
    /* From here on nothing waits for an answer, so that patience costs nothing. */
    session->snmp->timeout = GIVEN_UP_AFTER_MS * 1000L;
    if (!send_registrations(session))
        end(session, "registrations can not be sent");
}

static void keep_alive(struct session *session, int64_t now_ms)
{
    if (session->asked_at_ms == 0) {
        if (now_ms < session->ping_at_ms)
            return;
        netsnmp_pdu *pdu = session->ping_at_ms ? snmp_pdu_create(PDU_PING) : NULL;
        session->ping_at_ms = now_ms + (int64_t)session->settings.reconnect_s * 1000;
        if (pdu && post(session, pdu, on_ping_answered))
            session->asked_at_ms = now_ms;
    } else if (now_ms - session->asked_at_ms >= SILENT_AFTER_MS && !session->silent) {
        session->silent = true;
        log_line(session, LOG_WARNING, "silent; notifications wait", NULL);
    }
}

int64_t session_run(struct session *session, int64_t now_ms)
{
    if (session->state == STATE_DOWN && session->planned && now_ms >= session->deadline_ms)
        attempt(session, now_ms);
    if (session->state == STATE_DOWN && !session->planned) {
        session->deadline_ms = now_ms + (int64_t)session->settings.reconnect_s * 1000;
        session->planned = true;
    }
    if (session->state == STATE_REGISTERING && now_ms >= session->deadline_ms) {
        session->deadline_ms = now_ms + REGISTER_MS;
        end(session, "it does not answer");
    }
    if (session->state != STATE_UP)
        return session->deadline_ms;
    keep_alive(session, now_ms);
    if (session->asked_at_ms == 0)
        return session->ping_at_ms;
    return session->asked_at_ms + (session->silent ? GIVEN_UP_AFTER_MS : SILENT_AFTER_MS);
}

bool session_take_changed(struct session *session)
{
    const bool changed = session->changed;
    session->changed = false;
    return changed;
}

int session_notify(struct session *session, netsnmp_variable_list *varbinds, uint32_t *ret_packet)
{
    netsnmp_pdu *pdu = session->state == STATE_UP ? snmp_pdu_create(PDU_NOTIFY) : NULL;
    if (!pdu) {
        snmp_free_varbind(varbinds);
        return session->state == STATE_UP ? -ENOBUFS : -ENOTCONN;
    }
    pdu->variables = varbinds;
    const int packet = post(session, pdu, on_notification_answered);
    if (packet == 0)
        return -ENOBUFS;
    *ret_packet = (uint32_t)packet;
    return 0;
}

/* Has the library notice that its socket is closed, so that at its own shutdown it does not talk to a master any more.
 * What the socket still holds comes first, hence the rounds. */
static void let_go(void)
{
    enum { ROUNDS = 64 };
    struct library_fds fds;
    link_shutdown();
    if (library_fds_init(&fds, -1))
        return;
    for (unsigned i = 0; i < ROUNDS && link_fd() >= 0 && !library_fds_list(&fds, NULL); i++)
        if (poll(fds.at, fds.n, 0) > 0)
            library_fds_read(&fds);
    library_fds_done(&fds);
}

void session_free(struct session *session)
{
    if (!session)
        return;
    netsnmp_session *snmp = session->snmp;
    session->snmp = NULL; /* what the library tells from now on is of no interest */
    if (snmp) {
        netsnmp_pdu *pdu = snmp_pdu_create(PDU_CLOSE);
        if (pdu) {
            pdu->sessid = snmp->sessid;
            pdu->errstat = CLOSE_SHUTDOWN;
            if (!snmp_send(snmp, pdu)) /* a courtesy: a master that does not read finds the socket closed */
                snmp_free_pdu(pdu);
        }
        let_go();
    }
    snmp_unregister_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_SESSION_INIT, on_session_init, session, 1);
    snmp_unregister_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_open, session, 1);
    snmp_unregister_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_lost, session, 1);
    link_unregister();
    the_session = NULL;
    free(session);
}
