/* A silent answer proves nothing by itself: it was the target, or the collector's uplink. What was heard meanwhile
 * tells which. Judges no target. */
#include "uplink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How a target stands, in a byte: these, or DOUBTED and the number of its silences in a row. HELD is beside them. */
enum {
    NEVER,   /* it has said nothing yet */
    HEARD,   /* the last time */
    DOUBTED, /* likewise, but for a silence that did not count */
    HELD = 1 << 7,
    STANDING_MAX = HELD - 1
};
typedef bool standing_fn(uint8_t standing);

struct book {
    uint8_t *standings; /* owned; by index */
    size_t room;
};

/* What there is in a silent answer. */
struct held {
    int64_t mono_ms, wall_ms;
    int64_t proof_ms; /* proof_of() */
    struct source_check source;
    uint32_t index, rtt_ms, has;
    uint8_t driver, subject, cause;
    bool heard;
    uint8_t word; /* enum uplink_word; UPLINK_NOTHING: not decided yet */
};

struct uplink {
    struct uplink_settings settings;
    enum updown state;
    struct book books[DRIVERS];
    struct held *held; /* owned */
    size_t n, room;
    size_t taken, kept; /* of those, by the uplink_next() that are under way */
    int64_t heard_ms;   /* mono: the latest that was heard; 0: never */
    int64_t back_ms;    /* mono: when the uplink came back; what was asked before may have met its outage */
    int64_t since_ms;   /* mono: when the first one was held back */
    bool wants_proof;
};

int uplink_new(struct uplink **ret)
{
    struct uplink *uplink = calloc(1, sizeof *uplink);
    if (!uplink)
        return -ENOMEM;
    uplink->state = UPDOWN_UNKNOWN;
    *ret = uplink;
    return 0;
}

void uplink_free(struct uplink *uplink)
{
    if (!uplink)
        return;
    for (enum driver driver = 0; driver < DRIVERS; driver++)
        free(uplink->books[driver].standings);
    free(uplink->held);
    free(uplink);
}

void uplink_configure(struct uplink *uplink, const struct uplink_settings *settings)
{
    uplink->settings = *settings;
}

bool uplink_concerns(enum driver driver)
{
    return driver == DRIVER_LISTENER || driver == DRIVER_SERVER || driver == DRIVER_WINRM || driver == DRIVER_SOURCE ||
           driver == DRIVER_LOCATION;
}

enum updown uplink_state(const struct uplink *uplink)
{
    return uplink->state;
}

/* A connection that stood is no answer: the way may have ended since. */
static bool is_silence(enum cause cause)
{
    return cause_is_silence(cause) || cause == CAUSE_NAME_NOT_FOUND;
}

/* When something was heard (mono); 0: never. Of the ways to a source each has its own time. */
static int64_t heard_at(const struct observation *observation)
{
    int64_t heard_ms = 0;

    if (observation->subject != SUBJECT_SOURCE)
        return is_silence(observation->cause) ? 0 : observation->mono_ms;
    for (enum source_way way = 0; way < SOURCE_WAYS; way++) {
        const struct way_outcome *outcome = &observation->source.ways[way];
        const int64_t end_ms = observation->mono_ms - observation->rtt_ms + outcome->rtt_ms;
        if (outcome->cause && !is_silence(outcome->cause) && end_ms > heard_ms)
            heard_ms = end_ms;
    }
    return heard_ms;
}

/* A conversation that fell silent half-way has told something: it is neither a sign of an outage nor of the way. */
static bool tells_something(const struct observation *observation)
{
    return observation->facts || observation->report || (observation->has & ~(uint32_t)HAS_SERVER_SIDE);
}

/* NULL: out of memory. */
static uint8_t *standing_of(struct uplink *uplink, enum driver driver, uint32_t index)
{
    struct book *book = &uplink->books[driver];
    if (index >= book->room) {
        size_t room = book->room ? book->room : 64;
        while (room <= index)
            room *= 2;
        uint8_t *standings = realloc(book->standings, room);
        if (!standings)
            return NULL;
        memset(standings + book->room, NEVER, room - book->room);
        book->standings = standings;
        book->room = room;
    }
    return &book->standings[index];
}

static uint8_t read_standing(const struct uplink *uplink, enum driver driver, uint32_t index)
{
    const struct book *book = &uplink->books[driver];
    return index < book->room ? book->standings[index] : NEVER;
}

static bool was_heard(uint8_t standing)
{
    return (standing & STANDING_MAX) == HEARD;
}

static bool answered(uint8_t standing)
{
    return was_heard(standing) || (standing & STANDING_MAX) == DOUBTED;
}

static bool is_any(uint8_t standing)
{
    (void)standing;
    return true;
}

/* Each counts once: an agent whose listener is asked, by that. */
static bool is_counted(const struct uplink *uplink, enum driver driver, uint32_t index)
{
    return driver != DRIVER_WINRM || read_standing(uplink, DRIVER_LISTENER, index) == NEVER;
}

uint32_t uplink_next_witness(const struct uplink *uplink, enum driver driver, uint32_t after)
{
    for (uint32_t index = after + 1; index < uplink->books[driver].room; index++)
        if (answered(uplink->books[driver].standings[index]))
            return index;
    return 0;
}

static bool has_witnesses(const struct uplink *uplink)
{
    size_t n = 0;
    for (enum driver driver = 0; driver < DRIVERS; driver++)
        for (uint32_t index = 0; n < UPLINK_WITNESSES && (index = uplink_next_witness(uplink, driver, index));)
            n += is_counted(uplink, driver, index);
    return n >= UPLINK_WITNESSES;
}

/* Whether so many who stand so are held back that it looks like the uplink. */
static bool looks_cut(const struct uplink *uplink, standing_fn *stands_so)
{
    size_t n = 0;
    for (size_t i = 0; i < uplink->n && n < UPLINK_WITNESSES; i++) {
        const struct held *held = &uplink->held[i];
        n += stands_so(read_standing(uplink, held->driver, held->index)) &&
             is_counted(uplink, held->driver, held->index);
    }
    return n >= UPLINK_WITNESSES;
}

static void count_silence(uint8_t *standing)
{
    if (*standing < DOUBTED)
        *standing = DOUBTED;
    if (*standing < STANDING_MAX)
        ++*standing;
}

static void decide(struct uplink *uplink, struct held *held, enum uplink_word word)
{
    uint8_t *standing = &uplink->books[held->driver].standings[held->index];
    *standing &= STANDING_MAX;
    if (word == UPLINK_COUNTS)
        count_silence(standing);
    else if (*standing == HEARD)
        *standing = DOUBTED;
    held->word = (uint8_t)word;
}

static void decide_all(struct uplink *uplink, enum uplink_word word)
{
    for (size_t i = 0; i < uplink->n; i++)
        decide(uplink, &uplink->held[i], word);
}

/* What is heard after a silence shows that the target itself was silent, unless many fell silent with it. Then it was
 * the uplink for a moment, and each is asked again; who was doubted once is not a second time. */
void uplink_hear(struct uplink *uplink, int64_t mono_ms)
{
    if (mono_ms <= uplink->heard_ms)
        return;
    const bool was_cut = looks_cut(uplink, was_heard);
    if (was_cut || uplink->state == UPDOWN_DOWN)
        uplink->back_ms = mono_ms;
    uplink->heard_ms = mono_ms;
    uplink->state = UPDOWN_UP;
    for (size_t i = 0; i < uplink->n; i++) {
        struct held *held = &uplink->held[i];
        const bool again =
            was_cut && mono_ms > held->mono_ms && was_heard(read_standing(uplink, held->driver, held->index));
        if (mono_ms >= held->proof_ms)
            decide(uplink, held, again ? UPLINK_AGAIN : UPLINK_COUNTS);
    }
}

/* What is heard from then on (mono) shows that the way was there while it was waited for. It is the middle: those who
 * were asked just before the way ended hear of others in the first moments. */
static int64_t proof_of(const struct observation *observation)
{
    return observation->mono_ms - observation->rtt_ms / 2;
}

/* NULL: out of memory. */
static struct held *hold(struct uplink *uplink, const struct observation *observation)
{
    if (uplink->n == uplink->room) {
        const size_t room = uplink->room ? 2 * uplink->room : 16;
        struct held *held = reallocarray(uplink->held, room, sizeof *held);
        if (!held)
            return NULL;
        uplink->held = held;
        uplink->room = room;
    }
    struct held *held = &uplink->held[uplink->n++];
    *held = (struct held){
        .mono_ms = observation->mono_ms,
        .wall_ms = observation->wall_ms,
        .proof_ms = proof_of(observation),
        .index = observation->index,
        .rtt_ms = observation->rtt_ms,
        .has = observation->has,
        .driver = (uint8_t)observation->driver,
        .subject = (uint8_t)observation->subject,
        .cause = (uint8_t)observation->cause,
        .heard = observation->heard,
    };
    if (observation->subject == SUBJECT_SOURCE)
        held->source = observation->source;
    return held;
}

/* Whether a silence that nothing else explains may be the uplink's, and whether it matters. */
static bool is_doubtful(const struct uplink *uplink, uint8_t standing)
{
    if (uplink->settings.targets < UPLINK_WITNESSES || standing >= DOUBTED + uplink->settings.fall)
        return false;
    return !uplink->heard_ms || has_witnesses(uplink);
}

static bool admits_silence(struct uplink *uplink, const struct observation *observation, const struct now *now)
{
    uint8_t *standing = standing_of(uplink, observation->driver, observation->index);
    if (!standing)
        return true;
    if (uplink->state == UPDOWN_DOWN || (*standing & HELD))
        return false;
    const bool before = observation->mono_ms - observation->rtt_ms < uplink->back_ms;
    const bool proven = uplink->heard_ms && uplink->heard_ms >= proof_of(observation);
    const bool counts = !before && (proven || !is_doubtful(uplink, *standing));
    struct held *held = counts ? NULL : hold(uplink, observation);
    if (!held) {
        count_silence(standing);
        return true;
    }
    *standing |= HELD;
    if (before) {
        decide(uplink, held, UPLINK_AGAIN);
    } else if (uplink->n == 1) {
        uplink->since_ms = now->mono_ms;
        uplink->wants_proof = true;
    }
    return false;
}

bool uplink_admits(struct uplink *uplink, const struct observation *observation, const struct now *now)
{
    if (!uplink_concerns(observation->driver) || !cause_is_evidence(observation->cause))
        return true;
    const int64_t heard_ms = heard_at(observation);
    if (heard_ms == 0)
        return tells_something(observation) || admits_silence(uplink, observation, now);
    uplink_hear(uplink, heard_ms);
    uint8_t *standing = standing_of(uplink, observation->driver, observation->index);
    if (standing)
        *standing = (*standing & HELD) | HEARD;
    return true;
}

bool uplink_wants_proof(struct uplink *uplink)
{
    const bool wants = uplink->wants_proof;
    uplink->wants_proof = false;
    return wants;
}

/* None of them counts. */
static void drop_all(struct uplink *uplink)
{
    for (size_t i = 0; i < uplink->n; i++)
        uplink->books[uplink->held[i].driver].standings[uplink->held[i].index] &= STANDING_MAX;
    uplink->n = 0;
}

int64_t uplink_step(struct uplink *uplink, const struct now *now)
{
    if (uplink->n == 0)
        return INT64_MAX;
    const int64_t due_ms = uplink->since_ms + uplink->settings.patience_ms;
    if (now->mono_ms < due_ms)
        return due_ms;
    if (looks_cut(uplink, uplink->heard_ms ? answered : is_any)) {
        uplink->state = UPDOWN_DOWN;
        drop_all(uplink);
    } else {
        decide_all(uplink, UPLINK_COUNTS);
    }
    return INT64_MAX;
}

static struct observation observation_of(const struct held *held)
{
    struct observation observation = {
        .driver = held->driver,
        .subject = held->subject,
        .index = held->index,
        .cause = held->cause,
        .heard = held->heard,
        .rtt_ms = held->rtt_ms,
        .mono_ms = held->mono_ms,
        .wall_ms = held->wall_ms,
        .has = held->has,
    };
    if (held->subject == SUBJECT_SOURCE)
        observation.source = held->source;
    return observation;
}

enum uplink_word uplink_next(struct uplink *uplink, struct observation *ret)
{
    while (uplink->taken < uplink->n) {
        const struct held held = uplink->held[uplink->taken++];
        if (held.word == UPLINK_NOTHING) {
            uplink->held[uplink->kept++] = held;
            continue;
        }
        *ret = observation_of(&held);
        return held.word;
    }
    uplink->n = uplink->kept;
    uplink->taken = uplink->kept = 0;
    return UPLINK_NOTHING;
}

void uplink_follow(struct uplink *uplink, uplink_asks_fn *asks, const void *user)
{
    for (enum driver driver = 0; driver < DRIVERS; driver++)
        for (uint32_t index = 0; index < uplink->books[driver].room; index++)
            if (!asks(user, driver, index))
                uplink->books[driver].standings[index] &= HELD;
    decide_all(uplink, UPLINK_AGAIN);
}
