/* Values that are put together: dates, bits, addresses. */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agentx/value.h"

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
        cmocka_unit_test(test_dates),     cmocka_unit_test(test_days),          cmocka_unit_test(test_bits),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_address_lists), cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
