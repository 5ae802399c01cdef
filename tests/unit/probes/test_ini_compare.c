/* sscfg.ini against ssnotify.ini, as tables: two texts in, how many keys differ and which out. */
#include "probes/ini_compare.h"
#include "probes/reference.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct faults {
    unsigned n;
    char first[160];
};

static void note(void *user, unsigned line, const char *section, const char *key, const char *what)
{
    struct faults *faults = user;

    if (faults->n++ == 0)
        snprintf(faults->first, sizeof faults->first, "%u|%s|%s|%s", line, section, key, what);
}

static struct ini *parse(const char *text)
{
    struct ini *ini;
    unsigned faults;

    assert_int_equal(ini_parse_windows(text, strlen(text), NULL, NULL, &ini, &faults), 0);
    assert_int_equal(faults, 0);
    return ini;
}

static void keys_that_differ_are_counted_and_named(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *ignored;
        uint32_t keys;
        const char *names;
    } rows[] = {
        { "[s]\nk=1\n", "[s]\nk=1\n", "", 0, "" },
        /* blanks around, line ends, order, comments */
        { "[s]\nk=1\nl=2\n", "; c\r\n[ s ]\r\n  l =2  \r\n# c\r\n\tk=\t1\r\n", "", 0, "" },
        /* names fold case, values do not */
        { "[Scan Server]\nKey=a\n", "[SCAN server]\nkEY=a\n", "", 0, "" },
        { "[Scan Server]\nKey=a\n", "[SCAN server]\nkEY=A\n", "", 1, "Scan Server:Key" },
        { "[s]\nk=1 2\n", "[s]\nk=1  2\n", "", 1, "s:k" },
        { "[s]\nk=1\n", "[s]\nk=01\n", "", 1, "s:k" },
        /* nothing behind a value is a comment, and a backslash is one */
        { "[s]\nk=a;b\n", "[s]\nk=a;c\n", "", 1, "s:k" },
        { "[s]\nk=C:\\dir\\\nl=1\n", "[s]\nk=C:\\dir\\\nl=1\n", "", 0, "" },
        { "[s]\nk=\"a\"\n", "[s]\nk=a\n", "", 0, "" },
        { "[s]\nk=\"a\n", "[s]\nk=a\n", "", 1, "s:k" },
        /* empty is not missing */
        { "[s]\nk=\nl=1\n", "[s]\nl=1\n", "", 1, "s:k" },
        { "[s]\nl=1\n", "[s]\nk=\nl=1\n", "", 1, "s:k" },
        /* in a's order, then b's */
        { "[s]\nb=1\na=1\n[t]\nx=1\n", "[u]\ny=1\n[s]\na=2\nc=1\n", "", 5, "s:b,s:a,t:x,u:y,s:c" },
        /* a section without a key is nothing */
        { "[s]\nk=1\n[empty]\n", "[s]\nk=1\n", "", 0, "" },
        { "[a:b]\nc=1\n", "[a]\nb:c=1\n", "", 2, "a:b:c,a:b:c" },
        /* what need not agree */
        { "[s]\nk=1\nl=1\n", "[s]\nk=2\nl=2\n", "S:K", 1, "s:l" },
        { "[s]\nk=1\nl=1\n", "[s]\nk=2\nl=2\n", " s:l ,s:k", 0, "" },
        { "[s]\nk=1\n[t]\nk=1\n", "[s]\nm=1\n[t]\nk=2\n", "s:*", 1, "t:k" },
        { "[s]\nk=1\n", "[s]\nk=2\n", "s:kk, ss:k, s:", 1, "s:k" },
        { "[a:b]\nc=1\n", "[a:b]\nc=2\n", "a:b:*", 0, "" },
        { "[s]\nk=1\n", "", "", 1, "s:k" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char names[DIFFERENCE_NAMES_BYTES] = "untouched", back[DIFFERENCE_NAMES_BYTES];
        struct ini *a = parse(rows[i].a), *b = parse(rows[i].b);
        const uint32_t keys = ini_compare(a, b, rows[i].ignored, names);

        if (keys != rows[i].keys || strcmp(names, rows[i].names) != 0)
            fail_msg("row %zu: %u (%s)", i, keys, names);
        assert_int_equal(ini_compare(b, a, rows[i].ignored, back), keys);
        ini_free(a);
        ini_free(b);
    }
}

/* 255 octets hold whole names alone, and a short one may still fit behind one that does not. */
static void names_that_find_no_room_are_left_out_whole(void **state)
{
    (void)state;
    static const struct {
        unsigned first, second; /* of kanji in the keys' names, three octets each */
        size_t octets;
        bool has_second, has_third;
    } rows[] = {
        { 83, 0, 255, false, false }, /* s: and 249, and the comma, s:, and x would make 255 */
        { 40, 43, 254, true, false }, /* 122 and 1 and 131 */
        { 40, 44, 126, false, true },
        { 85, 10, 36, true, true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[1200] = "[s]\n", names[DIFFERENCE_NAMES_BYTES], second[300] = "";
        for (unsigned n = 0; n < rows[i].first; n++)
            strcat(text, "鍵");
        strcat(text, "=1\n");
        for (unsigned n = 0; n < rows[i].second; n++)
            strcat(second, "錠");
        if (*second)
            strcat(strcat(text, second), "=1\n");
        strcat(text, rows[i].first == 83 ? "x=1\n" : "z=1\n");
        struct ini *a = parse(text), *b = parse("[s]\n");
        assert_int_equal(ini_compare(a, b, "", names), rows[i].second ? 3 : 2);
        assert_int_equal(strlen(names), rows[i].octets);
        if (*second)
            assert_int_equal(strstr(names, second) != NULL, rows[i].has_second);
        assert_int_equal(strstr(names, "s:z") != NULL, rows[i].has_third);
        ini_free(a);
        ini_free(b);
    }
}

static void lists_of_what_is_ignored_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        bool good;
    } rows[] = { { "a:b", true },        { "a:b,c:*", true }, { " a b : c d , e:f ", true },
                 { "a:b:c", true },      { "a", false },      { ":b", false },
                 { "a:", false },        { "a:b,", true },    { "a:b,,c:d", false },
                 { "a:b, ,c:d", false }, { "*", false },      { "*:*", false },
                 { "*:Level", false },   { "a:b*", false },   { "a*:b", false },
                 { "a:**", false } };
    for (size_t i = 0; i < COUNT(rows); i++)
        if ((ini_ignored_fault(rows[i].list) == NULL) != rows[i].good)
            fail_msg("%s", rows[i].list);
}

/* Texts with their length, as some have NUL bytes. */
#define TEXT(text) text, sizeof(text) - 1

static void files_are_read_as_windows_leaves_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bytes;
        int error;
        uint8_t files;
        const char *fault;
    } rows[] = {
        { TEXT("[s]\r\nk=\xe6\x97\xa5\r\n"), 0, FILES_IN_STEP, "" },
        { TEXT("\xef\xbb\xbf[s]\nk=\xe6\x97\xa5\n"), 0, FILES_IN_STEP, "" },
        { TEXT("\xff\xfe[\0s\0]\0\r\0\n\0k\0=\0\xe5\x65"), 0, FILES_IN_STEP, "" },
        { TEXT("\xfe\xff\0[\0s\0]\0\n\0k\0=\x65\xe5"), 0, FILES_IN_STEP, "" },
        { TEXT("\xff\xfe[\0s\0]\0\n\0k\0=\0\xe6\x65"), 0, FILES_DIFFERENT, "" },
        { TEXT("\xff\xfe[\0s\0]\0\n\0k\0=\0\x00\xd8"), -EINVAL, 0,
          "0|||not UTF-16 text, as its byte order mark says it is" },
        { TEXT("\xff\xfe[\0s"), -EINVAL, 0, "0|||not UTF-16 text, as its byte order mark says it is" },
        { TEXT("[\0s\0]\0\n\0k\0=\0"), -EINVAL, 0, "1|||not text: a NUL byte (UTF-16 needs its byte order mark)" },
        { TEXT("[s]\nk=\x93\xfa\n"), -EINVAL, 0, "2|||not UTF-8 text" },
        { TEXT(""), -EINVAL, 0, "0|||empty: it has no section" },
        { TEXT("\xff\xfe"), -EINVAL, 0, "0|||empty: it has no section" },
        { TEXT("[s]\nk=1\n[S]\nk=1\n"), -EINVAL, 0, "3|S||given twice (lines 1 and 3)" },
        { TEXT("[s]\nk=1\nK=1\n"), -EINVAL, 0, "3|s|K|given twice (lines 2 and 3)" },
        { TEXT("k=1\n[s]\n"), -EINVAL, 0, "1|||a key before the first [section]" },
        { TEXT("[s]\nk\n"), -EINVAL, 0, "2|||neither [section] nor key = value" },
        { TEXT("[s]\nk=a\x01z\n"), -EINVAL, 0, "2|s|k|has a control character" },
    };
    static const char sscfg[] = "[s]\nk=\xe6\x97\xa5\n";
    const struct reference *reference = NULL;
    struct faults faults = { 0 };
    assert_int_equal(reference_new(sscfg, sizeof sscfg - 1, "", note, &faults, &reference), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        /* exactly as long as it is, so that a byte too far is seen */
        char *text = malloc(rows[i].bytes + !rows[i].bytes);
        const struct difference *difference = NULL;
        uint8_t files = 0;
        memcpy(text, rows[i].text, rows[i].bytes);
        faults = (struct faults){ 0 };
        const int error = reference_compare(reference, text, rows[i].bytes, note, &faults, &files, &difference);
        if (error != rows[i].error || files != rows[i].files || strcmp(faults.first, rows[i].fault) != 0)
            fail_msg("row %zu: %d, %u, %s", i, error, files, faults.first);
        assert_int_equal(difference != NULL, files == FILES_DIFFERENT);
        difference_unref(difference);
        const struct reference *other = NULL;
        assert_int_equal(reference_new(text, rows[i].bytes, "", note, &faults, &other), rows[i].error);
        assert_int_equal(reference_is_same(reference, other), files == FILES_IN_STEP);
        reference_unref(other);
        free(text);
    }
    reference_unref(reference);
}

static void what_is_too_large_is_refused_and_what_is_alone_is_only_read(void **state)
{
    (void)state;
    static char text[REFERENCE_BYTES_MAX + 1];
    const struct difference *difference = NULL;
    const struct reference *reference = NULL;
    struct faults faults = { 0 };
    uint8_t files = 0;

    memset(text, '\n', sizeof text);
    memcpy(text, "[s]\nk=1", 7);
    assert_int_equal(reference_compare(NULL, text, sizeof text, note, &faults, &files, &difference), -EFBIG);
    assert_int_equal(reference_new(text, sizeof text, "", note, &faults, &reference), -EFBIG);
    assert_int_equal(files, 0);
    assert_null(reference);
    assert_int_equal(reference_compare(NULL, text, sizeof text - 1, note, &faults, &files, &difference), 0);
    assert_int_equal(files, FILES_UNKNOWN);
    assert_null(difference);
    assert_int_equal(faults.n, 0);

    assert_true(reference_is_same(NULL, NULL));
    assert_int_equal(reference_new(text, 7, "s:k", note, &faults, &reference), 0);
    assert_false(reference_is_same(reference, NULL));
    const struct reference *stricter = NULL;
    assert_int_equal(reference_new(text, 7, "", note, &faults, &stricter), 0);
    assert_false(reference_is_same(reference, stricter));
    assert_int_equal(reference_compare(reference, "[s]\nk=2", 7, note, &faults, &files, &difference), 0);
    assert_int_equal(files, FILES_IN_STEP);
    reference_unref(stricter);
    reference_unref(reference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_differ_are_counted_and_named),
        cmocka_unit_test(names_that_find_no_room_are_left_out_whole),
        cmocka_unit_test(lists_of_what_is_ignored_are_checked),
        cmocka_unit_test(files_are_read_as_windows_leaves_them),
        cmocka_unit_test(what_is_too_large_is_refused_and_what_is_alone_is_only_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
