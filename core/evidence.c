/* Folds observations into evidence, and lets it age. It judges nothing and reads no clock. */
#include "evidence.h"

#include <string.h>

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

bool cause_is_evidence(enum cause cause)
{
    return cause != CAUSE_UNKNOWN && cause != CAUSE_CANCELLED && cause != CAUSE_STALE;
}

bool observation_shows_server_side(const struct observation *observation)
{
    return (observation->driver == DRIVER_LISTENER || (observation->has & HAS_SERVER_SIDE)) &&
           cause_is_evidence(observation->cause);
}

bool observation_shows_agent_side(const struct observation *observation)
{
    return (observation->has & HAS_AGENT_SIDE) && observation->agent_side != SIDE_UNKNOWN;
}

bool observation_is_live_feed(const struct observation *observation)
{
    return observation->driver == DRIVER_FEED && observation->cause == CAUSE_NONE;
}

static void merge_contact(struct contact *contact, const struct contact *news)
{
    if (is_news(contact->mono_ms, news->mono_ms))
        *contact = *news;
}

static void merge_server_side(struct evidence *evidence, const struct observation *observation, int64_t mono_ms)
{
    const struct contact news = { .mono_ms = mono_ms,
                                  .wall_ms = observation->wall_ms,
                                  .rtt_ms = observation->rtt_ms,
                                  .side = observation->cause == CAUSE_NONE ? SIDE_ONLINE : SIDE_OFFLINE,
                                  .cause = (uint8_t)observation->cause,
                                  .driver = (uint8_t)observation->driver,
                                  .heard = observation->heard };
    merge_contact(&evidence->server_side, &news);
}

static enum cause agent_side_cause(const struct observation *observation)
{
    if (observation->agent_side == SIDE_ONLINE)
        return CAUSE_NONE;
    bool unresolved = (observation->has & HAS_RESOLVED) && observation->resolved.n == 0;
    return unresolved ? CAUSE_NAME_NOT_FOUND : CAUSE_UNKNOWN;
}

static void merge_agent_side(struct evidence *evidence, const struct observation *observation, int64_t mono_ms)
{
    const struct contact news = { .mono_ms = mono_ms,
                                  .wall_ms = observation->wall_ms,
                                  .side = observation->agent_side,
                                  .cause = (uint8_t)agent_side_cause(observation),
                                  .driver = (uint8_t)observation->driver,
                                  .heard = observation->agent_side == SIDE_ONLINE };
    merge_contact(&evidence->agent_side, &news);
}

static void merge_addresses(struct address_list *list, const struct address_list *news, enum driver driver,
                            int64_t mono_ms)
{
    if (!is_news(list->mono_ms, mono_ms))
        return;
    *list = *news;
    list->mono_ms = mono_ms;
    list->driver = (uint8_t)driver;
}

static void merge_pattern(struct evidence *evidence, const struct observation *observation, int64_t mono_ms)
{
    if (!is_news(evidence->pattern_mono_ms, mono_ms))
        return;
    evidence->pattern_mono_ms = mono_ms;
    evidence->pattern_driver = (uint8_t)observation->driver;
    memset(evidence->pattern_version, 0, sizeof(evidence->pattern_version));
    if (observation->has & HAS_PATTERN_VERSION)
        memcpy(evidence->pattern_version, observation->pattern_version, sizeof(evidence->pattern_version));
    evidence->pattern_day = observation->has & HAS_PATTERN_DAY ? observation->pattern_day : 0;
}

static void forget_pattern(struct evidence *evidence)
{
    evidence->pattern_mono_ms = 0;
    evidence->pattern_day = 0;
    memset(evidence->pattern_version, 0, sizeof(evidence->pattern_version));
}

/* A feed is a whole statement: what an earlier one said and this one leaves out is not known any more. */
static void forget_last_feed(struct evidence *evidence)
{
    for (unsigned fact = 0; fact < FACTS; fact++) {
        if (evidence->facts[fact].driver == DRIVER_FEED)
            evidence->facts[fact] = (struct fact_value){ 0 };
    }
    if (evidence->agent_side.driver == DRIVER_FEED)
        evidence->agent_side = (struct contact){ .side = SIDE_UNKNOWN, .cause = CAUSE_UNKNOWN };
    if (evidence->own.driver == DRIVER_FEED)
        evidence->own = (struct address_list){ 0 };
    if (evidence->resolved.driver == DRIVER_FEED)
        evidence->resolved = (struct address_list){ 0 };
    if (evidence->pattern_driver == DRIVER_FEED)
        forget_pattern(evidence);
}

void evidence_merge(struct evidence *evidence, const struct observation *observation)
{
    int64_t mono_ms = known_ms(observation->mono_ms);

    /* A feed tells its time in whole seconds: one written within a second of the last is not older than that. */
    if (observation_is_live_feed(observation) && mono_ms < evidence->feed_mono_ms &&
        evidence->feed_mono_ms - mono_ms < 1000)
        mono_ms = evidence->feed_mono_ms;
    if (observation_is_live_feed(observation) && is_news(evidence->feed_mono_ms, mono_ms)) {
        forget_last_feed(evidence);
        evidence->feed_mono_ms = mono_ms;
    }
    for (unsigned fact = 0; fact < FACTS; fact++) {
        if ((observation->facts & FACT_BIT(fact)) && is_news(evidence->facts[fact].mono_ms, mono_ms))
            evidence->facts[fact] =
                (struct fact_value){ mono_ms, observation->values[fact], (uint8_t)observation->driver };
    }
    if (observation_shows_server_side(observation))
        merge_server_side(evidence, observation, mono_ms);
    if (observation_shows_agent_side(observation))
        merge_agent_side(evidence, observation, mono_ms);
    if (observation->has & HAS_OWN)
        merge_addresses(&evidence->own, &observation->own, observation->driver, mono_ms);
    if (observation->has & HAS_RESOLVED)
        merge_addresses(&evidence->resolved, &observation->resolved, observation->driver, mono_ms);
    if (observation->has & (HAS_PATTERN_VERSION | HAS_PATTERN_DAY))
        merge_pattern(evidence, observation, mono_ms);
}

/* What evidence_expire() carries from piece to piece. */
struct ageing {
    int64_t max_age_ms, now_ms, next_ms;
    bool changed;
};

/* True if a known piece of this time is to be forgotten now. */
static bool has_aged(struct ageing *ageing, int64_t mono_ms)
{
    if (mono_ms == 0)
        return false;
    if (!evidence_is_fresh(mono_ms, ageing->max_age_ms, ageing->now_ms)) {
        ageing->changed = true;
        return true;
    }
    int64_t expires_ms = mono_ms + ageing->max_age_ms + 1;
    if (expires_ms < ageing->next_ms)
        ageing->next_ms = expires_ms;
    return false;
}

static void expire_contact(struct ageing *ageing, struct contact *contact)
{
    if (contact->side == SIDE_UNKNOWN || !has_aged(ageing, contact->mono_ms))
        return;
    contact->side = SIDE_UNKNOWN;
    contact->cause = CAUSE_STALE;
}

bool evidence_expire(struct evidence *evidence, int64_t max_age_ms, int64_t now_ms, int64_t *ret_next_ms)
{
    struct ageing ageing = { .max_age_ms = max_age_ms, .now_ms = now_ms, .next_ms = INT64_MAX };

    expire_contact(&ageing, &evidence->server_side);
    expire_contact(&ageing, &evidence->agent_side);
    for (unsigned fact = 0; fact < FACTS; fact++) {
        if (has_aged(&ageing, evidence->facts[fact].mono_ms))
            evidence->facts[fact] = (struct fact_value){ 0 };
    }
    if (has_aged(&ageing, evidence->own.mono_ms))
        evidence->own = (struct address_list){ 0 };
    if (has_aged(&ageing, evidence->resolved.mono_ms))
        evidence->resolved = (struct address_list){ 0 };
    if (has_aged(&ageing, evidence->pattern_mono_ms))
        forget_pattern(evidence);
    if (has_aged(&ageing, evidence->feed_mono_ms))
        evidence->feed_mono_ms = 0;
    *ret_next_ms = ageing.next_ms;
    return ageing.changed;
}
