/* What a comparison that is not made any more leaves of what it has shown: words in, words and findings out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/store.h"
#include "support/world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void what_was_compared_is_void_without_a_comparison(void **state)
{
    (void)state;
    static const struct {
        enum files says;
        enum comparison comparison;
        enum files known;
        uint32_t keys;
        enum finding finding;
    } rows[] = {
        { FILES_IN_STEP, COMPARISON_MADE, FILES_IN_STEP, 0, FINDING_FILES_IN_STEP },
        { FILES_DIFFERENT, COMPARISON_MADE, FILES_DIFFERENT, 2, FINDING_FILES_DIFFERENT },
        { FILES_IN_STEP, COMPARISON_NO_REFERENCE, FILES_UNKNOWN, 0, FINDING_FILES_WITHOUT_SSCFG },
        { FILES_DIFFERENT, COMPARISON_NO_REFERENCE, FILES_UNKNOWN, 0, FINDING_FILES_WITHOUT_SSCFG },
        { FILES_UNREADABLE, COMPARISON_NO_REFERENCE, FILES_UNREADABLE, 0, FINDING_FILES_UNREADABLE },
        { FILES_NO_SHELL, COMPARISON_NO_REFERENCE, FILES_NO_SHELL, 0, FINDING_FILES_NO_SHELL },
        { FILES_IN_STEP, COMPARISON_OFF, FILES_UNKNOWN, 0, FINDING_FILES_NOT_COMPARED },
        { FILES_DIFFERENT, COMPARISON_OFF, FILES_UNKNOWN, 0, FINDING_FILES_NOT_COMPARED },
        { FILES_UNREADABLE, COMPARISON_OFF, FILES_UNKNOWN, 0, FINDING_FILES_NOT_COMPARED },
    };
    static const enum driver drivers[] = { DRIVER_FILES, DRIVER_WINRM };
    for (size_t i = 0; i < COUNT(rows) * COUNT(drivers); i++) {
        const size_t row = i / COUNT(drivers);
        const struct store_settings settings = world_settings();
        struct world world;
        world_begin(&world, &settings);
        assert_int_equal(world_put_agent(&world, 1, 0, 1, CONDITIONS_ALL), 0);
        struct observation file = { .driver = drivers[i % COUNT(drivers)],
                                    .subject = SUBJECT_AGENT,
                                    .index = 1,
                                    .cause = CAUSE_NONE,
                                    .mono_ms = world.now.mono_ms,
                                    .has = HAS_FILES,
                                    .files = (uint8_t)rows[row].says };
        if (rows[row].says == FILES_DIFFERENT)
            file.difference = difference_new(&(struct difference){ .keys = 2, .names = "s:k,s:l" });
        assert_int_equal(store_observe(world.store, &file, &world.now), 0);
        difference_unref(file.difference);
        store_compare_files(world.store, rows[row].comparison, &world.now);
        const struct agent_row *agent = store_agent(world.store, 1);
        const struct difference *difference = agent->evidence.known.difference;
        if (agent->evidence.known.files != rows[row].known || (difference ? difference->keys : 0) != rows[row].keys ||
            agent->verdict.findings[CHECK_CONFIGURATION_FILES - 1] != rows[row].finding)
            fail_msg("row %zu: %u, finding %u", row, agent->evidence.known.files,
                     agent->verdict.findings[CHECK_CONFIGURATION_FILES - 1]);
        world_end(&world);
    }
}

static void a_later_comparison_counts_again(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 0, 1, CONDITIONS_ALL), 0);
    world_at(&world, 1);
    /* A copy that somebody brought, and that nobody changes. */
    const struct observation file = { .driver = DRIVER_FILES,
                                      .subject = SUBJECT_AGENT,
                                      .index = 1,
                                      .cause = CAUSE_NONE,
                                      .mono_ms = world.now.mono_ms,
                                      .has = HAS_FILES,
                                      .files = FILES_IN_STEP };
    assert_int_equal(store_observe(world.store, &file, &world.now), 0);
    world_at(&world, 2);
    store_compare_files(world.store, COMPARISON_NO_REFERENCE, &world.now);
    store_compare_files(world.store, COMPARISON_MADE, &world.now);
    assert_int_equal(store_agent(world.store, 1)->verdict.findings[CHECK_CONFIGURATION_FILES - 1],
                     FINDING_FILES_UNREAD);
    assert_int_equal(store_observe(world.store, &file, &world.now), 0);
    assert_int_equal(store_agent(world.store, 1)->verdict.findings[CHECK_CONFIGURATION_FILES - 1],
                     FINDING_FILES_IN_STEP);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_compared_is_void_without_a_comparison),
        cmocka_unit_test(a_later_comparison_counts_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
