/* Puts an alarm into words. It decides nothing: whether there is an alarm, and why, was found elsewhere. */
#include "wording.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer than all parts together: only the finished line is cut. */
enum { NAME_BYTES_MAX = 64, LINE_BYTES = 1024 };

struct words {
    const char *in[LANGUAGES];
};

static const struct {
    struct words title, hint;
} alarms[] = {
#define ALARM_WORDS(condition, title_en, title_ja, hint_en, hint_ja)                                                   \
    [condition] = { { { title_en, title_ja } }, { { hint_en, hint_ja } } },
#define DIAGNOSIS_WORDS(...)
#define CLEARING_WORDS(...)
#include "wording.def"
#undef ALARM_WORDS
#undef DIAGNOSIS_WORDS
#undef CLEARING_WORDS
};

static const struct words diagnosis_hints[] = {
#define ALARM_WORDS(...)
#define CLEARING_WORDS(...)
#define DIAGNOSIS_WORDS(diagnosis, hint_en, hint_ja) [diagnosis] = { { hint_en, hint_ja } },
#include "wording.def"
#undef ALARM_WORDS
#undef DIAGNOSIS_WORDS
#undef CLEARING_WORDS
};

static const struct words clearings[] = {
#define ALARM_WORDS(...)
#define DIAGNOSIS_WORDS(...)
#define CLEARING_WORDS(why, en, ja) [why] = { { en, ja } },
#include "wording.def"
#undef ALARM_WORDS
#undef DIAGNOSIS_WORDS
#undef CLEARING_WORDS
};

/* `unverified` names the side that is missing. */
static const struct words server_side_missing = { { "the cause needs the server side: see that the listener is probed",
                                                    "原因の特定にはサーバ側の確認が必要です" } };
static const struct words agent_side_missing = { { "the cause needs the agent side: see that the endpoint reports it",
                                                   "原因の特定にはエージェント側の報告が必要です" } };

static const struct words word_server_side = { { "server side", "サーバ側" } };
static const struct words word_agent_side = { { "agent side", "エージェント側" } };
static const struct words word_online = { { "online", "オンライン" } };
static const struct words word_offline = { { "offline", "オフライン" } };
static const struct words word_unknown = { { "unknown", "不明" } };
static const struct words mark_open = { { " (", "（" } };
static const struct words mark_between = { { "; ", "、" } };
static const struct words mark_close = { { ")", "）" } };

struct line {
    enum language language;
    size_t used;
    char text[LINE_BYTES];
};

static void __attribute__((format(printf, 2, 3))) add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line->text + line->used, LINE_BYTES - line->used, format, arguments);
    va_end(arguments);
    if (n > 0)
        line->used += (size_t)n < LINE_BYTES - line->used ? (size_t)n : LINE_BYTES - line->used - 1;
}

static void add_words(struct line *line, const struct words *words)
{
    add(line, "%s", words->in[line->language]);
}

/* ": " and the words, if there are any. */
static void add_clause(struct line *line, const struct words *words)
{
    if (words->in[line->language])
        add(line, ": %s", words->in[line->language]);
}

/* How many of the first `max` bytes are whole characters. */
static size_t whole_characters(const char *text, size_t max)
{
    size_t n = strlen(text);
    if (n <= max)
        return n;
    for (n = max; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80; n--)
        ;
    return n;
}

static bool is_known(const struct contact *contact)
{
    return contact && (contact->side == SIDE_ONLINE || contact->side == SIDE_OFFLINE);
}

/* "server side refused 3 ms": the cause's name where it is known, as SNMP shows it. */
static void add_side(struct line *line, const struct words *which, const struct contact *contact)
{
    add(line, "%s ", which->in[line->language]);
    if (!is_known(contact)) {
        add_words(line, &word_unknown);
        return;
    }
    if (contact->side == SIDE_ONLINE)
        add_words(line, &word_online);
    else if (cause_is_evidence(contact->cause))
        add(line, "%s", cause_name(contact->cause));
    else
        add_words(line, &word_offline);
    if (contact->rtt_ms > 0)
        add(line, " %u ms", contact->rtt_ms);
}

static const struct words *offline_hint(enum diagnosis diagnosis, bool server_side_is_known)
{
    if (diagnosis == DIAGNOSIS_UNVERIFIED)
        return server_side_is_known ? &agent_side_missing : &server_side_missing;
    if (diagnosis <= DIAGNOSIS_NONE || diagnosis > DIAGNOSIS_LAST)
        return &alarms[ALARM_OFFLINE].hint;
    return &diagnosis_hints[diagnosis];
}

static void add_offline(struct line *line, enum diagnosis diagnosis, const struct contact *server_side,
                        const struct contact *agent_side)
{
    if (diagnosis > DIAGNOSIS_NONE && diagnosis <= DIAGNOSIS_LAST)
        add(line, ": %s", diagnosis_name(diagnosis));
    add_words(line, &mark_open);
    add_side(line, &word_server_side, server_side);
    add_words(line, &mark_between);
    add_side(line, &word_agent_side, agent_side);
    add_words(line, &mark_close);
    add_clause(line, offline_hint(diagnosis, is_known(server_side)));
}

/* Gives what is ready: as much of it as there is room for. */
static size_t finish(const struct line *line, char *buffer, size_t bytes)
{
    size_t used = whole_characters(line->text, bytes - 1);
    memcpy(buffer, line->text, used);
    buffer[used] = '\0';
    return used;
}

static void begin(struct line *line, enum language language, const char *name)
{
    *line = (struct line){ .language = language == LANGUAGE_JA ? LANGUAGE_JA : LANGUAGE_EN };
    add(line, "%.*s", (int)whole_characters(name, NAME_BYTES_MAX), name);
}

static bool is_worded(enum alarm_condition condition)
{
    return (size_t)condition < sizeof(alarms) / sizeof(alarms[0]);
}

size_t alarm_text(char *buffer, size_t bytes, enum language language, const char *name, enum alarm_condition condition,
                  enum diagnosis diagnosis, const struct contact *server_side, const struct contact *agent_side)
{
    if (bytes == 0)
        return 0;

    struct line line;
    begin(&line, language, name);
    const bool known = is_worded(condition);
    if (known)
        add_clause(&line, &alarms[condition].title);
    if (condition == ALARM_OFFLINE)
        add_offline(&line, diagnosis, server_side, agent_side);
    else if (condition == ALARM_SERVER_DOWN || condition == ALARM_SOURCE_DOWN)
        add(&line, ": %s", cause_text(server_side ? server_side->cause : CAUSE_UNKNOWN, line.language));
    else if (known)
        add_clause(&line, &alarms[condition].hint);
    return finish(&line, buffer, bytes);
}

size_t clearing_text(char *buffer, size_t bytes, enum language language, const char *name,
                     enum alarm_condition condition, enum clear_reason why)
{
    if (bytes == 0)
        return 0;

    struct line line;
    begin(&line, language, name);
    if (is_worded(condition))
        add_clause(&line, &alarms[condition].title);
    add_clause(&line, &clearings[why >= CLEAR_UNKNOWN && why <= CLEAR_ABSENT ? why : CLEAR_UNKNOWN]);
    return finish(&line, buffer, bytes);
}
