/* The rows that the store keeps and SNMP shows: plain structs, each starting with its key. What they point to is
 * immutable and reference-counted. */
#ifndef AH_CORE_ROWS_H
#define AH_CORE_ROWS_H

#include "diagnosis.h"
#include "disagreement.h"
#include "gateway.h"
#include "range.h"
#include "rowset.h"

/* An immutable, reference-counted text. */
struct text;
const struct text *text_new(const char *from); /* NULL: out of memory */
const struct text *text_ref(const struct text *text);
void text_unref(const struct text *text);
const char *text_chars(const struct text *text); /* "" for NULL */

/* Who an agent is, as configured. Immutable once given to the store. Texts are UTF-8, never NULL, at most 255 bytes. */
struct agent_identity {
    const char *name;
    const char *guid;       /* "" where not known */
    const char *group;      /* "" for none */
    const char *address;    /* as configured: a literal or a host name */
    struct address literal; /* family 0 when `address` is a name */
    uint16_t port;          /* of the listener */
    uint32_t group_index;   /* 0: none */
    uint32_t server;        /* index of its management server; 0: none */
    uint32_t monitored;     /* CONDITION_BITs that a configured driver can observe */
    bool listened;          /* its listener is asked */
    bool asked;             /* the endpoint itself is */
    bool retired;           /* it has vanished from the inventory that it came from */
};

/* Who a management server is. Likewise. */
struct server_identity {
    const char *name;
    const char *url;
    const char *addresses; /* what its name should resolve to, separated by commas or blanks; "" or NULL: not told */
    /* Found by server_identity_new(): these addresses, or else the one that the url itself is. */
    struct address expected[EXPECTED_ADDRESSES_MAX];
    size_t n_expected; /* 0: not known */
};

enum { SOURCE_RANGES_MAX = 64 };

/* What a Smart Protection source is. Likewise. */
struct source_identity {
    const char *name;
    enum list_kind kind;       /* of the list that it stands in */
    const char *url, *web_url; /* web_url "": web reputation is not asked */
    const char *ranges;        /* of the agents that a custom list serves, as configured; "" for the other lists */
    /* Found by source_identity_new(): those ranges; what is none, or one too many, is left out. */
    struct range range[SOURCE_RANGES_MAX];
    size_t n_ranges;
};

/* Copies of the argument, texts included, in one allocation with one reference; NULL: out of memory. */
const struct agent_identity *agent_identity_new(const struct agent_identity *from);
const struct agent_identity *agent_identity_ref(const struct agent_identity *identity);
void agent_identity_unref(const struct agent_identity *identity);
/* Whether both say the same. */
bool agent_identity_equal(const struct agent_identity *a, const struct agent_identity *b);
const struct server_identity *server_identity_new(const struct server_identity *from);
const struct server_identity *server_identity_ref(const struct server_identity *identity);
void server_identity_unref(const struct server_identity *identity);
const struct source_identity *source_identity_new(const struct source_identity *from);
const struct source_identity *source_identity_ref(const struct source_identity *identity);
void source_identity_unref(const struct source_identity *identity);
/* Whether a source of a list serves an agent of that address: those without ranges serve all, but for custom lists,
 * which then serve nobody. */
bool source_identity_serves(const struct source_identity *identity, const struct address *address);
/* Whether two stand in one list: of one kind, and serving the same ranges. */
bool source_identity_is_beside(const struct source_identity *a, const struct source_identity *b);

/* A believed value and the run of observations that contradicts it. */
struct damper {
    uint8_t believed, candidate;
    uint16_t run;
};

/* Which of the Smart Protection sources an agent uses. */
struct list_use {
    uint32_t list;   /* the index of the first source of its list; 0: not known, or it has none */
    uint32_t source; /* of the one that it names itself; 0: it names none; SOURCE_ELSEWHERE: none that is configured */
    uint32_t up_since_s; /* mono, in seconds, rounded up: when the list last came back; 0: it never was down */
    uint8_t state;       /* enum updown: of the list, as the agent was judged by it */
    bool was_down;       /* and has not been seen up since */
};
#define SOURCE_ELSEWHERE UINT32_MAX

/* Somebody has said that transitions are not to be told for a while. All zero: nobody has, or it is over. */
struct maintenance {
    int64_t wall_ms;  /* its end, as it was said */
    int64_t until_ms; /* mono: the same moment as it was then foreseen; no step of the wall clock moves it */
};

struct agent_row {
    uint32_t index;
    uint32_t change_seq;                   /* of the row's latest change; 0: no verdict yet */
    const struct agent_identity *identity; /* owns a reference */
    struct evidence evidence;
    struct damper dampers[AXES];
    struct verdict verdict;
    uint32_t alarms[CONDITIONS]; /* sequence of the active alarm per condition; 0: none */
    uint8_t judged;              /* conditions that have had a first verdict */
    uint8_t told;                /* conditions whose active alarm was notified */
    uint8_t deferred;            /* conditions whose active alarm is notified later, if it lasts */
    uint8_t flapping;            /* conditions that come and go too often to be notified each time */
    uint32_t withheld;        /* the list whose matter its alarm of a lost source is, not told for that reason; or 0 */
    bool unnoted;             /* memory ran out before its latest change had a sequence */
    uint16_t disagreements;   /* DISAGREE_BITs of now */
    uint8_t recorded;         /* enum recorded: what its server has on record, as it was last judged */
    bool contradicted;        /* which is the contrary of what is believed */
    bool in_maintenance;      /* as it was last judged: by its own, its group's or its server's */
    uint32_t judged_wall_s;   /* when it was last judged, in seconds; and the age of its pattern then: */
    uint32_t pattern_age_s;   /* UINT32_MAX: not known */
    int64_t since_wall_ms;    /* when the icon took its present value; 0: no verdict yet */
    int64_t observed_wall_ms; /* the latest observation; 0: never */
    int64_t valid_until_ms;   /* mono: when the verdict must be looked at again */
    struct maintenance maintenance; /* its own */
    struct list_use list;
};

struct server_row {
    uint32_t index;
    const struct server_identity *identity; /* owns a reference */
    struct contact contact;                 /* the latest check */
    struct damper damper;                   /* of enum updown */
    uint32_t alarm;                         /* sequence of the active alarm; 0: none */
    bool judged, told;
    bool deferred;                  /* its alarm is notified later, if it lasts */
    bool was_down;                  /* and has not been seen up since */
    int64_t up_since_ms;            /* mono: when it last came back; 0: it never was down */
    int64_t valid_until_ms;         /* mono: when its state turns unknown for want of evidence */
    int64_t since_wall_ms;          /* since when the damper is as it is; 0: it was never known */
    struct maintenance maintenance; /* of the server and of its agents */
    uint32_t agents, agents_offline;
};

struct source_row {
    uint32_t index;
    const struct source_identity *identity; /* owns a reference */
    struct source_check check;              /* the latest */
    int64_t mono_ms, wall_ms;               /* when that was; 0: never */
    struct damper dampers[REPUTATIONS];     /* of enum updown */
    uint8_t state;                          /* enum updown: of both services together */
    uint32_t alarm;                         /* sequence of the active alarm; 0: none */
    bool judged, told;
    int64_t since_wall_ms;  /* since when both dampers are as they are; 0: they were never known */
    int64_t valid_until_ms; /* mono: when its state turns unknown for want of evidence */
    uint32_t agents;        /* that use it */
};

enum { REFERENCES_MAX = 320 }; /* as many as the console takes (the vendor) */

/* A reference server, by a connection to which agents find out that they are inside. */
struct reference_row {
    uint32_t index;          /* its place in the list, from 1: agents try them in this order */
    uint16_t port;           /* of TCP */
    const struct text *host; /* owns a reference: an address or a name */
    struct contact contact;  /* the latest check */
    struct damper damper;    /* of enum updown */
    int64_t valid_until_ms;  /* mono: when its state turns unknown for want of evidence */
};

struct gateway_row {
    uint32_t index;             /* its place in the list, from 1 */
    uint8_t kind;               /* enum gateway_kind */
    const struct text *address; /* owns a reference: as it is configured */
};

/* Numbers over a set of agents. */
struct tally {
    uint32_t agents, healthy, unknown, absent, disagreeing, contradicted, retired, maintenance, flapping;
    uint32_t conditions[CONDITIONS];
    uint32_t severities[SEVERITY_CRITICAL + 1];
};
/* The highest severity of any; unknown while none is known. */
enum severity tally_worst(const struct tally *tally);

struct group_row {
    uint32_t index;
    const struct text *name;        /* owns a reference */
    struct maintenance maintenance; /* of its agents */
    uint32_t outages[CONDITIONS];   /* sequence of the alarm of a mass outage per condition; 0: there is none */
    uint8_t outages_told;           /* conditions whose mass outage was notified */
    bool outage_ended;              /* and its agents are still to be judged anew */
    struct tally tally;
};

/* Whether a mass outage of it is in force. */
bool group_is_out(const struct group_row *group);

enum { ALARM_TEXT_BYTES = 256 };

/* One alarm. */
struct alarm_row {
    uint32_t seq;
    uint32_t subject_index;
    uint8_t subject;   /* enum subject */
    uint8_t condition; /* enum alarm_condition */
    uint8_t severity;  /* enum severity */
    uint8_t diagnosis; /* enum diagnosis */
    bool acknowledged;
    int64_t raised_wall_ms;
    const struct text *subject_name; /* own a reference each */
    const struct text *text;
    uint32_t agents;  /* of a list's outage: how many it concerns */
    uint32_t grounds; /* stands for what the text says beside the diagnosis: it is worded anew when this changes */
};

/* A cleared alarm, numbered in the order of clearing, so that a manager that remembers the last number can catch up. */
struct history_row {
    uint32_t seq;
    uint8_t why; /* enum clear_reason */
    int64_t cleared_wall_ms;
    struct alarm_row alarm; /* as it was when it was cleared */
};

enum { FLAP_VERDICTS = 20 };

/* What has to be remembered, beside the rows, to tell of an agent's condition, or of a server: there only as long as
 * there is something. */
struct telling_row {
    uint32_t key;        /* telling_key_of_agent() or telling_key_of_server() */
    uint32_t changes;    /* among the last FLAP_VERDICTS verdicts, the latest lowest: which were another than before */
    uint32_t flap_alarm; /* sequence; 0: it does not flap */
    bool flap_told, flap_deferred;
    uint8_t owed_why; /* enum clear_reason of: */
    struct alarm_row
        owed;        /* an alarm that was notified and is over, which was not notified yet; seq 0: there is none */
    int64_t told_ms; /* mono: the latest notification; 0: never, or long ago */
    int64_t hold_until_ms; /* mono: its raising waits for others to follow; 0: it does not */
};
static inline uint32_t telling_key_of_agent(uint32_t index, enum condition condition)
{
    return index << 3 | (uint32_t)condition;
}
static inline uint32_t telling_key_of_server(uint32_t index)
{
    return index << 3 | CONDITIONS;
}

struct change_row {
    uint32_t seq;
    uint32_t agent;
    int64_t wall_ms;
};

enum { FAULT_TEXT_BYTES = 256 };

/* What a driver has done since the start. */
struct probe_row {
    uint32_t driver; /* enum driver */
    uint32_t in_flight, targets;
    uint64_t runs, overruns;
    uint64_t answers[CAUSE_LAST + 1];  /* by cause */
    uint32_t backed_off;               /* targets that are asked less often for refusing the account */
    uint8_t last_cause;                /* enum cause: of the last run that went wrong; none, or unknown before a run */
    int64_t last_fault_wall_ms;        /* when that was; 0: never */
    char last_fault[FAULT_TEXT_BYTES]; /* in words, with the target's name; "" before the first */
    uint32_t last_sweep_ms;            /* from the first question to the last answer of the last complete sweep */
    int64_t last_sweep_wall_ms;        /* when that ended; 0: never */
};

extern const struct rowset_type agent_rows, server_rows, source_rows, reference_rows, gateway_rows, group_rows,
    alarm_rows, history_rows, change_rows, probe_rows, telling_rows;

#endif
