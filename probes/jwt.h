/* Tokens for Apex Central's Automation API: JSON Web Tokens (RFC 7519) signed by HS256 (RFC 7515, RFC 7518
 * section 3.2), each good for one request. Pure. It checks no token. */
#ifndef AH_PROBES_JWT_H
#define AH_PROBES_JWT_H

#include "core/model.h"

struct jwt_request {
    const char *application_id, *key; /* UTF-8; the key is a secret */
    const char *method;               /* in capitals */
    const char *target;               /* path and query, as they are asked for */
    const char *body;                 /* "" where there is none */
    int64_t issued_s;                 /* seconds since 1970 UTC */
};

/* The token of a request. Its claims are appid, iat, version "V1" and checksum (community: four independent clients
 * agree), which is the base64 of the SHA-256 of METHOD|target in small letters|headers, of which there are none|body.
 * The caller wipes and frees it. -ENOMEM; -EINVAL: a text is not UTF-8. */
int jwt_make(const struct jwt_request *request, char **ret_token) AH_WARN_UNUSED;

/* The compact form of what is signed, for jwt_make() and for tests: header and claims are JSON texts, taken as they
 * are. */
int jwt_sign(const char *header, const char *claims, const unsigned char *key, size_t key_bytes,
             char **ret_token) AH_WARN_UNUSED;

#endif
