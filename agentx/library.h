/* net-snmp, set up so that it reads no file of the host, writes none, and says what it has to say through one function.
 * The library has one state for the whole process: it is set up at most once at a time. */
#ifndef AH_AGENTX_LIBRARY_H
#define AH_AGENTX_LIBRARY_H

#include "agent.h"
#include "value.h"

#include <poll.h>

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/large_fd_set.h>

/* The name under which net-snmp knows us: also the type of the configuration lines that it accepts. */
#define LIBRARY_NAME "agenthealthd"

/* Tells the library, by the only way there is, to read no MIB module. In the thread that may write the environment; 0
 * or -ENOMEM. */
int library_environment(void) AH_WARN_UNUSED;
/* Before init_agent(). What the library logs at LOG_WARNING or worse goes to `log`, a few lines at a time. */
void library_begin(snmp_log_fn *log, bool master);
void library_end(void);

/* Copies the library's first warning since library_begin() or the last call, "" for none. */
void library_take_warning(char *buffer, size_t bytes);

/* Object identifiers, ours and the library's. `to` must have room for n. */
static inline void library_oid(oid *to, const uint32_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
}

/* Sets a varbind's value; our types' numbers are the library's. 0 or -ENOMEM. */
int library_set_value(netsnmp_variable_list *varbind, const struct value *value) AH_WARN_UNUSED;

/* What poll() must watch: a descriptor of the caller's, and behind it those of the library. */
struct library_fds {
    struct pollfd *at; /* owned */
    size_t n, room;
};
enum { LIBRARY_FDS_OWN = 0, LIBRARY_FDS_FIRST = 1 };
/* own_fd stays the caller's. 0 or -ENOMEM. */
int library_fds_init(struct library_fds *fds, int own_fd) AH_WARN_UNUSED;
void library_fds_done(struct library_fds *fds);
/* Lists the library's descriptors anew: whenever a session came or went. *ret_wait_ms (may be NULL): when the library
 * wants snmp_timeout() to be called, in milliseconds from now; -1: no request is under way. 0 or -ENOMEM. */
int library_fds_list(struct library_fds *fds, int64_t *ret_wait_ms) AH_WARN_UNUSED;
/* Has the library read from those that poll() found readable. */
void library_fds_read(const struct library_fds *fds);

#endif
