/* What the store's own files share: its state, and who changes what. Nobody else includes this. */
#ifndef AH_CORE_STORE_STATE_H
#define AH_CORE_STORE_STATE_H

#include "store.h"

struct store {
    struct store_settings settings;
    struct rowset *agents, *servers, *groups, *alarms, *history, *changes, *probes;
    struct notification_queue *outbox;
    struct tally fleet;
    uint32_t alarm_seq, change_seq, history_seq;
    int64_t change_wall_ms, change_mono_ms;
    uint32_t alarm_changes, history_changes, alarms_raised, history_lost;
    int64_t alarm_mono_ms, history_mono_ms;
    uint64_t dropped, disagreements;
    bool dirty;
};

/* transitions.c: judges a row anew. `touched`: the axes that the observation at hand speaks about (0: none is). The row
 * is writable and stays counted in all tallies. */
void judge_agent(struct store *store, struct agent_row *agent, uint32_t touched, const struct now *now);
/* Gives a row a new change sequence, and the change table its entry at the end. Out of memory: the row is marked, and
 * the next judgement tries again. */
void note_change(struct store *store, struct agent_row *agent, const struct now *now);
void judge_server(struct store *store, struct server_row *server, bool observed, const struct now *now);

/* alarms.c: raising gives the alarm's sequence; 0: out of memory, and it is to be tried again at the next judgement.
 * The alarm is told when `is_told` says so. Clearing is told when it says so and notifications are on; -ENOMEM: the
 * alarm stands, likewise. */
uint32_t alarm_raise_agent(struct store *store, const struct agent_row *agent, enum condition condition, bool is_told,
                           const struct now *now);
void alarm_refresh_agent(struct store *store, const struct agent_row *agent, enum condition condition,
                         const struct now *now);
int alarm_clear_agent(struct store *store, const struct agent_row *agent, uint32_t seq, enum clear_reason why,
                      bool is_told, const struct now *now) AH_WARN_UNUSED;
uint32_t alarm_raise_server(struct store *store, const struct server_row *server, bool is_told, const struct now *now);
int alarm_clear_server(struct store *store, const struct server_row *server, uint32_t seq, enum clear_reason why,
                       bool is_told, const struct now *now) AH_WARN_UNUSED;

/* tally.c: makes every row that counts this agent writable (and its group's, if there is none), so that counting can
 * not fail half-way: -ENOMEM. To be called before an agent is judged, added or removed. */
int tally_prepare(struct store *store, const struct agent_identity *identity) AH_WARN_UNUSED;
void tally_drop_group(struct store *store, uint32_t index); /* if it has no agent left */
/* Adds (sign 1) or takes away (-1) an agent in the numbers of its fleet, group and server. */
void tally_agent(struct store *store, const struct agent_row *agent, int sign);
/* Counts the agents that named a server before it was there. */
void tally_new_server(const struct store *store, struct server_row *server);

#endif
