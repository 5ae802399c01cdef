/* Counts anew what the store keeps count of, and follows each reference between its tables. */
#include "audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#define EACH(row, view, key)                                                                                           \
    (row) = rowview_first(view);                                                                                       \
    (row);                                                                                                             \
    (row) = rowview_next((view), (row)->key, NULL)

static void count(struct tally *tally, const struct agent_row *agent)
{
    tally->agents++;
    tally->healthy += agent->verdict.icon == ICON_HEALTHY;
    tally->unknown += agent->verdict.icon == ICON_UNKNOWN;
    tally->absent += agent->dampers[AXIS_PRESENCE].believed == PRESENCE_ABSENT;
    tally->disagreeing += agent->disagreements != 0;
    tally->contradicted += agent->contradicted;
    tally->retired += agent->identity->retired;
    tally->maintenance += agent->in_maintenance;
    tally->flapping += agent->flapping != 0;
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        tally->conditions[condition] += (agent->verdict.conditions & CONDITION_BIT(condition)) != 0;
    tally->severities[agent->verdict.severity]++;
}

static void audit_counts(const struct snapshot *snapshot)
{
    const struct agent_row *agent;
    const struct group_row *group;
    const struct server_row *server;
    struct tally fleet = { 0 };
    size_t grouped = 0, in_groups = 0;

    for (EACH(agent, snapshot->agents, index)) {
        count(&fleet, agent);
        grouped += agent->identity->group_index != 0;
    }
    assert_memory_equal(&fleet, &snapshot->fleet, sizeof fleet);
    for (EACH(group, snapshot->groups, index)) {
        struct tally tally = { 0 };
        for (EACH(agent, snapshot->agents, index))
            if (agent->identity->group_index == group->index) {
                count(&tally, agent);
                assert_string_equal(agent->identity->group, text_chars(group->name));
            }
        assert_memory_equal(&tally, &group->tally, sizeof tally);
        assert_true(tally.agents > 0);
        in_groups += tally.agents;
    }
    assert_int_equal(grouped, in_groups);
    for (EACH(server, snapshot->servers, index)) {
        uint32_t agents = 0, offline = 0;
        for (EACH(agent, snapshot->agents, index))
            if (agent->identity->server == server->index) {
                agents++;
                offline += (agent->verdict.conditions & CONDITION_BIT(CONDITION_OFFLINE)) != 0;
            }
        assert_int_equal(server->agents, agents);
        assert_int_equal(server->agents_offline, offline);
    }
}

/* Who uses which source, and whom the alarm of a list concerns, told by the agents' rows alone. */
static void audit_sources(const struct snapshot *snapshot, size_t *alarms)
{
    const struct agent_row *agent;
    const struct source_row *source, *first;
    const struct alarm_row *alarm;

    for (EACH(source, snapshot->sources, index)) {
        uint32_t agents = 0;
        for (first = rowview_first(snapshot->sources); !source_identity_is_beside(first->identity, source->identity);)
            first = rowview_next(snapshot->sources, first->index, NULL);
        for (EACH(agent, snapshot->agents, index)) {
            const struct list_use *use = &agent->list;
            agents += use->source ? use->source == source->index : use->list == first->index;
        }
        assert_int_equal(source->agents, agents);
        if (!source->alarm)
            continue;
        alarm = rowview_get(snapshot->alarms, source->alarm, NULL);
        assert_non_null(alarm);
        assert_int_equal(alarm->subject, SUBJECT_SOURCE);
        assert_int_equal(alarm->subject_index, source->index);
        (*alarms)++;
    }
    for (EACH(alarm, snapshot->alarms, seq)) {
        uint32_t out = 0;
        if (alarm->subject != SUBJECT_SOURCE_LIST)
            continue;
        for (EACH(agent, snapshot->agents, index))
            out += agent->verdict.outage && agent->list.list == alarm->subject_index;
        assert_int_equal(alarm->agents, out);
        (*alarms)++;
    }
}

static void audit_agent_alarms(const struct snapshot *snapshot, const struct agent_row *agent, enum audit_scope scope,
                               size_t *alarms)
{
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        const uint32_t bit = CONDITION_BIT(condition);
        const bool holds = agent->verdict.conditions & bit, unknown = agent->verdict.unknowns & bit;
        const uint32_t seq = agent->alarms[condition];
        if (seq) {
            const struct alarm_row *alarm = rowview_get(snapshot->alarms, seq, NULL);
            assert_non_null(alarm);
            assert_int_equal(alarm->subject, SUBJECT_AGENT);
            assert_int_equal(alarm->subject_index, agent->index);
            assert_int_equal(alarm->condition, condition_icon(condition));
            assert_true(*text_chars(alarm->text) && *text_chars(alarm->subject_name));
            (*alarms)++;
        }
        if (scope != AUDIT_WITHOUT_ALARMS && (agent->change_seq || holds) && holds != (seq != 0) && !unknown)
            fail_msg("agent %u: %s %s, yet its alarm is %u", agent->index, condition_name(condition),
                     holds ? "holds" : "does not hold", seq);
    }
}

/* As many alarms of flapping as there are conditions that flap, and one for each mass outage of a group. */
static void audit_held(const struct snapshot *snapshot, size_t *alarms)
{
    const struct agent_row *agent;
    const struct group_row *group;
    const struct alarm_row *alarm;
    size_t flapping = 0;

    for (EACH(agent, snapshot->agents, index)) {
        flapping += (size_t)__builtin_popcount(agent->flapping);
        assert_int_equal(agent->told & agent->deferred, 0);
    }
    for (EACH(alarm, snapshot->alarms, seq)) {
        flapping -= alarm->condition == ALARM_FLAPPING;
        *alarms += alarm->condition == ALARM_FLAPPING;
    }
    assert_int_equal(flapping, 0);
    for (EACH(group, snapshot->groups, index))
        for (enum condition condition = 0; condition < CONDITIONS; condition++) {
            if (!group->outages[condition])
                continue;
            alarm = rowview_get(snapshot->alarms, group->outages[condition], NULL);
            assert_non_null(alarm);
            assert_int_equal(alarm->subject, SUBJECT_GROUP);
            assert_int_equal(alarm->subject_index, group->index);
            assert_int_equal(alarm->agents, group->tally.conditions[condition]);
            (*alarms)++;
        }
}

static void audit_agents(const struct snapshot *snapshot, enum audit_scope scope)
{
    const struct agent_row *agent;
    const struct server_row *server;
    size_t alarms = 0, changes = 0;

    for (EACH(agent, snapshot->agents, index)) {
        assert_int_equal(agent->verdict.conditions & agent->verdict.unknowns, 0);
        assert_true(!agent->verdict.outage || agent->list.state == UPDOWN_DOWN);
        assert_true(!agent->withheld || !(agent->told & CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE)));
        assert_int_equal(agent->verdict.unknowns & ~agent->identity->monitored, 0);
        audit_agent_alarms(snapshot, agent, scope, &alarms);
        if (!agent->change_seq)
            continue;
        const struct change_row *change = rowview_get(snapshot->changes, agent->change_seq, NULL);
        assert_non_null(change);
        assert_int_equal(change->agent, agent->index);
        assert_true(agent->change_seq <= snapshot->change_seq);
        changes++;
    }
    assert_int_equal(rowview_count(snapshot->changes), changes);
    for (EACH(server, snapshot->servers, index)) {
        if (!server->alarm)
            continue;
        const struct alarm_row *alarm = rowview_get(snapshot->alarms, server->alarm, NULL);
        assert_non_null(alarm);
        assert_int_equal(alarm->subject, SUBJECT_SERVER);
        assert_int_equal(alarm->subject_index, server->index);
        alarms++;
    }
    audit_sources(snapshot, &alarms);
    audit_held(snapshot, &alarms);
    assert_int_equal(rowview_count(snapshot->alarms), alarms);
    if (scope != AUDIT_RESTORED)
        assert_int_equal(snapshot->alarms_raised, alarms + rowview_count(snapshot->history) + snapshot->history_lost);
}

void audit_snapshot(const struct snapshot *snapshot, enum audit_scope scope)
{
    audit_counts(snapshot);
    audit_agents(snapshot, scope);
}

void audit_store(struct store *store, enum audit_scope scope)
{
    struct snapshot *snapshot = store_publish(store, &(struct collector_info){ .name = "audit", .version = "0" });
    assert_non_null(snapshot);
    assert_false(store_is_dirty(store));
    assert_int_equal(snapshot->change_seq, store_change_seq(store));
    audit_snapshot(snapshot, scope);
    snapshot_unref(snapshot);
}

/* The alarm of a list moves on with its first source: its end may bear another index than its beginning, and another
 * list may begin at that index meanwhile. Of an agent or group several conditions may flap, or be out. So these are
 * kept by their sequences alone. */
static uint32_t *find_open(struct ledger *ledger, const struct notification *notification)
{
    const struct alarm_row *alarm = &notification->alarm;
    const uint32_t wanted = notification->kind == NOTIFICATION_CLEARED ? alarm->seq : 0;
    for (size_t i = 0; alarm->condition >= ALARM_MASS_OUTAGE && i < LEDGER_SUBJECTS; i++) {
        const size_t at = (alarm->subject_index + i) % LEDGER_SUBJECTS;
        if (ledger->open[alarm->subject][at][alarm->condition] == wanted)
            return &ledger->open[alarm->subject][at][alarm->condition];
    }
    return &ledger->open[alarm->subject][alarm->subject_index][alarm->condition];
}

void ledger_note(struct ledger *ledger, const struct notification *notification)
{
    const struct alarm_row *alarm = &notification->alarm;
    assert_true(alarm->subject <= SUBJECT_SOURCE_LIST && alarm->subject_index < LEDGER_SUBJECTS);
    uint32_t *open = find_open(ledger, notification);
    if (notification->kind == NOTIFICATION_RAISED) {
        assert_int_equal(*open, 0);
        assert_true(alarm->seq / 8 < sizeof ledger->told);
        assert_false(ledger->told[alarm->seq / 8] &
                     1U << alarm->seq % 8); /* what was held back comes later, and once */
        ledger->told[alarm->seq / 8] = (uint8_t)(ledger->told[alarm->seq / 8] | 1U << alarm->seq % 8);
        assert_int_not_equal(alarm->severity, SEVERITY_CLEARED);
        *open = alarm->seq;
        ledger->raised++;
    } else {
        assert_int_equal(*open, alarm->seq);
        assert_int_equal(alarm->severity, SEVERITY_CLEARED);
        *open = 0;
        ledger->cleared++;
    }
}

void ledger_drain(struct ledger *ledger, struct store *store)
{
    struct notification notification;
    while (store_take_notification(store, &notification)) {
        ledger_note(ledger, &notification);
        notification_done(&notification);
    }
}
