/* The files driver through the worker pool: what each kind of file and answer makes of it, and a file system that does
 * not answer, which holds up nobody else. */
#include "asking.h"
#include "peer.h"
#include "probes/looking.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { TIMEOUT_MS = 400 };

static atomic_bool stuck; /* the share's server is gone */
static atomic_uint waiting;

/* A path with "share" in it is on a share. Nobody here makes files by this call. */
int open(const char *path, int flags, ...)
{
    int (*next)(const char *, int, ...);

    if (strstr(path, "share") && stuck) {
        waiting++;
        while (stuck)
            usleep(1000);
        waiting--;
    }
    *(void **)&next = dlsym(RTLD_NEXT, "open");
    return next(path, flags);
}

static char folder[] = "/tmp/ah-files-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[8][128];
    static unsigned at;
    char *own = path[at++ % 8];

    snprintf(own, sizeof path[0], "%s/%s", folder, name);
    return own;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

#define SSCFG "[Scan Server]\nStandard_1=https://sps1.example/tmcss\n[Log]\nLevel=3\n"

static const struct probe_settings *settings_of(enum driver driver, bool ages)
{
    const struct probe_settings *settings =
        probe_settings_new(&(struct probe_settings){ .driver = driver,
                                                     .timeout_ms = TIMEOUT_MS,
                                                     .body_max_bytes = REFERENCE_BYTES_MAX,
                                                     .marker = "!CRYPT!",
                                                     .user_agent = "test",
                                                     .ignored = "Log:*",
                                                     .ages = ages });
    assert_non_null(settings);
    return settings;
}

struct pool_test {
    struct worker_pool *pool;
    int fd;
    const struct probe_settings *files;
    const struct reference *reference;
};

static int set_up(void **state)
{
    struct pool_test *test = calloc(1, sizeof *test);

    assert_non_null(test);
    assert_int_equal(worker_pool_new(2, 300, &test->pool, &test->fd), 0);
    test->files = settings_of(DRIVER_FILES, false);
    assert_int_equal(reference_new(SSCFG, sizeof SSCFG - 1, "Log:*", NULL, NULL, &test->reference), 0);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct pool_test *test = *state;

    worker_pool_free(test->pool);
    probe_settings_unref(test->files);
    reference_unref(test->reference);
    free(test);
    return 0;
}

static void ask_for(const struct pool_test *test, const struct probe_settings *settings, enum subject subject,
                    uint32_t index, const char *where)
{
    const struct probe_job job = {
        .settings = probe_settings_ref(settings),
        .target =
            probe_target_new(&(struct probe_target){ .subject = subject, .index = index, .where = where, .name = "x" }),
        .ticket = index,
        .transcript = transcript_new(),
        .reference = subject == SUBJECT_AGENT ? reference_ref(test->reference) : NULL,
    };
    assert_int_equal(worker_pool_submit(test->pool, &job), 0);
    worker_pool_flush(test->pool);
}

static struct probe_answer ask_one(const struct pool_test *test, enum subject subject, const char *where)
{
    ask_for(test, test->files, subject, 7, where);
    const struct probe_answer answer = wait_answer(test->pool, test->fd);
    assert_int_equal(answer.observation.driver, DRIVER_FILES);
    assert_int_equal(transcript_count(answer.transcript), 1);
    assert_int_equal(transcript_at(answer.transcript, 0)->cause, answer.observation.cause);
    return answer;
}

static void each_file_has_its_cause(void **state)
{
    const struct pool_test *test = *state;
    static const struct {
        const char *name, *text; /* NULL: it is there otherwise, or not at all */
        enum cause cause;
        enum files files;
        const char *detail; /* of an agent's; or the keys, where they differ */
    } rows[] = {
        { "good", SSCFG, CAUSE_NONE, FILES_IN_STEP, "" },
        { "ignored", "[scan server]\r\nSTANDARD_1 = https://sps1.example/tmcss\r\n", CAUSE_NONE, FILES_IN_STEP, "" },
        { "other", "[Scan Server]\nStandard_1=b\nStandard_2=c\n", CAUSE_NONE, FILES_DIFFERENT,
          "Scan Server:Standard_1,Scan Server:Standard_2" },
        { "twice", "[s]\n[s]\n", CAUSE_PROTOCOL_ERROR, FILES_UNREADABLE, "[s]: given twice (lines 1 and 2)" },
        { "latin", "[s]\nk=\xe9\n", CAUSE_PROTOCOL_ERROR, FILES_UNREADABLE, "line 2: not UTF-8 text" },
        { "empty", "", CAUSE_PROTOCOL_ERROR, FILES_UNREADABLE, "empty: it has no section" },
        { "missing", NULL, CAUSE_NAME_NOT_FOUND, FILES_UNREADABLE, "No such file or directory" },
        { "good/below", NULL, CAUSE_NAME_NOT_FOUND, FILES_UNREADABLE, "Not a directory" },
        { "fifo", NULL, CAUSE_PROTOCOL_ERROR, FILES_UNREADABLE, "not a regular file" },
        { "folder", NULL, CAUSE_PROTOCOL_ERROR, FILES_UNREADABLE, "Is a directory" },
        { "huge", NULL, CAUSE_TOO_LARGE, FILES_UNREADABLE, "larger than 256 KiB" },
    };
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    assert_int_equal(mkdir(path_of("folder"), 0700), 0);
    put("huge", "[s]\n");
    assert_int_equal(truncate(path_of("huge"), 1 << 30), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].text)
            put(rows[i].name, rows[i].text);
        struct probe_answer answer = ask_one(test, SUBJECT_AGENT, path_of(rows[i].name));
        const struct observation *seen = &answer.observation;
        if (seen->cause != rows[i].cause || !(seen->has & HAS_FILES) || seen->files != rows[i].files ||
            strcmp(seen->difference ? seen->difference->names : answer.detail, rows[i].detail) != 0)
            fail_msg("%s: %s, %u, %s", rows[i].name, cause_name(seen->cause), seen->files, answer.detail);
        assert_null(answer.reference);
        probe_answer_done(&answer);

        /* The same in sscfg.ini's place. */
        answer = ask_one(test, SUBJECT_COLLECTOR, path_of(rows[i].name));
        assert_int_equal(answer.observation.cause, rows[i].cause);
        assert_int_equal(answer.reference != NULL, rows[i].cause == CAUSE_NONE);
        assert_int_equal(answer.observation.has, 0);
        assert_int_equal(reference_is_same(answer.reference, test->reference), strcmp(rows[i].name, "good") == 0);
        probe_answer_done(&answer);
    }
}

static void without_sscfg_nothing_is_known(void **state)
{
    struct pool_test *test = *state;
    const struct reference *reference = test->reference;

    put("good", SSCFG);
    test->reference = NULL;
    struct probe_answer answer = ask_one(test, SUBJECT_AGENT, path_of("good"));
    assert_int_equal(answer.observation.cause, CAUSE_NONE);
    assert_int_equal(answer.observation.has, HAS_FILES); /* an older word is taken back */
    assert_int_equal(answer.observation.files, FILES_UNKNOWN);
    probe_answer_done(&answer);
    answer = ask_one(test, SUBJECT_AGENT, path_of("nowhere"));
    assert_int_equal(answer.observation.has, HAS_FILES);
    assert_int_equal(answer.observation.files, FILES_UNREADABLE);
    probe_answer_done(&answer);
    test->reference = reference;
}

/* What somebody brings is as old as its last change; what is read where it lives is of now. */
static void a_copy_is_as_old_as_it_is(void **state)
{
    const struct pool_test *test = *state;
    const struct probe_settings *ages = settings_of(DRIVER_FILES, true);

    put("old", SSCFG);
    usleep(300 * 1000);
    const int64_t before_ms = mono_now_ms();
    ask_for(test, ages, SUBJECT_AGENT, 3, path_of("old"));
    struct probe_answer answer = wait_answer(test->pool, test->fd);
    assert_in_range(before_ms - answer.observation.mono_ms, 200, 5000);
    assert_in_range(answer.observation.rtt_ms, 0, 199); /* the look's own time */
    probe_answer_done(&answer);
    answer = ask_one(test, SUBJECT_AGENT, path_of("old"));
    assert_true(answer.observation.mono_ms >= before_ms);
    probe_answer_done(&answer);
    probe_settings_unref(ages);
}

static void sscfg_comes_by_url(void **state)
{
    const struct pool_test *test = *state;
    static const struct {
        enum peer_way way;
        const char *answer;
        enum cause cause;
        const char *detail; /* NULL: any */
    } rows[] = {
        { PEER_ANSWERS, "HTTP/1.1 200 OK\r\n\r\n" SSCFG, CAUSE_NONE, "" },
        { PEER_ANSWERS, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>\n", CAUSE_PROTOCOL_ERROR,
          "line 1: neither [section] nor key = value" },
        { PEER_ANSWERS, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", CAUSE_PROTOCOL_ERROR,
          "empty: it has no section" },
        { PEER_ANSWERS, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", CAUSE_HTTP_ERROR, "HTTP status 404" },
        { PEER_ANSWERS, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", CAUSE_FORBIDDEN, "HTTP status 403" },
        { PEER_FLOODS, "HTTP/1.1 200 OK\r\n\r\n[s]\nk=1\n", CAUSE_TOO_LARGE, "the answer is larger than allowed" },
        { PEER_HANGS, "", CAUSE_TIMED_OUT, NULL },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct peer *peer = peer_new("127.77.1.1", rows[i].way, rows[i].answer, NULL);
        char url[64];
        struct probe_answer answer = ask_one(test, SUBJECT_COLLECTOR, peer_url(peer, url, sizeof url));
        if (answer.observation.cause != rows[i].cause || (rows[i].detail && strcmp(answer.detail, rows[i].detail) != 0))
            fail_msg("row %zu: %s, %s", i, cause_name(answer.observation.cause), answer.detail);
        assert_int_equal(reference_is_same(answer.reference, test->reference), rows[i].cause == CAUSE_NONE);
        assert_int_equal(strncmp(transcript_at(answer.transcript, 0)->question, "GET http://", 11), 0);
        probe_answer_done(&answer);
        peer_free(peer);
    }
}

/* More files than threads may be left behind; and the collector's own, which still gets one. Meanwhile listeners are
 * asked as ever, and a pool can be ended. Once the share is there again, files are read again. */
static void a_share_that_hangs_holds_up_nobody_else(void **state)
{
    const struct pool_test *test = *state;
    const struct probe_settings *listener = settings_of(DRIVER_LISTENER, false);
    struct peer *peer = peer_new("127.77.1.1", PEER_ANSWERS, PEER_HEALTHY, NULL);
    enum { AGENTS = LOOKS_LEFT_MAX + 20, LISTENERS = 200 };
    unsigned late = 0, at_once = 0, healthy = 0;
    int64_t slowest_ms = 0;
    char url[64];

    peer_url(peer, url, sizeof url);
    stuck = true;
    for (uint32_t index = 1; index <= AGENTS; index++)
        ask_for(test, test->files, SUBJECT_AGENT, index, path_of("share-agent"));
    while (waiting < LOOKS_LEFT_MAX)
        usleep(1000);
    ask_for(test, test->files, SUBJECT_COLLECTOR, 0, path_of("share-sscfg"));
    for (uint32_t index = 1; index <= LISTENERS; index++) {
        const int64_t begun_ms = mono_now_ms();
        submit(test->pool, listener, url, index, 1000 + index);
        for (bool mine = false; !mine;) {
            struct probe_answer answer = wait_answer(test->pool, test->fd);
            mine = answer.observation.driver == DRIVER_LISTENER;
            healthy += mine && answer.observation.cause == CAUSE_NONE;
            if (!mine) {
                assert_int_equal(answer.observation.cause, CAUSE_TIMED_OUT);
                late += strcmp(answer.detail, "no answer from the file system") == 0;
                at_once += strcmp(answer.detail, "earlier files still wait for their file system") == 0;
            }
            probe_answer_done(&answer);
        }
        if (mono_now_ms() - begun_ms > slowest_ms)
            slowest_ms = mono_now_ms() - begun_ms;
    }
    while (late + at_once < AGENTS + 1) {
        struct probe_answer answer = wait_answer(test->pool, test->fd);
        assert_int_equal(answer.observation.cause, CAUSE_TIMED_OUT);
        assert_int_equal(answer.observation.files, 0);
        late += strcmp(answer.detail, "no answer from the file system") == 0;
        at_once += strcmp(answer.detail, "earlier files still wait for their file system") == 0;
        probe_answer_done(&answer);
    }
    print_message("%u files hung; of %u listeners the slowest answered within %lld ms\n", late, healthy,
                  (long long)slowest_ms);
    assert_int_equal(healthy, LISTENERS);
    assert_true(slowest_ms < TIMEOUT_MS);
    assert_int_equal(late, LOOKS_LEFT_MAX + 1);
    assert_int_equal(at_once, AGENTS - LOOKS_LEFT_MAX);
    assert_int_equal(waiting, LOOKS_LEFT_MAX + 1);

    struct worker_pool *pool;
    int fd;
    assert_int_equal(worker_pool_new(1, 10, &pool, &fd), 0);
    const struct pool_test other = { .pool = pool, .reference = test->reference };
    ask_for(&other, test->files, SUBJECT_COLLECTOR, 0, path_of("share-sscfg"));
    usleep(50 * 1000);
    const int64_t begun_ms = mono_now_ms();
    worker_pool_free(pool);
    assert_true(mono_now_ms() - begun_ms < 1000);

    stuck = false;
    while (waiting)
        usleep(1000);
    put("share-agent", SSCFG);
    struct probe_answer answer = { .detail = "" };
    for (int tries = 0; tries < 100; tries++) { /* the last thread counts until it has ended */
        probe_answer_done(&answer);
        answer = ask_one(test, SUBJECT_AGENT, path_of("share-agent"));
        if (answer.observation.cause == CAUSE_NONE)
            break;
    }
    assert_int_equal(answer.observation.files, FILES_IN_STEP);
    probe_answer_done(&answer);
    answer = ask(test->pool, test->fd, listener, url);
    assert_int_equal(answer.observation.cause, CAUSE_NONE);
    probe_settings_unref(listener);
    peer_free(peer);
}

static int remove_folder(void **state)
{
    (void)state;
    char command[64];

    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        POOL_TEST(each_file_has_its_cause),
        POOL_TEST(without_sscfg_nothing_is_known),
        POOL_TEST(a_copy_is_as_old_as_it_is),
        POOL_TEST(sscfg_comes_by_url),
        POOL_TEST(a_share_that_hangs_holds_up_nobody_else),
    };
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK || !mkdtemp(folder))
        return 1;
    return cmocka_run_group_tests(tests, NULL, remove_folder);
}
