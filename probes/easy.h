/* A libcurl handle as everything here that asks over HTTP wants it: one question, one answer, from the one who was
 * asked, with TLS by tls.h. It sets up, and runs no transfer. */
#ifndef AH_PROBES_EASY_H
#define AH_PROBES_EASY_H

#include "tls.h"

#include <curl/curl.h>

/* The next option of a handle `easy`, unless one before it failed: `error` is CURLE_OK, or the first error. */
#define EASY_SET(option, ...)                                                                                          \
    do {                                                                                                               \
        if (error == CURLE_OK)                                                                                         \
            error = curl_easy_setopt(easy, CURLOPT_##option, __VA_ARGS__);                                             \
    } while (0)

/* Only http and https, no redirects, no proxy, no signals, no cache of names, and the settings' user agent, trust, pin
 * and client certificate. `talk`, `words` (of CURL_ERROR_SIZE) and `socket_errno` are borrowed while the handle is
 * used; the latter is set where a socket can not be opened, of which libcurl itself says no more than that it could not
 * connect. CURLE_OK or the first error. */
CURLcode easy_configure(CURL *easy, const struct probe_settings *settings, struct tls_talk *talk, char *words,
                        int *socket_errno);

#endif
