/* hostile.h: the ways in which an answer can be wrong though its HTTP is right, and how each comes about in XML. */
#ifndef FLEET_HOSTILE_H
#define FLEET_HOSTILE_H

#include <stddef.h>

struct evbuffer;

enum twist {
    TWIST_NONE,
    TWIST_FAKE_ID,   /* the answer relates to another message */
    TWIST_NO_ID,     /* ... to none */
    TWIST_NAMESPACE, /* right names in wrong namespaces */
    TWIST_ENTITIES,  /* entities that grow when they are followed */
    TWIST_EXTERNAL,  /* an entity that is a file of the reader */
    TWIST_DEEP,      /* elements in elements in elements */
    TWIST_TRUNCATED, /* half of the XML */
    TWIST_NOTHING,   /* no body at all */
    TWIST_FAULT,     /* the operation timed out */
    TWIST_ENDLESS,   /* sequences and output without an end */
    TWIST_BASE64,    /* output that is no base64 */
    TWIST_TYPES,     /* numbers where texts belong, and the reverse */
    TWIST_HUGE,      /* each text has HOSTILE_HUGE_BYTES */

    /* These are for consoles alone. */
    TWIST_DUPLICATES, /* everybody twice */
    TWIST_ODD_VALUES, /* values that no table has */
    TWIST_ODD_LINES,  /* lines of other versions, other events and no format at all */
    TWIST_CLOCK,      /* a clock that is an hour ahead */
    TWIST_CIRCLE,     /* the last page leads to the first */
    TWIST_ELSEWHERE,  /* ... to another host */
};

#define HOSTILE_DEEP_LEVELS 100000
#define HOSTILE_HUGE_BYTES  (100UL * 1024)

/* What stands where a number, or a text or date, belongs. */
#define HOSTILE_NUMBER "many"
#define HOSTILE_TEXT   "99999999"

/* Returns a text of HOSTILE_HUGE_BYTES that stays for good. */
const char *hostile_huge_text(void);

/* Spoils a complete answer in the way of the twist. Those that are in the values, or in the header, are done where
 * these are written, and change nothing here. Returns 0 or -ENOMEM. */
int hostile_spoil(struct evbuffer *answer, enum twist twist) __attribute__((warn_unused_result));

#endif
