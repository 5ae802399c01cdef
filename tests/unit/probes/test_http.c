/* From outcomes to causes, as a table. */
#include "probes/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static const struct {
    const char *what;
    struct http_outcome outcome;
    enum cause cause;
    bool heard;
} cases[] = {
#define SEEN .resolved = true, .connected = true
    { "healthy", { .result = CURLE_OK, .status = 200, SEEN, .healthy = true }, CAUSE_NONE, true },
    { "another 2xx, healthy", { .result = CURLE_OK, .status = 206, SEEN, .healthy = true }, CAUSE_NONE, true },
    { "another body", { .result = CURLE_OK, .status = 200, SEEN }, CAUSE_WRONG_ANSWER, true },
    { "no content", { .result = CURLE_OK, .status = 204, SEEN }, CAUSE_WRONG_ANSWER, true },
    { "redirect", { .result = CURLE_OK, .status = 302, SEEN }, CAUSE_WRONG_ANSWER, true },
    { "redirect with the marker",
      { .result = CURLE_OK, .status = 302, SEEN, .healthy = true },
      CAUSE_WRONG_ANSWER,
      true },
    { "400", { .result = CURLE_OK, .status = 400, SEEN }, CAUSE_HTTP_ERROR, true },
    { "401", { .result = CURLE_OK, .status = 401, SEEN }, CAUSE_AUTHENTICATION_FAILED, true },
    { "402", { .result = CURLE_OK, .status = 402, SEEN }, CAUSE_HTTP_ERROR, true },
    { "403", { .result = CURLE_OK, .status = 403, SEEN }, CAUSE_FORBIDDEN, true },
    { "404", { .result = CURLE_OK, .status = 404, SEEN }, CAUSE_HTTP_ERROR, true },
    { "503 with the marker", { .result = CURLE_OK, .status = 503, SEEN, .healthy = true }, CAUSE_HTTP_ERROR, true },
    { "status 0", { .result = CURLE_OK, .status = 0, SEEN, .healthy = true }, CAUSE_PROTOCOL_ERROR, true },
    { "status 700", { .result = CURLE_OK, .status = 700, SEEN, .healthy = true }, CAUSE_PROTOCOL_ERROR, true },

    { "no such name", { .result = CURLE_COULDNT_RESOLVE_HOST }, CAUSE_NAME_NOT_FOUND, false },
    { "late name", { .result = CURLE_OPERATION_TIMEDOUT }, CAUSE_NAME_NOT_FOUND, false },
    { "no connection in time", { .result = CURLE_OPERATION_TIMEDOUT, .resolved = true }, CAUSE_TIMED_OUT, false },
    { "time that passed unseen",
      { .result = CURLE_OPERATION_TIMEDOUT, SEEN, .overslept = true },
      CAUSE_CANCELLED,
      true },
    { "no answer in time", { .result = CURLE_OPERATION_TIMEDOUT, SEEN }, CAUSE_TIMED_OUT, true },

#define CONNECT(number)                                                                                                \
    {                                                                                                                  \
        CURLE_COULDNT_CONNECT, .os_errno = (number), .resolved = true                                                  \
    }
    { "refused", CONNECT(ECONNREFUSED), CAUSE_REFUSED, true },
    { "reset on connect", CONNECT(ECONNRESET), CAUSE_RESET, true },
    { "connect timed out", CONNECT(ETIMEDOUT), CAUSE_TIMED_OUT, false },
    { "host unreachable", CONNECT(EHOSTUNREACH), CAUSE_UNREACHABLE, false },
    { "net unreachable", CONNECT(ENETUNREACH), CAUSE_UNREACHABLE, false },
    { "prohibited", CONNECT(EACCES), CAUSE_UNREACHABLE, false },
    { "filtered here", CONNECT(EPERM), CAUSE_UNREACHABLE, false },
    { "no connection, no reason", CONNECT(0), CAUSE_UNREACHABLE, false },
    { "no descriptors", CONNECT(EMFILE), CAUSE_CANCELLED, false },

    { "reset", { .result = CURLE_RECV_ERROR, .os_errno = ECONNRESET, SEEN }, CAUSE_RESET, true },
    { "reset while sending", { .result = CURLE_SEND_ERROR, .os_errno = EPIPE, SEEN }, CAUSE_RESET, true },
    { "cut", { .result = CURLE_PARTIAL_FILE, SEEN }, CAUSE_RESET, true },
    { "closed without an answer", { .result = CURLE_GOT_NOTHING, SEEN }, CAUSE_RESET, true },
    { "route lost", { .result = CURLE_RECV_ERROR, .os_errno = EHOSTUNREACH, SEEN }, CAUSE_UNREACHABLE, true },
    { "a bad chunk", { .result = CURLE_RECV_ERROR, .status = 200, SEEN }, CAUSE_PROTOCOL_ERROR, true },
    { "an errno of another address",
      { .result = CURLE_RECV_ERROR, .os_errno = ECONNREFUSED, SEEN },
      CAUSE_PROTOCOL_ERROR,
      true },

    { "no common TLS", { .result = CURLE_SSL_CONNECT_ERROR, SEEN, .tls_alert = true }, CAUSE_TLS_REJECTED, true },
    { "not TLS", { .result = CURLE_SSL_CONNECT_ERROR, SEEN }, CAUSE_TLS_REJECTED, true },
    { "reset in the handshake",
      { .result = CURLE_SSL_CONNECT_ERROR, .os_errno = ECONNRESET, SEEN },
      CAUSE_RESET,
      true },
    { "closed in the handshake", { .result = CURLE_SSL_CONNECT_ERROR, SEEN, .tls_cut = true }, CAUSE_RESET, true },
    { "errno of another address, not TLS",
      { .result = CURLE_SSL_CONNECT_ERROR, .os_errno = ECONNREFUSED, SEEN },
      CAUSE_TLS_REJECTED,
      true },
    { "alert after the handshake",
      { .result = CURLE_RECV_ERROR, .os_errno = ECONNRESET, SEEN, .tls_alert = true },
      CAUSE_TLS_REJECTED,
      true },
    { "certificate", { .result = CURLE_PEER_FAILED_VERIFICATION, SEEN }, CAUSE_TLS_REJECTED, true },
    { "pin", { .result = CURLE_SSL_PINNEDPUBKEYNOTMATCH, SEEN }, CAUSE_TLS_REJECTED, true },
    { "our CA file", { .result = CURLE_SSL_CACERT_BADFILE, SEEN }, CAUSE_TLS_REJECTED, true },

    { "announced too large",
      { .result = CURLE_FILESIZE_EXCEEDED, .status = 200, SEEN, .too_large = true },
      CAUSE_TOO_LARGE,
      true },
    { "too large", { .result = CURLE_WRITE_ERROR, .status = 200, SEEN, .too_large = true }, CAUSE_TOO_LARGE, true },
    { "not HTTP", { .result = CURLE_UNSUPPORTED_PROTOCOL, SEEN }, CAUSE_PROTOCOL_ERROR, true },
    { "odd HTTP", { .result = CURLE_WEIRD_SERVER_REPLY, SEEN }, CAUSE_PROTOCOL_ERROR, true },
    { "no URL", { .result = CURLE_URL_MALFORMAT }, CAUSE_PROTOCOL_ERROR, false },
    { "no memory", { .result = CURLE_OUT_OF_MEMORY }, CAUSE_CANCELLED, false },

    /* Through a proxy: it refuses the way, or the user, or can not get there; or the target itself is at fault. */
    { "407 for a plain target", { .result = CURLE_OK, .status = 407, SEEN }, CAUSE_AUTHENTICATION_FAILED, true },
    { "406", { .result = CURLE_OK, .status = 406, SEEN }, CAUSE_HTTP_ERROR, true },
    { "408", { .result = CURLE_OK, .status = 408, SEEN }, CAUSE_HTTP_ERROR, true },
    { "proxy's name", { .result = CURLE_COULDNT_RESOLVE_PROXY }, CAUSE_NAME_NOT_FOUND, false },
    { "407 to CONNECT",
      { .result = CURLE_RECV_ERROR, .connect_status = 407, SEEN },
      CAUSE_AUTHENTICATION_FAILED,
      true },
    { "403 to CONNECT", { .result = CURLE_RECV_ERROR, .connect_status = 403, SEEN }, CAUSE_FORBIDDEN, true },
    { "502 to CONNECT", { .result = CURLE_RECV_ERROR, .connect_status = 502, SEEN }, CAUSE_HTTP_ERROR, true },
    { "cut in the tunnel",
      { .result = CURLE_RECV_ERROR, .connect_status = 200, .os_errno = ECONNRESET, SEEN },
      CAUSE_RESET,
      true },
    { "certificate in the tunnel",
      { .result = CURLE_PEER_FAILED_VERIFICATION, .connect_status = 200, SEEN },
      CAUSE_TLS_REJECTED,
      true },
    { "answered in the tunnel",
      { .result = CURLE_OK, .status = 200, .connect_status = 200, .healthy = true, SEEN },
      CAUSE_NONE,
      true },
    { "SOCKS: no way to log on",
      { .result = CURLE_PROXY, .proxy_error = CURLPX_NO_AUTH, SEEN },
      CAUSE_AUTHENTICATION_FAILED,
      true },
    { "SOCKS: user refused",
      { .result = CURLE_PROXY, .proxy_error = CURLPX_USER_REJECTED, SEEN },
      CAUSE_AUTHENTICATION_FAILED,
      true },
    { "SOCKS: ruleset",
      { .result = CURLE_PROXY, .proxy_error = CURLPX_REPLY_NOT_ALLOWED, SEEN },
      CAUSE_FORBIDDEN,
      true },
    { "SOCKS: refused there",
      { .result = CURLE_PROXY, .proxy_error = CURLPX_REPLY_CONNECTION_REFUSED, SEEN },
      CAUSE_REFUSED,
      true },
    { "SOCKS: no route",
      { .result = CURLE_PROXY, .proxy_error = CURLPX_REPLY_HOST_UNREACHABLE, SEEN },
      CAUSE_UNREACHABLE,
      true },
    { "SOCKS: closed", { .result = CURLE_PROXY, .proxy_error = CURLPX_CLOSED, SEEN }, CAUSE_RESET, true },
    { "SOCKS: nonsense",
      { .result = CURLE_PROXY, .proxy_error = CURLPX_BAD_VERSION, SEEN },
      CAUSE_PROTOCOL_ERROR,
      true },
};

static void each_outcome_has_its_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const enum cause cause = http_cause(&cases[i].outcome);
        if (cause != cases[i].cause || http_heard(&cases[i].outcome, cause) != cases[i].heard)
            fail_msg("%s: %s, heard %d", cases[i].what, cause_name(cause), http_heard(&cases[i].outcome, cause));
    }
}

static void headers_are_read_line_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool is_it;
        const char *value;
    } rows[] = {
        { "Retry-After: 7\r\n", true, "7" },
        { "retry-after:7", true, "7" },
        { "RETRY-AFTER:\t 7 \t\r\n", true, "7" },
        { "Retry-After:\r\n", true, "" },
        { "Retry-After: 1234567890\r\n", true, "1234567" },
        { "Retry-After\r\n", false, "" },
        { "Retry-Afterwards: 7\r\n", false, "" },
        { "X-Retry-After: 7\r\n", false, "" },
        { "\r\n", false, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char value[8] = "";
        assert_int_equal(http_header(rows[i].line, strlen(rows[i].line), "Retry-After", value, sizeof value),
                         rows[i].is_it);
        assert_string_equal(value, rows[i].value);
    }
    static const char date[] = "Date: Thu, 01 Jan 1970 00:01:00 GMT\r\n", none[] = "date: soon\r\n";
    int64_t wall_ms = -1;
    assert_false(http_date(rows[0].line, strlen(rows[0].line), &wall_ms));
    assert_int_equal(wall_ms, -1);
    assert_true(http_date(date, strlen(date), &wall_ms));
    assert_int_equal(wall_ms, 60000);
    assert_true(http_date(none, strlen(none), &wall_ms));
    assert_int_equal(wall_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_outcome_has_its_cause),
                                        cmocka_unit_test(headers_are_read_line_by_line) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
