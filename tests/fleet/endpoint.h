/* endpoint.h: a Windows endpoint that is asked over WinRM: what differs of it from a healthy one, and what it holds for
 * those who ask. Everything here but endpoint_check() happens in the thread of the worker that serves its target. */
#ifndef FLEET_ENDPOINT_H
#define FLEET_ENDPOINT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "estate.h"

#define ENDPOINT_KEY_MAX 160

/* What is usual, where more than one place needs to know it. */
#define ENDPOINT_USER       "monitor"
#define ENDPOINT_PASSWORD   "secret"
#define ENDPOINT_OS_VERSION "10.0.19045"

/* What a script may say of an endpoint, as key=value; see README.md. */
struct setting {
    char *key;         /* owned, and the value with it */
    const char *value; /* NULL: missing */
};

LIST_HEAD(shell_list, shell);
TAILQ_HEAD(enumeration_list, enumeration);

struct endpoint {
    /* Borrowed: its own target, its agent's, and all others. */
    const struct target *target, *agent;
    const struct estate *estate;
    char machine[ESTATE_NAME_MAX + 1]; /* its name as Windows has it */
    struct setting *settings;          /* owned */
    size_t settings_count;
    struct shell_list shells; /* owned; see shell.h */
    size_t shells_count;
    struct enumeration_list enumerations; /* owned, the oldest first; see enumeration.h */
    size_t enumerations_count;
    /* Read by anybody at any time. */
    atomic_uint shells_open;
};

/* Makes the endpoint of an agent, in good health; both are borrowed. Returns 0 or -ENOMEM. */
int endpoint_new(const struct target *target, const struct estate *estate, const struct target *agent,
                 struct endpoint **ret_endpoint) __attribute__((warn_unused_result));

/* Its shells and enumerations must be gone, see winrm_close(). NULL is fine. */
void endpoint_free(struct endpoint *endpoint);

/* Says whether endpoint_set() will understand "key=value". Callable from any thread. Returns 0 or -EINVAL with a
 * fault. */
int endpoint_check(const char *word, struct fault *fault) __attribute__((warn_unused_result));

/* Takes a word over that was checked. Returns 0 or -ENOMEM. */
int endpoint_set(struct endpoint *endpoint, const char *word) __attribute__((warn_unused_result));

/* Returns whether the word changes who may log on. */
bool endpoint_concerns_logon(const char *word);

/* Returns what the key is set to: `usual` if it is not, NULL if it is set to be missing. Borrows until the next
 * endpoint_set(). */
const char *endpoint_get(const struct endpoint *endpoint, const char *key, const char *usual);

/* Returns whether a key that has a choice of values is set to this one. */
bool endpoint_is(const struct endpoint *endpoint, const char *key, const char *usual, const char *value);

/* Returns whether the comma-separated list that the key is set to has this item. */
bool endpoint_lists(const struct endpoint *endpoint, const char *key, const char *usual, const char *item);

/* Returns the endpoint's own clock, in milliseconds since 1970. */
int64_t endpoint_clock_ms(const struct endpoint *endpoint);

#endif
