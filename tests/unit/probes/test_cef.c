/* Lines of CEF: what is taken from them, and what is wrong with those that are refused. */
#include "probes/cef.h"

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
    unsigned keys;
};

static void on_key(void *user, const char *key, const char *value)
{
    struct told *const told = user;
    const size_t n = strlen(told->text);

    told->keys++;
    assert_in_range(snprintf(told->text + n, sizeof told->text - n, "%s=%s;", key, value), 0,
                    sizeof told->text - n - 1);
}

#define HEAD          "CEF:0|V|P|1|2|N|3|"
#define TEXT(literal) literal, sizeof literal - 1

static const struct {
    const char *line;
    size_t bytes;
    const char *head; /* NULL: V/P/1/2/N/3 */
    const char *keys;
} lines[] = {
    { TEXT("CEF:0|Trend Micro|Apex Central|2019|800101|Product update status|3|rt=Nov 22 2026 10:00:00 GMT+00:00 "
           "shost=PC-0001 cs2Label=Product_Endpoint_IP cs2=10.1.2.3 cs4Label=Domain cs4=HQ\\\\Sales cn1=1 cn3=2"),
      "Trend Micro/Apex Central/2019/800101/Product update status/3",
      "rt=Nov 22 2026 10:00:00 GMT+00:00;shost=PC-0001;cs2Label=Product_Endpoint_IP;cs2=10.1.2.3;cs4Label=Domain;"
      "cs4=HQ\\Sales;cn1=1;cn3=2;" },
    { TEXT("CEF:0|||||||"), "/////", "" },
    { TEXT(HEAD), NULL, "" },
    { TEXT(HEAD "   "), NULL, "" },
    { TEXT("CEF:0|a\\|b|c\\\\|d=e|f\\\\\\|g|h| i |"), "a|b/c\\/d=e/f\\|g/h/ i ", "" },
    { TEXT(HEAD "a=1"), NULL, "a=1;" },
    { TEXT(HEAD " a=1  b=2 "), NULL, "a=1;b=2;" },
    { TEXT(HEAD "a= b=2 c="), NULL, "a=;b=2;c=;" },
    { TEXT(HEAD "a=  b=2"), NULL, "a=;b=2;" },
    { TEXT(HEAD "a=one two  three b=2"), NULL, "a=one two  three;b=2;" },
    { TEXT(HEAD "a= x b=2"), NULL, "a= x;b=2;" },
    { TEXT(HEAD "a=x\\=y z\\=w b=2"), NULL, "a=x=y z=w;b=2;" },
    { TEXT(HEAD "a=\\\\ b=2"), NULL, "a=\\;b=2;" },
    { TEXT(HEAD "a=\\n\\r b=\\\\n"), NULL, "a=\n\r;b=\\n;" },
    { TEXT(HEAD "a=x|y b=|"), NULL, "a=x|y;b=|;" },
    { TEXT(HEAD "a.b-c_D9=x\ty"), NULL, "a.b-c_D9=x\ty;" },
    { TEXT(HEAD "a=\xe6\x97\xa5\xe6\x9c\xac b=\xf0\x9f\x90\x88"), NULL,
      "a=\xe6\x97\xa5\xe6\x9c\xac;b=\xf0\x9f\x90\x88;" },
};

static void lines_are_divided_and_their_escapes_taken_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[CEF_FIELD_BYTES * 7], why[CEF_WHY_BYTES] = "";
        struct cef_head head;
        struct told told = { "", 0 };

        const int r = cef_read(lines[i].line, lines[i].bytes, on_key, &told, &head, why);
        if (r != 0)
            fail_msg("%s: %d, %s", lines[i].line, r, why);
        snprintf(text, sizeof text, "%s/%s/%s/%s/%s/%s", head.vendor, head.product, head.version, head.class_id,
                 head.name, head.severity);
        assert_string_equal(text, lines[i].head ? lines[i].head : "V/P/1/2/N/3");
        assert_string_equal(told.text, lines[i].keys);
    }
}

static const struct {
    const char *line;
    size_t bytes;
    const char *why;
} wrong[] = {
    { TEXT(""), "does not begin with CEF:0|" },
    { TEXT("CEF:0"), "does not begin with CEF:0|" },
    { TEXT("CEF:1|V|P|1|2|N|3|"), "does not begin with CEF:0|" },
    { TEXT("cef:0|V|P|1|2|N|3|"), "does not begin with CEF:0|" },
    { TEXT(" " HEAD), "does not begin with CEF:0|" },
    { TEXT("<134>Nov 22 10:00:00 host " HEAD), "does not begin with CEF:0|" },
    { TEXT("CEF:0|V|P|1|2|N|3"), "the head has too few fields" },
    { TEXT("CEF:0|V|P|1|2|N|3\\|a=1"), "the head has too few fields" },
    { TEXT("CEF:0|V\\x|P|1|2|N|3|"), "an unknown escape in the head" },
    { TEXT("CEF:0|V\\=|P|1|2|N|3|"), "an unknown escape in the head" },
    { TEXT("CEF:0||||||||"), "text without a key" },
    { TEXT(HEAD "word"), "text without a key" },
    { TEXT(HEAD "word a=1"), "text without a key" },
    { TEXT(HEAD "=1"), "text without a key" },
    { TEXT(HEAD "\xc3\xa4=1"), "text without a key" },
    { TEXT(HEAD "a =1"), "text without a key" },
    { TEXT(HEAD "a=1 a=2"), "a: told twice" },
    { TEXT(HEAD "a=1 b=2 a=1"), "a: told twice" },
    { TEXT(HEAD "url=http://h/?a=1"), "url: an = without a backslash before it" },
    { TEXT(HEAD "a=b=c"), "a: an = without a backslash before it" },
    { TEXT(HEAD "a=="), "a: an = without a backslash before it" },
    { TEXT(HEAD "a=x =y"), "a: an = without a backslash before it" },
    { TEXT(HEAD "a=x\\ b=y"), "a: an unknown escape" },
    { TEXT(HEAD "a=x\tb=y"), "a: an = without a backslash before it" },
    { TEXT(HEAD "a=x\\"), "a: an unknown escape" },
    { TEXT(HEAD "a=x\\ty"), "a: an unknown escape" },
    { TEXT(HEAD "a=x\\|y"), "a: an unknown escape" },
    { TEXT(HEAD "a=\\nb=1"), "a: an = without a backslash before it" },
    { TEXT(HEAD "a=1\n"), "a control character" },
    { TEXT(HEAD "a=1\r"), "a control character" },
    { TEXT(HEAD "a=\0"), "a control character" },
    { TEXT("CEF:0|V\x7f|P|1|2|N|3|"), "a control character" },
    { TEXT(HEAD "a=\xc2\x85"), "a control character" },
    { TEXT(HEAD "a=\xff"), "not UTF-8" },
    { TEXT(HEAD "a=\x82\xa0"), "not UTF-8" },
    { TEXT(HEAD "a=\xe6\x97"), "not UTF-8" },
};

static void wrong_lines_are_refused_as_a_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct cef_head head, untouched;
        struct told told = { "", 0 };
        char why[CEF_WHY_BYTES] = "";

        memset(&untouched, 0x5a, sizeof untouched);
        head = untouched;
        const int r = cef_read(wrong[i].line, wrong[i].bytes, on_key, &told, &head, why);
        if (r != -EINVAL || strcmp(why, wrong[i].why) != 0 || told.keys)
            fail_msg("%s: %d, %s, %u keys", wrong[i].line, r, why, told.keys);
        assert_memory_equal(&head, &untouched, sizeof head);
    }
}

static void keys_and_fields_have_their_limits(void **state)
{
    (void)state;
    char line[16384], why[CEF_WHY_BYTES], *at;
    struct cef_head head;

    for (unsigned keys = CEF_KEYS_MAX - 1; keys <= CEF_KEYS_MAX + 1; keys++) {
        struct told told = { "", 0 };
        at = line + sprintf(line, HEAD);
        for (unsigned i = 0; i < keys; i++)
            at += sprintf(at, "k%u=v ", i);
        const int r = cef_read(line, (size_t)(at - line), on_key, &told, &head, why);
        assert_int_equal(r, keys > CEF_KEYS_MAX ? -EINVAL : 0);
        assert_int_equal(told.keys, r ? 0 : keys);
        if (r)
            assert_string_equal(why, "too many keys");
    }
    for (int bytes = CEF_FIELD_BYTES - 2; bytes <= CEF_FIELD_BYTES; bytes++) {
        struct told told = { "", 0 };
        const int n = snprintf(line, sizeof line, "CEF:0|V|P|1|2|%0*d|3|", bytes, 0);
        const int r = cef_read(line, (size_t)n, on_key, &told, &head, why);
        assert_int_equal(r, bytes >= CEF_FIELD_BYTES ? -EINVAL : 0);
        if (r)
            assert_string_equal(why, "a field of the head is too long");
        else
            assert_int_equal(strlen(head.name), bytes);
    }
    /* A fault names its key, as far as there is room. */
    struct told told = { "", 0 };
    const int n = snprintf(line, sizeof line, HEAD "%0300d=\\x", 0);
    assert_int_equal(cef_read(line, (size_t)n, on_key, &told, &head, why), -EINVAL);
    assert_string_equal(why, "0000000000000000000000000000000000000000: an unknown escape");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_divided_and_their_escapes_taken_off),
        cmocka_unit_test(wrong_lines_are_refused_as_a_whole),
        cmocka_unit_test(keys_and_fields_have_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
