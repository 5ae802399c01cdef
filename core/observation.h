/* An observation: what one question found out, as a value. It judges nothing. */
#ifndef AH_CORE_OBSERVATION_H
#define AH_CORE_OBSERVATION_H

#include "address_list.h"
#include "difference.h"
#include "report.h"
#include "source.h"

/* Facts with a small integer value. The value of a fact that is not known is never read: its time is 0. */
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
    FACT_RECORDED,         /* enum recorded: what its management server has on record, written at `wall_ms` */
    FACT_PATTERN_BEHIND,   /* by the record: 1 its pattern is up to date, 2 to 6 one to five versions behind, 7 more */
    FACT_ENGINE,           /* enum tri: by the record, its scan engine is up to date */
    FACT_GATEWAY,          /* enum tri: one of its gateways is a configured one */
    FACTS
};
#define FACT_BIT(fact) (1U << (fact))

/* Every field beside the first block is optional and marked by `has`. */
enum {
    HAS_SERVER_SIDE = 1 << 0, /* contact is the server side (listener) */
    HAS_AGENT_SIDE = 1 << 1,  /* agent_side */
    HAS_OWN = 1 << 2,
    HAS_RESOLVED = 1 << 3,
    HAS_PATTERN_VERSION = 1 << 4,
    HAS_PATTERN_DAY = 1 << 5,
    HAS_FILES = 1 << 7, /* files; it says so also where the agent's file could not be read */
    HAS_WHOLE = 1 << 6  /* it is all that its driver can say: what it leaves out is not known any more */
};

struct observation {
    enum driver driver;
    enum subject subject; /* SUBJECT_AGENT, SUBJECT_SERVER, SUBJECT_SOURCE or SUBJECT_REFERENCE */
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
    union { /* by the subject; what is on its way is many */
        struct {
            struct address_list own, resolved; /* an agent's */
        };
        struct source_check source; /* a source's: how each way to it ended */
    };
    char pattern_version[VERSION_BYTES];
    int32_t pattern_day;
    uint8_t files;               /* enum files */
    const struct report *report; /* NULL: none. Whoever holds the observation owns a reference, as to the next */
    const struct difference *difference; /* where files is FILES_DIFFERENT; else NULL */
};

/* False where a probe says nothing about the world: it was not asked, or cancelled. */
bool cause_is_evidence(enum cause cause);
/* True where nothing at all answered: a filter, or no host. */
bool cause_is_silence(enum cause cause);

/* What an observation of an agent speaks about. */
bool observation_shows_server_side(const struct observation *observation);
bool observation_shows_agent_side(const struct observation *observation);
bool observation_is_live_feed(const struct observation *observation);  /* the endpoint itself has reported */
bool observation_is_record(const struct observation *observation);     /* a console's word, all that it has */
bool observation_asks_endpoint(const struct observation *observation); /* it was asked itself, and how that ended */
/* False for what failed: then there are no facts in it, whatever its fields say. A conversation with the endpoint that
 * broke off has said what it has said. */
bool observation_tells_facts(const struct observation *observation);

#endif
