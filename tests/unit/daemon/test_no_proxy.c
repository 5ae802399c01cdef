/* Whom one goes to without a proxy, as a literal table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/no_proxy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_list_names_whom_it_spares(void **state)
{
    (void)state;
    static const struct {
        const char *list, *url;
        bool has;
    } rows[] = {
        { "", "https://sps1.example/", false },
        { ".example", "https://sps1.example/tmcss/", true },
        { ".example", "https://SPS1.Example:443/", true },
        { ".example", "https://a.b.example/", true },
        { ".example", "https://example/", false },
        { ".example", "https://sps1.example.net/", false },
        { "example", "https://sps1.example/", false },
        { "sps1.example", "https://sps1.example:5274/", true },
        { "SPS1.example", "https://sps1.example/", true },
        { "sps1.example", "https://xsps1.example/", false },
        { "sps2, .corp 10.0.0.0/8", "https://a.corp/", true },
        { "sps2, .corp 10.0.0.0/8", "https://10.9.9.9:443/", true },
        { "sps2, .corp 10.0.0.0/8", "https://11.9.9.9/", false },
        { "10.1.2.3", "http://10.1.2.3/", true },
        { "10.1.2.3", "http://10.1.2.30/", false },
        { "2001:db8::/32", "https://[2001:db8::1]:443/", true },
        { "2001:db8::/32", "https://[2001:db9::1]/", false },
        { "0.0.0.0/0", "https://sps1.example/", false },
        { "*", "https://sps1.example/", true },
        { "*", "https://10.1.2.3/", true },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (no_proxy_has(rows[i].list, rows[i].url) != rows[i].has)
            fail_msg("\"%s\", %s", rows[i].list, rows[i].url);
}

static void what_can_not_be_understood_is_pointed_at(void **state)
{
    (void)state;
    static const struct {
        const char *list, *fault; /* NULL: none */
    } rows[] = {
        { ".example, sps1, 10.0.0.0/8, ::1 *", NULL },
        { "sps1, 10.0.0.0/99", "10.0.0.0/99" },
        { "sps1 a/b", "a/b" },
        { ".", "." },
        { "..example", "..example" },
        { "*.example", "*.example" },
        { "http://sps1", "http://sps1" },
        { "10.1.2", "10.1.2" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *item = NULL;
        const size_t n = no_proxy_fault(rows[i].list, &item);
        assert_int_equal(n, rows[i].fault ? strlen(rows[i].fault) : 0);
        if (n)
            assert_memory_equal(item, rows[i].fault, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_names_whom_it_spares),
        cmocka_unit_test(what_can_not_be_understood_is_pointed_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
