/* The Smart Protection chain, as literal tables: what an agent's facts say, and what each check finds in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/rows.h"
#include "core/smart.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Short forms, for the table. */
enum {
    U = 1,
    YES = TRI_YES,
    NO = TRI_NO,
    IN = LOCATION_INTERNAL,
    OUT = LOCATION_EXTERNAL,
    SMART = SCAN_METHOD_SMART,
    CONV = SCAN_METHOD_CONVENTIONAL,
    RUNS = SERVICE_RUNNING,
    STOPPED = SERVICE_STOPPED,
    MISSING = SERVICE_MISSING,
    UNNEEDED = SERVICE_NOT_APPLICABLE
};

static void availability_and_findings_by_facts(void **state)
{
    (void)state;
    static const struct {
        unsigned answers, location, source, method, tmusa;
        unsigned available;
        enum finding location_profile, driver;
    } rows[] = {
        { U, U, U, U, U, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_METHOD_OPEN },
        /* the source's answer alone */
        { YES, U, U, U, U, YES, FINDING_LOCATION_OPEN, FINDING_TMUSA_METHOD_OPEN },
        { NO, U, U, U, U, NO, FINDING_LOCATION_OPEN, FINDING_TMUSA_METHOD_OPEN },
        /* an internal agent: by its current source, and by whether that answers */
        { U, IN, U, U, U, U, FINDING_INTERNAL_OPEN, FINDING_TMUSA_METHOD_OPEN },
        { U, IN, YES, U, U, YES, FINDING_INTERNAL_SOURCE_NAMED, FINDING_TMUSA_METHOD_OPEN },
        { U, IN, NO, U, U, NO, FINDING_INTERNAL_WITHOUT_SOURCE, FINDING_TMUSA_METHOD_OPEN },
        { YES, IN, U, U, U, YES, FINDING_INTERNAL_SOURCE_ANSWERS, FINDING_TMUSA_METHOD_OPEN },
        { NO, IN, U, U, U, NO, FINDING_INTERNAL_SOURCE_SILENT, FINDING_TMUSA_METHOD_OPEN },
        { YES, IN, YES, U, U, YES, FINDING_INTERNAL_SOURCE_NAMED, FINDING_TMUSA_METHOD_OPEN },
        { YES, IN, NO, U, U, NO, FINDING_INTERNAL_WITHOUT_SOURCE, FINDING_TMUSA_METHOD_OPEN },
        { NO, IN, YES, U, U, NO, FINDING_INTERNAL_SOURCE_SILENT, FINDING_TMUSA_METHOD_OPEN },
        { NO, IN, NO, U, U, NO, FINDING_INTERNAL_WITHOUT_SOURCE, FINDING_TMUSA_METHOD_OPEN },
        /* an external one needs no source of its own */
        { U, OUT, U, U, U, U, FINDING_EXTERNAL_OPEN, FINDING_TMUSA_METHOD_OPEN },
        { U, OUT, YES, U, U, U, FINDING_EXTERNAL_OPEN, FINDING_TMUSA_METHOD_OPEN },
        { U, OUT, NO, U, U, U, FINDING_EXTERNAL_OPEN, FINDING_TMUSA_METHOD_OPEN },
        { YES, OUT, U, U, U, YES, FINDING_EXTERNAL_SOURCE_ANSWERS, FINDING_TMUSA_METHOD_OPEN },
        { YES, OUT, NO, U, U, YES, FINDING_EXTERNAL_SOURCE_ANSWERS, FINDING_TMUSA_METHOD_OPEN },
        { NO, OUT, U, U, U, NO, FINDING_EXTERNAL_SOURCE_SILENT, FINDING_TMUSA_METHOD_OPEN },
        /* who does not say where it is */
        { U, U, YES, U, U, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_METHOD_OPEN },
        { U, U, NO, U, U, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_METHOD_OPEN },
        /* the driver, which conventional scan alone needs */
        { U, U, U, CONV, U, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_OPEN },
        { U, U, U, CONV, RUNS, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_RUNS },
        { U, U, U, CONV, STOPPED, NO, FINDING_LOCATION_OPEN, FINDING_TMUSA_STOPPED },
        { U, U, U, CONV, MISSING, NO, FINDING_LOCATION_OPEN, FINDING_TMUSA_MISSING },
        { U, U, U, CONV, UNNEEDED, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_NOT_FOR_SYSTEM },
        { U, U, U, SMART, U, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_NOT_FOR_SMART_SCAN },
        { U, U, U, SMART, RUNS, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_NOT_FOR_SMART_SCAN },
        { U, U, U, SMART, STOPPED, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_NOT_FOR_SMART_SCAN },
        { U, U, U, SMART, MISSING, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_NOT_FOR_SMART_SCAN },
        { U, U, U, U, RUNS, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_METHOD_OPEN },
        { U, U, U, U, STOPPED, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_METHOD_OPEN },
        { U, U, U, U, UNNEEDED, U, FINDING_LOCATION_OPEN, FINDING_TMUSA_NOT_FOR_SYSTEM },
        /* one that is bad is bad, whatever else is good */
        { YES, OUT, U, CONV, STOPPED, NO, FINDING_EXTERNAL_SOURCE_ANSWERS, FINDING_TMUSA_STOPPED },
        { YES, IN, YES, CONV, MISSING, NO, FINDING_INTERNAL_SOURCE_NAMED, FINDING_TMUSA_MISSING },
        { YES, IN, NO, CONV, RUNS, NO, FINDING_INTERNAL_WITHOUT_SOURCE, FINDING_TMUSA_RUNS },
        { NO, IN, NO, CONV, STOPPED, NO, FINDING_INTERNAL_WITHOUT_SOURCE, FINDING_TMUSA_STOPPED },
        { YES, IN, YES, CONV, RUNS, YES, FINDING_INTERNAL_SOURCE_NAMED, FINDING_TMUSA_RUNS },
        { YES, U, U, SMART, STOPPED, YES, FINDING_LOCATION_OPEN, FINDING_TMUSA_NOT_FOR_SMART_SCAN },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct smart_facts facts = { .answers = rows[i].answers,
                                           .location = rows[i].location,
                                           .source = rows[i].source,
                                           .scan_method = rows[i].method,
                                           .tmusa = rows[i].tmusa };
        const enum finding location = smart_find(CHECK_LOCATION_PROFILE, &facts);
        const enum finding driver = smart_find(CHECK_TMUSA, &facts);
        if (smart_available(&facts) != rows[i].available || location != rows[i].location_profile ||
            driver != rows[i].driver)
            fail_msg("row %zu: available %d, \"%s\", \"%s\"", i, smart_available(&facts),
                     finding_text(location, LANGUAGE_EN), finding_text(driver, LANGUAGE_EN));
        /* Nobody has made the others. */
        assert_int_equal(smart_find(CHECK_ENDPOINT_LOCATION, &facts), FINDING_NO_PLACES);
        assert_int_equal(smart_find(CHECK_SOURCE_LIST, &facts),
                         rows[i].location == U ? FINDING_LIST_OPEN : FINDING_NO_LIST);
        assert_int_equal(smart_find(CHECK_CONFIGURATION_FILES, &facts), FINDING_FILES_UNREAD);
        assert_int_equal(smart_find(CHECK_PROXIES, &facts), FINDING_NOTHING);
    }
}

/* The list of its sources, whatever else is known; it does not say by itself that the agent has, or lacks, a source. */
static void the_list_of_sources_is_a_check_of_its_own(void **state)
{
    (void)state;
    static const struct {
        unsigned location;
        bool listed;
        enum updown list;
        bool whole;
        enum finding stray, finding;
    } rows[] = {
        { U, false, UPDOWN_UNKNOWN, false, FINDING_NOTHING, FINDING_LIST_OPEN },
        { IN, false, UPDOWN_UNKNOWN, false, FINDING_NOTHING, FINDING_NO_LIST },
        { IN, true, UPDOWN_UNKNOWN, false, FINDING_NOTHING, FINDING_SOURCES_OPEN },
        { OUT, true, UPDOWN_UP, true, FINDING_NOTHING, FINDING_SOURCES_ANSWER },
        { IN, true, UPDOWN_UP, false, FINDING_NOTHING, FINDING_SOURCE_SILENT },
        { IN, true, UPDOWN_DOWN, false, FINDING_NOTHING, FINDING_SOURCES_SILENT },
        /* what it uses is none of its list's */
        { IN, true, UPDOWN_UNKNOWN, false, FINDING_SOURCE_ELSEWHERE, FINDING_SOURCE_ELSEWHERE },
        { IN, true, UPDOWN_UP, true, FINDING_SOURCE_ELSEWHERE, FINDING_SOURCE_ELSEWHERE },
        { IN, true, UPDOWN_UP, false, FINDING_SOURCE_OF_OTHER_LIST, FINDING_SOURCE_OF_OTHER_LIST },
        { IN, true, UPDOWN_DOWN, false, FINDING_SOURCE_ELSEWHERE, FINDING_SOURCES_SILENT },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct smart_facts facts = { .answers = TRI_UNKNOWN,
                                           .location = rows[i].location,
                                           .listed = rows[i].listed,
                                           .stray = rows[i].stray,
                                           .list = rows[i].list,
                                           .list_whole = rows[i].whole };
        assert_int_equal(smart_find(CHECK_SOURCE_LIST, &facts), rows[i].finding);
        assert_int_equal(smart_available(&facts), TRI_UNKNOWN);
    }
}

/* Whether configuration files agree, which does not say either that the agent has, or lacks, a source. */
static void the_files_are_a_check_of_their_own(void **state)
{
    (void)state;
    static const struct {
        enum files files;
        enum comparison comparison;
        enum finding finding;
    } rows[] = {
        { FILES_UNKNOWN, COMPARISON_MADE, FINDING_FILES_UNREAD },
        { FILES_IN_STEP, COMPARISON_MADE, FINDING_FILES_IN_STEP },
        { FILES_DIFFERENT, COMPARISON_MADE, FINDING_FILES_DIFFERENT },
        { FILES_UNREADABLE, COMPARISON_MADE, FINDING_FILES_UNREADABLE },
        { FILES_NO_SHELL, COMPARISON_MADE, FINDING_FILES_NO_SHELL },
        { FILES_UNKNOWN, COMPARISON_NO_REFERENCE, FINDING_FILES_WITHOUT_SSCFG },
        { FILES_UNREADABLE, COMPARISON_NO_REFERENCE, FINDING_FILES_UNREADABLE },
        { FILES_UNKNOWN, COMPARISON_OFF, FINDING_FILES_NOT_COMPARED },
        { FILES_UNREADABLE, COMPARISON_OFF, FINDING_FILES_NOT_COMPARED },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct smart_facts facts = { .answers = TRI_UNKNOWN,
                                           .files = rows[i].files,
                                           .comparison = rows[i].comparison };
        assert_int_equal(smart_find(CHECK_CONFIGURATION_FILES, &facts), rows[i].finding);
        assert_int_equal(smart_available(&facts), TRI_UNKNOWN);
    }
}

static void every_finding_has_a_result_and_words(void **state)
{
    (void)state;
    unsigned results[RESULT_NOT_APPLICABLE + 1] = { 0 };
    for (enum finding finding = 0; finding < FINDINGS; finding++) {
        results[finding_result(finding)]++;
        for (enum language language = 0; language < LANGUAGES; language++) {
            const char *text = finding_text(finding, language);
            assert_int_equal(*text == '\0', finding == FINDING_NOTHING);
            assert_true(strlen(text) < 256);
        }
        if (finding != FINDING_NOTHING)
            assert_string_not_equal(finding_text(finding, LANGUAGE_EN), finding_text(finding, LANGUAGE_JA));
    }
    for (enum check_result result = RESULT_UNKNOWN; result <= RESULT_NOT_APPLICABLE; result++)
        assert_true(results[result] > 0);
    assert_int_equal(finding_result(FINDING_NOTHING), RESULT_UNKNOWN);
    assert_int_equal(finding_result(FINDINGS), RESULT_UNKNOWN);
    assert_string_equal(finding_text(FINDINGS, LANGUAGE_EN), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(availability_and_findings_by_facts),
        cmocka_unit_test(the_list_of_sources_is_a_check_of_its_own),
        cmocka_unit_test(the_files_are_a_check_of_their_own),
        cmocka_unit_test(every_finding_has_a_result_and_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
