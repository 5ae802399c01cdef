/* Whether an agent's file is in step, as a piece of evidence: who says it, what it replaces, when it is forgotten; and
 * where it is not in step, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/evidence.h"
#include "core/line.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_difference_reads_as_intended(void **state)
{
    (void)state;
    static const struct {
        struct difference difference;
        const char *line[LANGUAGES];
    } rows[] = {
        { { 1, "s:k" }, { "differ: 1 key (s:k)", "differ: 1項目 (s:k)" } },
        { { 12, "s:k,s:l" }, { "differ: 12 keys (s:k,s:l)", "differ: 12項目 (s:k,s:l)" } },
        { { 4294967295U, "" }, { "differ: 4294967295 keys", "differ: 4294967295項目" } },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (enum language language = 0; language < LANGUAGES; language++) {
            const struct difference *difference = difference_new(&rows[i].difference);
            struct line line = line_begin(language);
            char text[LINE_BYTES];
            line_add(&line, "differ");
            difference_add_words(&line, NULL);
            difference_add_words(&line, difference);
            line_finish(&line, text, sizeof text);
            assert_string_equal(text, rows[i].line[language]);
            difference_unref(difference);
        }
    difference_unref(difference_ref(NULL));
}

/* One step: what is observed, and what is known then. */
struct step {
    enum driver driver;
    enum cause cause;
    int64_t mono_ms;
    uint32_t has;
    uint8_t says, known;
    uint32_t keys; /* that differ, said as known */
};

static void play(const struct step *steps, size_t n)
{
    struct evidence evidence = { .feed_mono_ms = 0 };
    for (size_t i = 0; i < n; i++) {
        struct observation observation = { .driver = steps[i].driver,
                                           .subject = SUBJECT_AGENT,
                                           .cause = steps[i].cause,
                                           .mono_ms = steps[i].mono_ms,
                                           .has = steps[i].has,
                                           .files = steps[i].says };
        if (steps[i].says == FILES_DIFFERENT)
            observation.difference = difference_new(&(struct difference){ .keys = steps[i].keys, .names = "s:k" });
        assert_int_equal(evidence_merge(&evidence, &observation), 0);
        difference_unref(observation.difference);
        const struct difference *known = evidence.known.difference;
        if (evidence.known.files != steps[i].known || (known ? known->keys : 0) != steps[i].keys)
            fail_msg("step %zu: %u, %u keys", i, evidence.known.files, known ? known->keys : 0);
        /* A copy lives by itself. */
        const struct evidence copy = evidence;
        evidence_retain(&copy);
        evidence_release(&copy);
    }
    evidence_release(&evidence);
}

static void the_newest_word_counts_also_that_there_is_none(void **state)
{
    (void)state;
    static const struct step files[] = {
        { DRIVER_FILES, CAUSE_NONE, 10, HAS_FILES, FILES_DIFFERENT, FILES_DIFFERENT, 3 },
        { DRIVER_FILES, CAUSE_NONE, 9, HAS_FILES, FILES_IN_STEP, FILES_DIFFERENT, 3 },
        { DRIVER_FILES, CAUSE_NONE, 11, 0, 0, FILES_DIFFERENT, 3 }, /* it says nothing of it */
        { DRIVER_WINRM, CAUSE_NONE, 12, HAS_WHOLE, 0, FILES_DIFFERENT, 3 },
        { DRIVER_FEED, CAUSE_NONE, 13, 0, 0, FILES_DIFFERENT, 3 },
        { DRIVER_FILES, CAUSE_NONE, 14, HAS_FILES, FILES_IN_STEP, FILES_IN_STEP, 0 },
        { DRIVER_FILES, CAUSE_NAME_NOT_FOUND, 15, HAS_FILES, FILES_UNREADABLE, FILES_UNREADABLE, 0 },
        { DRIVER_FILES, CAUSE_NONE, 16, HAS_FILES, FILES_DIFFERENT, FILES_DIFFERENT, 1 },
        { DRIVER_FILES, CAUSE_NONE, 17, HAS_FILES, FILES_UNKNOWN, FILES_UNKNOWN, 0 },
    };
    static const struct step winrm[] = {
        { DRIVER_WINRM, CAUSE_NONE, 10, HAS_WHOLE | HAS_FILES, FILES_DIFFERENT, FILES_DIFFERENT, 3 },
        { DRIVER_FEED, CAUSE_NONE, 11, 0, 0, FILES_DIFFERENT, 3 },
        { DRIVER_WINRM, CAUSE_TIMED_OUT, 12, 0, 0, FILES_DIFFERENT, 3 },
        { DRIVER_WINRM, CAUSE_HTTP_ERROR, 13, HAS_FILES, FILES_DIFFERENT, FILES_DIFFERENT, 2 },
        { DRIVER_WINRM, CAUSE_NONE, 14, HAS_WHOLE, 0, 0, 0 }, /* what it says no more is not known */
    };
    play(files, COUNT(files));
    play(winrm, COUNT(winrm));
}

/* It costs no copy of what each source says, which is for facts that two may speak of. */
static void it_is_not_kept_apart(void **state)
{
    (void)state;
    struct evidence evidence = { .feed_mono_ms = 0 };
    struct observation mode = { .driver = DRIVER_WINRM, .cause = CAUSE_NONE, .mono_ms = 5, .facts = 1 << FACT_MODE };
    const struct observation files = {
        .driver = DRIVER_FILES, .cause = CAUSE_NONE, .mono_ms = 6, .has = HAS_FILES, .files = FILES_IN_STEP
    };
    mode.values[FACT_MODE] = MODE_NORMAL;
    assert_int_equal(evidence_merge(&evidence, &files), 0);
    assert_int_equal(evidence_merge(&evidence, &mode), 0);
    assert_int_equal(evidence_merge(&evidence, &files), 0);
    assert_null(evidence.sources);
    assert_int_equal(evidence.known.files, FILES_IN_STEP);
    assert_int_equal(evidence.known.facts[FACT_MODE].value, MODE_NORMAL);
    evidence_release(&evidence);
}

static void it_is_forgotten_in_its_millisecond(void **state)
{
    (void)state;
    struct evidence evidence = { .feed_mono_ms = 0 };
    struct observation files = {
        .driver = DRIVER_FILES, .cause = CAUSE_NONE, .mono_ms = 10, .has = HAS_FILES, .files = FILES_DIFFERENT
    };
    int64_t next_ms = 0;
    files.difference = difference_new(&(struct difference){ .keys = 1, .names = "s:k" });
    assert_int_equal(evidence_merge(&evidence, &files), 0);
    difference_unref(files.difference);
    assert_false(evidence_expire(&evidence, 1000, 1010, &next_ms));
    assert_int_equal(next_ms, 1011);
    assert_true(evidence_expire(&evidence, 1000, 1011, &next_ms));
    assert_int_equal(evidence.known.files, 0);
    assert_null(evidence.known.difference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_difference_reads_as_intended),
        cmocka_unit_test(the_newest_word_counts_also_that_there_is_none),
        cmocka_unit_test(it_is_not_kept_apart),
        cmocka_unit_test(it_is_forgotten_in_its_millisecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
