/* Values that are put together: dates, bits, addresses. */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agentx/value.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static void check_octets(const struct value *value, const void *octets, size_t n)
{
    assert_int_equal(value->type, VALUE_OCTETS);
    assert_int_equal(value->n_octets, n);
    assert_memory_equal(value->octets, octets, n);
}

/* DateAndTime (RFC 2579): year in two octets, month, day, hour, minute, second, deciseconds, '+', 0, 0. */
static void test_dates(void **state)
{
    static const struct {
        int64_t wall_ms;
        uint8_t octets[11];
        size_t n;
    } cases[] = {
        { 0, { 0 }, 8 },
        { -1, { 0 }, 8 },
        { 1, { 7, 178, 1, 1, 0, 0, 0, 0, '+', 0, 0 }, 11 },
        { 951782400000, { 7, 208, 2, 29, 0, 0, 0, 0, '+', 0, 0 }, 11 }, /* 2000-02-29 */
        { 1795392059987, { 7, 234, 11, 23, 0, 0, 59, 9, '+', 0, 0 }, 11 },
        { 4102444799999, { 8, 51, 12, 31, 23, 59, 59, 9, '+', 0, 0 }, 11 }, /* the last moment of 2099 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value value;
        value_date(&value, cases[i].wall_ms);
        check_octets(&value, cases[i].octets, cases[i].n);
    }
}

/* What managers write, and the moment that it is; local time is that of Japan. */
static void test_read_dates(void **state)
{
    enum { NO_DATE = -EDOM, NO_LENGTH = -EMSGSIZE };
    static const struct {
        const char *what;
        uint8_t octets[12];
        size_t n;
        int result;
        int64_t wall_ms;
    } cases[] = {
        { "UTC", { 7, 234, 11, 23, 0, 0, 59, 9, '+', 0, 0 }, 11, 0, 1795392059900 },
        { "east", { 7, 234, 11, 23, 9, 0, 59, 0, '+', 9, 0 }, 11, 0, 1795392059000 },
        { "west", { 7, 234, 11, 22, 20, 30, 59, 0, '-', 3, 30 }, 11, 0, 1795392059000 },
        { "local", { 7, 234, 11, 23, 9, 0, 59, 0 }, 8, 0, 1795392059000 },
        { "leap day", { 7, 208, 2, 29, 0, 0, 0, 0, '+', 0, 0 }, 11, 0, 951782400000 },
        { "leap second", { 7, 224, 12, 31, 23, 59, 60, 0, '+', 0, 0 }, 11, 0, 1483228800000 },
        { "before 1970", { 7, 177, 12, 31, 23, 59, 0, 0, '+', 0, 0 }, 11, 0, -60000 },
        { "the last year", { 255, 255, 12, 31, 0, 0, 0, 0, '+', 0, 0 }, 11, 0, 2005949059200000 },
        { "never", { 0 }, 8, 0, 0 },
        { "never, longer", { 0 }, 11, 0, 0 },
        { "no month", { 7, 234, 0, 23, 0, 0, 0, 0, '+', 0, 0 }, 11, NO_DATE, 0 },
        { "a month too many", { 7, 234, 13, 1, 0, 0, 0, 0, '+', 0, 0 }, 11, NO_DATE, 0 },
        { "no day", { 7, 234, 11, 0, 0, 0, 0, 0, '+', 0, 0 }, 11, NO_DATE, 0 },
        { "31 November", { 7, 234, 11, 31, 0, 0, 0, 0, '+', 0, 0 }, 11, NO_DATE, 0 },
        { "no leap day", { 7, 234, 2, 29, 0, 0, 0, 0, '+', 0, 0 }, 11, NO_DATE, 0 },
        { "hour 24", { 7, 234, 11, 23, 24, 0, 0, 0, '+', 0, 0 }, 11, NO_DATE, 0 },
        { "minute 60", { 7, 234, 11, 23, 0, 60, 0, 0, '+', 0, 0 }, 11, NO_DATE, 0 },
        { "second 61", { 7, 234, 11, 23, 0, 0, 61, 0, '+', 0, 0 }, 11, NO_DATE, 0 },
        { "decisecond 10", { 7, 234, 11, 23, 0, 0, 0, 10, '+', 0, 0 }, 11, NO_DATE, 0 },
        { "no direction", { 7, 234, 11, 23, 0, 0, 0, 0, 0, 0, 0 }, 11, NO_DATE, 0 },
        { "14 hours from UTC", { 7, 234, 11, 23, 0, 0, 0, 0, '+', 14, 0 }, 11, NO_DATE, 0 },
        { "60 minutes from UTC", { 7, 234, 11, 23, 0, 0, 0, 0, '+', 0, 60 }, 11, NO_DATE, 0 },
        { "a zone without a date", { 0, 0, 0, 0, 0, 0, 0, 0, '+', 0, 0 }, 11, NO_DATE, 0 },
        { "empty", { 0 }, 0, NO_LENGTH, 0 },
        { "too short", { 7, 234, 11, 23, 0, 0, 0 }, 7, NO_LENGTH, 0 },
        { "cut", { 7, 234, 11, 23, 0, 0, 0, 0, '+', 0 }, 10, NO_LENGTH, 0 },
        { "too long", { 7, 234, 11, 23, 0, 0, 0, 0, '+', 0, 0, 0 }, 12, NO_LENGTH, 0 },
    };
    (void)state;
    setenv("TZ", "JST-9", 1);
    tzset();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value value;
        int64_t wall_ms = 4711;
        value_octets(&value, cases[i].octets, cases[i].n);
        const int result = value_read_date(&value, &wall_ms);
        if (result != cases[i].result || wall_ms != (result ? 4711 : cases[i].wall_ms))
            fail_msg("%s: %d, %lld", cases[i].what, result, (long long)wall_ms);
    }
}

/* What is read is what was written. */
static void test_dates_come_back(void **state)
{
    (void)state;
    for (int64_t wall_ms = 100; wall_ms < INT64_C(8000000000000); wall_ms += INT64_C(86413700) * 7) {
        struct value value;
        int64_t read_ms;
        value_date(&value, wall_ms);
        assert_int_equal(value_read_date(&value, &read_ms), 0);
        assert_int_equal(read_ms, wall_ms);
    }
}

static void test_days(void **state)
{
    struct value value;
    (void)state;
    value_day(&value, 0);
    check_octets(&value, "\0\0\0\0\0\0\0\0", 8);
    value_day(&value, 20780); /* 2026-11-23 */
    check_octets(&value, "\x07\xea\x0b\x17\0\0\0\0+\0\0", 11);
}

/* BITS (RFC 2578, section 7.1.4): the first bit is the highest of the first octet. */
static void test_bits(void **state)
{
    static const struct {
        uint32_t mask;
        unsigned n_bits;
        uint8_t octets[4];
        size_t n;
    } cases[] = {
        { 0, 6, { 0 }, 1 },
        { 1, 6, { 0x80 }, 1 },
        { 1 << 4, 6, { 0x08 }, 1 },
        { 0x3f, 6, { 0xfc }, 1 },
        { 0xff, 6, { 0xfc }, 1 }, /* bits that the module does not have */
        { 1 << 8 | 1 << 10, 11, { 0, 0xa0 }, 2 },
        { 1 << 7, 8, { 0x01 }, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value value;
        value_bits(&value, cases[i].mask, cases[i].n_bits);
        check_octets(&value, cases[i].octets, cases[i].n);
    }
}

static void test_addresses(void **state)
{
    static const struct {
        const char *text;
        int type; /* InetAddressType, RFC 4001 */
        uint8_t octets[16];
        size_t n;
    } cases[] = {
        { NULL, 0, { 0 }, 0 },
        { "10.1.2.3", 1, { 10, 1, 2, 3 }, 4 },
        { "2001:db8::1", 2, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, 16 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address address = { 0 };
        struct value value;
        if (cases[i].text)
            assert_int_equal(address_parse(cases[i].text, &address), 0);
        value_address_type(&value, &address);
        assert_int_equal(value.integer, cases[i].type);
        value_address(&value, &address);
        check_octets(&value, cases[i].octets, cases[i].n);
    }
}

static void test_address_lists(void **state)
{
    struct address addresses[8] = { 0 };
    struct value value;
    (void)state;
    value_address_list(&value, addresses, 0);
    check_octets(&value, "", 0);
    assert_int_equal(address_parse("10.1.2.3", &addresses[0]), 0);
    assert_int_equal(address_parse("fe80::1", &addresses[1]), 0);
    value_address_list(&value, addresses, 2);
    check_octets(&value, "10.1.2.3, fe80::1", 17);
    /* As many and as long as an agent's evidence can hold: whole ones, as far as the type goes. */
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(address_parse("1111:2222:3333:4444:5555:6666:7777:8888", &addresses[i]), 0);
    value_address_list(&value, addresses, 8);
    assert_int_equal(value.n_octets, 6 * 39 + 5 * 2);
}

static void test_texts(void **state)
{
    char text[400];
    struct value value;
    (void)state;
    memset(text, 'x', sizeof text);
    text[255] = '\0';
    value_text(&value, text);
    assert_int_equal(value.n_octets, 255);
    text[255] = 'x';
    strcpy(text + 256, "y");
    value_text(&value, text);
    assert_int_equal(value.n_octets, 255);
    strcpy(text + 253, "東");
    value_text(&value, text);
    assert_int_equal(value.n_octets, 253);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),         cmocka_unit_test(test_read_dates), cmocka_unit_test(test_dates_come_back),
        cmocka_unit_test(test_days),          cmocka_unit_test(test_bits),       cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_address_lists), cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
