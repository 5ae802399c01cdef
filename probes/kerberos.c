/* A thread for each ticket: as many as there are conversations at their beginning, each over within a millisecond or so
 * while the ticket is in the cache. What it shares with the loop lives until both have let go of it. It never waits in
 * the loop's thread. */
#include "kerberos.h"

#include "errand.h"

#include <curl/curl.h>
#include <errno.h>
#include <gssapi/gssapi_krb5.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ticket {
    struct errand errand;
    char peer[280];
    char why[KERBEROS_WHY_BYTES]; /* the thread's until it is over. "": the ticket is there */
};

struct kerberos_fetch {
    struct ticket *ticket; /* owns a reference to its errand */
    struct event *event;
    kerberos_done_fn *done;
    void *user;
};

/* Threads that are in the Kerberos library. */
static atomic_uint away;
static pthread_once_t leaving_is_prepared = PTHREAD_ONCE_INIT;

/* The library's destructors would pull its locks from under threads that are still in it, and it aborts. */
static void leave(int status, void *user)
{
    (void)user;
    if (atomic_load(&away) == 0)
        return;
    fflush(NULL);
    _exit(status);
}

static void prepare_leaving(void)
{
    on_exit(leave, NULL);
}

/* The service's name, as libcurl puts it together as well. */
static int name_peer(const char *url, char *buffer, size_t bytes)
{
    CURLU *parts = curl_url();
    char *host = NULL;
    int error = -EINVAL;

    if (!parts)
        return -ENOMEM;
    if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        (size_t)snprintf(buffer, bytes, "HTTP@%s", host) < bytes)
        error = 0;
    curl_free(host);
    curl_url_cleanup(parts);
    return error;
}

/* The mechanism's own words say more than the interface's, where there are some. */
static void explain(OM_uint32 major, OM_uint32 minor, gss_OID mechanism, char *buffer, size_t bytes)
{
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    OM_uint32 more = 0, ignored;

    if (gss_display_status(&ignored, minor ? minor : major, minor ? GSS_C_MECH_CODE : GSS_C_GSS_CODE, mechanism, &more,
                           &text) == GSS_S_COMPLETE)
        snprintf(buffer, bytes, "%.*s", (int)text.length, (const char *)text.value);
    else
        snprintf(buffer, bytes, "GSS status %u, %u", major, minor);
    gss_release_buffer(&ignored, &text);
}

/* Begins a logon and throws it away: what libcurl will need for its own is in the cache then. */
static void fetch(struct errand *errand)
{
    struct ticket *ticket = (struct ticket *)errand;
    gss_buffer_desc text = { strlen(ticket->peer), ticket->peer }, token = GSS_C_EMPTY_BUFFER;
    gss_name_t peer = GSS_C_NO_NAME;
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    gss_OID mechanism = (gss_OID)(uintptr_t)gss_mech_krb5; /* Negotiate's own words would be of Negotiate alone */
    OM_uint32 minor, ignored;

    OM_uint32 major = gss_import_name(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE, &peer);
    if (!GSS_ERROR(major))
        major = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &context, peer, mechanism,
                                     GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG, 0, GSS_C_NO_CHANNEL_BINDINGS,
                                     GSS_C_NO_BUFFER, NULL, &token, NULL, NULL);
    if (GSS_ERROR(major))
        explain(major, minor, mechanism, ticket->why, sizeof ticket->why);
    gss_release_buffer(&ignored, &token);
    gss_delete_sec_context(&ignored, &context, GSS_C_NO_BUFFER);
    gss_release_name(&ignored, &peer);
}

static void ticket_free(struct errand *errand)
{
    free(errand);
}

static const struct errand_kind ticket_kind = { .run = fetch, .free = ticket_free, .away = &away };

static int ticket_new(const char *url, struct ticket **ret)
{
    struct ticket *ticket = calloc(1, sizeof *ticket);

    if (!ticket)
        return -ENOMEM;
    int error = errand_init(&ticket->errand, &ticket_kind);
    if (error) {
        free(ticket);
        return error;
    }
    error = name_peer(url, ticket->peer, sizeof ticket->peer);
    if (error)
        errand_unref(&ticket->errand);
    else
        *ret = ticket;
    return error;
}

static int send_for(struct ticket *ticket)
{
    pthread_once(&leaving_is_prepared, prepare_leaving);
    atomic_fetch_add(&away, 1);
    const int error = errand_send(&ticket->errand);
    if (error)
        atomic_fetch_sub(&away, 1);
    return error;
}

static void on_event(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    struct kerberos_fetch *fetched = user;
    const bool over = errand_is_over(&fetched->ticket->errand);
    char why[KERBEROS_WHY_BYTES];

    /* Kept here: the fetch may be freed in the call. */
    snprintf(why, sizeof why, "%s", over ? fetched->ticket->why : "the KDC does not answer in time");
    fetched->done(fetched->user, why[0] ? why : NULL);
}

int kerberos_fetch_new(struct event_base *base, const char *url, int64_t timeout_ms, kerberos_done_fn *done, void *user,
                       struct kerberos_fetch **ret)
{
    const struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
    struct kerberos_fetch *fetched = calloc(1, sizeof *fetched);

    if (!fetched)
        return -ENOMEM;
    fetched->done = done;
    fetched->user = user;
    int error = ticket_new(url, &fetched->ticket);
    if (!error) {
        fetched->event = event_new(base, fetched->ticket->errand.fd, EV_READ, on_event, fetched);
        if (!fetched->event || event_add(fetched->event, &timeout) < 0)
            error = -ENOMEM;
    }
    if (!error)
        error = send_for(fetched->ticket);
    if (error) {
        kerberos_fetch_free(fetched);
        return error;
    }
    *ret = fetched;
    return 0;
}

void kerberos_fetch_free(struct kerberos_fetch *fetched)
{
    if (!fetched)
        return;
    if (fetched->event)
        event_free(fetched->event);
    if (fetched->ticket)
        errand_unref(&fetched->ticket->errand);
    free(fetched);
}
