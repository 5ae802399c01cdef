/* Tokens against those that others have made: RFC 7515's own, and Debian's python3-jwt. */
#include "probes/jwt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* RFC 7515, appendix A.1. */
static void the_standards_own_token(void **state)
{
    (void)state;
    static const unsigned char key[] = {
        0x03, 0x23, 0x35, 0x4b, 0x2b, 0x0f, 0xa5, 0xbc, 0x83, 0x7e, 0x06, 0x65, 0x77, 0x7b, 0xa6, 0x8f,
        0x5a, 0xb3, 0x28, 0xe6, 0xf0, 0x54, 0xc9, 0x28, 0xa9, 0x0f, 0x84, 0xb2, 0xd2, 0x50, 0x2e, 0xbf,
        0xd3, 0xfb, 0x5a, 0x92, 0xd2, 0x06, 0x47, 0xef, 0x96, 0x8a, 0xb4, 0xc3, 0x77, 0x62, 0x3d, 0x22,
        0x3d, 0x2e, 0x21, 0x72, 0x05, 0x2e, 0x4f, 0x08, 0xc0, 0xcd, 0x9a, 0xf5, 0x67, 0xd0, 0x80, 0xa3,
    };
    char *token = NULL;

    assert_int_equal(jwt_sign("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
                              "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}", key,
                              sizeof key, &token),
                     0);
    assert_string_equal(token, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                               "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
                               "Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    free(token);
}

#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

/* Made with python3-jwt 2.6, and the one that is not ASCII with hmac and hashlib alone, from the same claims. */
static const struct {
    struct jwt_request request;
    const char *token;
} tokens[] = {
    { { "4711-application", "0815-key", "GET", "/WebApp/API/AgentResource/ProductAgents", "", 1795392060 },
      HEADER "eyJhcHBpZCI6IjQ3MTEtYXBwbGljYXRpb24iLCJpYXQiOjE3OTUzOTIwNjAsInZlcnNpb24iOiJWMSIsImNoZWNrc3VtIjoib2JWMzlS"
             "NmtPR2RlbjJTdEpvd3RwS3ZhUXMyWGkwdTFjMlhsaktTU1JNVT0ifQ.PfnCvCTXqFdiFqV3RM1o8H8YM-Xtja-7XYizjNJRR1A" },
    { { "A\"\\B \xc3\xa9", "k", "GET",
        "/WebApp/api/v1/Logs/pattern_updated_status?output_format=CEF&page_token=0&since_time=1795392060", "", 1 },
      HEADER
      "eyJhcHBpZCI6IkFcIlxcQiDDqSIsImlhdCI6MSwidmVyc2lvbiI6IlYxIiwiY2hlY2tzdW0iOiJzN0xjZkloYlZPWHdHZ0xsb3VnWWdQcTBvQ0No"
      "UFlMcWJBRHdlQjU1VUNBPSJ9.Wgqwx1n4jd650MvnoA7QJu54owzjPx6uKGsXt9tMy2A" },
    { { "x", "", "PUT", "/A?B=C", "{\"Act\":1}", 0 },
      HEADER "eyJhcHBpZCI6IngiLCJpYXQiOjAsInZlcnNpb24iOiJWMSIsImNoZWNrc3VtIjoiRkJCS3R1ZWtaSkRlZFpHdzNaelJicnA5UXpqV3Vi"
             "Skl3UjM4YkJLSnZPVT0ifQ.oyYPY_g59jx2fysIn1PnfWp_NCpPC5sDHx3gvgVnwn0" },
};

static void tokens_of_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        char *token = NULL;

        assert_int_equal(jwt_make(&tokens[i].request, &token), 0);
        assert_string_equal(token, tokens[i].token);
        free(token);
    }
}

/* The letter case of the path alone makes no difference to the checksum. */
static void what_is_bound(void **state)
{
    (void)state;
    const struct jwt_request usual = { "id", "key", "GET", "/a?b=c", "", 1 };
    const struct {
        struct jwt_request request;
        bool same;
    } others[] = {
        { { "id", "key", "GET", "/A?B=C", "", 1 }, true },   { { "id", "key", "POST", "/a?b=c", "", 1 }, false },
        { { "id", "key", "GET", "/a?b=d", "", 1 }, false },  { { "id", "key", "GET", "/a?b=c", "x", 1 }, false },
        { { "id", "key", "GET", "/a?b=c", "", 2 }, false },  { { "id", "key2", "GET", "/a?b=c", "", 1 }, false },
        { { "id2", "key", "GET", "/a?b=c", "", 1 }, false },
    };
    char *token = NULL, *other = NULL;

    assert_int_equal(jwt_make(&usual, &token), 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(jwt_make(&others[i].request, &other), 0);
        assert_int_equal(strcmp(token, other) == 0, others[i].same);
        free(other);
    }
    free(token);
}

static void what_is_no_text_gets_no_token(void **state)
{
    (void)state;
    char *token = NULL;

    assert_int_equal(jwt_make(&(struct jwt_request){ "\xff", "key", "GET", "/", "", 1 }, &token), -EINVAL);
    assert_null(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_own_token),
        cmocka_unit_test(tokens_of_requests),
        cmocka_unit_test(what_is_bound),
        cmocka_unit_test(what_is_no_text_gets_no_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
