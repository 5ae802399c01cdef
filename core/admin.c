/* What managers say: maintenance, alarms that somebody has taken on, notifications on and off. It decides nothing about
 * what is told. */
#include "store_state.h"

#include <errno.h>

void notify_follow(struct store *store)
{
    const uint8_t configured = store->settings.notify ? TRI_YES : TRI_NO;
    if (store->switched_from == configured) {
        store->settings.notify = !store->settings.notify;
    } else if (store->switched_from) {
        store->switched_from = 0;
        journal_note(&store->journal, KEPT_COLLECTOR, 0);
    }
}

bool store_notifies(const struct store *store)
{
    return store->settings.notify;
}

void store_switch_notifications(struct store *store, bool on)
{
    if (store->settings.notify == on)
        return;
    store->switched_from = store->switched_from ? 0 : on ? TRI_NO : TRI_YES;
    store->settings.notify = on;
    store->dirty = true;
    journal_note(&store->journal, KEPT_COLLECTOR, 0);
}

struct maintenance maintenance_until(int64_t wall_ms, const struct now *now)
{
    if (wall_ms <= now->wall_ms)
        return (struct maintenance){ 0 };
    return (struct maintenance){ .wall_ms = wall_ms, .until_ms = now->mono_ms + (wall_ms - now->wall_ms) };
}

/* When the last of the maintenances ends (mono) that cover the agent: its own, its group's, its server's. */
static int64_t covered_until(const struct store *store, const struct agent_row *agent)
{
    const struct group_row *group = rowset_get(store->groups, agent->identity->group_index);
    const struct server_row *server = rowset_get(store->servers, agent->identity->server);
    int64_t until_ms = agent->maintenance.until_ms;
    if (group && group->maintenance.until_ms > until_ms)
        until_ms = group->maintenance.until_ms;
    if (server && server->maintenance.until_ms > until_ms)
        until_ms = server->maintenance.until_ms;
    return until_ms;
}

void maintenance_expire(struct maintenance *maintenance, const struct now *now, int64_t *valid_until_ms)
{
    if (!maintenance_holds(maintenance, now))
        *maintenance = (struct maintenance){ 0 };
    else if (maintenance->until_ms < *valid_until_ms)
        *valid_until_ms = maintenance->until_ms;
}

int64_t maintenance_expire_groups(struct store *store, const struct now *now)
{
    int64_t earliest_ms = INT64_MAX;
    const struct group_row *group = rowset_next(store->groups, 0);
    for (; group; group = rowset_next(store->groups, group->index)) {
        const bool is_over = group->maintenance.wall_ms && !maintenance_holds(&group->maintenance, now);
        struct group_row *own = is_over ? rowset_edit(store->groups, group->index) : NULL;
        if (own) {
            own->maintenance = (struct maintenance){ 0 };
            journal_note(&store->journal, KEPT_GROUP, own->index);
            store->dirty = true;
            group = own;
        } else if (maintenance_holds(&group->maintenance, now) && group->maintenance.until_ms < earliest_ms) {
            earliest_ms = group->maintenance.until_ms;
        }
    }
    return earliest_ms;
}

void maintenance_follow(const struct store *store, struct agent_row *agent, const struct now *now)
{
    maintenance_expire(&agent->maintenance, now, &agent->valid_until_ms);
    const int64_t until_ms = covered_until(store, agent);
    agent->in_maintenance = until_ms > now->mono_ms;
    if (agent->in_maintenance && until_ms < agent->valid_until_ms)
        agent->valid_until_ms = until_ms;
}

const struct group_row *store_group(const struct store *store, uint32_t index)
{
    return rowset_get(store->groups, index);
}

const struct alarm_row *store_alarm(const struct store *store, uint32_t seq)
{
    return rowset_get(store->alarms, seq);
}

int store_acknowledge(struct store *store, uint32_t seq, bool acknowledged, const struct now *now)
{
    if (!rowset_get(store->alarms, seq))
        return -ENOENT;
    struct alarm_row *alarm = rowset_edit(store->alarms, seq);
    if (!alarm)
        return -ENOMEM;
    if (alarm->acknowledged != acknowledged)
        alarms_changed(store, seq, now);
    alarm->acknowledged = acknowledged;
    return 0;
}

static int maintain_agent(struct store *store, uint32_t index, struct maintenance maintenance, const struct now *now)
{
    if (!rowset_get(store->agents, index))
        return -ENOENT;
    struct agent_row *agent = rowset_edit(store->agents, index);
    if (!agent || tally_prepare(store, agent->identity) < 0)
        return -ENOMEM;
    agent->maintenance = maintenance;
    journal_note(&store->journal, KEPT_AGENT, index);
    judge_agent(store, agent, 0, now);
    return 0;
}

static int maintain_server(struct store *store, uint32_t index, struct maintenance maintenance, const struct now *now)
{
    if (!rowset_get(store->servers, index))
        return -ENOENT;
    struct server_row *server = rowset_edit(store->servers, index);
    if (!server)
        return -ENOMEM;
    server->maintenance = maintenance;
    journal_note(&store->journal, KEPT_SERVER, index);
    judge_server(store, server, false, now);
    judge_agents(store, is_of_server, index, now);
    return 0;
}

static int maintain_group(struct store *store, uint32_t index, struct maintenance maintenance, const struct now *now)
{
    if (!rowset_get(store->groups, index))
        return -ENOENT;
    struct group_row *group = rowset_edit(store->groups, index);
    if (!group)
        return -ENOMEM;
    group->maintenance = maintenance;
    journal_note(&store->journal, KEPT_GROUP, index);
    store->dirty = true;
    judge_agents(store, is_of_group, index, now);
    return 0;
}

int store_set_maintenance(struct store *store, enum subject subject, uint32_t index, int64_t until_wall_ms,
                          const struct now *now)
{
    const struct maintenance maintenance = maintenance_until(until_wall_ms, now);
    switch (subject) {
    case SUBJECT_AGENT:
        return maintain_agent(store, index, maintenance, now);
    case SUBJECT_SERVER:
        return maintain_server(store, index, maintenance, now);
    case SUBJECT_GROUP:
        return maintain_group(store, index, maintenance, now);
    default:
        return -ENOENT;
    }
}
