/* What a record says of an agent, and whether it is refuted: case by case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/record.h"
#include "support/audit.h"
#include "support/world.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_record_is_refuted_by_the_server_side_alone(void **state)
{
    (void)state;
    static const struct {
        enum recorded recorded;
        bool unknown, online, offline; /* by the server side */
        enum mode mode;
    } rows[] = {
        { RECORDED_UNKNOWN, false, false, false, MODE_UNKNOWN },
        { RECORDED_UNABLE_TO_CONNECT, false, true, false, MODE_UNKNOWN },
        { RECORDED_ACTIVE, false, false, true, MODE_NORMAL },
        { RECORDED_INACTIVE, false, true, false, MODE_UNKNOWN },
        { RECORDED_PRODUCT_ACTIVE, false, false, true, MODE_UNKNOWN },
        { RECORDED_AGENT_ACTIVE, false, false, false, MODE_UNKNOWN },
        { RECORDED_ROAMING, false, false, false, MODE_STANDALONE },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(record_is_contradicted(rows[i].recorded, SIDE_UNKNOWN), rows[i].unknown);
        assert_int_equal(record_is_contradicted(rows[i].recorded, SIDE_ONLINE), rows[i].online);
        assert_int_equal(record_is_contradicted(rows[i].recorded, SIDE_OFFLINE), rows[i].offline);
        assert_int_equal(record_mode(rows[i].recorded), rows[i].mode);
    }
}

static void only_consoles_tell_records(void **state)
{
    (void)state;
    for (unsigned driver = DRIVER_UNKNOWN; driver < DRIVERS; driver++)
        assert_int_equal(driver_is_console((enum driver)driver), driver == DRIVER_CENTRAL || driver == DRIVER_VISION);
}

/* An agent's life, and what its record and its verdict are after each step. */
struct step {
    unsigned s;
    const char *event;
    enum recorded recorded;
    bool contradicted;
    enum tri pattern; /* as believed: up to date? */
    enum mode mode;
    bool moves; /* the agent's change sequence */
};

static void play(const struct step *steps, size_t n)
{
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    for (size_t i = 0; i < n; i++) {
        const uint32_t seq = store_agent(world.store, 1)->change_seq;
        world_at(&world, steps[i].s);
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        const struct agent_row *agent = store_agent(world.store, 1);
        const struct fact_value *mode = &agent->evidence.known.facts[FACT_MODE];
        if (agent->recorded != steps[i].recorded || agent->contradicted != steps[i].contradicted ||
            agent->dampers[AXIS_PATTERN].believed != steps[i].pattern ||
            (mode->mono_ms ? (enum mode)mode->value : MODE_UNKNOWN) != steps[i].mode ||
            (agent->change_seq != seq) != steps[i].moves)
            fail_msg("step %zu, %s: record %u, contradicted %d, pattern %u, mode %d, moved %d", i, steps[i].event,
                     agent->recorded, agent->contradicted, agent->dampers[AXIS_PATTERN].believed,
                     mode->mono_ms ? mode->value : 0, agent->change_seq != seq);
        assert_int_equal(store_fleet(world.store)->contradicted, steps[i].contradicted);
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}
#define PLAY(...)                                                                                                      \
    play((const struct step[]){ __VA_ARGS__ }, sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step))

static void a_record_is_shown_and_compared(void **state)
{
    (void)state;
    PLAY({ 1, "record active", RECORDED_ACTIVE, false, TRI_UNKNOWN, MODE_NORMAL, false },
         { 2, "listener none", RECORDED_ACTIVE, false, TRI_UNKNOWN, MODE_NORMAL, true },
         { 3, "listener refused", RECORDED_ACTIVE, false, TRI_UNKNOWN, MODE_NORMAL, false }, /* not believed yet */
         { 4, "listener refused", RECORDED_ACTIVE, true, TRI_UNKNOWN, MODE_NORMAL, true },
         { 5, "record active", RECORDED_ACTIVE, true, TRI_UNKNOWN, MODE_NORMAL, false },
         { 6, "record inactive", RECORDED_INACTIVE, false, TRI_UNKNOWN, MODE_UNKNOWN, true }, /* a whole statement */
         { 7, "listener none", RECORDED_INACTIVE, true, TRI_UNKNOWN, MODE_UNKNOWN, true },
         { 8, "record roaming", RECORDED_ROAMING, false, TRI_UNKNOWN, MODE_STANDALONE, true },
         { 9, "record by=vision active", RECORDED_ACTIVE, false, TRI_UNKNOWN, MODE_NORMAL, true },
         /* both too old: unknown, and no contradiction */
         { 9 + WORLD_LIMIT_S + 1, "expire", RECORDED_UNKNOWN, false, TRI_UNKNOWN, MODE_UNKNOWN, true });
}

static void the_pattern_is_judged_by_its_date_or_else_by_the_record(void **state)
{
    (void)state;
    PLAY({ 1, "record behind=2", RECORDED_UNKNOWN, false, TRI_YES, MODE_UNKNOWN, true },
         { 2, "record behind=3", RECORDED_UNKNOWN, false, TRI_YES, MODE_UNKNOWN, false },
         { 3, "record behind=7", RECORDED_UNKNOWN, false, TRI_NO, MODE_UNKNOWN, true },
         { 4, "record behind=1", RECORDED_UNKNOWN, false, TRI_YES, MODE_UNKNOWN, true },
         { 5, "feed pattern=100", RECORDED_UNKNOWN, false, TRI_YES, MODE_UNKNOWN, true }, /* the endpoint is there */
         { 6, "record behind=1", RECORDED_UNKNOWN, false, TRI_YES, MODE_UNKNOWN, false }, /* no second observation */
         { 7, "feed pattern=100", RECORDED_UNKNOWN, false, TRI_NO, MODE_UNKNOWN, true },
         { 8, "record behind=1", RECORDED_UNKNOWN, false, TRI_NO, MODE_UNKNOWN, false },
         { 9 + WORLD_LIMIT_S, "record behind=1", RECORDED_UNKNOWN, false, TRI_YES, MODE_UNKNOWN, true });
}

static void the_endpoint_is_believed_before_the_record(void **state)
{
    (void)state;
    PLAY({ 1, "feed mode=standalone policy=off", RECORDED_UNKNOWN, false, TRI_UNKNOWN, MODE_STANDALONE, true },
         { 5, "record active", RECORDED_ACTIVE, false, TRI_UNKNOWN, MODE_STANDALONE, true },
         { 6, "feed age=2 mode=standalone policy=off", RECORDED_ACTIVE, false, TRI_UNKNOWN, MODE_STANDALONE, true },
         { 7, "feed policy=off", RECORDED_ACTIVE, false, TRI_UNKNOWN, MODE_NORMAL, false }, /* it says it no more */
         { 8, "feed age=3 mode=standalone", RECORDED_ACTIVE, false, TRI_UNKNOWN, MODE_STANDALONE, false });
    /* What the endpoint said grows old first. */
    PLAY({ 1, "feed mode=standalone", RECORDED_UNKNOWN, false, TRI_UNKNOWN, MODE_STANDALONE, true },
         { 100, "record active", RECORDED_ACTIVE, false, TRI_UNKNOWN, MODE_STANDALONE, true },
         { 1 + WORLD_LIMIT_S + 1, "expire", RECORDED_ACTIVE, false, TRI_UNKNOWN, MODE_NORMAL, true });
}

static void versions_of_the_record_are_shown_where_the_endpoint_tells_none(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, 0), 0);
    assert_int_equal(world_do(&world, 1, "record active system=of-the-record engine=no"), 0);
    const struct statement *known = &store_agent(world.store, 1)->evidence.known;
    assert_string_equal(known->report->system, "of-the-record");
    assert_int_equal(known->facts[FACT_ENGINE].value, TRI_NO);
    assert_int_equal(known->recorded_wall_ms, world.now.wall_ms);
    assert_int_equal(world_do(&world, 1, "asked system=of-its-own"), 0);
    world_at(&world, 10);
    assert_int_equal(world_do(&world, 1, "record active system=of-the-record"), 0);
    known = &store_agent(world.store, 1)->evidence.known;
    assert_string_equal(known->report->system, "of-its-own");
    assert_int_equal(known->facts[FACT_ENGINE].mono_ms, 0);
    world_end(&world);
}

static void who_has_vanished_is_counted(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    const uint32_t seq = store_agent(world.store, 1)->change_seq;
    assert_string_equal(world_alarms(&world), "1=offline");

    struct agent_identity identity = *store_agent(world.store, 1)->identity;
    for (int vanished = 1; vanished >= 0; vanished--) {
        identity.retired = vanished;
        const struct agent_identity *shared = agent_identity_new(&identity);
        assert_int_equal(store_put_agent(world.store, 1, shared, &world.now), 0);
        agent_identity_unref(shared);
        assert_int_equal(store_fleet(world.store)->retired, vanished);
        assert_int_equal(store_agent(world.store, 1)->change_seq, seq + 2 - (uint32_t)vanished);
        assert_string_equal(world_alarms(&world), "1=offline"); /* neither cleared nor raised anew */
        audit_store(world.store, AUDIT_ALL);
        identity = *store_agent(world.store, 1)->identity;
    }
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_refuted_by_the_server_side_alone),
        cmocka_unit_test(only_consoles_tell_records),
        cmocka_unit_test(a_record_is_shown_and_compared),
        cmocka_unit_test(the_pattern_is_judged_by_its_date_or_else_by_the_record),
        cmocka_unit_test(the_endpoint_is_believed_before_the_record),
        cmocka_unit_test(versions_of_the_record_are_shown_where_the_endpoint_tells_none),
        cmocka_unit_test(who_has_vanished_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
