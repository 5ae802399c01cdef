/* console.h: what Apex Central and Vision One have in common: a key, the records that they show, JSON. */
#ifndef FLEET_CONSOLE_H
#define FLEET_CONSOLE_H

#include <jansson.h>

#include "conn.h"
#include "hostile.h"
#include "records.h"

extern const struct role role_central; /* see central.c */
extern const struct role role_vision;  /* see vision.c */

/* Another one of the same name. */
#define CONSOLE_OTHER_GUID    "deadbeef-0000-4000-8000-000000000000"
#define CONSOLE_OTHER_ADDRESS "10.255.255.254"

#define CONSOLE_TYPE "Content-Type: application/json; charset=utf-8\r\n"

struct console {
    struct records *records;    /* borrowed */
    const struct target *decoy; /* another host of the script; borrowed, NULL: there is none */
    char *key;                  /* of an application, or the token; owned, and the next with it */
    const char *application_id; /* of Apex Central */
    size_t generated;           /* agents that it has beside the script's */
    size_t page;                /* items that are usual on one; of Vision One */
    bool nested;                /* what Vision One says of an agent is an object of its own */
};

/* Makes what a console knows. `usual` is copied but for the texts, which are given as such. Returns 0 or -ENOMEM. */
int console_new(const struct console *usual, const char *key, const char *application_id, struct console **ret_console)
    __attribute__((warn_unused_result));

/* NULL is fine. */
void console_free(struct console *console);

/* Its time. */
time_t console_now(const struct target *target);

/* Writes a Date by its clock; a role's `headers`. */
void console_headers(const struct target *target, char text[ROLE_HEADERS_MAX]);

/* Returns the token of a request's Authorization, or NULL. */
const char *console_token(const struct http_request *request);

/* Counts a logon, and returns whether it was good. */
bool console_counts(struct conn *conn, bool good);

/* Reads a parameter of the path's query into `value`. Returns whether it is there and fits. */
bool console_parameter(const char *path, const char *name, char *value, size_t size);

/* Sets a member to a text, as the twist has it; no text, no member. `place` tells one from the next. */
void console_set(json_t *object, const char *key, const char *text, enum twist twist, size_t place);

/* Adds JSON to a buffer. Returns 0 or -ENOMEM. */
int console_write(struct evbuffer *out, const json_t *json) __attribute__((warn_unused_result));

/* Adds brackets within brackets. */
void console_write_deep(struct evbuffer *out);

/* Answers with JSON, which it takes, as a whole; a 200 is spoiled as the connection's behaviour says. NULL stands for
 * want of memory. */
void console_respond(struct conn *conn, const char *status, const char *headers, json_t *json);

#endif
