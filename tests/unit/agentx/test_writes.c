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

static struct value octets(const void *from, size_t n)
{
    struct value value;
    value_octets(&value, from, n);
    return value;
}

/* A DateAndTime with a time zone, in UTC. */
#define DATE(year, month, day, hour)                                                                                   \
    octets((const uint8_t[]){ (uint8_t)((year) >> 8), (uint8_t)(year), month, day, hour, 0, 0, 0, '+', 0, 0 }, 11)

static const int64_t now_wall_ms = 1795392000000; /* 2026-11-23 00:00:00 UTC */
enum { HOUR_S = 3600, DAY_S = 86400 };

/* Agent 5, server 2, group 3 and alarm 7. */
static struct view estate_of_one(struct snapshot *snapshot)
{
    struct rowset *agents = estate_set(&agent_rows), *servers = estate_set(&server_rows),
                  *groups = estate_set(&group_rows), *alarms = estate_set(&alarm_rows);
    uint32_t seed = 1;
    estate_agent(estate_insert(agents, 5), &seed);
    estate_insert(servers, 2);
    estate_insert(groups, 3);
    estate_insert(alarms, 7);
    *snapshot = (struct snapshot){ .agents = estate_view(agents),
                                   .servers = estate_view(servers),
                                   .groups = estate_view(groups),
                                   .alarms = estate_view(alarms) };
    return (struct view){ .snapshot = snapshot, .root = estate_root, .root_len = 8, .wall_ms = now_wall_ms };
}

static void estate_of_one_done(struct snapshot *snapshot)
{
    rowview_unref(snapshot->agents);
    rowview_unref(snapshot->servers);
    rowview_unref(snapshot->groups);
    rowview_unref(snapshot->alarms);
}

/* What is written, and the error-status or the command that comes of it. */
struct attempt {
    const char *what;
    uint32_t sub[3];
    size_t n;
    struct value value;
    enum write_error error;
    struct snmp_command command;
};

static void try(const struct table *table, const struct attempt *attempts, size_t n)
{
    struct snapshot snapshot;
    const struct view view = estate_of_one(&snapshot);
    for (size_t i = 0; i < n; i++) {
        const struct attempt *at = &attempts[i];
        struct snmp_command command = { 0 };
        const enum write_error error = table_test(table, &view, at->sub, at->n, &at->value, &command);
        if (error != at->error)
            fail_msg("%s: %s: %d", table->name, at->what, error);
        if (command.kind != at->command.kind || command.subject != at->command.subject ||
            command.index != at->command.index || command.on != at->command.on ||
            command.wall_ms != at->command.wall_ms)
            fail_msg("%s: %s: another command", table->name, at->what);
    }
    estate_of_one_done(&snapshot);
}
#define TRY(table, attempts) try(table, attempts, sizeof(attempts) / sizeof((attempts)[0]))

static void test_collector(void **state)
{
    const struct snmp_command on = { .kind = SNMP_COMMAND_NOTIFICATIONS, .on = true },
                              off = { .kind = SNMP_COMMAND_NOTIFICATIONS }, all = { .kind = SNMP_COMMAND_VERIFY_NOW },
                              one = { .kind = SNMP_COMMAND_VERIFY_NOW, .index = 5 }, none = { 0 };
    const struct attempt attempts[] = {
        { "on", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, truth(1), WRITE_OK, on },
        { "off", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, truth(2), WRITE_OK, off },
        { "neither", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, truth(3), WRITE_WRONG_VALUE, none },
        { "zero", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, truth(0), WRITE_WRONG_VALUE, none },
        { "a gauge", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, gauge(1), WRITE_WRONG_TYPE, none },
        { "a text", { AH_NOTIFICATIONS_ENABLED, 0 }, 2, text("1"), WRITE_WRONG_TYPE, none },
        { "no such instance", { AH_NOTIFICATIONS_ENABLED, 1 }, 2, truth(1), WRITE_NO_CREATION, none },
        { "no instance", { AH_NOTIFICATIONS_ENABLED }, 1, truth(1), WRITE_NO_CREATION, none },
        { "too long", { AH_NOTIFICATIONS_ENABLED, 0, 0 }, 3, truth(1), WRITE_NO_CREATION, none },
        { "all", { AH_VERIFY_NOW, 0 }, 2, gauge(0), WRITE_OK, all },
        { "one", { AH_VERIFY_NOW, 0 }, 2, gauge(5), WRITE_OK, one },
        { "no such agent", { AH_VERIFY_NOW, 0 }, 2, gauge(6), WRITE_INCONSISTENT_VALUE, none },
        { "an integer", { AH_VERIFY_NOW, 0 }, 2, truth(5), WRITE_WRONG_TYPE, none },
        { "read-only", { AH_COLLECTOR_NAME, 0 }, 2, text("x"), WRITE_NOT_WRITABLE, none },
        { "no such object", { 99, 0 }, 2, truth(1), WRITE_NOT_WRITABLE, none },
        { "nothing", { 0 }, 0, truth(1), WRITE_NOT_WRITABLE, none },
    };
    (void)state;
    TRY(&collector_scalars, attempts);
}

static void test_alarms(void **state)
{
    const struct snmp_command taken = { .kind = SNMP_COMMAND_ACKNOWLEDGE, .index = 7, .on = true },
                              given = { .kind = SNMP_COMMAND_ACKNOWLEDGE, .index = 7 }, none = { 0 };
    const struct attempt attempts[] = {
        { "true", { AH_ALARM_ACKNOWLEDGED, 7 }, 2, truth(1), WRITE_OK, taken },
        { "false", { AH_ALARM_ACKNOWLEDGED, 7 }, 2, truth(2), WRITE_OK, given },
        { "neither", { AH_ALARM_ACKNOWLEDGED, 7 }, 2, truth(-1), WRITE_WRONG_VALUE, none },
        { "a text", { AH_ALARM_ACKNOWLEDGED, 7 }, 2, text("true"), WRITE_WRONG_TYPE, none },
        { "no such alarm", { AH_ALARM_ACKNOWLEDGED, 8 }, 2, truth(1), WRITE_NO_CREATION, none },
        { "read-only", { AH_ALARM_SEVERITY, 7 }, 2, truth(1), WRITE_NOT_WRITABLE, none },
    };
    (void)state;
    TRY(&alarm_table, attempts);
}

static void test_maintenance(void **state)
{
    static const struct {
        const struct table *table;
        uint32_t column, index;
        enum subject subject;
    } tables[] = { { &agent_table, AH_AGENT_MAINTENANCE_UNTIL, 5, SUBJECT_AGENT },
                   { &server_table, AH_SERVER_MAINTENANCE_UNTIL, 2, SUBJECT_SERVER },
                   { &group_table, AH_GROUP_MAINTENANCE_UNTIL, 3, SUBJECT_GROUP } };
    static const uint8_t zeros[12] = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const uint32_t column = tables[i].column, index = tables[i].index;
        const struct snmp_command none = { 0 }, ended = { .kind = SNMP_COMMAND_MAINTENANCE,
                                                          .subject = tables[i].subject,
                                                          .index = index };
        struct snmp_command past = ended, soon = ended, late = ended;
        past.wall_ms = now_wall_ms - INT64_C(1000) * DAY_S;
        soon.wall_ms = now_wall_ms + INT64_C(1000) * HOUR_S;
        late.wall_ms = now_wall_ms + INT64_C(1000) * DAY_S * 3653;
        const struct attempt attempts[] = {
            { "soon", { column, index }, 2, DATE(2026, 11, 23, 1), WRITE_OK, soon },
            { "past", { column, index }, 2, DATE(2026, 11, 22, 0), WRITE_OK, past },
            { "ten years", { column, index }, 2, DATE(2036, 11, 23, 0), WRITE_OK, late },
            { "longer", { column, index }, 2, DATE(2036, 11, 23, 1), WRITE_WRONG_VALUE, none },
            { "no month", { column, index }, 2, DATE(2026, 13, 1, 0), WRITE_WRONG_VALUE, none },
            { "never", { column, index }, 2, octets(zeros, 8), WRITE_OK, ended },
            { "nothing", { column, index }, 2, octets(zeros, 0), WRITE_WRONG_LENGTH, none },
            { "too short", { column, index }, 2, octets(zeros, 7), WRITE_WRONG_LENGTH, none },
            { "in between", { column, index }, 2, octets(zeros, 10), WRITE_WRONG_LENGTH, none },
            { "too long", { column, index }, 2, octets(zeros, 12), WRITE_WRONG_LENGTH, none },
            { "a number", { column, index }, 2, gauge(0), WRITE_WRONG_TYPE, none },
            { "no such row", { column, 9 }, 2, octets(zeros, 8), WRITE_NO_CREATION, none },
            { "no index", { column }, 1, octets(zeros, 8), WRITE_NO_CREATION, none },
            { "another column", { 2, index }, 2, octets(zeros, 8), WRITE_NOT_WRITABLE, none },
        };
        TRY(tables[i].table, attempts);
    }
}

/* What the module calls writable is, and nothing else. */
static void test_all_others_refuse(void **state)
{
    struct snapshot snapshot;
    const struct view view = estate_of_one(&snapshot);
    size_t writable = 0;
    (void)state;
    for (size_t i = 0; i < ALL_TABLES; i++)
        for (size_t k = 0; k < all_tables[i]->n_columns; k++) {
            const uint32_t sub[] = { all_tables[i]->columns[k].id, 5 };
            const struct value value = { .type = 0 };
            struct snmp_command command;
            const bool is_writable = all_tables[i]->columns[k].access == AH_ACCESS_RW;
            writable += is_writable;
            assert_int_equal(table_test(all_tables[i], &view, sub, 2, &value, &command),
                             is_writable ? WRITE_WRONG_TYPE : WRITE_NOT_WRITABLE);
        }
    assert_int_equal(writable, 6);
    estate_of_one_done(&snapshot);
}

/* A manager that has just written reads what it wrote, until a snapshot shows it. */
static void test_value_right_after_a_write(void **state)
{
    struct snapshot snapshot = { .collector = { .name = "", .version = "" }, .notifications_enabled = true };
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
        cmocka_unit_test(test_alarms),
        cmocka_unit_test(test_maintenance),
        cmocka_unit_test(test_all_others_refuse),
        cmocka_unit_test(test_value_right_after_a_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
