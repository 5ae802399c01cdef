/* The worker pool connecting alone, as reference servers are asked: each end has its cause, nothing is sent, and no
 * connection stays. */
#include "asking.h"
#include "peer.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>

enum { TIMEOUT_MS = 400, MANY = 320 };

/* Name lookups stay in this program. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
    (void)name, (void)service, (void)hints, (void)ret;
    return EAI_NONAME;
}

struct pool_test {
    struct worker_pool *pool;
    int fd;
    const struct probe_settings *settings;
};

static int set_up(void **state)
{
    struct pool_test *test = calloc(1, sizeof *test);

    assert_non_null(test);
    assert_int_equal(worker_pool_new(2, MANY, &test->pool, &test->fd), 0);
    test->settings =
        probe_settings_new(&(struct probe_settings){ .driver = DRIVER_LOCATION, .timeout_ms = TIMEOUT_MS });
    assert_non_null(test->settings);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct pool_test *test = *state;

    worker_pool_free(test->pool);
    probe_settings_unref(test->settings);
    free(test);
    return 0;
}

static struct probe_answer connect_to(const struct pool_test *test, const char *host, uint16_t port)
{
    char url[128];

    snprintf(url, sizeof url, "http://%s:%u", host, port);
    return ask(test->pool, test->fd, test->settings, url);
}

static void a_connection_that_is_accepted_is_the_good_answer(void **state)
{
    const struct pool_test *test = *state;
    /* What a peer does once it was connected to is none of our business. */
    static const enum peer_way ways[] = { PEER_ANSWERS, PEER_BLURTS, PEER_HANGS, PEER_CLOSES_EARLY };

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct peer *peer = peer_new("127.77.2.1", ways[i], "SSH-2.0-x\r\n", NULL);
        const struct probe_answer answer = connect_to(test, peer->host, peer->port);
        assert_int_equal(answer.observation.cause, CAUSE_NONE);
        assert_string_equal(answer.detail, "");
        assert_int_equal(answer.observation.driver, DRIVER_LOCATION);
        assert_int_equal(answer.observation.has, 0);
        assert_true(answer.observation.heard);
        assert_in_range(answer.observation.rtt_ms, 1, TIMEOUT_MS);
        peer_free(peer);
    }
}

/* The peer reads the end of the connection before a byte of a request. */
static void nothing_is_sent(void **state)
{
    const struct pool_test *test = *state;
    uint16_t port;
    const int listener = peer_bind("127.77.2.2", true, &port);
    char byte;

    assert_true(listener >= 0);
    assert_int_equal(connect_to(test, "127.77.2.2", port).observation.cause, CAUSE_NONE);
    struct pollfd ready = { .fd = listener, .events = POLLIN };
    assert_int_equal(poll(&ready, 1, 1000), 1);
    const int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    ready = (struct pollfd){ .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&ready, 1, 1000), 1);
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    close(fd);
    close(listener);
}

static void nobody_there_has_its_cause(void **state)
{
    const struct pool_test *test = *state;
    uint16_t port;
    const int bound = peer_bind("127.77.2.3", false, &port);
    struct probe_answer answer;

    assert_true(bound >= 0);
    answer = connect_to(test, "127.77.2.3", port);
    assert_int_equal(answer.observation.cause, CAUSE_REFUSED);
    assert_true(answer.observation.heard);
    assert_string_not_equal(answer.detail, "");
    close(bound);
    answer = connect_to(test, "dc1.missing.test", 389);
    assert_int_equal(answer.observation.cause, CAUSE_NAME_NOT_FOUND);
    assert_false(answer.observation.heard);
}

static void a_full_backlog_is_silence(void **state)
{
    const struct pool_test *test = *state;
    const struct peer_deaf deaf = peer_deaf_new("127.77.2.4");
    const struct probe_answer answer = connect_to(test, "127.77.2.4", deaf.port);
    assert_int_equal(answer.observation.cause, CAUSE_TIMED_OUT);
    assert_false(answer.observation.heard);
    assert_in_range(answer.observation.rtt_ms, TIMEOUT_MS, TIMEOUT_MS + 1000);
    peer_deaf_free(&deaf);
}

static size_t open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t n = 0;

    assert_non_null(folder);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

static void as_many_as_there_may_be_go_at_once_and_leave_nothing_behind(void **state)
{
    const struct pool_test *test = *state;
    struct peer *peer = peer_new("127.77.2.5", PEER_CLOSES_EARLY, "", NULL);
    char url[64];

    connect_to(test, peer->host, peer->port);
    const size_t before = open_descriptors();
    peer_url(peer, url, sizeof url);
    for (uint32_t index = 1; index <= MANY; index++)
        submit(test->pool, test->settings, url, index, index);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(wait_answer(test->pool, test->fd).observation.cause, CAUSE_NONE);
    assert_true(open_descriptors() <= before + 2); /* the peer may still hold one that it was given */
    peer_free(peer);
}

static void who_reads_along_sees_whom_it_connected_to(void **state)
{
    const struct pool_test *test = *state;
    struct peer *peer = peer_new("127.77.2.6", PEER_HANGS, "", NULL);
    char url[64];

    peer_url(peer, url, sizeof url);
    const struct probe_job job = {
        .settings = probe_settings_ref(test->settings),
        .target = probe_target_new(
            &(struct probe_target){ .subject = SUBJECT_REFERENCE, .index = 1, .where = url, .name = "dc1:389" }),
        .transcript = transcript_new(),
    };
    assert_int_equal(worker_pool_submit(test->pool, &job), 0);
    worker_pool_flush(test->pool);
    struct probe_answer answer = wait_answer(test->pool, test->fd);
    assert_int_equal(answer.observation.subject, SUBJECT_REFERENCE);
    assert_int_equal(transcript_count(answer.transcript), 1);
    assert_string_equal(transcript_at(answer.transcript, 0)->question, "connect to dc1:389");
    probe_answer_done(&answer);
    peer_free(peer);
}

int main(void)
{
#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        POOL_TEST(a_connection_that_is_accepted_is_the_good_answer),
        POOL_TEST(nothing_is_sent),
        POOL_TEST(nobody_there_has_its_cause),
        POOL_TEST(a_full_backlog_is_silence),
        POOL_TEST(as_many_as_there_may_be_go_at_once_and_leave_nothing_behind),
        POOL_TEST(who_reads_along_sees_whom_it_connected_to),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
