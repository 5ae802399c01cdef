/* Whether an agent has a Smart Protection source, and what the checks find that ask why not. Pure functions over facts
 * that are fresh. */
#ifndef AH_CORE_SMART_H
#define AH_CORE_SMART_H

#include "location.h"

enum finding {
#define FINDING(constant, ...) FINDING_##constant,
#include "findings.def"
#undef FINDING
    FINDINGS
};

/* What is known of an agent's part in it; 1 is unknown in each. */
struct smart_facts {
    enum tri answers; /* the current source answers the agent */
    enum location location;
    enum tri source; /* the agent names a source that it uses now */
    enum scan_method scan_method;
    enum service tmusa;
    bool listed;            /* its list has a source */
    enum finding stray;     /* that the source which it names is none of its list's; nothing: it is, or may be */
    enum updown list;       /* down: no source of its list answers */
    bool list_whole;        /* each of them does */
    enum finding proxies;   /* of how its list is reached through the proxy of its location */
    enum location expected; /* where it should find itself */
    struct location_context places; /* by what it finds itself */
    enum files files;
    enum comparison comparison; /* whether they are compared */
};

/* No: the source does not answer, or an internal agent uses none, or conventional scan lacks its driver. Yes: none of
 * that, and the source answers or an internal agent uses one. The list is not looked at: an agent may have another
 * reason besides. */
enum tri smart_available(const struct smart_facts *facts);
/* What a check finds in these facts. */
enum finding smart_find(enum smart_check check, const struct smart_facts *facts);

enum check_result finding_result(enum finding finding);
/* Static; "" where there is nothing to say. */
const char *finding_text(enum finding finding, enum language language);

#endif
