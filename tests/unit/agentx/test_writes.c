/* What may be written, and what is answered to the rest (RFC 3416, section 4.2.5). */
#include "estate.h"

#include "agentx/objects.h"
#include "agentx/tables.h"

static struct value truth(int32_t integer)
{
    struct value value;
    value_integer(&value, integer);
    return value;
}

static struct value gauge(uint32_t number)
{
    struct value value;
    value_gauge(&value, number);
    return value;
}

static struct value text(const char *chars)
{
    struct value value;
    value_text(&value, chars);
    return value;
}

/* An estate whose only agent has the index 5. */
static struct view one_agent(struct snapshot *snapshot)
{
    struct rowset *agents = estate_set(&agent_rows);
    uint32_t seed = 1;
    estate_agent(estate_insert(agents, 5), &seed);
    *snapshot = (struct snapshot){ .agents = estate_view(agents) };
    return (struct view){ .snapshot = snapshot, .root = estate_root, .root_len = 8 };
}

static void test_collector(void **state)
{
    const struct {
        const char *what;
        uint32_t sub[3];
        size_t n;
        struct value value;
        enum write_error error;
        enum snmp_command_kind kind;
        uint32_t argument;
    } cases[] = {
        { "on", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, truth(1), WRITE_OK, SNMP_COMMAND_NOTIFICATIONS, 1 },
        { "off", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, truth(2), WRITE_OK, SNMP_COMMAND_NOTIFICATIONS, 0 },
        { "neither", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, truth(3), WRITE_WRONG_VALUE, 0, 0 },
        { "zero", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, truth(0), WRITE_WRONG_VALUE, 0, 0 },
        { "a gauge", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, gauge(1), WRITE_WRONG_TYPE, 0, 0 },
        { "a text", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, text("1"), WRITE_WRONG_TYPE, 0, 0 },
        { "no such instance", { AH_NOTIFICATIONS_ENABLED, 1 }, 2, truth(1), WRITE_NO_CREATION, 0, 0 },
        { "no instance", { AH_NOTIFICATIONS_ENABLED }, 1, truth(1), WRITE_NO_CREATION, 0, 0 },
        { "too long", { AH_NOTIFICATIONS_ENABLED, 0, 0 }, 3, truth(1), WRITE_NO_CREATION, 0, 0 },
        { "all", { AH_VERIFY_NOW, 0 }, 2, gauge(0), WRITE_OK, SNMP_COMMAND_VERIFY_NOW, 0 },
        { "one", { AH_VERIFY_NOW, 0 }, 2, gauge(5), WRITE_OK, SNMP_COMMAND_VERIFY_NOW, 5 },
        { "no such agent", { AH_VERIFY_NOW, 0 }, 2, gauge(6), WRITE_INCONSISTENT_VALUE, 0, 0 },
        { "an integer", { AH_VERIFY_NOW, 0 }, 2, truth(5), WRITE_WRONG_TYPE, 0, 0 },
        { "read-only", { AH_COLLECTOR_NAME, 0 }, 2, text("x"), WRITE_NOT_WRITABLE, 0, 0 },
        { "no such object", { 99, 0 }, 2, truth(1), WRITE_NOT_WRITABLE, 0, 0 },
        { "nothing", { 0 }, 0, truth(1), WRITE_NOT_WRITABLE, 0, 0 },
    };
    struct snapshot snapshot;
    const struct view view = one_agent(&snapshot);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct snmp_command command = { .kind = SNMP_COMMAND_NONE };
        const enum write_error error =
            table_test(&collector_scalars, &view, cases[i].sub, cases[i].n, &cases[i].value, &command);
        if (error != cases[i].error)
            fail_msg("%s: %d", cases[i].what, error);
        if (error == WRITE_OK) {
            assert_int_equal(command.kind, cases[i].kind);
            assert_int_equal(command.value, cases[i].argument);
        }
    }
    rowview_unref(snapshot.agents);
}

/* Every other object, the ones that a later version will take values for included, refuses. */
static void test_all_others_refuse(void **state)
{
    struct snapshot snapshot;
    const struct view view = one_agent(&snapshot);
    (void)state;
    for (size_t i = 0; i < ALL_TABLES; i++)
        for (size_t k = 0; k < all_tables[i]->n_columns && all_tables[i] != &collector_scalars; k++) {
            const uint32_t sub[] = { all_tables[i]->columns[k].id, 5 };
            const struct value value = text("");
            struct snmp_command command;
            assert_int_equal(table_test(all_tables[i], &view, sub, 2, &value, &command), WRITE_NOT_WRITABLE);
        }
    rowview_unref(snapshot.agents);
}

/* A manager that has just written reads what it wrote, until a snapshot shows it. */
static void test_value_right_after_a_write(void **state)
{
    struct snapshot snapshot = { .collector = { .name = "", .version = "", .notifications_enabled = true } };
    struct view view = { .snapshot = &snapshot };
    const uint32_t enabled[] = { AH_NOTIFICATIONS_ENABLED, 0 }, verify[] = { AH_VERIFY_NOW, 0 };
    struct value value;
    (void)state;
    table_get(&collector_scalars, &view, NULL, enabled, 2, &value);
    assert_int_equal(value.integer, 1);
    table_get(&collector_scalars, &view, NULL, verify, 2, &value);
    assert_int_equal(value.number, 0);
    view.override_enabled = true;
    view.verified = 7;
    table_get(&collector_scalars, &view, NULL, enabled, 2, &value);
    assert_int_equal(value.integer, 2);
    table_get(&collector_scalars, &view, NULL, verify, 2, &value);
    assert_int_equal(value.number, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_collector),
        cmocka_unit_test(test_all_others_refuse),
        cmocka_unit_test(test_value_right_after_a_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
