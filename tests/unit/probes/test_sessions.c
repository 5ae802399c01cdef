/* The cache of TLS sessions: the latest of each peer, and never more than its bound. */
#include "probes/sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct session_peer peer(const char *name)
{
    return (struct session_peer){ name, strlen(name) };
}

static void put(struct sessions *sessions, const char *name, const char *data, int64_t born_ms)
{
    assert_int_equal(sessions_put(sessions, peer(name), data, strlen(data), born_ms), 0);
}

static void assert_session(struct sessions *sessions, const char *name, const char *data, int64_t born_ms)
{
    size_t bytes = 0;
    int64_t born = 0;
    const void *got = sessions_get(sessions, peer(name), &bytes, &born);

    if (!data) {
        assert_null(got);
        return;
    }
    assert_non_null(got);
    assert_int_equal(bytes, strlen(data));
    assert_memory_equal(got, data, bytes);
    assert_int_equal(born, born_ms);
}

static void keeps_the_latest_of_each_peer(void **state)
{
    (void)state;
    struct sessions *sessions = NULL;

    assert_int_equal(sessions_new(0, &sessions), -EINVAL);
    assert_int_equal(sessions_new(10, &sessions), 0);
    put(sessions, "a:1", "first", 1);
    put(sessions, "a:11", "other", 2);
    put(sessions, "a:1", "second one", 3);
    assert_session(sessions, "a:1", "second one", 3);
    assert_session(sessions, "a:11", "other", 2);
    assert_session(sessions, "a:", NULL, 0);
    assert_int_equal(sessions_count(sessions), 2);
    sessions_drop(sessions, peer("a:1"));
    sessions_drop(sessions, peer("a:1"));
    assert_session(sessions, "a:1", NULL, 0);
    assert_int_equal(sessions_count(sessions), 1);
    sessions_free(sessions);
    sessions_free(NULL);
}

static void drops_the_least_recently_used_first(void **state)
{
    (void)state;
    struct sessions *sessions = NULL;

    assert_int_equal(sessions_new(3, &sessions), 0);
    put(sessions, "a", "A", 1);
    put(sessions, "b", "B", 1);
    put(sessions, "c", "C", 1);
    assert_session(sessions, "a", "A", 1);
    put(sessions, "d", "D", 1);
    assert_session(sessions, "b", NULL, 0);
    put(sessions, "c", "C2", 1);
    put(sessions, "e", "E", 1);
    assert_session(sessions, "a", NULL, 0);
    assert_session(sessions, "c", "C2", 1);
    assert_session(sessions, "d", "D", 1);
    assert_session(sessions, "e", "E", 1);
    assert_int_equal(sessions_count(sessions), 3);
    sessions_free(sessions);
}

static void is_an_lru_of_its_size_under_many_peers(void **state)
{
    (void)state;
    enum { MAX = 100, PEERS = 1000 };
    struct sessions *sessions = NULL;
    char name[16];

    assert_int_equal(sessions_new(MAX, &sessions), 0);
    for (int i = 0; i < PEERS; i++) {
        snprintf(name, sizeof name, "host-%d:443", i);
        put(sessions, name, name, i);
    }
    assert_int_equal(sessions_count(sessions), MAX);
    for (int i = 0; i < PEERS; i++) {
        snprintf(name, sizeof name, "host-%d:443", i);
        assert_session(sessions, name, i < PEERS - MAX ? NULL : name, i);
    }
    sessions_free(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_latest_of_each_peer),
        cmocka_unit_test(drops_the_least_recently_used_first),
        cmocka_unit_test(is_an_lru_of_its_size_under_many_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
