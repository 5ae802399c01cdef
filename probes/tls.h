/* TLS as this program's probes want it, hooked into the OpenSSL contexts that libcurl makes: sessions are resumed from
 * one sweep to the next, trust is loaded once, and how a handshake ended is remembered.
 *
 * libcurl's own session cache holds eight sessions and would be of no use to thousands of targets. A session is offered
 * only to the peer it came from and under the settings under which that peer was verified: each asker (and so each
 * settings object of each worker) has a tls_policy of its own, and a session dies TLS_SESSION_LIFE_MS after the full
 * handshake that it descends from, so that a certificate is looked at again and again. */
#ifndef AH_PROBES_TLS_H
#define AH_PROBES_TLS_H

#include "driver.h"
#include "sessions.h"

#include <curl/curl.h>
#include <openssl/ssl.h>

/* A kept session is some 450 bytes, twice as much where the certificate is looked at. */
enum { TLS_SESSIONS_MAX = 16384, TLS_SESSION_LIFE_MS = 3600 * 1000 };

struct tls_policy {
    const struct probe_settings *settings; /* borrowed */
    bool reads_certificates;               /* each exchange shows the peer's: then no session is kept */
    X509_STORE *trust;                     /* owned; made at the first use */
    struct sessions *sessions;             /* owned; made at the first use */
};

void tls_policy_done(struct tls_policy *policy);

/* One exchange's part. All zero, but for `policy` and `peer`, at its start. */
struct tls_talk {
    struct tls_policy *policy;
    struct session_peer peer;           /* borrowed for the exchange */
    int64_t now_ms, wall_ms;            /* at its start */
    struct tls_certificate certificate; /* where the policy reads it */
    int64_t born_ms;                    /* of the session that was offered; 0: none */
    SSL_SESSION *latest;                /* owned: what the peer gave for next time */
    SSL_CTX *context;                   /* a reference: of the connection in use, which may outlive this talk */
    bool begun;                         /* TCP stands */
    bool resumed;
    bool alert; /* either side ended the connection with an alert */
    bool cut;   /* the peer closed it within the handshake, without a word */
    bool good;  /* the exchange came to its end: what the peer gave is worth keeping */
};

/* For CURLOPT_SSL_CTX_FUNCTION; `user` is the exchange's tls_talk. */
CURLcode tls_prepare(CURL *easy, void *context, void *user);
/* Ends the exchange's part: keeps the latest session if all went well, else forgets what was offered. A connection that
 * libcurl has not closed yet says nothing to it any more. */
void tls_talk_done(struct tls_talk *talk);

/* What is wrong with files of certificates, for a configuration to say; NULL: nothing. The texts are static. */
const char *tls_trust_fault(const char *ca_file);
const char *tls_client_fault(const char *cert_file, const char *key_file); /* key_file "": it is in cert_file, too */

/* The part of an https URL that names the peer, host and port; no bytes for another scheme. */
struct session_peer tls_peer(const char *url);

#endif
