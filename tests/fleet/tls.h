/* tls.h: the certificates of the estate, good and bad, made in memory at start, and TLS sessions under them. */
#ifndef FLEET_TLS_H
#define FLEET_TLS_H

#include <limits.h>
#include <openssl/ssl.h>
#include <stdbool.h>

enum tls_certificate { TLS_GOOD, TLS_EXPIRED, TLS_WRONG_NAME, TLS_NEW, TLS_CERTIFICATES };

/* How many days a certificate lasts where nobody says it. */
#define TLS_DAYS_USUAL LONG_MIN
#define TLS_DAYS_MAX   36500L

struct tls_settings {
    char *key; /* rsa2048 (also when NULL), rsa3072, rsa4096 or ec256 */
    bool tickets;
    long certificate_days;  /* until good certificates end, where a target does not say it */
    char *certificate_file; /* where the certificates go, PEM, the good one first; NULL: nowhere */
};

struct tls;

/* Returns whether tls_new() knows this sort of key. */
bool tls_knows_key(const char *key);

/* Makes one self-signed certificate of each kind. `names` is what all but the wrong one stand for: host names and
 * addresses with commas between. The new one is as good as the good one, with a key of its own. Returns 0, a negative
 * errno of the file, or -EIO when OpenSSL refuses. */
int tls_new(const struct tls_settings *settings, const char *names, struct tls **ret_tls)
    __attribute__((warn_unused_result));

/* Returns a new server-side session, or NULL. A good certificate ends that many days from now (ago, if negative) and an
 * hour, so that whole days are left; it is then issued by the one in the file. Callable from several threads. */
SSL *tls_session(struct tls *tls, enum tls_certificate certificate, long days);

void tls_free(struct tls *tls);

#endif
