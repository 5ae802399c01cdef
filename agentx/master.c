/* The SNMP thread as a master of its own: for trying the daemon out, and for managers that poll it directly. Who may
 * ask, and where notifications go, is said in net-snmp's own words, in the access file. */
#include "library.h"
#include "thread.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <net-snmp/agent/mib_modules.h>

enum { IDLE_MS = 1000 };

/* What a manager expects of any agent, and what access control needs; not the host's other MIBs. */
static char modules[] = "system_mib,sysORTable,snmp_mib,snmpEngine,usmStats,usmUser,vacm_conf,vacm_vars";

static int start(struct snmp_agent *agent, char *reason, size_t reason_bytes)
{
    const struct snmp_settings *settings = &agent->settings;
    if (settings->access_conf[0] && access(settings->access_conf, R_OK) < 0) {
        const int error = -errno;
        snprintf(reason, reason_bytes, "%s: %s", settings->access_conf, strerror(-error));
        return error;
    }
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_PORTS, settings->listen);
    if (settings->access_conf[0])
        netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_OPTIONALCONFIG, settings->access_conf);
    init_agent(LIBRARY_NAME);
    add_to_init_list(modules);
    init_mib_modules();
    const int error = handlers_register(&agent->handlers);
    if (error)
        return error;
    library_take_warning(reason, reason_bytes);
    init_snmp(LIBRARY_NAME);
    library_take_warning(reason, reason_bytes);
    if (reason[0])
        return -EINVAL;
    if (init_master_agent() != 0) {
        snprintf(reason, reason_bytes, "can not listen on %s", settings->listen);
        return -EINVAL;
    }
    return 0;
}

/* Hands notifications to the library, which sends them to the sinks. The time until more may be sent, or -1. */
static int64_t send_notifications(struct snmp_agent *agent, int64_t now_ms)
{
    enum { LATER_MS = 100 };
    struct outbox *outbox = &agent->outbox;
    struct flight *flight;
    int64_t wait_ms = -1;
    while ((flight = outbox_next(outbox, now_ms, &wait_ms)) != NULL) {
        netsnmp_variable_list *varbinds;
        const int error = thread_varbinds(agent, &flight->notification, &varbinds);
        if (error == -EINVAL) {
            thread_give_up(agent, flight);
        } else if (error) {
            return LATER_MS;
        } else {
            send_v2trap(varbinds);
            snmp_free_varbind(varbinds);
            outbox_sent(outbox, flight, 0);
            (void)outbox_answered(outbox, 0, true); /* it is the only one in flight */
        }
    }
    return wait_ms;
}

static int wait_until(int64_t wait_ms, int64_t other_ms)
{
    if (other_ms >= 0 && (wait_ms < 0 || other_ms < wait_ms))
        wait_ms = other_ms;
    return wait_ms >= 0 && wait_ms < IDLE_MS ? (int)wait_ms : IDLE_MS;
}

static void serve(struct snmp_agent *agent, struct library_fds *fds)
{
    thread_await_snapshot(agent);
    while (!agent->stop) {
        const int64_t now_ms = thread_now_ms();
        int64_t library_wait_ms;
        thread_refresh(agent, now_ms);
        const int64_t wait_ms = send_notifications(agent, now_ms);
        if (library_fds_list(fds, &library_wait_ms)) {
            thread_out_of_memory(agent);
            continue;
        }
        if (poll(fds->at, fds->n, wait_until(wait_ms, library_wait_ms)) > 0) {
            if (fds->at[LIBRARY_FDS_OWN].revents)
                thread_drain_wakeup(agent);
            library_fds_read(fds);
        }
        snmp_timeout();
        run_alarms();
        netsnmp_check_outstanding_agent_requests();
    }
}

void master_loop(struct snmp_agent *agent)
{
    struct library_fds fds = { 0 };
    char reason[ERROR_BYTES] = "";
    library_begin(agent->log, true);
    int error = library_fds_init(&fds, agent->wake_fd);
    if (!error)
        error = start(agent, reason, sizeof reason);
    thread_started(agent, error, reason[0] ? reason : strerror(-error));
    if (!error) {
        thread_connected(agent, true);
        serve(agent, &fds);
    }
    library_end();
    library_fds_done(&fds);
}
