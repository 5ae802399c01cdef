/* The feed's parser: one table of keys, each with the function that takes its value. It never guesses: a key that is
 * missing leaves its fact unknown, and a value that it does not know is a fault. */
#include "feed.h"

#include "core/gateway.h"
#include "pattern.h"
#include "timestamp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MS_A_SECOND = 1000, S_A_DAY = 86400, ADDRESS_CHARS_MAX = ADDRESS_TEXT_BYTES - 1 };

struct reading {
    const struct feed_reader *reader;
    struct observation observation;
    int64_t time_ms; /* wall; 0: not given */
    /* Faults so far, and where they go. */
    ini_fault_fn *fault;
    void *user;
    unsigned faults;
};

struct word {
    const char *text;
    int32_t value;
};

/* The words that a key takes, and the fault if it is none of them. */
struct words {
    const char *fault;
    struct word words[7]; /* the last one has no text */
};

static const struct words yes_no = { "must be yes or no",
                                     { { "yes", TRI_YES },
                                       { "true", TRI_YES },
                                       { "1", TRI_YES },
                                       { "no", TRI_NO },
                                       { "false", TRI_NO },
                                       { "0", TRI_NO } } };
static const struct words modes = {
    "must be normal, standalone or offpremises",
    { { "normal", MODE_NORMAL }, { "standalone", MODE_STANDALONE }, { "offpremises", MODE_OFF_PREMISES } }
};
static const struct words scan_methods = {
    "must be smart or conventional", { { "smart", SCAN_METHOD_SMART }, { "conventional", SCAN_METHOD_CONVENTIONAL } }
};
static const struct words services = {
    "must be running, stopped or missing",
    { { "running", SERVICE_RUNNING }, { "stopped", SERVICE_STOPPED }, { "missing", SERVICE_MISSING } }
};
static const struct words locations = { "must be 1 (internal) or 2 (external)",
                                        { { "1", LOCATION_INTERNAL }, { "2", LOCATION_EXTERNAL } } };

struct feed_key {
    const char *section, *key;
    /* Takes a value; NULL, or what is wrong with it. */
    const char *(*take)(struct reading *reading, const struct feed_key *key, const char *value);
    const struct words *words;
    enum fact fact;
};

static const char *look_up(const struct words *words, const char *value, int32_t *ret)
{
    for (const struct word *word = words->words; word->text; word++)
        if (strcasecmp(word->text, value) == 0) {
            *ret = word->value;
            return NULL;
        }
    return words->fault;
}

static const char *take_fact(struct reading *reading, const struct feed_key *key, const char *value)
{
    const char *fault = look_up(key->words, value, &reading->observation.values[key->fact]);

    if (!fault)
        reading->observation.facts |= FACT_BIT(key->fact);
    return fault;
}

static const char *take_agent_side(struct reading *reading, const struct feed_key *key, const char *value)
{
    int32_t reachable = TRI_UNKNOWN;
    const char *fault = look_up(key->words, value, &reachable);

    if (!fault) {
        reading->observation.agent_side = reachable == TRI_YES ? SIDE_ONLINE : SIDE_OFFLINE;
        reading->observation.has |= HAS_AGENT_SIDE;
    }
    return fault;
}

static const char *take_name(struct reading *reading, const struct feed_key *key, const char *value)
{
    (void)key;
    return strcasecmp(reading->reader->name, value) == 0 ? NULL : "names another agent";
}

static const char *take_time(struct reading *reading, const struct feed_key *key, const char *value)
{
    (void)key;
    return timestamp_parse(value, &reading->time_ms) < 0 || reading->time_ms == 0
               ? "must be a time such as 2026-11-23T00:00:00Z"
               : NULL;
}

static const char *take_pattern_version(struct reading *reading, const struct feed_key *key, const char *value)
{
    (void)key;
    if (pattern_version_parse(value, reading->observation.pattern_version) < 0)
        return "must be a pattern version such as 19.429.80 or 1942980";
    reading->observation.has |= HAS_PATTERN_VERSION;
    return NULL;
}

static const char *take_pattern_date(struct reading *reading, const struct feed_key *key, const char *value)
{
    (void)key;
    int32_t day;

    if (timestamp_parse_day(value, &day) < 0 || day == 0)
        return "must be a date such as 2026-11-22 or 20261122";
    reading->observation.pattern_day = day;
    reading->observation.has |= HAS_PATTERN_DAY;
    return NULL;
}

/* Reads addresses with commas or blanks between. Those beyond `max` are read, too, but not kept. */
static const char *take_addresses(const char *value, size_t max, struct address_list *list)
{
    static const char separators[] = ", \t";
    char text[ADDRESS_CHARS_MAX + 1];
    struct address address;

    for (value += strspn(value, separators); *value; value += strspn(value, separators)) {
        const size_t chars = strcspn(value, separators);
        if (chars > ADDRESS_CHARS_MAX)
            return "must be addresses";
        memcpy(text, value, chars);
        text[chars] = '\0';
        if (address_parse(text, &address) < 0)
            return "must be addresses";
        if (list->n < max)
            list->at[list->n++] = address;
        value += chars;
    }
    return list->n > 0 ? NULL : "must be addresses";
}

static const char *take_own(struct reading *reading, const struct feed_key *key, const char *value)
{
    (void)key;
    reading->observation.has |= HAS_OWN;
    return take_addresses(value, OWN_ADDRESSES_MAX, &reading->observation.own);
}

static const char *take_resolved(struct reading *reading, const struct feed_key *key, const char *value)
{
    (void)key;
    reading->observation.has |= HAS_RESOLVED;
    return take_addresses(value, RESOLVED_ADDRESSES_MAX, &reading->observation.resolved);
}

/* Not kept: that one of them is a configured one, or none, is the fact. */
static const char *take_gateways(struct reading *reading, const struct feed_key *key, const char *value)
{
    struct address_list list = { 0 };
    const char *fault = take_addresses(value, OWN_ADDRESSES_MAX, &list);
    const enum tri have = fault ? TRI_UNKNOWN : gateways_have(reading->reader->gateways, &list);

    if (have != TRI_UNKNOWN) {
        reading->observation.values[key->fact] = have;
        reading->observation.facts |= FACT_BIT(key->fact);
    }
    return fault;
}

static const struct feed_key feed_keys[] = {
    { "agent", "name", take_name, NULL, 0 },
    { "agent", "time", take_time, NULL, 0 },
    { "agent", "addresses", take_own, NULL, 0 },
    { "agent", "gateways", take_gateways, NULL, FACT_GATEWAY },
    { "agent", "mode", take_fact, &modes, FACT_MODE },
    { "agent", "scan_method", take_fact, &scan_methods, FACT_SCAN_METHOD },
    { "server", "reachable", take_agent_side, &yes_no, 0 },
    { "server", "resolved", take_resolved, NULL, 0 },
    { "realtimescan", "enabled", take_fact, &yes_no, FACT_RTS_POLICY },
    { "realtimescan", "service", take_fact, &services, FACT_RTS_SERVICE },
    { "pattern", "version", take_pattern_version, NULL, 0 },
    { "pattern", "date", take_pattern_date, NULL, 0 },
    { "smartprotection", "reachable", take_fact, &yes_no, FACT_SMART_PROTECTION },
    { "smartprotection", "location_profile", take_fact, &locations, FACT_LOCATION },
    { "driver", "tmusa", take_fact, &services, FACT_TMUSA },
};
enum { FEED_KEYS = sizeof feed_keys / sizeof *feed_keys };

static void report(void *user, unsigned line, const char *section, const char *key, const char *what)
{
    struct reading *reading = user;

    reading->faults++;
    reading->fault(reading->user, line, section, key, what);
}

static void take_key(struct reading *reading, const struct ini *ini, size_t section, size_t key)
{
    const char *section_name = ini_section_name(ini, section), *key_name = ini_key_name(ini, section, key);
    const char *value = ini_key_value(ini, section, key), *fault = "unknown key";

    for (size_t i = 0; i < FEED_KEYS; i++)
        if (strcasecmp(feed_keys[i].section, section_name) == 0 && strcasecmp(feed_keys[i].key, key_name) == 0)
            fault = value[0] ? feed_keys[i].take(reading, &feed_keys[i], value) : "empty";
    if (fault)
        report(reading, ini_key_line(ini, section, key), section_name, key_name, fault);
}

static bool is_section(const char *name)
{
    for (size_t i = 0; i < FEED_KEYS; i++)
        if (strcasecmp(feed_keys[i].section, name) == 0)
            return true;
    return false;
}

/* What takes more than one key to know: how old everything is. */
static void date_it(struct reading *reading, const struct now *now)
{
    struct observation *observation = &reading->observation;
    const int64_t ahead_ms = reading->time_ms - now->wall_ms;

    if (reading->time_ms == 0)
        return; /* told already */
    if (ahead_ms > (int64_t)FEED_FUTURE_MAX_S * MS_A_SECOND) {
        report(reading, 0, "agent", "time", "is in the future");
        return;
    }
    const int64_t age_ms = ahead_ms > 0 ? 0 : -ahead_ms;
    observation->wall_ms = now->wall_ms - age_ms;
    observation->mono_ms = now->mono_ms - age_ms;
    if (observation->mono_ms == 0)
        observation->mono_ms = -1; /* 0 would mean never */

    if (!(observation->has & HAS_PATTERN_DAY))
        return;
    const int64_t pattern_age_s = reading->time_ms / MS_A_SECOND - (int64_t)observation->pattern_day * S_A_DAY;
    if (pattern_age_s < -S_A_DAY) {
        report(reading, 0, "pattern", "date", "is later than the feed's own time");
        return;
    }
    observation->values[FACT_PATTERN_AGE_S] = (int32_t)(pattern_age_s < 0           ? 0
                                                        : pattern_age_s > INT32_MAX ? INT32_MAX
                                                                                    : pattern_age_s);
    observation->facts |= FACT_BIT(FACT_PATTERN_AGE_S);
}

int feed_parse(const char *text, size_t bytes, const struct feed_reader *reader, const struct now *now,
               ini_fault_fn *fault, void *user, struct observation *ret)
{
    struct reading reading = { .reader = reader, .fault = fault, .user = user };
    struct ini *ini = NULL;
    unsigned ini_faults;
    int error = ini_parse(text, bytes, report, &reading, &ini, &ini_faults);

    if (error)
        return error;
    for (size_t section = 0; section < ini_sections(ini); section++) {
        if (!is_section(ini_section_name(ini, section))) {
            report(&reading, ini_section_line(ini, section), ini_section_name(ini, section), "", "unknown section");
            continue;
        }
        for (size_t key = 0; key < ini_keys(ini, section); key++)
            take_key(&reading, ini, section, key);
    }
    if (!ini_get(ini, "agent", "time"))
        report(&reading, 0, "agent", "time", "missing");
    ini_free(ini);
    date_it(&reading, now);
    if (reading.faults > 0)
        return -EINVAL;
    reading.observation.driver = DRIVER_FEED;
    reading.observation.cause = CAUSE_NONE;
    reading.observation.heard = true;
    *ret = reading.observation;
    return 0;
}
