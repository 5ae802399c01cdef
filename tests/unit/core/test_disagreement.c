/* What two sources say, and whether they contradict each other: pair by pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/world.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void words_that_contradict_each_other(void **state)
{
    (void)state;
    static const struct {
        const char *feed, *asked, *disagreements;
    } rows[] = {
        { "feed mode=normal", "asked mode=normal", "" },
        { "feed mode=normal", "asked mode=standalone", "mode" },
        { "feed mode=normal", "asked", "" },
        { "feed", "asked mode=normal", "" },
        { "feed policy=on", "asked policy=on", "" },
        { "feed policy=on", "asked policy=off", "policy" },
        { "feed service=running", "asked service=running", "" },
        { "feed service=running", "asked service=stopped", "service" },
        { "feed service=missing", "asked service=stopped", "service" },
        { "feed method=smart", "asked method=smart", "" },
        { "feed method=smart", "asked method=conventional", "method" },
        { "feed location=internal", "asked location=internal", "" },
        { "feed location=internal", "asked location=external", "location" },
        { "feed smart=yes", "asked smart=yes", "" },
        { "feed smart=yes", "asked smart=no", "smart" },
        { "feed agent=online", "asked agent=online", "" },
        { "feed agent=online", "asked agent=offline", "agent" },
        /* a driver that one source does not look for contradicts no other */
        { "feed tmusa=running", "asked tmusa=running", "" },
        { "feed tmusa=running", "asked tmusa=stopped", "tmusa" },
        { "feed tmusa=running", "asked tmusa=unneeded", "" },
        { "feed tmusa=stopped", "asked tmusa=unneeded", "" },
        { "feed tmusa=missing", "asked tmusa=stopped", "tmusa" },
        /* a pattern: by its day where both know it, else by its version; never by its age */
        { "feed day=20000", "asked day=20000", "" },
        { "feed day=20000", "asked day=20001", "pattern" },
        { "feed day=20000 version=19.1", "asked day=20000 version=19.2", "" },
        { "feed day=20000 version=19.1", "asked day=20001 version=19.1", "pattern" },
        { "feed version=19.1", "asked day=20000 version=19.1", "" },
        { "feed version=19.1", "asked day=20000 version=19.2", "pattern" },
        { "feed version=19.1", "asked version=19.2", "pattern" },
        { "feed version=19.1", "asked day=20000", "" },
        { "feed day=20000 version=19.1", "asked version=19.1", "" },
        { "feed day=20000 version=19.1", "asked version=19.12", "pattern" },
        { "feed pattern=1", "asked pattern=500", "" },
        /* lists of addresses that have none in common */
        { "feed resolved=10.0.0.5", "asked resolved=10.0.0.5", "" },
        { "feed resolved=10.0.0.5", "asked resolved=10.0.0.6", "resolved" },
        { "feed resolved=10.0.0.5,10.0.0.6", "asked resolved=10.0.0.6,10.0.0.5", "" },
        { "feed resolved=10.0.0.5,10.0.0.5", "asked resolved=10.0.0.5", "" },
        { "feed resolved=10.0.0.5", "asked resolved=10.0.0.5,10.0.0.6", "" },
        { "feed resolved=10.0.0.5,10.0.0.6", "asked resolved=10.0.0.5", "" },
        { "feed resolved=10.0.0.5", "asked resolved=nothing", "resolved" },
        { "feed resolved=nothing", "asked resolved=10.0.0.5", "resolved" },
        { "feed resolved=nothing", "asked resolved=nothing", "" },
        { "feed own=10.0.0.1,::1", "asked own=::1,10.0.0.1", "" },
        { "feed own=10.0.0.1", "asked own=::1", "own" },
        { "feed resolved=10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4", "asked resolved=10.0.0.5", "resolved" },
        { "feed resolved=10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4", "asked resolved=10.0.0.1", "" },
        { "feed resolved=10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4", "asked resolved=10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.5",
          "" },
        { "feed own=10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8",
          "asked own=10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8,10.0.0.9", "" },
        /* what is not compared */
        { "feed source=yes", "asked source=no", "" },
        { "feed tmlisten=running", "asked tmlisten=stopped", "" },
        { "feed system=a", "asked system=b", "" },
        /* several */
        { "feed mode=normal policy=on own=10.0.0.1", "asked mode=standalone policy=on own=10.0.0.2", "mode own" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (unsigned turned = 0; turned < 2; turned++) { /* it does not matter who speaks first */
            const struct store_settings settings = world_settings();
            struct world world;
            world_begin(&world, &settings);
            assert_int_equal(world_put_agent(&world, 1, 0, 0, 0), 0);
            assert_int_equal(world_do(&world, 1, turned ? rows[i].asked : rows[i].feed), 0);
            assert_string_equal(world_disagreements(&world, 1), "");
            assert_int_equal(world_do(&world, 1, turned ? rows[i].feed : rows[i].asked), 0);
            if (strcmp(world_disagreements(&world, 1), rows[i].disagreements) != 0)
                fail_msg("row %zu: \"%s\"", i, world.text);
            world_end(&world);
        }
    }
}

static void a_value_that_is_unknown_contradicts_none(void **state)
{
    (void)state;
    struct statements *statements = NULL;
    struct statement *said;
    for (enum driver driver = DRIVER_FEED; driver <= DRIVER_WINRM; driver++) {
        assert_int_equal(statements_open(&statements, driver, &said), 0);
        said->facts[FACT_MODE] =
            (struct fact_value){ 5, driver == DRIVER_FEED ? MODE_UNKNOWN : MODE_NORMAL, (uint8_t)driver };
        said->facts[FACT_RTS_POLICY] =
            (struct fact_value){ 5, driver == DRIVER_FEED ? TRI_YES : TRI_NO, (uint8_t)driver };
    }
    assert_int_equal(disagreements_among(statements, INT64_MIN), DISAGREE_BIT(DISAGREE_RTS_POLICY));
    assert_int_equal(disagreements_among(statements, 5), DISAGREE_BIT(DISAGREE_RTS_POLICY));
    assert_int_equal(disagreements_among(statements, 6), 0); /* too old */
    assert_int_equal(disagreements_among(NULL, INT64_MIN), 0);
    statements_unref(statements);
}

/* Any two of several. */
static void one_that_agrees_with_another_does_not_hide_a_third(void **state)
{
    (void)state;
    static const struct {
        int32_t modes[3];
        bool differ;
    } rows[] = {
        { { MODE_NORMAL, MODE_NORMAL, MODE_NORMAL }, false },
        { { MODE_STANDALONE, MODE_NORMAL, MODE_NORMAL }, true },
        { { MODE_NORMAL, MODE_STANDALONE, MODE_NORMAL }, true },
        { { MODE_NORMAL, MODE_NORMAL, MODE_STANDALONE }, true },
        { { MODE_NORMAL, MODE_UNKNOWN, MODE_STANDALONE }, true },
    };
    static const enum driver drivers[] = { DRIVER_FEED, DRIVER_WINRM, DRIVER_CENTRAL };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct statements *statements = NULL;
        struct statement *said;
        for (size_t k = 0; k < COUNT(drivers); k++) {
            assert_int_equal(statements_open(&statements, drivers[k], &said), 0);
            said->facts[FACT_MODE] = (struct fact_value){ 5, rows[i].modes[k], (uint8_t)drivers[k] };
        }
        assert_int_equal(disagreements_among(statements, INT64_MIN), rows[i].differ ? DISAGREE_BIT(DISAGREE_MODE) : 0);
        statements_unref(statements);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_contradict_each_other),
        cmocka_unit_test(a_value_that_is_unknown_contradicts_none),
        cmocka_unit_test(one_that_agrees_with_another_does_not_hide_a_third),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
