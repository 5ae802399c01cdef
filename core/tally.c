/* Counts over agents, kept up to date row by row instead of being counted anew. */
#include "store_state.h"

#include <errno.h>

static void add(struct tally *tally, const struct agent_row *agent, int sign)
{
    const uint32_t one = (uint32_t)sign;
    tally->agents += one;
    tally->healthy += agent->verdict.icon == ICON_HEALTHY ? one : 0;
    tally->unknown += agent->verdict.icon == ICON_UNKNOWN ? one : 0;
    tally->absent += agent->dampers[AXIS_PRESENCE].believed == PRESENCE_ABSENT ? one : 0;
    tally->disagreeing += agent->disagreements ? one : 0;
    tally->contradicted += agent->contradicted ? one : 0;
    tally->retired += agent->identity->retired ? one : 0;
    tally->maintenance += agent->in_maintenance ? one : 0;
    tally->flapping += agent->flapping ? one : 0;
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        tally->conditions[condition] += agent->verdict.conditions & CONDITION_BIT(condition) ? one : 0;
    tally->severities[agent->verdict.severity] += one;
}

static void add_to_server(struct server_row *server, const struct agent_row *agent, int sign)
{
    server->agents += (uint32_t)sign;
    server->agents_offline += agent->verdict.conditions & CONDITION_BIT(CONDITION_OFFLINE) ? (uint32_t)sign : 0;
}

void tally_agent(struct store *store, const struct agent_row *agent, int sign)
{
    lists_count(store, agent, sign);
    add(&store->fleet, agent, sign);
    struct group_row *group = rowset_edit(store->groups, agent->identity->group_index);
    if (group)
        add(&group->tally, agent, sign);
    struct server_row *server = rowset_edit(store->servers, agent->identity->server);
    if (server)
        add_to_server(server, agent, sign);
}

void tally_new_server(const struct store *store, struct server_row *server)
{
    const struct agent_row *agent = rowset_next(store->agents, 0);
    for (; agent; agent = rowset_next(store->agents, agent->index))
        if (agent->identity->server == server->index)
            add_to_server(server, agent, 1);
}

/* The writable row of the agent's group, made if there is none; NULL: out of memory. */
static struct group_row *ensure_group(struct store *store, const struct agent_identity *identity)
{
    struct group_row *group = rowset_edit(store->groups, identity->group_index);
    if (group || rowset_get(store->groups, identity->group_index))
        return group;
    const struct text *name = text_new(identity->group);
    if (!name || !(group = rowset_insert(store->groups, identity->group_index))) {
        text_unref(name);
        return NULL;
    }
    group->name = name;
    restore_group(store, group);
    return group;
}

void tally_drop_group(struct store *store, uint32_t index)
{
    const struct group_row *group = rowset_get(store->groups, index);
    if (!group || group->tally.agents > 0 || group_is_out(group)) /* an alarm is still to clear */
        return;
    journal_note(&store->journal, KEPT_GROUP, index);
    if (rowset_remove(store->groups, index) < 0)
        store->dropped++; /* an empty group more is shown */
}

int tally_prepare(struct store *store, const struct agent_identity *identity)
{
    if (identity->group_index && !ensure_group(store, identity))
        return -ENOMEM;
    if (rowset_get(store->servers, identity->server) && !rowset_edit(store->servers, identity->server))
        return -ENOMEM;
    return 0;
}

enum severity tally_worst(const struct tally *tally)
{
    enum severity severity = SEVERITY_CRITICAL;
    while (severity > SEVERITY_UNKNOWN && !tally->severities[severity])
        severity--;
    return severity;
}
