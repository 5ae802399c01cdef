/* Puts an alarm into words. It decides nothing: whether there is an alarm, and why, was found elsewhere. */
#include "wording.h"

#include "line.h"

enum { NAME_BYTES_MAX = 64 };

static const struct {
    struct words title, hint;
} alarms[] = {
#define ALARM_WORDS(condition, title_en, title_ja, hint_en, hint_ja)                                                   \
    [condition] = { { { title_en, title_ja } }, { { hint_en, hint_ja } } },
#define DIAGNOSIS_WORDS(...)
#define NAME_WORDS(...)
#define CLEARING_WORDS(...)
#include "wording.def"
#undef ALARM_WORDS
#undef DIAGNOSIS_WORDS
#undef NAME_WORDS
#undef CLEARING_WORDS
};

static const struct words diagnosis_hints[] = {
#define ALARM_WORDS(...)
#define NAME_WORDS(...)
#define CLEARING_WORDS(...)
#define DIAGNOSIS_WORDS(diagnosis, hint_en, hint_ja) [diagnosis] = { { hint_en, hint_ja } },
#include "wording.def"
#undef ALARM_WORDS
#undef DIAGNOSIS_WORDS
#undef NAME_WORDS
#undef CLEARING_WORDS
};

static const struct {
    struct words there, right, hint;
} names[] = {
#define ALARM_WORDS(...)
#define DIAGNOSIS_WORDS(...)
#define CLEARING_WORDS(...)
#define NAME_WORDS(check, there_en, right_en, hint_en, there_ja, right_ja, hint_ja)                                    \
    [check] = { { { there_en, there_ja } }, { { right_en, right_ja } }, { { hint_en, hint_ja } } },
#include "wording.def"
#undef ALARM_WORDS
#undef DIAGNOSIS_WORDS
#undef NAME_WORDS
#undef CLEARING_WORDS
};

static const struct words clearings[] = {
#define ALARM_WORDS(...)
#define DIAGNOSIS_WORDS(...)
#define NAME_WORDS(...)
#define CLEARING_WORDS(why, en, ja) [why] = { { en, ja } },
#include "wording.def"
#undef ALARM_WORDS
#undef DIAGNOSIS_WORDS
#undef NAME_WORDS
#undef CLEARING_WORDS
};

static const struct words nothing_answers = {
    { "nothing answers there: is the endpoint switched on, and on the network?",
      "何も応答しません。電源とネットワーク接続を確認してください" }
};
/* `unverified` names the side that is missing. */
static const struct words server_side_missing = { { "the cause needs the server side: see that the listener is probed",
                                                    "原因の特定にはサーバ側の確認が必要です" } };
static const struct words agent_side_missing = { { "the cause needs the agent side: see that the endpoint reports it",
                                                   "原因の特定にはエージェント側の報告が必要です" } };

static const struct words see_sources = {
    { "no Smart Protection source of this list answers: ahSourceTable says why",
      "このリストのどのソースも応答しません。原因はahSourceTableで確認してください" }
};
static const struct words see_link = { { "look for a switch, a link or a server that they have in common",
                                         "共通のスイッチ、回線、サーバを確認してください" } };
static const struct words word_agents = { { ": agents concerned: ", ": 対象エージェント数 " } };
static const struct words see_checks = { { "ahSmartCheckTable says what was found",
                                           "内容はahSmartCheckTableで確認してください" } };

static const struct words certificate_expired = { { "the certificate has expired, or is not valid yet",
                                                    "証明書の有効期限が切れているか、まだ有効ではありません" } };
static const struct words certificate_untrusted = { { "the certificate is not trusted, or is for another name",
                                                      "証明書が信頼されていないか、名前が一致しません" } };
/* The agent side of serverNameUnresolved where there was no reply to a ping, and nothing more is known. */
static const struct words name_not_confirmed = {
    { "not confirmed: no reply to a ping, and what the name resolves to is not known; look at ICMP, firewalls and the "
      "name",
      "未確定（pingに応答なし、名前の解決は不明）。ICMP、ファイアウォール、名前を確認してください" }
};

static const struct words word_failed = { { "failed: ", "失敗: " } };
static const struct words word_server_side = { { "server side", "サーバ側" } };
static const struct words word_agent_side = { { "agent side", "エージェント側" } };
static const struct words word_online = { { "online", "オンライン" } };
static const struct words word_offline = { { "offline", "オフライン" } };
static const struct words word_unknown = { { "unknown", "不明" } };
static const struct words word_file = { { "file reputation", "ファイルレピュテーション" } };
static const struct words word_web = { { "web reputation", "Webレピュテーション" } };
static const struct words mark_of_clause = { { ": ", ": " } };
static const struct words mark_open = { { " (", "（" } };
static const struct words mark_between = { { "; ", "、" } };
static const struct words mark_close = { { ")", "）" } };

/* ": " and the words, if there are any. */
static void add_clause(struct line *line, const struct words *words)
{
    if (words->in[line->language])
        line_add(line, ": %s", words->in[line->language]);
}

static bool is_known(const struct contact *contact)
{
    return contact && (contact->side == SIDE_ONLINE || contact->side == SIDE_OFFLINE);
}

/* "server side refused 3 ms": the cause's name where it is known, as SNMP shows it. */
static void add_side(struct line *line, const struct words *which, const struct contact *contact)
{
    line_add(line, "%s ", which->in[line->language]);
    if (!is_known(contact)) {
        line_add_words(line, &word_unknown);
        return;
    }
    if (contact->side == SIDE_ONLINE)
        line_add_words(line, &word_online);
    else if (cause_is_evidence(contact->cause))
        line_add(line, "%s", cause_name(contact->cause));
    else
        line_add_words(line, &word_offline);
    if (contact->rtt_ms > 0)
        line_add(line, " %u ms", contact->rtt_ms);
}

static const struct words *offline_hint(enum diagnosis diagnosis, bool server_side_is_known, bool absent)
{
    if (diagnosis == DIAGNOSIS_UNVERIFIED && absent)
        return &nothing_answers;
    if (diagnosis == DIAGNOSIS_UNVERIFIED)
        return server_side_is_known ? &agent_side_missing : &server_side_missing;
    if (diagnosis <= DIAGNOSIS_NONE || diagnosis > DIAGNOSIS_LAST)
        return &alarms[ALARM_OFFLINE].hint;
    return &diagnosis_hints[diagnosis];
}

/* In the place of the hint, where more is known: what the name resolves to on the endpoint; or less: that there was no
 * reply, which says nothing of names. */
static bool add_name_check(struct line *line, const struct alarm_grounds *grounds)
{
    const enum name_check check = grounds->name_check;
    char there[ADDRESS_TEXT_BYTES], right[ADDRESS_TEXT_BYTES];

    if (grounds->diagnosis != DIAGNOSIS_SERVER_NAME_UNRESOLVED)
        return false;
    if (check <= NAME_UNKNOWN && is_known(grounds->agent_side) && grounds->agent_side->cause == CAUSE_TIMED_OUT) {
        add_clause(line, &name_not_confirmed);
        return true;
    }
    if (check <= NAME_UNKNOWN || check > NAME_OTHER_ADDRESS)
        return false;
    line_add(line, ": ");
    if (check == NAME_OTHER_ADDRESS) {
        line_add_words(line, &names[check].there);
        line_add(line, "%s", address_format(grounds->resolved, there));
        line_add_words(line, &names[check].right);
        line_add(line, "%s", address_format(grounds->expected, right));
    }
    line_add_words(line, &names[check].hint);
    return true;
}

static void add_offline(struct line *line, const struct alarm_grounds *grounds)
{
    const enum diagnosis diagnosis = grounds->diagnosis;

    if (diagnosis > DIAGNOSIS_NONE && diagnosis <= DIAGNOSIS_LAST)
        line_add(line, ": %s", diagnosis_name(diagnosis));
    line_add_words(line, &mark_open);
    add_side(line, &word_server_side, grounds->server_side);
    line_add_words(line, &mark_between);
    add_side(line, &word_agent_side, grounds->agent_side);
    line_add_words(line, &mark_close);
    if (!add_name_check(line, grounds))
        add_clause(line, offline_hint(diagnosis, is_known(grounds->server_side), grounds->absent));
}

/* The checks that failed, by the names that SNMP gives them; the general hint where none has. */
static void add_failed_checks(struct line *line, uint32_t failed)
{
    const struct words *mark = &mark_open;

    for (enum smart_check check = CHECK_ENDPOINT_LOCATION; check <= SMART_CHECKS; check++) {
        if (!(failed & CHECK_BIT(check)))
            continue;
        line_add_words(line, mark);
        if (mark == &mark_open)
            line_add_words(line, &word_failed);
        line_add(line, "%s", smart_check_name(check));
        mark = &mark_between;
    }
    if (mark == &mark_between)
        line_add_words(line, &mark_close);
    add_clause(line, mark == &mark_open ? &alarms[ALARM_SMART_PROTECTION_UNAVAILABLE].hint : &see_checks);
}

/* What is known of the certificate says more than that a TLS connection did not come about. */
static const char *service_cause(const struct contact *down, bool is_file, const struct alarm_grounds *grounds,
                                 enum language language)
{
    const bool of_certificate = is_file && down->cause == CAUSE_TLS_REJECTED;
    if (of_certificate && grounds->certificate == CERTIFICATE_EXPIRED)
        return certificate_expired.in[language];
    if (of_certificate && grounds->certificate == CERTIFICATE_UNTRUSTED)
        return certificate_untrusted.in[language];
    return cause_text((enum cause)down->cause, language);
}

/* The services that are down, and why. */
static void add_services(struct line *line, const struct alarm_grounds *grounds)
{
    const struct {
        const struct words *name;
        const struct contact *down;
    } services[] = { { &word_file, grounds->file }, { &word_web, grounds->web } };
    const struct words *mark = &mark_of_clause;

    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (!services[i].down)
            continue;
        line_add_words(line, mark);
        line_add_words(line, services[i].name);
        line_add(line, ": %s", service_cause(services[i].down, i == 0, grounds, line->language));
        mark = &mark_between;
    }
}

static void add_outage(struct line *line, const struct alarm_grounds *grounds)
{
    if (grounds->of)
        add_clause(line, &alarms[grounds->of].title);
    line_add_words(line, &word_agents);
    line_add(line, "%u", grounds->agents);
    add_clause(line, grounds->sources_silent ? &see_sources : &see_link);
}

static void add_detail(struct line *line, const char *detail, const struct words *hint)
{
    if (detail && *detail)
        line_add(line, ": %s", detail);
    add_clause(line, hint);
}

static struct line begin(enum language language, const char *name)
{
    struct line line = line_begin(language);
    line_add_some(&line, name, NAME_BYTES_MAX);
    return line;
}

static bool is_worded(enum alarm_condition condition)
{
    return (size_t)condition < sizeof(alarms) / sizeof(alarms[0]);
}

size_t alarm_text(char *buffer, size_t bytes, enum language language, const char *name, enum alarm_condition condition,
                  const struct alarm_grounds *grounds)
{
    struct line line = begin(language, name);
    const bool known = is_worded(condition);

    if (known)
        add_clause(&line, &alarms[condition].title);
    if (condition == ALARM_OFFLINE)
        add_offline(&line, grounds);
    else if (condition == ALARM_SOURCE_DOWN)
        add_services(&line, grounds);
    else if (condition == ALARM_MASS_OUTAGE)
        add_outage(&line, grounds);
    else if (condition == ALARM_FLAPPING)
        add_detail(&line, alarms[grounds->of].title.in[line.language], &alarms[condition].hint);
    else if (condition == ALARM_SERVER_DOWN)
        line_add(&line, ": %s",
                 cause_text(grounds->server_side ? grounds->server_side->cause : CAUSE_UNKNOWN, line.language));
    else if (condition == ALARM_SMART_PROTECTION_UNAVAILABLE)
        add_failed_checks(&line, grounds->failed_checks);
    else if (known)
        add_detail(&line, grounds->detail, &alarms[condition].hint);
    return line_finish(&line, buffer, bytes);
}

size_t clearing_text(char *buffer, size_t bytes, enum language language, const char *name,
                     enum alarm_condition condition, enum clear_reason why)
{
    struct line line = begin(language, name);

    if (is_worded(condition))
        add_clause(&line, &alarms[condition].title);
    add_clause(&line, &clearings[why >= CLEAR_UNKNOWN && why <= CLEAR_ABSENT ? why : CLEAR_UNKNOWN]);
    return line_finish(&line, buffer, bytes);
}
