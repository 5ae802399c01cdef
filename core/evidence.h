/* Evidence: what is known about one agent, each fact with its source and time, and the observation that carries news.
 * Pure values: no pointer, no clock, no I/O. */
#ifndef AH_CORE_EVIDENCE_H
#define AH_CORE_EVIDENCE_H

#include "report.h"

enum { OWN_ADDRESSES_MAX = 8, RESOLVED_ADDRESSES_MAX = 4 };

/* Times in evidence are mono_ms; 0 is never, and a feed that is older than the machine's uptime has a negative one.
 *
 * Facts with a small integer value. The value of a fact that is not known is never read: its time is 0. */
enum fact {
    FACT_MODE,             /* enum mode */
    FACT_RTS_POLICY,       /* enum tri: real-time scan enabled by policy */
    FACT_RTS_SERVICE,      /* enum service: ntrtscan */
    FACT_SCAN_METHOD,      /* enum scan_method */
    FACT_PATTERN_AGE_S,    /* seconds between the pattern's date and the moment of observation */
    FACT_SMART_PROTECTION, /* enum tri: the current source answers the agent */
    FACT_LOCATION,         /* enum location */
    FACT_TMUSA,            /* enum service: the web reputation driver */
    FACT_LISTENER_SERVICE, /* enum service: tmlisten */
    FACT_CURRENT_SOURCE,   /* enum tri: the agent names a Smart Protection source that it uses now */
    FACTS
};
#define FACT_BIT(fact) (1U << (fact))

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

struct address_list {
    int64_t mono_ms; /* 0: not known */
    uint8_t n;
    struct address at[OWN_ADDRESSES_MAX];
    uint8_t driver; /* enum driver: who says so */
};

struct evidence {
    struct contact server_side, agent_side;
    struct fact_value facts[FACTS];
    struct address_list own;      /* the endpoint's own addresses */
    struct address_list resolved; /* what its server's name resolves to on the endpoint */
    int64_t pattern_mono_ms;      /* when version and day were true; 0: neither is known */
    char pattern_version[VERSION_BYTES];
    int32_t pattern_day;    /* the pattern's date, days since 1970; 0: not known */
    uint8_t pattern_driver; /* enum driver: who says so */
    int64_t feed_mono_ms;   /* when the newest feed was true; 0: none */
};

/* What a driver found out. Every field beside the first block is optional and marked by `has`. */
enum {
    HAS_SERVER_SIDE = 1 << 0, /* contact is the server side (listener) */
    HAS_AGENT_SIDE = 1 << 1,  /* agent_side */
    HAS_OWN = 1 << 2,
    HAS_RESOLVED = 1 << 3,
    HAS_PATTERN_VERSION = 1 << 4,
    HAS_PATTERN_DAY = 1 << 5
};

struct observation {
    enum driver driver;
    enum subject subject; /* SUBJECT_AGENT, SUBJECT_SERVER or SUBJECT_SOURCE */
    uint32_t index;       /* the subject's index */
    enum cause cause;     /* of the probe itself: CAUSE_NONE: asked and answered well */
    bool heard;           /* something at all answered */
    uint32_t rtt_ms;
    int64_t mono_ms; /* when it was true: the end of the probe, or a feed's own time; never in the future */
    int64_t wall_ms;
    uint32_t has;   /* HAS_* */
    uint32_t facts; /* FACT_BIT of each entry of `values` that is given */
    int32_t values[FACTS];
    uint8_t agent_side;       /* enum side */
    uint8_t agent_side_cause; /* enum cause; 0: the driver can not tell why */
    uint32_t agent_side_rtt_ms;
    struct address_list own, resolved;
    char pattern_version[VERSION_BYTES];
    int32_t pattern_day;
    const struct report *report; /* NULL: none. Whoever holds the observation owns a reference */
};

/* Whether something observed at `mono_ms` still counts: false for never, and once it is older than the limit. */
bool evidence_is_fresh(int64_t mono_ms, int64_t max_age_ms, int64_t now_ms);

/* False where a probe says nothing about the world: it was not asked, or cancelled. */
bool cause_is_evidence(enum cause cause);

/* What an observation of an agent speaks about, beside its facts. */
bool observation_shows_server_side(const struct observation *observation);
bool observation_shows_agent_side(const struct observation *observation);
bool observation_is_live_feed(const struct observation *observation); /* the endpoint itself has reported */

/* Folds an observation about an agent into its evidence: for each fact the newer wins, of equally old ones the one that
 * comes later; an older one changes nothing. Pattern version and day are one fact.
 * A listener observation (driver DRIVER_LISTENER) always speaks about the server side, unless its cause is no evidence.
 * An agent side that is offline has cause nameNotFound where the observation says that the server's name resolves to
 * nothing there, else unknown: an endpoint that reports "not reachable" does not say how it tried.
 * A feed is a whole statement: what an earlier feed said and a newer one leaves out is not known any more. */
void evidence_merge(struct evidence *evidence, const struct observation *observation);

/* Forgets what is older than the limit, for readers that know no clock: facts and lists become not known; a side
 * becomes unknown with cause stale, and keeps its times. True if that changed anything. *ret_next_ms: when the next
 * piece gets too old; INT64_MAX: none will. */
bool evidence_expire(struct evidence *evidence, int64_t max_age_ms, int64_t now_ms, int64_t *ret_next_ms);

#endif
