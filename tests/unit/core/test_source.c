/* One check of a source, read as literal tables: how each service did, and the proxy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/source.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Short forms, for the table; N: not asked. */
enum { N = 0, GOOD = CAUSE_NONE, REF = CAUSE_REFUSED, TIME = CAUSE_TIMED_OUT, AUTH = CAUSE_AUTHENTICATION_FAILED };

static unsigned cause_of(const struct way_outcome *outcome)
{
    return outcome ? outcome->cause : N;
}

static void the_services_and_the_proxy_by_what_each_way_gave(void **state)
{
    (void)state;
    static const struct {
        uint8_t file, web, file_proxy, web_proxy;
        unsigned file_service, web_service, whole, proxy;
    } rows[] = {
        { GOOD, N, N, N, GOOD, N, GOOD, CAUSE_UNKNOWN },
        { REF, N, N, N, REF, N, REF, CAUSE_UNKNOWN },
        { GOOD, GOOD, N, N, GOOD, GOOD, GOOD, CAUSE_UNKNOWN },
        { GOOD, TIME, N, N, GOOD, TIME, TIME, CAUSE_UNKNOWN },
        { REF, TIME, N, N, REF, TIME, REF, CAUSE_UNKNOWN },
        /* a proxy that gets there where we do not */
        { TIME, N, GOOD, N, GOOD, N, GOOD, GOOD },
        { TIME, TIME, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD },
        { GOOD, TIME, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD },
        /* and one that does not: a failure is that of the straight way */
        { GOOD, N, AUTH, N, GOOD, N, GOOD, AUTH },
        { REF, N, AUTH, N, REF, N, REF, AUTH },
        { GOOD, GOOD, GOOD, AUTH, GOOD, GOOD, GOOD, AUTH },
        { GOOD, GOOD, N, AUTH, GOOD, GOOD, GOOD, AUTH },
        { REF, GOOD, REF, AUTH, REF, GOOD, REF, AUTH },
        /* a service that answers neither way says nothing of it while the other one does */
        { TIME, GOOD, TIME, GOOD, TIME, GOOD, TIME, GOOD },
        { GOOD, TIME, GOOD, TIME, GOOD, TIME, TIME, GOOD },
        { TIME, TIME, REF, AUTH, TIME, TIME, TIME, REF },
        { TIME, TIME, N, AUTH, TIME, TIME, TIME, AUTH },
        { N, N, N, N, N, N, GOOD, CAUSE_UNKNOWN },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct source_check check = { .ways = { [WAY_FILE] = { .cause = rows[i].file },
                                                      [WAY_WEB] = { .cause = rows[i].web },
                                                      [WAY_FILE_PROXY] = { .cause = rows[i].file_proxy },
                                                      [WAY_WEB_PROXY] = { .cause = rows[i].web_proxy } } };
        if (cause_of(source_service(&check, REPUTATION_FILE)) != rows[i].file_service ||
            cause_of(source_service(&check, REPUTATION_WEB)) != rows[i].web_service ||
            source_cause(&check) != rows[i].whole || source_proxy_cause(&check) != rows[i].proxy)
            fail_msg("row %zu", i);
    }
}

static void what_a_check_says_of_the_proxy(void **state)
{
    (void)state;
    static const struct {
        uint8_t file, web, file_proxy, web_proxy;
        enum proxy_sign sign;
    } rows[] = {
        { GOOD, GOOD, N, N, PROXY_UNTRIED },
        { REF, N, N, N, PROXY_UNTRIED },
        { GOOD, N, GOOD, N, PROXY_WORKS },
        { REF, TIME, GOOD, GOOD, PROXY_WORKS },
        { REF, N, GOOD, N, PROXY_WORKS },
        /* the one that is down is reached by no way */
        { GOOD, TIME, GOOD, TIME, PROXY_WORKS },
        { TIME, TIME, TIME, TIME, PROXY_UNCLEAR },
        { REF, N, AUTH, N, PROXY_UNCLEAR },
        { TIME, GOOD, TIME, GOOD, PROXY_WORKS },
        { GOOD, N, AUTH, N, PROXY_AT_FAULT },
        { GOOD, GOOD, GOOD, AUTH, PROXY_AT_FAULT },
        { REF, GOOD, GOOD, AUTH, PROXY_AT_FAULT },
        { GOOD, GOOD, N, AUTH, PROXY_AT_FAULT },
        { N, N, N, N, PROXY_UNTRIED },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct source_check check = { .ways = { [WAY_FILE] = { .cause = rows[i].file },
                                                      [WAY_WEB] = { .cause = rows[i].web },
                                                      [WAY_FILE_PROXY] = { .cause = rows[i].file_proxy },
                                                      [WAY_WEB_PROXY] = { .cause = rows[i].web_proxy } } };
        if (source_proxy_sign(&check) != rows[i].sign)
            fail_msg("row %zu", i);
    }
}

static void the_host_of_a_url(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
    } rows[] = {
        { "https://sps1.example/tmcss/", "sps1.example" },
        { "https://sps1.example:5274/", "sps1.example" },
        { "http://10.1.2.3", "10.1.2.3" },
        { "https://[2001:db8::1]:443/tmcss/", "2001:db8::1" },
        { "https://sps1.example?x", "sps1.example" },
        { "sps1.example", "sps1.example" },
        { "sps1.example:443", "sps1.example" },
        { "", "" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *host;
        const size_t n = url_host(rows[i].url, &host);
        assert_int_equal(n, strlen(rows[i].host));
        assert_memory_equal(host, rows[i].host, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_services_and_the_proxy_by_what_each_way_gave),
        cmocka_unit_test(what_a_check_says_of_the_proxy),
        cmocka_unit_test(the_host_of_a_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
