/* What is noted about an endpoint, in words: reports and failed questions in, a line out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/notes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct contact never = { 0 };
static const struct contact answered = { .mono_ms = 1, .side = SIDE_ONLINE, .cause = CAUSE_NONE };
static const struct contact rejected = { .mono_ms = 1, .side = SIDE_OFFLINE, .cause = CAUSE_AUTHENTICATION_FAILED };
static const struct contact stale = { .mono_ms = 1, .side = SIDE_UNKNOWN, .cause = CAUSE_STALE };

static void notes_read_as_intended(void **state)
{
    (void)state;
    static const struct report all = { .notes = NOTE_AGENT_NOT_INSTALLED | NOTE_CLOCK_OFF | NOTE_VALUE_ODD |
                                                NOTE_SERVICE_DISABLED | NOTE_FILE_UNREADABLE,
                                       .clock_skew_s = -7200,
                                       .odd = "PatternDate" };
    static const struct {
        const struct contact *asked;
        struct report report;
        const char *line[LANGUAGES];
    } rows[] = {
        { &answered, { .notes = 0 }, { "", "" } },
        { &never, { .notes = 0 }, { "", "" } },
        { &answered,
          { .notes = NOTE_AGENT_NOT_INSTALLED },
          { "the agent is not installed", "エージェントがインストールされていません" } },
        { &answered,
          { .notes = NOTE_VALUE_ODD, .odd = "ScanType" },
          { "the value ScanType makes no sense", "値ScanTypeが不正です" } },
        { &answered,
          { .notes = NOTE_SERVICE_DISABLED },
          { "the real-time scan service is disabled: it can not be started by hand before its start type is changed",
            "リアルタイム検索サービスが無効に設定されています（スタートアップの種類を変更するまで手動で開始できません"
            "）" } },
        { &answered,
          { .notes = NOTE_FILE_UNREADABLE },
          { "ssnotify.ini could not be read", "ssnotify.iniを読み取れません" } },
        { &answered,
          { .notes = NOTE_AGENT_NOT_INSTALLED | NOTE_FILE_UNREADABLE },
          { "the agent is not installed; ssnotify.ini could not be read",
            "エージェントがインストールされていません; ssnotify.iniを読み取れません" } },
        /* a question that failed is of later than the report */
        { &rejected,
          { .notes = NOTE_AGENT_NOT_INSTALLED },
          { "the endpoint could not be asked: the credentials were not accepted",
            "エンドポイントに問い合わせできません: 認証に失敗しました" } },
        { &rejected,
          { .notes = 0 },
          { "the endpoint could not be asked: the credentials were not accepted",
            "エンドポイントに問い合わせできません: 認証に失敗しました" } },
        { &stale,
          { .notes = NOTE_FILE_UNREADABLE },
          { "ssnotify.ini could not be read", "ssnotify.iniを読み取れません" } },
        { &stale, { .notes = 0 }, { "", "" } },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (enum language language = 0; language < LANGUAGES; language++) {
            const struct evidence evidence = { .asked = *rows[i].asked, .known.report = &rows[i].report };
            char line[256];
            const size_t n = notes_text(line, sizeof line, language, &evidence, LOCATION_UNKNOWN, false);
            assert_string_equal(line, rows[i].line[language]);
            assert_int_equal(n, strlen(line));
        }
    }
    /* A file that is read here is not in the report. */
    const struct report off = { .notes = NOTE_AGENT_NOT_INSTALLED };
    const struct evidence unreadable = { .known.files = FILES_UNREADABLE },
                          both = { .known = { .files = FILES_UNREADABLE, .report = &off } },
                          in_step = { .known.files = FILES_IN_STEP };
    char text[256];
    notes_text(text, sizeof text, LANGUAGE_EN, &unreadable, LOCATION_UNKNOWN, false);
    assert_string_equal(text, "ssnotify.ini could not be read");
    notes_text(text, sizeof text, LANGUAGE_EN, &both, LOCATION_UNKNOWN, false);
    assert_string_equal(text, "the agent is not installed; ssnotify.ini could not be read");
    notes_text(text, sizeof text, LANGUAGE_EN, &in_step, LOCATION_UNKNOWN, false);
    assert_string_equal(text, "");

    const struct evidence nothing = { 0 }, everything = { .known.report = &all };
    char line[512];
    assert_int_equal(notes_text(line, sizeof line, LANGUAGE_EN, &nothing, LOCATION_UNKNOWN, false), 0);
    assert_string_equal(line, "");
    notes_text(line, sizeof line, LANGUAGE_EN, &everything, LOCATION_UNKNOWN, false);
    assert_string_equal(line,
                        "the agent is not installed; the clock is off by 2 hours: ages go by date alone; the value "
                        "PatternDate makes no sense; the real-time scan service is disabled: it can not be started by "
                        "hand before its start type is changed; ssnotify.ini could not be read");
}

static void a_clock_is_off_by_the_largest_unit_of_which_there_are_several(void **state)
{
    (void)state;
    static const struct {
        int32_t skew_s;
        const char *en, *ja;
    } rows[] = {
        { 61, "61 seconds", "61秒" },           { -61, "61 seconds", "61秒" },
        { 7199, "7199 seconds", "7199秒" },     { 7200, "2 hours", "2時間" },
        { 172799, "48 hours", "48時間" },       { 172800, "2 days", "2日" },
        { -86400 * 365, "365 days", "365日" },  { INT32_MIN, "24855 days", "24855日" },
        { INT32_MAX, "24855 days", "24855日" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct report report = { .notes = NOTE_CLOCK_OFF, .clock_skew_s = rows[i].skew_s };
        const struct evidence evidence = { .known.report = &report };
        char line[256], expected[256];
        notes_text(line, sizeof line, LANGUAGE_EN, &evidence, LOCATION_UNKNOWN, false);
        snprintf(expected, sizeof expected, "the clock is off by %s: ages go by date alone", rows[i].en);
        assert_string_equal(line, expected);
        notes_text(line, sizeof line, LANGUAGE_JA, &evidence, LOCATION_UNKNOWN, false);
        snprintf(expected, sizeof expected, "時計が%sずれています（日数は日付だけで計算します）", rows[i].ja);
        assert_string_equal(line, expected);
    }
}

static void a_line_is_cut_between_characters(void **state)
{
    (void)state;
    const struct report report = { .notes = NOTE_CLOCK_OFF, .clock_skew_s = 500, .odd = "" };
    const struct evidence evidence = { .known.report = &report };
    char whole[512];
    const size_t full = notes_text(whole, sizeof whole, LANGUAGE_JA, &evidence, LOCATION_UNKNOWN, false);
    for (size_t bytes = 1; bytes <= full + 1; bytes++) {
        char buffer[512];
        memset(buffer, 'x', sizeof buffer);
        const size_t n = notes_text(buffer, bytes, LANGUAGE_JA, &evidence, LOCATION_UNKNOWN, false);
        assert_true(n < bytes && bytes - n <= 3);
        assert_int_equal(buffer[n], '\0');
        assert_int_equal(buffer[bytes], 'x');
        assert_memory_equal(buffer, whole, n);
        assert_true(((unsigned char)whole[n] & 0xC0) != 0x80);
    }
}

/* As long as there is room for the whole of a note; then the number of those that are left out. */
static void notes_are_cut_between_notes(void **state)
{
    (void)state;
    static const struct report three = { .notes = NOTE_SERVICE_DISABLED | NOTE_INTERNET_UNASKED | NOTE_FILE_UNREADABLE,
                                         .odd = "" };
    const struct evidence evidence = { .known.report = &three };
    char whole[1024], line[1024];
    for (enum language language = 0; language < LANGUAGES; language++) {
        const size_t full = notes_text(whole, sizeof whole, language, &evidence, LOCATION_UNKNOWN, false);
        assert_true(full > 255 || language != LANGUAGE_JA);
        const size_t first = (size_t)(strstr(whole, "; ") - whole);
        for (size_t bytes = first + 7; bytes <= full + 1; bytes++) {
            const size_t n = notes_text(line, bytes, language, &evidence, LOCATION_UNKNOWN, false);
            assert_true(n < bytes);
            const char *more = strstr(line, "; +");
            assert_int_equal(more == NULL, bytes == full + 1);
            if (!more)
                continue;
            const size_t kept = (size_t)(more - line);
            assert_memory_equal(line, whole, kept);
            assert_memory_equal(whole + kept, "; ", 2);
            assert_string_equal(more, kept == first ? "; +2" : "; +1");
        }
        assert_string_equal(line, whole);
    }
    /* What fits as a whole needs no room for a number. */
    notes_text(line, 256, LANGUAGE_JA, &evidence, LOCATION_UNKNOWN, false);
    assert_string_equal(line, "リアルタイム検索サービスが無効に設定されています（スタートアップの種類を変更するまで手動"
                              "で開始できません）; +2");
}

static void what_another_source_tells_needs_no_asking(void **state)
{
    (void)state;
    static const struct report report = { .notes = NOTE_INTERNET_UNASKED | NOTE_AGENT_NOT_INSTALLED, .odd = "" };
    struct evidence evidence = { .known.report = &report };
    char line[256];
    notes_text(line, sizeof line, LANGUAGE_EN, &evidence, LOCATION_UNKNOWN, false);
    assert_non_null(strstr(line, "without internet_host nobody asks"));
    evidence.known.facts[FACT_SMART_PROTECTION] =
        (struct fact_value){ .mono_ms = 1, .value = TRI_YES, .driver = DRIVER_FEED };
    notes_text(line, sizeof line, LANGUAGE_EN, &evidence, LOCATION_UNKNOWN, false);
    assert_string_equal(line, "the agent is not installed");
}

/* What the agent finds against what it should, beside what its report notes. */
static void a_location_that_differs_is_noted(void **state)
{
    (void)state;
    static const struct {
        enum location found, expected;
        uint32_t notes;
        const char *line;
    } rows[] = {
        { LOCATION_INTERNAL, LOCATION_INTERNAL, 0, "" },
        { LOCATION_EXTERNAL, LOCATION_UNKNOWN, 0, "" },
        { LOCATION_EXTERNAL, LOCATION_INTERNAL, 0, "the agent finds itself external, and should be internal" },
        { LOCATION_INTERNAL, LOCATION_EXTERNAL, 0, "the agent finds itself internal, and should be external" },
        { LOCATION_INTERNAL, LOCATION_EXTERNAL, NOTE_FILE_UNREADABLE,
          "ssnotify.ini could not be read; the agent finds itself internal, and should be external" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct report report = { .notes = rows[i].notes };
        struct evidence evidence = { .asked = answered };
        char line[256];
        evidence.known.facts[FACT_LOCATION] = (struct fact_value){ .mono_ms = 1, .value = rows[i].found };
        evidence.known.report = rows[i].notes ? &report : NULL;
        notes_text(line, sizeof line, LANGUAGE_EN, &evidence, rows[i].expected, false);
        assert_string_equal(line, rows[i].line);
        evidence.known.facts[FACT_LOCATION].mono_ms = 0; /* it does not say */
        notes_text(line, sizeof line, LANGUAGE_EN, &evidence, rows[i].expected, false);
        assert_int_equal(*line == '\0', rows[i].notes == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_read_as_intended),
        cmocka_unit_test(a_clock_is_off_by_the_largest_unit_of_which_there_are_several),
        cmocka_unit_test(a_line_is_cut_between_characters),
        cmocka_unit_test(notes_are_cut_between_notes),
        cmocka_unit_test(what_another_source_tells_needs_no_asking),
        cmocka_unit_test(a_location_that_differs_is_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
