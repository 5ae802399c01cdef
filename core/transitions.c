/* The transition engine: damps what the evidence says (rise, fall), judges, and turns differences into changes, alarms
 * and notifications. It never asks what time it is. */
#include "store_state.h"

#include "record.h"

#include <string.h>

void damp(struct damper *damper, uint8_t says, bool counts, unsigned need)
{
    if (says == 1) {
        *damper = (struct damper){ 1, 1, 0 };
        return;
    }
    if (!counts)
        return;
    if (says == damper->believed) {
        damper->run = 0;
        return;
    }
    damper->run = says == damper->candidate ? (uint16_t)(damper->run + 1) : 1;
    damper->candidate = says;
    if (damper->run >= need)
        *damper = (struct damper){ says, says, 0 };
}

void damp_contact(struct damper *damper, const struct contact *contact, const struct policy *policy, bool counts,
                  int64_t now_ms, int64_t *ret_valid_until_ms)
{
    const bool fresh = evidence_is_fresh(contact->mono_ms, policy->evidence_max_age_ms, now_ms);
    const uint8_t says = !fresh ? UPDOWN_UNKNOWN : contact->side == SIDE_ONLINE ? UPDOWN_UP : UPDOWN_DOWN;

    *ret_valid_until_ms = fresh ? contact->mono_ms + policy->evidence_max_age_ms + 1 : INT64_MAX;
    damp(damper, says, counts, says == UPDOWN_DOWN ? policy->fall : policy->rise);
}

/* Whether what an agent says of its server may be the server's own fault: its latest check failed. An agent that was
 * believed offline before stays so. */
static bool server_is_failing(const struct store *store, const struct server_row *server, const struct agent_row *agent,
                              const struct now *now)
{
    return server && server->contact.side == SIDE_OFFLINE && agent->dampers[AXIS_AGENT_SIDE].believed != SIDE_OFFLINE &&
           evidence_is_fresh(server->contact.mono_ms, store->settings.policy.evidence_max_age_ms, now->mono_ms);
}

static struct context context_of(const struct store *store, const struct agent_row *agent, const struct now *now)
{
    const struct server_row *server = rowset_get(store->servers, agent->identity->server);
    return (struct context){
        .server_state = server && server->damper.believed ? server->damper.believed : UPDOWN_UNKNOWN,
        .server_up_since_ms = server ? server->up_since_ms : 0,
        .server_failing = server_is_failing(store, server, agent, now),
        .recorded = agent->identity->literal,
        .monitored = agent->identity->monitored,
        .expected = server ? server->identity->expected : NULL,
        .n_expected = server ? server->identity->n_expected : 0,
        .list = lists_context(store, agent),
        .places = store->places,
        .comparison = store->comparison,
    };
}

void note_change(struct store *store, struct agent_row *agent, const struct now *now)
{
    /* The old entry's chunk is made writable first: then nothing fails once the new one is there. */
    const bool can_move = !agent->change_seq || rowset_edit(store->changes, agent->change_seq);
    struct change_row *change = can_move ? rowset_insert(store->changes, store->change_seq + 1) : NULL;
    agent->unnoted = !change;
    if (!change) {
        store->dropped++;
        return;
    }
    change->agent = agent->index;
    change->wall_ms = now->wall_ms;
    if (agent->change_seq && rowset_remove(store->changes, agent->change_seq) < 0)
        store->dropped++;
    agent->change_seq = ++store->change_seq;
    store->change_wall_ms = now->wall_ms;
    store->change_mono_ms = now->mono_ms;
}

/* Why a condition that held no longer does. */
static enum clear_reason clear_reason_of(const struct store *store, const struct agent_row *agent,
                                         enum condition condition)
{
    const uint32_t scan = CONDITION_BIT(CONDITION_REAL_TIME_SCAN_NOT_FUNCTIONING) |
                          CONDITION_BIT(CONDITION_REAL_TIME_SCAN_DISABLED) |
                          CONDITION_BIT(CONDITION_STANDALONE_UNPROTECTED);
    if ((scan & CONDITION_BIT(condition)) && (agent->verdict.conditions & scan))
        return CLEAR_REPLACED;
    if (condition == CONDITION_OFFLINE && store->settings.policy.absent == ABSENT_NOTE &&
        agent->dampers[AXIS_PRESENCE].believed == PRESENCE_ABSENT)
        return CLEAR_ABSENT;
    /* Nobody asks any more, and what was known has grown too old. */
    return agent->identity->monitored & CONDITION_BIT(condition) ? CLEAR_RECOVERED : CLEAR_REMOVED;
}

/* Whether "not offline" is no verdict yet: the agent side alone has spoken, and the listener is still to be heard. */
static bool awaits_listener(const struct agent_row *agent, enum condition condition)
{
    return condition == CONDITION_OFFLINE && agent->identity->listened &&
           agent->dampers[AXIS_SERVER_SIDE].believed == SIDE_UNKNOWN;
}

/* One alarm stands for all agents of a list that is down: their own are not told. */
static bool is_of_list(const struct agent_row *agent, enum condition condition)
{
    return condition == CONDITION_SMART_PROTECTION_UNAVAILABLE && agent->verdict.outage;
}

static bool is_withheld(const struct agent_row *agent, enum condition condition)
{
    return condition == CONDITION_SMART_PROTECTION_UNAVAILABLE && agent->withheld;
}

/* Whether the list for whose sake alone an alarm was raised is back, or gone, or the agent has come to one that is up.
 * Then nothing stands behind the alarm, whatever the agent itself says. */
static bool is_over_with_its_list(const struct store *store, const struct agent_row *agent, enum condition condition)
{
    const uint32_t list = lists_find(store, agent->withheld);
    return is_withheld(agent, condition) &&
           (agent->list.state == UPDOWN_UP || !list || lists_state(store, list) == UPDOWN_UP);
}

/* An alarm that was its list's matter has become the agent's own: it makes room for one that may be told. False: not
 * now, for want of memory. */
static bool make_own(struct store *store, struct agent_row *agent, enum condition condition, const struct now *now)
{
    if (alarm_clear(store, agent->alarms[condition], agent, CLEAR_REPLACED, false, now) < 0)
        return false;
    agent->alarms[condition] = 0;
    agent->withheld = 0;
    return true;
}

/* Raises before it clears, so that an agent whose condition is replaced by another is never shown as well in between. A
 * condition that turns unknown keeps its alarm: only evidence raises, and only evidence clears. */
static void raise_alarms(struct store *store, struct agent_row *agent, const struct now *now)
{
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        const uint32_t bit = CONDITION_BIT(condition);
        if (!(agent->verdict.conditions & bit))
            continue;
        const bool of_list = is_of_list(agent, condition);
        if (!of_list && is_withheld(agent, condition) && !make_own(store, agent, condition, now))
            continue;
        if (agent->alarms[condition]) {
            if (is_withheld(agent, condition))
                agent->withheld = agent->list.list;
            alarm_refresh_agent(store, agent, condition, now);
            continue;
        }
        const enum word word = telling_of_raising(store, agent, condition, of_list, now);
        const uint32_t seq = alarm_raise_agent(store, agent, condition, word == WORD_NOW, now);
        if (!seq)
            continue;
        agent->alarms[condition] = seq;
        agent->told = (uint8_t)(word == WORD_NOW ? agent->told | bit : agent->told & ~bit);
        agent->deferred = (uint8_t)(word == WORD_LATER ? agent->deferred | bit : agent->deferred & ~bit);
        agent->withheld = of_list ? agent->list.list : agent->withheld;
        agent->judged = (uint8_t)(agent->judged | bit);
        telling_note(store, agent, condition, word, now);
    }
}

/* Clears an agent's alarm, and tells of it now, later or never. -ENOMEM: not now. */
static int clear_condition(struct store *store, struct agent_row *agent, enum condition condition,
                           enum clear_reason why, const struct now *now)
{
    const uint32_t bit = CONDITION_BIT(condition), seq = agent->alarms[condition];
    const enum word word = telling_of_clearing(store, agent, condition, now);
    int error = word == WORD_LATER ? telling_owe(store, telling_key_of_agent(agent->index, condition), seq, why) : 0;
    if (error == 0)
        error = alarm_clear(store, seq, agent, why, word == WORD_NOW, now);
    if (error < 0)
        return error;
    agent->alarms[condition] = 0;
    agent->told = (uint8_t)(agent->told & ~bit);
    telling_note(store, agent, condition, word, now);
    agent->deferred = (uint8_t)(agent->deferred & ~bit);
    return 0;
}

/* An alarm of a condition that is unknown now. The list's word is evidence where the alarm was the list's matter. */
static void settle_unknown(struct store *store, struct agent_row *agent, enum condition condition,
                           const struct now *now)
{
    if (!is_withheld(agent, condition))
        return;
    if (!is_over_with_its_list(store, agent, condition)) {
        alarm_refresh_agent(store, agent, condition, now);
        return;
    }
    const enum clear_reason why = lists_find(store, agent->withheld) ? CLEAR_RECOVERED : CLEAR_REMOVED;
    if (alarm_clear(store, agent->alarms[condition], agent, why, false, now) < 0)
        return;
    agent->alarms[condition] = 0;
    agent->withheld = 0;
}

static void clear_alarms(struct store *store, struct agent_row *agent, const struct now *now)
{
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        const uint32_t bit = CONDITION_BIT(condition);
        if (agent->verdict.unknowns & bit)
            settle_unknown(store, agent, condition, now);
        if ((agent->verdict.conditions | agent->verdict.unknowns) & bit)
            continue;
        if (agent->alarms[condition] &&
            clear_condition(store, agent, condition, clear_reason_of(store, agent, condition), now) < 0)
            continue;
        agent->withheld = condition == CONDITION_SMART_PROTECTION_UNAVAILABLE ? 0 : agent->withheld;
        if (!awaits_listener(agent, condition))
            agent->judged = (uint8_t)(agent->judged | (bit & agent->identity->monitored));
    }
}

/* The conditions of which an alarm is active. */
static uint32_t alarmed(const struct agent_row *agent)
{
    uint32_t conditions = 0;
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        conditions |= agent->alarms[condition] ? CONDITION_BIT(condition) : 0;
    return conditions;
}

/* True when any axis says something, or the agent's list does. */
static bool has_verdict(const struct axes *believed, const struct verdict *verdict)
{
    if (verdict->conditions)
        return true;
    for (enum axis axis = 0; axis < AXES; axis++)
        if (believed->at[axis] != 1)
            return true;
    return false;
}

/* Whether an alarm's cause reads otherwise now, though it has the same name: what a server's name resolves to, and
 * which checks of the Smart Protection chain failed. */
static bool is_explained_anew(const struct verdict *verdict, const struct verdict *was)
{
    if (verdict->diagnosis == DIAGNOSIS_SERVER_NAME_UNRESOLVED && verdict->name_check != was->name_check)
        return true;
    return (verdict->conditions & CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE)) &&
           memcmp(verdict->findings, was->findings, sizeof was->findings) != 0;
}

/* What sources contradict each other about now, and how often that began. */
static void compare_sources(struct store *store, struct agent_row *agent, const struct now *now)
{
    const int64_t oldest_ms = now->mono_ms - store->settings.policy.evidence_max_age_ms;
    const uint32_t disagreements = disagreements_among(agent->evidence.sources, oldest_ms);
    for (uint32_t begun = disagreements & ~(uint32_t)agent->disagreements; begun; begun &= begun - 1)
        store->disagreements++;
    agent->disagreements = (uint16_t)disagreements;
}

/* What the server has on record, against what is believed. True: it is another than when the agent was last judged. */
static bool compare_record(struct agent_row *agent)
{
    const struct fact_value *fact = &agent->evidence.known.facts[FACT_RECORDED];
    const uint8_t recorded = fact->mono_ms ? (uint8_t)fact->value : RECORDED_UNKNOWN;
    const bool contradicted =
        record_is_contradicted((enum recorded)recorded, (enum side)agent->dampers[AXIS_SERVER_SIDE].believed);
    const bool changed = recorded != agent->recorded || contradicted != agent->contradicted;
    agent->recorded = recorded;
    agent->contradicted = contradicted;
    return changed;
}

/* The ages that people see are those of the moment of judging. */
static void note_ages(struct agent_row *agent, const struct now *now)
{
    const struct fact_value *age = &agent->evidence.known.facts[FACT_PATTERN_AGE_S];
    const int64_t age_s = age->value + (now->mono_ms - age->mono_ms) / 1000;
    agent->pattern_age_s = age->mono_ms && age_s >= 0 ? (uint32_t)age_s : UINT32_MAX;
    agent->judged_wall_s = (uint32_t)(now->wall_ms / 1000);
}

/* Alarms, and what is told of them. A list that comes and goes is no flapping of its agents. */
static void follow_verdict(struct store *store, struct agent_row *agent, uint32_t touched, const struct now *now)
{
    const uint32_t of_list = agent->withheld ? CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE) : 0;
    const uint32_t before = alarmed(agent);
    telling_settle(store, agent, now);
    raise_alarms(store, agent, now);
    clear_alarms(store, agent, now);
    const uint32_t changed = before ^ alarmed(agent), spoken_of = axes_conditions(touched) & ~agent->verdict.unknowns;
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        const uint32_t bit = CONDITION_BIT(condition);
        if ((changed | spoken_of) & bit & ~of_list)
            flapping_note(store, agent, condition, changed & bit, now);
    }
    telling_settle(store, agent, now);
}

void judge_agent(struct store *store, struct agent_row *agent, uint32_t touched, const struct now *now)
{
    const struct policy *policy = &store->settings.policy;
    const struct lasting lasting = lasting_of(agent);
    const uint32_t list = agent->list.list;
    int64_t forget_ms;

    tally_agent(store, agent, -1);
    evidence_expire(&agent->evidence, policy->evidence_max_age_ms, now->mono_ms, &forget_ms);
    lists_follow(store, agent, now);
    const struct context context = context_of(store, agent, now);
    const struct axes says = axes_observe(&agent->evidence, &context, policy, now->mono_ms, &agent->valid_until_ms);
    if (forget_ms < agent->valid_until_ms)
        agent->valid_until_ms = forget_ms; /* what no axis reads is shown, too */
    maintenance_follow(store, agent, now);

    compare_sources(store, agent, now);
    note_ages(agent, now);
    struct axes before, believed;
    for (enum axis axis = 0; axis < AXES; axis++) {
        before.at[axis] = agent->dampers[axis].believed;
        damp(&agent->dampers[axis], says.at[axis], touched & AXIS_BIT(axis),
             axis_is_bad(axis, says.at[axis]) ? policy->fall : policy->rise);
        believed.at[axis] = agent->dampers[axis].believed;
    }
    const struct verdict was = agent->verdict;
    agent->verdict = diagnose(&believed, &agent->evidence, &context, policy, now->mono_ms);
    const bool record_changed = compare_record(agent);
    const bool changed = agent->unnoted || record_changed || memcmp(&believed, &before, sizeof before) != 0 ||
                         agent->verdict.conditions != was.conditions || agent->verdict.unknowns != was.unknowns ||
                         agent->verdict.diagnosis != was.diagnosis || agent->verdict.icon != was.icon ||
                         is_explained_anew(&agent->verdict, &was);
    if (changed && (agent->change_seq || has_verdict(&believed, &agent->verdict))) {
        if (agent->verdict.icon != was.icon || !agent->since_wall_ms)
            agent->since_wall_ms = now->wall_ms;
        note_change(store, agent, now);
    }
    tally_agent(store, agent, 1);
    if (agent->change_seq)
        follow_verdict(store, agent, touched, now);
    mass_outage_settle(store, agent->identity->group_index, agent, now);
    lasting_note(store, agent, &lasting);
    store->dirty = true;
    if (store->settles_later)
        return;
    lists_settle(store, list, now);
    if (list != agent->list.list)
        lists_settle(store, agent->list.list, now);
}

void judge_agents(struct store *store, concerns_fn *concerns, uint32_t index, const struct now *now)
{
    const struct agent_row *next = rowset_next(store->agents, 0);
    for (; next; next = rowset_next(store->agents, next->index)) {
        if (!concerns(store, next, index))
            continue;
        struct agent_row *agent = rowset_edit(store->agents, next->index);
        if (!agent || tally_prepare(store, agent->identity) < 0) {
            store->dropped++;
            continue;
        }
        judge_agent(store, agent, 0, now);
        next = agent;
    }
}

bool is_of_server(const struct store *store, const struct agent_row *agent, uint32_t server)
{
    (void)store;
    return agent->identity->server == server;
}

bool is_of_group(const struct store *store, const struct agent_row *agent, uint32_t group)
{
    (void)store;
    return agent->identity->group_index == group;
}

/* Also when nothing changed: an alarm that could not be raised or cleared for want of memory is tried again. */
static void update_server_alarm(struct store *store, struct server_row *server, enum updown state,
                                const struct now *now)
{
    telling_settle_server(store, server, now);
    if (state == UPDOWN_DOWN && !server->alarm) {
        const enum word word = telling_of_server_down(store, server, now);
        server->alarm = alarm_raise_server(store, server, word == WORD_NOW, now);
        server->told = server->alarm && word == WORD_NOW;
        server->deferred = server->alarm && word == WORD_LATER;
    } else if (state == UPDOWN_UP && server->alarm) {
        const bool owes = maintenance_holds(&server->maintenance, now) && server->told && store->settings.notify;
        if ((owes && telling_owe(store, telling_key_of_server(server->index), server->alarm, CLEAR_RECOVERED) < 0) ||
            alarm_clear(store, server->alarm, NULL, CLEAR_RECOVERED, server->told && !owes, now) < 0)
            return;
        store->withheld += owes || server->deferred;
        server->alarm = 0;
        server->told = server->deferred = false;
    }
    server->judged = server->judged || state == UPDOWN_UP || server->alarm;
}

void judge_server(struct store *store, struct server_row *server, bool observed, const struct now *now)
{
    const struct server_row was = *server;
    const uint32_t index = server->index;

    damp_contact(&server->damper, &server->contact, &store->settings.policy, observed, now->mono_ms,
                 &server->valid_until_ms);
    maintenance_expire(&server->maintenance, now, &server->valid_until_ms);
    store->dirty = true;
    const uint8_t state = server->damper.believed;
    if (state != was.damper.believed)
        server->since_wall_ms = now->wall_ms;
    if (state == UPDOWN_DOWN)
        server->was_down = true;
    if (state == UPDOWN_UP && server->was_down) {
        server->was_down = false;
        server->up_since_ms = now->mono_ms;
    }
    update_server_alarm(store, server, state, now);
    if (memcmp(&server->damper, &was.damper, sizeof was.damper) != 0 || server->alarm != was.alarm ||
        server->judged != was.judged || server->told != was.told || server->deferred != was.deferred ||
        server->was_down != was.was_down || server->up_since_ms != was.up_since_ms)
        journal_note(&store->journal, KEPT_SERVER, index);
    if (state != was.damper.believed)
        judge_agents(store, is_of_server, index, now);
}
