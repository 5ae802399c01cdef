/* The logs of Apex Central: one line for each time that a server told how an agent and its components are (800101 and
 * 800102; vendor's guide). Pages follow one another by time, as page_token must be 0 (community). */
#include "central.h"

#include "cef.h"
#include "timestamp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_LINES = 1000,    /* that a full page has at least */
    LINES_AN_AGENT = 100, /* a log that goes on beyond that has no end */
    LINES_MIN = 1000,     /* that any log may have */
    FUTURE_MAX_S = 86400  /* of a line's time, against the console's own clock */
};

struct central_log {
    const char *path, *event;
    bool is_engine;
};

static const struct central_log logs[CONSOLE_LOGS] = {
    { "/WebApp/api/v1/Logs/pattern_updated_status", "800101", false },
    { "/WebApp/api/v1/Logs/engine_updated_status", "800102", true },
};

/* cn1: the connection. */
static const struct {
    const char *value;
    enum recorded recorded;
} connections[] = {
    { "0", RECORDED_UNABLE_TO_CONNECT }, { "1", RECORDED_ACTIVE },         { "2", RECORDED_INACTIVE },
    { "100", RECORDED_PRODUCT_ACTIVE },  { "101", RECORDED_AGENT_ACTIVE }, { "102", RECORDED_ROAMING },
};

/* The keys of a line that matter. */
enum key { KEY_TIME, KEY_HOST, KEY_ADDRESS, KEY_CONNECTION, KEY_VERSION, KEY_AGE, KEYS };
static const char *const key_names[KEYS] = {
    [KEY_TIME] = "rt",        [KEY_HOST] = "shost",  [KEY_ADDRESS] = "cs2",
    [KEY_CONNECTION] = "cn1", [KEY_VERSION] = "cs5", [KEY_AGE] = "cn3",
};

/* A page of a log while it is read. */
struct page {
    struct console *console;
    const struct central_log *log;
    int64_t newest_s, latest_s; /* the newest time on it; the latest that can be true, 0: not known yet */
    uint32_t lines;
    uint64_t good;                             /* lines of the log of which something made sense */
    char first_odd[CONSOLE_DETAIL_BYTES];      /* what was wrong with the first other line; "": there is none */
    char values[KEYS][CONSOLE_TEXT_BYTES + 1]; /* of the line at hand */
    bool told[KEYS], too_long[KEYS];
};

static void take_key(void *user, const char *key, const char *value)
{
    struct page *page = user;

    for (enum key i = 0; i < KEYS; i++) {
        if (strcmp(key, key_names[i]) != 0)
            continue;
        page->told[i] = true;
        page->too_long[i] = strlen(value) > CONSOLE_TEXT_BYTES;
        snprintf(page->values[i], sizeof page->values[i], "%s", page->too_long[i] ? "" : value);
    }
}

static int pass_over(struct page *page, const char *what)
{
    if (!page->first_odd[0])
        snprintf(page->first_odd, sizeof page->first_odd, "line %u: %s", page->lines, what);
    console_odd(page->console, "event %s, line %u: %s", page->log->event, page->lines, what);
    return 0;
}

static bool read_connection(const char *value, uint8_t *ret)
{
    for (size_t i = 0; i < sizeof connections / sizeof *connections; i++)
        if (strcmp(value, connections[i].value) == 0) {
            *ret = (uint8_t)connections[i].recorded;
            return true;
        }
    return false;
}

/* cn3: one digit, up to so many. */
static bool read_age(const char *value, char max, uint8_t *ret)
{
    if (value[0] < '1' || value[0] > max || value[1])
        return false;
    *ret = (uint8_t)(value[0] - '0');
    return true;
}

/* A value that is a text for people: cef_read() lets escaped line ends and tabs pass. */
static const char *text_of(const struct page *page, enum key key)
{
    return strpbrk(page->values[key], "\t\r\n") ? "" : page->values[key];
}

/* When the line at hand was written; the page goes on from there, whatever else the line says. NULL, or what is wrong.
 */
static const char *read_time(struct page *page, int64_t *ret_wall_ms)
{
    int64_t wall_ms = 0;

    if (page->told[KEY_TIME] && timestamp_parse_cef(page->values[KEY_TIME], &wall_ms) < 0)
        return "rt is no time";
    if (wall_ms / 1000 > page->latest_s + FUTURE_MAX_S)
        return "rt lies in the future";
    if (wall_ms / 1000 > page->newest_s)
        page->newest_s = wall_ms / 1000;
    *ret_wall_ms = wall_ms;
    return NULL;
}

/* Whose line it is. NULL, or what is wrong. */
static const char *read_host(const struct page *page, struct console_record *record)
{
    record->name = text_of(page, KEY_HOST);
    record->address = text_of(page, KEY_ADDRESS);
    return record->name[0]            ? NULL
           : page->too_long[KEY_HOST] ? "shost is too long"
                                      : "shost is missing, or no text for a name";
}

/* What else it says. What makes no sense is told as that: what an older line says must not stand for it. NULL, or what
 * is wrong. */
static const char *read_values(struct page *page, struct console_record *record)
{
    const bool is_engine = page->log->is_engine;
    uint8_t connection = RECORDED_UNKNOWN, age = CONSOLE_AGE_ODD;
    const bool is_connection = read_connection(page->values[KEY_CONNECTION], &connection);
    const bool is_age = read_age(page->values[KEY_AGE], is_engine ? '2' : '7', &age);

    if (is_engine) {
        record->engine = age;
        record->engine_version = text_of(page, KEY_VERSION);
    } else {
        record->recorded = connection;
        record->pattern = age;
        record->pattern_version = text_of(page, KEY_VERSION);
    }
    page->good += is_age || (is_connection && !is_engine);
    return !is_connection ? "cn1 is missing, or none of its table"
           : !is_age      ? "cn3 is missing, or none of its table"
                          : NULL;
}

static int take_line(void *user, const json_t *line)
{
    struct page *page = user;
    struct console_record record = { .guid = "", .pattern_version = "", .engine_version = "" };
    struct cef_head head;
    char why[CEF_WHY_BYTES];

    page->lines++;
    if (!json_is_string(line))
        return pass_over(page, line ? "no text" : "not UTF-8");
    memset(page->told, 0, sizeof page->told);
    memset(page->too_long, 0, sizeof page->too_long);
    for (enum key i = 0; i < KEYS; i++)
        page->values[i][0] = '\0';
    const int r = cef_read(json_string_value(line), json_string_length(line), take_key, page, &head, why);
    if (r)
        return r == -EINVAL ? pass_over(page, why) : r;
    const char *what = read_time(page, &record.wall_ms);
    if (!what && strcmp(head.class_id, page->log->event) != 0)
        what = "it is another event";
    if (!what)
        what = read_host(page, &record);
    if (what)
        return pass_over(page, what);
    what = read_values(page, &record);
    if (what)
        pass_over(page, what);
    return console_tell_record(page->console, &record);
}

/* Where the console itself says that the next page begins; 0: it does not. */
static int64_t next_of(const json_t *rest)
{
    static const char parameter[] = "since_time=";
    const json_t *data = json_object_get(rest, "Data");
    const char *next = json_string_value(json_object_get(data, "Next"));
    const char *since = next ? strstr(next, parameter) : NULL;

    if (since)
        return strtoll(since + strlen(parameter), NULL, 10);
    return json_integer_value(json_object_get(json_object_get(data, "NextPage"), "SinceTime"));
}

/* Whether an answer with status 200 says that there was an error all the same. */
static int check_meta(struct console *console, const struct central_log *log, const json_t *rest)
{
    const json_t *meta = json_object_get(rest, "Meta"), *result = json_object_get(meta, "Result");
    char words[CONSOLE_DETAIL_BYTES];

    if (json_integer_value(json_object_get(meta, "ErrorCode")) == 0 &&
        (!json_is_integer(result) || json_integer_value(result) == 1))
        return 0;
    console_words(console, rest, words, sizeof words);
    return console_fail(console, CAUSE_WRONG_ANSWER, "event %s: the log was not to be had: %s", log->event, words);
}

/* Reads the page that begins at *since_s, and moves that to where the next one begins. *ret_more: there may be one. */
static int read_page(struct page *page, int64_t *since_s, bool *ret_more)
{
    struct console *console = page->console;
    char target[CONSOLE_TARGET_BYTES];
    json_t *rest = NULL;

    page->newest_s = 0;
    page->lines = 0;
    int r = console_target(console, target, "%s?output_format=CEF&page_token=0&since_time=%" PRId64, page->log->path,
                           *since_s);
    if (!r)
        r = console_get(console, target, "Data.Logs", take_line, page, &rest);
    if (r)
        return r;
    r = check_meta(console, page->log, rest);
    int64_t next_s = page->newest_s;
    /* Lines whose time can not be read must not hold up those behind them. */
    if (next_s <= *since_s && next_of(rest) <= page->latest_s + FUTURE_MAX_S)
        next_s = next_of(rest);
    json_decref(rest);
    if (r)
        return r;
    *ret_more = next_s > *since_s;
    if (*ret_more)
        *since_s = next_s;
    else if (page->lines >= PAGE_LINES)
        return console_fail(console, CAUSE_WRONG_ANSWER,
                            "event %s: a page of %u lines has none that is newer than the page before",
                            page->log->event, page->lines);
    return 0;
}

/* Reads a log to its end: to a page that brings nothing newer. Lines of the second in which a page ends come again on
 * the next one. What is written meanwhile is not waited for: it is the next round's. */
static int read_log(struct console *console, const struct central_log *log, int64_t *since_s)
{
    const uint64_t lines_max = LINES_MIN + (uint64_t)LINES_AN_AGENT * console->settings.agents_max;
    const int64_t begun_s = console->date_ms / 1000;
    struct page *page = calloc(1, sizeof *page);
    uint64_t lines = 0;
    bool more = true;
    int r = page ? 0 : -ENOMEM;

    if (page)
        *page = (struct page){ .console = console, .log = log, .latest_s = begun_s };
    while (!r && more) {
        r = read_page(page, since_s, &more);
        if (r)
            break;
        lines += page->lines;
        if (lines > lines_max)
            r = console_fail(console, CAUSE_TOO_LARGE, "event %s: the log has no end: more than %" PRIu64 " lines",
                             log->event, lines_max);
        more = more && *since_s < begun_s;
    }
    if (!r && lines > 0 && page->good == 0)
        r = console_fail(console, CAUSE_WRONG_ANSWER, "event %s: no line makes sense: %s", log->event, page->first_odd);
    free(page);
    return r;
}

int central_log_read(struct console *console)
{
    int r = 0;

    for (size_t i = 0; i < CONSOLE_LOGS && !r; i++) {
        console->reached_s[i] = console->since_s[i];
        r = read_log(console, &logs[i], &console->reached_s[i]);
    }
    return r;
}

void central_log_remember(struct console *console)
{
    memcpy(console->since_s, console->reached_s, sizeof console->since_s);
}
