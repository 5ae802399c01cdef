/* What an alarm says to people, in one line: who, what, why as far as it is known, and the first thing to do. Pure text
 * work; it decides nothing. */
#ifndef AH_CORE_WORDING_H
#define AH_CORE_WORDING_H

#include "source.h"
#include "statement.h"

/* What an alarm rests on. Which of it is read, the condition decides; zero or NULL is unknown. */
struct alarm_grounds {
    enum diagnosis diagnosis;
    /* Of an agent's connection, for ALARM_OFFLINE: NULL where that side is unknown now (no evidence, too old, or not to
     * be believed). For ALARM_SERVER_DOWN `server_side` is the failed check. */
    const struct contact *server_side, *agent_side;
    /* For DIAGNOSIS_SERVER_NAME_UNRESOLVED. The two addresses are read for NAME_OTHER_ADDRESS. */
    enum name_check name_check;
    const struct address *resolved, *expected;
    /* For ALARM_SOURCE_DOWN: the latest failed check of each service that is down; NULL: it is not. */
    const struct contact *file, *web;
    enum certificate certificate; /* and of its file reputation */
    bool sources_silent;          /* for ALARM_MASS_OUTAGE: it is that of a list whose sources do not answer */
    uint32_t agents;              /* and this many are concerned */
    enum alarm_condition of;      /* what flaps, for ALARM_FLAPPING; or what a group's mass outage is of */
    bool absent;                  /* nothing at all answers from the endpoint; read for DIAGNOSIS_UNVERIFIED */
    uint32_t failed_checks;       /* CHECK_BITs, for ALARM_SMART_PROTECTION_UNAVAILABLE */
    const char *detail;           /* of the others: what more is known, before what to do; NULL or "": nothing */
};

/* Writes the line, NUL-terminated, cut between UTF-8 characters where `bytes` do not suffice (ALARM_TEXT_BYTES always
 * suffices for a usual name). Returns its length.
 * `name` is UTF-8, of the agent, server, source or whatever the alarm is about; at most 64 bytes of it are shown. */
size_t alarm_text(char *buffer, size_t bytes, enum language language, const char *name, enum alarm_condition condition,
                  const struct alarm_grounds *grounds);

/* The line that tells of an alarm's end: who, what it was, and why it is over. Written likewise. */
size_t clearing_text(char *buffer, size_t bytes, enum language language, const char *name,
                     enum alarm_condition condition, enum clear_reason why);

#endif
