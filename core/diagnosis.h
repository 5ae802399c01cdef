/* From evidence to verdict, in two pure steps: axes_observe() reads the evidence (what does it say now?), and
 * diagnose() turns believed axes into conditions, a cause and an icon. Between the two, the transition engine damps
 * each axis (rise, fall). No clock: time comes in. */
#ifndef AH_CORE_DIAGNOSIS_H
#define AH_CORE_DIAGNOSIS_H

#include "evidence.h"
#include "smart.h"

enum absent_policy { ABSENT_ALARM = 0, ABSENT_NOTE = 1 };

struct policy {
    int64_t pattern_max_age_ms;
    int64_t evidence_max_age_ms;
    unsigned rise, fall; /* at least 1 */
    enum absent_policy absent;
    unsigned pattern_versions_behind;     /* a record's FACT_PATTERN_BEHIND that is outdated */
    unsigned flap_high_pct, flap_low_pct; /* of the last verdicts are changes: flapping begins, ends; 0: never */
    unsigned mass_outage_pct, mass_outage_agents; /* of a group are in alarm: one alarm stands for all; 0: never */
    int64_t mass_outage_wait_ms;                  /* a raising waits so long for others to follow, where that counts */
    int64_t min_gap_ms;                           /* between two notifications of one agent and condition; 0: none */
};

/* The damped quantities. For each, 1 is unknown, and 0 (not believed yet) counts as that; which values are bad,
 * axis_is_bad() tells. */
enum axis {
    AXIS_SERVER_SIDE, /* enum side */
    AXIS_AGENT_SIDE,  /* enum side */
    AXIS_PRESENCE,    /* enum presence */
    AXIS_PATTERN,     /* enum tri: current? */
    AXIS_SCAN,        /* enum scan_state */
    AXIS_SMART,       /* enum tri: a source is available? */
    AXES
};
#define AXIS_BIT(axis) (1U << (axis))

enum scan_state {
    SCAN_UNKNOWN = 1,
    SCAN_RUNNING = 2,
    SCAN_NOT_FUNCTIONING = 3,
    SCAN_DISABLED = 4,
    SCAN_STANDALONE_UNPROTECTED = 5
};

struct axes {
    uint8_t at[AXES];
};

/* More than these are not held against what a name resolves to: a list that is full may have been cut. */
enum { EXPECTED_ADDRESSES_MAX = 16 };

/* How the list stands by which an agent finds its Smart Protection source. */
struct list_context {
    enum updown state;    /* down: none of its sources answers; unknown also where it is not known which list */
    bool exists;          /* it is known which list, and that has a source */
    enum finding stray;   /* that the agent uses a source of no list, or of another; nothing: not known to */
    bool whole;           /* each of its sources answers */
    bool failing;         /* the latest check of each failed, which may not be believed yet */
    int64_t up_since_ms;  /* mono: when it was last seen to come back; 0: it never was down */
    enum finding proxies; /* of the proxy by which the agent reaches it */
};

/* What the agent's surroundings add to its own evidence. */
struct context {
    enum updown server_state;       /* of the agent's management server, believed; UPDOWN_UNKNOWN: none or not probed */
    int64_t server_up_since_ms;     /* mono: when it was last seen to come back; 0: it never was down */
    bool server_failing;            /* its latest check failed, which may not be believed yet */
    struct address recorded;        /* the agent's address on record; family 0: a name, or none */
    uint32_t monitored;             /* conditions that some configured driver can observe for this agent */
    const struct address *expected; /* what the server's name should resolve to */
    size_t n_expected;              /* 0: not known */
    struct list_context list;       /* of the Smart Protection sources that it uses */
    struct location_context places; /* by what it finds out where it is */
    enum comparison comparison;     /* of its configuration files */
};

struct verdict {
    uint32_t conditions;            /* CONDITION_BITs that hold */
    uint32_t unknowns;              /* monitored ones for which there is no evidence */
    uint8_t icon;                   /* enum icon */
    uint8_t severity;               /* enum severity */
    uint8_t diagnosis;              /* enum diagnosis: of the connection */
    uint8_t name_check;             /* enum name_check: of the server's name on the endpoint */
    uint8_t findings[SMART_CHECKS]; /* enum finding: of each check in order, whether or not a source is lost */
    uint8_t expected_location;      /* enum location: where it should find itself */
    bool outage;                    /* smartProtectionUnavailable holds for its list's sake alone */
};

/* Absent is bad, too, whatever the policy: so that presence and the server side, which the same silence moves, are
 * believed together. Unknown is never bad. */
bool axis_is_bad(enum axis axis, unsigned value);

/* The checks that failed, as CHECK_BITs. */
uint32_t verdict_failed_checks(const struct verdict *verdict);

/* Which axes an observation speaks about, as AXIS_BITs: only these may count towards rise and fall. */
uint32_t axes_touched(const struct observation *observation);

/* The conditions about which these axes, as AXIS_BITs, speak by themselves; as CONDITION_BITs. */
uint32_t axes_conditions(uint32_t axes);

/* What the evidence says at `now_ms`. A fact older than the policy's limit is unknown. An agent side that says offline
 * is unknown while the server is down or its latest check failed, and until it is observed anew after the server came
 * back; so is a word that says the Smart Protection source is lost, with regard to the list of its sources.
 * *ret_valid_until_ms: until then (exclusive) neither this answer nor diagnose()'s over it changes without new evidence
 * or context; INT64_MAX: for ever. */
struct axes axes_observe(const struct evidence *evidence, const struct context *context, const struct policy *policy,
                         int64_t now_ms, int64_t *ret_valid_until_ms);

/* The verdict over believed axes. Evidence is read, while fresh, for the rest: the endpoint's own addresses (against
 * the recorded one), whether a server that is down is why its agent says offline (then serverDown), what the server's
 * name resolves to there, where it should find itself, and what the checks of the Smart Protection chain find. While
 * none of the sources of its list answers, the agent has none. */
struct verdict diagnose(const struct axes *believed, const struct evidence *evidence, const struct context *context,
                        const struct policy *policy, int64_t now_ms);

#endif
