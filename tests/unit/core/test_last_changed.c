/* The times at which the tables of alarms, of past alarms and of changes last changed: each change moves them, and
 * nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/world.h"

#include <string.h>

/* Which of the three says that its table has just changed. */
static void look(struct world *world, char seen[4])
{
    struct snapshot *snapshot = world_publish(world);
    assert_non_null(snapshot);
    size_t n = 0;
    if (snapshot->alarm_mono_ms == world->now.mono_ms)
        seen[n++] = 'a';
    if (snapshot->history_mono_ms == world->now.mono_ms)
        seen[n++] = 'h';
    if (snapshot->change_mono_ms == world->now.mono_ms)
        seen[n++] = 'c';
    seen[n] = 0;
    snapshot_unref(snapshot);
}

static void test_each_change(void **state)
{
    static const struct {
        const char *event, *changed;
    } cases[] = {
        { "expire", "" },
        { "listener none", "c" },
        { "listener none", "" },
        { "listener refused", "" }, /* not believed yet */
        { "listener refused", "ac" },
        { "listener refused", "" },
        { "feed agent=online", "ac" }, /* another diagnosis, and so another text */
        { "maintain agent 2", "" },    /* is no change of a verdict */
        { "acknowledge 1", "a" },
        { "acknowledge 1", "" },
        { "maintain agent 0", "" },
        { "listener none", "ahc" },
        { "server refused", "" },
        { "server refused", "a" },
        { "server none", "ah" },
        { "add 1 standard", "" },
        { "source refused", "" },
        { "source refused", "a" },
        { "drop 1", "ah" },
        { "listener refused", "" },
        { "listener refused", "ac" },
        { "remove", "ahc" },
    };
    const struct store_settings settings = world_settings();
    struct world world;
    char seen[4];
    (void)state;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITION_BIT(CONDITION_OFFLINE)), 0);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world_at(&world, 1 + i);
        assert_int_equal(world_do(&world, 1, cases[i].event), 0);
        look(&world, seen);
        if (strcmp(seen, cases[i].changed) != 0)
            fail_msg("%u, %s: \"%s\" instead of \"%s\"", i, cases[i].event, seen, cases[i].changed);
    }
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_change) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
