/* The worker pool against small servers on loopback: each behaviour has its cause, each job exactly one answer, and
 * nothing that is in flight holds up the rest or the end. */
#include "asking.h"
#include "peer.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <sys/resource.h>

enum { TIMEOUT_MS = 400, SLOW_LOOKUP_MS = 2500 };

/* Name lookups stay in this program: one name that is not there, and one whose servers do not answer. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
    if (name && strcmp(name, "missing.test") == 0)
        return EAI_NONAME;
    if (name && strcmp(name, "slow.test") == 0) {
        usleep(SLOW_LOOKUP_MS * 1000);
        return EAI_AGAIN;
    }
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    return next(name, service, hints, ret);
}

static const struct probe_settings *settings_of(enum driver driver, const char *marker, uint32_t timeout_ms)
{
    const struct probe_settings *settings = probe_settings_new(&(struct probe_settings){
        .driver = driver, .timeout_ms = timeout_ms, .body_max_bytes = 65536, .marker = marker, .user_agent = "test" });

    assert_non_null(settings);
    return settings;
}

struct pool_test {
    struct worker_pool *pool;
    int fd;
    const struct probe_settings *listener, *server;
};

static int set_up(void **state)
{
    struct pool_test *test = calloc(1, sizeof *test);

    assert_non_null(test);
    assert_int_equal(worker_pool_new(2, 300, &test->pool, &test->fd), 0);
    test->listener = settings_of(DRIVER_LISTENER, "!CRYPT!", TIMEOUT_MS);
    test->server = settings_of(DRIVER_SERVER, "-2", TIMEOUT_MS);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct pool_test *test = *state;

    worker_pool_free(test->pool);
    probe_settings_unref(test->listener);
    probe_settings_unref(test->server);
    free(test);
    return 0;
}

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
    const char *what;
    enum peer_way way;
    const char *answer;
    enum cause cause;
    const char *detail; /* NULL: any but none */
} behaviours[] = {
    { "healthy", PEER_ANSWERS, PEER_HEALTHY, CAUSE_NONE, "" },
    { "healthy, chunked", PEER_ANSWERS, OK "Transfer-Encoding: chunked\r\n\r\n4\r\nxx!C\r\n5\r\nRYPT!\r\n0\r\n\r\n",
      CAUSE_NONE, "" },
    { "healthy, after an interim answer", PEER_ANSWERS, "HTTP/1.1 100 Continue\r\n\r\n" PEER_HEALTHY, CAUSE_NONE, "" },
    { "healthy, HTTP/1.0", PEER_ANSWERS, "HTTP/1.0 200 OK\r\n\r\n!CRYPT!", CAUSE_NONE, "" },
    { "says nothing", PEER_HANGS, "", CAUSE_TIMED_OUT, NULL },
    { "drips over the deadline", PEER_DRIPS, OK "\r\n!CRYPT!", CAUSE_TIMED_OUT, NULL },
    { "floods", PEER_FLOODS, OK "\r\n!CRYPT!", CAUSE_TOO_LARGE, "the answer is larger than allowed" },
    { "announces a large body", PEER_ANSWERS, OK "Content-Length: 1073741824\r\n\r\n!CRYPT!", CAUSE_TOO_LARGE,
      "the answer is larger than allowed" },
    { "headers without an end", PEER_FLOODS, OK "X-Filler: 4567\r\n", CAUSE_TOO_LARGE,
      "the answer is larger than allowed" },
    { "resets in the answer", PEER_RESETS, OK "Content-Length: 100\r\n\r\n!CRYPT!", CAUSE_RESET, NULL },
    { "closes in the answer", PEER_ANSWERS, OK "Content-Length: 100\r\n\r\n!CRYPT!", CAUSE_RESET, NULL },
    { "closes early", PEER_CLOSES_EARLY, "", CAUSE_RESET, NULL },
    { "closes after the request", PEER_ANSWERS, "", CAUSE_RESET, NULL },
    { "another body", PEER_ANSWERS, OK "Content-Length: 5\r\n\r\nhello", CAUSE_WRONG_ANSWER,
      "the answer does not contain the marker" },
    { "no body", PEER_ANSWERS, OK "Content-Length: 0\r\n\r\n", CAUSE_WRONG_ANSWER,
      "the answer does not contain the marker" },
    { "redirects to itself", PEER_ANSWERS,
      "HTTP/1.1 302 Found\r\nLocation: /?CAVIT\r\nContent-Length: 7\r\n\r\n!CRYPT!", CAUSE_WRONG_ANSWER,
      "HTTP status 302 (redirects are not followed)" },
    { "401", PEER_ANSWERS, "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
      CAUSE_AUTHENTICATION_FAILED, "HTTP status 401" },
    { "403", PEER_ANSWERS, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", CAUSE_FORBIDDEN, "HTTP status 403" },
    { "500", PEER_ANSWERS, "HTTP/1.1 500 Oops\r\nContent-Length: 7\r\n\r\n!CRYPT!", CAUSE_HTTP_ERROR,
      "HTTP status 500" },
    { "not HTTP", PEER_ANSWERS, "SSH-2.0-x\r\n!CRYPT!", CAUSE_PROTOCOL_ERROR, NULL },
    { "binary", PEER_ANSWERS, "\x01\x02\xff\xfe\r\n\r\n!CRYPT!", CAUSE_PROTOCOL_ERROR, NULL },
    { "a bad chunk", PEER_ANSWERS, OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n!CRYPT!", CAUSE_PROTOCOL_ERROR, NULL },
};

static void each_behaviour_has_its_cause(void **state)
{
    const struct pool_test *test = *state;
    char url[64];

    for (size_t i = 0; i < sizeof behaviours / sizeof *behaviours; i++) {
        struct peer *peer = peer_new("127.77.1.1", behaviours[i].way, behaviours[i].answer, NULL);
        const struct probe_answer answer = ask(test->pool, test->fd, test->listener, peer_url(peer, url, sizeof url));
        const struct observation *seen = &answer.observation;
        const bool detail_is_right =
            behaviours[i].detail ? strcmp(answer.detail, behaviours[i].detail) == 0 : answer.detail[0] != '\0';
        if (seen->cause != behaviours[i].cause || !detail_is_right)
            fail_msg("%s: %s, \"%s\"", behaviours[i].what, cause_name(seen->cause), answer.detail);
        assert_null(strstr(answer.detail, "CRYPT"));
        assert_true(seen->heard);
        assert_int_equal(seen->driver, DRIVER_LISTENER);
        assert_int_equal(seen->has, HAS_SERVER_SIDE);
        assert_true(seen->rtt_ms >= 1);
        if (seen->cause == CAUSE_TIMED_OUT)
            assert_in_range(seen->rtt_ms, TIMEOUT_MS, TIMEOUT_MS + 1000);
        peer_free(peer);
    }
}

static void a_redirect_is_asked_once(void **state)
{
    const struct pool_test *test = *state;
    struct peer *peer = peer_new("127.77.1.1", PEER_ANSWERS, "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", NULL);
    char url[64];

    ask(test->pool, test->fd, test->listener, peer_url(peer, url, sizeof url));
    assert_int_equal(atomic_load(&peer->accepted), 1);
    peer_free(peer);
}

static void a_body_may_be_as_large_as_allowed(void **state)
{
    const struct pool_test *test = *state;
    enum { BODY_MAX = 65536 };
    static char answer[BODY_MAX + 256];
    char url[64];

    for (size_t beyond = 0; beyond < 2; beyond++) {
        /* Its length is not announced: it has to be counted. */
        const int header = snprintf(answer, sizeof answer, "HTTP/1.0 200 OK\r\n\r\n!CRYPT!");
        const size_t end = (size_t)header - 7 + BODY_MAX + beyond;
        memset(answer + header, 'x', end - (size_t)header);
        answer[end] = '\0';
        struct peer *peer = peer_new("127.77.1.1", PEER_ANSWERS, answer, NULL);
        const struct probe_answer seen = ask(test->pool, test->fd, test->listener, peer_url(peer, url, sizeof url));
        assert_int_equal(seen.observation.cause, beyond ? CAUSE_TOO_LARGE : CAUSE_NONE);
        peer_free(peer);
    }
}

static void a_server_answers_its_marker_alone(void **state)
{
    const struct pool_test *test = *state;
    static const struct {
        const char *answer;
        enum cause cause;
    } answers[] = { { OK "\r\n-2\r\n", CAUSE_NONE }, { OK "\r\n-2 and more", CAUSE_WRONG_ANSWER } };
    char url[64];

    for (size_t i = 0; i < 2; i++) {
        struct peer *peer = peer_new("127.77.1.1", PEER_ANSWERS, answers[i].answer, NULL);
        const struct probe_answer answer = ask(test->pool, test->fd, test->server, peer_url(peer, url, sizeof url));
        assert_int_equal(answer.observation.cause, answers[i].cause);
        assert_int_equal(answer.observation.has, 0);
        peer_free(peer);
    }
}

static void nobody_there_has_its_causes_too(void **state)
{
    const struct pool_test *test = *state;
    uint16_t port;
    char url[64];
    struct probe_answer answer;

    const int bound = peer_bind("127.77.1.1", false, &port);
    assert_true(bound >= 0);
    snprintf(url, sizeof url, "http://127.77.1.1:%u/", port);
    answer = ask(test->pool, test->fd, test->listener, url);
    assert_int_equal(answer.observation.cause, CAUSE_REFUSED);
    assert_true(answer.observation.heard);
    assert_true(answer.observation.rtt_ms >= 1);
    close(bound);

    answer = ask(test->pool, test->fd, test->listener, "http://missing.test:21112/?CAVIT");
    assert_int_equal(answer.observation.cause, CAUSE_NAME_NOT_FOUND);
    assert_false(answer.observation.heard);

    answer = ask(test->pool, test->fd, test->listener, "ftp://127.77.1.1/");
    assert_int_equal(answer.observation.cause, CAUSE_PROTOCOL_ERROR);
    assert_false(answer.observation.heard);
}

static void without_a_descriptor_nothing_is_known_of_anybody(void **state)
{
    const struct pool_test *test = *state;
    struct peer *peer = peer_new("127.77.1.1", PEER_ANSWERS, PEER_HEALTHY, NULL);
    char url[64];
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = { .rlim_cur = STDERR_FILENO + 1, .rlim_max = limit.rlim_max };

    peer_url(peer, url, sizeof url);
    ask(test->pool, test->fd, test->listener, url);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const struct probe_answer of_address = ask(test->pool, test->fd, test->listener, url);
    const struct probe_answer of_name = ask(test->pool, test->fd, test->listener, "http://missing.test:21112/?CAVIT");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(of_address.observation.cause, CAUSE_CANCELLED);
    assert_int_equal(of_name.observation.cause, CAUSE_CANCELLED);
    assert_int_equal(ask(test->pool, test->fd, test->listener, url).observation.cause, CAUSE_NONE);
    peer_free(peer);
}

static void a_host_that_drops_everything_is_not_heard(void **state)
{
    const struct pool_test *test = *state;
    const struct peer_deaf deaf = peer_deaf_new("127.77.1.9");
    struct peer *peer = peer_new("127.77.1.1", PEER_ANSWERS, PEER_HEALTHY, NULL);
    char url[64];

    /* A handle that connected once must not remember it. */
    ask(test->pool, test->fd, test->listener, peer_url(peer, url, sizeof url));
    snprintf(url, sizeof url, "http://127.77.1.9:%u/", deaf.port);
    const struct probe_answer answer = ask(test->pool, test->fd, test->listener, url);
    assert_int_equal(answer.observation.cause, CAUSE_TIMED_OUT);
    assert_false(answer.observation.heard);
    peer_deaf_free(&deaf);
    peer_free(peer);
}

static void a_slow_lookup_holds_nobody_up(void **state)
{
    (void)state;
    struct worker_pool *pool;
    const struct probe_settings *settings = settings_of(DRIVER_LISTENER, "!CRYPT!", TIMEOUT_MS);
    struct peer *peer = peer_new("127.77.1.1", PEER_ANSWERS, PEER_HEALTHY, NULL);
    char url[64];
    int fd;

    assert_int_equal(worker_pool_new(1, 10, &pool, &fd), 0);
    /* A handle that resolved once must not remember it. */
    assert_int_equal(ask(pool, fd, settings, peer_url(peer, url, sizeof url)).observation.cause, CAUSE_NONE);
    const int64_t start_ms = mono_now_ms();
    submit(pool, settings, "http://slow.test/", 1, 1);
    const struct probe_answer slow = wait_answer(pool, fd);
    assert_int_equal(slow.observation.cause, CAUSE_NAME_NOT_FOUND);
    assert_false(slow.observation.heard);
    const struct probe_answer quick = ask(pool, fd, settings, peer_url(peer, url, sizeof url));
    assert_int_equal(quick.observation.cause, CAUSE_NONE);
    assert_true(mono_now_ms() - start_ms < SLOW_LOOKUP_MS / 2);

    submit(pool, settings, "http://slow.test/", 1, 1);
    usleep(50000);
    const int64_t stop_ms = mono_now_ms();
    worker_pool_free(pool);
    assert_true(mono_now_ms() - stop_ms < 1000);
    peer_free(peer);
    probe_settings_unref(settings);
}

static void every_job_is_answered_exactly_once(void **state)
{
    const struct pool_test *test = *state;
    enum { JOBS = 4000, PEERS = 4 };
    struct peer *peers[PEERS];
    static unsigned answered[JOBS];
    char urls[PEERS + 1][64], host[16];
    struct probe_answer answers[37];
    uint16_t port;
    unsigned refusals = 0, by_cause[CAUSE_LAST + 1] = { 0 };
    const int nobody = peer_bind("127.77.2.9", false, &port);
    /* However busy the machine is: what is counted here is answers. */
    const struct probe_settings *patient = settings_of(DRIVER_LISTENER, "!CRYPT!", 60000);

    for (int i = 0; i < PEERS; i++) {
        snprintf(host, sizeof host, "127.77.2.%d", i + 1);
        peers[i] = peer_new(host, i == 1 ? PEER_CLOSES_EARLY : PEER_ANSWERS, PEER_HEALTHY, NULL);
        peer_url(peers[i], urls[i], sizeof urls[i]);
    }
    snprintf(urls[PEERS], sizeof urls[PEERS], "http://127.77.2.9:%u/", port);

    unsigned next = 0, done = 0;
    while (done < JOBS) {
        for (; next < JOBS; next++) {
            const struct probe_job job = {
                .settings = probe_settings_ref(patient),
                .target = probe_target_new(&(struct probe_target){
                    .subject = SUBJECT_AGENT, .index = next / 2, .where = urls[next % (PEERS + 1)], .name = "x" }),
                .ticket = next
            };
            const int error = worker_pool_submit(test->pool, &job);
            if (error) {
                assert_int_equal(error, -EAGAIN);
                probe_settings_unref(job.settings);
                probe_target_unref(job.target);
                refusals++;
                break;
            }
        }
        worker_pool_flush(test->pool);
        struct pollfd ready = { .fd = test->fd, .events = POLLIN };
        assert_int_equal(poll(&ready, 1, ANSWER_WAIT_MS), 1);
        const size_t got = worker_pool_collect(test->pool, answers, sizeof answers / sizeof *answers);
        for (size_t i = 0; i < got; i++) {
            assert_true(answers[i].ticket < JOBS);
            assert_int_equal(answers[i].observation.index, answers[i].ticket / 2);
            answered[answers[i].ticket]++;
            by_cause[answers[i].observation.cause]++;
        }
        done += (unsigned)got;
    }
    for (unsigned i = 0; i < JOBS; i++)
        assert_int_equal(answered[i], 1);
    assert_int_equal(worker_pool_collect(test->pool, answers, 1), 0);
    assert_true(refusals > 0);
    assert_int_equal(by_cause[CAUSE_NONE], JOBS / 5 * 3);
    assert_int_equal(by_cause[CAUSE_RESET], JOBS / 5);
    assert_int_equal(by_cause[CAUSE_REFUSED], JOBS / 5);
    for (int i = 0; i < PEERS; i++)
        peer_free(peers[i]);
    probe_settings_unref(patient);
    close(nobody);
}

static void it_stops_at_once_whatever_is_in_flight(void **state)
{
    (void)state;
    enum { JOBS = 600 };
    struct worker_pool *pool;
    struct peer *peer = peer_new("127.77.3.1", PEER_HANGS, "", NULL);
    char url[64];
    int fd;
    const struct probe_settings *settings = probe_settings_new(&(struct probe_settings){
        .driver = DRIVER_LISTENER, .timeout_ms = 60000, .body_max_bytes = 65536, .marker = "!CRYPT!" });

    assert_int_equal(worker_pool_new(2, JOBS, &pool, &fd), 0);
    for (uint32_t i = 0; i < JOBS; i++)
        submit(pool, settings, peer_url(peer, url, sizeof url), i, i);
    for (int i = 0; i < 200 && atomic_load(&peer->accepted) < JOBS; i++)
        usleep(20000);
    assert_int_equal(atomic_load(&peer->accepted), JOBS);
    submit(pool, settings, "http://slow.test/", 1, 1);
    usleep(20000);
    /* Some more that no worker has looked at yet. */
    for (uint32_t i = 0; i < 50; i++)
        submit(pool, settings, peer_url(peer, url, sizeof url), i, i);
    const int64_t start_ms = mono_now_ms();
    worker_pool_free(pool);
    assert_true(mono_now_ms() - start_ms < 1000);
    assert_int_equal(probe_settings_references(settings), 1);
    probe_settings_unref(settings);
    peer_free(peer);
}

static void it_knows_nonsense_when_it_sees_it(void **state)
{
    const struct pool_test *test = *state;
    struct worker_pool *pool = NULL;
    int fd = -1;
    const struct probe_settings *nobody = settings_of(DRIVER_VISION, "", TIMEOUT_MS);

    assert_int_equal(worker_pool_new(0, 10, &pool, &fd), -EINVAL);
    assert_int_equal(worker_pool_new(1, 0, &pool, &fd), -EINVAL);
    assert_null(pool);
    worker_pool_free(NULL);
    const struct probe_answer answer = ask(test->pool, test->fd, nobody, "http://127.77.1.1/");
    assert_int_equal(answer.observation.cause, CAUSE_CANCELLED);
    assert_false(answer.observation.heard);
    probe_settings_unref(nobody);
}

static void settings_that_nobody_uses_any_more_are_let_go(void **state)
{
    (void)state;
    struct worker_pool *pool;
    struct peer *peer = peer_new("127.77.1.1", PEER_ANSWERS, PEER_HEALTHY, NULL);
    const struct probe_settings *old = settings_of(DRIVER_LISTENER, "!CRYPT!", TIMEOUT_MS);
    const struct probe_settings *watcher = probe_settings_keep(old), /* as an asker does */
        *new = settings_of(DRIVER_LISTENER, "abc", TIMEOUT_MS);
    enum { INDEXES = 16 }; /* so many that both workers are asked */
    char url[64];
    int fd;

    assert_int_equal(worker_pool_new(2, INDEXES, &pool, &fd), 0);
    peer_url(peer, url, sizeof url);
    for (uint32_t index = 0; index < INDEXES; index++) {
        submit(pool, old, url, index, index);
        struct probe_answer answer = wait_answer(pool, fd);
        assert_int_equal(answer.observation.cause, CAUSE_NONE);
    }
    assert_int_equal(probe_settings_references(watcher), 4); /* ours, the watcher's, and each worker's */
    assert_true(probe_settings_in_use(watcher));
    probe_settings_unref(old);
    assert_false(probe_settings_in_use(watcher));
    /* Now askers alone hold them, and new settings make the workers look. */
    for (uint32_t index = 0; index < INDEXES; index++) {
        submit(pool, new, url, index, index);
        struct probe_answer answer = wait_answer(pool, fd);
        assert_int_equal(answer.observation.cause, CAUSE_NONE);
    }
    assert_int_equal(probe_settings_references(watcher), 1);
    probe_settings_let_go(watcher);
    worker_pool_free(pool);
    assert_int_equal(probe_settings_references(new), 1);
    probe_settings_unref(new);
    peer_free(peer);
}

int main(void)
{
#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        POOL_TEST(each_behaviour_has_its_cause),
        POOL_TEST(a_redirect_is_asked_once),
        POOL_TEST(a_body_may_be_as_large_as_allowed),
        POOL_TEST(a_server_answers_its_marker_alone),
        POOL_TEST(nobody_there_has_its_causes_too),
        POOL_TEST(without_a_descriptor_nothing_is_known_of_anybody),
        POOL_TEST(a_host_that_drops_everything_is_not_heard),
        POOL_TEST(it_knows_nonsense_when_it_sees_it),
        POOL_TEST(every_job_is_answered_exactly_once),
        cmocka_unit_test(a_slow_lookup_holds_nobody_up),
        cmocka_unit_test(it_stops_at_once_whatever_is_in_flight),
        cmocka_unit_test(settings_that_nobody_uses_any_more_are_let_go),
    };
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
