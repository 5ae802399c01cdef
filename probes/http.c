/* The table of causes: what libcurl, the kernel and the HTTP status say, and which cause that is. It never sees a
 * body. */
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* libcurl's result. `transport`: if the kernel gave an errno of the table below, that says more. */
static const struct {
    CURLcode result;
    bool transport;
    enum cause cause;
} results[] = {
    { CURLE_COULDNT_RESOLVE_HOST, true, CAUSE_NAME_NOT_FOUND },
    { CURLE_COULDNT_RESOLVE_PROXY, true, CAUSE_NAME_NOT_FOUND },
    { CURLE_COULDNT_CONNECT, true, CAUSE_UNREACHABLE },
    { CURLE_OPERATION_TIMEDOUT, false, CAUSE_TIMED_OUT },
    { CURLE_SEND_ERROR, true, CAUSE_RESET },
    { CURLE_RECV_ERROR, true, CAUSE_PROTOCOL_ERROR }, /* read well, but no sense in it */
    { CURLE_GOT_NOTHING, true, CAUSE_RESET },
    { CURLE_PARTIAL_FILE, true, CAUSE_RESET },
    { CURLE_SSL_CONNECT_ERROR, true, CAUSE_TLS_REJECTED },
    { CURLE_PEER_FAILED_VERIFICATION, false, CAUSE_TLS_REJECTED },
    { CURLE_SSL_CACERT_BADFILE, false, CAUSE_TLS_REJECTED },
    { CURLE_SSL_PINNEDPUBKEYNOTMATCH, false, CAUSE_TLS_REJECTED },
    { CURLE_SSL_ISSUER_ERROR, false, CAUSE_TLS_REJECTED },
    { CURLE_SSL_INVALIDCERTSTATUS, false, CAUSE_TLS_REJECTED },
    { CURLE_SSL_CERTPROBLEM, false, CAUSE_TLS_REJECTED },
    { CURLE_SSL_CIPHER, false, CAUSE_TLS_REJECTED },
    { CURLE_SSL_CLIENTCERT, false, CAUSE_TLS_REJECTED },
    { CURLE_FILESIZE_EXCEEDED, false, CAUSE_TOO_LARGE },
    /* Not the endpoint's doing: the question could not be put. */
    { CURLE_OUT_OF_MEMORY, false, CAUSE_CANCELLED },
    { CURLE_FAILED_INIT, false, CAUSE_CANCELLED },
    { CURLE_ABORTED_BY_CALLBACK, false, CAUSE_CANCELLED },
};

static const struct {
    int os_errno;
    bool once_connected; /* can befall a connection that stands */
    enum cause cause;
} errnos[] = {
    { ECONNREFUSED, false, CAUSE_REFUSED },   { ECONNRESET, true, CAUSE_RESET },
    { ECONNABORTED, true, CAUSE_RESET },      { EPIPE, true, CAUSE_RESET },
    { ETIMEDOUT, true, CAUSE_TIMED_OUT },     { EHOSTUNREACH, true, CAUSE_UNREACHABLE },
    { ENETUNREACH, true, CAUSE_UNREACHABLE }, { EHOSTDOWN, true, CAUSE_UNREACHABLE },
    { ENETDOWN, true, CAUSE_UNREACHABLE },    { EADDRNOTAVAIL, false, CAUSE_UNREACHABLE },
    { EACCES, false, CAUSE_UNREACHABLE }, /* a filter on this host, or a prohibition by ICMP */
    { EPERM, false, CAUSE_UNREACHABLE },      { EMFILE, false, CAUSE_CANCELLED },
    { ENFILE, false, CAUSE_CANCELLED },       { ENOBUFS, false, CAUSE_CANCELLED },
    { ENOMEM, false, CAUSE_CANCELLED },
};

/* The first entry whose last status is not below the answer's. */
static const struct {
    long last;
    enum cause cause;
} statuses[] = {
    { 199, CAUSE_PROTOCOL_ERROR }, /* an interim answer cannot be the last one */
    { 299, CAUSE_WRONG_ANSWER },   /* unless the body is healthy */
    { 399, CAUSE_WRONG_ANSWER },   /* redirects are not followed: something else answers there */
    { 400, CAUSE_HTTP_ERROR },     { 401, CAUSE_AUTHENTICATION_FAILED },
    { 402, CAUSE_HTTP_ERROR },     { 403, CAUSE_FORBIDDEN },
    { 406, CAUSE_HTTP_ERROR },     { 407, CAUSE_AUTHENTICATION_FAILED },
    { 599, CAUSE_HTTP_ERROR },
};

/* What a SOCKS proxy answers in place of a connection (RFC 1928, section 6; RFC 1929). */
static const struct {
    CURLproxycode code;
    enum cause cause;
} proxy_errors[] = {
    { CURLPX_CLOSED, CAUSE_RESET },
    { CURLPX_RECV_CONNECT, CAUSE_RESET },
    { CURLPX_RECV_REQACK, CAUSE_RESET },
    { CURLPX_RECV_AUTH, CAUSE_RESET },
    { CURLPX_SEND_CONNECT, CAUSE_RESET },
    { CURLPX_SEND_REQUEST, CAUSE_RESET },
    { CURLPX_SEND_AUTH, CAUSE_RESET },
    { CURLPX_NO_AUTH, CAUSE_AUTHENTICATION_FAILED },
    { CURLPX_USER_REJECTED, CAUSE_AUTHENTICATION_FAILED },
    { CURLPX_REPLY_NOT_ALLOWED, CAUSE_FORBIDDEN },
    { CURLPX_REPLY_NETWORK_UNREACHABLE, CAUSE_UNREACHABLE },
    { CURLPX_REPLY_HOST_UNREACHABLE, CAUSE_UNREACHABLE },
    { CURLPX_REPLY_GENERAL_SERVER_FAILURE, CAUSE_UNREACHABLE },
    { CURLPX_REPLY_CONNECTION_REFUSED, CAUSE_REFUSED },
    { CURLPX_REPLY_TTL_EXPIRED, CAUSE_TIMED_OUT },
};

static enum cause status_cause(long status)
{
    for (size_t i = 0; i < COUNT(statuses); i++)
        if (status <= statuses[i].last)
            return statuses[i].cause;
    return CAUSE_PROTOCOL_ERROR;
}

static enum cause proxy_cause(int error)
{
    for (size_t i = 0; i < COUNT(proxy_errors); i++)
        if (error == (int)proxy_errors[i].code)
            return proxy_errors[i].cause;
    return CAUSE_PROTOCOL_ERROR;
}

static enum cause transport_cause(const struct http_outcome *outcome, enum cause otherwise)
{
    if (outcome->tls_alert)
        return CAUSE_TLS_REJECTED;
    for (size_t i = 0; i < COUNT(errnos); i++)
        if (outcome->os_errno == errnos[i].os_errno && (errnos[i].once_connected || !outcome->connected))
            return errnos[i].cause;
    return outcome->tls_cut ? CAUSE_RESET : otherwise;
}

enum cause http_cause(const struct http_outcome *outcome)
{
    if (outcome->too_large)
        return CAUSE_TOO_LARGE;
    if (outcome->result == CURLE_OK)
        return outcome->healthy && outcome->status >= 200 && outcome->status < 300 ? CAUSE_NONE
                                                                                   : status_cause(outcome->status);
    if (outcome->connect_status >= 300)
        return status_cause(outcome->connect_status);
    if (outcome->result == CURLE_PROXY)
        return proxy_cause(outcome->proxy_error);
    if (outcome->overslept)
        return CAUSE_CANCELLED;
    /* A deadline that passed before the name was resolved is the name's failure, not the endpoint's. */
    if (outcome->result == CURLE_OPERATION_TIMEDOUT && !outcome->resolved)
        return CAUSE_NAME_NOT_FOUND;
    for (size_t i = 0; i < COUNT(results); i++)
        if (outcome->result == results[i].result)
            return results[i].transport ? transport_cause(outcome, results[i].cause) : results[i].cause;
    /* All the rest is an answer that libcurl could not make sense of. */
    return CAUSE_PROTOCOL_ERROR;
}

bool http_heard(const struct http_outcome *outcome, enum cause cause)
{
    return outcome->connected || cause == CAUSE_REFUSED || cause == CAUSE_RESET;
}

static bool is_resolved(CURLcode result)
{
    return result != CURLE_COULDNT_RESOLVE_HOST && result != CURLE_COULDNT_RESOLVE_PROXY;
}

/* Why no descriptor is to be had now; 0: there is one. A lookup that failed for want of one does not say so. */
static int descriptor_errno(void)
{
    const int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

void http_outcome_read(CURL *easy, CURLcode result, struct http_outcome *outcome)
{
    curl_off_t resolve_us = 0, connect_us = 0, total_us = 0;
    long os_errno = 0, status = 0, connect_status = 0, proxy_error = 0;

    /* These cannot fail: libcurl knows them all. */
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    curl_easy_getinfo(easy, CURLINFO_PROXY_ERROR, &proxy_error);
    curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &resolve_us);
    curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connect_us);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total_us);
    outcome->result = result;
    if (!outcome->os_errno)
        outcome->os_errno = is_resolved(result) ? (int)os_errno : descriptor_errno();
    outcome->status = status;
    outcome->connect_status = connect_status;
    outcome->proxy_error = (int)proxy_error;
    outcome->resolved = resolve_us > 0;
    outcome->connected = connect_us > 0;
    outcome->rtt_ms = (uint32_t)((total_us + 999) / 1000);
}

bool http_header(const char *bytes, size_t n, const char *name, char *value, size_t room)
{
    const size_t length = strlen(name);

    if (n <= length || strncasecmp(bytes, name, length) != 0 || bytes[length] != ':')
        return false;
    const char *at = bytes + length + 1, *end = bytes + n;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && strchr(" \t\r\n", end[-1]))
        end--;
    snprintf(value, room, "%.*s", (int)(end - at), at);
    return true;
}

bool http_date(const char *bytes, size_t n, int64_t *ret_wall_ms)
{
    char date[64];

    if (!http_header(bytes, n, "Date", date, sizeof date))
        return false;
    const time_t at_s = curl_getdate(date, NULL);
    *ret_wall_ms = at_s > 0 ? (int64_t)at_s * 1000 : 0;
    return true;
}
