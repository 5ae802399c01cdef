/* Life of a snapshot, and the mailbox in which the newest one waits. */
#include "snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

struct shared_snapshot {
    struct snapshot snapshot; /* first: the two are one address */
    atomic_uint refs;
};

struct snapshot *snapshot_new(const struct snapshot *from)
{
    struct shared_snapshot *shared = malloc(sizeof *shared);
    if (!shared)
        return NULL;
    shared->snapshot = *from;
    atomic_init(&shared->refs, 1);
    return &shared->snapshot;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
    atomic_fetch_add_explicit(&((struct shared_snapshot *)snapshot)->refs, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
    struct shared_snapshot *shared = (struct shared_snapshot *)snapshot;
    if (!shared || atomic_fetch_sub_explicit(&shared->refs, 1, memory_order_acq_rel) != 1)
        return;
    rowview_unref(snapshot->agents);
    rowview_unref(snapshot->servers);
    rowview_unref(snapshot->sources);
    rowview_unref(snapshot->references);
    rowview_unref(snapshot->gateways);
    rowview_unref(snapshot->groups);
    rowview_unref(snapshot->alarms);
    rowview_unref(snapshot->history);
    rowview_unref(snapshot->changes);
    rowview_unref(snapshot->probes);
    free(shared);
}

void snapshot_slot_put(struct snapshot_slot *slot, struct snapshot *snapshot)
{
    snapshot_unref(atomic_exchange_explicit(&slot->newest, snapshot, memory_order_acq_rel));
}

struct snapshot *snapshot_slot_take(struct snapshot_slot *slot)
{
    /* Looked at before it is exchanged: the reader asks far more often than there is something new. */
    if (!atomic_load_explicit(&slot->newest, memory_order_relaxed))
        return NULL;
    return atomic_exchange_explicit(&slot->newest, NULL, memory_order_acq_rel);
}

void snapshot_slot_done(struct snapshot_slot *slot)
{
    snapshot_slot_put(slot, NULL);
}
