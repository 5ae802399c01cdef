/* The store: the estate's state in one place. It applies observations, damps and judges, keeps alarms, changes and
 * counts, and publishes snapshots. One thread owns it; it knows no clock, file or socket. */
#ifndef AH_CORE_STORE_H
#define AH_CORE_STORE_H

#include "notification.h"
#include "snapshot.h"

struct store_settings {
    const char *name; /* of the collector; borrowed until the next store_configure() */
    struct policy policy;
    enum language language;
    bool notify;                                 /* transitions are told at all */
    bool tell_first_verdict;                     /* [notifications] startup = full */
    uint32_t alarm_seq, change_seq, history_seq; /* sequences begin above these */
    size_t history_max;
    bool proxied[LOCATION_EXTERNAL + 1]; /* by enum location: agents there have a proxy towards their sources */
};

struct store;

int store_new(const struct store_settings *settings, struct store **ret) AH_WARN_UNUSED;
void store_free(struct store *store);
/* New policy and language; rows are judged anew at their next observation or expiry. Sequences are not touched. */
void store_configure(struct store *store, const struct store_settings *settings);

/* Adds an agent, or gives one that is known a new identity (its state stays). The store takes its own reference. */
int store_put_agent(struct store *store, uint32_t index, const struct agent_identity *identity,
                    const struct now *now) AH_WARN_UNUSED;
int store_put_server(struct store *store, uint32_t index, const struct server_identity *identity) AH_WARN_UNUSED;
/* A source that is new in the place of one that is known, by list and URLs, goes on from its state: it may be the same
 * by another name, to be put before the old one is removed. */
int store_put_source(struct store *store, uint32_t index, const struct source_identity *identity,
                     const struct now *now) AH_WARN_UNUSED;
/* What a reference server is, as configured. */
struct reference_server {
    const char *host;
    uint16_t port;
};
/* Replaces the list of reference servers, at most REFERENCES_MAX: one that was in it, in whatever place, keeps its
 * state. No alarm is about one. -ENOMEM: the list is as before. */
int store_put_references(struct store *store, const struct reference_server *servers, size_t n,
                         const struct now *now) AH_WARN_UNUSED;
/* Replaces the list of gateways, whose items are separated by commas and blanks. Likewise. */
int store_put_gateways(struct store *store, const char *gateways, const struct now *now) AH_WARN_UNUSED;
/* Whether agents' files are compared. Where they are not, what was found in a comparison is not known any more; where
 * that is so for want of sscfg.ini alone, what is known of a file that can not be read stays. */
void store_compare_files(struct store *store, enum comparison comparison, const struct now *now);
/* Removes; alarms that are active are cleared as removed, and told if their raising was. -ENOENT; -ENOMEM: it is still
 * there, though some of its alarms may be cleared. */
int store_remove_agent(struct store *store, uint32_t index, const struct now *now) AH_WARN_UNUSED;
int store_remove_server(struct store *store, uint32_t index, const struct now *now) AH_WARN_UNUSED;
int store_remove_source(struct store *store, uint32_t index, const struct now *now) AH_WARN_UNUSED;

const struct agent_row *store_agent(const struct store *store, uint32_t index);
const struct agent_row *store_next_agent(const struct store *store, uint32_t after);
const struct server_row *store_server(const struct store *store, uint32_t index);
const struct server_row *store_next_server(const struct store *store, uint32_t after);
const struct source_row *store_source(const struct store *store, uint32_t index);
const struct source_row *store_next_source(const struct store *store, uint32_t after);
const struct group_row *store_group(const struct store *store, uint32_t index);
const struct alarm_row *store_alarm(const struct store *store, uint32_t seq);
const struct reference_row *store_reference(const struct store *store, uint32_t index);
/* Whether a source stands in the list that the agent uses. */
bool store_lists_source(const struct store *store, const struct agent_row *agent, const struct source_row *source);
const struct tally *store_fleet(const struct store *store);
uint32_t store_alarm_seq(const struct store *store);
uint32_t store_change_seq(const struct store *store);
uint32_t store_history_seq(const struct store *store);

/* What managers write. Notifications are switched until the settings say otherwise than they do now. */
void store_switch_notifications(struct store *store, bool on);
bool store_notifies(const struct store *store);
/* -ENOENT: no such row; -ENOMEM: nothing happened. */
int store_acknowledge(struct store *store, uint32_t seq, bool acknowledged, const struct now *now) AH_WARN_UNUSED;
/* Puts an agent, a server or a group into maintenance until then; a time that is past, or 0, ends it. Meanwhile the
 * transitions of all agents concerned, and of the server, are recorded and not told. A group that loses its last agent
 * loses its maintenance, too. */
int store_set_maintenance(struct store *store, enum subject subject, uint32_t index, int64_t until_wall_ms,
                          const struct now *now) AH_WARN_UNUSED;

/* Applies one observation. -ENOENT: no such subject (it was removed meanwhile); -ENOMEM: dropped, the state is as
 * before.
 */
int store_observe(struct store *store, const struct observation *observation, const struct now *now) AH_WARN_UNUSED;
/* Judges anew what has expired by now; returns when it wants to be called again at the latest (mono). */
int64_t store_expire(struct store *store, const struct now *now);

/* The collector's own way to the network, as uplink.h has it: raises the alarm when it is down, and clears it once it
 * is up. To be called again and again, as memory may have run out. */
void store_put_uplink(struct store *store, enum updown state, const struct now *now);
/* Likewise whether what has to outlive the process is kept; `why` says in a few words why it is not. */
void store_put_persistence(struct store *store, enum persistence state, const char *why, const struct now *now);
/* The alarm by which its loss was told; 0: there is none. */
uint32_t store_persistence_told(const struct store *store);
/* Tells the end of such an alarm of an earlier process, of which nothing else is known here. 0 or -ENOMEM. */
int store_tell_restored(struct store *store, uint32_t seq) AH_WARN_UNUSED;

/* Replaces a driver's numbers. */
int store_put_probe(struct store *store, const struct probe_row *probe) AH_WARN_UNUSED;

/* The transitions that must be told, oldest first. Gives the next; false: none. The caller owns it. */
bool store_take_notification(struct store *store, struct notification *ret);
/* What was dropped since the start: notifications at the ceiling of the queue, and for want of memory these, alarms and
 * changes. */
uint64_t store_dropped(const struct store *store);

/* A snapshot of now; the caller owns it. NULL: out of memory. */
struct snapshot *store_publish(struct store *store, const struct collector_info *collector);

/* True when something that SNMP shows changed since the last publication. */
bool store_is_dirty(const struct store *store);

#endif
