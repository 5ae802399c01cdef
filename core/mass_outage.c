/* Mass outages: while so many agents of a group are in one condition that a common cause is likely, one alarm stands
 * for all. It judges no agent; those that are still in alarm at the end are told one by one. */
#include "store_state.h"

/* How many agents of a group make a mass outage; 0: none does. */
static uint32_t threshold(const struct policy *policy, const struct tally *tally)
{
    const uint32_t share = (uint32_t)(((uint64_t)tally->agents * policy->mass_outage_pct + 99) / 100);
    if (!policy->mass_outage_pct)
        return 0;
    return share > policy->mass_outage_agents ? share : policy->mass_outage_agents;
}

static void begin(struct store *store, struct group_row *group, enum condition condition, bool in_maintenance,
                  const struct now *now)
{
    const bool tell = store->settings.notify && !in_maintenance;
    group->outages[condition] = alarm_raise_group(store, group, condition, tell, now);
    journal_note(&store->journal, KEPT_GROUP, group->index);
    if (tell)
        group->outages_told = (uint8_t)(group->outages_told | CONDITION_BIT(condition));
    else if (group->outages[condition])
        store->withheld++;
}

static void end(struct store *store, struct group_row *group, enum condition condition, const struct now *now)
{
    const uint32_t bit = CONDITION_BIT(condition);
    const enum clear_reason why = group->tally.agents ? CLEAR_RECOVERED : CLEAR_REMOVED;
    if (alarm_clear(store, group->outages[condition], NULL, why, group->outages_told & bit, now) < 0)
        return; /* the next agent of the group tries again */
    group->outages[condition] = 0;
    group->outages_told = (uint8_t)(group->outages_told & ~bit);
    group->outage_ended = store->outage_ended = true;
    journal_note(&store->journal, KEPT_GROUP, group->index);
}

void mass_outage_settle(struct store *store, uint32_t index, const struct agent_row *agent, const struct now *now)
{
    const struct group_row *shown = rowset_get(store->groups, index);
    if (!shown || store->outages_wait)
        return;
    const uint32_t needed = threshold(&store->settings.policy, &shown->tally);
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        const uint32_t agents = shown->tally.conditions[condition], outage = shown->outages[condition];
        /* A list of sources that is down has an alarm of its own. */
        const bool is_of_list = condition == CONDITION_SMART_PROTECTION_UNAVAILABLE && agent->verdict.outage;
        const bool begins = !outage && needed && agents >= needed && !is_of_list;
        struct group_row *group = begins || outage ? rowset_edit(store->groups, index) : NULL;
        if (!group)
            continue;
        shown = group;
        if (begins)
            begin(store, group, condition, agent->in_maintenance, now);
        else if (alarm_count_agents(store, outage, agents), agents * 2 < needed || !needed || !agents)
            end(store, group, condition, now);
    }
}

void mass_outage_finish(struct store *store, const struct now *now)
{
    if (!store->outage_ended)
        return;
    store->outage_ended = false;
    const struct group_row *next = rowset_next(store->groups, 0);
    for (uint32_t index; next; next = rowset_next(store->groups, index)) {
        struct group_row *group = next->outage_ended ? rowset_edit(store->groups, next->index) : NULL;
        index = next->index;
        if (next->outage_ended && !group)
            store->outage_ended = true;
        if (!group)
            continue;
        group->outage_ended = false;
        journal_note(&store->journal, KEPT_GROUP, index);
        judge_agents(store, is_of_group, index, now);
    }
}
