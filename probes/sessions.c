/* The cache of TLS sessions: a hash table with chains, and a list from the latest used to the oldest. It never grows
 * beyond its bound. */
#include "sessions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct session {
    struct session *next; /* in its chain */
    struct session *newer, *older;
    int64_t born_ms;
    uint32_t hash;
    size_t peer_bytes, data_bytes;
    unsigned char bytes[]; /* the peer's name, then the session */
};

struct sessions {
    size_t max, count;
    uint32_t mask;
    struct session *newest, *oldest;
    struct session *chains[];
};

static uint32_t hash_of(struct session_peer peer)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < peer.bytes; i++)
        hash = (hash ^ (unsigned char)peer.name[i]) * 16777619U;
    return hash;
}

int sessions_new(size_t max, struct sessions **ret)
{
    size_t chains = 1;

    if (max == 0 || max > UINT32_MAX / 2)
        return -EINVAL;
    while (chains < max)
        chains *= 2;
    struct sessions *sessions = calloc(1, sizeof *sessions + chains * sizeof(struct session *));
    if (!sessions)
        return -ENOMEM;
    sessions->max = max;
    sessions->mask = (uint32_t)(chains - 1);
    *ret = sessions;
    return 0;
}

/* Where the pointer to the peer's session is, or would be. */
static struct session **find(struct sessions *sessions, struct session_peer peer, uint32_t hash)
{
    struct session **at = &sessions->chains[hash & sessions->mask];

    while (*at &&
           ((*at)->hash != hash || (*at)->peer_bytes != peer.bytes || memcmp((*at)->bytes, peer.name, peer.bytes) != 0))
        at = &(*at)->next;
    return at;
}

static void unlink_age(struct sessions *sessions, struct session *session)
{
    *(session->newer ? &session->newer->older : &sessions->newest) = session->older;
    *(session->older ? &session->older->newer : &sessions->oldest) = session->newer;
}

static void link_newest(struct sessions *sessions, struct session *session)
{
    session->newer = NULL;
    session->older = sessions->newest;
    *(sessions->newest ? &sessions->newest->newer : &sessions->oldest) = session;
    sessions->newest = session;
}

static void remove_at(struct sessions *sessions, struct session **at)
{
    struct session *session = *at;

    *at = session->next;
    unlink_age(sessions, session);
    sessions->count--;
    free(session);
}

static struct session_peer peer_of(const struct session *session)
{
    return (struct session_peer){ (const char *)session->bytes, session->peer_bytes };
}

void sessions_free(struct sessions *sessions)
{
    if (!sessions)
        return;
    for (struct session *session = sessions->newest, *older; session; session = older) {
        older = session->older;
        free(session);
    }
    free(sessions);
}

int sessions_put(struct sessions *sessions, struct session_peer peer, const void *data, size_t bytes, int64_t born_ms)
{
    const uint32_t hash = hash_of(peer);

    sessions_drop(sessions, peer);
    if (sessions->count == sessions->max)
        remove_at(sessions, find(sessions, peer_of(sessions->oldest), sessions->oldest->hash));

    struct session *session = malloc(sizeof *session + peer.bytes + bytes);
    if (!session)
        return -ENOMEM;
    *session = (struct session){ .born_ms = born_ms, .hash = hash, .peer_bytes = peer.bytes, .data_bytes = bytes };
    memcpy(session->bytes, peer.name, peer.bytes);
    memcpy(session->bytes + peer.bytes, data, bytes);
    session->next = sessions->chains[hash & sessions->mask];
    sessions->chains[hash & sessions->mask] = session;
    link_newest(sessions, session);
    sessions->count++;
    return 0;
}

const void *sessions_get(struct sessions *sessions, struct session_peer peer, size_t *ret_bytes, int64_t *ret_born_ms)
{
    struct session *session = *find(sessions, peer, hash_of(peer));

    if (!session)
        return NULL;
    unlink_age(sessions, session);
    link_newest(sessions, session);
    *ret_bytes = session->data_bytes;
    *ret_born_ms = session->born_ms;
    return session->bytes + session->peer_bytes;
}

void sessions_drop(struct sessions *sessions, struct session_peer peer)
{
    struct session **at = find(sessions, peer, hash_of(peer));

    if (*at)
        remove_at(sessions, at);
}

size_t sessions_count(const struct sessions *sessions)
{
    return sessions->count;
}
