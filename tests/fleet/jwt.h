/* jwt.h: the token by which a client of Apex Central proves each of its requests: a JWT (RFC 7519), signed HS256 by the
 * key of an application, that names the request by a checksum. */
#ifndef FLEET_JWT_H
#define FLEET_JWT_H

#include <stddef.h>
#include <time.h>

#define JWT_CLOCK_S 120 /* how far the client's clock may be off */

enum jwt_verdict { JWT_GOOD, JWT_MALFORMED, JWT_APPLICATION, JWT_SIGNATURE, JWT_VERSION, JWT_CLOCK, JWT_CHECKSUM };

/* What a good token says and is signed by. */
struct jwt_expected {
    const char *application_id, *key;
    const char *method, *path; /* with its query, as it was asked */
    const void *body;
    size_t body_bytes;
    time_t now;
};

/* Judges a token, the first thing that is wrong with it in the order of the enumeration. */
enum jwt_verdict jwt_check(const char *token, const struct jwt_expected *expected);

#endif
