/* Gateways as people write them, and whether an endpoint has one of them, as literal tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct gateway read(const char *text)
{
    /* Without a NUL behind it, so that reading on is seen. */
    char *exact = malloc(strlen(text) + 1);
    assert_non_null(exact);
    memcpy(exact, text, strlen(text));
    exact[strlen(text)] = '1';
    const struct gateway gateway = gateway_read(exact, strlen(text));
    free(exact);
    return gateway;
}

static void what_is_written_is_an_address_a_mac_or_neither(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum gateway_kind kind;
    } rows[] = {
        { "10.1.0.1", GATEWAY_IP },
        { "2001:db8::1", GATEWAY_IP },
        { "fe80::1", GATEWAY_IP },
        { "::1", GATEWAY_IP },
        { "00-11-22-33-44-55", GATEWAY_MAC },
        { "00:11:22:aA:Bb:ff", GATEWAY_MAC },
        { "0011.22aa.bbFF", GATEWAY_MAC },
        { "00-11-22-33-44", GATEWAY_MALFORMED },
        { "00-11-22-33-44-5", GATEWAY_MALFORMED },
        { "00-11-22-33-44-555", GATEWAY_MALFORMED },
        { "00-11-22-33-44-55-66", GATEWAY_MALFORMED },
        { "00-11-22-33-44-5g", GATEWAY_MALFORMED },
        { "00-11:22-33:44-55", GATEWAY_MALFORMED },
        { "00.11.22.33.44.55", GATEWAY_MALFORMED },
        { "0011-22aa-bbff", GATEWAY_MALFORMED },
        { "001122334455", GATEWAY_MALFORMED },
        { "10.1.0", GATEWAY_MALFORMED },
        { "10.1.0.256", GATEWAY_MALFORMED },
        { "10.1.0.1/24", GATEWAY_MALFORMED },
        { "10.1.0.1:80", GATEWAY_MALFORMED },
        { "router.example", GATEWAY_MALFORMED },
        { "2001:db8::1%eth0", GATEWAY_MALFORMED },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", GATEWAY_MALFORMED },
        { "", GATEWAY_MALFORMED },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (read(rows[i].text).kind != rows[i].kind)
            fail_msg("%s: %u", rows[i].text, read(rows[i].text).kind);
}

static void spellings_of_one_are_equal(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        { "10.1.0.1", "10.1.0.1", true },
        { "10.1.0.1", "10.1.0.2", false },
        { "2001:db8::1", "2001:DB8:0::1", true },
        { "00-11-22-33-aa-55", "00:11:22:33:AA:55", true },
        { "00-11-22-33-aa-55", "0011.2233.aa55", true },
        { "00-11-22-33-aa-55", "0011.2233.aa56", false },
        { "10.1.0.1", "00-11-22-33-44-55", false },
        { "nonsense", "nonsense", false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct gateway a = read(rows[i].a), b = read(rows[i].b);
        assert_int_equal(gateway_equal(&a, &b), rows[i].equal);
        assert_int_equal(gateway_equal(&b, &a), rows[i].equal);
    }
}

/* The endpoint's, with blanks between, against the configured ones. */
static void an_endpoint_has_a_configured_one_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *configured, *own;
        enum tri have;
    } rows[] = {
        { "", "10.1.0.1", TRI_UNKNOWN },
        { "10.1.0.1", "10.1.0.1", TRI_YES },
        { "10.1.0.1", "10.2.0.1", TRI_NO },
        { "10.1.0.1", "", TRI_NO },
        { "10.2.0.1,10.1.0.1", "10.1.0.1", TRI_YES },
        { "10.1.0.1 , fe80::1", "192.168.1.1 fe80::1", TRI_YES },
        { "10.1.0.1, fe80::1", "192.168.1.1 fe80::2", TRI_NO },
        /* it does not tell MACs: none that is found is no sign */
        { "00-11-22-33-44-55", "10.1.0.1", TRI_UNKNOWN },
        { "10.1.0.1, 00-11-22-33-44-55", "10.1.0.1", TRI_YES },
        { "00-11-22-33-44-55, 10.1.0.1", "10.1.0.1", TRI_YES },
        { "10.1.0.1, 00-11-22-33-44-55", "10.2.0.1", TRI_UNKNOWN },
        /* what no agent can match decides nothing */
        { "nonsense", "10.1.0.1", TRI_UNKNOWN },
        { "nonsense, 10.1.0.1", "10.2.0.1", TRI_NO },
        /* a full list may have been cut */
        { "10.1.0.1", "10.2.0.1 10.2.0.2 10.2.0.3 10.2.0.4 10.2.0.5 10.2.0.6 10.2.0.7", TRI_NO },
        { "10.1.0.1", "10.2.0.1 10.2.0.2 10.2.0.3 10.2.0.4 10.2.0.5 10.2.0.6 10.2.0.7 10.2.0.8", TRI_UNKNOWN },
        { "10.1.0.1", "10.2.0.1 10.2.0.2 10.2.0.3 10.2.0.4 10.2.0.5 10.2.0.6 10.2.0.7 10.1.0.1", TRI_YES },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address_list own = { 0 };
        char text[256], *save = NULL;
        snprintf(text, sizeof text, "%s", rows[i].own);
        for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
            assert_int_equal(address_parse(word, &own.at[own.n++]), 0);
        if (gateways_have(rows[i].configured, &own) != rows[i].have)
            fail_msg("\"%s\" in \"%s\"", rows[i].own, rows[i].configured);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_an_address_a_mac_or_neither),
        cmocka_unit_test(spellings_of_one_are_equal),
        cmocka_unit_test(an_endpoint_has_a_configured_one_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
