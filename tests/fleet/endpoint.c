/* endpoint.c: what a script says of an endpoint: checks it, keeps it, finds it again. What it means for an answer is
 * the affair of those who answer. */
#include "endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define SETTINGS_MAX 256

static const char states[] = "Running Stopped Paused StartPending StopPending ContinuePending PausePending Unknown";
static const char start_modes[] = "Boot System Auto Manual Disabled";

/* Each check returns whether the value is good. */
static bool is_text(const char *value, const char *choices)
{
    (void)choices;
    for (; *value; value++)
        if ((unsigned char)*value < ' ')
            return false;
    return true;
}

/* Names and passwords, which NTLM would have in another encoding else. */
static bool is_ascii(const char *value, const char *choices)
{
    for (const char *at = value; *at; at++)
        if ((unsigned char)*at > '~')
            return false;
    return is_text(value, choices);
}

static bool is_choice(const char *value, const char *choices)
{
    const size_t length = strlen(value);

    for (const char *at = choices; length > 0 && *at; at += strspn(at, " ")) {
        const size_t size = strcspn(at, " ");
        if (size == length && strncmp(at, value, size) == 0)
            return true;
        at += size;
    }
    return false;
}

static bool is_missing_or_choice(const char *value, const char *choices)
{
    return strcmp(value, "-") == 0 || is_choice(value, choices);
}

static bool is_number(const char *value, const char *max)
{
    char *end;

    errno = 0;
    const long number = strtol(value, &end, 10);
    return !errno && end != value && !*end && labs(number) <= strtol(max, NULL, 10);
}

static bool is_ping(const char *value, const char *max)
{
    return strcmp(value, "unresolved") == 0 || (isdigit((unsigned char)*value) && is_number(value, max));
}

static bool are_choices(const char *value, const char *choices)
{
    char copy[64], *rest = NULL;

    if (strlen(value) >= sizeof copy)
        return false;
    strcpy(copy, value);
    for (char *item = strtok_r(copy, ",", &rest); item; item = strtok_r(NULL, ",", &rest))
        if (!is_choice(item, choices))
            return false;
    return *value != '\0';
}

static bool is_address(const char *value, const char *choices)
{
    struct in6_addr address;

    (void)choices;
    return inet_pton(AF_INET, value, &address) == 1 || inet_pton(AF_INET6, value, &address) == 1;
}

static bool are_addresses(const char *value, const char *choices)
{
    char copy[512], *rest = NULL;

    if (strcmp(value, "-") == 0)
        return true;
    if (strlen(value) >= sizeof copy)
        return false;
    strcpy(copy, value);
    for (char *item = strtok_r(copy, ",", &rest); item; item = strtok_r(NULL, ",", &rest))
        if (!is_address(item, choices))
            return false;
    return *value != '\0';
}

static bool is_file(const char *value, const char *choices)
{
    (void)choices;
    return strcmp(value, "-") == 0 || access(value, R_OK) == 0;
}

/* A number of 32 bits where one is announced; else anything. */
static bool is_registry_value(const char *value, const char *max)
{
    if (strncmp(value, "dword:", 6) != 0)
        return is_text(value, NULL);
    value += 6;
    return isalpha((unsigned char)*value) || is_number(value, max); /* a time is worked out later */
}

/* A key that ends with a dot stands for all that begin with it. */
static const struct {
    const char *key;
    bool (*is_good)(const char *value, const char *choices);
    const char *choices;
    const char *expected;
} kinds[] = {
    { "installed", is_choice, "yes no", "yes or no" },
    { "shell", is_choice, "allowed denied", "allowed or denied" },
    { "portions", is_choice, "1 2", "1 or 2" },
    { "view", is_choice, "wow64 native both", "wow64, native or both" },
    { "clock", is_number, "3153600000", "seconds" },
    { "os.caption", is_text, NULL, "a text" },
    { "os.version", is_text, NULL, "a text" },
    { "os.type", is_missing_or_choice, "1 2 3", "1, 2 or 3" },
    { "addresses", are_addresses, NULL, "addresses" },
    { "gateways", are_addresses, NULL, "addresses" },
    { "ping", is_ping, "99999", "a status or unresolved" },
    { "ping.address", is_address, NULL, "an address" },
    { "ping.", is_ping, "99999", "a status or unresolved" },
    { "user", is_ascii, NULL, "a name in ASCII" },
    { "password", is_ascii, NULL, "a text in ASCII" },
    { "auth", are_choices, "basic ntlm negotiate", "basic, ntlm or negotiate, or several" },
    { "ssnotify", is_file, NULL, "a file" },
    { "service.", is_missing_or_choice, states, "a state" },
    { "driver.", is_missing_or_choice, states, "a state" },
    { "startmode.", is_missing_or_choice, start_modes, "a start mode" },
    { "reg.", is_registry_value, "4294967295", "a value" },
};

static size_t find_kind(const char *key, size_t length)
{
    size_t i = 0;

    for (; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t size = strlen(kinds[i].key);
        const bool prefix = kinds[i].key[size - 1] == '.';
        if (strncmp(kinds[i].key, key, size) == 0 && (prefix ? length > size : length == size))
            break;
    }
    return i;
}

int endpoint_check(const char *word, struct fault *fault)
{
    const size_t length = strcspn(word, "=");
    const size_t kind = find_kind(word, length);

    if (word[length] == '\0')
        return fault_set(fault, "%s: key=value expected", word);
    if (length > ENDPOINT_KEY_MAX)
        return fault_set(fault, "%.20s...: too long for a key", word);
    if (kind == sizeof kinds / sizeof *kinds)
        return fault_set(fault, "%.*s: an endpoint has no such key", (int)length, word);
    if (!kinds[kind].is_good(word + length + 1, kinds[kind].choices))
        return fault_set(fault, "%s: %s expected", word, kinds[kind].expected);
    return 0;
}

bool endpoint_concerns_logon(const char *word)
{
    return strncmp(word, "user=", 5) == 0 || strncmp(word, "password=", 9) == 0 || strncmp(word, "auth=", 5) == 0;
}

int endpoint_new(const struct target *target, const struct estate *estate, const struct target *agent,
                 struct endpoint **ret_endpoint)
{
    struct endpoint *endpoint = calloc(1, sizeof *endpoint);

    if (!endpoint)
        return -ENOMEM;
    endpoint->target = target;
    endpoint->agent = agent;
    endpoint->estate = estate;
    for (size_t i = 0; agent->name[i]; i++)
        endpoint->machine[i] = (char)toupper((unsigned char)agent->name[i]);
    LIST_INIT(&endpoint->shells);
    TAILQ_INIT(&endpoint->enumerations);
    *ret_endpoint = endpoint;
    return 0;
}

void endpoint_free(struct endpoint *endpoint)
{
    if (!endpoint)
        return;
    for (size_t i = 0; i < endpoint->settings_count; i++)
        free(endpoint->settings[i].key);
    free(endpoint->settings);
    free(endpoint);
}

/* Names in the registry are the same in capitals, and so it is with all keys. */
static struct setting *find_setting(const struct endpoint *endpoint, const char *key)
{
    for (size_t i = 0; i < endpoint->settings_count; i++)
        if (strcasecmp(endpoint->settings[i].key, key) == 0)
            return &endpoint->settings[i];
    return NULL;
}

int endpoint_set(struct endpoint *endpoint, const char *word)
{
    struct setting fresh = { .key = strdup(word) };

    if (!fresh.key)
        return -ENOMEM;
    char *equals = strchr(fresh.key, '=');
    *equals = '\0';
    fresh.value = strcmp(equals + 1, "-") == 0 ? NULL : equals + 1;
    struct setting *place = find_setting(endpoint, fresh.key);
    if (place) {
        free(place->key);
        *place = fresh;
        return 0;
    }
    struct setting *more = endpoint->settings_count < SETTINGS_MAX
                               ? reallocarray(endpoint->settings, endpoint->settings_count + 1, sizeof *more)
                               : NULL;
    if (!more) {
        free(fresh.key);
        return -ENOMEM;
    }
    endpoint->settings = more;
    more[endpoint->settings_count++] = fresh;
    return 0;
}

const char *endpoint_get(const struct endpoint *endpoint, const char *key, const char *usual)
{
    const struct setting *setting = find_setting(endpoint, key);

    return setting ? setting->value : usual;
}

bool endpoint_is(const struct endpoint *endpoint, const char *key, const char *usual, const char *value)
{
    const char *set = endpoint_get(endpoint, key, usual);

    return set && strcmp(set, value) == 0;
}

bool endpoint_lists(const struct endpoint *endpoint, const char *key, const char *usual, const char *item)
{
    const size_t length = strlen(item);
    const char *at = endpoint_get(endpoint, key, usual);

    for (; at && *at; at += strspn(at, ",")) {
        const size_t size = strcspn(at, ",");
        if (size == length && strncmp(at, item, size) == 0)
            return true;
        at += size;
    }
    return false;
}

int64_t endpoint_clock_ms(const struct endpoint *endpoint)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (now.tv_sec + strtol(endpoint_get(endpoint, "clock", "0"), NULL, 10)) * INT64_C(1000) +
           now.tv_nsec / 1000000;
}
