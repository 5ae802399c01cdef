/* What the SNMP thread and its two loops share: inside of agentx/ alone. One thread runs one of the loops; all other
 * threads reach it through mailboxes. */
#ifndef AH_AGENTX_THREAD_H
#define AH_AGENTX_THREAD_H

#include "handler.h"
#include "outbox.h"

#include <pthread.h>

enum { COMMANDS_MAX = 100, ERROR_BYTES = 256 };

struct snmp_agent {
    struct snmp_settings settings; /* texts are copies */
    snmp_log_fn *log;
    pthread_t thread;
    _Atomic bool stop;
    int wake_fd;              /* readable: look at `stop` and the outbox */
    _Atomic uint32_t waiting; /* the backlog of the rest of the daemon */
    _Atomic uint64_t folded;

    struct snapshot_slot slot; /* the newest snapshot, on its way in */
    struct outbox outbox;

    pthread_mutex_t commands_lock; /* of the ring below, on its way out */
    struct snmp_command commands[COMMANDS_MAX];
    size_t first_command, n_commands;
    int command_fd;

    /* Of the SNMP thread alone, but for the two atomics. */
    struct snapshot *snapshot; /* owned; NULL: none yet */
    struct view view;
    struct handler_context handlers;
    _Atomic bool connected;
    _Atomic uint32_t reconnects;

    /* How the loop's start went, for snmp_agent_new(). */
    pthread_mutex_t start_lock;
    pthread_cond_t started_cond;
    bool started;
    int start_error;
    char error[ERROR_BYTES];
};

int64_t thread_now_ms(void); /* monotonic */
/* Brings the view up to date: the newest snapshot, and the thread's own numbers. To be called between requests. */
void thread_refresh(struct snmp_agent *agent, int64_t now_ms);
/* Returns with the first snapshot, or once `stop` is set. A loop serves nothing before: an estate that is not known yet
 * is not an empty one. */
void thread_await_snapshot(struct snmp_agent *agent);
/* The varbinds of a notification, sysUpTime and snmpTrapOID first; to be freed with snmp_free_varbind(). 0, -ENOMEM, or
 * -EINVAL: the module has no such notification. */
struct variable_list;
int thread_varbinds(struct snmp_agent *agent, const struct notification *notification,
                    struct variable_list **ret) AH_WARN_UNUSED;
/* Tells of it and waits a little: what comes next is tried again. */
void thread_out_of_memory(struct snmp_agent *agent);
/* The master is there, or is not any more. */
void thread_connected(struct snmp_agent *agent, bool connected);
/* A notification that the module has no type for: it is given up, and logged. */
void thread_give_up(struct snmp_agent *agent, struct flight *flight);
/* Empties wake_fd. */
void thread_drain_wakeup(struct snmp_agent *agent);
/* Lets snmp_agent_new() return; `reason` may be NULL. A loop calls it once, when it can serve or knows that it can not.
 */
void thread_started(struct snmp_agent *agent, int error, const char *reason);

/* The loops; they return once `stop` is set. */
void agentx_loop(struct snmp_agent *agent);
void master_loop(struct snmp_agent *agent);

#endif
