/* From configuration and rosters to store and scheduler. */
#include "daemon/estate.h"

#include "core/record.h"
#include "daemon/index_set.h"
#include "daemon/log.h"
#include "daemon/recording.h"
#include "daemon/surroundings.h"
#include "daemon/targets.h"
#include "daemon/text_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What is done in one step: some milliseconds' work. */
enum { ENTRIES_A_STEP = 8192, AGENTS_A_STEP = 512, ROWS_A_STEP = 8192 };

enum phase { PHASE_IDLE, PHASE_MERGE, PHASE_CLAIM, PHASE_APPLY, PHASE_REMOVE };

struct estate {
    struct store *store;
    struct scheduler *scheduler;
    struct state *state;
    struct text_index names; /* by index of an agent in the store */
    const struct config *config;
    uint32_t *servers; /* the index of each configured one */

    struct fleet_layer *layers; /* owns the array and references to the rosters */
    int64_t *told_ms;           /* of each layer: when what was told last was confirmed, once all was done */
    bool *held;                 /* of each layer: its records are not told in this pass */
    size_t n_layers;

    enum phase phase;
    struct fleet_merge *merge;
    size_t at;                     /* member; the last row, in PHASE_REMOVE */
    struct index_set taken, given; /* indexes whose GUID is known; those that were given out in this pass */
    bool anew;                     /* the configuration is: targets are put again */
    bool grown;
    size_t nowhere, nowhere_logged; /* agents of the configuration without an address, of whom no console knows */
    const char *first_nowhere;      /* the first one's name; borrowed */
    struct recording recording;
    struct recording_layer *seen; /* owned: each layer, as the member at hand sees it */
    const char *group;            /* the last one of which the index was looked up; borrowed for a step */
    uint32_t group_index;
};

int estate_new(struct store *store, struct scheduler *scheduler, struct state *state, struct estate **ret)
{
    struct estate *estate = calloc(1, sizeof *estate);
    if (!estate)
        return -ENOMEM;
    estate->store = store;
    estate->scheduler = scheduler;
    estate->state = state;
    *ret = estate;
    return 0;
}

static void give_up(struct estate *estate)
{
    fleet_merge_free(estate->merge);
    estate->merge = NULL;
    estate->phase = PHASE_IDLE;
}

static void forget_layers(struct estate *estate)
{
    for (size_t i = 0; i < estate->n_layers; i++)
        roster_unref(estate->layers[i].roster);
    free(estate->layers);
    free(estate->told_ms);
    free(estate->held);
    free(estate->seen);
    estate->layers = NULL;
    estate->told_ms = NULL;
    estate->held = NULL;
    estate->seen = NULL;
    estate->n_layers = 0;
}

void estate_free(struct estate *estate)
{
    if (!estate)
        return;
    give_up(estate);
    forget_layers(estate);
    recording_done(&estate->recording);
    text_index_done(&estate->names);
    index_set_done(&estate->taken);
    index_set_done(&estate->given);
    free(estate->servers);
    free(estate);
}

/* Goes through the agents of a name: *ret is the only one, or the only one that has not vanished. */
static size_t find_namesakes(const struct estate *estate, const char *name, uint32_t *ret)
{
    size_t n = 0, present = 0;
    uint32_t there = 0, any = 0;

    for (uint32_t at = text_index_first(&estate->names, name); at != TEXT_INDEX_END;
         at = text_index_next(&estate->names, at)) {
        const struct agent_row *agent = store_agent(estate->store, at);
        if (strcasecmp(agent->identity->name, name) != 0)
            continue;
        any = at;
        n++;
        if (!agent->identity->retired) {
            there = at;
            present++;
        }
    }
    *ret = present == 1 ? there : n == 1 ? any : 0;
    return n;
}

uint32_t estate_find_agent(const struct estate *estate, const char *name)
{
    uint32_t index;
    find_namesakes(estate, name, &index);
    return index;
}

size_t estate_namesakes(const struct estate *estate, const char *name)
{
    uint32_t index;
    return find_namesakes(estate, name, &index);
}

/* From the beginning again: whatever was under way. */
static int begin_agents(struct estate *estate)
{
    give_up(estate);
    if (!estate->servers)
        return -ENOMEM;
    estate->merge = fleet_merge_new(estate->config, estate->layers, estate->n_layers);
    if (!estate->merge)
        return -ENOMEM;
    index_set_clear(&estate->given);
    index_set_clear(&estate->taken);
    estate->at = 0;
    estate->phase = PHASE_MERGE;
    return 0;
}

int estate_begin(struct estate *estate, const struct config *config, const struct now *now)
{
    give_up(estate);
    forget_layers(estate); /* their sections were the last configuration's */
    free(estate->servers);
    estate->config = config;
    estate->anew = true;
    estate->servers = calloc(config->n_servers + 1, sizeof *estate->servers);
    if (!estate->servers)
        return -ENOMEM;
    int error = state_begin(estate->state);
    if (error < 0)
        return error;
    error = surroundings_apply(estate->store, estate->scheduler, estate->state, config, estate->servers, now);
    const int commit = state_end(estate->state);
    if (error == 0)
        error = commit;
    return error < 0 ? error : begin_agents(estate);
}

int estate_tell(struct estate *estate, const struct fleet_layer *layers, size_t n)
{
    struct fleet_layer *own = calloc(n + 1, sizeof *own);
    int64_t *told_ms = calloc(n + 1, sizeof *told_ms);
    bool *held = calloc(n + 1, sizeof *held);
    struct recording_layer *seen = calloc(n + 1, sizeof *seen);
    if (!own || !told_ms || !held || !seen) {
        free(own);
        free(told_ms);
        free(held);
        free(seen);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        own[i] = layers[i];
        roster_ref(own[i].roster);
        for (size_t k = 0; k < estate->n_layers; k++)
            if (estate->layers[k].console == layers[i].console)
                told_ms[i] = estate->told_ms[k];
    }
    forget_layers(estate);
    estate->layers = own;
    estate->told_ms = told_ms;
    estate->held = held;
    estate->seen = seen;
    estate->n_layers = n;
    return begin_agents(estate);
}

bool estate_is_busy(const struct estate *estate)
{
    return estate->phase != PHASE_IDLE;
}

bool estate_has_grown(struct estate *estate)
{
    const bool grown = estate->grown;
    estate->grown = false;
    return grown;
}

/* What the configured drivers can observe; consoles, of those whom they know. */
static uint32_t monitored_by(const struct config *config, const struct fleet_member *member)
{
    uint32_t monitored = config->probes[DRIVER_LISTENER].enabled ? CONDITION_BIT(CONDITION_OFFLINE) : 0;
    if (config->probes[DRIVER_FEED].enabled || config->probes[DRIVER_WINRM].enabled)
        return CONDITIONS_ALL;
    for (enum driver driver = DRIVER_LISTENER; driver < DRIVERS; driver++)
        if (driver_is_console(driver) && config->probes[driver].enabled && (member->drivers & 1U << driver))
            monitored |= CONDITION_BIT(CONDITION_PATTERN_OUTDATED);
    return monitored;
}

static const struct server_config *server_of(const struct estate *estate, const struct fleet_member *member,
                                             uint32_t *ret_index)
{
    const struct config *config = estate->config;
    *ret_index = 0;
    for (size_t i = 0; i < config->n_servers; i++)
        if (*member->server ? strcmp(config->servers[i].name, member->server) == 0
                            : member->configured && config->n_servers == 1) {
            *ret_index = estate->servers[i];
            return &config->servers[i];
        }
    return NULL;
}

/* One whose GUID is new may be known by its name, under its server or as long as that was not told. */
static int index_of_guid(struct estate *estate, const struct fleet_member *member, const char *server, uint32_t *ret)
{
    const char *const known_under[] = { server, "" };
    int found = state_known_guid(estate->state, member->guid, ret);

    for (size_t i = 0; i < sizeof known_under / sizeof *known_under && found == 0; i++) {
        found = state_known_name(estate->state, known_under[i], member->name, ret);
        if (found <= 0)
            continue;
        if (index_set_has(&estate->given, *ret) || index_set_has(&estate->taken, *ret))
            return state_agent_apart(estate->state, member->guid, ret); /* that is another one of this name */
        return state_agent(estate->state, member->guid, known_under[i], member->name, ret);
    }
    return found > 0 ? 0 : found < 0 ? found : state_agent(estate->state, member->guid, server, member->name, ret);
}

/* The agent's index. One that is known by its name alone may find that name's index taken: the one that had the name
 * has a GUID, and another name by now. */
static int index_of(struct estate *estate, const struct fleet_member *member, const char *server, uint32_t *ret)
{
    int error;

    if (*member->guid) {
        error = index_of_guid(estate, member, server, ret);
    } else {
        error = state_agent(estate->state, "", server, member->name, ret);
        if (error == 0 && (index_set_has(&estate->taken, *ret) || index_set_has(&estate->given, *ret)))
            error = state_agent_anew(estate->state, server, member->name, ret);
    }
    /* Until consoles are read after a start, the configuration alone has to find it. */
    if (error == 0 && member->configured && !*member->configured_server && *server && estate->config->n_servers > 1)
        error = state_name_agent(estate->state, "", member->name, *ret);
    return error;
}

static int find_group(struct estate *estate, const char *group, uint32_t *ret)
{
    *ret = 0;
    if (!*group)
        return 0;
    if (!estate->group || strcmp(estate->group, group) != 0) {
        const int error = state_index(estate->state, SUBJECT_GROUP, group, &estate->group_index);
        estate->group = error < 0 ? NULL : group;
        if (error < 0)
            return error;
    }
    *ret = estate->group_index;
    return 0;
}

static int put_targets(struct estate *estate, const struct agent_identity *identity, const struct server_config *server,
                       uint32_t index, const struct now *now)
{
    int error = 0;
    if (identity->listened)
        error = targets_put_listener(estate->scheduler, estate->config, identity, index, now);
    else
        scheduler_remove(estate->scheduler, DRIVER_LISTENER, index);
    if (error == 0 && identity->asked)
        error = targets_put_endpoint(estate->scheduler, estate->config, identity, server, index, now);
    else if (error == 0)
        scheduler_remove(estate->scheduler, DRIVER_WINRM, index);
    if (error == 0 && targets_have_files(estate->config))
        error = targets_put_file(estate->scheduler, estate->config, identity, index, now);
    else if (error == 0)
        scheduler_remove(estate->scheduler, DRIVER_FILES, index);
    if (!estate->config->probes[DRIVER_FEED].enabled)
        scheduler_remove(estate->scheduler, DRIVER_FEED, index);
    return error;
}

/* Puts an identity that is not the row's. */
static int put_identity(struct estate *estate, uint32_t index, const struct agent_identity *identity,
                        const struct now *now)
{
    const struct agent_row *row = store_agent(estate->store, index);
    const struct agent_identity *shared = agent_identity_new(identity);
    const bool renamed = row && strcasecmp(row->identity->name, identity->name) != 0;
    int error = shared ? 0 : -ENOMEM;

    if (renamed)
        text_index_remove(&estate->names, row->identity->name, index);
    if (error == 0 && (renamed || !row))
        error = text_index_put(&estate->names, identity->name, index);
    if (error == 0) {
        error = store_put_agent(estate->store, index, shared, now);
        if (error < 0 && !row)
            text_index_remove(&estate->names, identity->name, index);
    }
    estate->grown = estate->grown || (error == 0 && !row);
    agent_identity_unref(shared);
    return error;
}

/* Tells the store what consoles have on record of a member. */
static int tell_records(struct estate *estate, size_t i, uint32_t index, const struct now *now)
{
    const int64_t max_age_ms = estate->config->policy.evidence_max_age_ms;
    bool known = false;

    for (size_t layer = 0; layer < estate->n_layers; layer++) {
        const struct fleet_layer *of = &estate->layers[layer];
        struct recording_layer *seen = &estate->seen[layer];
        *seen =
            (struct recording_layer){ .driver = of->console->driver, .confirmed_ms = roster_confirmed_ms(of->roster) };
        seen->news = seen->confirmed_ms != estate->told_ms[layer];
        seen->known = !estate->held[layer] && fleet_merge_entry(estate->merge, i, layer, &seen->entry);
        known |= seen->known;
    }
    for (enum driver driver = DRIVER_CENTRAL; known && driver <= DRIVER_VISION; driver++) {
        struct observation observation;
        const int composed = recording_compose(&estate->recording, driver, estate->seen, estate->n_layers,
                                               store_agent(estate->store, index), max_age_ms, now, &observation);
        if (composed <= 0) {
            if (composed < 0)
                return composed;
            continue;
        }
        const int error = store_observe(estate->store, &observation, now);
        report_unref(observation.report);
        if (error < 0)
            return error;
    }
    return 0;
}

static int apply_agent(struct estate *estate, size_t i, const struct now *now)
{
    const struct config *config = estate->config;
    struct fleet_member member;
    uint32_t index;

    fleet_merge_at(estate->merge, i, &member);
    if (member.nowhere && estate->nowhere++ == 0)
        estate->first_nowhere = member.name;
    struct agent_identity identity = {
        .name = member.name,
        .guid = member.guid,
        .group = member.group,
        .address = member.address,
        .port = (uint16_t)(member.port ? member.port : config->probes[DRIVER_LISTENER].port),
        .monitored = monitored_by(config, &member),
        .listened = config->probes[DRIVER_LISTENER].enabled && *member.address,
        .asked = config->probes[DRIVER_WINRM].enabled && *member.address,
        .retired = member.retired,
    };
    const struct server_config *server = server_of(estate, &member, &identity.server);
    if (address_parse(member.address, &identity.literal) < 0)
        identity.literal = (struct address){ 0 };
    int error = find_group(estate, member.group, &identity.group_index);
    if (error < 0 || (error = index_of(estate, &member, server ? server->name : "", &index)) < 0 ||
        (error = index_set_add(&estate->given, index)) < 0)
        return error;
    const struct agent_row *row = store_agent(estate->store, index);
    const bool same = row && agent_identity_equal(row->identity, &identity);
    if (!same)
        error = put_identity(estate, index, &identity, now);
    if (error == 0 && (!same || estate->anew))
        error = put_targets(estate, &identity, server, index, now);
    return error < 0 ? error : tell_records(estate, i, index, now);
}

/* Agents without a GUID must not get the index of one that has a GUID and another name by now. */
static int step_claim(struct estate *estate)
{
    for (size_t n = 0; n < ENTRIES_A_STEP; n++, estate->at++) {
        struct fleet_member member;
        uint32_t index;
        if (estate->at == fleet_merge_count(estate->merge) || !fleet_merge_has_nameless(estate->merge)) {
            estate->phase = PHASE_APPLY;
            estate->at = 0;
            return 0;
        }
        fleet_merge_at(estate->merge, estate->at, &member);
        const int found = state_known_guid(estate->state, member.guid, &index);
        if (found < 0 || (found > 0 && index_set_add(&estate->taken, index) < 0))
            return found < 0 ? found : -ENOMEM;
    }
    return 0;
}

/* A console is not heard while one is awaited that is believed more: its word would be the first, and be taken back as
 * soon as the other one speaks. What it said before goes on. */
static void find_held(struct estate *estate, const struct now *now)
{
    bool awaited = false;

    for (size_t i = 0; i < estate->n_layers; i++) {
        estate->held[i] =
            awaited && !evidence_is_fresh(estate->told_ms[i], estate->config->policy.evidence_max_age_ms, now->mono_ms);
        awaited = awaited || estate->layers[i].awaited;
    }
}

static int step_apply(struct estate *estate, const struct now *now)
{
    if (estate->at == 0) {
        find_held(estate, now);
        estate->nowhere = 0;
        estate->first_nowhere = NULL;
    }
    int error = state_begin(estate->state);
    if (error < 0)
        return error;
    estate->group = NULL;
    for (size_t n = 0; n < AGENTS_A_STEP && estate->at < fleet_merge_count(estate->merge) && error == 0; n++)
        error = apply_agent(estate, estate->at++, now);
    const int commit = state_end(estate->state);
    if (error == 0 && estate->at == fleet_merge_count(estate->merge)) {
        estate->phase = PHASE_REMOVE;
        estate->at = 0;
    }
    return error < 0 ? error : commit;
}

static int remove_agent(struct estate *estate, uint32_t index, const struct now *now)
{
    static const enum driver drivers[] = { DRIVER_LISTENER, DRIVER_FEED, DRIVER_WINRM, DRIVER_FILES };
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
        scheduler_remove(estate->scheduler, drivers[i], index);
    const struct agent_identity *identity = agent_identity_ref(store_agent(estate->store, index)->identity);
    const int error = store_remove_agent(estate->store, index, now);
    if (error == 0)
        text_index_remove(&estate->names, identity->name, index);
    agent_identity_unref(identity);
    return error;
}

/* A section for an agent that no console knows is most often a misspelt one. At each change, once all are read. */
static void log_nowhere(struct estate *estate)
{
    for (size_t i = 0; i < estate->n_layers; i++)
        if (estate->layers[i].awaited)
            return;
    if (estate->nowhere && estate->nowhere != estate->nowhere_logged)
        log_write(
            LOG_WARNING,
            "[agent %s] address: missing, and no console knows it: its name is asked for; %zu agents are like that",
            estate->first_nowhere, estate->nowhere);
    estate->nowhere_logged = estate->nowhere;
}

static int step_remove(struct estate *estate, const struct now *now)
{
    const struct agent_row *agent;
    size_t n = 0, removed = 0;

    for (; n < ROWS_A_STEP && removed < AGENTS_A_STEP; n++) {
        if (!(agent = store_next_agent(estate->store, (uint32_t)estate->at)))
            break;
        estate->at = agent->index;
        if (index_set_has(&estate->given, agent->index))
            continue;
        const int error = remove_agent(estate, agent->index, now);
        if (error < 0)
            return error;
        removed++;
    }
    if (store_next_agent(estate->store, (uint32_t)estate->at))
        return 0;
    for (size_t i = 0; i < estate->n_layers; i++)
        if (!estate->held[i])
            estate->told_ms[i] = roster_confirmed_ms(estate->layers[i].roster);
    estate->anew = false;
    log_nowhere(estate);
    give_up(estate);
    return 0;
}

int estate_step(struct estate *estate, const struct now *now)
{
    int error = 0;

    switch (estate->phase) {
    case PHASE_IDLE:
        break;
    case PHASE_MERGE:
        error = fleet_merge_step(estate->merge, ENTRIES_A_STEP);
        if (error == 0)
            estate->phase = PHASE_CLAIM;
        break;
    case PHASE_CLAIM:
        error = step_claim(estate);
        break;
    case PHASE_APPLY:
        error = step_apply(estate, now);
        break;
    case PHASE_REMOVE:
        error = step_remove(estate, now);
        break;
    }
    if (error < 0)
        give_up(estate);
    return error < 0 ? error : estate_is_busy(estate);
}

void estate_records(const struct estate *estate, uint32_t index, estate_record_fn *found, void *user)
{
    const struct agent_row *agent = store_agent(estate->store, index);
    for (size_t layer = 0; agent && layer < estate->n_layers; layer++) {
        const struct fleet_layer *of = &estate->layers[layer];
        struct roster_entry entry;
        for (size_t i = 0; i < roster_count(of->roster); i++) {
            roster_at(of->roster, i, &entry);
            if (*entry.guid && *agent->identity->guid ? strcasecmp(entry.guid, agent->identity->guid) == 0
                                                      : strcasecmp(entry.name, agent->identity->name) == 0)
                found(user, of->console, &entry);
        }
    }
}
