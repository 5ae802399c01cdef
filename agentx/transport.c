/* Sockets to the master, non-blocking. It knows nothing of AgentX. */
#include "transport.h"

#include "core/hash.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A peer that vanished without a word is noticed within this time; a master that is only busy is waited for. */
enum { PEER_LOST_AFTER_MS = 30000, KEEPALIVE_S = 10, DEFAULT_PORT = 705 };

static int parse_unix(const char *path, struct transport_address *ret)
{
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    if (path[0] != '/' || strlen(path) >= sizeof local.sun_path)
        return -EINVAL;
    strcpy(local.sun_path, path);
    *ret = (struct transport_address){ .bytes = sizeof local };
    memcpy(&ret->socket, &local, sizeof local);
    return 0;
}

static int parse_tcp(const char *text, int family, struct transport_address *ret)
{
    char host[64] = "";
    const char *colon = family == AF_INET6 ? strstr(text, "]:") : strrchr(text, ':');
    const char *begin = text, *end = colon ? colon : text + strlen(text);
    unsigned long port = DEFAULT_PORT;
    char *rest = NULL;
    if (family == AF_INET6 && *begin == '[') {
        begin++;
        if (!colon && end > begin && end[-1] == ']')
            end--;
    }
    if (colon) {
        port = strtoul(colon + (family == AF_INET6 ? 2 : 1), &rest, 10);
        if (*rest || port == 0 || port > UINT16_MAX)
            return -EINVAL;
    }
    if (end <= begin || (size_t)(end - begin) >= sizeof host)
        return -EINVAL;
    memcpy(host, begin, (size_t)(end - begin));
    if (strcmp(host, "localhost") == 0)
        strcpy(host, family == AF_INET6 ? "::1" : "127.0.0.1");

    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    if (inet_pton(family, host, family == AF_INET6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr) != 1)
        return -EINVAL;
    *ret = (struct transport_address){ .bytes = family == AF_INET6 ? sizeof v6 : sizeof v4 };
    memcpy(&ret->socket, family == AF_INET6 ? (void *)&v6 : (void *)&v4, ret->bytes);
    return 0;
}

int transport_parse(const char *text, struct transport_address *ret)
{
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, ret);
    if (strncmp(text, "tcp:", 4) == 0)
        return parse_tcp(text + 4, AF_INET, ret);
    if (strncmp(text, "tcp6:", 5) == 0)
        return parse_tcp(text + 5, AF_INET6, ret);
    return parse_unix(text, ret);
}

/* Hints to the kernel; the connection works without them, so that their failure is no error. */
static void tune(int fd, int family)
{
    const int on = 1, keepalive_s = KEEPALIVE_S;
    const unsigned lost_after_ms = PEER_LOST_AFTER_MS;
    if (family == AF_UNIX)
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &keepalive_s, sizeof keepalive_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &keepalive_s, sizeof keepalive_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &lost_after_ms, sizeof lost_after_ms);
}

/* How a connection went that was begun without waiting: 0 or a negative errno. */
static int finish_connecting(int fd, int timeout_ms)
{
    struct pollfd ready = { .fd = fd, .events = POLLOUT };
    int error = 0;
    socklen_t bytes = sizeof error;
    if (poll(&ready, 1, timeout_ms) == 0)
        return -ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) < 0)
        return -errno;
    return -error;
}

int transport_connect(const struct transport_address *address, int timeout_ms, int *ret_fd)
{
    const int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = 0;
    if (fd < 0)
        return -errno;
    tune(fd, address->socket.ss_family);
    if (connect(fd, (const struct sockaddr *)&address->socket, address->bytes) < 0)
        error = errno == EINPROGRESS ? finish_connecting(fd, timeout_ms) : -errno;
    if (error) {
        close(fd);
        return error;
    }
    *ret_fd = fd;
    return 0;
}

uint64_t transport_socket_id(const struct transport_address *address)
{
    struct sockaddr_un local;
    struct stat status;
    if (address->socket.ss_family != AF_UNIX)
        return 0;
    memcpy(&local, &address->socket, sizeof local);
    if (stat(local.sun_path, &status) < 0 || !S_ISSOCK(status.st_mode))
        return 0;
    const uint64_t marks[] = { status.st_dev, status.st_ino, (uint64_t)status.st_ctim.tv_sec,
                               (uint64_t)status.st_ctim.tv_nsec };
    return hash_add(HASH_BEGINS, marks, sizeof marks);
}

ssize_t transport_write(int fd, const void *bytes, size_t n)
{
    ssize_t done;
    do
        done = send(fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (done < 0 && errno == EINTR);
    return done < 0 ? -errno : done;
}

ssize_t transport_read(int fd, void *bytes, size_t room)
{
    ssize_t done;
    do
        done = recv(fd, bytes, room, MSG_DONTWAIT);
    while (done < 0 && errno == EINTR);
    return done < 0 ? -errno : done;
}
