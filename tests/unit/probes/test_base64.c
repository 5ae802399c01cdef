/* Base64: what is decoded, and what is refused. */
#include "probes/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static const struct {
    const char *text, *bytes; /* NULL: refused */
} encoded[] = {
    { "", "" },
    { " \r\n\t", "" },
    { "YQ==", "a" },
    { "YWI=", "ab" },
    { "YWJj", "abc" },
    { " Y W\tJ\r\njZ A = = ", "abcd" },
    { "+/+/", "\xfb\xff\xbf" },
    { "4pyT", "\xe2\x9c\x93" },
    { "Y", NULL },
    { "YQ", NULL },
    { "YQ=", NULL },
    { "YQ===", NULL },
    { "YWI", NULL },
    { "YWI==", NULL },
    { "YWJj=", NULL },
    { "YWJj====", NULL },
    { "Y===", NULL },
    { "====", NULL },
    { "=", NULL },
    { "YQ==YQ==", NULL },
    { "Y=Q=", NULL },
    { "YR==", NULL },
    { "YWJ=", NULL },
    { "YW-j", NULL },
    { "YW_j", NULL },
    { "YWJ\xe4", NULL },
    { "YWJ\x0b", NULL },
};

static void base64_is_decoded_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof encoded / sizeof *encoded; i++) {
        char text[64];
        size_t n = 12345;

        strcpy(text, encoded[i].text);
        const int r = base64_decode(text, strlen(encoded[i].text), &n);
        const size_t expected = encoded[i].bytes ? strlen(encoded[i].bytes) : 12345;
        if (r != (encoded[i].bytes ? 0 : -EINVAL) || n != expected ||
            (encoded[i].bytes && memcmp(text, encoded[i].bytes, n) != 0))
            fail_msg("%s: %d, %zu bytes", encoded[i].text, r, n);
    }
    char with_nul[] = "YW\0Jj";
    size_t n;
    assert_int_equal(base64_decode(with_nul, 5, &n), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_decoded_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
