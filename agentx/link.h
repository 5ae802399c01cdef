/* The connection to the master as a transport domain of net-snmp, whose own ones wait for ever in connect() when the
 * master's backlog is full, and in send() when it does not read. There is at most one connection at a time. */
#ifndef AH_AGENTX_LINK_H
#define AH_AGENTX_LINK_H

#include "transport.h"

/* Makes the domain known to net-snmp; connections will go to `address`. What NETSNMP_DS_AGENT_X_SOCKET must be set to,
 * so that net-snmp's subagent uses it: */
#define LINK_PREFIX "agenthealthd"
#define LINK_SOCKET LINK_PREFIX ":master"
int link_register(const struct transport_address *address) AH_WARN_UNUSED; /* 0 or -ENOMEM */
/* Once the connection is closed, and before the library is shut down. */
void link_unregister(void);

/* The connection's descriptor, or -1. It changes with every connection. */
int link_fd(void);
/* Whose socket it leads to: transport_socket_id(). */
uint64_t link_socket_id(void);
/* Why the last attempt to connect failed: a negative errno, 0 after success. */
int link_error(void);
/* True while output waits for the descriptor to become writable; then link_flush() sends on. */
bool link_wants_write(void);
void link_flush(void);
/* Ends the connection in both directions: net-snmp finds it closed when it next reads. */
void link_shutdown(void);

#endif
