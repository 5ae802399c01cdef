/* What the parts of the reader of consoles share: the console while it is read, one request to it, and what Apex
 * Central and Vision One each bring, in a const table of theirs. For those parts alone; others include console.h. */
#ifndef AH_PROBES_CONSOLE_TALK_H
#define AH_PROBES_CONSOLE_TALK_H

#include "console.h"
#include "json_stream.h"
#include "tls.h"

#include <curl/curl.h>

enum {
    CONSOLE_TEXT_BYTES = 255,    /* a text that is longer is none */
    CONSOLE_TARGET_BYTES = 4096, /* path and query of a request, the NUL included */
    CONSOLE_LOGS = 2             /* of Apex Central */
};

/* Functions that return an errno: -ENOMEM, what the sink returned, or any after console_fail(), when the round's cause
 * is set and says that the console is at fault. */

struct console_kind {
    bool signs_time; /* a token is good only where both clocks agree */
    /* What a request for that path and query is authorised by: the words behind "Bearer ", which the caller frees. */
    int (*authorise)(const struct console *console, const char *target, char **ret_token);
    int (*inventory)(struct console *console);
    int (*records)(struct console *console);   /* NULL: they came with the inventory */
    void (*remember)(struct console *console); /* the round was good; NULL: nothing is remembered */
};

struct console {
    const struct console_kind *kind;
    struct console_settings settings;   /* the texts are in `texts` */
    char *texts;                        /* owned */
    size_t origin_bytes;                /* of the url: scheme, host and port, and the path in front of the API's */
    size_t base_bytes;                  /* of the url without slashes at its end */
    const struct probe_settings *probe; /* a reference: the same, as TLS is told it */
    struct tls_policy tls;

    CURL *easy; /* owned; NULL: to be made. It keeps the connection through a round */
    char *sent; /* owned: what the last request was authorised by; a secret */
    struct tls_talk talk;
    char words[CURL_ERROR_SIZE]; /* the library's */
    int socket_errno;            /* why there was no socket; 0: there was */

    const struct console_sink *sink; /* borrowed for the round, as the next two */
    bool (*stopped)(void *user);
    void *user;
    struct console_round round; /* its cause is 0 until it is known */
    int64_t ends_ms;            /* mono: when the round must be over */
    int64_t date_ms;            /* wall: when it began, by the console's own clock, or ours where it shows none */

    /* Apex Central's: since when its logs are read, in seconds since 1970, and how far they have been. */
    int64_t since_s[CONSOLE_LOGS], reached_s[CONSOLE_LOGS];
};

extern const struct console_kind central_kind, vision_kind;

bool console_is_stopped(const struct console *console);

/* Writes path and query of a request: the url's own path, and behind it what is said. -EPROTO: they are too long. */
int console_target(struct console *console, char target[CONSOLE_TARGET_BYTES], const char *format, ...)
    __attribute__((format(printf, 3, 4))) AH_WARN_UNUSED;

/* Asks for a path and a query. `list` names the list whose elements are taken (json_stream.h), as they come. 0: it was
 * answered well, and *ret_rest, which the caller releases, is all but the elements. */
int console_get(struct console *console, const char *target, const char *list, json_element_fn *element, void *user,
                json_t **ret_rest) AH_WARN_UNUSED;

/* Says why the round is over, once: later calls change nothing. Returns -EPROTO. */
int console_fail(struct console *console, enum cause cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Something was passed over. */
void console_odd(struct console *console, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Hands over what was read, and counts it. */
int console_tell_agent(struct console *console, const struct console_agent *agent) AH_WARN_UNUSED;
int console_tell_record(struct console *console, const struct console_record *record) AH_WARN_UNUSED;

/* A text of an object, borrowed from it: "" where it is missing or null; NULL where it is no text that can be shown, as
 * it is of another type, longer than CONSOLE_TEXT_BYTES, or has control characters. */
const char *console_text(const json_t *object, const char *key);
/* The same, but "" in place of NULL. */
const char *console_text_or_none(const json_t *object, const char *key);

/* What the console says is wrong, from an answer of its own: words, to be sanitised, or "". Where a secret is in them,
 * they say that instead, wherever they would be cut. */
void console_words(const struct console *console, const json_t *answer, char *buffer, size_t bytes);

/* What is said in place of a text that has a secret in it, or a part of one that may be of use; else the text. */
const char *console_shown(const struct console *console, const char *text);

void console_wipe(char *secret); /* and frees it; NULL-safe */

#endif
