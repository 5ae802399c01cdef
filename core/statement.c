/* Statements piece by piece: what is newer replaces what is known. It judges nothing and reads no clock. */
#include "statement.h"

#include "record.h"

#include <errno.h>
#include <string.h>

/* When a piece was true, and whose word it is. */
struct mark {
    int64_t mono_ms;
    uint8_t driver;
};

static struct mark mark_of_list(const struct address_list *list)
{
    return (struct mark){ list->mono_ms, list->driver };
}

static struct mark mark_of(const struct statement *statement, unsigned piece)
{
    switch (piece) {
    case PIECE_AGENT_SIDE:
        return (struct mark){ statement->agent_side.mono_ms, statement->agent_side.driver };
    case PIECE_OWN:
        return mark_of_list(statement_own(statement));
    case PIECE_RESOLVED:
        return mark_of_list(statement_resolved(statement));
    case PIECE_PATTERN:
        return (struct mark){ statement->pattern_mono_ms, statement->pattern_driver };
    case PIECE_REPORT:
        return (struct mark){ statement->report_mono_ms, statement->report_driver };
    case PIECE_FILES:
        return (struct mark){ statement->files_mono_ms, statement->files_driver };
    default:
        return (struct mark){ statement->facts[piece].mono_ms, statement->facts[piece].driver };
    }
}

int64_t statement_time(const struct statement *statement, unsigned piece)
{
    if (piece == PIECE_AGENT_SIDE && statement->agent_side.side <= SIDE_UNKNOWN)
        return 0;
    return mark_of(statement, piece).mono_ms;
}

enum driver statement_source(const struct statement *statement)
{
    for (unsigned piece = 0; piece < PIECE_FILES; piece++)
        if (statement_time(statement, piece))
            return mark_of(statement, piece).driver;
    return 0;
}

const struct address_list *statement_own(const struct statement *statement)
{
    return statement->own ? statement->own : &address_list_unknown;
}

const struct address_list *statement_resolved(const struct statement *statement)
{
    return statement->resolved ? statement->resolved : &address_list_unknown;
}

static void copy_list(const struct address_list **to, const struct address_list *from)
{
    address_list_ref(from);
    address_list_unref(*to);
    *to = from;
}

void statement_copy(struct statement *to, const struct statement *from, unsigned piece)
{
    switch (piece) {
    case PIECE_AGENT_SIDE:
        to->agent_side = from->agent_side;
        break;
    case PIECE_OWN:
        copy_list(&to->own, from->own);
        break;
    case PIECE_RESOLVED:
        copy_list(&to->resolved, from->resolved);
        break;
    case PIECE_PATTERN:
        to->pattern_mono_ms = from->pattern_mono_ms;
        memcpy(to->pattern_version, from->pattern_version, sizeof to->pattern_version);
        to->pattern_day = from->pattern_day;
        to->pattern_driver = from->pattern_driver;
        break;
    case PIECE_REPORT:
        report_ref(from->report);
        report_unref(to->report);
        to->report = from->report;
        to->report_mono_ms = from->report_mono_ms;
        to->report_driver = from->report_driver;
        break;
    case FACT_RECORDED:
        to->recorded_wall_ms = from->recorded_wall_ms;
        to->facts[piece] = from->facts[piece];
        break;
    case PIECE_FILES:
        difference_ref(from->difference);
        difference_unref(to->difference);
        to->difference = from->difference;
        to->files_mono_ms = from->files_mono_ms;
        to->files = from->files;
        to->files_driver = from->files_driver;
        break;
    default:
        to->facts[piece] = from->facts[piece];
        break;
    }
}

void statement_clear(struct statement *statement, unsigned piece)
{
    static const struct statement nothing = { .agent_side = { .side = SIDE_UNKNOWN, .cause = CAUSE_UNKNOWN } };
    statement_copy(statement, &nothing, piece);
}

/* Whether news take the place of what is known. */
static bool counts_before(struct mark news, struct mark known)
{
    const bool recorded = driver_is_console(news.driver);
    if (known.mono_ms == 0 || recorded == driver_is_console(known.driver))
        return known.mono_ms == 0 || news.mono_ms >= known.mono_ms;
    return !recorded;
}

bool statement_precedes(const struct statement *statement, const struct statement *other, unsigned piece)
{
    const struct mark mark = mark_of(statement, piece), others = mark_of(other, piece);
    return counts_before(mark, others) && (mark.mono_ms != others.mono_ms || !counts_before(others, mark));
}

void statement_update(struct statement *statement, const struct statement *said)
{
    for (unsigned piece = 0; piece < PIECES; piece++) {
        if (statement_time(said, piece) != 0 && counts_before(mark_of(said, piece), mark_of(statement, piece)))
            statement_copy(statement, said, piece);
    }
}

void statement_forget(struct statement *statement, enum driver driver)
{
    for (unsigned piece = 0; piece < PIECES; piece++)
        if (mark_of(statement, piece).driver == driver)
            statement_clear(statement, piece);
}

void statement_retain(const struct statement *statement)
{
    address_list_ref(statement->own);
    address_list_ref(statement->resolved);
    report_ref(statement->report);
    difference_ref(statement->difference);
}

void statement_release(const struct statement *statement)
{
    address_list_unref(statement->own);
    address_list_unref(statement->resolved);
    report_unref(statement->report);
    difference_unref(statement->difference);
}

static struct contact agent_side_of(const struct observation *observation, int64_t mono_ms)
{
    const bool online = observation->agent_side == SIDE_ONLINE;
    const bool unresolved = (observation->has & HAS_RESOLVED) && observation->resolved.n == 0;
    const enum cause guess = online ? CAUSE_NONE : unresolved ? CAUSE_NAME_NOT_FOUND : CAUSE_UNKNOWN;
    return (struct contact){ .mono_ms = mono_ms,
                             .wall_ms = observation->wall_ms,
                             .rtt_ms = observation->agent_side_rtt_ms,
                             .side = observation->agent_side,
                             .cause = observation->agent_side_cause ? observation->agent_side_cause : (uint8_t)guess,
                             .driver = (uint8_t)observation->driver,
                             .heard = online };
}

/* A list that is told, as one of its own. */
static int keep_list(struct address_list list, const struct observation *observation, int64_t mono_ms,
                     const struct address_list **ret)
{
    list.mono_ms = mono_ms;
    list.driver = (uint8_t)observation->driver;
    *ret = address_list_new(&list);
    return *ret ? 0 : -ENOMEM;
}

struct contact contact_from(const struct observation *observation, int64_t mono_ms)
{
    return (struct contact){
        .mono_ms = mono_ms,
        .wall_ms = observation->wall_ms,
        .rtt_ms = observation->rtt_ms,
        .side = observation->cause == CAUSE_NONE ? SIDE_ONLINE : SIDE_OFFLINE,
        .cause = (uint8_t)observation->cause,
        .driver = (uint8_t)observation->driver,
        .heard = observation->heard,
    };
}

int statement_of(const struct observation *observation, int64_t mono_ms, struct statement *ret)
{
    const uint8_t driver = (uint8_t)observation->driver;
    struct statement said = { 0 };

    if (observation->has & HAS_FILES) {
        said.files = observation->files;
        said.difference = difference_ref(observation->difference);
        said.files_mono_ms = mono_ms;
        said.files_driver = driver;
    }
    if (!observation_tells_facts(observation))
        goto done;
    for (unsigned fact = 0; fact < FACTS; fact++)
        if (observation->facts & FACT_BIT(fact))
            said.facts[fact] = (struct fact_value){ mono_ms, observation->values[fact], driver };
    if (observation_shows_agent_side(observation))
        said.agent_side = agent_side_of(observation, mono_ms);
    if (((observation->has & HAS_OWN) && keep_list(observation->own, observation, mono_ms, &said.own) < 0) ||
        ((observation->has & HAS_RESOLVED) &&
         keep_list(observation->resolved, observation, mono_ms, &said.resolved) < 0)) {
        statement_release(&said);
        return -ENOMEM;
    }
    if (observation->has & (HAS_PATTERN_VERSION | HAS_PATTERN_DAY)) {
        said.pattern_mono_ms = mono_ms;
        said.pattern_driver = driver;
        if (observation->has & HAS_PATTERN_VERSION)
            memcpy(said.pattern_version, observation->pattern_version, sizeof said.pattern_version);
        said.pattern_day = observation->has & HAS_PATTERN_DAY ? observation->pattern_day : 0;
    }
    if (observation->facts & FACT_BIT(FACT_RECORDED))
        said.recorded_wall_ms = observation->wall_ms;
    if (observation->report) {
        said.report = report_ref(observation->report);
        said.report_mono_ms = mono_ms;
        said.report_driver = driver;
    }
done:
    *ret = said;
    return 0;
}
