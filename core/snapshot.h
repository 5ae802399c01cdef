/* A snapshot: all that SNMP may show, at one instant; immutable and reference-counted. The store makes it, the SNMP
 * thread reads it. */
#ifndef AH_CORE_SNAPSHOT_H
#define AH_CORE_SNAPSHOT_H

#include "notification.h"

struct collector_info {
    const char *name;    /* borrowed for the life of the process */
    const char *version; /* likewise */
    int64_t start_wall_ms, config_wall_ms;
    enum language language;
    uint32_t rows_rejected;              /* of the inventory, when it was last read */
    uint32_t config_rejected;            /* reloads refused since the start */
    uint32_t heartbeat_s;                /* between two heartbeats; 0: there are none */
    struct notification_summary summary; /* the last that was made */
};

struct snapshot {
    struct collector_info collector;
    bool notifications_enabled;
    struct tally fleet;
    uint8_t persistence;                     /* enum persistence */
    uint8_t uplink;                          /* enum updown: the collector's own way to the network */
    uint64_t withheld;                       /* transitions that were deliberately not told, since the start */
    uint64_t updates_dropped;                /* for want of memory, since the start */
    uint64_t disagreements;                  /* that began since the start */
    uint32_t change_seq;                     /* the latest; 0: none yet */
    int64_t change_wall_ms, change_mono_ms;  /* when that was, or an agent went; 0: never */
    uint32_t alarm_changes, history_changes; /* move with every change of those tables */
    int64_t alarm_mono_ms, history_mono_ms;  /* when they last changed; 0: never */
    uint32_t alarm_seq, alarms_raised;       /* the latest alarm's; since the start */
    uint32_t alarms_lost;                    /* attempts to raise one that failed for want of memory */
    uint32_t history_lost, history_max;      /* cleared alarms that fell off the end; as many are kept */
    struct rowview *agents;                  /* agent_row by index */
    struct rowview *servers;                 /* server_row by index */
    struct rowview *sources;                 /* source_row by index */
    struct rowview *references;              /* reference_row by place */
    struct rowview *gateways;                /* gateway_row by place */
    struct rowview *groups;                  /* group_row by index */
    struct rowview *alarms;                  /* alarm_row by sequence, active */
    struct rowview *history;                 /* history_row by sequence of clearing */
    struct rowview *changes;                 /* change_row by sequence */
    struct rowview *probes;                  /* probe_row by driver */
};

/* Takes a copy of *from and the references in it. NULL: out of memory (then they still are the caller's). */
struct snapshot *snapshot_new(const struct snapshot *from);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* NULL-safe */

/* A mailbox for one reader and one writer: holds the newest snapshot that was not collected yet. */
struct snapshot_slot {
    _Atomic(struct snapshot *) newest;
};
void snapshot_slot_put(struct snapshot_slot *slot, struct snapshot *snapshot); /* takes the reference */
struct snapshot *snapshot_slot_take(struct snapshot_slot *slot);               /* gives it; NULL: nothing new */
void snapshot_slot_done(struct snapshot_slot *slot);

#endif
