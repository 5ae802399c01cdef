/* Asks servers, sources and endpoints out of turn, before more agents are believed. */
#include "daemon/suspicion.h"

enum { SUSPICION_MS = 1000 };

/* An agent that can not reach its server: is it the server? Unless its answer is on its way. */
static void suspect_server(const struct store *store, struct scheduler *scheduler,
                           const struct observation *observation, const struct now *now)
{
    const struct agent_row *agent = store_agent(store, observation->index);
    const struct server_row *server = agent ? store_server(store, agent->identity->server) : NULL;
    if (server && now->mono_ms - server->contact.mono_ms >= SUSPICION_MS &&
        !scheduler_is_asking(scheduler, DRIVER_SERVER, server->index))
        scheduler_kick(scheduler, DRIVER_SERVER, server->index, now->mono_ms);
}

/* An agent that has lost its source: is it the sources? Likewise. */
static void suspect_sources(const struct store *store, struct scheduler *scheduler,
                            const struct observation *observation, const struct now *now)
{
    const struct agent_row *agent = store_agent(store, observation->index);
    const struct source_row *source = NULL;
    uint32_t index = 0;
    for (; agent && (source = store_next_source(store, index)); index = source->index)
        if (now->mono_ms - source->mono_ms >= SUSPICION_MS && store_lists_source(store, agent, source) &&
            !scheduler_is_asking(scheduler, DRIVER_SOURCE, source->index))
            scheduler_kick(scheduler, DRIVER_SOURCE, source->index, now->mono_ms);
}

static bool says_source_is_lost(const struct observation *observation)
{
    return observation_tells_facts(observation) && (observation->facts & FACT_BIT(FACT_SMART_PROTECTION)) &&
           observation->values[FACT_SMART_PROTECTION] == TRI_NO;
}

/* An agent whose listener has stopped answering: what does the endpoint itself say, and does it say anything? So that
 * the cause is known by the time the silence is believed. */
static void suspect_endpoint(const struct store *store, struct scheduler *scheduler,
                             const struct observation *observation, const struct now *now)
{
    const struct agent_row *agent = store_agent(store, observation->index);
    if (agent && agent->evidence.server_side.side == SIDE_ONLINE)
        scheduler_suspect(scheduler, DRIVER_WINRM, observation->index, now->mono_ms);
}

void suspicion_follow(const struct store *store, struct scheduler *scheduler, const struct observation *observation,
                      const struct now *now)
{
    if (observation->subject != SUBJECT_AGENT)
        return;
    if ((observation->has & HAS_AGENT_SIDE) && observation->agent_side == SIDE_OFFLINE)
        suspect_server(store, scheduler, observation, now);
    if (says_source_is_lost(observation))
        suspect_sources(store, scheduler, observation, now);
    if (observation->driver == DRIVER_LISTENER && observation->cause != CAUSE_NONE &&
        cause_is_evidence(observation->cause))
        suspect_endpoint(store, scheduler, observation, now);
}
