/* What notifications carry: which one, which varbinds in which order, named how, with the values of the transition. */
#include "estate.h"

#include "agentx/notify.h"

#include <errno.h>
#include <stdio.h>

enum { TEXT_BYTES = 2000 };

/* Writes each varbind as `name=value;`, names below the root as `.1.5...`. */
static void put(void *user, const uint32_t *name, size_t n, const struct value *value)
{
    char *text = user;
    size_t at = strlen(text);
    const size_t skip = n > 8 && memcmp(name, estate_root, sizeof estate_root) == 0 ? 8 : 0;
    for (size_t i = skip; i < n; i++)
        at += (size_t)snprintf(text + at, TEXT_BYTES - at, i || skip ? ".%u" : "%u", name[i]);
    if (value->type == VALUE_OCTETS)
        snprintf(text + at, TEXT_BYTES - at, "=%.*s;", (int)value->n_octets, (const char *)value->octets);
    else if (value->type == VALUE_OID)
        snprintf(text + at, TEXT_BYTES - at, "=.%u.%u;", value->arcs[value->n_arcs - 2],
                 value->arcs[value->n_arcs - 1]);
    else
        snprintf(text + at, TEXT_BYTES - at, "=%u;", value->number);
}

static const struct snapshot empty = { .collector = { .name = "", .version = "" } };
static const struct view view = { .snapshot = &empty, .root = estate_root, .root_len = 8 };

static struct notification of_agent(enum alarm_condition condition, enum notification_kind kind)
{
    return (struct notification){ .kind = kind,
                                  .alarm = { .seq = 70,
                                             .subject = SUBJECT_AGENT,
                                             .subject_index = 9,
                                             .condition = (uint8_t)condition,
                                             .severity = SEVERITY_MAJOR,
                                             .diagnosis = DIAGNOSIS_UNVERIFIED,
                                             .subject_name = text_new("PC-1"),
                                             .text = text_new("told") },
                                  .group = text_new("HQ"),
                                  .change_seq = 800 };
}

static void test_agent(void **state)
{
    struct notification notification = of_agent(ALARM_OFFLINE, NOTIFICATION_RAISED);
    char text[TEXT_BYTES] = "";
    (void)state;
    assert_int_equal(notify_varbinds(&view, &notification, put, text), 0);
    assert_string_equal(text, "1.3.6.1.6.3.1.1.4.1.0=.0.7;"
                              ".1.21.1.1.70.9.0.0.0=70;" /* ahAlarmSeq */
                              ".1.21.1.2.70.9.0.0.0=9;"  /* ahAgentIndex */
                              ".1.5.1.2.9=PC-1;"         /* ahAgentName */
                              ".1.5.1.4.9=HQ;"           /* ahAgentGroup */
                              ".1.8.1.5.70=7;"           /* ahAlarmCondition */
                              ".1.8.1.6.70=5;"           /* ahAlarmSeverity */
                              ".1.8.1.7.70=8;"           /* ahAlarmDiagnosis */
                              ".1.8.1.9.70=told;"        /* ahAlarmText */
                              ".1.5.1.16.9=800;");       /* ahAgentChangeSeq */
    notification_done(&notification);
}

static void test_server(void **state)
{
    struct notification notification = { .kind = NOTIFICATION_CLEARED,
                                         .alarm = { .seq = 71,
                                                    .subject = SUBJECT_SERVER,
                                                    .subject_index = 3,
                                                    .condition = ALARM_SERVER_DOWN,
                                                    .severity = SEVERITY_CLEARED,
                                                    .diagnosis = DIAGNOSIS_NONE,
                                                    .subject_name = text_new("apex"),
                                                    .text = text_new("back") } };
    char text[TEXT_BYTES] = "";
    (void)state;
    assert_int_equal(notify_varbinds(&view, &notification, put, text), 0);
    assert_string_equal(text, "1.3.6.1.6.3.1.1.4.1.0=.0.12;"
                              ".1.21.1.1.71.0.3.0.0=71;"
                              ".1.21.1.3.71.0.3.0.0=3;"
                              ".1.3.1.2.3=apex;"
                              ".1.8.1.5.71=9;"
                              ".1.8.1.6.71=2;"
                              ".1.8.1.7.71=2;"
                              ".1.8.1.9.71=back;");
    notification_done(&notification);
}

static void test_source(void **state)
{
    struct notification notification = { .kind = NOTIFICATION_RAISED,
                                         .alarm = { .seq = 72,
                                                    .subject = SUBJECT_SOURCE,
                                                    .subject_index = 4,
                                                    .condition = ALARM_SOURCE_DOWN,
                                                    .severity = SEVERITY_MAJOR,
                                                    .diagnosis = DIAGNOSIS_NONE,
                                                    .subject_name = text_new("sps"),
                                                    .text = text_new("gone") } };
    char text[TEXT_BYTES] = "";
    (void)state;
    assert_int_equal(notify_varbinds(&view, &notification, put, text), 0);
    assert_string_equal(text, "1.3.6.1.6.3.1.1.4.1.0=.0.13;"
                              ".1.21.1.1.72.0.0.4.0=72;"
                              ".1.21.1.4.72.0.0.4.0=4;"
                              ".1.4.1.2.4=sps;"
                              ".1.8.1.5.72=10;"
                              ".1.8.1.6.72=5;"
                              ".1.8.1.7.72=2;"
                              ".1.8.1.9.72=gone;");
    notification_done(&notification);
}

static void test_list(void **state)
{
    struct notification notification = { .kind = NOTIFICATION_CLEARED,
                                         .alarm = { .seq = 73,
                                                    .subject = SUBJECT_SOURCE_LIST,
                                                    .subject_index = 2,
                                                    .condition = ALARM_MASS_OUTAGE,
                                                    .severity = SEVERITY_CLEARED,
                                                    .diagnosis = DIAGNOSIS_NONE,
                                                    .agents = 20000,
                                                    .subject_name = text_new("standard"),
                                                    .text = text_new("over") } };
    char text[TEXT_BYTES] = "";
    (void)state;
    assert_int_equal(notify_varbinds(&view, &notification, put, text), 0);
    assert_string_equal(text, "1.3.6.1.6.3.1.1.4.1.0=.0.16;"
                              ".1.21.1.1.73.0.0.0.0=73;"
                              ".1.21.1.5.73.0.0.0.0=0;" /* ahGroupIndex */
                              ".1.13.1.2.0=;"           /* ahGroupName */
                              ".1.8.1.5.73=11;"
                              ".1.8.1.6.73=2;"
                              ".1.8.1.7.73=2;"
                              ".1.8.1.9.73=over;"
                              ".1.8.1.2.73=7;"
                              ".1.8.1.3.73=2;"
                              ".1.8.1.4.73=standard;"
                              ".1.8.1.11.73=20000;");
    notification_done(&notification);
}

/* As is true when it is sent. */
static void test_heartbeat(void **state)
{
    const struct snapshot snapshot = {
        .collector = { .name = "hq" },
        .fleet = { .agents = 9,
                   .healthy = 4,
                   .unknown = 3,
                   .absent = 2,
                   .conditions = { [CONDITION_PATTERN_OUTDATED] = 1, [CONDITION_OFFLINE] = 5 },
                   .severities = { [SEVERITY_MAJOR] = 1 } },
        .change_seq = 800,
        .alarm_seq = 70
    };
    const struct view seen = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
    const struct notification notification = { .kind = NOTIFICATION_HEARTBEAT };
    char text[TEXT_BYTES] = "";
    (void)state;
    assert_int_equal(notify_varbinds(&seen, &notification, put, text), 0);
    assert_string_equal(text, "1.3.6.1.6.3.1.1.4.1.0=.0.23;"
                              ".1.1.1.0=hq;"
                              ".1.2.1.0=9;"
                              ".1.2.2.0=4;"
                              ".1.2.3.0=3;"
                              ".1.2.4.0=2;"
                              ".1.2.5.0=1;"
                              ".1.2.6.0=0;"
                              ".1.2.7.0=0;"
                              ".1.2.8.0=0;"
                              ".1.2.9.0=5;"
                              ".1.2.10.0=0;"
                              ".1.2.11.0=5;"
                              ".1.2.12.0=800;"
                              ".1.20.4.0=70;");
}

/* With its own numbers, whatever summary the snapshot shows. */
static void test_summary(void **state)
{
    const struct snapshot snapshot = { .collector = { .name = "hq", .summary = { .notifications = 5 } },
                                       .change_seq = 800 };
    const struct view seen = { .snapshot = &snapshot, .root = estate_root, .root_len = 8 };
    const struct notification notification = { .kind = NOTIFICATION_SUMMARY, .summary = { 1, 936, 7, 942, 41 } };
    char text[TEXT_BYTES] = "";
    (void)state;
    assert_int_equal(notify_varbinds(&seen, &notification, put, text), 0);
    assert_string_equal(text, "1.3.6.1.6.3.1.1.4.1.0=.0.24;"
                              ".1.1.1.0=hq;"
                              ".1.19.3.0=936;"
                              ".1.19.4.0=7;"
                              ".1.19.5.0=942;"
                              ".1.19.6.0=41;"
                              ".1.2.12.0=800;");
}

static void test_which(void **state)
{
    static const struct {
        enum alarm_condition condition;
        enum notification_kind kind;
        const char *number;
    } cases[] = {
        { ALARM_PATTERN_OUTDATED, NOTIFICATION_RAISED, "=.0.1;" },
        { ALARM_PATTERN_OUTDATED, NOTIFICATION_CLEARED, "=.0.2;" },
        { ALARM_REAL_TIME_SCAN_NOT_FUNCTIONING, NOTIFICATION_RAISED, "=.0.3;" },
        { ALARM_REAL_TIME_SCAN_NOT_FUNCTIONING, NOTIFICATION_CLEARED, "=.0.4;" },
        { ALARM_REAL_TIME_SCAN_DISABLED, NOTIFICATION_RAISED, "=.0.3;" },
        { ALARM_REAL_TIME_SCAN_DISABLED, NOTIFICATION_CLEARED, "=.0.4;" },
        { ALARM_STANDALONE_UNPROTECTED, NOTIFICATION_RAISED, "=.0.5;" },
        { ALARM_STANDALONE_UNPROTECTED, NOTIFICATION_CLEARED, "=.0.6;" },
        { ALARM_OFFLINE, NOTIFICATION_RAISED, "=.0.7;" },
        { ALARM_OFFLINE, NOTIFICATION_CLEARED, "=.0.8;" },
        { ALARM_SMART_PROTECTION_UNAVAILABLE, NOTIFICATION_RAISED, "=.0.9;" },
        { ALARM_SMART_PROTECTION_UNAVAILABLE, NOTIFICATION_CLEARED, "=.0.10;" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct notification notification = of_agent(cases[i].condition, cases[i].kind);
        char text[TEXT_BYTES] = "";
        assert_int_equal(notify_varbinds(&view, &notification, put, text), 0);
        assert_non_null(strstr(text, cases[i].number));
        notification_done(&notification);
    }
}

static void test_none_for_it(void **state)
{
    struct notification notification = of_agent(ALARM_UNKNOWN, NOTIFICATION_RAISED);
    char text[TEXT_BYTES] = "";
    (void)state;
    assert_int_equal(notify_varbinds(&view, &notification, put, text), -EINVAL);
    assert_string_equal(text, "");
    notification_done(&notification);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agent), cmocka_unit_test(test_server),      cmocka_unit_test(test_source),
        cmocka_unit_test(test_list),  cmocka_unit_test(test_heartbeat),   cmocka_unit_test(test_summary),
        cmocka_unit_test(test_which), cmocka_unit_test(test_none_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
