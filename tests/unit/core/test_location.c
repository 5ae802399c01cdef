/* Where an agent should find itself, and what its check says: what is known in, a location out, as literal tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/report.h"
#include "core/smart.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Short forms, for the tables. */
enum {
    U = 1,
    ONLINE = SIDE_ONLINE,
    OFFLINE = SIDE_OFFLINE,
    YES = TRI_YES,
    NO = TRI_NO,
    UP = UPDOWN_UP,
    DOWN = UPDOWN_DOWN,
    IN = LOCATION_INTERNAL,
    OUT = LOCATION_EXTERNAL
};

static void where_an_agent_should_find_itself(void **state)
{
    (void)state;
    static const struct {
        unsigned agent_side, gateway, seen, server, references;
        unsigned location;
    } rows[] = {
        { U, U, 0, U, U, U },
        /* it reaches its server, whatever else */
        { ONLINE, U, 0, U, U, IN },
        { ONLINE, NO, 0, DOWN, DOWN, IN },
        /* it has a gateway of the company's */
        { U, YES, 0, U, U, IN },
        { OFFLINE, YES, 0, DOWN, DOWN, IN },
        /* it answers us, and what it would reach answers, too */
        { U, U, 1, U, U, U },
        { U, U, 1, UP, U, IN },
        { U, U, 1, U, UP, IN },
        { U, U, 1, DOWN, UP, IN },
        { OFFLINE, U, 1, UP, DOWN, IN },
        { U, U, 0, UP, UP, U },
        /* neither its server nor a reference server */
        { OFFLINE, U, 0, UP, DOWN, OUT },
        { OFFLINE, U, 0, U, DOWN, OUT },
        { OFFLINE, U, 1, DOWN, DOWN, OUT },
        { U, U, 0, DOWN, DOWN, OUT },
        { U, U, 1, DOWN, DOWN, OUT },
        { U, U, 0, U, DOWN, U },
        { U, U, 0, UP, DOWN, U },
        /* there may be a reference server that it reaches */
        { OFFLINE, U, 0, DOWN, UP, U },
        { OFFLINE, U, 0, DOWN, U, U },
        /* none of its gateways is the company's */
        { U, NO, 0, U, U, OUT },
        { OFFLINE, NO, 0, UP, UP, OUT },
        { U, NO, 1, UP, U, IN },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct location_facts facts = { .agent_side = rows[i].agent_side,
                                              .gateway = rows[i].gateway,
                                              .seen = rows[i].seen,
                                              .server = rows[i].server,
                                              .references = rows[i].references };
        if (location_expected(&facts) != rows[i].location)
            fail_msg("row %zu: %u", i, location_expected(&facts));
    }
}

static void a_difference_is_noted(void **state)
{
    (void)state;
    assert_int_equal(location_note(LOCATION_EXTERNAL, LOCATION_INTERNAL), NOTE_EXTERNAL_WITHIN);
    assert_int_equal(location_note(LOCATION_INTERNAL, LOCATION_EXTERNAL), NOTE_INTERNAL_OUTSIDE);
    for (enum location location = LOCATION_UNKNOWN; location <= LOCATION_EXTERNAL; location++) {
        assert_int_equal(location_note(location, location), 0);
        assert_int_equal(location_note(location, LOCATION_UNKNOWN), 0);
        assert_int_equal(location_note(LOCATION_UNKNOWN, location), 0);
    }
}

static void what_the_check_of_the_location_finds(void **state)
{
    (void)state;
    static const struct {
        unsigned found, expected;
        bool configured;
        unsigned references;
        bool whole, failing, malformed;
        enum finding finding;
    } rows[] = {
        /* nothing is configured by which to tell */
        { IN, OUT, false, U, true, false, false, FINDING_NO_PLACES },
        /* it differs, whatever the reference servers do */
        { OUT, IN, true, UP, true, false, false, FINDING_EXTERNAL_WITHIN },
        { IN, OUT, true, DOWN, false, true, true, FINDING_INTERNAL_OUTSIDE },
        /* the reference servers */
        { IN, IN, true, DOWN, false, true, false, FINDING_REFERENCES_SILENT },
        { U, U, true, DOWN, false, true, false, FINDING_REFERENCES_SILENT },
        { IN, IN, true, UP, false, true, true, FINDING_REFERENCE_SILENT },
        { U, IN, true, U, false, true, false, FINDING_REFERENCE_SILENT },
        /* the gateways */
        { IN, IN, true, UP, true, false, true, FINDING_GATEWAY_MALFORMED },
        { U, U, true, U, true, false, true, FINDING_GATEWAY_MALFORMED },
        /* some have not been asked yet */
        { IN, IN, true, UP, false, false, false, FINDING_NOTHING },
        /* all answer, and where it should be is known, or not */
        { IN, IN, true, UP, true, false, false, FINDING_PLACE_CONFIRMED },
        { OUT, OUT, true, U, true, false, false, FINDING_PLACE_CONFIRMED },
        { U, IN, true, UP, true, false, false, FINDING_PLACE_OPEN },
        { IN, U, true, UP, true, false, false, FINDING_PLACE_OPEN },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct smart_facts facts = { .location = rows[i].found,
                                           .expected = rows[i].expected,
                                           .places = { .configured = rows[i].configured,
                                                       .references = rows[i].references,
                                                       .whole = rows[i].whole,
                                                       .failing = rows[i].failing,
                                                       .gateways_malformed = rows[i].malformed } };
        if (smart_find(CHECK_ENDPOINT_LOCATION, &facts) != rows[i].finding)
            fail_msg("row %zu: %s", i, finding_text(smart_find(CHECK_ENDPOINT_LOCATION, &facts), LANGUAGE_EN));
        assert_int_equal(smart_available(&facts), TRI_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_an_agent_should_find_itself),
        cmocka_unit_test(a_difference_is_noted),
        cmocka_unit_test(what_the_check_of_the_location_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
