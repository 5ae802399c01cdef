/* What a console says back of what it was sent: no part of a secret gets into a detail, and so into a log. */
#include "probes/console.h"

#include "peer.h"
#include "probes/jwt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <curl/curl.h>

static int take_agent(void *user, const struct console_agent *agent)
{
    (void)user;
    (void)agent;
    return 0;
}

static int take_record(void *user, const struct console_record *record)
{
    (void)user;
    (void)record;
    return 0;
}

/* One round with a console that refuses with that body. */
static void read_refusal(enum driver driver, const char *secret, const char *body, struct console_round *round)
{
    const struct console_sink sink = { NULL, take_agent, take_record };
    char answer[1024], url[128];

    snprintf(answer, sizeof answer, "HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    struct peer *peer = peer_new("127.0.0.1", PEER_ANSWERS, answer, NULL);
    snprintf(url, sizeof url, "http://%s:%u", peer->host, peer->port);
    const struct console_settings settings = { .driver = driver,
                                               .name = "hq",
                                               .url = url,
                                               .application_id = "id",
                                               .api_key = secret,
                                               .token = secret,
                                               .ca_file = "",
                                               .pin = "",
                                               .timeout_ms = 5000,
                                               .round_timeout_ms = 10000,
                                               .body_max_bytes = 1000000,
                                               .agents_max = 10 };
    struct console *console = console_new(&settings);
    assert_non_null(console);
    assert_int_equal(console_read(console, &sink, NULL, NULL, round), 0);
    console_free(console);
    peer_free(peer);
}

/* Of a long secret, a part is enough. Of a token that is made anew each time, the beginning is always the same. */
static void no_part_of_a_secret_is_shown(void **state)
{
    (void)state;
    static const char secret[] = "a-token-of-more-than-thirty-two-bytes";
    const struct jwt_request request = {
        .application_id = "id", .key = secret, .method = "GET", .target = "/", .body = "", .issued_s = 1
    };
    char *jwt = NULL;
    assert_int_equal(jwt_make(&request, &jwt), 0);
    const struct {
        enum driver driver;
        const char *said;
        int bytes;
        bool is_shown;
    } rows[] = {
        { DRIVER_VISION, secret, 37, false },      { DRIVER_VISION, secret + 5, 16, false },
        { DRIVER_VISION, secret + 21, 16, false }, { DRIVER_VISION, secret + 5, 15, true },
        { DRIVER_CENTRAL, secret + 5, 16, false }, { DRIVER_CENTRAL, jwt, 36, false },
        { DRIVER_CENTRAL, jwt, 16, false },        { DRIVER_CENTRAL, jwt, 15, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char body[256];
        struct console_round round = { .cause = 0 };
        snprintf(body, sizeof body, "{\"error\":{\"message\":\"Bad: <%.*s\"}}", rows[i].bytes, rows[i].said);
        read_refusal(rows[i].driver, secret, body, &round);
        assert_int_equal(round.cause, CAUSE_AUTHENTICATION_FAILED);
        if (!strstr(round.detail, "with a secret in it") != rows[i].is_shown ||
            !strchr(round.detail, '<') == rows[i].is_shown)
            fail_msg("%zu: %s", i, round.detail);
    }
    free(jwt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_part_of_a_secret_is_shown),
    };
    curl_global_init(CURL_GLOBAL_ALL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
