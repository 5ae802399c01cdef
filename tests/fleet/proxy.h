/* proxy.h: a proxy, which takes its clients to other targets: HTTP (RFC 9110: CONNECT, and GET of a whole URL) or
 * SOCKS5 (RFC 1928, RFC 1929). */
#ifndef FLEET_PROXY_H
#define FLEET_PROXY_H

#include "conn.h"

extern const struct role role_proxy; /* HTTP */
extern const struct role role_socks; /* see socks.c */

struct proxy {
    const struct estate *estate; /* borrowed */
    char *user;                  /* owned, and the password with it; NULL: everybody may */
    const char *password;
};

/* Makes what a proxy knows; no `user`: everybody may. The password may be NULL then. Returns 0 or -ENOMEM. */
int proxy_new(const struct estate *estate, const char *user, const char *password, struct proxy **ret_proxy)
    __attribute__((warn_unused_result));

/* NULL is fine. */
void proxy_free(struct proxy *proxy);

/* Returns whether these may pass, and counts that. */
bool proxy_logs_on(struct conn *conn, const char *user, const char *password);

/* Begins to take the client to a host and port, see tunnel_open(). Returns 0, -ENOENT for a name that the script does
 * not have, or another negative errno. */
int proxy_open(struct conn *conn, const char *host, uint16_t port, void (*opened)(struct conn *conn, int result))
    __attribute__((warn_unused_result));

#endif
