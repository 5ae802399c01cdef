/* What holds for every question over HTTP. It never says whom to ask, nor for how long. */
#include "easy.h"

#include <errno.h>
#include <sys/socket.h>

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    int *socket_errno = user;
    const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    if (fd < 0)
        *socket_errno = errno;
    return fd; /* CURL_SOCKET_BAD is -1 */
}

CURLcode easy_configure(CURL *easy, const struct probe_settings *settings, struct tls_talk *talk, char *words,
                        int *socket_errno)
{
    CURLcode error = CURLE_OK;

    EASY_SET(ERRORBUFFER, words);
    EASY_SET(OPENSOCKETFUNCTION, open_socket);
    EASY_SET(OPENSOCKETDATA, socket_errno);
    EASY_SET(NOSIGNAL, 1L);
    /* A name lookup runs in a thread of libcurl's. Without this, giving up on a lookup waits for it to end, and with it
     * would every other probe of this worker. */
    EASY_SET(QUICK_EXIT, 1L);
    /* libcurl would keep each address for a minute and look through all of them after each transfer; a sweep asks for
     * none of them twice, and whether a name resolves now is part of the question. */
    EASY_SET(DNS_CACHE_TIMEOUT, 0L);

    EASY_SET(PROTOCOLS_STR, "http,https");
    EASY_SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    EASY_SET(FOLLOWLOCATION, 0L);
    EASY_SET(PROXY, "");
    EASY_SET(NOPROXY, ""); /* nor what the environment says */
    if (settings->user_agent[0])
        EASY_SET(USERAGENT, settings->user_agent);

    EASY_SET(SSL_VERIFYPEER, settings->tls_verify ? 1L : 0L);
    EASY_SET(SSL_VERIFYHOST, settings->tls_verify ? 2L : 0L);
    /* Trust comes from tls_prepare(); libcurl's own cache of it would come on top, and outlive a reload. */
    EASY_SET(CA_CACHE_TIMEOUT, 0L);
    EASY_SET(CAINFO, NULL);
    EASY_SET(CAPATH, NULL);
    if (settings->pin[0])
        EASY_SET(PINNEDPUBLICKEY, settings->pin);
    EASY_SET(SSL_ENABLE_ALPN, 0L);
    EASY_SET(SSL_SESSIONID_CACHE, 0L);
    EASY_SET(SSL_CTX_FUNCTION, tls_prepare);
    EASY_SET(SSL_CTX_DATA, talk);
    if (settings->cert_file[0])
        EASY_SET(SSLCERT, settings->cert_file);
    if (settings->key_file[0])
        EASY_SET(SSLKEY, settings->key_file);
    return error;
}
