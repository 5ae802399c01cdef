/* tunnel.h: the far side of a proxy's connection: a connection to another target, and what flows between the two. It
 * goes to 127.0.0.0/8 alone. */
#ifndef FLEET_TUNNEL_H
#define FLEET_TUNNEL_H

#include <netinet/in.h>

#include "conn.h"

/* Begins to connect. `opened` is called later with 0 or a negative errno, if the client is still there; then the tunnel
 * has to be used or the client answered. Returns 0 or a negative errno, -EACCES for an address outside. */
int tunnel_open(struct conn *conn, const struct sockaddr_in *address, void (*opened)(struct conn *conn, int result))
    __attribute__((warn_unused_result));

/* Sends text to the far side of an open tunnel. */
void tunnel_send(struct conn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* From now on, what comes from the one side goes to the other, until one of them ends. */
void tunnel_relay(struct conn *conn);

/* The client has sent something: takes it from the connection's input. */
void tunnel_forward(struct conn *conn);

/* Closes the far side. NULL is fine. */
void tunnel_free(struct tunnel *tunnel);

#endif
