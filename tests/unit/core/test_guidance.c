/* The guidance table is complete, in order, fits into SNMP, and every row that needs it finds it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <iconv.h>
#include <string.h>

#include "core/guidance.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t steps_of(uint32_t subject)
{
    size_t n = 0, found = 0;
    const struct guidance *all = guidance_all(&n);
    for (size_t i = 0; i < n; i++)
        found += all[i].subject == subject;
    return found;
}

static void steps_ascend_without_gaps(void **state)
{
    (void)state;
    size_t n = 0;
    const struct guidance *all = guidance_all(&n);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        bool first = i == 0 || all[i].subject != all[i - 1].subject;
        assert_int_equal(all[i].step, first ? 1 : all[i - 1].step + 1);
        assert_true(i == 0 || all[i].subject >= all[i - 1].subject);
    }
}

static void every_subject_has_steps_and_no_other(void **state)
{
    (void)state;
    static const uint32_t subjects[] = { 3,   4,   5,   6,   7,   8,   103, 104, 105, 106,
                                         107, 108, 109, 110, 201, 202, 203, 204, 205, 206 };
    size_t n = 0, found = 0;
    guidance_all(&n);
    for (size_t i = 0; i < COUNT(subjects); i++) {
        if (steps_of(subjects[i]) == 0)
            fail_msg("subject %u has no steps", subjects[i]);
        found += steps_of(subjects[i]);
    }
    assert_int_equal(found, n);
    assert_int_equal(GUIDANCE_OF_CONDITION(CONDITION_OFFLINE), 7);
    assert_int_equal(GUIDANCE_OF_DIAGNOSIS(DIAGNOSIS_SERVER_DOWN), 109);
    assert_int_equal(GUIDANCE_OF_CHECK(6), 206);
}

/* Whether iconv takes it for UTF-8; *ret_wide: it holds more than ASCII. */
static bool is_utf8(const char *text, bool *ret_wide)
{
    char in[GUIDANCE_TEXT_BYTES], out[4 * GUIDANCE_TEXT_BYTES];
    char *from = strcpy(in, text), *to = out;
    size_t from_bytes = strlen(in), to_bytes = sizeof(out);
    iconv_t converter = iconv_open("UTF-32LE", "UTF-8");
    bool valid = iconv(converter, &from, &from_bytes, &to, &to_bytes) == 0 && from_bytes == 0;
    iconv_close(converter);
    *ret_wide = (sizeof(out) - to_bytes) / 4 != strlen(text);
    return valid;
}

static void texts_are_in_their_language_and_fit(void **state)
{
    (void)state;
    size_t n = 0;
    const struct guidance *all = guidance_all(&n);
    for (size_t i = 0; i < n; i++) {
        for (unsigned language = 0; language < LANGUAGES; language++) {
            const char *text = all[i].text[language];
            bool wide = false;
            assert_non_null(text);
            assert_in_range(strlen(text), 10, 255);
            assert_true(is_utf8(text, &wide));
            assert_int_equal(wide, language == LANGUAGE_JA);
            assert_true(strpbrk(text, "\n\t") == NULL);
            const char *end = language == LANGUAGE_JA ? "。" : ".";
            assert_string_equal(text + strlen(text) - strlen(end), end);
        }
    }
}

static void a_row_points_to_the_most_useful_subject(void **state)
{
    (void)state;
    static const struct {
        enum icon icon;
        enum diagnosis diagnosis;
        uint32_t expected;
    } rows[] = {
        { ICON_UNKNOWN, DIAGNOSIS_UNKNOWN, 0 },
        { ICON_HEALTHY, DIAGNOSIS_NONE, 0 },
        { ICON_HEALTHY, DIAGNOSIS_SERVER_DOWN, 0 },
        { ICON_PATTERN_OUTDATED, DIAGNOSIS_NONE, 3 },
        { ICON_PATTERN_OUTDATED, DIAGNOSIS_NETWORK_FAULT, 3 },
        { ICON_REAL_TIME_SCAN_NOT_FUNCTIONING, DIAGNOSIS_NETWORK_FAULT, 4 },
        { ICON_REAL_TIME_SCAN_DISABLED, DIAGNOSIS_NONE, 5 },
        { ICON_STANDALONE_UNPROTECTED, DIAGNOSIS_NONE, 6 },
        { ICON_OFFLINE, DIAGNOSIS_UNKNOWN, 7 },
        { ICON_OFFLINE, DIAGNOSIS_NONE, 7 },
        { ICON_OFFLINE, DIAGNOSIS_NETWORK_FAULT, 103 },
        { ICON_OFFLINE, DIAGNOSIS_SERVER_NAME_UNRESOLVED, 104 },
        { ICON_OFFLINE, DIAGNOSIS_FIREWALL_BLOCKS_SERVER, 105 },
        { ICON_OFFLINE, DIAGNOSIS_AGENT_ADDRESS_CHANGED, 106 },
        { ICON_OFFLINE, DIAGNOSIS_FIREWALL_OR_ADDRESS, 107 },
        { ICON_OFFLINE, DIAGNOSIS_UNVERIFIED, 108 },
        { ICON_OFFLINE, DIAGNOSIS_SERVER_DOWN, 109 },
        { ICON_OFFLINE, DIAGNOSIS_LAST + 1, 7 },
        { ICON_SMART_PROTECTION_UNAVAILABLE, DIAGNOSIS_UNVERIFIED, 8 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t subject = guidance_subject(rows[i].icon, rows[i].diagnosis);
        assert_int_equal(subject, rows[i].expected);
        assert_true(subject == 0 || steps_of(subject) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_ascend_without_gaps),
        cmocka_unit_test(every_subject_has_steps_and_no_other),
        cmocka_unit_test(texts_are_in_their_language_and_fit),
        cmocka_unit_test(a_row_points_to_the_most_useful_subject),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
