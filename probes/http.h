/* From the outcome of an HTTP exchange to the cause that people are shown, layer by layer. Pure but for
 * http_outcome_read(), which asks libcurl. */
#ifndef AH_PROBES_HTTP_H
#define AH_PROBES_HTTP_H

#include "core/model.h"

#include <curl/curl.h>

struct http_outcome {
    CURLcode result;
    int os_errno;        /* 0: none */
    long status;         /* of the last answer; 0: none came */
    long connect_status; /* a proxy's, to CONNECT; 0: none came */
    int proxy_error;     /* CURLproxycode: what a SOCKS proxy said, for CURLE_PROXY */
    bool resolved, connected;
    bool tls_alert; /* either side ended the TLS connection with an alert */
    bool tls_cut;   /* the peer, or a proxy on the way, closed the connection within the handshake, without a word */
    bool overslept; /* its time was over long before this process took notice: it did not run */
    bool too_large;
    bool healthy;    /* the body of a 2xx answer is as it should be */
    uint32_t rtt_ms; /* the time of the whole exchange, rounded up */
};

/* Fills in what libcurl knows of a transfer that ended with `result`; the flags of TLS, size and body, and the errno of
 * a socket that could not be opened, are the caller's. */
void http_outcome_read(CURL *easy, CURLcode result, struct http_outcome *outcome);

enum cause http_cause(const struct http_outcome *outcome);
/* True when anything at all answered from the endpoint, be it a refusal. */
bool http_heard(const struct http_outcome *outcome, enum cause cause);

/* One line of an answer's head, as libcurl hands it over. True: it is the header of that name, letter case aside, and
 * its value, without the blanks around it, is in `value`, cut to what has room. */
bool http_header(const char *bytes, size_t n, const char *name, char *value, size_t room);
/* The Date header (RFC 9110, section 6.6.1). True: it is that line; *ret_wall_ms is 0 where it has no date. */
bool http_date(const char *bytes, size_t n, int64_t *ret_wall_ms);

#endif
