/* Folds observations into evidence, and lets it age. It judges nothing and reads no clock. */
#include "evidence.h"

#include <errno.h>

/* 0 stands for never. An instant that happens to be 0 (a feed as old as the machine's uptime) moves by 1 ms. */
static int64_t known_ms(int64_t mono_ms)
{
    return mono_ms ? mono_ms : -1;
}

static bool is_news(int64_t known_mono_ms, int64_t mono_ms)
{
    return known_mono_ms == 0 || mono_ms >= known_mono_ms;
}

bool evidence_is_fresh(int64_t mono_ms, int64_t max_age_ms, int64_t now_ms)
{
    return mono_ms != 0 && now_ms - mono_ms <= max_age_ms;
}

/* How the probe itself ended. */
static void merge_contact(struct contact *contact, const struct observation *observation, int64_t mono_ms)
{
    if (is_news(contact->mono_ms, mono_ms))
        *contact = contact_from(observation, mono_ms);
}

static void merge_server_side(struct evidence *evidence, const struct observation *observation, int64_t mono_ms)
{
    if (!is_news(evidence->server_side.mono_ms, mono_ms))
        return;
    merge_contact(&evidence->server_side, observation, mono_ms);
    if (!cause_is_silence(observation->cause))
        evidence->silent_since_ms = 0;
    else if (evidence->silent_since_ms == 0)
        evidence->silent_since_ms = mono_ms;
}

/* The writable statement of a source; NULL while it is the only one, since then all that is known is its own. */
static int open_statement(struct evidence *evidence, enum driver driver, struct statement **ret)
{
    const enum driver first = statement_source(&evidence->known);
    struct statements *sources = evidence->sources;
    struct statement *said;

    if (!sources && (first == 0 || first == driver)) {
        *ret = NULL;
        return 0;
    }
    if (!sources) {
        if (statements_open(&sources, first, &said) < 0)
            return -ENOMEM;
        statement_update(said, &evidence->known);
    }
    const int error = statements_open(&sources, driver, ret);
    evidence->sources = sources;
    return error;
}

/* What a source said earlier is not known any more; what others said is. */
static void forget_source(struct evidence *evidence, enum driver driver, struct statement *said)
{
    if (said)
        statement_forget(said, driver);
    statement_forget(&evidence->known, driver);
    for (unsigned piece = 0; piece < PIECES; piece++)
        if (statement_time(&evidence->known, piece) == 0)
            statements_recall(evidence->sources, piece, INT64_MIN, &evidence->known);
}

int evidence_merge(struct evidence *evidence, const struct observation *observation)
{
    const bool feeds = observation_is_live_feed(observation);
    int64_t mono_ms = known_ms(observation->mono_ms);

    /* A feed tells its time in whole seconds: one written within a second of the last is not older than that. */
    if (feeds && evidence->feed_mono_ms != 0 && mono_ms < evidence->feed_mono_ms &&
        evidence->feed_mono_ms - mono_ms < 1000)
        mono_ms = evidence->feed_mono_ms;

    const bool whole =
        observation_asks_endpoint(observation) && observation->cause == CAUSE_NONE && (observation->has & HAS_WHOLE);
    const bool renews = (feeds && is_news(evidence->feed_mono_ms, mono_ms)) ||
                        (whole && is_news(evidence->asked.mono_ms, mono_ms)) || observation_is_record(observation);
    struct statement news, *said = NULL;
    int error = statement_of(observation, mono_ms, &news);
    if (error < 0)
        return error;
    if (statement_source(&news) || (renews && evidence->sources))
        error = open_statement(evidence, observation->driver, &said);
    if (error < 0)
        goto done;
    if (renews)
        forget_source(evidence, observation->driver, said);
    if (renews && feeds)
        evidence->feed_mono_ms = mono_ms;
    if (observation_is_record(observation) && is_news(evidence->record_mono_ms, mono_ms))
        evidence->record_mono_ms = mono_ms;
    if (said)
        statement_update(said, &news);
    statement_update(&evidence->known, &news);
    if (observation_shows_server_side(observation))
        merge_server_side(evidence, observation, mono_ms);
    if (observation_asks_endpoint(observation))
        merge_contact(&evidence->asked, observation, mono_ms);
done:
    statement_release(&news);
    return error;
}

void evidence_retain(const struct evidence *evidence)
{
    statement_retain(&evidence->known);
    statements_ref(evidence->sources);
}

void evidence_release(const struct evidence *evidence)
{
    statement_release(&evidence->known);
    statements_unref(evidence->sources);
}

/* What evidence_expire() carries from piece to piece. */
struct ageing {
    int64_t max_age_ms, now_ms, next_ms;
    bool changed;
};

/* Whether a piece of this time still counts; if so, it is to be looked at again when it does not any more. */
static bool counts(struct ageing *ageing, int64_t mono_ms)
{
    if (!evidence_is_fresh(mono_ms, ageing->max_age_ms, ageing->now_ms))
        return false;
    const int64_t expires_ms = mono_ms + ageing->max_age_ms + 1;
    if (expires_ms < ageing->next_ms)
        ageing->next_ms = expires_ms;
    return true;
}

static void expire_contact(struct ageing *ageing, struct contact *contact)
{
    if (contact->side <= SIDE_UNKNOWN || contact->mono_ms == 0 || counts(ageing, contact->mono_ms))
        return;
    contact->side = SIDE_UNKNOWN;
    contact->cause = CAUSE_STALE;
    ageing->changed = true;
}

/* What the endpoint said may be older than a console's record, which counts from then on; what else was said before
 * counts no more, either. */
static void expire_piece(struct ageing *ageing, struct evidence *evidence, unsigned piece)
{
    const int64_t mono_ms = statement_time(&evidence->known, piece);
    if (mono_ms == 0 || counts(ageing, mono_ms))
        return;
    statement_clear(&evidence->known, piece);
    if (statements_recall(evidence->sources, piece, ageing->now_ms - ageing->max_age_ms, &evidence->known))
        counts(ageing, statement_time(&evidence->known, piece));
    ageing->changed = true;
}

/* What does not count now is watched as well: until it has aged, it may contradict what does. Sources of which no more
 * than one still says anything need not be kept apart any more. */
static void expire_sources(struct ageing *ageing, struct evidence *evidence)
{
    size_t speaking = 0;
    for (size_t i = 0; i < statements_count(evidence->sources); i++) {
        bool speaks = false;
        for (unsigned piece = 0; piece < PIECES; piece++)
            speaks |= counts(ageing, statement_time(statements_at(evidence->sources, i), piece));
        speaking += speaks;
    }
    if (speaking > 1)
        return;
    statements_unref(evidence->sources);
    evidence->sources = NULL;
}

bool evidence_expire(struct evidence *evidence, int64_t max_age_ms, int64_t now_ms, int64_t *ret_next_ms)
{
    struct ageing ageing = { .max_age_ms = max_age_ms, .now_ms = now_ms, .next_ms = INT64_MAX };

    expire_contact(&ageing, &evidence->server_side);
    expire_contact(&ageing, &evidence->asked);
    expire_contact(&ageing, &evidence->known.agent_side);
    for (unsigned piece = 0; piece < PIECES; piece++)
        expire_piece(&ageing, evidence, piece);
    expire_sources(&ageing, evidence);
    if (evidence->feed_mono_ms != 0 && !counts(&ageing, evidence->feed_mono_ms)) {
        evidence->feed_mono_ms = 0;
        ageing.changed = true;
    }
    *ret_next_ms = ageing.next_ms;
    return ageing.changed;
}
