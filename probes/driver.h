/* What a probe driver is to the worker: how it reads an answer, in one const table. A new driver is an entry in
 * driver.c and a file of its own. Drivers own no sockets and read no clock. */
#ifndef AH_PROBES_DRIVER_H
#define AH_PROBES_DRIVER_H

#include "probe.h"

/* What a driver keeps of a body that streams by: never its bytes. All zero at the start of each answer. */
struct body_state {
    size_t matched; /* bytes of the marker that the body so far ends with, or begins with */
    bool settled;   /* nothing that follows changes the verdict */
    bool healthy;   /* what the verdict would be if the body ended here */
};

struct probe_driver {
    enum driver id;
    uint32_t has; /* the HAS_* bits that each of its observations carries */
    /* A driver asks either over HTTP, and then reads the body of a 2xx answer as it comes, ... */
    void (*read)(struct body_state *state, const char *marker, const char *bytes, size_t n);
    const char *complaint; /* what to tell people when the body ended and was not healthy */
    /* ... or looks at something on this machine, at once. It fills answer->detail and the observation's cause, heard,
     * times and facts; its driver, subject and index are there already. */
    void (*look)(const struct probe_job *job, const struct now *now, struct probe_answer *answer);
};

/* Begins an answer: what names its question, and when it was given. The rest is zero. */
void answer_begin(const struct probe_job *job, const struct now *now, struct probe_answer *answer);
/* Sets the detail. Control characters are blanked and UTF-8 is not cut amid a character, as it goes to logs. */
void answer_detail(struct probe_answer *answer, const char *text);

/* NULL: no such driver. */
const struct probe_driver *probe_driver_find(enum driver id);

extern const struct probe_driver listener_driver, server_driver, feed_driver;

#endif
