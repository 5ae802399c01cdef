/* What the store's own files share: its state, and who changes what. Nobody else includes this. */
#ifndef AH_CORE_STORE_STATE_H
#define AH_CORE_STORE_STATE_H

#include "frozen.h"
#include "journal.h"
#include "store.h"

struct store {
    struct store_settings settings;
    struct rowset *agents, *servers, *sources, *references, *gateways, *groups, *alarms, *history, *changes, *probes;
    struct notification_queue *outbox;
    struct tally fleet;
    struct rowset *tellings; /* telling_row by key; nobody sees them */
    uint32_t alarm_seq, change_seq, history_seq;
    int64_t change_wall_ms, change_mono_ms;
    uint32_t alarm_changes, history_changes, alarms_raised, alarms_lost, history_lost;
    int64_t alarm_mono_ms, history_mono_ms;
    uint64_t dropped, disagreements, withheld;
    uint8_t switched_from; /* enum tri: what the settings said of notifications when a manager switched them to the
                            * contrary; 0: nobody has */
    uint8_t persistence, uplink;              /* enum persistence, enum updown */
    uint32_t persistence_alarm, uplink_alarm; /* sequences; 0: not active */
    bool persistence_told, uplink_told;       /* those alarms were */
    struct lists *lists;                      /* owned; NULL: there never was a source */
    struct location_context places;           /* of the reference servers and gateways in the store */
    enum comparison comparison;               /* of agents' configuration files */
    bool outage_ended;                        /* of some group, whose agents are still to be judged anew */
    struct journal journal;                   /* of the rows that changed since they were saved */
    struct restored *restored;                /* owned: rows of the last process that wait; NULL: none does */
    bool outages_wait;                        /* groups are not whole yet: their mass outages are left as they are */
    size_t damaged;                           /* rows of the last process that were of no use */
    bool settles_later; /* many agents are being judged: lists_settle_all() comes once, at the end */
    bool dirty;
};

/* transitions.c: judges a row anew. `touched`: the axes that the observation at hand speaks about (0: none is). The row
 * is writable and stays counted in all tallies. */
void judge_agent(struct store *store, struct agent_row *agent, uint32_t touched, const struct now *now);
/* Gives a row a new change sequence, and the change table its entry at the end. Out of memory: the row is marked, and
 * the next judgement tries again. */
void note_change(struct store *store, struct agent_row *agent, const struct now *now);
/* Lets a believed value follow the evidence. Losing the evidence is believed at once; everything else takes `need`
 * observations in a row that agree with each other, and only observations count. */
void damp(struct damper *damper, uint8_t says, bool counts, unsigned need);
/* The same for one of enum updown, by its latest check; unknown once that is too old. *ret_valid_until_ms: from then on
 * (mono) it has to be looked at again. */
void damp_contact(struct damper *damper, const struct contact *contact, const struct policy *policy, bool counts,
                  int64_t now_ms, int64_t *ret_valid_until_ms);
/* Judges anew the agents that something concerns; one for which memory runs out keeps its verdict, and is counted. */
typedef bool concerns_fn(const struct store *store, const struct agent_row *agent, uint32_t index);
void judge_agents(struct store *store, concerns_fn *concerns, uint32_t index, const struct now *now);
concerns_fn is_of_server, is_of_group;
void judge_server(struct store *store, struct server_row *server, bool observed, const struct now *now);

/* admin.c: what people have said. */
/* To be called where settings.notify is what the configuration says: it becomes what a manager has switched it to,
 * unless the configuration has changed since. */
void notify_follow(struct store *store);
/* A maintenance with that end; none, if that is past. */
struct maintenance maintenance_until(int64_t wall_ms, const struct now *now);
static inline bool maintenance_holds(const struct maintenance *maintenance, const struct now *now)
{
    return maintenance->until_ms > now->mono_ms;
}
/* Forgets a maintenance that is over; *valid_until_ms becomes the end of one that is not, if it was later. */
void maintenance_expire(struct maintenance *maintenance, const struct now *now, int64_t *valid_until_ms);
/* The same for each group; gives the first end. */
int64_t maintenance_expire_groups(struct store *store, const struct now *now);
/* Lets an agent that is being judged, and so is not counted, follow the maintenances that cover it. */
void maintenance_follow(const struct store *store, struct agent_row *agent, const struct now *now);

/* sources.c */
/* Judges the agents for whom something around them is not what it was: those of one list of sources, who
 * use it or are in alarm for it, or (0) all. */
void judge_agents_by(struct store *store, uint32_t list, const struct now *now);
void judge_source(struct store *store, struct source_row *source, bool observed, const struct now *now);
int observe_source(struct store *store, const struct observation *observation, const struct now *now) AH_WARN_UNUSED;

/* references.c */
void judge_reference(struct store *store, struct reference_row *reference, bool observed, const struct now *now);
int observe_reference(struct store *store, const struct observation *observation, const struct now *now) AH_WARN_UNUSED;

/* lists.c: the lists that the sources in the store make up; `without` is the index of one that is about to go, or 0.
 * -ENOMEM: they are as before. */
int lists_rebuild(struct store *store, uint32_t without) AH_WARN_UNUSED;
void lists_free(struct lists *lists); /* NULL-safe */
/* The list that a source stands in; 0: it is gone. */
uint32_t lists_find(const struct store *store, uint32_t source);
enum updown lists_state(const struct store *store, uint32_t list);
/* Looks anew at the list that a source stands in. Gives the list, where its agents have to be judged anew, else 0. */
uint32_t lists_recount(struct store *store, uint32_t source);
/* Finds the agent's list and source, and how they stand now. To be called while the agent is not counted. */
void lists_follow(struct store *store, struct agent_row *agent, const struct now *now);
struct list_context lists_context(const struct store *store, const struct agent_row *agent);
/* Counts an agent in (sign 1) or out (-1), by its row alone. */
void lists_count(struct store *store, const struct agent_row *agent, int sign);
/* Raises, corrects or clears the alarm of a list, or of each. */
void lists_settle(struct store *store, uint32_t list, const struct now *now);
void lists_settle_all(struct store *store, const struct now *now);
/* Brings the sources' rows up to date with the counts. */
void lists_show_counts(struct store *store);
/* What was told of the list of that first source, for the database; false: there is nothing to remember. */
bool lists_freeze(const struct store *store, uint32_t list, struct codec *codec);
/* Whether an alarm is that of a list. */
bool lists_have_alarm(const struct store *store, uint32_t seq);

/* freeze.c: what of an agent is saved as soon as it changes: before something happens to it, and whether that changed
 * it. */
struct lasting {
    struct damper dampers[AXES];
    uint32_t alarms[CONDITIONS];
    struct list_use list;
    uint32_t change_seq, withheld;
    uint8_t judged, told, deferred, flapping;
    bool unnoted;
};
struct lasting lasting_of(const struct agent_row *agent);
void lasting_note(struct store *store, const struct agent_row *agent, const struct lasting *was);

/* restore.c: gives a new row what the last process knew of it; false: nothing. A server is judged by it at once. */
bool restore_server(struct store *store, struct server_row *server);
bool restore_source(struct store *store, struct source_row *source);
void restore_group(struct store *store, struct group_row *group);
bool restore_list(struct store *store, uint32_t list, struct outage *ret);
/* 1: it had another identity then; -ENOMEM: the row is as it was. */
int restore_agent(struct store *store, struct agent_row *agent) AH_WARN_UNUSED;
void restored_free(struct restored *restored);

/* telling.c */
/* What becomes of the word about a transition. */
enum word {
    WORD_NEVER,    /* there is nothing to tell: it holds since the first verdict */
    WORD_WITHHELD, /* it is not told, now or ever */
    WORD_LATER,    /* something holds it back; what lasts is told then */
    WORD_NOW
};
enum word telling_of_raising(struct store *store, struct agent_row *agent, enum condition condition, bool is_of_list,
                             const struct now *now);
enum word telling_of_clearing(struct store *store, struct agent_row *agent, enum condition condition,
                              const struct now *now);
/* That word was given. */
void telling_note(struct store *store, const struct agent_row *agent, enum condition condition, enum word word,
                  const struct now *now);
/* The alarm, which was told and is about to be cleared, is to be told as cleared later. -ENOMEM. */
int telling_owe(struct store *store, uint32_t key, uint32_t seq, enum clear_reason why) AH_WARN_UNUSED;
/* Tells of an agent what nothing holds back any more, and lowers its valid_until_ms to when the rest may be told. */
void telling_settle(struct store *store, struct agent_row *agent, const struct now *now);
/* The agent is about to go: tells what is owed. -ENOMEM: some of it was told, the rest is there still. */
int telling_end(struct store *store, const struct agent_row *agent, const struct now *now) AH_WARN_UNUSED;
/* The same for a server, whose words wait while it is in maintenance. */
enum word telling_of_server_down(struct store *store, const struct server_row *server, const struct now *now);
void telling_settle_server(struct store *store, struct server_row *server, const struct now *now);
int telling_end_server(struct store *store, uint32_t index) AH_WARN_UNUSED;
/* What is remembered; NULL: nothing is. */
const struct telling_row *telling_find(const struct store *store, uint32_t key);
/* The same, made if there is nothing, to be written, and so to be saved; NULL: no memory. */
struct telling_row *telling_make(struct store *store, uint32_t key);

/* flapping.c: a verdict about a condition, which `changed` its alarm or not. */
void flapping_note(struct store *store, struct agent_row *agent, enum condition condition, bool changed,
                   const struct now *now);
/* Tells that it flaps, which was held back, unless it is still. */
void flapping_settle(struct store *store, const struct agent_row *agent, uint32_t key);

/* mass_outage.c */
/* Begins or ends the mass outages of a group, of which `agent` was judged, came or went. */
void mass_outage_settle(struct store *store, uint32_t index, const struct agent_row *agent, const struct now *now);
/* Judges the agents of groups whose mass outage has ended, so that those still in alarm are told. Nobody may hold a row
 * of an agent meanwhile. */
void mass_outage_finish(struct store *store, const struct now *now);

/* alarms.c: a row of the table has changed. */
void alarms_changed(struct store *store, uint32_t seq, const struct now *now);
/* Raising gives the alarm's sequence; 0: out of memory, and it is to be tried again at the next judgement.
 * The alarm is told when `is_told` says so. Clearing is told when it says so and notifications are on; -ENOMEM: the
 * alarm stands, likewise. */
uint32_t alarm_raise_agent(struct store *store, const struct agent_row *agent, enum condition condition, bool is_told,
                           const struct now *now);
/* Moves an alarm to the history; of an agent's, `agent` is its subject, else NULL. */
int alarm_clear(struct store *store, uint32_t seq, const struct agent_row *agent, enum clear_reason why, bool is_told,
                const struct now *now) AH_WARN_UNUSED;
void alarm_refresh_agent(struct store *store, const struct agent_row *agent, enum condition condition,
                         const struct now *now);
/* Tells of an alarm that is there, and of one that is over: as it was, but for its severity and its text, which are
 * those of the clearing. `agent` is its subject, or NULL where that is none. -ENOMEM. */
int alarm_tell_raising(struct store *store, uint32_t seq, const struct agent_row *agent) AH_WARN_UNUSED;
int alarm_tell_clearing(struct store *store, const struct alarm_row *alarm, const struct agent_row *agent,
                        enum clear_reason why) AH_WARN_UNUSED;
uint32_t alarm_raise_flapping(struct store *store, const struct agent_row *agent, enum condition condition,
                              bool is_told, const struct now *now);
uint32_t alarm_raise_group(struct store *store, const struct group_row *group, enum condition condition, bool is_told,
                           const struct now *now);
void alarm_count_agents(struct store *store, uint32_t seq, uint32_t agents);
/* Of the collector itself; `detail` says why, "" for nothing more. */
uint32_t alarm_raise_collector(struct store *store, enum alarm_condition condition, const char *detail,
                               const struct now *now);
uint32_t alarm_raise_server(struct store *store, const struct server_row *server, bool is_told, const struct now *now);

uint32_t alarm_raise_source(struct store *store, const struct source_row *source, bool is_told, const struct now *now);
void alarm_refresh_source(struct store *store, const struct source_row *source, const struct now *now);
/* Of all agents of a list, which is named by its first source: how many it concerns; in its end, how many are in alarm
 * still. */
uint32_t alarm_raise_list(struct store *store, uint32_t list, const struct source_identity *identity, uint32_t agents,
                          bool is_told, const struct now *now);
/* The list may have got another first source since. */
void alarm_refresh_list(struct store *store, uint32_t seq, uint32_t list, const struct source_identity *identity,
                        uint32_t agents, const struct now *now);
int alarm_clear_list(struct store *store, uint32_t seq, uint32_t agents, enum clear_reason why, bool is_told,
                     const struct now *now) AH_WARN_UNUSED;

/* tally.c: makes every row that counts this agent writable (and its group's, if there is none), so that counting can
 * not fail half-way: -ENOMEM. To be called before an agent is judged, added or removed. */
int tally_prepare(struct store *store, const struct agent_identity *identity) AH_WARN_UNUSED;
void tally_drop_group(struct store *store, uint32_t index); /* if it has no agent left */
/* Adds (sign 1) or takes away (-1) an agent in the numbers of its fleet, group and server. */
void tally_agent(struct store *store, const struct agent_row *agent, int sign);
/* Counts the agents that named a server before it was there. */
void tally_new_server(const struct store *store, struct server_row *server);

#endif
