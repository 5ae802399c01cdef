/* Values of a registry: what is found in the output of reg query, and what a value says. */
#include "probes/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct told {
    char text[2048];
};

static void on_value(void *user, const char *key, const char *name, const char *type, const char *value)
{
    struct told *const told = user;
    const size_t n = strlen(told->text);

    assert_in_range(snprintf(told->text + n, sizeof told->text - n, "%s|%s|%s|%s;", key, name, type, value), 0,
                    sizeof told->text - n - 1);
}

#define KEY           "HKEY_LOCAL_MACHINE\\SOFTWARE\\A"
#define TEXT(literal) literal, sizeof literal - 1

static const struct {
    const char *text;
    size_t bytes;
    const char *told;
} outputs[] = {
    { TEXT("\r\n" KEY
           "\\Misc.\r\n    PatternVer    REG_DWORD    0x1da5a4\r\n    PatternDate    REG_SZ    20261122\r\n\r\n" KEY
           "\\iCRC Scan\\Scan Server\r\n    LocationProfile    REG_DWORD    0x1\r\n\r\n"),
      "SOFTWARE\\A\\Misc.|PatternVer|REG_DWORD|0x1da5a4;SOFTWARE\\A\\Misc.|PatternDate|REG_SZ|20261122;"
      "SOFTWARE\\A\\iCRC Scan\\Scan Server|LocationProfile|REG_DWORD|0x1;" },
    { TEXT(KEY "\n    N    REG_SZ    v"), "SOFTWARE\\A|N|REG_SZ|v;" },
    { TEXT(""), "" },
    { TEXT("\n\r\n\r\r\n"), "" },
    { TEXT("ERROR: The system was unable to find the specified registry key or value.\r\n"), "" },
    { TEXT("    N    REG_SZ    of no key\n"), "" },
    { TEXT(KEY "\n    N    REG_SZ    v\n\nEnd of search: 1 match(es) found.\n"), "SOFTWARE\\A|N|REG_SZ|v;" },
    /* Keys. */
    { TEXT("HKEY_LOCAL_MACHINE\n    N    REG_SZ    v\n"), "|N|REG_SZ|v;" },
    { TEXT("HKEY_LOCAL_MACHINE\\\n    N    REG_SZ    v\n"), "|N|REG_SZ|v;" },
    { TEXT("HKEY_LOCAL_MACHINES\\A\n    N    REG_SZ    v\n"), "HKEY_LOCAL_MACHINES\\A|N|REG_SZ|v;" },
    { TEXT("HKEY_USERS\\A\n    N    REG_SZ    v\n"), "HKEY_USERS\\A|N|REG_SZ|v;" },
    { TEXT("HKEY_LOCAL_MACHINE\\\xe6\x97\xa5    x\n    N    REG_SZ    v\n"), "\xe6\x97\xa5    x|N|REG_SZ|v;" },
    /* Names. */
    { TEXT(KEY "\n    (Default)    REG_SZ    v\n"), "SOFTWARE\\A|(Default)|REG_SZ|v;" },
    { TEXT(KEY "\n    a b  c    REG_SZ    v\n"), "SOFTWARE\\A|a b  c|REG_SZ|v;" },
    { TEXT(KEY "\n    a    b    REG_SZ    v\n"), "SOFTWARE\\A|a    b|REG_SZ|v;" },
    { TEXT(KEY "\n    a    REG_    REG_SZ    v\n"), "SOFTWARE\\A|a    REG_|REG_SZ|v;" },
    { TEXT(KEY "\n    a    REG_1    REG_SZ    v\n"), "SOFTWARE\\A|a    REG_1|REG_SZ|v;" },
    { TEXT(KEY "\n    a    REG_X y    REG_SZ    v\n"), "SOFTWARE\\A|a    REG_X y|REG_SZ|v;" },
    { TEXT(KEY "\n      a    REG_SZ    v\n"), "SOFTWARE\\A|  a|REG_SZ|v;" },
    { TEXT(KEY "\n        REG_SZ    v\n"), "" },
    { TEXT(KEY "\n    REG_SZ    v\n"), "" },
    { TEXT(KEY "\n   N    REG_SZ    v\n"), "" },
    { TEXT(KEY "\nN    REG_SZ    v\n"), "" },
    { TEXT(KEY "\n    N   REG_SZ    v\n"), "" },
    { TEXT(KEY "\n    N    SZ    v\n"), "" },
    { TEXT(KEY "\n    \n        \n     \n"), "" },
    /* Values. */
    { TEXT(KEY "\n    N    REG_SZ\n"), "SOFTWARE\\A|N|REG_SZ|;" },
    { TEXT(KEY "\n    N    REG_SZ    \r\n"), "SOFTWARE\\A|N|REG_SZ|;" },
    { TEXT(KEY "\n    N    REG_SZ     v \n"), "SOFTWARE\\A|N|REG_SZ| v ;" },
    { TEXT(KEY "\n    N    REG_SZ    a    REG_SZ    b\n"), "SOFTWARE\\A|N|REG_SZ|a    REG_SZ    b;" },
    { TEXT(KEY "\n    N    REG_MULTI_SZ    a\\0b\n"), "SOFTWARE\\A|N|REG_MULTI_SZ|a\\0b;" },
    { TEXT(KEY "\n    N    REG_SZ    first\r\nsecond\r\n    M    REG_BINARY    0001\n"),
      "SOFTWARE\\A|N|REG_SZ|first;SOFTWARE\\A|M|REG_BINARY|0001;" },
    { TEXT(KEY "\n    N    REG_SZ    \xff\x82\n"), "SOFTWARE\\A|N|REG_SZ|\xff\x82;" },
    { TEXT(KEY "\n    N    REG_SZ    a\rb\r\r\n"), "SOFTWARE\\A|N|REG_SZ|a\rb\r;" },
    /* NUL bytes. */
    { TEXT(KEY "\n    N\0    REG_SZ    v\n    M    REG_SZ    w\0\n    O    REG_SZ    x\n\0\n"),
      "SOFTWARE\\A|O|REG_SZ|x;" },
    { TEXT(KEY "\nHKEY_LOCAL_MACHINE\\\0B\n    N    REG_SZ    v\n"), "" },
    { TEXT("\0\0\0"), "" },
};

static void values_are_found_in_what_reg_query_prints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        struct told told = { "" };
        registry_read(outputs[i].text, outputs[i].bytes, on_value, &told);
        if (strcmp(told.text, outputs[i].told) != 0)
            fail_msg("%s\ngave %s\ninstead of %s", outputs[i].text, told.text, outputs[i].told);
    }
}

static void on_long_value(void *user, const char *key, const char *name, const char *type, const char *value)
{
    (void)key;
    (void)name;
    (void)type;
    *(size_t *)user += 1 + strlen(value);
}

static void lines_have_any_length_and_long_values_are_cut(void **state)
{
    (void)state;
    enum { LONGEST = 3 * REGISTRY_LINE_MAX };
    static const char begin[] = "    N    REG_SZ    ";
    char *const text = malloc(LONGEST + sizeof KEY "\n\n" KEY);

    assert_non_null(text);
    for (size_t line = sizeof begin - 1; line <= LONGEST; line++) {
        const size_t key = (size_t)sprintf(text, KEY "\n");
        size_t told = 0;
        memset(text + key, 'v', line);
        memcpy(text + key, begin, sizeof begin - 1);
        registry_read(text, key + line, on_long_value, &told);
        assert_int_equal(told, 1 + (line > REGISTRY_LINE_MAX ? REGISTRY_LINE_MAX : line) - (sizeof begin - 1));
    }

    /* What is below a key that is too long is of no key, not of the one before. */
    for (size_t line = REGISTRY_LINE_MAX - 1; line <= REGISTRY_LINE_MAX + 1; line++) {
        char *at = text + sprintf(text, KEY "\n");
        size_t told = 0;
        memset(at, 'k', line);
        memcpy(at, KEY, sizeof KEY - 1);
        at += line;
        at += sprintf(at, "\n    N    REG_SZ    v\n");
        registry_read(text, (size_t)(at - text), on_long_value, &told);
        assert_int_equal(told, line > REGISTRY_LINE_MAX ? 0 : 2);
    }
    free(text);
}

static const struct {
    const char *type, *value;
    int64_t number; /* -1: refused */
} numbers[] = {
    { "REG_DWORD", "0x1", 1 },
    { "REG_DWORD", "0x0", 0 },
    { "REG_DWORD", "0x1da5a4", 1942948 },
    { "REG_DWORD", "0XFFFFFFFF", 4294967295 },
    { "REG_DWORD", "0x100000000", -1 },
    { "REG_DWORD", "0x000000001", -1 },
    { "REG_DWORD", "0x", -1 },
    { "REG_DWORD", "1", -1 },
    { "REG_DWORD", "", -1 },
    { "REG_DWORD", "0x1 ", -1 },
    { "REG_DWORD", "-0x1", -1 },
    { "REG_SZ", "21112", 21112 },
    { "REG_SZ", "0x5278", 21112 },
    { "REG_EXPAND_SZ", "21112", 21112 },
    { "REG_SZ", "007", 7 },
    { "REG_SZ", "4294967296", -1 },
    { "REG_SZ", "99999999999", -1 },
    { "REG_SZ", "-1", -1 },
    { "REG_SZ", "", -1 },
    { "REG_SZ", " 1", -1 },
    { "REG_SZ", "+1", -1 },
    { "REG_SZ", "1a", -1 },
    { "REG_SZ", "x1", -1 },
    { "REG_QWORD", "0x1", -1 },
    { "REG_BINARY", "01", -1 },
    { "", "1", -1 },
    { NULL, "1942980", 1942980 },
    { NULL, "4294967295", 4294967295 },
    { NULL, "4294967296", -1 },
    { NULL, "-1", 4294967295 },
    { NULL, "-2147483648", 2147483648 },
    { NULL, "-2147483649", -1 },
    { NULL, "-", -1 },
    { NULL, "--1", -1 },
    { NULL, "0x1", -1 },
    { NULL, "", -1 },
};

static void numbers_come_in_several_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint32_t number = 12345;
        const int r = registry_number(numbers[i].type, numbers[i].value, &number);
        const int64_t expected = numbers[i].number < 0 ? 12345 : numbers[i].number;
        if (r != (numbers[i].number < 0 ? -EINVAL : 0) || number != expected)
            fail_msg("%s %s: %d, %u", numbers[i].type ? numbers[i].type : "WMI", numbers[i].value, r, number);
    }
}

static const struct {
    const char *type, *value;
    int64_t says; /* -1: refused */
} days[] = {
    { "REG_SZ", "20261122", 20779 },
    { "REG_DWORD", "0x1352902", 20779 },
    { NULL, "20261122", 20779 },
    { "REG_SZ", "2026-11-22", 20779 },
    { "REG_SZ", "19700101", -1 },
    { "REG_DWORD", "0x0", -1 },
    { "REG_SZ", "0", -1 },
    { "REG_SZ", "", -1 },
    { "REG_SZ", "20261131", -1 },
    { "REG_SZ", "0x1352902", -1 },
    { "REG_SZ", "202611220", -1 },
    { "REG_DWORD", "20261122", -1 },
    { "REG_BINARY", "20261122", -1 },
    { NULL, "-20261122", -1 },
}, epochs[] = {
    { "REG_DWORD", "0x6a010203", 1778450947 },
    { "REG_SZ", "1795392000", 1795392000 },
    { NULL, "1795392000", 1795392000 },
    { NULL, "4294967295", 4294967295 },
    { NULL, "1", 1 },
    { NULL, "0", -1 },
    { "REG_DWORD", "0x0", -1 },
    { NULL, "-1", -1 },
    { "REG_SZ", "", -1 },
    { "REG_SZ", "2026-11-22", -1 },
    { "REG_BINARY", "1", -1 },
};

static void days_and_times_are_never_zero(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        int32_t day = -7;
        const int r = registry_day(days[i].type, days[i].value, &day);
        if (r != (days[i].says < 0 ? -EINVAL : 0) || day != (days[i].says < 0 ? -7 : days[i].says))
            fail_msg("%s %s: %d, %d", days[i].type ? days[i].type : "WMI", days[i].value, r, day);
    }
    for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++) {
        int64_t epoch_s = -7;
        const int r = registry_epoch(epochs[i].type, epochs[i].value, &epoch_s);
        if (r != (epochs[i].says < 0 ? -EINVAL : 0) || epoch_s != (epochs[i].says < 0 ? -7 : epochs[i].says))
            fail_msg("%s %s: %d, %lld", epochs[i].type ? epochs[i].type : "WMI", epochs[i].value, r,
                     (long long)epoch_s);
    }
}

static const struct {
    const char *type, *value, *version; /* NULL: refused */
} versions[] = {
    { "REG_DWORD", "0x1da5c4", "19.429.80" },
    { "REG_SZ", "1942980", "19.429.80" },
    { "REG_SZ", "942980", "9.429.80" },
    { "REG_SZ", "19.429.80", "19.429.80" },
    { "REG_EXPAND_SZ", "14.0.12637", "14.0.12637" },
    { NULL, "1942980", "19.429.80" },
    { NULL, "-1942980", NULL },
    { "REG_DWORD", "0x0", NULL },
    { "REG_DWORD", "1942980", NULL },
    { "REG_DWORD", "0x1", NULL },
    { "REG_SZ", "0", NULL },
    { "REG_SZ", "", NULL },
    { "REG_SZ", "0x1da5c4", NULL },
    { "REG_BINARY", "1942980", NULL },
};

static void versions_are_texts_or_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        char version[VERSION_BYTES] = "untouched";
        const int r = registry_version(versions[i].type, versions[i].value, version);
        if (r != (versions[i].version ? 0 : -EINVAL) ||
            strcmp(version, versions[i].version ? versions[i].version : "untouched") != 0)
            fail_msg("%s %s: %d, %s", versions[i].type ? versions[i].type : "WMI", versions[i].value, r, version);
    }
}

static const struct {
    const char *value;
    int r;
} texts[] = {
    { "", 0 },
    { "7 bytes", 0 },
    { "\xe6\x97\xa5 x", 0 },
    { "8 bytes.", -EINVAL },
    { "a\tb", -EINVAL },
    { "\x7f", -EINVAL },
    { "\xc2\x85", -EINVAL },
    { "\xff", -EINVAL },
    { "a\xe6\x97", -EINVAL },
};

static void texts_are_such_as_can_be_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char buffer[8] = "before";
        assert_int_equal(registry_text(texts[i].value, buffer, sizeof buffer), texts[i].r);
        assert_string_equal(buffer, texts[i].r ? "before" : texts[i].value);
    }
    assert_int_equal(registry_text("", NULL, 0), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_in_what_reg_query_prints),
        cmocka_unit_test(lines_have_any_length_and_long_values_are_cut),
        cmocka_unit_test(numbers_come_in_several_forms),
        cmocka_unit_test(days_and_times_are_never_zero),
        cmocka_unit_test(versions_are_texts_or_numbers),
        cmocka_unit_test(texts_are_such_as_can_be_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
