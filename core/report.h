/* A report: what an endpoint says of itself beside the facts that verdicts rest on: its components' versions, its
 * operating system, whom it names. Immutable and reference-counted, since it is large, rarely read, and most agents
 * have none. */
#ifndef AH_CORE_REPORT_H
#define AH_CORE_REPORT_H

#include "model.h"

enum { VERSION_BYTES = 32 };

/* In the order of ahComponentKind, which counts from 2. */
enum component { COMPONENT_PATTERN, COMPONENT_SMART_SCAN_PATTERN, COMPONENT_ENGINE, COMPONENT_PROGRAM, COMPONENTS };

struct component_version {
    char version[VERSION_BYTES]; /* "" where it is not known */
    int32_t day;                 /* its date, days since 1970; 0: not known */
};

/* Why something is unknown, or to be read with care. */
enum report_note {
    NOTE_AGENT_NOT_INSTALLED = 1 << 0, /* the agent's registry keys are missing */
    NOTE_CLOCK_OFF = 1 << 1,           /* the endpoint's clock is off by clock_skew_s */
    NOTE_VALUE_ODD = 1 << 2,           /* `odd` names a value that makes no sense */
    NOTE_SERVICE_DISABLED = 1 << 3,    /* the real-time scan service must not start (StartMode Disabled) */
    NOTE_INTERNET_UNASKED = 1 << 5,    /* the agent is outside, and nobody asks whether it reaches the internet */
    /* Not the endpoint's own word: what became of its file, and what it finds against what it should find. */
    NOTE_FILE_UNREADABLE = 1 << 4,
    NOTE_NO_SHELL = 1 << 8,        /* which reading the file needs */
    NOTE_EXTERNAL_WITHIN = 1 << 6, /* the agent finds itself outside, and should find itself inside */
    NOTE_INTERNAL_OUTSIDE = 1 << 7
};

/* Texts are UTF-8 without control characters, never NULL, "" where not known, at most REPORT_TEXT_BYTES - 1 bytes. */
enum { REPORT_TEXT_BYTES = 256 };

struct report {
    struct component_version components[COMPONENTS];
    uint32_t notes;           /* enum report_note */
    int32_t clock_skew_s;     /* the endpoint's clock less ours */
    const char *system;       /* operating system and version */
    const char *named_server; /* the server that the agent itself is set to use */
    const char *source;       /* the Smart Protection source that it uses now */
    const char *odd;          /* the name of the first value that makes no sense */
};

/* A copy of the argument, texts included, in one allocation with one reference; NULL: out of memory. */
const struct report *report_new(const struct report *from);
const struct report *report_ref(const struct report *report); /* NULL-safe, as is the next */
void report_unref(const struct report *report);

#endif
