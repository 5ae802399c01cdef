/* A statement: what is said of one agent, each piece with its source and time. It knows no clock. */
#ifndef AH_CORE_STATEMENT_H
#define AH_CORE_STATEMENT_H

#include "observation.h"

/* Times are mono_ms; 0 is never, and a feed that is older than the machine's uptime has a negative one. */

struct fact_value {
    int64_t mono_ms; /* when it was true; 0: not known */
    int32_t value;
    uint8_t driver; /* enum driver: who says so */
};

/* One side of the connection, as last observed. */
struct contact {
    int64_t mono_ms; /* 0: never observed */
    int64_t wall_ms;
    uint32_t rtt_ms;
    uint8_t side;   /* enum side */
    uint8_t cause;  /* enum cause; CAUSE_NONE when online */
    uint8_t driver; /* enum driver */
    bool heard;     /* something at all answered, be it a refusal */
};

struct statement {
    struct fact_value facts[FACTS];
    int64_t recorded_wall_ms; /* when the server wrote FACT_RECORDED; 0: not told */
    struct contact agent_side;
    const struct address_list *own;      /* the endpoint's own addresses; NULL: not known; owns a reference */
    const struct address_list *resolved; /* what its server's name resolves to on the endpoint; likewise */
    int64_t pattern_mono_ms;             /* when version and day were true; 0: neither is known */
    char pattern_version[VERSION_BYTES];
    int32_t pattern_day;    /* the pattern's date, days since 1970; 0: not known */
    uint8_t pattern_driver; /* enum driver: who says so */
    uint8_t report_driver;
    uint8_t files; /* enum files; 0: not known */
    uint8_t files_driver;
    const struct report *report;         /* NULL: none; owns a reference */
    int64_t report_mono_ms;              /* when it was true; 0: there is none */
    const struct difference *difference; /* of FILES_DIFFERENT, else NULL; owns a reference */
    int64_t files_mono_ms;               /* when files and difference were true; 0: not known */
};

/* The pieces of a statement, each of which is known or not as a whole: the facts by their number, then these. */
enum {
    PIECE_AGENT_SIDE = FACTS,
    PIECE_OWN,
    PIECE_RESOLVED,
    PIECE_PATTERN, /* version and day */
    PIECE_REPORT,
    PIECE_FILES, /* whether the agent's file is in step, and where not */
    PIECES
};

/* When a piece was true; 0: it is not known. An agent side that is unknown is not known, though it may have a time. */
int64_t statement_time(const struct statement *statement, unsigned piece);
/* Whose word the first piece that is known is; 0: none is known. The files are left out: one driver alone is asked
 * about them. */
enum driver statement_source(const struct statement *statement);

/* How a question itself ended, as a contact of `mono_ms`: online where it was answered well. */
struct contact contact_from(const struct observation *observation, int64_t mono_ms);

/* What an observation of an agent says, as a statement of `mono_ms`, with references of its own. An agent side that is
 * offline for a reason that is not told has cause nameNotFound where the server's name resolves to nothing there, else
 * unknown: an endpoint that reports "not reachable" does not say how it tried. 0 or
 * -ENOMEM. */
int statement_of(const struct observation *observation, int64_t mono_ms, struct statement *ret) AH_WARN_UNUSED;

/* Takes over every piece that is not older than what is known of it. A console's word is the server's record: whatever
 * its age, it stands back where the endpoint itself has spoken. */
void statement_update(struct statement *statement, const struct statement *said);
/* Whether of two statements that both know a piece this one counts; of equally old ones neither does. */
bool statement_precedes(const struct statement *statement, const struct statement *other, unsigned piece);
/* Forgets what one source has said. */
void statement_forget(struct statement *statement, enum driver driver);
/* One piece alone: takes it over as it is, or forgets it. */
void statement_copy(struct statement *to, const struct statement *from, unsigned piece);
void statement_clear(struct statement *statement, unsigned piece);
/* Its lists, never NULL. */
const struct address_list *statement_own(const struct statement *statement);
const struct address_list *statement_resolved(const struct statement *statement);
/* The references that it owns, for a copy of the struct; and gives them back. */
void statement_retain(const struct statement *statement);
void statement_release(const struct statement *statement);

#endif
