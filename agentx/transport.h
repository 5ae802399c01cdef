/* The byte stream to an AgentX master: opened within a bound, written and read without ever waiting. */
#ifndef AH_AGENTX_TRANSPORT_H
#define AH_AGENTX_TRANSPORT_H

#include "core/model.h"

#include <sys/socket.h>

struct transport_address {
    struct sockaddr_storage socket;
    socklen_t bytes;
};

/* Reads `unix:PATH`, an absolute PATH, `tcp:ADDRESS:PORT` or `tcp6:[ADDRESS]:PORT`; the address is numeric, or
 * `localhost`, since a name server must not keep the SNMP thread waiting. -EINVAL. */
int transport_parse(const char *text, struct transport_address *ret) AH_WARN_UNUSED;

/* Connects; a local master answers at once, a distant one is waited for no longer than timeout_ms. 0: *ret_fd, owned by
 * the caller, is connected. Else a negative errno; -EAGAIN: the master's backlog is full. */
int transport_connect(const struct transport_address *address, int timeout_ms, int *ret_fd) AH_WARN_UNUSED;

/* Which local master's socket is at an address, as long as it is the same; 0: there is none, or it can not be told. One
 * whose process has ended may still be there, but takes no connection. */
uint64_t transport_socket_id(const struct transport_address *address);

/* Moves as many bytes as go at once. The number; -EAGAIN: none now; 0 from transport_read(): the peer closed; else a
 * negative errno. Raises no signal. */
ssize_t transport_write(int fd, const void *bytes, size_t n) AH_WARN_UNUSED;
ssize_t transport_read(int fd, void *bytes, size_t room) AH_WARN_UNUSED;

#endif
