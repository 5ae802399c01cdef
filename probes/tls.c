/* The hooks into OpenSSL. It never decides whether a certificate is good: OpenSSL and libcurl do. */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

void tls_policy_done(struct tls_policy *policy)
{
    X509_STORE_free(policy->trust);
    sessions_free(policy->sessions);
    *policy = (struct tls_policy){ 0 };
}

struct session_peer tls_peer(const char *url)
{
    static const char scheme[] = "https://";

    if (strncasecmp(url, scheme, sizeof scheme - 1) != 0)
        return (struct session_peer){ "", 0 };
    url += sizeof scheme - 1;
    return (struct session_peer){ url, strcspn(url, "/?#") };
}

/* The certificates to trust, read once per policy; libcurl would read them for every connection. */
static CURLcode load_trust(struct tls_policy *policy)
{
    const char *ca_file = policy->settings->ca_file;
    X509_STORE *trust = X509_STORE_new();

    if (!trust)
        return CURLE_OUT_OF_MEMORY;
    const int loaded = ca_file[0] ? X509_STORE_load_file(trust, ca_file) : X509_STORE_set_default_paths(trust);
    if (loaded != 1) {
        X509_STORE_free(trust);
        return CURLE_SSL_CACERT_BADFILE;
    }
    /* As libcurl does it: whatever the file lists is trusted, be it an agent's own self-signed certificate. */
    X509_STORE_set_flags(trust, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    policy->trust = trust;
    return CURLE_OK;
}

/* NULL: the exchange is over, and the connection is not closed yet. */
static struct tls_talk *talk_of(const SSL *ssl)
{
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static void offer_session(SSL *ssl, struct tls_talk *talk)
{
    size_t bytes;
    int64_t born_ms;
    const unsigned char *data = sessions_get(talk->policy->sessions, talk->peer, &bytes, &born_ms);

    if (!data)
        return;
    SSL_SESSION *session = NULL;
    if (talk->now_ms - born_ms < TLS_SESSION_LIFE_MS)
        session = d2i_SSL_SESSION(NULL, &data, (long)bytes);
    if (session && SSL_set_session(ssl, session) == 1)
        talk->born_ms = born_ms;
    else
        sessions_drop(talk->policy->sessions, talk->peer);
    SSL_SESSION_free(session);
    /* What could not be offered costs a full handshake and is no error of the connection. */
    ERR_clear_error();
}

/* OpenSSL calls this at each step of a connection. */
static void on_step(const SSL *ssl, int where, int value)
{
    struct tls_talk *talk = talk_of(ssl);

    if (!talk)
        return;
    if (where & SSL_CB_HANDSHAKE_START) {
        /* The handle is ours to change: the callback's const is older than its uses. */
        offer_session((SSL *)(uintptr_t)ssl, talk);
    } else if (where & SSL_CB_HANDSHAKE_DONE) {
        talk->resumed = SSL_session_reused(ssl) == 1;
    } else if (where & SSL_CB_ALERT) {
        if (value >> 8 == SSL3_AL_FATAL)
            talk->alert = true;
    } else if (where == SSL_CB_CONNECT_EXIT && value <= 0) {
        /* Neither for want of bytes nor for what they said. */
        talk->cut = SSL_get_error(ssl, value) == SSL_ERROR_SYSCALL;
    }
}

/* TLS 1.3 gives sessions after the handshake, several at times: the last one is serialised when the exchange ends. */
static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_talk *talk = talk_of(ssl);

    if (!talk)
        return 0;
    SSL_SESSION_free(talk->latest);
    talk->latest = session;
    return 1; /* ours now */
}

/* Whether the certificate names the peer, by name or address. */
static bool names_peer(X509 *certificate, const struct session_peer *peer)
{
    char host[256];
    const bool bracket = peer->bytes > 0 && peer->name[0] == '[';
    const char *name = peer->name + bracket;
    const void *end = memchr(name, bracket ? ']' : ':', peer->bytes - bracket);
    const size_t bytes = end ? (size_t)((const char *)end - name) : peer->bytes - bracket;

    if (bytes >= sizeof host)
        return false;
    memcpy(host, name, bytes);
    host[bytes] = '\0';
    return X509_check_ip_asc(certificate, host, 0) == 1 || X509_check_host(certificate, host, 0, 0, NULL) == 1;
}

/* Whole days from now until the certificate ends, rounded down. */
static int16_t days_left(const X509 *certificate, time_t now_s)
{
    ASN1_TIME *now = ASN1_TIME_set(NULL, now_s);
    int days = 0, seconds = 0;
    const bool known = now && ASN1_TIME_diff(&days, &seconds, now, X509_get0_notAfter(certificate)) == 1;

    ASN1_TIME_free(now);
    if (!known)
        return CERTIFICATE_DAYS_UNKNOWN;
    days -= seconds < 0;
    return (int16_t)(days > CERTIFICATE_DAYS_MAX   ? CERTIFICATE_DAYS_MAX
                     : days < CERTIFICATE_DAYS_MIN ? CERTIFICATE_DAYS_MIN
                                                   : days);
}

/* OpenSSL calls this to have the peer's certificate verified, also where nobody insists on its being good. */
static int on_certificate(X509_STORE_CTX *context, void *user)
{
    (void)user;
    const int good = X509_verify_cert(context);
    const SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *certificate = X509_STORE_CTX_get0_cert(context);
    struct tls_talk *talk = talk_of(ssl);

    if (!talk || !certificate)
        return good;
    time_t now_s = (time_t)(talk->wall_ms / 1000);
    const bool in_time = X509_cmp_time(X509_get0_notBefore(certificate), &now_s) < 0 &&
                         X509_cmp_time(X509_get0_notAfter(certificate), &now_s) > 0;
    talk->certificate.days = days_left(certificate, now_s);
    talk->certificate.state = !in_time                                            ? CERTIFICATE_EXPIRED
                              : good == 1 && names_peer(certificate, &talk->peer) ? CERTIFICATE_VALID
                                                                                  : CERTIFICATE_UNTRUSTED;
    return good;
}

static void let_go_of_context(struct tls_talk *talk)
{
    if (talk->context)
        SSL_CTX_set_app_data(talk->context, NULL);
    SSL_CTX_free(talk->context);
    talk->context = NULL;
}

CURLcode tls_prepare(CURL *easy, void *context, void *user)
{
    (void)easy;
    SSL_CTX *ctx = context;
    struct tls_talk *talk = user;
    struct tls_policy *policy = talk->policy;

    talk->begun = true;
    if (policy->settings->tls_verify || policy->reads_certificates) {
        const CURLcode error = policy->trust ? CURLE_OK : load_trust(policy);
        if (error)
            return error;
        SSL_CTX_set1_cert_store(ctx, policy->trust);
    }
    if (!policy->sessions && sessions_new(TLS_SESSIONS_MAX, &policy->sessions) < 0)
        return CURLE_OUT_OF_MEMORY;
    let_go_of_context(talk);
    if (SSL_CTX_up_ref(ctx) != 1)
        return CURLE_OUT_OF_MEMORY;
    talk->context = ctx;
    SSL_CTX_set_app_data(ctx, talk);
    SSL_CTX_set_info_callback(ctx, on_step);
    if (policy->reads_certificates) {
        SSL_CTX_set_cert_verify_callback(ctx, on_certificate, NULL);
        return CURLE_OK;
    }
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_new_session);
    return CURLE_OK;
}

/* Takes the peer's certificate out of a serialised session, in place, and returns the bytes that are left. The session
 * is a SEQUENCE in which the certificate is the one element tagged [3] (OpenSSL, ssl/ssl_asn1.c). What does not look
 * like that is left as it is. */
static size_t drop_certificate(unsigned char *data, size_t bytes)
{
    enum { CERTIFICATE_TAG = 3 };
    const unsigned char *at = data;
    long length;
    int tag, class;

    if (ASN1_get_object(&at, &length, &tag, &class, (long)bytes) & 0x80 || tag != V_ASN1_SEQUENCE)
        return bytes;
    const unsigned char *const inside = at, *const end = at + length;
    while (at < end) {
        const size_t before = (size_t)(at - inside);
        if (ASN1_get_object(&at, &length, &tag, &class, end - at) & 0x80)
            return bytes;
        at += length;
        if (class != V_ASN1_CONTEXT_SPECIFIC || tag != CERTIFICATE_TAG)
            continue;
        const size_t after = (size_t)(end - at);
        unsigned char *to = data;
        memmove(data + (inside - data) + before, at, after);
        /* What is in front of the content may have become shorter, too. */
        ASN1_put_object(&to, 1, (int)(before + after), V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
        memmove(to, inside, before + after);
        return (size_t)(to - data) + before + after;
    }
    return bytes;
}

static void keep_latest(struct tls_talk *talk)
{
    const struct probe_settings *settings = talk->policy->settings;
    unsigned char *data = NULL;
    const int length = i2d_SSL_SESSION(talk->latest, &data);
    size_t bytes = length > 0 ? (size_t)length : 0;

    /* The certificate is looked at again when a session is resumed. Where nobody does, it is not worth keeping: it is
     * most of the session's size, and reading it is a fifth of a resumed exchange. */
    if (bytes > 0 && !settings->tls_verify && !settings->pin[0])
        bytes = drop_certificate(data, bytes);
    /* Without memory for it the next handshake is a full one: nothing to report. */
    if (bytes == 0 ||
        sessions_put(talk->policy->sessions, talk->peer, data, bytes, talk->resumed ? talk->born_ms : talk->now_ms) < 0)
        sessions_drop(talk->policy->sessions, talk->peer);
    OPENSSL_free(data);
}

void tls_talk_done(struct tls_talk *talk)
{
    if (talk->good && talk->latest && SSL_SESSION_is_resumable(talk->latest))
        keep_latest(talk);
    else if (!talk->good && talk->policy->sessions)
        sessions_drop(talk->policy->sessions, talk->peer);
    SSL_SESSION_free(talk->latest);
    talk->latest = NULL;
    let_go_of_context(talk);
}

const char *tls_trust_fault(const char *ca_file)
{
    X509_STORE *trust = X509_STORE_new();
    const bool good = trust && X509_STORE_load_file(trust, ca_file) == 1;

    X509_STORE_free(trust);
    ERR_clear_error();
    return good ? NULL : "there is no certificate in it (PEM)";
}

const char *tls_client_fault(const char *cert_file, const char *key_file)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    const char *fault = NULL;

    if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
        fault = "there is no certificate in it (PEM)";
    else if (SSL_CTX_use_PrivateKey_file(ctx, key_file[0] ? key_file : cert_file, SSL_FILETYPE_PEM) != 1)
        fault = "its private key is not there, needs a passphrase, or is another's (PEM)";
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return fault;
}
