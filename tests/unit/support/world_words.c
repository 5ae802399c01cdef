/* Reads the lines of scripted estates: each becomes an observation, as a driver would have made it. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    const char *text;
    int value;
};

static int value_of(const struct word *words, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i].text, text) == 0)
            return words[i].value;
    fail_msg("\"%s\" is no word of a script", text);
    return 0;
}
#define VALUE_OF(text, ...)                                                                                            \
    value_of((const struct word[]){ __VA_ARGS__ }, sizeof((const struct word[]){ __VA_ARGS__ }) / sizeof(struct word), \
             (text))

static enum cause cause_of(const char *text)
{
    for (enum cause cause = CAUSE_UNKNOWN; cause <= CAUSE_LAST; cause++)
        if (strcmp(cause_name(cause), text) == 0)
            return cause;
    fail_msg("\"%s\" is no cause", text);
    return CAUSE_UNKNOWN;
}

static struct address address_of(const char *text)
{
    struct address address;
    assert_int_equal(address_parse(text, &address), 0);
    return address;
}

static void set_fact(struct observation *observation, enum fact fact, int32_t value)
{
    observation->facts |= FACT_BIT(fact);
    observation->values[fact] = value;
}

/* Facts by their words; the last entry has no key. */
static const struct fact_words {
    const char *key;
    enum fact fact;
    struct word words[5];
} fact_words[] = {
    { "mode", FACT_MODE, { { "normal", MODE_NORMAL }, { "standalone", MODE_STANDALONE } } },
    { "policy", FACT_RTS_POLICY, { { "on", TRI_YES }, { "off", TRI_NO } } },
    { "service",
      FACT_RTS_SERVICE,
      { { "running", SERVICE_RUNNING }, { "stopped", SERVICE_STOPPED }, { "missing", SERVICE_MISSING } } },
    { "method", FACT_SCAN_METHOD, { { "smart", SCAN_METHOD_SMART }, { "conventional", SCAN_METHOD_CONVENTIONAL } } },
    { "smart", FACT_SMART_PROTECTION, { { "yes", TRI_YES }, { "no", TRI_NO } } },
    { "location", FACT_LOCATION, { { "internal", LOCATION_INTERNAL }, { "external", LOCATION_EXTERNAL } } },
    { "gateway", FACT_GATEWAY, { { "yes", TRI_YES }, { "no", TRI_NO } } },
    { "source", FACT_CURRENT_SOURCE, { { "yes", TRI_YES }, { "no", TRI_NO } } },
    { "tmusa",
      FACT_TMUSA,
      { { "running", SERVICE_RUNNING },
        { "stopped", SERVICE_STOPPED },
        { "missing", SERVICE_MISSING },
        { "unneeded", SERVICE_NOT_APPLICABLE } } },
    { "tmlisten",
      FACT_LISTENER_SERVICE,
      { { "running", SERVICE_RUNNING }, { "stopped", SERVICE_STOPPED }, { "missing", SERVICE_MISSING } } },
    { NULL, 0, { { NULL, 0 } } },
};

static bool read_fact(struct observation *observation, const char *key, const char *value)
{
    const struct fact_words *fact = fact_words;
    while (fact->key && strcmp(fact->key, key) != 0)
        fact++;
    if (!fact->key)
        return false;
    size_t n = 0;
    while (fact->words[n].text)
        n++;
    set_fact(observation, fact->fact, value_of(fact->words, n, value));
    return true;
}

/* Addresses with commas between, or "nothing". */
static void read_addresses(struct address_list *list, char *value)
{
    char *save = NULL;
    for (char *word = strtok_r(value, ",", &save); word && strcmp(word, "nothing") != 0;
         word = strtok_r(NULL, ",", &save))
        list->at[list->n++] = address_of(word);
}

static void read_report(struct observation *observation, const char *system)
{
    report_unref(observation->report);
    observation->report = report_new(&(struct report){ .system = system });
}

static void read_current_source(struct observation *observation, const char *source)
{
    report_unref(observation->report);
    observation->report = report_new(&(struct report){ .source = source });
    set_fact(observation, FACT_CURRENT_SOURCE, TRI_YES);
}

static void read_feed_key(struct observation *observation, const char *key, char *value)
{
    if (read_fact(observation, key, value))
        return;
    if (strcmp(key, "age") == 0) {
        observation->mono_ms -= strtol(value, NULL, 10) * 1000;
        observation->wall_ms -= strtol(value, NULL, 10) * 1000;
    } else if (strcmp(key, "agent") == 0) {
        observation->has |= HAS_AGENT_SIDE;
        observation->agent_side = (uint8_t)VALUE_OF(value, { "online", SIDE_ONLINE }, { "offline", SIDE_OFFLINE });
    } else if (strcmp(key, "resolved") == 0) {
        observation->has |= HAS_RESOLVED;
        read_addresses(&observation->resolved, value);
    } else if (strcmp(key, "own") == 0) {
        observation->has |= HAS_OWN;
        read_addresses(&observation->own, value);
    } else if (strcmp(key, "pattern") == 0) {
        set_fact(observation, FACT_PATTERN_AGE_S, (int32_t)strtol(value, NULL, 10) * 3600);
    } else if (strcmp(key, "version") == 0) {
        observation->has |= HAS_PATTERN_VERSION;
        assert_true((size_t)snprintf(observation->pattern_version, VERSION_BYTES, "%s", value) < VERSION_BYTES);
    } else if (strcmp(key, "day") == 0) {
        observation->has |= HAS_PATTERN_DAY;
        observation->pattern_day = (int32_t)strtol(value, NULL, 10);
    } else if (strcmp(key, "system") == 0) {
        read_report(observation, value);
    } else if (strcmp(key, "uses") == 0) {
        read_current_source(observation, value);
    } else if (strcmp(key, "cause") == 0) {
        observation->cause = cause_of(value);
    } else {
        fail_msg("\"%s\" is no key of a feed", key);
    }
}

static void be_good(struct observation *observation)
{
    observation->has |= HAS_AGENT_SIDE;
    observation->agent_side = SIDE_ONLINE;
    set_fact(observation, FACT_MODE, MODE_NORMAL);
    set_fact(observation, FACT_RTS_POLICY, TRI_YES);
    set_fact(observation, FACT_RTS_SERVICE, SERVICE_RUNNING);
    set_fact(observation, FACT_PATTERN_AGE_S, 3600);
    set_fact(observation, FACT_SMART_PROTECTION, TRI_YES);
}

static void read_feed(struct observation *observation, char *rest)
{
    observation->driver = DRIVER_FEED;
    char *save = NULL;
    for (char *word = strtok_r(rest, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(word, '=');
        if (strcmp(word, "broken") == 0) {
            observation->cause = CAUSE_PROTOCOL_ERROR;
        } else if (strcmp(word, "whole") == 0) {
            observation->has |= HAS_WHOLE;
        } else if (strcmp(word, "good") == 0) {
            be_good(observation);
        } else {
            assert_non_null(equals);
            *equals = 0;
            read_feed_key(observation, word, equals + 1);
        }
    }
}

static void read_record(struct observation *observation, char *rest)
{
    observation->driver = DRIVER_CENTRAL;
    char *save = NULL;
    for (char *word = strtok_r(rest, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(word, '=');
        if (equals)
            *equals++ = 0;
        if (!equals) {
            const int recorded = VALUE_OF(word, { "active", RECORDED_ACTIVE }, { "inactive", RECORDED_INACTIVE },
                                          { "roaming", RECORDED_ROAMING });
            set_fact(observation, FACT_RECORDED, recorded);
            if (recorded != RECORDED_INACTIVE)
                set_fact(observation, FACT_MODE, recorded == RECORDED_ACTIVE ? MODE_NORMAL : MODE_STANDALONE);
        } else if (strcmp(word, "by") == 0) {
            observation->driver = (enum driver)VALUE_OF(equals, { "vision", DRIVER_VISION });
        } else if (strcmp(word, "behind") == 0) {
            set_fact(observation, FACT_PATTERN_BEHIND, (int32_t)strtol(equals, NULL, 10));
        } else if (strcmp(word, "engine") == 0) {
            set_fact(observation, FACT_ENGINE, VALUE_OF(equals, { "yes", TRI_YES }, { "no", TRI_NO }));
        } else if (strcmp(word, "system") == 0) {
            read_report(observation, equals);
        } else {
            fail_msg("\"%s\" is no key of a record", word);
        }
    }
}

/* Whether something answered, where a probe ended with this cause. */
static bool is_heard(enum cause cause)
{
    return cause != CAUSE_TIMED_OUT && cause != CAUSE_UNREACHABLE && cause != CAUSE_NAME_NOT_FOUND &&
           cause_is_evidence(cause);
}

static void read_probe(struct observation *observation, char *rest)
{
    char *rtt = strstr(rest, " rtt=");
    if (rtt) {
        observation->rtt_ms = (uint32_t)strtoul(rtt + strlen(" rtt="), NULL, 10);
        *rtt = 0;
    }
    observation->cause = cause_of(rest);
    observation->heard = is_heard(observation->cause);
}

/* Takes " of=INDEX" off the end of a line; 1 where it is not there. */
static uint32_t read_of(char *rest)
{
    char *of = strstr(rest, " of=");
    if (!of)
        return 1;
    *of = 0;
    return (uint32_t)strtoul(of + strlen(" of="), NULL, 10);
}

static void read_source(struct observation *observation, char *rest)
{
    struct source_check *check = &observation->source;
    char *save = NULL;

    observation->driver = DRIVER_SOURCE;
    observation->subject = SUBJECT_SOURCE;
    observation->index = 1;
    check->certificate = CERTIFICATE_VALID;
    check->certificate_days = 90;
    check->ways[WAY_WEB] = (struct way_outcome){ .cause = CAUSE_NONE, .heard = true, .rtt_ms = 1 };
    for (char *word = strtok_r(rest, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(word, '=');
        if (equals)
            *equals++ = 0;
        if (equals && strcmp(word, "of") == 0) {
            observation->index = (uint32_t)strtoul(equals, NULL, 10);
            continue;
        }
        const enum source_way way =
            !equals ? WAY_FILE
                    : (enum source_way)VALUE_OF(word, { "web", WAY_WEB }, { "proxy", WAY_FILE_PROXY },
                                                { "webproxy", WAY_WEB_PROXY });
        const enum cause cause = cause_of(equals ? equals : word);
        check->ways[way] = (struct way_outcome){ .cause = (uint8_t)cause, .heard = is_heard(cause), .rtt_ms = 1 };
    }
    observation->cause = source_cause(check);
}

struct observation world_observation(const struct world *world, uint32_t agent, const char *event)
{
    struct observation observation = {
        .driver = DRIVER_LISTENER,
        .subject = SUBJECT_AGENT,
        .index = agent,
        .cause = CAUSE_NONE,
        .mono_ms = world->now.mono_ms,
        .wall_ms = world->now.wall_ms,
    };
    char line[256], *rest;
    assert_true((size_t)snprintf(line, sizeof line, "%s", event) < sizeof line);
    rest = strchr(line, ' ');
    rest = rest ? rest : line + strlen(line);
    if (*rest)
        *rest++ = 0;
    if (strcmp(line, "feed") == 0 || strcmp(line, "asked") == 0) {
        read_feed(&observation, rest);
        if (strcmp(line, "asked") == 0) {
            observation.driver = DRIVER_WINRM;
            observation.heard = is_heard(observation.cause);
        }
    } else if (strcmp(line, "record") == 0) {
        read_record(&observation, rest);
    } else if (strcmp(line, "server") == 0) {
        observation.driver = DRIVER_SERVER;
        observation.subject = SUBJECT_SERVER;
        observation.index = 1;
        read_probe(&observation, rest);
    } else if (strcmp(line, "source") == 0) {
        read_source(&observation, rest);
    } else if (strcmp(line, "reference") == 0) {
        observation.driver = DRIVER_LOCATION;
        observation.subject = SUBJECT_REFERENCE;
        observation.index = read_of(rest);
        read_probe(&observation, rest);
    } else if (strcmp(line, "listener") == 0) {
        read_probe(&observation, rest);
    } else {
        fail_msg("\"%s\" is nothing that happens", event);
    }
    return observation;
}
