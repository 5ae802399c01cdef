/* Ranges of addresses: what is one, and whom it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/range.h"
#include "core/rows.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_range_has_the_addresses_that_share_its_bits(void **state)
{
    (void)state;
    static const struct {
        const char *range, *address;
        bool has;
    } rows[] = {
        { "10.1.0.0/16", "10.1.0.0", true },
        { "10.1.0.0/16", "10.1.255.255", true },
        { "10.1.0.0/16", "10.2.0.0", false },
        { "10.1.0.0/16", "10.0.255.255", false },
        { "10.1.2.3/16", "10.1.9.9", true },
        { "10.1.2.3", "10.1.2.3", true },
        { "10.1.2.3", "10.1.2.2", false },
        { "10.1.2.128/25", "10.1.2.129", true },
        { "10.1.2.128/25", "10.1.2.127", false },
        { "10.1.2.4/31", "10.1.2.5", true },
        { "10.1.2.4/31", "10.1.2.6", false },
        { "0.0.0.0/0", "255.255.255.255", true },
        { "0.0.0.0/0", "::1", false },
        { "::/0", "::1", true },
        { "::/0", "10.1.2.3", false },
        { "2001:db8::/33", "2001:db8:7fff::1", true },
        { "2001:db8::/33", "2001:db8:8000::1", false },
        { "2001:db8::1", "2001:db8::1", true },
        { "2001:db8::1", "2001:db8::2", false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct range range;
        struct address address;
        assert_int_equal(range_parse(rows[i].range, strlen(rows[i].range), &range), 0);
        assert_int_equal(address_parse(rows[i].address, &address), 0);
        if (range_has(&range, &address) != rows[i].has)
            fail_msg("%s, %s", rows[i].range, rows[i].address);
    }
    assert_false(range_has(&(struct range){ .family = 4 }, &(struct address){ 0 }));
}

static void what_is_no_range_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = { "",
                                         "/",
                                         "/8",
                                         "10.1.0.0/",
                                         "10.1.0.0/33",
                                         "10.1.0.0/-1",
                                         "10.1.0.0/+8",
                                         "10.1.0.0/8x",
                                         "10.1.0.0/0008",
                                         "10.1.0.0/8/8",
                                         "10.1/16",
                                         "example",
                                         "::/129",
                                         "[::1]",
                                         "10.1.0.0-10.1.0.9",
                                         "0000000000000000000000000000000000000000000000000000::/1" };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct range range = { .family = 99 };
        if (range_parse(texts[i], strlen(texts[i]), &range) != -EINVAL || range.family != 99)
            fail_msg("\"%s\" was taken", texts[i]);
    }
}

static void bits_that_do_not_count_are_seen(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool exact;
    } rows[] = { { "10.0.0.0/8", true },   { "10.0.0.5/8", false }, { "10.0.0.5", true },    { "10.0.0.5/32", true },
                 { "10.0.0.5/31", false }, { "0.0.0.0/0", true },   { "fe80::/10", true },   { "fe80::1/10", false },
                 { "fe80::1", true },      { "example", false },    { "10.0.0.0/33", false } };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (range_is_exact(rows[i].text, strlen(rows[i].text)) != rows[i].exact)
            fail_msg("%s", rows[i].text);
}

static void a_list_is_parted_by_commas_and_blanks(void **state)
{
    (void)state;
    const char *at = " ,a,, bc\t d ", *item;
    assert_int_equal(list_item(&at, &item), 1);
    assert_memory_equal(item, "a", 1);
    assert_int_equal(list_item(&at, &item), 2);
    assert_memory_equal(item, "bc", 2);
    assert_int_equal(list_item(&at, &item), 1);
    assert_memory_equal(item, "d", 1);
    assert_int_equal(list_item(&at, &item), 0);
    assert_int_equal(list_item(&at, &item), 0);
}

/* Whether two spellings of ranges make one list, and whom the first serves. */
static void sources_that_serve_the_same_ranges_stand_in_one_list(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        bool beside, serves;
    } rows[] = {
        { "", "", true, false },
        { "10.1.0.0/16", "10.1.0.0/16", true, true },
        { "10.1.0.0/16", " 10.1.2.3/16 ", true, true },
        { "10.1.0.0/16", "10.1.0.0/17", false, true },
        { "10.1.0.0/16", "", false, true },
        { "10.2.0.0/16, 10.1.2.0/24", "10.2.0.0/16 10.1.2.0/24", true, true },
        { "10.2.0.0/16", "10.2.0.0/16, 10.1.2.0/24", false, false },
        { "10.2.0.0/16, nonsense", "10.2.0.0/16", true, false },
    };
    struct address address;
    assert_int_equal(address_parse("10.1.2.3", &address), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct source_identity from = { .name = "s", .kind = LIST_CUSTOM, .url = "u", .web_url = "" };
        struct source_identity one = from, other = from;
        one.ranges = rows[i].one;
        other.ranges = rows[i].other;
        const struct source_identity *a = source_identity_new(&one), *b = source_identity_new(&other);
        if (source_identity_is_beside(a, b) != rows[i].beside || source_identity_serves(a, &address) != rows[i].serves)
            fail_msg("row %zu", i);
        source_identity_unref(a);
        source_identity_unref(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_has_the_addresses_that_share_its_bits),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(bits_that_do_not_count_are_seen),
        cmocka_unit_test(a_list_is_parted_by_commas_and_blanks),
        cmocka_unit_test(sources_that_serve_the_same_ranges_stand_in_one_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
