/* The SNMP side of the daemon: a thread that owns every net-snmp call, serves the newest snapshot, sends notifications
 * and passes what managers write on to the daemon. */
#ifndef AH_AGENTX_AGENT_H
#define AH_AGENTX_AGENT_H

#include "core/notification.h"
#include "core/snapshot.h"

enum { ROOT_OID_MAX = 32 };

/* A notification's fate is decided: the master has accepted it; or it was refused, and is given up. Called in the SNMP
 * thread, once for each that has come in by snmp_agent_notify(). */
typedef void snmp_told_fn(void *user, uint32_t id, bool accepted);

/* The whole of a notification is with the kernel, which gives it to this local master whatever becomes of us, as long
 * as that lives; 0: that is not so any more. Called in the SNMP thread, before its fate is decided. */
typedef void snmp_sent_fn(void *user, uint32_t id, uint64_t master);

struct snmp_settings {
    bool master;               /* serve by ourselves instead of through snmpd */
    const char *agentx_socket; /* unix:PATH or tcp:HOST:PORT */
    const char *listen;        /* master only: UDP address as net-snmp takes it */
    const char *access_conf;   /* master only: file with access and sink lines; "" for none */
    uint32_t root[ROOT_OID_MAX];
    size_t root_len;
    unsigned reconnect_s; /* pause between attempts to reach the master */
    unsigned rate_per_s, burst;
    unsigned queue_max; /* notifications that may be on their way, beside those that wait for the master's answer */
    snmp_told_fn *told; /* NULL: nobody wants to know; likewise */
    snmp_sent_fn *sent;
    void *told_user; /* of both */
};

/* What managers asked for by SET, after all phases of the transaction. */
enum snmp_command_kind {
    SNMP_COMMAND_NOTIFICATIONS,
    SNMP_COMMAND_VERIFY_NOW,
    SNMP_COMMAND_ACKNOWLEDGE,
    SNMP_COMMAND_MAINTENANCE
};
enum { SNMP_WHO_BYTES = 160 };
struct snmp_command {
    enum snmp_command_kind kind;
    enum subject subject;     /* of a maintenance: an agent, a server or a group */
    uint32_t index;           /* of the agent to verify, 0 for all; the alarm's sequence; of the subject */
    bool on;                  /* notifications; acknowledged */
    int64_t wall_ms;          /* the end of a maintenance; one that is past ends it */
    char who[SNMP_WHO_BYTES]; /* asked for it, for the log: as far as the protocol tells */
};

/* What happened, for the log. `text` is borrowed for the call; called in the SNMP thread. level: a syslog priority. */
typedef void snmp_log_fn(int level, const char *text);

/* Notification numbers since the start. */
struct snmp_counters {
    uint64_t sent;    /* accepted by the master, or handed to the sinks in master mode */
    uint64_t dropped; /* refused, or given up elsewhere */
    uint32_t queued;  /* whose fate is open, wherever they wait */
    uint32_t reconnects;
    bool connected;
};

struct snmp_agent;

/* The local master at agentx_socket that takes connections now, as snmp_sent_fn names it; 0: there is none, or it is
 * not local. Asks it nothing. */
uint64_t snmp_master_id(const char *agentx_socket);

/* Starts the thread; there is at most one agent at a time. It writes the environment (MIBS, MIBDIRS): call it while no
 * other thread reads that. *ret_fd (owned by the agent) becomes readable when snmp_agent_take_command() has something,
 * or the master has come or gone. Settings are copied. Errors: -EINVAL with a reason in error, when master mode can not
 * listen or access_conf is bad.
 */
int snmp_agent_new(const struct snmp_settings *settings, snmp_log_fn *log, struct snmp_agent **ret, int *ret_fd,
                   char *error, size_t error_bytes) AH_WARN_UNUSED;
/* Stops within 1 s, also with a hung master; what is still queued is lost. */
void snmp_agent_free(struct snmp_agent *agent);

/* Any thread (one at a time): */
void snmp_agent_publish(struct snmp_agent *agent, struct snapshot *snapshot); /* takes the reference */
/* Queues; takes *notification. -ENOBUFS at the ceiling, or -ENOMEM: it still is the caller's. */
int snmp_agent_notify(struct snmp_agent *agent, struct notification *notification) AH_WARN_UNUSED;
/* Sends ahHeartbeat as soon as the master is there; while one waits for it, it is the same. It does not wait behind
 * notifications, nor count in their pace. */
void snmp_agent_beat(struct snmp_agent *agent);
/* What waits elsewhere for room here, and what was given up there: for the counters. */
void snmp_agent_set_backlog(struct snmp_agent *agent, uint32_t waiting, uint64_t folded);
void snmp_agent_set_rate(struct snmp_agent *agent, unsigned rate_per_s, unsigned burst);
bool snmp_agent_take_command(struct snmp_agent *agent, struct snmp_command *ret);
void snmp_agent_counters(struct snmp_agent *agent, struct snmp_counters *ret);
#endif
