/* What is told, what is held back, and what an NMS is owed: scripts of events, and the notifications that follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { LISTENED = CONDITION_BIT(CONDITION_OFFLINE) };

/* What was told since the last call: "+1" raised, "-1" cleared, by the alarm's sequence; with '~' flapping, with '#' a
 * mass outage. */
static const char *told(struct world *world, char text[256])
{
    struct notification notification;
    size_t used = 0;
    text[0] = '\0';
    while (store_take_notification(world->store, &notification)) {
        const char *kind = notification.alarm.condition == ALARM_FLAPPING      ? "~"
                           : notification.alarm.condition == ALARM_MASS_OUTAGE ? "#"
                                                                               : "";
        used += (size_t)snprintf(text + used, 256 - used, "%s%s%c%u", used ? " " : "", kind,
                                 notification.kind == NOTIFICATION_RAISED ? '+' : '-', notification.alarm.seq);
        notification_done(&notification);
    }
    return text;
}

struct step {
    unsigned s;
    uint32_t agent;    /* 0: none is meant */
    const char *event; /* as world.h has it; "notify on" and "notify off"; "" only lets time pass */
    const char *told;
};

static void play(struct store_settings settings, unsigned agents, const struct step *steps, size_t n)
{
    struct world world;
    char text[256];
    settings.policy.fall = 1;
    world_begin(&world, &settings);
    assert_int_equal(world_do(&world, 0, "server none"), 0);
    for (uint32_t agent = 1; agent <= agents; agent++) {
        assert_int_equal(world_put_agent(&world, agent, 1, 1, LISTENED), 0);
        assert_int_equal(world_do(&world, agent, "listener none"), 0);
    }
    for (size_t i = 0; i < n; i++) {
        world_at(&world, steps[i].s);
        if (strncmp(steps[i].event, "notify ", 7) == 0) {
            settings.notify = steps[i].event[8] == 'n';
            store_configure(world.store, &settings);
        } else if (*steps[i].event) {
            assert_int_equal(world_do(&world, steps[i].agent, steps[i].event), 0);
        }
        store_expire(world.store, &world.now);
        if (strcmp(told(&world, text), steps[i].told) != 0)
            fail_msg("step %zu (%s): \"%s\" instead of \"%s\"", i, steps[i].event, text, steps[i].told);
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}

static void in_maintenance_nothing_is_told_until_its_end(void **state)
{
    (void)state;
    static const struct step ends_ill[] = {
        { 10, 0, "maintain agent of=1 60", "" },
        { 20, 1, "listener refused", "" },
        { 30, 2, "listener refused", "+2" }, /* another agent's */
        { 69, 0, "", "" },
        { 70, 0, "", "+1" }, /* what lasts is told at the end */
        { 80, 1, "listener none", "-1" },
    };
    static const struct step ends_well[] = {
        { 10, 1, "listener refused", "+1" },
        { 20, 0, "maintain group of=1 60", "" },
        { 30, 1, "listener none", "" },
        { 40, 1, "listener refused", "" }, /* came and went within it: never told */
        { 50, 1, "listener none", "" },
        { 80, 0, "", "-1" }, /* what the NMS knew is over */
    };
    static const struct step ends_otherwise[] = {
        { 10, 1, "listener refused", "+1" },
        { 20, 0, "maintain server of=1 60", "" },
        { 30, 1, "listener none", "" },
        { 40, 1, "listener refused", "" },
        { 50, 0, "maintain server of=1 0", "-1 +2" }, /* another alarm now: the old one ends first */
        { 60, 1, "listener none", "-2" },
    };
    static const struct step is_removed[] = {
        { 10, 1, "listener refused", "+1" },
        { 20, 0, "maintain agent of=1 60", "" },
        { 30, 1, "listener none", "" },
        { 40, 1, "remove", "-1" }, /* an NMS is not left with an alarm of nobody */
    };
    static const struct step of_the_server[] = {
        { 10, 0, "maintain server of=1 60", "" }, { 20, 0, "server refused", "" }, { 70, 0, "", "+1" },
        { 80, 0, "maintain server of=1 60", "" }, { 90, 0, "server none", "" },    { 140, 0, "", "-1" },
        { 150, 0, "server refused", "+2" },
    };
    play(world_settings(), 2, ends_ill, COUNT(ends_ill));
    play(world_settings(), 2, ends_well, COUNT(ends_well));
    play(world_settings(), 2, ends_otherwise, COUNT(ends_otherwise));
    play(world_settings(), 2, is_removed, COUNT(is_removed));
    play(world_settings(), 2, of_the_server, COUNT(of_the_server));
}

static void between_two_words_lies_the_least_gap(void **state)
{
    (void)state;
    static const struct step steps[] = {
        { 10, 1, "listener refused", "+1" },
        { 20, 1, "listener none", "" },
        { 30, 1, "listener refused", "" },
        { 40, 1, "listener none", "" },
        { 69, 0, "", "" },
        { 70, 0, "", "-1" },               /* the gap is over, and it is as it was at 20 */
        { 80, 1, "listener refused", "" }, /* the next one begins at 70 */
        { 129, 1, "feed smart=yes", "" },  /* nothing of the kind */
        { 130, 0, "", "+3" },
        { 131, 2, "listener refused", "+4" }, /* each agent has its own */
        { 400, 1, "listener none", "-3" },
    };
    struct store_settings settings = world_settings();
    settings.policy.min_gap_ms = 60000;
    play(settings, 2, steps, COUNT(steps));
}

static void switched_off_it_is_not_made_up_for(void **state)
{
    (void)state;
    static const struct step steps[] = {
        { 10, 1, "listener refused", "+1" }, { 20, 0, "notify off", "" }, { 30, 2, "listener refused", "" },
        { 40, 1, "listener none", "" },      { 50, 0, "notify on", "" },  { 60, 2, "listener none", "" },
        { 70, 1, "listener refused", "+3" },
    };
    play(world_settings(), 2, steps, 4); /* an NMS that was told +1 is not told of its end: nobody wants to be told */
    struct store_settings settings = world_settings();
    play(settings, 2, steps + 1, COUNT(steps) - 2);
}

static void what_comes_and_goes_is_told_as_flapping(void **state)
{
    (void)state;
    static const struct step steps[] = {
        { 1, 1, "listener refused", "+1" },  { 2, 1, "listener none", "-1" },  { 3, 1, "listener refused", "+2" },
        { 4, 1, "listener none", "-2 ~+3" }, /* four of the last 20 */
        { 5, 1, "listener refused", "" },    { 6, 1, "listener none", "" },    { 7, 2, "listener refused", "+5" },
        { 8, 1, "listener refused", "" },    { 9, 1, "listener refused", "" },
    };
    struct store_settings settings = world_settings();
    struct world world;
    char text[256];
    settings.policy.flap_high_pct = 20;
    settings.policy.flap_low_pct = 10;
    play(settings, 2, steps, COUNT(steps));

    settings.policy.fall = 1;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 0, LISTENED), 0);
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(world_do(&world, 1, i % 2 ? "listener none" : "listener refused"), 0);
    assert_string_equal(told(&world, text), "+1 -1 +2 -2 ~+3");
    assert_int_equal(store_agent(world.store, 1)->flapping, CONDITION_BIT(CONDITION_OFFLINE));
    assert_string_equal(world_alarms(&world), "3=flapping 5=offline");
    /* Seven changes; it is steady again when fewer than two of the last 20 are left. */
    for (unsigned i = 0; i < 18; i++) {
        assert_string_equal(told(&world, text), "");
        assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    }
    assert_string_equal(told(&world, text), "");
    assert_int_equal(world_do(&world, 1, "listener refused"), 0);
    assert_string_equal(told(&world, text), "~-3 +5"); /* and what holds then is told */
    assert_int_equal(store_agent(world.store, 1)->flapping, 0);
    audit_store(world.store, AUDIT_ALL);
    world_end(&world);
}

static void the_same_again_and_again_is_no_flapping(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    struct world world;
    char text[256];
    settings.policy.flap_high_pct = 10;
    settings.policy.fall = 1;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 0, LISTENED), 0);
    assert_int_equal(world_do(&world, 1, "listener none"), 0);
    /* One change in 30 verdicts. */
    for (unsigned i = 0; i < 120; i++)
        assert_int_equal(world_do(&world, 1, i / 30 % 2 ? "listener none" : "listener refused"), 0);
    assert_string_equal(told(&world, text), "+1 -1 +2 -2");
    world_end(&world);
}

static void a_mass_outage_stands_for_the_agents_of_a_group(void **state)
{
    (void)state;
    static const struct step steps[] = {
        { 10, 1, "listener refused", "" },
        { 15, 2, "listener refused", "" },
        { 20, 0, "", "+1" }, /* nobody has followed so far that it were three */
        { 22, 3, "listener refused", "#+4" },
        { 23, 4, "listener refused", "" },
        { 40, 0, "", "" },
        { 50, 1, "listener none", "-1" }, /* what was told is told as over */
        { 51, 2, "listener none", "" },   /* and what was not is not */
        { 52, 5, "listener refused", "" },
        { 60, 3, "listener none", "" },
        { 61, 5, "listener none", "#-4 +5" }, /* one is left, less than half of three: it is told by itself */
        { 70, 4, "listener none", "-5" },
    };
    static const struct step group_goes[] = {
        { 10, 1, "listener refused", "" },
        { 10, 2, "listener refused", "" },
        { 10, 3, "listener refused", "#+4" },
        { 11, 1, "remove", "" },
        { 12, 2, "remove", "#-4" },
        { 20, 0, "", "+3" }, /* others might have followed */
        { 21, 3, "remove", "-3" },
    };
    struct store_settings settings = world_settings();
    settings.policy.mass_outage_pct = 50;
    settings.policy.mass_outage_agents = 3;
    settings.policy.mass_outage_wait_ms = 10000;
    play(settings, 5, steps, COUNT(steps));
    play(settings, 3, group_goes, COUNT(group_goes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_maintenance_nothing_is_told_until_its_end),
        cmocka_unit_test(between_two_words_lies_the_least_gap),
        cmocka_unit_test(switched_off_it_is_not_made_up_for),
        cmocka_unit_test(what_comes_and_goes_is_told_as_flapping),
        cmocka_unit_test(the_same_again_and_again_is_no_flapping),
        cmocka_unit_test(a_mass_outage_stands_for_the_agents_of_a_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
