/* What an NMS is told when: transitions that are held back (in maintenance, while flapping, within the least gap, in a
 * mass outage), and what it is owed once nothing holds them back any more. It judges nothing, and sends nothing itself.
 *
 * What an NMS believes of an agent's condition is always one alarm or none, so raising and clearing alternate: an alarm
 * that it knows and that is over is owed before the next one is told. */
#include "store_state.h"

#include <errno.h>

const struct telling_row *telling_find(const struct store *store, uint32_t key)
{
    return rowset_get(store->tellings, key);
}

struct telling_row *telling_make(struct store *store, uint32_t key)
{
    struct telling_row *telling =
        telling_find(store, key) ? rowset_edit(store->tellings, key) : rowset_insert(store->tellings, key);
    if (telling)
        journal_note(&store->journal, KEPT_TELLING, key);
    return telling;
}

static int forget(struct store *store, uint32_t key)
{
    const int error = rowset_remove(store->tellings, key);
    if (error == 0)
        journal_note(&store->journal, KEPT_TELLING, key);
    return error;
}

/* Whether a word about an agent's condition has to wait. Where time ends that, the row is looked at again then. */
static bool is_held(struct store *store, struct agent_row *agent, enum condition condition, bool is_raising,
                    const struct telling_row *telling, const struct now *now)
{
    const struct group_row *group = rowset_get(store->groups, agent->identity->group_index);

    if (agent->in_maintenance || (agent->flapping & CONDITION_BIT(condition)) ||
        (is_raising && group && group->outages[condition]))
        return true;
    if (!telling)
        return false;
    int64_t until_ms = telling->told_ms ? telling->told_ms + store->settings.policy.min_gap_ms : 0;
    if (is_raising && telling->hold_until_ms > until_ms)
        until_ms = telling->hold_until_ms;
    if (now->mono_ms >= until_ms)
        return false;
    if (until_ms < agent->valid_until_ms)
        agent->valid_until_ms = until_ms;
    return true;
}

/* The next word waits for the least gap from now on. */
static void note_told(struct store *store, uint32_t key, const struct now *now)
{
    struct telling_row *telling = store->settings.policy.min_gap_ms ? telling_make(store, key) : NULL;
    if (telling)
        telling->told_ms = now->mono_ms;
    else if (store->settings.policy.min_gap_ms)
        store->dropped++; /* told sooner than it should be, maybe */
}

enum word telling_of_raising(struct store *store, struct agent_row *agent, enum condition condition, bool is_of_list,
                             const struct now *now)
{
    const uint32_t bit = CONDITION_BIT(condition), key = telling_key_of_agent(agent->index, condition);
    const struct policy *policy = &store->settings.policy;

    if (!(agent->judged & bit) && !store->settings.tell_first_verdict)
        return WORD_NEVER;
    if (!store->settings.notify || is_of_list)
        return WORD_WITHHELD;
    struct telling_row *waiting = policy->mass_outage_pct ? telling_make(store, key) : NULL;
    if (waiting)
        waiting->hold_until_ms = now->mono_ms + policy->mass_outage_wait_ms;
    return is_held(store, agent, condition, true, telling_find(store, key), now) ? WORD_LATER : WORD_NOW;
}

int telling_owe(struct store *store, uint32_t key, uint32_t seq, enum clear_reason why)
{
    const struct alarm_row *alarm = rowset_get(store->alarms, seq);
    struct telling_row *telling = alarm ? telling_make(store, key) : NULL;
    if (!telling)
        return -ENOMEM;
    telling->owed = *alarm;
    alarm_rows.retain(&telling->owed);
    telling->owed_why = (uint8_t)why;
    return 0;
}

/* Tells what is owed; `agent` NULL for a server. -ENOMEM: it is still owed. */
static int pay(struct store *store, uint32_t key, const struct agent_row *agent)
{
    struct telling_row *telling = telling_make(store, key);
    if (!telling || alarm_tell_clearing(store, &telling->owed, agent, (enum clear_reason)telling->owed_why) < 0)
        return -ENOMEM;
    alarm_rows.release(&telling->owed);
    telling->owed = (struct alarm_row){ 0 };
    return 0;
}

enum word telling_of_clearing(struct store *store, struct agent_row *agent, enum condition condition,
                              const struct now *now)
{
    const uint32_t bit = CONDITION_BIT(condition), key = telling_key_of_agent(agent->index, condition);

    if (!(agent->told & bit))
        return agent->deferred & bit ? WORD_WITHHELD : WORD_NEVER;
    if (!store->settings.notify)
        return WORD_WITHHELD;
    return is_held(store, agent, condition, false, telling_find(store, key), now) ? WORD_LATER : WORD_NOW;
}

void telling_note(struct store *store, const struct agent_row *agent, enum condition condition, enum word word,
                  const struct now *now)
{
    if (word == WORD_NOW)
        note_told(store, telling_key_of_agent(agent->index, condition), now);
    else if (word != WORD_NEVER)
        store->withheld++;
}

/* Tells what is owed about a condition, the older first, unless it is held back still. */
static void settle(struct store *store, struct agent_row *agent, enum condition condition, const struct now *now)
{
    const uint32_t bit = CONDITION_BIT(condition), key = telling_key_of_agent(agent->index, condition);
    const struct telling_row *telling = telling_find(store, key);

    if (telling && telling->owed.seq) {
        if (is_held(store, agent, condition, false, telling, now) || pay(store, key, agent) < 0)
            return;
        note_told(store, key, now);
    }
    if (!(agent->deferred & bit) || is_held(store, agent, condition, true, telling_find(store, key), now) ||
        alarm_tell_raising(store, agent->alarms[condition], agent) < 0)
        return;
    agent->deferred = (uint8_t)(agent->deferred & ~bit);
    agent->told = (uint8_t)(agent->told | bit);
    note_told(store, key, now);
}

/* Whether there is nothing more to remember. */
static bool is_idle(const struct telling_row *telling, const struct policy *policy, const struct now *now)
{
    return !telling->changes && !telling->flap_alarm && !telling->owed.seq &&
           (!telling->told_ms || now->mono_ms >= telling->told_ms + policy->min_gap_ms) &&
           now->mono_ms >= telling->hold_until_ms;
}

void telling_settle(struct store *store, struct agent_row *agent, const struct now *now)
{
    if (!store->settings.notify) /* it stays owed */
        return;
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        const uint32_t key = telling_key_of_agent(agent->index, condition);
        settle(store, agent, condition, now);
        const struct telling_row *telling = telling_find(store, key);
        if (telling && telling->flap_deferred) {
            flapping_settle(store, agent, key);
            telling = telling_find(store, key);
        }
        if (telling && is_idle(telling, &store->settings.policy, now) && forget(store, key) < 0)
            store->dropped++; /* it is tried again */
    }
}

int telling_end(struct store *store, const struct agent_row *agent, const struct now *now)
{
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        const uint32_t key = telling_key_of_agent(agent->index, condition);
        if (!telling_find(store, key))
            continue;
        struct telling_row *telling = telling_make(store, key);
        if (!telling)
            return -ENOMEM;
        if (telling->flap_alarm &&
            alarm_clear(store, telling->flap_alarm, agent, CLEAR_REMOVED, telling->flap_told, now) < 0)
            return -ENOMEM;
        telling->flap_alarm = 0;
        if (telling->owed.seq && pay(store, key, agent) < 0)
            return -ENOMEM;
        if (forget(store, key) < 0)
            return -ENOMEM;
    }
    return 0;
}

enum word telling_of_server_down(struct store *store, const struct server_row *server, const struct now *now)
{
    if (!server->judged && !store->settings.tell_first_verdict)
        return WORD_NEVER;
    const enum word word = !store->settings.notify                        ? WORD_WITHHELD
                           : maintenance_holds(&server->maintenance, now) ? WORD_LATER
                                                                          : WORD_NOW;
    store->withheld += word != WORD_NOW;
    return word;
}

void telling_settle_server(struct store *store, struct server_row *server, const struct now *now)
{
    const uint32_t key = telling_key_of_server(server->index);
    const struct telling_row *telling = telling_find(store, key);

    if ((!telling && !server->deferred) || !store->settings.notify || maintenance_holds(&server->maintenance, now))
        return;
    if (telling && telling->owed.seq && pay(store, key, NULL) < 0)
        return;
    if (telling && forget(store, key) < 0)
        store->dropped++; /* it is tried again */
    if (server->deferred && alarm_tell_raising(store, server->alarm, NULL) == 0) {
        server->deferred = false;
        server->told = true;
    }
}

int telling_end_server(struct store *store, uint32_t index)
{
    const uint32_t key = telling_key_of_server(index);
    const struct telling_row *telling = telling_find(store, key);
    if (!telling)
        return 0;
    if (telling->owed.seq && pay(store, key, NULL) < 0)
        return -ENOMEM;
    return forget(store, key);
}
