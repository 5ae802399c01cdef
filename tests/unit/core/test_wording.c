/* An alarm's line: what it says, in each language, and where it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/rows.h"
#include "core/wording.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct contact online = { .mono_ms = 1, .side = SIDE_ONLINE, .cause = CAUSE_NONE };
static const struct contact said_offline = { .mono_ms = 1, .side = SIDE_OFFLINE, .cause = CAUSE_UNKNOWN };
static const struct contact refused = { .mono_ms = 1, .side = SIDE_OFFLINE, .cause = CAUSE_REFUSED, .rtt_ms = 3 };
static const struct contact unresolved = { .mono_ms = 1, .side = SIDE_OFFLINE, .cause = CAUSE_NAME_NOT_FOUND };
static const struct contact stale = { .mono_ms = 1, .side = SIDE_UNKNOWN, .cause = CAUSE_STALE, .rtt_ms = 3 };

static const struct alarm_grounds nothing_known = { .diagnosis = DIAGNOSIS_NONE };

static void lines_read_as_intended(void **state)
{
    (void)state;
    static const struct {
        enum language language;
        const char *name;
        enum alarm_condition condition;
        enum diagnosis diagnosis;
        const struct contact *server_side, *agent_side;
        const char *expected;
    } rows[] = {
        { LANGUAGE_EN, "PC-0001", ALARM_OFFLINE, DIAGNOSIS_FIREWALL_BLOCKS_SERVER, &refused, &online,
          "PC-0001: offline: firewallBlocksServer (server side refused 3 ms; agent side online): check the Apex One "
          "firewall settings: server to agent may be blocked" },
        { LANGUAGE_JA, "PC-0001", ALARM_OFFLINE, DIAGNOSIS_FIREWALL_BLOCKS_SERVER, &refused, &online,
          "PC-0001: オフライン: firewallBlocksServer（サーバ側 refused 3 ms、エージェント側 オンライン）: "
          "Apex Oneファイアウォールの設定を確認してください" },
        { LANGUAGE_EN, "PC-0001", ALARM_OFFLINE, DIAGNOSIS_NETWORK_FAULT, &refused, &said_offline,
          "PC-0001: offline: networkFault (server side refused 3 ms; agent side offline): check the network between "
          "agent and server" },
        { LANGUAGE_EN, "PC-0001", ALARM_OFFLINE, DIAGNOSIS_UNVERIFIED, &refused, NULL,
          "PC-0001: offline: unverified (server side refused 3 ms; agent side unknown): the cause needs the agent "
          "side: see that the endpoint reports it" },
        { LANGUAGE_EN, "PC-0001", ALARM_OFFLINE, DIAGNOSIS_UNVERIFIED, &refused, &stale,
          "PC-0001: offline: unverified (server side refused 3 ms; agent side unknown): the cause needs the agent "
          "side: see that the endpoint reports it" },
        { LANGUAGE_EN, "PC-0001", ALARM_OFFLINE, DIAGNOSIS_UNVERIFIED, &stale, &unresolved,
          "PC-0001: offline: unverified (server side unknown; agent side nameNotFound): the cause needs the server "
          "side: see that the listener is probed" },
        { LANGUAGE_JA, "PC-0001", ALARM_OFFLINE, DIAGNOSIS_UNVERIFIED, NULL, &said_offline,
          "PC-0001: オフライン: unverified（サーバ側 不明、エージェント側 オフライン）: "
          "原因の特定にはサーバ側の確認が必要です" },
        { LANGUAGE_EN, "PC-0001", ALARM_OFFLINE, DIAGNOSIS_UNKNOWN, NULL, NULL,
          "PC-0001: offline (server side unknown; agent side unknown): verify the connection (Agents > Connection "
          "Verification)" },
        { LANGUAGE_EN, "PC-0001", ALARM_PATTERN_OUTDATED, DIAGNOSIS_NONE, &online, &online,
          "PC-0001: pattern outdated: update the components (Updates > Agents > Automatic Update)" },
        { LANGUAGE_EN, "apex1", ALARM_SERVER_DOWN, DIAGNOSIS_NONE, &unresolved, NULL,
          "apex1: server down: the name does not resolve" },
        { LANGUAGE_JA, "apex1", ALARM_SERVER_DOWN, DIAGNOSIS_NONE, &unresolved, NULL,
          "apex1: サーバダウン: 名前を解決できません" },
        { LANGUAGE_EN, "apex1", ALARM_SERVER_DOWN, DIAGNOSIS_NONE, NULL, NULL, "apex1: server down: not asked yet" },
        { LANGUAGE_EN, "x", ALARM_UNKNOWN, DIAGNOSIS_UNKNOWN, NULL, NULL, "x" },
        { LANGUAGE_EN, "x", 99, DIAGNOSIS_UNKNOWN, NULL, NULL, "x" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char buffer[ALARM_TEXT_BYTES];
        const struct alarm_grounds grounds = { .diagnosis = rows[i].diagnosis,
                                               .server_side = rows[i].server_side,
                                               .agent_side = rows[i].agent_side };
        size_t n = alarm_text(buffer, sizeof(buffer), rows[i].language, rows[i].name, rows[i].condition, &grounds);
        assert_string_equal(buffer, rows[i].expected);
        assert_int_equal(n, strlen(rows[i].expected));
    }
}

static void a_source_that_is_down_names_its_services(void **state)
{
    (void)state;
    static const struct contact late = { .side = SIDE_OFFLINE, .cause = CAUSE_TIMED_OUT };
    static const struct {
        enum language language;
        const struct contact *file, *web;
        const char *expected;
    } rows[] = {
        { LANGUAGE_EN, &late, NULL, "sps1: Smart Protection source down: file reputation: no answer in time" },
        { LANGUAGE_EN, NULL, &late, "sps1: Smart Protection source down: web reputation: no answer in time" },
        { LANGUAGE_JA, &late, &refused,
          "sps1: Smart Protectionソースダウン: ファイルレピュテーション: "
          "時間内に応答がありません、Webレピュテーション: ホストは応答しますが、ポートで待ち受けがありません" },
        { LANGUAGE_EN, NULL, NULL, "sps1: Smart Protection source down" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char buffer[ALARM_TEXT_BYTES];
        alarm_text(buffer, sizeof buffer, rows[i].language, "sps1", ALARM_SOURCE_DOWN,
                   &(struct alarm_grounds){ .file = rows[i].file, .web = rows[i].web });
        assert_string_equal(buffer, rows[i].expected);
    }
}

static void a_certificate_that_is_known_is_named(void **state)
{
    (void)state;
    static const struct contact rejected = { .side = SIDE_OFFLINE, .cause = CAUSE_TLS_REJECTED };
    static const struct contact late = { .side = SIDE_OFFLINE, .cause = CAUSE_TIMED_OUT };
    static const struct {
        enum certificate certificate;
        const struct contact *file;
        const char *words;
    } rows[] = {
        { CERTIFICATE_EXPIRED, &rejected, "the certificate has expired, or is not valid yet" },
        { CERTIFICATE_UNTRUSTED, &rejected, "the certificate is not trusted, or is for another name" },
        { CERTIFICATE_UNKNOWN, &rejected, NULL },
        { CERTIFICATE_VALID, &rejected, NULL },
        /* It is known, and not what is wrong. */
        { CERTIFICATE_EXPIRED, &late, NULL },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char buffer[ALARM_TEXT_BYTES], expected[2 * ALARM_TEXT_BYTES];
        const char *words = rows[i].words ? rows[i].words : cause_text(rows[i].file->cause, LANGUAGE_EN);
        alarm_text(
            buffer, sizeof buffer, LANGUAGE_EN, "sps1", ALARM_SOURCE_DOWN,
            &(struct alarm_grounds){ .file = rows[i].file, .web = &rejected, .certificate = rows[i].certificate });
        snprintf(expected, sizeof expected,
                 "sps1: Smart Protection source down: file reputation: %s; web reputation: %s", words,
                 cause_text(CAUSE_TLS_REJECTED, LANGUAGE_EN));
        assert_string_equal(buffer, expected);
    }
}

static void the_outage_of_a_list_says_where_to_look(void **state)
{
    (void)state;
    char buffer[ALARM_TEXT_BYTES];
    const struct alarm_grounds grounds = { .sources_silent = true, .agents = 2000 };
    alarm_text(buffer, sizeof buffer, LANGUAGE_EN, "standard", ALARM_MASS_OUTAGE, &grounds);
    assert_string_equal(
        buffer, "standard: mass outage: agents concerned: 2000: no Smart Protection source of this list answers: "
                "ahSourceTable says why");
    alarm_text(buffer, sizeof buffer, LANGUAGE_JA, "standard", ALARM_MASS_OUTAGE, &grounds);
    assert_string_equal(buffer, "standard: 大規模障害: 対象エージェント数 2000: このリストのどのソースも応答しません。"
                                "原因はahSourceTableで確認してください");
    const struct alarm_grounds of_group = { .of = ALARM_OFFLINE, .agents = 12 };
    alarm_text(buffer, sizeof buffer, LANGUAGE_EN, "HQ", ALARM_MASS_OUTAGE, &of_group);
    assert_string_equal(buffer, "HQ: mass outage: offline: agents concerned: 12: look for a switch, a link or a server "
                                "that they have in common");
}

static void a_name_that_is_looked_up_says_what_was_found(void **state)
{
    (void)state;
    static const struct address wrong = { 4, { 10, 9, 9, 9 } }, right = { 4, { 10, 0, 0, 5 } };
    static const char en[] = "PC-1: offline: serverNameUnresolved (server side online; agent side nameNotFound): ";
    static const char ja[] =
        "PC-1: オフライン: serverNameUnresolved（サーバ側 オンライン、エージェント側 nameNotFound）: ";
    static const struct {
        enum name_check check;
        const char *hint[LANGUAGES];
    } rows[] = {
        { 0,
          { "the server's name may have changed: register it in DNS or WINS, or in the endpoint's hosts file",
            "サーバ名をDNSかWINS、またはhostsに登録してください" } },
        { NAME_UNKNOWN,
          { "the server's name may have changed: register it in DNS or WINS, or in the endpoint's hosts file",
            "サーバ名をDNSかWINS、またはhostsに登録してください" } },
        { NAME_NOT_FOUND,
          { "the name resolves to nothing there: register it in DNS or WINS, or in the endpoint's hosts file",
            "名前を解決できません。DNSかWINS、またはhostsに登録してください" } },
        { NAME_OTHER_ADDRESS,
          { "the name resolves to 10.9.9.9 there, not to 10.0.0.5: correct DNS, WINS or the endpoint's hosts file",
            "解決先が10.9.9.9です（正しくは10.0.0.5）。DNSとhostsを修正してください" } },
        { NAME_AS_EXPECTED,
          { "not confirmed: the name resolves as it should there; look at ICMP and firewalls from the agent to the "
            "server",
            "未確定（名前は正常）。サーバへのICMPとファイアウォールを確認してください" } },
        { 99,
          { "the server's name may have changed: register it in DNS or WINS, or in the endpoint's hosts file",
            "サーバ名をDNSかWINS、またはhostsに登録してください" } },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (enum language language = 0; language < LANGUAGES; language++) {
            struct alarm_grounds grounds = { .diagnosis = DIAGNOSIS_SERVER_NAME_UNRESOLVED,
                                             .server_side = &online,
                                             .agent_side = &unresolved,
                                             .name_check = rows[i].check,
                                             .resolved = &wrong,
                                             .expected = &right };
            char buffer[ALARM_TEXT_BYTES], expected[2 * ALARM_TEXT_BYTES];
            alarm_text(buffer, sizeof buffer, language, "PC-1", ALARM_OFFLINE, &grounds);
            snprintf(expected, sizeof expected, "%s%s", language == LANGUAGE_JA ? ja : en, rows[i].hint[language]);
            assert_string_equal(buffer, expected);
            /* It is no part of any other cause. */
            grounds.diagnosis = DIAGNOSIS_NETWORK_FAULT;
            alarm_text(buffer, sizeof buffer, LANGUAGE_EN, "PC-1", ALARM_OFFLINE, &grounds);
            assert_string_equal(buffer, "PC-1: offline: networkFault (server side online; agent side nameNotFound): "
                                        "check the network between agent and server");
        }
    }
}

/* A ping without a reply is no evidence about names; once the name was looked up, that is. */
static void without_a_reply_the_name_is_not_blamed(void **state)
{
    (void)state;
    static const struct contact silent = { .mono_ms = 1, .side = SIDE_OFFLINE, .cause = CAUSE_TIMED_OUT };
    static const struct {
        enum name_check check;
        const struct contact *agent_side;
        const char *words;
    } rows[] = {
        { NAME_UNKNOWN, &silent,
          "timedOut): not confirmed: no reply to a ping, and what the name resolves to is not known; look at ICMP, "
          "firewalls and the name" },
        { NAME_NOT_FOUND, &silent,
          "timedOut): the name resolves to nothing there: register it in DNS or WINS, or in the "
          "endpoint's hosts file" },
        { NAME_UNKNOWN, &said_offline,
          "offline): the server's name may have changed: register it in DNS or WINS, or in "
          "the endpoint's hosts file" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char buffer[ALARM_TEXT_BYTES], expected[2 * ALARM_TEXT_BYTES];
        const struct alarm_grounds grounds = { .diagnosis = DIAGNOSIS_SERVER_NAME_UNRESOLVED,
                                               .server_side = &online,
                                               .agent_side = rows[i].agent_side,
                                               .name_check = rows[i].check };
        alarm_text(buffer, sizeof buffer, LANGUAGE_EN, "PC-1", ALARM_OFFLINE, &grounds);
        snprintf(expected, sizeof expected, "PC-1: offline: serverNameUnresolved (server side online; agent side %s",
                 rows[i].words);
        assert_string_equal(buffer, expected);
    }
}

static void a_lost_source_names_the_checks_that_failed(void **state)
{
    (void)state;
    static const struct {
        uint32_t failed;
        const char *line[LANGUAGES];
    } rows[] = {
        { 0,
          { "PC-1: Smart Protection unavailable: check location, sources, configuration files, proxies and tmusa",
            "PC-1: Smart Protectionを利用不可: 場所、ソース、設定ファイル、プロキシ、tmusaを確認してください" } },
        { CHECK_BIT(CHECK_TMUSA),
          { "PC-1: Smart Protection unavailable (failed: tmusa): ahSmartCheckTable says what was found",
            "PC-1: Smart Protectionを利用不可（失敗: tmusa）: 内容はahSmartCheckTableで確認してください" } },
        { CHECK_BIT(CHECK_LOCATION_PROFILE) | CHECK_BIT(CHECK_TMUSA),
          { "PC-1: Smart Protection unavailable (failed: locationProfile; tmusa): ahSmartCheckTable says what was "
            "found",
            "PC-1: Smart Protectionを利用不可（失敗: locationProfile、tmusa）: "
            "内容はahSmartCheckTableで確認してください" } },
        { UINT32_MAX,
          { "PC-1: Smart Protection unavailable (failed: endpointLocation; sourceList; configurationFiles; "
            "locationProfile; proxies; tmusa): ahSmartCheckTable says what was found",
            "PC-1: Smart Protectionを利用不可（失敗: "
            "endpointLocation、sourceList、configurationFiles、locationProfile、proxies、tmusa）: "
            "内容はahSmartCheckTableで確認してください" } },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (enum language language = 0; language < LANGUAGES; language++) {
            const struct alarm_grounds grounds = { .failed_checks = rows[i].failed };
            char buffer[ALARM_TEXT_BYTES];
            alarm_text(buffer, sizeof buffer, language, "PC-1", ALARM_SMART_PROTECTION_UNAVAILABLE, &grounds);
            assert_string_equal(buffer, rows[i].line[language]);
            alarm_text(buffer, sizeof buffer, language, "PC-1", ALARM_MASS_OUTAGE, &grounds);
            assert_null(strstr(buffer, "tmusa"));
        }
    }
}

static void every_alarm_with_a_usual_name_fits(void **state)
{
    (void)state;
    static const struct contact slow = {
        .mono_ms = 1, .side = SIDE_OFFLINE, .cause = CAUSE_AUTHENTICATION_FAILED, .rtt_ms = 10000
    };
    static const struct address long_one = { 4, { 100, 100, 100, 100 } };
    for (unsigned round = 0; round < LANGUAGES * NAME_OTHER_ADDRESS; round++) {
        const enum language language = round % LANGUAGES;
        for (unsigned condition = ALARM_PATTERN_OUTDATED; condition <= ALARM_PERSISTENCE_LOST; condition++) {
            for (unsigned diagnosis = DIAGNOSIS_UNKNOWN; diagnosis <= DIAGNOSIS_LAST; diagnosis++) {
                char fitting[ALARM_TEXT_BYTES], whole[4 * ALARM_TEXT_BYTES];
                const struct alarm_grounds grounds = { .diagnosis = diagnosis,
                                                       .server_side = &slow,
                                                       .agent_side = &online,
                                                       .name_check = NAME_UNKNOWN + round / LANGUAGES,
                                                       .resolved = &long_one,
                                                       .expected = &long_one,
                                                       .failed_checks = UINT32_MAX };
                size_t n = alarm_text(fitting, sizeof(fitting), language, "SALES-PC-000001", condition, &grounds);
                alarm_text(whole, sizeof(whole), language, "SALES-PC-000001", condition, &grounds);
                assert_string_equal(fitting, whole);
                assert_int_equal(n, strlen(whole));
                assert_true(n > strlen("SALES-PC-000001: "));
            }
        }
    }
}

static void a_line_is_cut_between_characters(void **state)
{
    (void)state;
    const struct alarm_grounds grounds = { .diagnosis = DIAGNOSIS_NETWORK_FAULT,
                                           .server_side = &refused,
                                           .agent_side = &online };
    char whole[ALARM_TEXT_BYTES];
    size_t full = alarm_text(whole, sizeof(whole), LANGUAGE_JA, "端末", ALARM_OFFLINE, &grounds);
    for (size_t bytes = 1; bytes <= full + 1; bytes++) {
        char buffer[ALARM_TEXT_BYTES];
        memset(buffer, 'x', sizeof(buffer));
        size_t n = alarm_text(buffer, bytes, LANGUAGE_JA, "端末", ALARM_OFFLINE, &grounds);
        assert_true(n < bytes && bytes - n <= 3);
        assert_int_equal(buffer[n], '\0');
        assert_int_equal(buffer[bytes], 'x');
        assert_memory_equal(buffer, whole, n);
        assert_true(((unsigned char)whole[n] & 0xC0) != 0x80);
    }
    char untouched[1] = { 'x' };
    assert_int_equal(alarm_text(untouched, 0, LANGUAGE_EN, "a", ALARM_OFFLINE, &grounds), 0);
    assert_int_equal(untouched[0], 'x');
}

static void a_long_name_leaves_room_for_the_rest(void **state)
{
    (void)state;
    char name[256], expected[ALARM_TEXT_BYTES], buffer[ALARM_TEXT_BYTES];
    memset(name, 'n', sizeof(name) - 1);
    name[255] = '\0';
    alarm_text(buffer, sizeof(buffer), LANGUAGE_EN, name, ALARM_SERVER_DOWN, &nothing_known);
    snprintf(expected, sizeof(expected), "%.64s: server down: not asked yet", name);
    assert_string_equal(buffer, expected);

    /* 21 characters of three bytes are 63; the 64th byte would be a third of one. */
    name[0] = '\0';
    for (unsigned i = 0; i < 85; i++)
        strcat(name, "端");
    alarm_text(buffer, sizeof(buffer), LANGUAGE_EN, name, ALARM_SERVER_DOWN, &nothing_known);
    snprintf(expected, sizeof(expected), "%.63s: server down: not asked yet", name);
    assert_string_equal(buffer, expected);
}

static void flapping_names_what_flaps_and_the_collector_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        enum alarm_condition condition;
        struct alarm_grounds grounds;
        const char *text;
    } rows[] = {
        { ALARM_FLAPPING,
          { .of = ALARM_OFFLINE },
          "x: flapping: offline: look for a loose cable, a weak radio link or a service that restarts" },
        { ALARM_PERSISTENCE_LOST,
          { .detail = "disk full" },
          "x: state is not kept on disk: disk full: see to the state folder: its disk, its rights, its database" },
        { ALARM_CUT_OFF,
          { .detail = "" },
          "x: cut off from the network: nothing at all answers: see to the collector's host, its link and the firewall "
          "in "
          "front of it" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char buffer[ALARM_TEXT_BYTES];
        alarm_text(buffer, sizeof buffer, LANGUAGE_EN, "x", rows[i].condition, &rows[i].grounds);
        assert_string_equal(buffer, rows[i].text);
    }
}

static void a_clearing_says_why_it_is_over(void **state)
{
    (void)state;
    static const struct {
        enum alarm_condition condition;
        enum clear_reason why;
        const char *line[LANGUAGES];
    } rows[] = {
        { ALARM_OFFLINE, CLEAR_RECOVERED, { "PC-1: offline: cleared", "PC-1: オフライン: 解消" } },
        { ALARM_OFFLINE,
          CLEAR_ABSENT,
          { "PC-1: offline: cleared, the endpoint is not on the network",
            "PC-1: オフライン: 解消（エンドポイントがネットワーク上にありません）" } },
        { ALARM_REAL_TIME_SCAN_DISABLED,
          CLEAR_REPLACED,
          { "PC-1: real-time scan disabled: cleared, another condition has taken its place",
            "PC-1: リアルタイム検索が無効: 解消（別の状態に移行）" } },
        { ALARM_SERVER_DOWN,
          CLEAR_REMOVED,
          { "PC-1: server down: cleared, it is not watched any more",
            "PC-1: サーバダウン: 解消（監視対象から除外）" } },
        { ALARM_OFFLINE, (enum clear_reason)99, { "PC-1: offline: cleared", "PC-1: オフライン: 解消" } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (enum language language = 0; language < LANGUAGES; language++) {
            char line[256];
            const size_t n = clearing_text(line, sizeof line, language, "PC-1", rows[i].condition, rows[i].why);
            assert_string_equal(line, rows[i].line[language]);
            assert_int_equal(n, strlen(line));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flapping_names_what_flaps_and_the_collector_what_is_wrong),
        cmocka_unit_test(a_clearing_says_why_it_is_over),
        cmocka_unit_test(lines_read_as_intended),
        cmocka_unit_test(a_source_that_is_down_names_its_services),
        cmocka_unit_test(a_certificate_that_is_known_is_named),
        cmocka_unit_test(the_outage_of_a_list_says_where_to_look),
        cmocka_unit_test(a_name_that_is_looked_up_says_what_was_found),
        cmocka_unit_test(without_a_reply_the_name_is_not_blamed),
        cmocka_unit_test(a_lost_source_names_the_checks_that_failed),
        cmocka_unit_test(every_alarm_with_a_usual_name_fits),
        cmocka_unit_test(a_line_is_cut_between_characters),
        cmocka_unit_test(a_long_name_leaves_room_for_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
