/* Finds and writes rows of the store. It changes none. */
#include "freeze.h"

#include "frozen.h"
#include "store_state.h"

#include <string.h>

struct journal *store_journal(struct store *store)
{
    return &store->journal;
}

static void write_collector(const struct store *store, struct codec *codec)
{
    struct kept_collector collector = {
        .persistence_alarm = store->persistence_alarm,
        .uplink_alarm = store->uplink_alarm,
        .persistence_told = store->persistence_told,
        .uplink_told = store->uplink_told,
        .change_wall_ms = store->change_wall_ms,
        .switched_from = store->switched_from,
    };
    frozen_collector(codec, &collector);
}

/* Copies serve as well: what is written is not touched. */
static bool write_agent(const struct store *store, uint32_t index, struct codec *codec)
{
    const struct agent_row *agent = rowset_get(store->agents, index);
    if (!agent)
        return false;
    const struct change_row *change = rowset_get(store->changes, agent->change_seq);
    struct agent_row own = *agent;
    int64_t change_wall_ms = change ? change->wall_ms : 0;
    frozen_agent(codec, &own, &change_wall_ms);
    return true;
}

static bool write_server(const struct store *store, uint32_t index, struct codec *codec)
{
    const struct server_row *server = rowset_get(store->servers, index);
    if (!server)
        return false;
    struct server_row own = *server;
    frozen_server(codec, &own);
    return true;
}

static bool write_source(const struct store *store, uint32_t index, struct codec *codec)
{
    const struct source_row *source = rowset_get(store->sources, index);
    if (!source)
        return false;
    struct source_row own = *source;
    frozen_source(codec, &own);
    return true;
}

/* A group of which nothing is to be remembered has no row. */
static bool write_group(const struct store *store, uint32_t index, struct codec *codec)
{
    const struct group_row *group = rowset_get(store->groups, index);
    if (!group || !(group->maintenance.wall_ms || group->outage_ended || group_is_out(group)))
        return false;
    struct group_row own = *group;
    frozen_group(codec, &own);
    return true;
}

static bool write_alarm(const struct store *store, uint32_t seq, struct codec *codec)
{
    const struct alarm_row *alarm = rowset_get(store->alarms, seq);
    if (!alarm)
        return false;
    struct alarm_row own = *alarm;
    frozen_alarm(codec, &own);
    return true;
}

static bool write_history(const struct store *store, uint32_t seq, struct codec *codec)
{
    const struct history_row *past = rowset_get(store->history, seq);
    if (!past)
        return false;
    struct history_row own = *past;
    frozen_history(codec, &own);
    return true;
}

static bool write_telling(const struct store *store, uint32_t key, struct codec *codec)
{
    const struct telling_row *telling = rowset_get(store->tellings, key);
    if (!telling)
        return false;
    struct telling_row own = *telling;
    frozen_telling(codec, &own);
    return true;
}

int freeze_row(const struct store *store, enum kept kind, uint32_t key, struct codec *codec)
{
    bool is_there = false;

    switch (kind) {
    case KEPT_ALARM:
        is_there = write_alarm(store, key, codec);
        break;
    case KEPT_HISTORY:
        is_there = write_history(store, key, codec);
        break;
    case KEPT_COLLECTOR:
        write_collector(store, codec);
        is_there = true;
        break;
    case KEPT_LIST:
        is_there = lists_freeze(store, key, codec);
        break;
    case KEPT_SERVER:
        is_there = write_server(store, key, codec);
        break;
    case KEPT_SOURCE:
        is_there = write_source(store, key, codec);
        break;
    case KEPT_GROUP:
        is_there = write_group(store, key, codec);
        break;
    case KEPT_AGENT:
        is_there = write_agent(store, key, codec);
        break;
    case KEPT_TELLING:
        is_there = write_telling(store, key, codec);
        break;
    case KEPT_NOTIFICATION:
        break;
    }
    return codec->error ? codec->error : is_there;
}

/* The rows of one kind, each of which begins with its key; NULL: they are no rows of a set. */
static const struct rowset *rows_of(const struct store *store, enum kept kind)
{
    switch (kind) {
    case KEPT_ALARM:
        return store->alarms;
    case KEPT_HISTORY:
        return store->history;
    case KEPT_SERVER:
        return store->servers;
    case KEPT_LIST: /* the first ones among the sources name them */
    case KEPT_SOURCE:
        return store->sources;
    case KEPT_GROUP:
        return store->groups;
    case KEPT_AGENT:
        return store->agents;
    case KEPT_TELLING:
        return store->tellings;
    case KEPT_COLLECTOR:
    case KEPT_NOTIFICATION:
        break;
    }
    return NULL;
}

bool freeze_next(const struct store *store, enum kept *kind, uint32_t *key)
{
    for (*kind = *kind ? *kind : KEPT_ALARM; *kind <= KEPT_LAST; (*kind)++, *key = 0) {
        const struct rowset *rows = rows_of(store, *kind);
        const uint32_t *row = rows ? rowset_next(rows, *key) : NULL;
        if (row) {
            *key = *row;
            return true;
        }
    }
    return false;
}

struct lasting lasting_of(const struct agent_row *agent)
{
    struct lasting lasting = {
        .list = agent->list,
        .change_seq = agent->change_seq,
        .withheld = agent->withheld,
        .judged = agent->judged,
        .told = agent->told,
        .deferred = agent->deferred,
        .flapping = agent->flapping,
        .unnoted = agent->unnoted,
    };
    memcpy(lasting.dampers, agent->dampers, sizeof lasting.dampers);
    memcpy(lasting.alarms, agent->alarms, sizeof lasting.alarms);
    return lasting;
}

void lasting_note(struct store *store, const struct agent_row *agent, const struct lasting *was)
{
    const struct list_use *list = &agent->list, *list_was = &was->list;
    if (agent->change_seq != was->change_seq || agent->withheld != was->withheld || agent->judged != was->judged ||
        agent->told != was->told || agent->deferred != was->deferred || agent->flapping != was->flapping ||
        agent->unnoted != was->unnoted || list->list != list_was->list || list->source != list_was->source ||
        list->up_since_s != list_was->up_since_s || list->state != list_was->state ||
        list->was_down != list_was->was_down || memcmp(agent->dampers, was->dampers, sizeof was->dampers) != 0 ||
        memcmp(agent->alarms, was->alarms, sizeof was->alarms) != 0)
        journal_note(&store->journal, KEPT_AGENT, agent->index);
}
