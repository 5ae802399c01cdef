/* Lines of the log, as they arrive on standard error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CAUGHT_BYTES = 1 << 20 };

static char caught[CAUGHT_BYTES];

/* Runs `writer` with standard error led into a file; what it wrote is in `caught`. */
static void catch_stderr(void (*writer)(const void *), const void *argument)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    const int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    writer(argument);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    rewind(file);
    const size_t n = fread(caught, 1, sizeof caught - 1, file);
    caught[n] = 0;
    fclose(file);
}

static void write_at_every_level(const void *argument)
{
    (void)argument;
    for (int level = LOG_EMERG; level <= LOG_DEBUG; level++)
        log_write(level, "at %d", level);
}

static void what_is_above_the_level_is_left_out(void **state)
{
    (void)state;
    static const struct {
        int level;
        const char *expected;
    } rows[] = {
        { LOG_ERR, "err: at 0\nerr: at 1\nerr: at 2\nerr: at 3\n" },
        { LOG_WARNING, "err: at 0\nerr: at 1\nerr: at 2\nerr: at 3\nwarning: at 4\n" },
        { LOG_DEBUG, "err: at 0\nerr: at 1\nerr: at 2\nerr: at 3\nwarning: at 4\nnotice: at 5\ninfo: at 6\n"
                     "debug: at 7\n" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        log_open(false, rows[i].level);
        catch_stderr(write_at_every_level, NULL);
        assert_string_equal(caught, rows[i].expected);
        for (int level = LOG_ERR; level <= LOG_DEBUG; level++)
            assert_int_equal(log_wants(level), level <= rows[i].level);
    }
}

static void levels_have_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int level;
    } rows[] = { { "err", LOG_ERR },
                 { "warning", LOG_WARNING },
                 { "notice", LOG_NOTICE },
                 { "info", LOG_INFO },
                 { "debug", LOG_DEBUG } };
    static const char *const wrong[] = { "", "ERR", "error", "debug ", "7", "emerg" };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int level = -1;
        assert_int_equal(log_level_parse(rows[i].name, &level), 0);
        assert_int_equal(level, rows[i].level);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int level = -1;
        assert_int_equal(log_level_parse(wrong[i], &level), -EINVAL);
        assert_int_equal(level, -1);
    }
}

static void write_text(const void *text)
{
    log_write_text(LOG_ERR, text);
}

static void nothing_that_comes_from_outside_forges_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
    } rows[] = {
        { "one\nerr: two", "err: one?err: two\n" },
        { "one\r\ntwo\ttabbed", "err: one??two?tabbed\n" },
        { "\x1b[2J\x07\x7f", "err: ?[2J??\n" },
        { "\xc2\x9b"
          "31mred\xc2\x85next",
          "err: ??31mred??next\n" }, /* controls beyond ASCII */
        { "東京 é \xc2\xa0.", "err: 東京 é \xc2\xa0.\n" },
        { "100%s%n", "err: 100%s%n\n" },
        { "", "err: \n" },
    };
    log_open(false, LOG_NOTICE);
    for (size_t i = 0; i < COUNT(rows); i++) {
        catch_stderr(write_text, rows[i].text);
        assert_string_equal(caught, rows[i].line);
    }
}

static void a_long_line_is_cut_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = { "x", "é", "東", "\xf0\x9f\x98\x80" };
    char text[5000];
    log_open(false, LOG_NOTICE);
    for (size_t i = 0; i < COUNT(characters); i++)
        for (unsigned shift = 0; shift < 4; shift++) {
            const size_t bytes = strlen(characters[i]);
            size_t length = 0;
            for (; length < shift; length++)
                text[length] = 'y';
            for (; length + bytes < sizeof text; length += bytes)
                memcpy(text + length, characters[i], bytes);
            text[length] = 0;
            catch_stderr(write_text, text);
            const size_t shown = strlen(caught) - strlen("err: \n");
            assert_in_range(shown, 1024 - bytes, 1023);
            assert_memory_equal(caught + strlen("err: "), text, shown);
            assert_int_equal((shown - shift) % bytes, 0);
            assert_string_equal(strchr(caught, '\n'), "\n");
        }
}

enum { THREADS = 4, LINES = 500 };

static void *write_lines(void *argument)
{
    for (unsigned i = 0; i < LINES; i++)
        log_write(LOG_ERR, "thread %s says that this is one line, number %u, and nobody comes in between",
                  (const char *)argument, i);
    return NULL;
}

static void write_from_threads(const void *argument)
{
    (void)argument;
    static char names[THREADS][2] = { "0", "1", "2", "3" };
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, names[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void threads_do_not_mix_their_lines(void **state)
{
    (void)state;
    unsigned next[THREADS] = { 0 };
    log_open(false, LOG_NOTICE);
    catch_stderr(write_from_threads, NULL);
    for (const char *line = caught; *line; line = strchr(line, '\n') + 1) {
        unsigned thread, number;
        int end = 0;
        assert_int_equal(sscanf(line,
                                "err: thread %u says that this is one line, number %u, and nobody comes in between%n",
                                &thread, &number, &end),
                         2);
        assert_true(thread < THREADS && end > 0 && line[end] == '\n');
        assert_int_equal(number, next[thread]++);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(next[i], LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_above_the_level_is_left_out),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test(nothing_that_comes_from_outside_forges_a_line),
        cmocka_unit_test(a_long_line_is_cut_between_characters),
        cmocka_unit_test(threads_do_not_mix_their_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
