/* Alarms from raising to the end of the history, and what a notification carries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/audit.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

static void make_offline(struct world *world, uint32_t agent)
{
    assert_int_equal(world_do(world, agent, "listener timedOut"), 0);
    assert_int_equal(world_do(world, agent, "listener timedOut"), 0);
}

static void make_good(struct world *world, uint32_t agent)
{
    assert_int_equal(world_do(world, agent, "listener none"), 0);
}

static void sequences_begin_above_those_given(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    settings.alarm_seq = 1000;
    settings.change_seq = 2000;
    settings.history_seq = 3000;
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    assert_int_equal(store_alarm_seq(world.store), 1000);
    assert_int_equal(store_change_seq(world.store), 2000);
    assert_int_equal(store_history_seq(world.store), 3000);
    make_offline(&world, 1);
    assert_string_equal(world_alarms(&world), "1001=offline");
    assert_string_equal(world_changes(&world), "2001=1");
    make_good(&world, 1);
    assert_string_equal(world_past(&world), "1001=recovered");
    assert_int_equal(store_alarm_seq(world.store), 1001);
    assert_int_equal(store_history_seq(world.store), 3001);
    audit_store(world.store, AUDIT_ALL);
    world_end(&world);
}

/* The numbers of the entries that the history holds now. */
static const char *history_of(struct world *world, char text[256])
{
    struct snapshot *snapshot = world_publish(world);
    assert_non_null(snapshot);
    const struct history_row *past = rowview_first(snapshot->history);
    text[0] = 0;
    for (; past; past = rowview_next(snapshot->history, past->seq, NULL))
        snprintf(text + strlen(text), 256 - strlen(text), "%s%u", *text ? " " : "", past->seq);
    snprintf(text + strlen(text), 256 - strlen(text), ", %u lost", snapshot->history_lost);
    snapshot_unref(snapshot);
    return text;
}

static void the_history_is_bounded_and_counts_what_fell_off(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    settings.history_max = 5;
    struct world world;
    char text[256];
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    static const char *const expected[] = { "1, 0 lost",        "1 2, 0 lost",       "1 2 3, 0 lost",
                                            "1 2 3 4, 0 lost",  "1 2 3 4 5, 0 lost", "2 3 4 5 6, 1 lost",
                                            "3 4 5 6 7, 2 lost" };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        make_offline(&world, 1);
        make_good(&world, 1);
        assert_string_equal(history_of(&world, text), expected[i]);
    }
    /* A smaller history is one from the next entry on. */
    settings.history_max = 2;
    store_configure(world.store, &settings);
    make_offline(&world, 1);
    make_good(&world, 1);
    assert_string_equal(history_of(&world, text), "7 8, 6 lost");
    settings.history_max = 4;
    store_configure(world.store, &settings);
    for (unsigned i = 0; i < 3; i++) {
        make_offline(&world, 1);
        make_good(&world, 1);
    }
    assert_string_equal(history_of(&world, text), "8 9 10 11, 7 lost");
    /* None at all. */
    settings.history_max = 0;
    store_configure(world.store, &settings);
    make_offline(&world, 1);
    make_good(&world, 1);
    assert_string_equal(history_of(&world, text), ", 12 lost");
    world_end(&world);
}

static struct notification take(struct world *world)
{
    struct notification notification;
    assert_true(store_take_notification(world->store, &notification));
    return notification;
}

static void a_notification_carries_the_values_of_its_transition(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    make_good(&world, 1);
    world_at(&world, 10);
    make_offline(&world, 1);
    const uint32_t change_seq = store_agent(world.store, 1)->change_seq;
    const int64_t raised_wall_ms = world.now.wall_ms;

    /* Everything that it speaks of changes before anybody takes it: cause, group, server, the agent itself. */
    world_at(&world, 20);
    assert_int_equal(world_do(&world, 1, "asked agent=offline"), 0);
    assert_int_equal(world_do(&world, 1, "asked agent=offline"), 0);
    assert_string_equal(world_verdict(&world, 1), "offline:networkFault");
    assert_int_equal(world_put_agent(&world, 1, 2, 0, CONDITIONS_ALL), 0);
    assert_int_equal(world_do(&world, 1, "remove"), 0);

    struct notification notification = take(&world);
    assert_int_equal(notification.kind, NOTIFICATION_RAISED);
    assert_int_equal(notification.alarm.seq, 1);
    assert_int_equal(notification.alarm.severity, SEVERITY_MAJOR);
    assert_int_equal(notification.alarm.diagnosis, DIAGNOSIS_UNVERIFIED);
    assert_int_equal(notification.alarm.raised_wall_ms, raised_wall_ms);
    assert_string_equal(text_chars(notification.alarm.subject_name), "PC-1");
    assert_int_equal(notification.alarm.condition, ALARM_OFFLINE);
    assert_int_equal(notification.change_seq, change_seq);
    assert_string_equal(text_chars(notification.group), "group-1");
    notification_done(&notification);

    notification = take(&world);
    assert_int_equal(notification.kind, NOTIFICATION_CLEARED);
    assert_int_equal(notification.alarm.seq, 1);
    assert_int_equal(notification.alarm.severity, SEVERITY_CLEARED);
    assert_string_equal(text_chars(notification.alarm.text), "PC-1: offline: cleared, it is not watched any more");
    assert_int_equal(notification.alarm.diagnosis, DIAGNOSIS_NETWORK_FAULT);
    assert_int_equal(notification.alarm.raised_wall_ms, raised_wall_ms);
    assert_string_equal(text_chars(notification.group), "group-2");
    struct snapshot *snapshot = world_publish(&world);
    const struct history_row *past = rowview_first(snapshot->history);
    assert_int_equal(past->alarm.severity, SEVERITY_MAJOR); /* what it had while it was active */
    snapshot_unref(snapshot);
    notification_done(&notification);
    assert_false(store_take_notification(world.store, &notification));
    assert_string_equal(world_past(&world), "1=removed");
    world_end(&world);
}

static void a_servers_notification_carries_the_server(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_do(&world, 0, "server none"), 0);
    assert_int_equal(world_do(&world, 0, "server refused"), 0);
    assert_int_equal(world_do(&world, 0, "server refused"), 0);
    assert_int_equal(store_remove_server(world.store, 1, &world.now), 0);
    for (enum notification_kind kind = NOTIFICATION_RAISED; kind <= NOTIFICATION_CLEARED; kind++) {
        struct notification notification = take(&world);
        assert_int_equal(notification.kind, kind);
        assert_int_equal(notification.alarm.seq, 1);
        assert_int_equal(notification.alarm.condition, ALARM_SERVER_DOWN);
        assert_int_equal(notification.alarm.diagnosis, DIAGNOSIS_SERVER_DOWN);
        assert_int_equal(notification.alarm.subject_index, 1);
        assert_string_equal(text_chars(notification.alarm.subject_name), "apex1");
        notification_done(&notification);
    }
    assert_string_equal(world_past(&world), "1=removed");
    assert_string_equal(world_alarms(&world), "");
    world_end(&world);
}

/* A cause that becomes clearer is shown in the alarm that stands: no other alarm, no other notification. */
static void an_alarm_shows_the_cause_of_the_day(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    make_good(&world, 1);
    make_offline(&world, 1);
    static const struct {
        const char *event, *verdict;
        enum diagnosis diagnosis;
    } steps[] = {
        { "listener refused", "offline:unverified", DIAGNOSIS_UNVERIFIED },
        { "asked agent=online", "offline:firewallOrAddress", DIAGNOSIS_FIREWALL_OR_ADDRESS },
        { "asked agent=online own=10.0.0.1", "offline:firewallBlocksServer", DIAGNOSIS_FIREWALL_BLOCKS_SERVER },
        { "asked agent=online own=10.0.0.2", "offline:agentAddressChanged", DIAGNOSIS_AGENT_ADDRESS_CHANGED },
        { "asked agent=offline", "offline:agentAddressChanged", DIAGNOSIS_AGENT_ADDRESS_CHANGED },
        { "asked agent=offline", "offline:networkFault", DIAGNOSIS_NETWORK_FAULT },
        { "listener none", "offline:serverNameUnresolved", DIAGNOSIS_SERVER_NAME_UNRESOLVED },
    };
    const struct text *before = NULL;
    enum diagnosis diagnosis_before = DIAGNOSIS_UNVERIFIED;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        assert_string_equal(world_verdict(&world, 1), steps[i].verdict);
        assert_string_equal(world_alarms(&world), "1=offline");
        struct snapshot *snapshot = world_publish(&world);
        const struct alarm_row *alarm = rowview_first(snapshot->alarms);
        assert_int_equal(alarm->diagnosis, steps[i].diagnosis);
        if (before)
            assert_int_equal(strcmp(text_chars(before), text_chars(alarm->text)) != 0,
                             steps[i].diagnosis != diagnosis_before);
        text_unref(before);
        before = text_ref(alarm->text);
        diagnosis_before = steps[i].diagnosis;
        snapshot_unref(snapshot);
        audit_store(world.store, AUDIT_ALL);
    }
    text_unref(before);
    assert_string_equal(world_told(&world), "+1");
    world_end(&world);
}

/* Plays events of which each is told twice, so that it is believed, and looks at the text of alarm 1. */
struct told {
    const char *event, *text; /* NULL: it is not looked at */
};

static void play_texts(const struct told *steps, size_t n)
{
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        if (!steps[i].text)
            continue;
        struct snapshot *snapshot = world_publish(&world);
        const struct alarm_row *alarm = rowview_first(snapshot->alarms);
        assert_string_equal(alarm ? text_chars(alarm->text) : "", steps[i].text);
        snapshot_unref(snapshot);
        audit_store(world.store, AUDIT_ALL);
    }
    assert_string_equal(world_told(&world), "+1");
    world_end(&world);
}

static void an_alarm_shows_what_the_servers_name_resolves_to_now(void **state)
{
    (void)state;
#define UNRESOLVED "PC-1: offline: serverNameUnresolved (server side online; agent side "
    static const struct told steps[] = {
        { "listener none", NULL },
        { "asked agent=offline resolved=nothing",
          UNRESOLVED "nameNotFound): the name resolves to nothing there: register it in DNS or WINS, or in the "
                     "endpoint's hosts file" },
        { "asked agent=offline resolved=10.9.9.9",
          UNRESOLVED "offline): the name resolves to 10.9.9.9 there, not to 10.1.0.5: correct DNS, WINS or the "
                     "endpoint's hosts file" },
        { "asked agent=offline resolved=10.9.9.8",
          UNRESOLVED "offline): the name resolves to 10.9.9.8 there, not to 10.1.0.5: correct DNS, WINS or the "
                     "endpoint's hosts file" },
        { "asked agent=offline resolved=10.1.0.5",
          UNRESOLVED "offline): not confirmed: the name resolves as it should there; look at ICMP and firewalls from "
                     "the agent to the server" },
    };
    play_texts(steps, sizeof steps / sizeof *steps);
}

static void an_alarm_names_the_checks_that_fail_now(void **state)
{
    (void)state;
    static const struct told steps[] = {
        { "asked smart=yes", NULL },
        { "asked smart=no",
          "PC-1: Smart Protection unavailable: check location, sources, configuration files, proxies and tmusa" },
        { "asked location=internal source=no",
          "PC-1: Smart Protection unavailable (failed: locationProfile): ahSmartCheckTable says what was found" },
        { "asked smart=yes method=conventional tmusa=stopped",
          "PC-1: Smart Protection unavailable (failed: locationProfile; tmusa): ahSmartCheckTable says what was "
          "found" },
        { "asked source=yes",
          "PC-1: Smart Protection unavailable (failed: tmusa): ahSmartCheckTable says what was found" },
    };
    play_texts(steps, sizeof steps / sizeof *steps);
}

/* Whether a manager that walks the changes is led to what explains an alarm. */
static void what_explains_an_alarm_anew_is_a_change(void **state)
{
    (void)state;
    static const struct {
        const char *event;
        bool changes;
    } steps[] = {
        { "asked smart=no agent=offline resolved=nothing", false },
        { "asked smart=no agent=offline resolved=nothing", true }, /* believed now */
        { "asked smart=no agent=offline resolved=nothing", false },
        { "asked resolved=10.9.9.9", true },
        { "asked resolved=10.9.9.9", false },
        { "asked location=external", true },
        { "asked location=external", false },
        { "asked method=conventional tmusa=running", true },
        { "asked smart=yes agent=online", true },
        { "asked tmusa=unneeded resolved=10.9.9.9", false }, /* it explains nothing any more */
    };
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    make_good(&world, 1);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const uint32_t before = store_change_seq(world.store);
        assert_int_equal(world_do(&world, 1, steps[i].event), 0);
        if ((store_change_seq(world.store) != before) != steps[i].changes)
            fail_msg("step %zu, %s", i, steps[i].event);
    }
    world_end(&world);
}

static void notifications_that_are_off_are_off(void **state)
{
    (void)state;
    struct store_settings settings = world_settings();
    settings.notify = false;
    struct world world;
    world_begin(&world, &settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    make_good(&world, 1);
    make_offline(&world, 1);
    assert_string_equal(world_alarms(&world), "1=offline");
    make_good(&world, 1);
    make_offline(&world, 1);
    assert_string_equal(world_told(&world), "");
    /* Switched on: what was raised unsaid is cleared unsaid. */
    settings.notify = true;
    store_configure(world.store, &settings);
    make_good(&world, 1);
    assert_string_equal(world_told(&world), "");
    make_offline(&world, 1);
    make_good(&world, 1);
    assert_string_equal(world_told(&world), "+3 -3");
    settings.notify = false;
    store_configure(world.store, &settings);
    make_offline(&world, 1);
    settings.notify = true;
    store_configure(world.store, &settings);
    make_good(&world, 1);
    assert_string_equal(world_told(&world), "");
    make_offline(&world, 1);
    assert_string_equal(world_told(&world), "+5");
    /* Switched off in the middle: not a word until it is on again. */
    settings.notify = false;
    store_configure(world.store, &settings);
    make_good(&world, 1);
    assert_int_equal(world_do(&world, 1, "asked smart=no"), 0);
    assert_int_equal(world_do(&world, 1, "asked smart=no"), 0);
    assert_int_equal(world_do(&world, 1, "remove"), 0);
    assert_string_equal(world_told(&world), "");
    audit_store(world.store, AUDIT_ALL);
    world_end(&world);
}

static void removal_clears_and_tells_only_what_was_told(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    struct world world;
    world_begin(&world, &settings);
    for (uint32_t agent = 1; agent <= 2; agent++) {
        assert_int_equal(world_put_agent(&world, agent, 1, 1, CONDITIONS_ALL), 0);
        if (agent == 2)
            make_good(&world, agent); /* has a first verdict: the next one is told */
        make_offline(&world, agent);
    }
    assert_string_equal(world_alarms(&world), "1=offline 2=offline");
    assert_string_equal(world_told(&world), "+2");
    assert_int_equal(world_do(&world, 1, "remove"), 0);
    assert_int_equal(world_do(&world, 2, "remove"), 0);
    assert_string_equal(world_told(&world), "-2");
    assert_string_equal(world_past(&world), "1=removed 2=removed");
    assert_string_equal(world_alarms(&world), "");
    assert_string_equal(world_changes(&world), "");
    audit_store(world.store, AUDIT_ALL);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_begin_above_those_given),
        cmocka_unit_test(the_history_is_bounded_and_counts_what_fell_off),
        cmocka_unit_test(a_notification_carries_the_values_of_its_transition),
        cmocka_unit_test(a_servers_notification_carries_the_server),
        cmocka_unit_test(an_alarm_shows_the_cause_of_the_day),
        cmocka_unit_test(an_alarm_shows_what_the_servers_name_resolves_to_now),
        cmocka_unit_test(an_alarm_names_the_checks_that_fail_now),
        cmocka_unit_test(what_explains_an_alarm_anew_is_a_change),
        cmocka_unit_test(notifications_that_are_off_are_off),
        cmocka_unit_test(removal_clears_and_tells_only_what_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
