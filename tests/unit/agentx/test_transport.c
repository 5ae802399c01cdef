/* Addresses, and connecting to masters that are away, deaf or overrun: never longer than the bound. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "agentx/agent.h"
#include "agentx/transport.h"

enum { BOUND_MS = 500, FILLERS_MAX = 64 };

static void test_addresses(void **state)
{
    char long_path[200] = "unix:/";
    const struct {
        const char *text, *wanted; /* NULL: not an address */
    } cases[] = {
        { "unix:/run/agentx/master", "/run/agentx/master" },
        { "/var/agentx/master", "/var/agentx/master" },
        { "tcp:127.0.0.1:705", "127.0.0.1 705" },
        { "tcp:127.0.0.1", "127.0.0.1 705" },
        { "tcp:localhost:1705", "127.0.0.1 1705" },
        { "tcp6:[::1]:705", "::1 705" },
        { "tcp6:[::1]", "::1 705" },
        { "tcp6:localhost", "::1 705" },
        { "", NULL },
        { "unix:", NULL },
        { "unix:relative", NULL },
        { "relative", NULL },
        { long_path, NULL },
        { "tcp:", NULL },
        { "tcp::705", NULL },
        { "tcp:host.example:705", NULL }, /* would have to ask a name server */
        { "tcp:127.0.0.1:0", NULL },
        { "tcp:127.0.0.1:65536", NULL },
        { "tcp:127.0.0.1:7x", NULL },
        { "tcp:127.0.0.256:705", NULL },
        { "tcp6:127.0.0.1:705", NULL },
        { "udp:127.0.0.1:705", NULL },
    };
    (void)state;
    memset(long_path + 6, 'x', sizeof long_path - 7);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct transport_address address;
        char got[200] = "";
        const int error = transport_parse(cases[i].text, &address);
        if (!cases[i].wanted) {
            assert_int_equal(error, -EINVAL);
            continue;
        }
        assert_int_equal(error, 0);
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address.socket;
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address.socket;
        char host[64] = "";
        if (address.socket.ss_family == AF_UNIX)
            snprintf(got, sizeof got, "%s", ((const struct sockaddr_un *)&address.socket)->sun_path);
        else if (address.socket.ss_family == AF_INET)
            snprintf(got, sizeof got, "%s %u", inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host),
                     ntohs(v4->sin_port));
        else
            snprintf(got, sizeof got, "%s %u", inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host),
                     ntohs(v6->sin6_port));
        assert_string_equal(got, cases[i].wanted);
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A listener that never accepts; `path` gets its name. */
static int deaf_listener(char *path, size_t bytes)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(path, bytes, "/tmp/ah-test-%d", getpid());
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

/* A socket that was made anew is another one, and one that nobody listens on any more is nobody's. */
static void test_whose_socket_it_is(void **state)
{
    char path[64], uri[80];
    struct transport_address address;
    (void)state;
    int listener = deaf_listener(path, sizeof path);
    snprintf(uri, sizeof uri, "unix:%s", path);
    assert_int_equal(transport_parse(uri, &address), 0);
    const uint64_t first = transport_socket_id(&address);
    assert_true(first != 0 && transport_socket_id(&address) == first);
    assert_true(snmp_master_id(uri) == first);
    close(listener);
    assert_true(transport_socket_id(&address) == first);
    assert_true(snmp_master_id(uri) == 0);
    listener = deaf_listener(path, sizeof path);
    assert_true(transport_socket_id(&address) != 0 && transport_socket_id(&address) != first);
    assert_true(snmp_master_id(uri) == transport_socket_id(&address));
    close(listener);
    assert_int_equal(unlink(path), 0);
    assert_true(transport_socket_id(&address) == 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_true(transport_socket_id(&address) == 0);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(transport_parse("tcp:127.0.0.1:705", &address), 0);
    assert_true(transport_socket_id(&address) == 0);
    assert_true(snmp_master_id("tcp:127.0.0.1:705") == 0 && snmp_master_id("no address") == 0);
}

static void test_full_backlog(void **state)
{
    char path[64];
    const int listener = deaf_listener(path, sizeof path);
    int fillers[FILLERS_MAX];
    struct transport_address address;
    int n = 0, error = 0;
    (void)state;
    assert_int_equal(transport_parse(path, &address), 0);
    const int64_t begin_ms = now_ms();
    while (n < FILLERS_MAX && !(error = transport_connect(&address, BOUND_MS, &fillers[n])))
        n++;
    assert_int_equal(error, -EAGAIN);
    assert_true(now_ms() - begin_ms < BOUND_MS);
    while (n > 0)
        close(fillers[--n]);
    close(listener);
    unlink(path);
}

static void test_nobody_there(void **state)
{
    struct transport_address address;
    int fd = -7;
    (void)state;
    assert_int_equal(transport_parse("unix:/tmp/ah-test-nobody-listens-here", &address), 0);
    assert_int_equal(transport_connect(&address, BOUND_MS, &fd), -ENOENT);
    assert_int_equal(transport_parse("tcp:127.0.0.1:1", &address), 0);
    assert_int_equal(transport_connect(&address, BOUND_MS, &fd), -ECONNREFUSED);
    assert_int_equal(fd, -7);
}

/* A TCP listener whose backlog is full drops what comes: there is no answer at all. */
static void test_no_answer_within_the_bound(void **state)
{
    struct sockaddr_in local = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct transport_address address;
    socklen_t bytes = sizeof local;
    int fillers[FILLERS_MAX], n = 0, error = 0;
    char text[64];
    (void)state;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&local, sizeof local), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&local, &bytes), 0);
    snprintf(text, sizeof text, "tcp:127.0.0.1:%u", ntohs(local.sin_port));
    assert_int_equal(transport_parse(text, &address), 0);
    int64_t begin_ms = 0;
    while (n < FILLERS_MAX && !error) {
        begin_ms = now_ms();
        error = transport_connect(&address, BOUND_MS, &fillers[n]);
        n += error ? 0 : 1;
    }
    assert_int_equal(error, -ETIMEDOUT);
    assert_true(now_ms() - begin_ms >= BOUND_MS - 1);
    assert_true(now_ms() - begin_ms < 3 * BOUND_MS);
    while (n > 0)
        close(fillers[--n]);
    close(listener);
}

static void test_stream(void **state)
{
    char path[64], buffer[16];
    const int listener = deaf_listener(path, sizeof path);
    struct transport_address address;
    static const char block[65536];
    int fd;
    ssize_t n;
    (void)state;
    assert_int_equal(transport_parse(path, &address), 0);
    assert_int_equal(transport_connect(&address, BOUND_MS, &fd), 0);
    const int peer = accept(listener, NULL, NULL);
    assert_int_equal(transport_read(fd, buffer, sizeof buffer), -EAGAIN);
    assert_int_equal(write(peer, "hello", 5), 5);
    assert_int_equal(transport_read(fd, buffer, sizeof buffer), 5);
    while ((n = transport_write(fd, block, sizeof block)) > 0)
        ;
    assert_int_equal(n, -EAGAIN); /* a peer that does not read */
    close(peer);
    assert_int_equal(transport_write(fd, block, sizeof block), -EPIPE); /* and no signal */
    n = transport_read(fd, buffer, sizeof buffer);
    assert_true(n == 0 || n == -ECONNRESET);
    close(fd);
    close(listener);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_whose_socket_it_is),
        cmocka_unit_test(test_full_backlog),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_no_answer_within_the_bound),
        cmocka_unit_test(test_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
