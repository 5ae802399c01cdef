/* The model's words and addresses, against the spellings and numbers that managers rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "core/model.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void conditions_have_their_bits_numbers_and_order(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned value, rank;
        enum severity severity;
    } rows[CONDITIONS] = {
        { "patternOutdated", 3, 5, SEVERITY_MAJOR },
        { "realTimeScanNotFunctioning", 4, 1, SEVERITY_CRITICAL },
        { "realTimeScanDisabled", 5, 3, SEVERITY_CRITICAL },
        { "standaloneUnprotected", 6, 2, SEVERITY_CRITICAL },
        { "offline", 7, 4, SEVERITY_MAJOR },
        { "smartProtectionUnavailable", 8, 6, SEVERITY_MINOR },
    };
    for (unsigned bit = 0; bit < CONDITIONS; bit++) {
        assert_string_equal(condition_name(bit), rows[bit].name);
        assert_int_equal(condition_icon(bit), rows[bit].value);
        assert_int_equal(condition_icon_rank(bit), rows[bit].rank);
        assert_int_equal(condition_severity(bit), rows[bit].severity);
        assert_string_equal(icon_name(rows[bit].value), rows[bit].name);
        assert_string_equal(alarm_condition_name(rows[bit].value), rows[bit].name);
    }
    assert_string_equal(condition_name(CONDITIONS), "unknown");
    assert_int_equal(condition_icon(CONDITIONS), ICON_UNKNOWN);
    assert_int_equal(condition_severity(CONDITIONS), SEVERITY_UNKNOWN);
    assert_true(condition_icon_rank(CONDITIONS) > 6);
}

/* Each enumeration's names from 0 on; the one after the last must be "unknown" again. */
#define CHECK_NAMES(function, ...)                                                                                     \
    do {                                                                                                               \
        static const char *const names[] = { "unknown", "unknown", __VA_ARGS__, "unknown" };                           \
        for (unsigned value = 0; value < COUNT(names); value++)                                                        \
            assert_string_equal(function(value), names[value]);                                                        \
        assert_string_equal(function(UINT32_MAX), "unknown");                                                          \
    } while (0)

static void names_are_those_of_the_mib(void **state)
{
    (void)state;
    CHECK_NAMES(icon_name, "healthy", "patternOutdated", "realTimeScanNotFunctioning", "realTimeScanDisabled",
                "standaloneUnprotected", "offline", "smartProtectionUnavailable");
    CHECK_NAMES(alarm_condition_name, "unknown", "patternOutdated", "realTimeScanNotFunctioning",
                "realTimeScanDisabled", "standaloneUnprotected", "offline", "smartProtectionUnavailable", "serverDown",
                "sourceDown", "massOutage", "flapping", "persistenceLost", "collectorCutOff");
    CHECK_NAMES(severity_name, "cleared", "warning", "minor", "major", "critical");
    CHECK_NAMES(cause_name, "none", "nameNotFound", "refused", "timedOut", "unreachable", "reset", "tlsRejected",
                "authenticationFailed", "forbidden", "wrongAnswer", "tooLarge", "httpError", "protocolError",
                "cancelled", "stale");
    CHECK_NAMES(diagnosis_name, "none", "networkFault", "serverNameUnresolved", "firewallBlocksServer",
                "agentAddressChanged", "firewallOrAddress", "unverified", "serverDown", "listenerStopped");
    CHECK_NAMES(side_name, "online", "offline");
    CHECK_NAMES(presence_name, "present", "absent");
    CHECK_NAMES(recorded_name, "unableToConnect", "active", "inactive", "productActive", "agentActive", "roaming");
    CHECK_NAMES(updown_name, "up", "down");
    CHECK_NAMES(driver_name, "listener", "server", "feed", "winrm", "source", "central", "vision", "location", "files");
}

static void every_cause_has_words_in_each_language(void **state)
{
    (void)state;
    for (unsigned cause = CAUSE_UNKNOWN; cause <= CAUSE_LAST; cause++) {
        const char *english = cause_text(cause, LANGUAGE_EN);
        const char *japanese = cause_text(cause, LANGUAGE_JA);
        assert_string_not_equal(english, "unknown");
        assert_string_not_equal(japanese, english);
        assert_true((unsigned char)english[0] < 0x80 && (unsigned char)japanese[strlen(japanese) - 1] >= 0x80);
    }
    assert_string_equal(cause_text(CAUSE_REFUSED, LANGUAGES), cause_text(CAUSE_REFUSED, LANGUAGE_EN));
    assert_string_equal(cause_text(CAUSE_LAST + 1, LANGUAGE_JA), "unknown");
}

static void addresses_read_and_print(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned family; /* 0: no address */
        const char *printed;
    } rows[] = {
        { "10.1.2.3", 4, "10.1.2.3" },
        { "255.255.255.255", 4, "255.255.255.255" },
        { "2001:DB8::1", 6, "2001:db8::1" },
        { "::", 6, "::" },
        { "1111:2222:3333:4444:5555:6666:7777:8888", 6, "1111:2222:3333:4444:5555:6666:7777:8888" },
        { "", 0, "" },
        { "10.1.2", 0, "" },
        { "10.1.2.256", 0, "" },
        { " 10.1.2.3", 0, "" },
        { "10.1.2.3:80", 0, "" },
        { "fe80::1%eth0", 0, "" },
        { "host.example", 0, "" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct address untouched = { 99, { 1, 2, 3 } };
        struct address address = untouched;
        char buffer[ADDRESS_TEXT_BYTES];
        assert_int_equal(address_parse(rows[i].text, &address), rows[i].family ? 0 : -EINVAL);
        if (rows[i].family) {
            assert_int_equal(address.family, rows[i].family);
            assert_string_equal(address_format(&address, buffer), rows[i].printed);
        } else {
            assert_memory_equal(&address, &untouched, sizeof(address));
        }
    }
    const struct address none = { 0 };
    char buffer[ADDRESS_TEXT_BYTES] = "left over";
    assert_ptr_equal(address_format(&none, buffer), buffer);
    assert_string_equal(buffer, "");
}

static void addresses_are_equal_by_family_and_its_bytes(void **state)
{
    (void)state;
    const struct address four = { 4, { 10, 1, 2, 3 } };
    const struct address four_with_rest = { 4, { 10, 1, 2, 3, 99 } };
    const struct address other = { 4, { 10, 1, 2, 4 } };
    const struct address six = { 6, { 10, 1, 2, 3 } };
    const struct address six_with_rest = { 6, { 10, 1, 2, 3, 99 } };
    assert_true(address_equal(&four, &four_with_rest));
    assert_false(address_equal(&four, &other));
    assert_false(address_equal(&four, &six));
    assert_true(address_equal(&six, &six));
    assert_false(address_equal(&six, &six_with_rest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_have_their_bits_numbers_and_order), cmocka_unit_test(names_are_those_of_the_mib),
        cmocka_unit_test(every_cause_has_words_in_each_language),       cmocka_unit_test(addresses_read_and_print),
        cmocka_unit_test(addresses_are_equal_by_family_and_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
