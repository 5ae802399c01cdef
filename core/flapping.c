/* Finds the conditions of an agent that come and go too often to be told each time: by the share of changes among its
 * last verdicts, with a threshold for the beginning and a lower one for the end. Tables and alarms follow all the same.
 */
#include "store_state.h"

static unsigned share_pct(const struct telling_row *telling)
{
    return (unsigned)__builtin_popcount(telling->changes) * 100 / FLAP_VERDICTS;
}

static void mark(struct store *store, struct agent_row *agent, uint32_t flapping)
{
    tally_agent(store, agent, -1);
    agent->flapping = (uint8_t)flapping;
    tally_agent(store, agent, 1);
}

static void begin(struct store *store, struct agent_row *agent, enum condition condition, struct telling_row *telling,
                  const struct now *now)
{
    const bool tell = store->settings.notify && !agent->in_maintenance;
    const uint32_t seq = alarm_raise_flapping(store, agent, condition, tell, now);
    if (!seq)
        return; /* the next verdict tries again */
    telling->flap_alarm = seq;
    telling->flap_told = tell;
    telling->flap_deferred = store->settings.notify && agent->in_maintenance;
    store->withheld += !tell;
    mark(store, agent, agent->flapping | CONDITION_BIT(condition));
}

static void end(struct store *store, struct agent_row *agent, enum condition condition, struct telling_row *telling,
                const struct now *now)
{
    if (alarm_clear(store, telling->flap_alarm, agent, CLEAR_RECOVERED, telling->flap_told, now) < 0)
        return;
    store->withheld += telling->flap_deferred;
    telling->flap_alarm = 0;
    telling->flap_told = telling->flap_deferred = false;
    mark(store, agent, agent->flapping & ~CONDITION_BIT(condition));
}

void flapping_note(struct store *store, struct agent_row *agent, enum condition condition, bool changed,
                   const struct now *now)
{
    const struct policy *policy = &store->settings.policy;
    const uint32_t key = telling_key_of_agent(agent->index, condition);
    const struct telling_row *known = telling_find(store, key);
    const bool is_steady = !changed && !(known && (known->changes || known->flap_alarm));
    if (is_steady || (!known && !policy->flap_high_pct))
        return;
    struct telling_row *telling = telling_make(store, key);
    if (!telling)
        return; /* taken as steady */
    telling->changes = (telling->changes << 1 | changed) & ((1U << FLAP_VERDICTS) - 1);
    if (!policy->flap_high_pct)
        telling->changes = 0;
    const unsigned low_pct =
        policy->flap_low_pct < policy->flap_high_pct ? policy->flap_low_pct : policy->flap_high_pct;
    if (!telling->flap_alarm && policy->flap_high_pct && share_pct(telling) >= policy->flap_high_pct)
        begin(store, agent, condition, telling, now);
    else if (telling->flap_alarm && (!telling->changes || share_pct(telling) < low_pct))
        end(store, agent, condition, telling, now);
}

void flapping_settle(struct store *store, const struct agent_row *agent, uint32_t key)
{
    struct telling_row *telling = agent->in_maintenance ? NULL : telling_make(store, key);
    if (!telling || alarm_tell_raising(store, telling->flap_alarm, agent) < 0)
        return;
    telling->flap_told = true;
    telling->flap_deferred = false;
}
