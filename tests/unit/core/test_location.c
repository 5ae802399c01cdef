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
        bool malformed;
        enum finding finding;
    } rows[] = {
        /* nothing is configured by which to tell */
        { IN, OUT, false, U, false, FINDING_NO_PLACES },
        /* it differs, whatever the reference servers do */
        { OUT, IN, true, UP, false, FINDING_EXTERNAL_WITHIN },
        { IN, OUT, true, DOWN, true, FINDING_INTERNAL_OUTSIDE },
        /* none of the reference servers answers */
        { IN, IN, true, DOWN, false, FINDING_REFERENCES_SILENT },
        { U, U, true, DOWN, true, FINDING_REFERENCES_SILENT },
        /* the gateways */
        { IN, IN, true, UP, true, FINDING_GATEWAY_MALFORMED },
        { U, U, true, U, true, FINDING_GATEWAY_MALFORMED },
        /* it is where it should be, though some were not asked yet, or do not answer */
        { IN, IN, true, UP, false, FINDING_PLACE_CONFIRMED },
        { OUT, OUT, true, U, false, FINDING_PLACE_CONFIRMED },
        /* one of the two is not known */
        { U, IN, true, UP, false, FINDING_PLACE_NOT_TOLD },
        { U, U, true, UP, false, FINDING_PLACE_NOT_TOLD },
        { IN, U, true, UP, false, FINDING_PLACE_OPEN },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct smart_facts facts = { .location = rows[i].found,
                                           .expected = rows[i].expected,
                                           .places = { .configured = rows[i].configured,
                                                       .references = rows[i].references,
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
