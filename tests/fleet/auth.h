/* auth.h: who asks, as far as HTTP's schemes Basic, NTLM and Negotiate tell. NTLM and Negotiate prove a connection to
 * be somebody's, Basic a single request. */
#ifndef FLEET_AUTH_H
#define FLEET_AUTH_H

#include <stdbool.h>

#include "conn.h"

#define AUTH_HEADERS_MAX 2048

/* Returns whether the request at hand may be answered. If not, `headers` are those of the 401 that is due. */
bool auth_accepts(struct conn *conn, char headers[AUTH_HEADERS_MAX]);

/* Forgets what a connection has proved. NULL is fine. */
void auth_free(struct auth *auth);

#endif
