/* How the listener and server drivers read a body, whole and in pieces of every size. */
#include "probes/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static const struct {
    enum driver driver;
    const char *marker, *body;
    bool healthy;
} cases[] = {
    { DRIVER_LISTENER, "!CRYPT!", "!CRYPT!", true },
    { DRIVER_LISTENER, "!CRYPT!", "<html>!CRYPT!1234 and more", true },
    { DRIVER_LISTENER, "!CRYPT!", "!CRYPT!CRYPT!", true },
    { DRIVER_LISTENER, "!CRYPT!", "!CRYP!CRYPT!", true },
    { DRIVER_LISTENER, "!CRYPT!", "!!!CRYPT!", true },
    { DRIVER_LISTENER, "!CRYPT!", "!CRYPT", false },
    { DRIVER_LISTENER, "!CRYPT!", "!crypt!", false },
    { DRIVER_LISTENER, "!CRYPT!", "! CRYPT !", false },
    { DRIVER_LISTENER, "aab", "aaaaaab", true },
    { DRIVER_LISTENER, "abab", "abaabab", true },
    { DRIVER_LISTENER, "ababac", "abababac", true },
    { DRIVER_LISTENER, "ababac", "ababababa", false },
    { DRIVER_SERVER, "-2", "-2", true },
    { DRIVER_SERVER, "-2", "\r\n\t -2 \v\f\n", true },
    { DRIVER_SERVER, "-2", "-2x", false },
    { DRIVER_SERVER, "-2", "x-2", false },
    { DRIVER_SERVER, "-2", "- 2", false },
    { DRIVER_SERVER, "-2", "-2 -2", false },
    { DRIVER_SERVER, "-2", "-", false },
    { DRIVER_SERVER, "-2", "  ", false },
    { DRIVER_SERVER, "a b", " a b ", true },
};

static void a_body_in_pieces_is_the_body(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t bytes = strlen(cases[i].body);
        for (size_t piece = 1; piece <= bytes; piece++) {
            struct body_state body = { 0 };
            for (size_t at = 0; at < bytes; at += piece)
                probe_driver_find(cases[i].driver)
                    ->read(&body, cases[i].marker, cases[i].body + at, piece < bytes - at ? piece : bytes - at);
            if (body.healthy != cases[i].healthy)
                fail_msg("\"%s\" in \"%s\", pieces of %zu: %d", cases[i].marker, cases[i].body, piece, body.healthy);
        }
    }
}

/* The plain definition, for all short bodies over a small alphabet. */
static void the_listener_finds_what_strstr_finds(void **state)
{
    (void)state;
    static const char *const markers[] = { "a", "ab", "aa", "aab", "aba", "abab", "aabaa" };
    char text[11];

    for (unsigned bits = 0; bits < 1U << 10; bits++) {
        for (unsigned i = 0; i < 10; i++)
            text[i] = bits >> i & 1U ? 'a' : 'b';
        text[10] = '\0';
        for (size_t i = 0; i < sizeof markers / sizeof *markers; i++) {
            struct body_state body = { 0 };
            listener_driver.read(&body, markers[i], text, 10);
            assert_int_equal(body.healthy, strstr(text, markers[i]) != NULL);
        }
    }
}

static void every_driver_is_in_the_table_under_its_number(void **state)
{
    (void)state;
    for (unsigned id = 0; id < DRIVERS + 2U; id++) {
        const struct probe_driver *driver = probe_driver_find((enum driver)id);
        const bool expected =
            (id >= DRIVER_LISTENER && id <= DRIVER_SOURCE) || id == DRIVER_LOCATION || id == DRIVER_FILES;
        assert_int_equal(driver != NULL, expected);
        if (driver) {
            assert_int_equal(driver->id, id);
            /* By path or by URL: the one that does both. */
            assert_int_equal(!!driver->read + !!driver->look + !!driver->conversation + !!driver->survey +
                                 driver->connects,
                             id == DRIVER_FILES ? 2 : 1);
        }
    }
}

static void a_detail_is_clean_and_cut_between_characters(void **state)
{
    (void)state;
    struct probe_answer answer;
    char text[400] = "a\r\nb\x1b[31m\x7f";

    answer_detail(&answer, text);
    assert_string_equal(answer.detail, "a  b [31m ");
    memset(text, 'x', sizeof answer.detail - 2);
    strcpy(text + sizeof answer.detail - 2, "\xe6\x97\xa5\xe6\x9c\xac");
    answer_detail(&answer, text);
    assert_int_equal(strlen(answer.detail), sizeof answer.detail - 2);
    answer_detail(&answer, "\xe6\x97\xa5");
    assert_string_equal(answer.detail, "\xe6\x97\xa5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_in_pieces_is_the_body),
        cmocka_unit_test(the_listener_finds_what_strstr_finds),
        cmocka_unit_test(every_driver_is_in_the_table_under_its_number),
        cmocka_unit_test(a_detail_is_clean_and_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
