/* Management consoles, Apex Central and Vision One: which agents there are, and what the console believes of each. A
 * console is read in rounds, each of many requests and of bodies of tens of megabytes, which are read as they come; so
 * the calls here block, and belong into a thread of their own. They judge nothing. */
#ifndef AH_PROBES_CONSOLE_H
#define AH_PROBES_CONSOLE_H

#include "core/model.h"

#include <stdint.h>

/* Copied by console_new(); never NULL, "" where there is none. */
struct console_settings {
    enum driver driver;         /* DRIVER_CENTRAL or DRIVER_VISION */
    const char *name;           /* of its section */
    const char *url;            /* absolute, http or https, without a query */
    const char *application_id; /* Apex Central */
    const char *api_key;        /* Apex Central; a secret: never in a detail, a log or a trace */
    const char *token;          /* Vision One; a secret likewise */
    bool tls_verify;
    const char *ca_file, *pin;
    uint32_t timeout_ms;       /* for a request without an answer's first byte, and for each pause within one */
    uint32_t round_timeout_ms; /* for a whole round */
    size_t body_max_bytes;     /* of one answer */
    size_t agents_max;         /* a console that tells of more is refused: CAUSE_TOO_LARGE */
};

/* An agent of the console's inventory. Texts are UTF-8 without control characters, "" where not told, and borrowed for
 * the call. */
struct console_agent {
    const char *name;    /* the host's, not empty */
    const char *guid;    /* of the agent */
    const char *server;  /* GUID (Apex Central) or name of its management server */
    const char *group;   /* where it stands in the console's tree */
    const char *address; /* its first one, or "" */
};

/* A record of one agent. A newer one about the same host takes the place of an older one, field by field: what it does
 * not tell stays. One may come several times.
 *
 * Apex Central tells pattern and engine by records of their own, the connection with that of the pattern, and no GUID.
 * Vision One's come right behind their agent's inventory. It tells one version for all components, which is taken for
 * that of the pattern, and of an outdated one not how far behind it is: that is 2, the least that it can mean. The
 * newest that its version policy lets an agent have counts as up to date. */
struct console_record {
    const char *name, *guid, *address; /* of the host: name is not empty, guid and address may be */
    int64_t wall_ms;  /* when the server wrote it; Vision One: when the agent last connected. 0: not told */
    uint8_t recorded; /* enum recorded; RECORDED_UNKNOWN: told, but makes no sense; 0: not told */
    uint8_t pattern;  /* as cn3: 1 up to date, 2 to 6 one to five versions behind, 7 more; 0: not told */
    uint8_t engine;   /* as cn3: 1 up to date, 2 not; 0: not told. Either CONSOLE_AGE_ODD: told, but makes no sense */
    const char *pattern_version, *engine_version; /* "" where not told */
};

/* Who takes them, in the order in which they come. A negative errno ends the round and is its result. */
struct console_sink {
    void *user;
    int (*agent)(void *user, const struct console_agent *agent);
    int (*record)(void *user, const struct console_record *record);
};

enum { CONSOLE_DETAIL_BYTES = 256, CONSOLE_AGE_ODD = 255 };

/* How a round ended. */
struct console_round {
    enum cause cause; /* CAUSE_NONE: all of it was read and is whole. Else what came so far is not to be used as a
                         whole: agents that were not told of have not vanished */
    bool inventory;   /* the inventory was read to its end, whatever became of the rest */
    bool heard;       /* something at all answered */
    uint32_t rtt_ms;  /* of the first answer */
    uint32_t requests;
    uint32_t agents, records;
    uint32_t odd;        /* items and lines that made no sense, or a part of which did not; the first is in `detail` */
    uint32_t odd_agents; /* of these, items of the inventory: so many agents may be there, and were not told of */
    uint32_t retry_after_ms; /* what a 429 or 503 asked for (RFC 9110, section 10.2.3), a day at most; 0: nothing */
    char detail[CONSOLE_DETAIL_BYTES]; /* for the log and for people; "" when there is nothing to say */
};

struct console;

/* After curl_global_init(). NULL: out of memory. */
struct console *console_new(const struct console_settings *settings);
void console_free(struct console *console); /* NULL-safe */

/* Reads the inventory, then the records that are new since the last round that was good (all, in the first one).
 * `stopped` is asked now and then (once a second at least), from the calling thread, and true ends the round with
 * CAUSE_CANCELLED. It, and the sink's functions, may be called in the middle of an answer; NULL: never. Returns 0, with
 * *ret filled also where the console is at fault, or what the sink returned, or -ENOMEM; *ret is untouched then. Causes
 * are those of the first thing that went wrong; a console whose inventory has items, or whose log has lines, of which
 * none makes sense is at fault, too. */
int console_read(struct console *console, const struct console_sink *sink, bool (*stopped)(void *user), void *user,
                 struct console_round *ret) AH_WARN_UNUSED;

#endif
