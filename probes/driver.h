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

/* A conversation: several HTTP questions to one target over one connection, each made from the answers before it. The
 * driver owns the talk; who runs it owns sockets, handles and the clock. */
struct request {
    const char *body; /* borrowed until the next call for this talk; NULL for GET */
    size_t bytes;
    bool last; /* nothing more will be asked: the connection may end with the answer */
};

struct reply {
    enum cause cause; /* CAUSE_NONE: a 2xx answer */
    long status;      /* 0: none came */
    const char *body; /* never NULL, NUL-terminated; borrowed for the call */
    size_t bytes;
    int64_t date_ms;    /* wall: the answer's Date header (RFC 9110, section 6.6.1); 0: it has none */
    const char *detail; /* "" when good, else the library's words */
    uint32_t rtt_ms;
};

struct conversation {
    const char *content_type; /* NULL: its questions have no body, and are GET */
    /* `memory`: what the driver keeps of this target from one conversation to the next, NULL at first. NULL: out of
     * memory. The job is borrowed until free(). */
    void *(*begin)(const struct probe_job *job, void **memory, const struct now *now);
    /* The next question; false: there is none, the conversation is over. */
    bool (*next)(void *talk, struct request *ret);
    void (*take)(void *talk, const struct reply *reply, const struct now *now);
    /* What the whole has shown: the observation's cause, facts and report, and the detail. The rest is there. */
    void (*end)(void *talk, const struct now *now, struct probe_answer *answer);
    void (*free)(void *talk);
    void (*forget)(void *memory); /* NULL-safe */
};

/* A survey: several questions to one target side by side, each over a connection of its own and with the whole of the
 * time, and one answer once the last is in. */
enum { SURVEY_WAYS_MAX = SOURCE_WAYS };

struct question {
    const char *url;                    /* as the next two, borrowed from the job */
    const struct proxy_settings *proxy; /* NULL: straight */
    const char *content_type;           /* a good answer has status 200 and this type; NULL: any answer is good */
};

/* A certificate as the peer has presented it. */
struct tls_certificate {
    uint8_t state; /* enum certificate; 0: none was seen */
    int16_t days;  /* whole days until it ends, negative once it has */
};

struct survey_reply {
    bool asked; /* else the rest is zero */
    enum cause cause;
    bool heard;
    uint32_t rtt_ms;
    struct tls_certificate certificate;
    char detail[256]; /* "" when good, else the library's words */
};

struct survey_kind {
    unsigned ways; /* how many questions there may be */
    /* The question of that number; false: this target is not asked it. */
    bool (*ask)(const struct probe_job *job, unsigned way, struct question *ret);
    /* What the whole has shown: the observation's cause and findings, and the detail. The rest is there. */
    void (*end)(const struct probe_job *job, const struct survey_reply *replies, struct probe_answer *answer);
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
    bool waits; /* such a look may wait for what it looks at, and gets a thread of its own */
    /* ... or holds a conversation; a driver that has a look as well does so where the target is a URL, ... */
    const struct conversation *conversation;
    /* ... or connects to the host and port of the URL, where that the connection is accepted is the good answer, ... */
    bool connects;
    /* ... or makes a survey. It looks at certificates, so that no TLS session is resumed. */
    const struct survey_kind *survey;
};

/* Begins an answer: what names its question, and when it was given; the job's transcript moves there. The rest is zero.
 */
void answer_begin(struct probe_job *job, const struct now *now, struct probe_answer *answer);
/* Copies words for a log and for people, as much as there is room for. Control characters are blanked and UTF-8 is not
 * cut amid a character. */
void detail_write(char *buffer, size_t bytes, const char *text);
/* Sets the detail so. */
void answer_detail(struct probe_answer *answer, const char *text);

/* NULL: no such driver. */
const struct probe_driver *probe_driver_find(enum driver id);

extern const struct probe_driver listener_driver, server_driver, feed_driver, winrm_driver, source_driver,
    location_driver, files_driver;

#endif
