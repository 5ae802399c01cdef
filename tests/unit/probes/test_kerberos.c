/* Fetching a ticket, as its loop sees it: with no credentials, with a KDC that is silent, given up before its end. What
 * a real KDC makes of it, the integration tests show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "probes/kerberos.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What came of a fetch. */
struct outcome {
    struct event_base *base;
    unsigned calls;
    char why[KERBEROS_WHY_BYTES];
};

static void note(void *user, const char *why)
{
    struct outcome *outcome = user;

    outcome->calls++;
    snprintf(outcome->why, sizeof outcome->why, "%s", why ? why : "");
    event_base_loopbreak(outcome->base);
}

static int64_t mono_now_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static char folder[] = "/tmp/ah-kerberos-XXXXXX";

static void write_file(const char *name, const void *bytes, size_t n)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static void use(const char *variable, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(setenv(variable, path, 1), 0);
}

/* A keytab with some key, in MIT's format (version 2), or none. */
static void put_keytab(bool there)
{
    static const unsigned char keytab[] = "\x05\x02\0\0\0\x3e\0\x01\0\x04TEST\0\x07monitor\0\0\0\x01\0\0\0\0\x01"
                                          "\0\x12\0\x20"
                                          "0123456789abcdef0123456789abcdef";

    if (there)
        write_file("keytab", keytab, sizeof keytab - 1);
    else
        remove_file("keytab");
}

/* A realm of which there is a socket that never answers. The environment is set once: threads that were given up may
 * still read it. */
static int set_up(void **state)
{
    (void)state;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    char conf[512];

    const int kdc = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* until the process ends */
    if (!mkdtemp(folder) || kdc < 0 || bind(kdc, (struct sockaddr *)&address, length) < 0 ||
        getsockname(kdc, (struct sockaddr *)&address, &length) < 0)
        return -1;
    const int n = snprintf(conf, sizeof conf,
                           "[libdefaults]\n default_realm = TEST\n dns_canonicalize_hostname = false\n"
                           "[realms]\n TEST = {\n  kdc = 127.0.0.1:%u\n }\n",
                           ntohs(address.sin_port));
    write_file("krb5.conf", conf, (size_t)n);
    use("KRB5_CONFIG", "krb5.conf");
    use("KRB5CCNAME", "tickets");
    use("KRB5_CLIENT_KTNAME", "keytab");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_file("krb5.conf");
    put_keytab(false);
    return rmdir(folder);
}

static void what_comes_of_it_is_told_in_time(void **state)
{
    (void)state;
    static const struct {
        bool has_keytab;
        const char *why;
        int64_t timeout_ms, least_ms;
    } rows[] = {
        { false, "No Kerberos credentials available", 20000, 0 },
        { true, "the KDC does not answer in time", 300, 250 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome outcome = { .base = event_base_new() };
        struct kerberos_fetch *fetch;
        const int64_t begun_ms = mono_now_ms();

        put_keytab(rows[i].has_keytab);
        assert_int_equal(kerberos_fetch_new(outcome.base, "https://pc-1.test.example:5986/wsman", rows[i].timeout_ms,
                                            note, &outcome, &fetch),
                         0);
        event_base_dispatch(outcome.base);
        assert_int_equal(outcome.calls, 1);
        assert_memory_equal(outcome.why, rows[i].why, strlen(rows[i].why));
        assert_in_range(mono_now_ms() - begun_ms, rows[i].least_ms, 5000);
        /* Nothing is left that could call again. */
        assert_int_equal(event_base_dispatch(outcome.base), 1);
        assert_int_equal(outcome.calls, 1);
        kerberos_fetch_free(fetch);
        event_base_free(outcome.base);
    }
}

static void what_is_given_up_is_heard_of_no_more(void **state)
{
    (void)state;
    for (unsigned has_keytab = 0; has_keytab < 2; has_keytab++) {
        struct outcome outcome = { .base = event_base_new() };
        struct kerberos_fetch *fetch;

        put_keytab(has_keytab);
        assert_int_equal(kerberos_fetch_new(outcome.base, "https://pc-1.test.example/", 20000, note, &outcome, &fetch),
                         0);
        kerberos_fetch_free(fetch);
        assert_int_equal(event_base_dispatch(outcome.base), 1);
        assert_int_equal(outcome.calls, 0);
        event_base_free(outcome.base);
    }
}

static void what_is_no_url_is_refused(void **state)
{
    (void)state;
    static const char *const urls[] = { "", "/var/feed/PC-1.ini", "https://" };
    struct outcome outcome = { .base = event_base_new() };

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct kerberos_fetch *fetch = NULL;
        assert_int_equal(kerberos_fetch_new(outcome.base, urls[i], 1000, note, &outcome, &fetch), -EINVAL);
        assert_null(fetch);
    }
    assert_int_equal(outcome.calls, 0);
    event_base_free(outcome.base);
    kerberos_fetch_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_url_is_refused),
        cmocka_unit_test(what_comes_of_it_is_told_in_time),
        cmocka_unit_test(what_is_given_up_is_heard_of_no_more),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
