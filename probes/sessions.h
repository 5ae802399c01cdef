/* A bounded cache of serialised TLS sessions, by peer: the latest session of each, the least recently used dropped
 * first. One thread owns it; it knows nothing of TLS, and never looks into what it keeps. */
#ifndef AH_PROBES_SESSIONS_H
#define AH_PROBES_SESSIONS_H

#include "core/model.h"

struct sessions;

/* Holds at most `max` sessions (at least 1); memory is taken as they come. */
int sessions_new(size_t max, struct sessions **ret) AH_WARN_UNUSED;
void sessions_free(struct sessions *sessions); /* NULL-safe */

/* A peer is any bytes that name it. */
struct session_peer {
    const char *name;
    size_t bytes;
};

/* Copies a session in, in place of the one that the peer had. `born_ms` is the caller's, given back by sessions_get().
 * 0 or -ENOMEM (then the peer has none). */
int sessions_put(struct sessions *sessions, struct session_peer peer, const void *data, size_t bytes,
                 int64_t born_ms) AH_WARN_UNUSED;
/* The peer's session, valid until the next call that changes the cache; NULL: none. */
const void *sessions_get(struct sessions *sessions, struct session_peer peer, size_t *ret_bytes, int64_t *ret_born_ms);
void sessions_drop(struct sessions *sessions, struct session_peer peer);
size_t sessions_count(const struct sessions *sessions);

#endif
