/* The process ends at some instant, and the next one goes on from what was saved: what was told is not told again, what
 * changed meanwhile is told once, and where nothing changed, nothing is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/image.h"
#include "support/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What happens to agent 1 at a second, and what is to be seen then; NULL: it is not looked at. "restart": the process
 * is killed and begins anew; "gone": likewise, and the agent is not configured any more. */
struct step {
    unsigned s;
    const char *event, *verdict, *alarms, *told;
};

static void play(const struct store_settings *settings, const struct step *steps, const char *what)
{
    struct image image = { 0 };
    struct world world;
    world_begin(&world, settings);
    journal_switch(store_journal(world.store), true);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    enum audit_scope scope = AUDIT_ALL;
    for (const struct step *step = steps; step->event; step++) {
        const bool gone = strcmp(step->event, "gone") == 0;
        world_at(&world, step->s);
        if (gone || strcmp(step->event, "restart") == 0) {
            image_restart(&image, &world.store, settings, gone ? 1 : 0, &world.now);
            scope = AUDIT_RESTORED;
        } else {
            assert_int_equal(world_do(&world, 1, step->event), 0);
        }
        if (step->verdict && strcmp(step->verdict, world_verdict(&world, 1)) != 0)
            fail_msg("%s: %u %s: verdict \"%s\"", what, step->s, step->event, world.text);
        if (step->alarms && strcmp(step->alarms, world_alarms(&world)) != 0)
            fail_msg("%s: %u %s: alarms \"%s\"", what, step->s, step->event, world.text);
        if (strcmp(step->told ? step->told : "", world_told(&world)) != 0)
            fail_msg("%s: %u %s: told \"%s\"", what, step->s, step->event, world.text);
        audit_store(world.store, scope);
        image_save(&image, world.store, &world.now);
    }
    image_done(&image);
    world_end(&world);
}

static void what_was_told_is_told_once(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct step steps[12];
    } cases[] = {
        { "nothing has changed",
          { { 0, "listener none", NULL, "", NULL },
            { 10, "restart", "unknown", "", NULL },
            { 15, "listener none", "unknown", "", NULL },
            { 20, "restart", "unknown", "", NULL } } },
        { "an alarm stays who it was",
          { { 0, "listener none", NULL, "", NULL },
            { 1, "listener refused", NULL, "", NULL },
            { 2, "listener refused", "offline:unverified", "1=offline", "+1" },
            { 10, "restart", "offline:unverified", "1=offline", NULL },
            { 11, "listener refused", "offline:unverified", "1=offline", NULL },
            { 12, "listener none", NULL, "", "-1" },
            { 13, "restart", NULL, "", NULL } } },
        { "one observation of two was before",
          { { 0, "listener none", NULL, "", NULL },
            { 1, "listener refused", NULL, "", NULL },
            { 2, "restart", NULL, "", NULL },
            { 3, "listener refused", "offline:unverified", "1=offline", "+1" } } },
        { "it has fallen while nobody looked",
          { { 0, "listener none", NULL, "", NULL },
            { 2000, "restart", "unknown:unknown", "", NULL },
            { 2001, "listener refused", "unknown:unknown", "", NULL },
            { 2002, "listener refused", "offline:unverified", "1=offline", "+1" } } },
        { "it has come back while nobody looked",
          { { 0, "listener none", NULL, "", NULL },
            { 1, "listener refused", NULL, "", NULL },
            { 2, "listener refused", NULL, "1=offline", "+1" },
            { 2000, "restart", "unknown:unknown", "1=offline", NULL },
            { 2001, "listener none", NULL, "", "-1" } } },
        { "it fell at its first verdict, which was silent, and so is its end",
          { { 0, "listener refused", NULL, "", NULL },
            { 1, "listener refused", NULL, "1=offline", NULL },
            { 2, "restart", NULL, "1=offline", NULL },
            { 3, "listener none", NULL, "", NULL },
            { 4, "restart", NULL, "", NULL },
            { 5, "listener refused", NULL, "", NULL },
            { 6, "listener refused", NULL, "2=offline", "+2" } } },
        { "it was never judged, so that the first verdict is silent still",
          { { 0, "listener refused", NULL, "", NULL },
            { 1, "restart", NULL, "", NULL },
            { 2, "listener refused", NULL, "1=offline", NULL } } },
        { "it is not configured any more",
          { { 0, "listener none", NULL, "", NULL },
            { 1, "listener refused", NULL, "", NULL },
            { 2, "listener refused", NULL, "1=offline", "+1" },
            { 3, "gone", "gone", "", "-1" } } },
        { "nor is one of whom nothing was told",
          { { 0, "listener refused", NULL, "", NULL },
            { 1, "listener refused", NULL, "1=offline", NULL },
            { 3, "gone", "gone", "", NULL } } },
        { "the server was down before",
          { { 0, "server none", NULL, "", NULL },
            { 1, "server refused", NULL, "", NULL },
            { 2, "server refused", NULL, "1=serverDown", "+1" },
            { 3, "restart", NULL, "1=serverDown", NULL },
            { 4, "server refused", NULL, "1=serverDown", NULL },
            { 5, "server none", NULL, "", "-1" } } },
        { "the server has fallen while nobody looked",
          { { 0, "server none", NULL, "", NULL },
            { 1000, "restart", NULL, "", NULL },
            { 1001, "server refused", NULL, "", NULL },
            { 1002, "server refused", NULL, "1=serverDown", "+1" } } },
        { "a list of sources was down before",
          { { 0, "add 1 standard", NULL, "", NULL },
            { 1, "source none", NULL, "", NULL },
            { 2, "asked location=internal smart=yes", NULL, "", NULL },
            { 3, "source refused", NULL, "", NULL },
            { 4, "source refused", "smartProtectionUnavailable:unknown",
              "1=sourceDown 2=smartProtectionUnavailable 3=massOutage", "+1 +3" },
            { 5, "restart", "smartProtectionUnavailable:unknown",
              "1=sourceDown 2=smartProtectionUnavailable 3=massOutage", NULL },
            { 6, "source refused", NULL, "1=sourceDown 2=smartProtectionUnavailable 3=massOutage", NULL },
            { 7, "source none", NULL, "", "-1 -3" } } },
        { "conditions that two sources tell of",
          { { 0, "feed good", "healthy", "", NULL },
            { 0, "listener none", "healthy", "", NULL },
            { 1, "asked service=stopped system=1", NULL, "", NULL },
            { 2, "asked service=stopped system=1", "realTimeScanNotFunctioning", "1=realTimeScanNotFunctioning", "+1" },
            { 3, "restart", "realTimeScanNotFunctioning", "1=realTimeScanNotFunctioning", NULL },
            { 4, "feed good", "healthy", "", "-1" } } },
    };
    const struct store_settings settings = world_settings();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        play(&settings, cases[i].steps, cases[i].what);
}

static void the_tables_are_as_they_were(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct image image = { 0 };
    struct world world;
    world_begin(&world, &settings);
    journal_switch(store_journal(world.store), true);
    for (uint32_t agent = 1; agent <= 3; agent++) {
        assert_int_equal(world_put_agent(&world, agent, 1, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, agent, "listener none"), 0);
    }
    for (uint32_t agent = 1; agent <= 2; agent++)
        for (unsigned i = 0; i < 2; i++)
            assert_int_equal(world_do(&world, agent, "listener refused"), 0);
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    char changes[WORLD_TEXT_BYTES];
    assert_string_equal(world_told(&world), "+1 +2 -1");
    assert_string_equal(world_past(&world), "1=recovered");
    snprintf(changes, sizeof changes, "%s", world_changes(&world));
    const uint32_t seq = store_change_seq(world.store);
    image_save(&image, world.store, &world.now);
    world_at(&world, 5);
    image_restart(&image, &world.store, &settings, 0, &world.now);
    assert_string_equal(world_changes(&world), changes);
    assert_string_equal(world_alarms(&world), "2=offline");
    assert_int_equal(store_change_seq(world.store), seq);
    world.past_seen = 0;
    assert_string_equal(world_past(&world), "1=recovered");
    assert_string_equal(world_told(&world), "");
    audit_store(world.store, AUDIT_RESTORED);
    image_done(&image);
    world_end(&world);
}

/* Agents come back one by one: a group of which half is there is no group that has recovered. */
static void a_mass_outage_goes_on(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    settings.policy.mass_outage_pct = 50;
    settings.policy.mass_outage_agents = 4;
    struct image image = { 0 };
    struct world world;
    char alarms[WORLD_TEXT_BYTES];
    world_begin(&world, &settings);
    journal_switch(store_journal(world.store), true);
    for (uint32_t agent = 1; agent <= 6; agent++) {
        assert_int_equal(world_put_agent(&world, agent, 1, 1, CONDITIONS_ALL), 0);
        assert_int_equal(world_do(&world, agent, "listener none"), 0);
    }
    for (unsigned i = 0; i < 2; i++)
        for (uint32_t agent = 1; agent <= 5; agent++)
            assert_int_equal(world_do(&world, agent, "listener refused"), 0);
    snprintf(alarms, sizeof alarms, "%s", world_alarms(&world));
    assert_non_null(strstr(alarms, "massOutage"));
    assert_string_not_equal(world_told(&world), "");
    image_save(&image, world.store, &world.now);
    world_at(&world, 5);
    image_restart(&image, &world.store, &settings, 0, &world.now);
    assert_string_equal(world_alarms(&world), alarms);
    assert_string_equal(world_told(&world), "");
    for (uint32_t agent = 1; agent <= 5; agent++)
        assert_int_equal(world_do(&world, agent, "listener none"), 0);
    assert_string_equal(world_alarms(&world), "");
    assert_non_null(strstr(world_told(&world), "-"));
    image_done(&image);
    world_end(&world);
}

/* The clock is stepped while the process is away: nothing is told, and nothing is believed that may be from the future.
 */
static void a_clock_that_was_stepped_tells_nothing(void **state)
{
    (void)state;
    static const int64_t steps_ms[] = { -86400000, -3600000, 3600000, 86400000 };
    for (size_t i = 0; i < sizeof steps_ms / sizeof *steps_ms; i++) {
        const struct store_settings settings = world_settings();
        struct image image = { 0 };
        struct world world;
        world_begin(&world, &settings);
        journal_switch(store_journal(world.store), true);
        for (uint32_t agent = 1; agent <= 2; agent++) {
            assert_int_equal(world_put_agent(&world, agent, 1, 1, CONDITIONS_ALL), 0);
            assert_int_equal(world_do(&world, agent, "listener none"), 0);
        }
        assert_int_equal(world_do(&world, 2, "listener refused"), 0);
        assert_int_equal(world_do(&world, 2, "listener refused"), 0);
        assert_string_equal(world_told(&world), "+1");
        image_save(&image, world.store, &world.now);
        world.now.wall_ms += steps_ms[i];
        image_restart(&image, &world.store, &settings, 0, &world.now);
        assert_string_equal(world_verdict(&world, 1), "unknown:unknown");
        assert_string_equal(world_alarms(&world), "1=offline");
        assert_string_equal(world_told(&world), "");
        assert_int_equal(world_do(&world, 1, "listener none"), 0);
        assert_int_equal(world_do(&world, 2, "listener refused"), 0);
        assert_int_equal(world_do(&world, 2, "listener refused"), 0);
        assert_string_equal(world_alarms(&world), "1=offline");
        assert_string_equal(world_told(&world), "");
        image_done(&image);
        world_end(&world);
    }
}

/* An agent's row is lost: it begins anew, and the alarm that nobody stands behind is told to be over. */
static void a_damaged_row_begins_anew(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct image image = { 0 };
    struct world world;
    world_begin(&world, &settings);
    journal_switch(store_journal(world.store), true);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    assert_string_equal(world_told(&world), "+1");
    image_save(&image, world.store, &world.now);
    const struct batch_row damaged = { KEPT_AGENT, 1, (const uint8_t *)"\1oops", 5 };
    image_put(&image, &damaged);
    store_free(world.store);
    assert_int_equal(store_new(&settings, &world.store), 0);
    journal_switch(store_journal(world.store), true);
    image_restore(&image, world.store, &world.now);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    assert_int_equal(restore_damaged(world.store), 1);
    assert_string_equal(world_alarms(&world), "1=offline");
    assert_int_equal(restore_end(world.store, 100, &world.now), 0);
    assert_string_equal(world_alarms(&world), "");
    assert_string_equal(world_told(&world), "-1");
    audit_store(world.store, AUDIT_RESTORED);
    /* The sequence goes on, though nobody has said where it was. */
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    assert_string_equal(world_alarms(&world), "2=offline");
    image_done(&image);
    world_end(&world);
}

static void rows_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const uint8_t nonsense[] = "This is no row at all.";
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    for (enum kept kind = KEPT_ALARM; kind <= KEPT_COLLECTOR; kind++)
        assert_int_equal(restore_row(world.store, kind, 1, nonsense, sizeof nonsense, &world.now), -EPROTO);
    assert_int_equal(restore_row(world.store, KEPT_NOTIFICATION, 1, nonsense, sizeof nonsense, &world.now), -EPROTO);
    assert_int_equal(restore_row(world.store, (enum kept)99, 1, nonsense, sizeof nonsense, &world.now), -EPROTO);
    assert_string_equal(world_alarms(&world), "");
    for (enum kept kind = KEPT_LIST; kind <= KEPT_AGENT; kind++)
        assert_int_equal(restore_row(world.store, kind, 7, nonsense, sizeof nonsense, &world.now), 0);
    assert_true(restore_is_open(world.store));
    assert_int_equal(restore_end(world.store, 100, &world.now), 0);
    assert_int_equal(restore_damaged(world.store), 5);
    assert_int_equal(store_fleet(world.store)->agents, 0);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_told_is_told_once),
        cmocka_unit_test(the_tables_are_as_they_were),
        cmocka_unit_test(a_mass_outage_goes_on),
        cmocka_unit_test(a_clock_that_was_stepped_tells_nothing),
        cmocka_unit_test(a_damaged_row_begins_anew),
        cmocka_unit_test(rows_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
