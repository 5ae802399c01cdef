/* A roster: what one console has told, put in order: which agents it knows, whom it has known until lately, and its
 * latest record of each. It is made by one thread, is immutable from then on, and is shared by counting. It asks nobody
 * and knows no clock. */
#ifndef AH_DAEMON_ROSTER_H
#define AH_DAEMON_ROSTER_H

#include "probes/console.h"

struct roster;

enum roster_kind {
    ROSTER_LISTED, /* in the console's inventory */
    ROSTER_GONE,   /* vanished from it */
    ROSTER_RECORD, /* never in it: there is a record of it alone */
    ROSTER_KINDS
};

/* Texts are never NULL, "" where not told, at most 255 bytes, and live as long as the roster. */
struct roster_entry {
    enum roster_kind kind;
    const char *name, *guid, *server, *group, *address;
    bool twin;                /* another listed one has the same name: the name alone means neither */
    uint8_t recorded;         /* enum recorded; 0: not told */
    uint8_t pattern, engine;  /* as struct console_record has them, as is `recorded` */
    int64_t recorded_wall_ms; /* when the server wrote `recorded` */
    const char *pattern_version, *engine_version;
};

/* So many agents of one name are looked at, so that a console in which all have one name keeps nobody for hours; more
 * are nobody's match. */
enum { ROSTER_NAMESAKES_MAX = 64 };
/* Whether two texts may be the same agent's: they are alike, letter case aside, or one of them is not told. */
bool roster_may_be(const char *a, const char *b);

const struct roster *roster_ref(const struct roster *roster); /* NULL-safe, as is the next */
void roster_unref(const struct roster *roster);

/* Entries are in the order of enum roster_kind. */
size_t roster_count(const struct roster *roster); /* 0 for NULL */
void roster_at(const struct roster *roster, size_t i, struct roster_entry *ret);
/* Whether two tell the same, whenever they were told it. */
bool roster_equal(const struct roster *a, const struct roster *b);
/* When the records were last confirmed as a whole (mono); 0: they never were, also for NULL. */
int64_t roster_confirmed_ms(const struct roster *roster);

/* A round in the making, beside the last one. NULL: out of memory. `before` may be NULL; it is borrowed. */
struct roster_draft;
struct roster_draft *roster_draft_new(const struct roster *before);
void roster_draft_free(struct roster_draft *draft); /* NULL-safe */
/* What a console_sink calls, with the draft as its user. 0 or -ENOMEM. */
int roster_draft_agent(void *user, const struct console_agent *agent);
int roster_draft_record(void *user, const struct console_record *record);

/* How a round went, for roster_finish(). */
struct roster_round {
    int64_t now_ms;    /* mono: when it began */
    int64_t retire_ms; /* a vanished one, and a record of one that never was listed, is kept so long */
    bool whole;        /* the records were told to their end as well */
    uint32_t hidden;   /* items of the inventory that made no sense: so many agents may be there all the same */
};

/* What a roster is, against the one before. */
struct roster_news {
    size_t listed, gone, vanished; /* `vanished`: of those that are gone, since the last one */
    size_t listed_before;
    size_t passed_over; /* twice in the inventory, or by a name that none can have */
    size_t shared;      /* agents whose GUID others have, too: they are known by their names */
};

/* Makes the roster of a round whose inventory was read to its end: who was listed before and is not now has vanished;
 * fields of records that were not told anew are as they were. Takes the draft in any case. 0 or -ENOMEM. */
int roster_finish(struct roster_draft *draft, const struct roster_round *round, const struct roster **ret,
                  struct roster_news *ret_news) AH_WARN_UNUSED;

#endif
