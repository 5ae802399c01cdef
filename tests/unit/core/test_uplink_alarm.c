/* What the store makes of the uplink's state: one alarm, told once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/heap.h"
#include "support/image.h"
#include "support/world.h"

static void the_store_tells_of_a_cut_and_of_its_end_once(void **state)
{
    static const struct {
        enum updown is;
        bool notify, without_memory;
        const char *alarms, *told;
    } rows[] = {
        { UPDOWN_UNKNOWN, true, false, "", "" },
        { UPDOWN_UP, true, false, "", "" },
        { UPDOWN_DOWN, true, true, "", "" },
        { UPDOWN_DOWN, true, false, "1=collectorCutOff", "+1" },
        { UPDOWN_DOWN, true, false, "1=collectorCutOff", "" },
        { UPDOWN_UP, true, true, "1=collectorCutOff", "" },
        { UPDOWN_UP, true, false, "", "-1" },
        { UPDOWN_UP, true, false, "", "" },
        { UPDOWN_DOWN, false, false, "2=collectorCutOff", "" },
        { UPDOWN_UP, true, false, "", "" }, /* whose raising was not told */
    };
    struct store_settings settings = world_settings();
    struct world world;
    (void)state;
    world_begin(&world, &settings);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        settings.notify = rows[i].notify;
        store_configure(world.store, &settings);
        if (rows[i].without_memory)
            heap_fail(1, 100);
        store_put_uplink(world.store, rows[i].is, &world.now);
        if (rows[i].without_memory)
            assert_true(heap_heal());
        assert_string_equal(world_alarms(&world), rows[i].alarms);
        assert_string_equal(world_told(&world), rows[i].told);
        struct snapshot *snapshot = world_publish(&world);
        assert_int_equal(snapshot->uplink, rows[i].is);
        snapshot_unref(snapshot);
    }
    world_end(&world);
}

static void a_cut_that_outlives_the_process_is_told_once(void **state)
{
    const struct store_settings settings = world_settings();
    struct image image = { 0 };
    struct world world;
    (void)state;
    world_begin(&world, &settings);
    store_put_uplink(world.store, UPDOWN_DOWN, &world.now);
    assert_string_equal(world_told(&world), "+1");
    image_save_all(&image, world.store, &world.now);
    image_restart(&image, &world.store, &settings, 0, &world.now);
    store_put_uplink(world.store, UPDOWN_UNKNOWN, &world.now);
    store_put_uplink(world.store, UPDOWN_DOWN, &world.now);
    assert_string_equal(world_alarms(&world), "1=collectorCutOff");
    assert_string_equal(world_told(&world), "");
    store_put_uplink(world.store, UPDOWN_UP, &world.now);
    assert_string_equal(world_told(&world), "-1");
    image_done(&image);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_store_tells_of_a_cut_and_of_its_end_once),
        cmocka_unit_test(a_cut_that_outlives_the_process_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
