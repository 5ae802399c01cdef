/* What is written down, and in what shape it is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "probes/transcript.h"

#include <stdlib.h>
#include <string.h>

static void texts_are_fit_for_a_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *given, *kept;
    } rows[] = {
        { "plain", "plain" },
        { "", "" },
        { "a\r\nb\tc", "a  b c" },
        { "\x1b[31mred\x7f", " [31mred " },
        { "\xc2\x9b"
          "31m",
          "  31m" }, /* CSI as one character of C1 */
        { "\x9b"
          "31m",
          "?31m" },
        { "\xe6\x9d\xb1\xe4\xba\xac", "\xe6\x9d\xb1\xe4\xba\xac" },
        { "\xe6\x9d", "??" },
        { "\xff\xfe"
          "a",
          "??a" },
        { "caf\xc3\xa9", "caf\xc3\xa9" },
    };
    struct transcript *transcript = transcript_new();
    assert_non_null(transcript);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        transcript_add(transcript, &(struct transcript_entry){ rows[i].given, rows[i].given, CAUSE_NONE, (uint32_t)i });
        assert_int_equal(transcript_count(transcript), i + 1);
        assert_string_equal(transcript_at(transcript, i)->question, rows[i].kept);
        assert_string_equal(transcript_at(transcript, i)->answer, rows[i].kept);
        assert_int_equal(transcript_at(transcript, i)->time_ms, i);
    }
    assert_true(transcript_is_whole(transcript));
    transcript_free(transcript);
}

static void a_long_answer_is_cut_and_none_is_needed(void **state)
{
    (void)state;
    char text[2 * TRANSCRIPT_ANSWER_BYTES];
    struct transcript *transcript = transcript_new();
    assert_non_null(transcript);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    transcript_add(transcript, &(struct transcript_entry){ "q", text, CAUSE_TOO_LARGE, 0 });
    assert_int_equal(strlen(transcript_at(transcript, 0)->answer), TRANSCRIPT_ANSWER_BYTES);
    assert_int_equal(transcript_at(transcript, 0)->cause, CAUSE_TOO_LARGE);
    transcript_free(transcript);
    transcript_add(NULL, &(struct transcript_entry){ "q", "a", CAUSE_NONE, 0 });
    transcript_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_fit_for_a_terminal),
        cmocka_unit_test(a_long_answer_is_cut_and_none_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
