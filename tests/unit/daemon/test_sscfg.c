/* How long the last good sscfg.ini counts, and what makes another one be wanted. */
#include "daemon/log.h"
#include "daemon/sscfg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct config config_of(bool enabled, const char *sscfg, const char *ignored)
{
    struct config config = { .policy = { .evidence_max_age_ms = 1000 } };
    config.probes[DRIVER_FILES] =
        (struct probe_config){ .enabled = enabled, .sscfg = sscfg, .ignored = ignored, .ssnotify = "winrm" };
    return config;
}

static bool apply(struct sscfg *sscfg, bool enabled, const char *where, const char *ignored)
{
    const struct config config = config_of(enabled, where, ignored);
    bool anew = false;
    assert_int_equal(sscfg_apply(sscfg, &config, &anew), 0);
    return anew;
}

/* An answer with that text, or (NULL) of that cause. */
static bool take(struct sscfg *sscfg, const char *text, enum cause cause, int64_t mono_ms)
{
    struct probe_answer answer = {
        .observation = { .driver = DRIVER_FILES, .subject = SUBJECT_COLLECTOR, .cause = cause, .mono_ms = mono_ms }
    };
    if (text)
        assert_int_equal(reference_new(text, strlen(text), "", NULL, NULL, &answer.reference), 0);
    const bool anew = sscfg_take(sscfg, &answer);
    probe_answer_done(&answer);
    return anew;
}

static void a_bad_one_changes_nothing_until_the_good_one_is_too_old(void **state)
{
    (void)state;
    struct sscfg sscfg = { .awaited = false };

    assert_true(apply(&sscfg, true, "/a", ""));
    assert_true(sscfg.awaited);
    assert_false(take(&sscfg, NULL, CAUSE_NAME_NOT_FOUND, 50));
    assert_false(sscfg.awaited);
    assert_null(sscfg.reference);
    assert_true(take(&sscfg, "[s]\nk=1\n", CAUSE_NONE, 100));
    assert_false(take(&sscfg, "[S]\nK = 1\n", CAUSE_NONE, 200));
    assert_false(take(&sscfg, NULL, CAUSE_TIMED_OUT, 300));
    sscfg_expire(&sscfg, 1200);
    assert_non_null(sscfg.reference);
    sscfg_expire(&sscfg, 1201);
    assert_null(sscfg.reference);
    assert_true(take(&sscfg, "[s]\nk=1\n", CAUSE_NONE, 1300));
    assert_true(take(&sscfg, "[s]\nk=2\n", CAUSE_NONE, 1400));
    sscfg_done(&sscfg);
}

static void whether_files_are_compared_follows(void **state)
{
    (void)state;
    struct sscfg sscfg = { .awaited = false };

    apply(&sscfg, false, "", "");
    assert_int_equal(sscfg_comparison(&sscfg), COMPARISON_OFF);
    apply(&sscfg, true, "/a", "");
    assert_int_equal(sscfg_comparison(&sscfg), COMPARISON_MADE); /* not read yet */
    take(&sscfg, NULL, CAUSE_NAME_NOT_FOUND, 50);
    assert_int_equal(sscfg_comparison(&sscfg), COMPARISON_NO_REFERENCE);
    take(&sscfg, "[s]\nk=1\n", CAUSE_NONE, 100);
    assert_int_equal(sscfg_comparison(&sscfg), COMPARISON_MADE);
    take(&sscfg, NULL, CAUSE_TIMED_OUT, 300);
    assert_int_equal(sscfg_comparison(&sscfg), COMPARISON_MADE);
    sscfg_expire(&sscfg, 1101);
    assert_int_equal(sscfg_comparison(&sscfg), COMPARISON_NO_REFERENCE);
    apply(&sscfg, true, "/b", "");
    assert_int_equal(sscfg_comparison(&sscfg), COMPARISON_MADE);
    struct config config = config_of(true, "/b", "");
    bool anew;
    config.probes[DRIVER_FILES].ssnotify = "none";
    assert_int_equal(sscfg_apply(&sscfg, &config, &anew), 0);
    assert_int_equal(sscfg_comparison(&sscfg), COMPARISON_OFF);
    sscfg_done(&sscfg);
}

/* The log is told when the words change; but a wait that ends after other milliseconds is the same wait. */
static void a_fault_is_told_by_its_words(void **state)
{
    (void)state;
    static const struct {
        enum cause cause;
        const char *detail, *told;
    } rows[] = {
        { CAUSE_PROTOCOL_ERROR, "not a regular file", "protocolError: not a regular file" },
        { CAUSE_PROTOCOL_ERROR, "[s]: given twice", "protocolError: [s]: given twice" },
        { CAUSE_TIMED_OUT, "timed out after 1001 ms", "timedOut: timed out after 1001 ms" },
        { CAUSE_TIMED_OUT, "timed out after 1003 ms", "timedOut: timed out after 1001 ms" },
        { CAUSE_NAME_NOT_FOUND, "No such file", "nameNotFound: No such file" },
        { CAUSE_NONE, "", "" },
        { CAUSE_TIMED_OUT, "timed out after 1004 ms", "timedOut: timed out after 1004 ms" },
    };
    struct sscfg sscfg = { .awaited = false };

    apply(&sscfg, true, "/a", "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct probe_answer answer = { .observation = { .driver = DRIVER_FILES,
                                                        .subject = SUBJECT_COLLECTOR,
                                                        .cause = rows[i].cause,
                                                        .wall_ms = (int64_t)i + 1 } };
        snprintf(answer.detail, sizeof answer.detail, "%s", rows[i].detail);
        if (rows[i].cause == CAUSE_NONE)
            assert_int_equal(reference_new("[s]\nk=1\n", 8, "", NULL, NULL, &answer.reference), 0);
        sscfg_take(&sscfg, &answer);
        probe_answer_done(&answer);
        assert_string_equal(sscfg.told, rows[i].told);
        struct probe_row numbers = { .last_cause = CAUSE_NAME_NOT_FOUND, .last_fault = "PC-1: nameNotFound" };
        char expected[FAULT_TEXT_BYTES];
        snprintf(expected, sizeof expected, "sscfg.ini: %s", rows[i].told);
        sscfg_show_fault(&sscfg, &numbers);
        assert_string_equal(numbers.last_fault, *rows[i].told ? expected : "PC-1: nameNotFound");
        assert_int_equal(numbers.last_cause, *rows[i].told ? rows[i].cause : CAUSE_NAME_NOT_FOUND);
        assert_int_equal(numbers.last_fault_wall_ms, *rows[i].told ? i + 1 : 0);
    }
    sscfg_done(&sscfg);
}

static void another_place_or_other_keys_to_ignore_begin_anew(void **state)
{
    (void)state;
    static const struct {
        bool enabled;
        const char *where, *ignored;
        bool anew, kept;
    } rows[] = {
        { true, "/a", "", false, true },    { true, "/b", "", true, false }, { true, "/b", "s:k", true, false },
        { true, "/b", "s:k", false, true }, { false, "", "", false, false }, { false, "", "", false, false },
        { true, "/a", "", true, false },
    };
    struct sscfg sscfg = { .awaited = false };

    assert_false(apply(&sscfg, false, "", ""));
    assert_false(sscfg.awaited);
    assert_true(apply(&sscfg, true, "/a", ""));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        take(&sscfg, "[s]\nk=1\n", CAUSE_NONE, 100);
        if (apply(&sscfg, rows[i].enabled, rows[i].where, rows[i].ignored) != rows[i].anew ||
            (sscfg.reference != NULL) != rows[i].kept || sscfg.awaited != rows[i].anew)
            fail_msg("row %zu", i);
    }
    sscfg_done(&sscfg);
    sscfg_done(&sscfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_one_changes_nothing_until_the_good_one_is_too_old),
        cmocka_unit_test(whether_files_are_compared_follows),
        cmocka_unit_test(a_fault_is_told_by_its_words),
        cmocka_unit_test(another_place_or_other_keys_to_ignore_begin_anew),
    };
    log_open(false, LOG_EMERG);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
