/* The INI reader: what it accepts, what iniparser alone would let pass, files, and several threads at once. */
#include "probes/ini.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct faults {
    unsigned n;
    char text[4096];
};

static void note_fault(void *user, unsigned line, const char *section, const char *key, const char *what)
{
    struct faults *faults = user;
    size_t used = strlen(faults->text);

    faults->n++;
    snprintf(faults->text + used, sizeof faults->text - used, "%u|%s|%s|%s\n", line, section, key, what);
}

static struct ini *parse(const char *text, size_t bytes, struct faults *faults)
{
    struct ini *ini = NULL;
    unsigned n = 0;

    *faults = (struct faults){ 0 };
    assert_int_equal(ini_parse(text, bytes, note_fault, faults, &ini, &n), 0);
    assert_int_equal(n, faults->n);
    return ini;
}

static void test_values(void **state)
{
    static const struct {
        const char *line, *value;
    } cases[] = {
        { "key = plain", "plain" },
        { "key=plain", "plain" },
        { "  KEY  =  two words  ", "two words" },
        { "key = before ; a comment", "before" },
        { "key = before # a comment \\", "before" },
        { "key = \"quoted ; text\" ; a comment", "quoted ; text" },
        { "key = ' kept blanks '", " kept blanks " },
        { "key = it's", "it's" },
        { "key = 'a\"b'", "a\"b" },
        { "key = \"HQ\\\"", "HQ\\" },
        { "key = HQ\\Sales", "HQ\\Sales" },
        { "key = a = b", "a = b" },
        { "key =", "" },
        { "key = \"\"", "" },
        { "key = ''  # none", "" },
        { "key = ; none", "" },
        { "key = 本社\\営業部", "本社\\営業部" },
        { "key = crlf\r", "crlf" },
    };
    struct faults faults;
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ini *ini;
        int n = snprintf(text, sizeof text, "[section]\n%s\nafter = 1", cases[i].line);

        ini = parse(text, (size_t)n, &faults);
        assert_string_equal(faults.text, "");
        assert_string_equal(ini_get(ini, "section", "key"), cases[i].value);
        assert_string_equal(ini_get(ini, "SECTION", "After"), "1");
        ini_free(ini);
    }
}

static void test_document(void **state)
{
    static const char text[] = "\xef\xbb\xbf; comment \\\n[Agent PC-1] ; comment = \\\nA = 1\nb = 2\n\n"
                               "[server]\n[agent 日本]\nA = 3";
    struct faults faults;
    struct ini *ini = parse(text, sizeof text - 1, &faults);

    (void)state;
    assert_string_equal(faults.text, "");
    assert_int_equal(ini_sections(ini), 3);
    assert_string_equal(ini_section_name(ini, 0), "Agent PC-1");
    assert_int_equal(ini_section_line(ini, 0), 2);
    assert_int_equal(ini_keys(ini, 0), 2);
    assert_string_equal(ini_key_name(ini, 0, 0), "a");
    assert_string_equal(ini_key_value(ini, 0, 1), "2");
    assert_int_equal(ini_key_line(ini, 0, 1), 4);
    assert_int_equal(ini_keys(ini, 1), 0);
    assert_string_equal(ini_section_name(ini, 2), "agent 日本");
    assert_int_equal(ini_key_line(ini, 2, 0), 8);
    assert_string_equal(ini_get(ini, "agent pc-1", "A"), "1");
    assert_null(ini_get(ini, "agent pc-1", "c"));
    assert_null(ini_get(ini, "agent pc-2", "a"));
    ini_free(ini);
}

static void test_faults(void **state)
{
    static const struct {
        const char *text, *faults;
    } cases[] = {
        { "", "" },
        { "# only\n\n; comments", "" },
        { "a = 1\n[s]", "1|||a key before the first [section]\n" },
        { "[s]\na = 1\nA = 2\n", "3|s|a|given twice (lines 2 and 3)\n" },
        { "[s]\n[S]\na = 1\na = 2\n", "2|S||given twice (lines 1 and 2)\n" },
        { "[s]\nnonsense\n", "2|||neither [section] nor key = value\n" },
        { "[s]\n= 1\n", "2|||a key must have a name of 1 to 255 bytes without control characters\n" },
        { "[s]\na\001 = 1\n", "2|||a key must have a name of 1 to 255 bytes without control characters\n" },
        { "[s\n", "1|||a section without its closing bracket\n" },
        { "[]\n", "1|||a section without a name\n" },
        { "[  ]\na = 1\n", "1|||a section without a name\n" },
        { "[a\tb]\n", "1|||the section's name has a control character\n" },
        { "[a:b]\n", "1|a:b||a section's name must not have a colon\n" },
        { "[a] b\n", "1|a||text after the closing bracket\n" },
        { "[a] b]\n", "1|a||text after the closing bracket\n" },
        { "[s]\na = b\\\nc = d\n", "2|s|a|ends in a backslash: put the value in quotes\n" },
        { "[s]\na = \"b\n", "2|s|a|unbalanced quotes\n" },
        { "[s]\na = \"\n", "2|s|a|unbalanced quotes\n" },
        { "[s]\na = 'it's'\n", "2|s|a|text after the closing quote\n" },
        { "[s]\na = b\001c\n", "2|s|a|has a control character\n" },
        { "[s]\na = b\302\205c\n", "2|s|a|has a control character\n" },
        { "[s]\na = b\tc\n", "2|s|a|has a control character\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct faults faults;

        ini_free(parse(cases[i].text, strlen(cases[i].text), &faults));
        assert_string_equal(faults.text, cases[i].faults);
    }
}

static void test_limits(void **state)
{
    static const struct {
        const char *before;
        size_t bytes; /* of the letter x */
        const char *after, *faults;
    } cases[] = {
        { "[s]\na=", 998, "\n", "" },
        { "[s]\na=", 999, "\n", "2|s|a|the line is longer than 1,000 bytes\n" },
        { "[s]\na=", 5000, "\nb=1\n", "2|s|a|the line is longer than 1,000 bytes\n" },
        { "[s]\n;", 1000, "\n", "2|||the line is longer than 1,000 bytes\n" },
        { "[s]\n", 1001, "\n", "2|||the line is longer than 1,000 bytes\n" },
        { "[", 1000, "]\n", "1|||the line is longer than 1,000 bytes\n" },
        { "[", 255, "]\n", "" },
        { "[", 256, "]\n", "1|||the section's name is longer than 255 bytes\n" },
        { "[s]\n", 256, "=1", "2|||a key must have a name of 1 to 255 bytes without control characters\n" },
    };
    char text[8192];
    struct faults faults;
    size_t used = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int n = snprintf(text, sizeof text, "%s%*s%s", cases[i].before, (int)cases[i].bytes, "", cases[i].after);

        memset(text + strlen(cases[i].before), 'x', cases[i].bytes);
        ini_free(parse(text, (size_t)n, &faults));
        assert_string_equal(faults.text, cases[i].faults);
    }
    used = (size_t)snprintf(text, sizeof text, "[s]\n");
    for (int i = 0; i < 258; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "k%d=\n", i);
    ini_free(parse(text, used, &faults));
    assert_string_equal(faults.text, "258|s|k256|more than 256 keys in a section\n"
                                     "259|s|k257|more than 256 keys in a section\n");
}

static void test_not_text(void **state)
{
    static const struct {
        const char *text;
        size_t bytes;
        const char *fault;
    } cases[] = {
        { "[s]\na = \0b", 10, "2|||not text: a NUL byte\n" },
        { "[s]\na = \xff", 9, "2|||not UTF-8 text\n" },
        { "\x7f\x45\x4c\x46\x02\x01\x01\x00", 8, "1|||not text: a NUL byte\n" },
        { "a\xc0\x80", 3, "1|||not UTF-8 text\n" },
        { "\xed\xa0\x80", 3, "1|||not UTF-8 text\n" },
        { "\xf4\x90\x80\x80", 4, "1|||not UTF-8 text\n" },
        { "\xe3\x81", 2, "1|||not UTF-8 text\n" },
        { "\x93\xfa\x96\x7b", 4, "1|||not UTF-8 text\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct faults faults = { 0 };
        struct ini *ini = NULL;
        unsigned n = 7;

        assert_int_equal(ini_parse(cases[i].text, cases[i].bytes, note_fault, &faults, &ini, &n), -EINVAL);
        assert_null(ini);
        assert_int_equal(n, 7);
        assert_string_equal(faults.text, cases[i].fault);
    }
}

static void test_read_file(void **state)
{
    char folder[] = "/tmp/test_ini.XXXXXX", path[64], *text = NULL;
    size_t bytes = 0;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    assert_int_equal(ini_read_file(path, 10, &text, &bytes), -ENOENT);
    assert_int_equal(ini_read_file(folder, 10, &text, &bytes), -EISDIR);
    assert_int_equal(ini_read_file("/dev/zero", 10, &text, &bytes), -EINVAL);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ini_read_file(path, 10, &text, &bytes), -EINVAL);
    unlink(path);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("0123456789", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ini_read_file(path, 9, &text, &bytes), -EFBIG);
    assert_null(text);
    assert_int_equal(ini_read_file(path, 10, &text, &bytes), 0);
    assert_int_equal(bytes, 10);
    assert_string_equal(text, "0123456789");
    free(text);
    unlink(path);
    rmdir(folder);
}

static void *parse_often(void *argument)
{
    const char *number = argument;
    char text[64];
    int n = snprintf(text, sizeof text, "[s]\na = %s\n", number);
    bool *good = malloc(sizeof *good);

    *good = true;
    for (int i = 0; i < 500; i++) {
        struct ini *ini = NULL;
        unsigned faults;

        if (ini_parse(text, (size_t)n, NULL, NULL, &ini, &faults) || faults || strcmp(ini_get(ini, "s", "a"), number))
            *good = false;
        ini_free(ini);
    }
    return good;
}

static void test_threads(void **state)
{
    static char numbers[][4] = { "1", "22", "333" };
    pthread_t threads[3];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, parse_often, numbers[i]), 0);
    for (size_t i = 0; i < 3; i++) {
        void *good;

        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_true(*(bool *)good);
        free(good);
    }
}

/* Where Windows reads a line otherwise than iniparser does. */
static void test_windows_own_rules(void **state)
{
    static const struct {
        const char *line, *value; /* NULL: it is a fault */
    } cases[] = {
        { "key = a ; b # c", "a ; b # c" },
        { "key = ;", ";" },
        { "key = C:\\dir\\", "C:\\dir\\" },
        { "key = \"a\"", "a" },
        { "key = ' a '", " a " },
        { "key = \"a", "\"a" },
        { "key = \"a\" b", "\"a\" b" },
        { "key = \"", "\"" },
        { "key =", "" },
        { "key = a = b", "a = b" },
        { "key = a\x7f", NULL },
        { "key", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        struct faults faults = { 0 };
        struct ini *ini = NULL;
        unsigned n = 0;

        snprintf(text, sizeof text, "[A:b]\r\n%s\r\nOther = 1\r\n", cases[i].line);
        assert_int_equal(ini_parse_windows(text, strlen(text), note_fault, &faults, &ini, &n), 0);
        assert_int_equal(n, cases[i].value ? 0 : 1);
        if (cases[i].value)
            assert_string_equal(ini_get(ini, "a:B", "KEY"), cases[i].value);
        assert_string_equal(ini_get(ini, "A:b", "other"), "1");
        assert_string_equal(ini_section_name(ini, 0), "A:b");
        assert_string_equal(ini_key_name(ini, 0, ini_keys(ini, 0) - 1), "Other");
        ini_free(ini);
    }
}

static void test_windows_sections_may_be_longer(void **state)
{
    char text[513 * 8 + 5] = "[s]\n";
    struct faults faults = { 0 };
    struct ini *ini = NULL;
    unsigned n = 0;

    (void)state;
    for (unsigned i = 0; i < 513; i++)
        snprintf(text + strlen(text), 9, "k%u=1\n", i);
    assert_int_equal(ini_parse_windows(text, strlen(text), note_fault, &faults, &ini, &n), 0);
    assert_string_equal(faults.text, "514|s|k512|more than 512 keys in a section\n");
    assert_int_equal(ini_keys(ini, 0), 512);
    ini_free(ini);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_not_text),
        cmocka_unit_test(test_read_file),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_windows_own_rules),
        cmocka_unit_test(test_windows_sections_may_be_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
