/* tls.c: the certificates of the estate, made in memory at start. It reads and writes no socket. */
#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S     86400L
#define HOUR_S    3600L
#define USUAL_KEY "rsa2048"

/* A good certificate whose end was chosen. */
struct dated {
    long days;
    SSL_CTX *context;
};

struct tls {
    SSL_CTX *contexts[TLS_CERTIFICATES];
    /* What issues the dated ones, which are made when somebody first comes to one. */
    X509 *good;
    EVP_PKEY *key;
    char *names;
    bool tickets;
    long usual_days;
    pthread_mutex_t lock; /* of the rest */
    struct dated *dated;
    size_t dated_count;
};

/* What a certificate says. */
struct plan {
    const char *subject;
    long from_s, until_s;
    const char *names; /* NULL: those asked for */
};

/* Each is its own issuer, so the subjects differ: one file can hold all of them as trust anchors. */
static const struct plan kinds[TLS_CERTIFICATES] = {
    [TLS_GOOD] = { "fleetsim good", -DAY_S, 365 * DAY_S, NULL },
    [TLS_EXPIRED] = { "fleetsim expired", -365 * DAY_S, -DAY_S, NULL },
    [TLS_WRONG_NAME] = { "fleetsim wrong name", -DAY_S, 365 * DAY_S, "somebody-else.invalid" },
    [TLS_NEW] = { "fleetsim new", -DAY_S, 365 * DAY_S, NULL },
};

static EVP_PKEY *make_key(const char *key)
{
    if (strcmp(key, "ec256") == 0)
        return EVP_EC_gen("P-256");
    if (strcmp(key, "rsa2048") == 0)
        return EVP_RSA_gen(2048);
    if (strcmp(key, "rsa3072") == 0)
        return EVP_RSA_gen(3072);
    if (strcmp(key, "rsa4096") == 0)
        return EVP_RSA_gen(4096);
    return NULL;
}

bool tls_knows_key(const char *key)
{
    return strcmp(key, "ec256") == 0 || strcmp(key, "rsa2048") == 0 || strcmp(key, "rsa3072") == 0 ||
           strcmp(key, "rsa4096") == 0;
}

/* "a,10.0.0.1" becomes "DNS:a,IP:10.0.0.1". Returns an allocated text, or NULL. */
static char *alternative_names(const char *names)
{
    char *text = NULL, *rest = NULL, *copy = strdup(names);
    size_t size;
    struct in_addr address;
    FILE *out = copy ? open_memstream(&text, &size) : NULL;

    if (out) {
        for (char *name = strtok_r(copy, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
            fprintf(out, "%s%s:%s", ftell(out) > 0 ? "," : "", inet_pton(AF_INET, name, &address) == 1 ? "IP" : "DNS",
                    name);
        if (fclose(out) != 0) {
            free(text);
            text = NULL;
        }
    }
    free(copy);
    return text;
}

static int add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    const int added = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

/* Makes a certificate, issued by that of the same key, or by itself (NULL). */
static X509 *make_certificate(const struct plan *plan, long serial, EVP_PKEY *key, const char *names, X509 *issuer)
{
    X509 *certificate = X509_new();
    char *alternatives = alternative_names(plan->names ? plan->names : names);
    X509_NAME *subject = certificate ? X509_get_subject_name(certificate) : NULL;

    const int made =
        subject && alternatives && X509_set_version(certificate, X509_VERSION_3) &&
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), plan->from_s) &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), plan->until_s) &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)plan->subject, -1, -1, 0) &&
        X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject) &&
        X509_set_pubkey(certificate, key) &&
        add_extension(certificate, NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE") &&
        add_extension(certificate, NID_subject_alt_name, alternatives) && X509_sign(certificate, key, EVP_sha256());
    free(alternatives);
    if (!made) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

static SSL_CTX *make_context(X509 *certificate, EVP_PKEY *key, bool tickets)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (!context || SSL_CTX_use_certificate(context, certificate) != 1 || SSL_CTX_use_PrivateKey(context, key) != 1) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    /* Tickets keep a session at the client; a cache here would grow with every client that ever came. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    /* TLS 1.3 would send two; one is enough to resume, and costs half. */
    SSL_CTX_set_num_tickets(context, tickets ? 1 : 0);
    if (!tickets)
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    return context;
}

/* Makes the certificate and context of one kind, under a key of its own or the common one, and appends the certificate
 * to `file` if there is one. */
static int add_kind(struct tls *tls, enum tls_certificate kind, const struct tls_settings *settings, FILE *file)
{
    EVP_PKEY *own = kind == TLS_NEW ? make_key(settings->key ? settings->key : USUAL_KEY) : NULL;
    EVP_PKEY *key = kind == TLS_NEW ? own : tls->key;
    X509 *certificate = key ? make_certificate(&kinds[kind], 1L + (long)kind, key, tls->names, NULL) : NULL;

    if (certificate)
        tls->contexts[kind] = make_context(certificate, key, tls->tickets);
    const bool written = !file || (certificate && PEM_write_X509(file, certificate));
    if (kind == TLS_GOOD)
        tls->good = certificate;
    else
        X509_free(certificate);
    EVP_PKEY_free(own);
    return tls->contexts[kind] && written ? 0 : -EIO;
}

/* Makes the context of a good certificate that ends in so many days. */
static SSL_CTX *make_dated(const struct tls *tls, long days)
{
    char subject[48];
    const long until_s = days * DAY_S + HOUR_S;
    const struct plan plan = { subject, (until_s < 0 ? until_s : 0) - DAY_S, until_s, NULL };
    SSL_CTX *context = NULL;

    snprintf(subject, sizeof subject, "fleetsim %ld days", days);
    X509 *certificate = make_certificate(&plan, TLS_DAYS_MAX + 100 + days, tls->key, tls->names, tls->good);
    if (certificate)
        context = make_context(certificate, tls->key, tls->tickets);
    X509_free(certificate);
    return context;
}

/* Returns the context of those that end in so many days; it stays. NULL: there is no memory. Under the lock. */
static SSL_CTX *find_dated(struct tls *tls, long days)
{
    for (size_t i = 0; i < tls->dated_count; i++)
        if (tls->dated[i].days == days)
            return tls->dated[i].context;
    struct dated *dated = reallocarray(tls->dated, tls->dated_count + 1, sizeof *dated);
    if (!dated)
        return NULL;
    tls->dated = dated;
    SSL_CTX *context = make_dated(tls, days);
    if (context)
        dated[tls->dated_count++] = (struct dated){ days, context };
    return context;
}

int tls_new(const struct tls_settings *settings, const char *names, struct tls **ret_tls)
{
    int result = -EIO;
    FILE *file = NULL;

    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return -ENOMEM;
    pthread_mutex_init(&tls->lock, NULL);
    tls->tickets = settings->tickets;
    tls->usual_days = settings->certificate_days;
    if (!(tls->names = strdup(names))) {
        result = -ENOMEM;
        goto done;
    }
    if (settings->certificate_file && !(file = fopen(settings->certificate_file, "we"))) {
        result = -errno;
        goto done;
    }
    if (!(tls->key = make_key(settings->key ? settings->key : USUAL_KEY)))
        goto done;
    for (enum tls_certificate kind = 0; kind < TLS_CERTIFICATES; kind++)
        if ((result = add_kind(tls, kind, settings, file)) < 0)
            goto done;
    if (file) {
        const bool closed = fclose(file) == 0;
        file = NULL;
        if (!closed) {
            result = -EIO;
            goto done;
        }
    }
    *ret_tls = tls;
    tls = NULL;
    result = 0;

done:
    if (file)
        fclose(file);
    tls_free(tls);
    return result;
}

SSL *tls_session(struct tls *tls, enum tls_certificate certificate, long days)
{
    SSL_CTX *context = tls->contexts[certificate];

    if (days == TLS_DAYS_USUAL)
        days = tls->usual_days;
    if (certificate == TLS_GOOD && days != TLS_DAYS_USUAL) {
        pthread_mutex_lock(&tls->lock);
        context = find_dated(tls, days);
        pthread_mutex_unlock(&tls->lock);
    }
    return context ? SSL_new(context) : NULL;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    for (int kind = 0; kind < TLS_CERTIFICATES; kind++)
        SSL_CTX_free(tls->contexts[kind]);
    for (size_t i = 0; i < tls->dated_count; i++)
        SSL_CTX_free(tls->dated[i].context);
    free(tls->dated);
    X509_free(tls->good);
    EVP_PKEY_free(tls->key);
    free(tls->names);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}
