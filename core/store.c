/* Life of the store, the estate in it, and publication. */
#include "store_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Waiting for the SNMP side is its business; this ceiling only keeps a bug from eating the machine. */
enum { OUTBOX_MAX = 1000000 };

int store_new(const struct store_settings *settings, struct store **ret)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return -ENOMEM;
    store->settings = *settings;
    store->alarm_seq = settings->alarm_seq;
    store->change_seq = settings->change_seq;
    store->history_seq = settings->history_seq;
    store->persistence = PERSISTENCE_UNKNOWN;
    store->uplink = UPDOWN_UNKNOWN;
    if (rowset_new(&agent_rows, &store->agents) < 0 || rowset_new(&server_rows, &store->servers) < 0 ||
        rowset_new(&source_rows, &store->sources) < 0 || rowset_new(&reference_rows, &store->references) < 0 ||
        rowset_new(&gateway_rows, &store->gateways) < 0 || rowset_new(&group_rows, &store->groups) < 0 ||
        rowset_new(&alarm_rows, &store->alarms) < 0 || rowset_new(&history_rows, &store->history) < 0 ||
        rowset_new(&change_rows, &store->changes) < 0 || rowset_new(&probe_rows, &store->probes) < 0 ||
        rowset_new(&telling_rows, &store->tellings) < 0 || notification_queue_new(OUTBOX_MAX, &store->outbox) < 0) {
        store_free(store);
        return -ENOMEM;
    }
    *ret = store;
    return 0;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    rowset_free(store->agents);
    rowset_free(store->servers);
    rowset_free(store->sources);
    rowset_free(store->references);
    rowset_free(store->gateways);
    rowset_free(store->groups);
    rowset_free(store->alarms);
    rowset_free(store->history);
    rowset_free(store->changes);
    rowset_free(store->probes);
    rowset_free(store->tellings);
    notification_queue_free(store->outbox);
    lists_free(store->lists);
    journal_done(&store->journal);
    restored_free(store->restored);
    free(store);
}

void store_configure(struct store *store, const struct store_settings *settings)
{
    store->settings = *settings;
    notify_follow(store);
    store->dirty = true;
}

/* An agent that is known gets another identity; what is known of it stays. */
static int replace_identity(struct store *store, uint32_t index, const struct agent_identity *identity,
                            const struct now *now)
{
    const struct agent_row *known = rowset_get(store->agents, index);
    if (agent_identity_equal(known->identity, identity))
        return 0;
    struct agent_row *agent = rowset_edit(store->agents, index);
    if (!agent || tally_prepare(store, agent->identity) < 0)
        return -ENOMEM;
    const uint32_t old_group = agent->identity->group_index;
    tally_agent(store, agent, -1);
    agent_identity_unref(agent->identity);
    agent->identity = agent_identity_ref(identity);
    tally_agent(store, agent, 1);
    if (old_group != identity->group_index) {
        mass_outage_settle(store, old_group, agent, now);
        tally_drop_group(store, old_group);
    }
    judge_agent(store, agent, 0, now);
    if (agent->change_seq)
        note_change(store, agent, now);
    journal_note(&store->journal, KEPT_AGENT, index);
    return 0;
}

static int add_agent(struct store *store, uint32_t index, const struct agent_identity *identity, const struct now *now)
{
    struct agent_row *agent = rowset_insert(store->agents, index);
    if (!agent)
        return -ENOMEM;
    agent->identity = agent_identity_ref(identity);
    for (enum axis axis = 0; axis < AXES; axis++)
        agent->dampers[axis] = (struct damper){ 1, 1, 0 };
    agent->recorded = RECORDED_UNKNOWN;
    const int back = restore_agent(store, agent);
    if (back < 0) {
        if (rowset_remove(store->agents, index) < 0)
            store->dropped++; /* it is there, and begins anew */
        return back;
    }
    tally_agent(store, agent, 1);
    judge_agent(store, agent, 0, now);
    if (back && agent->change_seq)
        note_change(store, agent, now);
    journal_note(&store->journal, KEPT_AGENT, index);
    return 0;
}

int store_put_agent(struct store *store, uint32_t index, const struct agent_identity *identity, const struct now *now)
{
    int error = tally_prepare(store, identity);
    if (error == 0)
        error = rowset_get(store->agents, index) ? replace_identity(store, index, identity, now)
                                                 : add_agent(store, index, identity, now);
    if (error < 0)
        tally_drop_group(store, identity->group_index); /* it may have been made for this agent */
    mass_outage_finish(store, now);
    return error;
}

int store_put_server(struct store *store, uint32_t index, const struct server_identity *identity)
{
    struct server_row *server = rowset_edit(store->servers, index);
    if (!server) {
        if (rowset_get(store->servers, index) || !(server = rowset_insert(store->servers, index)))
            return -ENOMEM;
        server->damper = (struct damper){ UPDOWN_UNKNOWN, UPDOWN_UNKNOWN, 0 };
        server->contact.cause = CAUSE_UNKNOWN;
        server->contact.side = SIDE_UNKNOWN;
        server->valid_until_ms = INT64_MAX;
        server->identity = server_identity_ref(identity);
        tally_new_server(store, server);
        restore_server(store, server);
    } else {
        server_identity_unref(server->identity);
        server->identity = server_identity_ref(identity);
    }
    store->dirty = true;
    return 0;
}

int store_remove_agent(struct store *store, uint32_t index, const struct now *now)
{
    if (!rowset_get(store->agents, index))
        return -ENOENT;
    struct agent_row *agent = rowset_edit(store->agents, index);
    if (!agent || tally_prepare(store, agent->identity) < 0)
        return -ENOMEM;
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        if (agent->alarms[condition] && alarm_clear(store, agent->alarms[condition], agent, CLEAR_REMOVED,
                                                    agent->told & CONDITION_BIT(condition), now) < 0)
            return -ENOMEM;
        agent->alarms[condition] = 0;
    }
    if (telling_end(store, agent, now) < 0)
        return -ENOMEM;
    if (agent->change_seq && rowset_remove(store->changes, agent->change_seq) < 0)
        return -ENOMEM;
    if (agent->change_seq) {
        store->change_wall_ms = now->wall_ms;
        store->change_mono_ms = now->mono_ms;
    }
    tally_agent(store, agent, -1);
    mass_outage_settle(store, agent->identity->group_index, agent, now);
    tally_drop_group(store, agent->identity->group_index);
    store->dirty = true;
    lists_settle(store, agent->list.list, now);
    journal_note(&store->journal, KEPT_AGENT, index);
    const int error = rowset_remove(store->agents, index);
    mass_outage_finish(store, now);
    return error;
}

int store_remove_server(struct store *store, uint32_t index, const struct now *now)
{
    if (!rowset_get(store->servers, index))
        return -ENOENT;
    struct server_row *server = rowset_edit(store->servers, index);
    if (!server)
        return -ENOMEM;
    if (server->alarm && alarm_clear(store, server->alarm, NULL, CLEAR_REMOVED, server->told, now) < 0)
        return -ENOMEM;
    server->alarm = 0;
    if (telling_end_server(store, index) < 0)
        return -ENOMEM;
    store->dirty = true;
    journal_note(&store->journal, KEPT_SERVER, index);
    const bool in_maintenance = maintenance_holds(&server->maintenance, now);
    const int error = rowset_remove(store->servers, index);
    if (!error && in_maintenance)
        judge_agents(store, is_of_server, index, now);
    return error;
}

const struct agent_row *store_agent(const struct store *store, uint32_t index)
{
    return rowset_get(store->agents, index);
}

const struct agent_row *store_next_agent(const struct store *store, uint32_t after)
{
    return rowset_next(store->agents, after);
}

const struct server_row *store_server(const struct store *store, uint32_t index)
{
    return rowset_get(store->servers, index);
}

const struct server_row *store_next_server(const struct store *store, uint32_t after)
{
    return rowset_next(store->servers, after);
}

const struct tally *store_fleet(const struct store *store)
{
    return &store->fleet;
}

uint32_t store_alarm_seq(const struct store *store)
{
    return store->alarm_seq;
}

uint32_t store_change_seq(const struct store *store)
{
    return store->change_seq;
}

uint32_t store_history_seq(const struct store *store)
{
    return store->history_seq;
}

/* What an observation speaks about. A record that stands back speaks about nothing: it is no second observation of what
 * the endpoint said. */
static uint32_t touched_by(const struct store *store, const struct observation *observation,
                           const struct statement *known, const struct now *now)
{
    if (!observation_is_record(observation))
        return axes_touched(observation);
    struct observation counting = { .driver = observation->driver, .cause = CAUSE_NONE };
    for (unsigned fact = 0; fact < FACTS; fact++)
        if (known->facts[fact].mono_ms && known->facts[fact].driver == observation->driver)
            counting.facts |= observation->facts & FACT_BIT(fact);
    if (evidence_is_fresh(known->facts[FACT_PATTERN_AGE_S].mono_ms, store->settings.policy.evidence_max_age_ms,
                          now->mono_ms))
        counting.facts &= ~FACT_BIT(FACT_PATTERN_BEHIND);
    return axes_touched(&counting);
}

static int observe_agent(struct store *store, const struct observation *observation, const struct now *now)
{
    if (!rowset_get(store->agents, observation->index))
        return -ENOENT;
    struct agent_row *agent = rowset_edit(store->agents, observation->index);
    if (!agent || tally_prepare(store, agent->identity) < 0)
        return -ENOMEM;
    if (evidence_merge(&agent->evidence, observation) < 0)
        return -ENOMEM;
    /* What was observed later than now was so by a clock that has been set back since. */
    if (observation->wall_ms > agent->observed_wall_ms || agent->observed_wall_ms > now->wall_ms)
        agent->observed_wall_ms = observation->wall_ms;
    judge_agent(store, agent, touched_by(store, observation, &agent->evidence.known, now), now);
    return 0;
}

static int observe_server(struct store *store, const struct observation *observation, const struct now *now)
{
    if (!rowset_get(store->servers, observation->index))
        return -ENOENT;
    struct server_row *server = rowset_edit(store->servers, observation->index);
    if (!server)
        return -ENOMEM;
    server->contact = contact_from(observation, observation->mono_ms);
    judge_server(store, server, true, now);
    return 0;
}

int store_observe(struct store *store, const struct observation *observation, const struct now *now)
{
    /* A check that was called off, or not made, is no evidence; nor is a feed that can't be read. */
    if (!cause_is_evidence(observation->cause) ||
        (observation->driver == DRIVER_FEED && observation->cause != CAUSE_NONE))
        return 0;
    int error = -ENOENT;
    if (observation->subject == SUBJECT_AGENT)
        error = observe_agent(store, observation, now);
    else if (observation->subject == SUBJECT_SERVER)
        error = observe_server(store, observation, now);
    else if (observation->subject == SUBJECT_SOURCE)
        error = observe_source(store, observation, now);
    else if (observation->subject == SUBJECT_REFERENCE)
        error = observe_reference(store, observation, now);
    mass_outage_finish(store, now);
    return error;
}

int64_t store_expire(struct store *store, const struct now *now)
{
    int64_t earliest = maintenance_expire_groups(store, now);
    const struct server_row *server = rowset_next(store->servers, 0);
    for (; server; server = rowset_next(store->servers, server->index)) {
        struct server_row *own =
            server->valid_until_ms <= now->mono_ms ? rowset_edit(store->servers, server->index) : NULL;
        if (own) {
            server = own;
            judge_server(store, own, false, now);
        }
        if (server->valid_until_ms < earliest)
            earliest = server->valid_until_ms;
    }
    const struct source_row *source = rowset_next(store->sources, 0);
    for (; source; source = rowset_next(store->sources, source->index)) {
        struct source_row *own =
            source->valid_until_ms <= now->mono_ms ? rowset_edit(store->sources, source->index) : NULL;
        if (own) {
            source = own;
            judge_source(store, own, false, now);
        }
        if (source->valid_until_ms < earliest)
            earliest = source->valid_until_ms;
    }
    const struct reference_row *reference = rowset_next(store->references, 0);
    for (; reference; reference = rowset_next(store->references, reference->index)) {
        struct reference_row *own =
            reference->valid_until_ms <= now->mono_ms ? rowset_edit(store->references, reference->index) : NULL;
        if (own) {
            reference = own;
            judge_reference(store, own, false, now);
        }
        if (reference->valid_until_ms < earliest)
            earliest = reference->valid_until_ms;
    }
    const struct agent_row *agent = rowset_next(store->agents, 0);
    for (; agent; agent = rowset_next(store->agents, agent->index)) {
        if (agent->valid_until_ms <= now->mono_ms) {
            struct agent_row *own = rowset_edit(store->agents, agent->index);
            if (own && tally_prepare(store, own->identity) == 0)
                judge_agent(store, own, 0, now);
            agent = own ? own : agent;
        }
        if (agent->valid_until_ms < earliest)
            earliest = agent->valid_until_ms;
    }
    mass_outage_finish(store, now);
    return earliest;
}

/* An alarm of the collector itself, which is raised and cleared as often as is needed, as memory may run out. */
static void follow_collector(struct store *store, enum alarm_condition condition, bool is_bad, bool is_good,
                             const char *why, uint32_t *alarm, bool *told, const struct now *now)
{
    if (is_bad && !*alarm) {
        *told = store->settings.notify;
        *alarm = alarm_raise_collector(store, condition, why, now);
    } else if (is_good && *alarm && alarm_clear(store, *alarm, NULL, CLEAR_RECOVERED, *told, now) == 0) {
        *alarm = 0;
    }
}

void store_put_uplink(struct store *store, enum updown state, const struct now *now)
{
    store->dirty = store->dirty || store->uplink != state;
    store->uplink = (uint8_t)state;
    follow_collector(store, ALARM_CUT_OFF, state == UPDOWN_DOWN, state == UPDOWN_UP, "", &store->uplink_alarm,
                     &store->uplink_told, now);
}

void store_put_persistence(struct store *store, enum persistence state, const char *why, const struct now *now)
{
    store->dirty = store->dirty || store->persistence != state;
    store->persistence = (uint8_t)state;
    follow_collector(store, ALARM_PERSISTENCE_LOST, state == PERSISTENCE_OFF, state == PERSISTENCE_WORKING, why,
                     &store->persistence_alarm, &store->persistence_told, now);
}

uint32_t store_persistence_told(const struct store *store)
{
    return store->persistence_told ? store->persistence_alarm : 0;
}

int store_tell_restored(struct store *store, uint32_t seq)
{
    if (!store->settings.notify || seq == store->persistence_alarm) /* the latter ends as one that is on record */
        return 0;
    struct alarm_row alarm = {
        .seq = seq,
        .subject = SUBJECT_COLLECTOR,
        .condition = ALARM_PERSISTENCE_LOST,
        .diagnosis = DIAGNOSIS_NONE,
        .subject_name = text_new(store->settings.name),
    };
    const int error = alarm.subject_name ? alarm_tell_clearing(store, &alarm, NULL, CLEAR_RECOVERED) : -ENOMEM;
    text_unref(alarm.subject_name);
    return error;
}

int store_put_probe(struct store *store, const struct probe_row *probe)
{
    struct probe_row *row = rowset_edit(store->probes, probe->driver);
    if (!row && (rowset_get(store->probes, probe->driver) || !(row = rowset_insert(store->probes, probe->driver))))
        return -ENOMEM;
    *row = *probe;
    store->dirty = true;
    return 0;
}

bool store_take_notification(struct store *store, struct notification *ret)
{
    return notification_queue_pop(store->outbox, ret);
}

uint64_t store_dropped(const struct store *store)
{
    return store->dropped;
}

struct snapshot *store_publish(struct store *store, const struct collector_info *collector)
{
    lists_show_counts(store);
    struct snapshot draft = {
        .collector = *collector,
        .notifications_enabled = store->settings.notify,
        .fleet = store->fleet,
        .persistence = store->persistence,
        .uplink = store->uplink,
        .withheld = store->withheld,
        .updates_dropped = store->dropped,
        .disagreements = store->disagreements,
        .change_seq = store->change_seq,
        .change_wall_ms = store->change_wall_ms,
        .change_mono_ms = store->change_mono_ms,
        .alarm_changes = store->alarm_changes,
        .history_changes = store->history_changes,
        .alarm_mono_ms = store->alarm_mono_ms,
        .history_mono_ms = store->history_mono_ms,
        .alarm_seq = store->alarm_seq,
        .alarms_raised = store->alarms_raised,
        .alarms_lost = store->alarms_lost,
        .history_lost = store->history_lost,
        .history_max = (uint32_t)store->settings.history_max,
        .agents = rowset_view(store->agents),
        .servers = rowset_view(store->servers),
        .sources = rowset_view(store->sources),
        .references = rowset_view(store->references),
        .gateways = rowset_view(store->gateways),
        .groups = rowset_view(store->groups),
        .alarms = rowset_view(store->alarms),
        .history = rowset_view(store->history),
        .changes = rowset_view(store->changes),
        .probes = rowset_view(store->probes),
    };
    struct snapshot *snapshot = NULL;
    if (draft.agents && draft.servers && draft.sources && draft.references && draft.gateways && draft.groups &&
        draft.alarms && draft.history && draft.changes && draft.probes)
        snapshot = snapshot_new(&draft);
    if (!snapshot) {
        struct rowview *views[] = { draft.agents, draft.servers, draft.sources, draft.references, draft.gateways,
                                    draft.groups, draft.alarms,  draft.history, draft.changes,    draft.probes };
        for (size_t i = 0; i < sizeof views / sizeof *views; i++)
            rowview_unref(views[i]);
        return NULL;
    }
    store->dirty = false;
    return snapshot;
}

bool store_is_dirty(const struct store *store)
{
    return store->dirty;
}
