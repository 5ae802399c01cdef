/* Vision One: a list of endpoints, page by page, in which each item is of the inventory and a record as well (vendor's
 * API reference). How the agent is stands beside its name, in fields that begin with eppAgent, or in an object of that
 * name. */
#include "console_talk.h"

#include "core/hash.h"
#include "timestamp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

enum {
    PAGE_ITEMS = 1000, /* the most that may be asked for */
    /* A chain of more pages has no end. The console may bring less than was asked for. */
    PAGES_MIN = 100,
    ITEMS_A_PAGE_MIN = 10
};

#define LIST "/v3.0/endpointSecurity/endpoints"

static const struct {
    const char *word;
    uint8_t recorded;
} states[] = {
    { "", 0 },
    { "on", RECORDED_ACTIVE },
    { "off", RECORDED_INACTIVE },
    { "unknown", RECORDED_UNKNOWN },
};

/* The console does not say how far behind: 2 is the least that it can mean. "Controlled" is the newest that the
 * version policy of the console lets an agent have. */
static const struct {
    const char *word;
    uint8_t pattern;
} components[] = {
    { "", 0 },
    { "latestVersion", 1 },
    { "controlledLatestVersion", 1 },
    { "outdatedVersion", 2 },
    { "unknownVersions", 0 },
};

/* The list while it is read. */
struct walk {
    struct console *console;
    uint64_t *links; /* owned: a hash of each link that was followed */
    size_t n, room;
};

static int authorise(const struct console *console, const char *target, char **ret_token)
{
    (void)target;
    char *token = strdup(console->settings.token);

    if (!token)
        return -ENOMEM;
    *ret_token = token;
    return 0;
}

/* A text about the agent, by its name beside the item's own and by that within eppAgent. NULL: it is no text. */
static const char *agent_text(const json_t *item, const char *flat, const char *nested)
{
    const char *text = console_text(item, flat);

    return text && !*text ? console_text(json_object_get(item, "eppAgent"), nested) : text;
}

/* What makes no sense is told as that: what was told before must not stand for it. NULL, or what is wrong with it. */
static const char *read_record(const json_t *item, struct console_record *record)
{
    const char *status = agent_text(item, "eppAgentStatus", "status");
    const char *component = agent_text(item, "eppAgentComponentVersion", "componentVersion");
    const char *connected = agent_text(item, "eppAgentLastConnectedDateTime", "lastConnectedDateTime");
    size_t i = 0, k = 0;

    while (status && i < sizeof states / sizeof *states && strcmp(status, states[i].word) != 0)
        i++;
    while (component && k < sizeof components / sizeof *components && strcmp(component, components[k].word) != 0)
        k++;
    if (connected && !*connected)
        connected = console_text(item, "lastConnectedDateTime");
    const bool is_status = status && i < sizeof states / sizeof *states;
    const bool is_component = component && k < sizeof components / sizeof *components;
    const bool is_time = connected && (!*connected || timestamp_parse(connected, &record->wall_ms) == 0);
    record->recorded = is_status ? states[i].recorded : RECORDED_UNKNOWN;
    record->pattern = is_component ? components[k].pattern : CONSOLE_AGE_ODD;
    return !is_status      ? "the agent's status is none of its table"
           : !is_component ? "the version of its components is none of its table"
           : !is_time      ? "the time of its last connection is no time"
                           : NULL;
}

/* Its address: the one that was used last, or else the first one. */
static const char *read_address(const json_t *item)
{
    const char *address = console_text_or_none(item, "lastUsedIp");
    const json_t *first = json_array_get(json_object_get(item, "ipAddresses"), 0);
    struct address parsed;

    if (!*address && json_is_string(first))
        address = json_string_value(first);
    return address_parse(address, &parsed) == 0 ? address : "";
}

static int pass_over(struct console *console, const char *what)
{
    console_odd(console, "item behind agent %u: %s", console->round.agents, what);
    return 0;
}

static int take_item(void *user, const json_t *item)
{
    const struct walk *walk = user;
    struct console *console = walk->console;
    const char *name = json_is_object(item) ? console_text(item, "endpointName") : NULL;

    if (!name || !*name) {
        console->round.odd_agents++;
        return pass_over(console, !item                   ? "not UTF-8"
                                  : !json_is_object(item) ? "no object"
                                                          : "endpointName is missing or no text for a name");
    }
    const char *server = agent_text(item, "eppAgentProtectionManager", "protectionManager");
    const char *group = agent_text(item, "eppAgentEndpointGroup", "endpointGroup");
    const struct console_agent agent = {
        .name = name,
        .guid = console_text_or_none(item, "agentGuid"),
        .server = server ? server : "",
        .group = group ? group : "",
        .address = read_address(item),
    };
    struct console_record record = {
        .name = name, .guid = agent.guid, .address = agent.address, .pattern_version = "", .engine_version = ""
    };
    const int r = console_tell_agent(console, &agent);
    if (r)
        return r;
    const char *const what = read_record(item, &record);
    if (what)
        pass_over(console, what);
    /* An endpoint may be without such an agent. */
    return record.recorded || record.pattern ? console_tell_record(console, &record) : 0;
}

/* The parts of a url that say who is asked are the same. */
static bool is_same_origin(CURLU *a, CURLU *b)
{
    static const CURLUPart parts[] = { CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT };
    bool same = true;

    for (size_t i = 0; same && i < sizeof parts / sizeof *parts; i++) {
        char *of_a = NULL, *of_b = NULL;
        same = curl_url_get(a, parts[i], &of_a, CURLU_DEFAULT_PORT) == CURLUE_OK &&
               curl_url_get(b, parts[i], &of_b, CURLU_DEFAULT_PORT) == CURLUE_OK && strcasecmp(of_a, of_b) == 0;
        curl_free(of_a);
        curl_free(of_b);
    }
    return same;
}

/* Remembers a link. It must not have been followed before, nor must there be too many. */
static int remember(struct walk *walk, const char *target)
{
    struct console *console = walk->console;
    const size_t pages_max = PAGES_MIN + console->settings.agents_max / ITEMS_A_PAGE_MIN;
    const uint64_t hash = hash_add(HASH_BEGINS, target, strlen(target)); /* enough to know a link again */

    for (size_t i = 0; i < walk->n; i++)
        if (walk->links[i] == hash)
            return console_fail(console, CAUSE_WRONG_ANSWER, "its pages lead round in a circle");
    if (walk->n >= pages_max)
        return console_fail(console, CAUSE_TOO_LARGE, "its pages have no end: more than %zu", pages_max);
    if (walk->n == walk->room) {
        const size_t room = walk->room ? 2 * walk->room : 64;
        uint64_t *links = reallocarray(walk->links, room, sizeof *links);
        if (!links)
            return -ENOMEM;
        walk->links = links;
        walk->room = room;
    }
    walk->links[walk->n++] = hash;
    return 0;
}

/* Reads where a link leads: path and query, at this console. */
static int follow(struct walk *walk, const char *link, char target[CONSOLE_TARGET_BYTES])
{
    struct console *console = walk->console;
    CURLU *here = curl_url(), *there = curl_url();
    char *path = NULL, *query = NULL;
    int r = here && there ? 0 : -ENOMEM;

    if (r)
        goto done;
    /* A link may be relative to the url. */
    if (curl_url_set(here, CURLUPART_URL, console->settings.url, 0) != CURLUE_OK ||
        curl_url_set(there, CURLUPART_URL, console->settings.url, 0) != CURLUE_OK ||
        curl_url_set(there, CURLUPART_URL, link, 0) != CURLUE_OK ||
        curl_url_get(there, CURLUPART_PATH, &path, 0) != CURLUE_OK) {
        r = console_fail(console, CAUSE_WRONG_ANSWER, "nextLink is no link");
        goto done;
    }
    if (!is_same_origin(here, there)) {
        /* Whoever it leads to would be shown the token. */
        r = console_fail(console, CAUSE_WRONG_ANSWER, "nextLink leads to another host, and is not followed");
        goto done;
    }
    curl_url_get(there, CURLUPART_QUERY, &query, 0);
    const size_t bytes = strlen(path) + (query ? strlen(query) : 0) + 2;
    if (bytes > CONSOLE_TARGET_BYTES) {
        r = console_fail(console, CAUSE_WRONG_ANSWER, "nextLink is too long");
        goto done;
    }
    strcpy(target, path);
    if (query)
        strcat(strcat(target, "?"), query);
done:
    curl_free(path);
    curl_free(query);
    curl_url_cleanup(here);
    curl_url_cleanup(there);
    return r;
}

static int inventory(struct console *console)
{
    struct walk walk = { .console = console };
    char target[CONSOLE_TARGET_BYTES];
    int r = console_target(console, target, LIST "?top=%d", PAGE_ITEMS);

    for (bool more = true; !r && more;) {
        json_t *rest = NULL;

        r = remember(&walk, target);
        if (!r)
            r = console_get(console, target, "items", take_item, &walk, &rest);
        if (r)
            break;
        const json_t *link = json_object_get(rest, "nextLink");
        const char *text = json_string_value(link);
        more = link && !json_is_null(link) && !(text && !*text);
        if (more)
            r = text && strlen(text) == json_string_length(link)
                    ? follow(&walk, text, target)
                    : console_fail(console, CAUSE_WRONG_ANSWER, "nextLink is no text");
        json_decref(rest);
    }
    free(walk.links);
    return r;
}

const struct console_kind vision_kind = { .authorise = authorise, .inventory = inventory };
