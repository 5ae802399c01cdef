/* The sections of management consoles: what they give, and what is wrong with them. */
#include "config_box.h"

#define CONF "agenthealthd.conf: "

static void write_secret(const struct config_box *box, const char *name, const char *text, mode_t mode)
{
    box_write(box, name, text, strlen(text));
    assert_int_equal(chmod(box_path(box, name), mode), 0);
}

static void write_secrets(const struct config_box *box)
{
    write_secret(box, "good.key", "S3cret-Of-Central\n", 0600);
    write_secret(box, "good.token", "S3cret-Of-Vision", 0600);
    write_secret(box, "open.key", "x\n", 0644);
    write_secret(box, "two.key", "x\ny\n", 0600);
    write_secret(box, "empty.key", "\n", 0600);
    write_secret(box, "blank.key", "x \n", 0600);
    write_secret(box, "tab.key", "\tx\n", 0600);
    write_secret(box, "latin.key", "x\xfc\n", 0600);
    box_write(box, "ca.pem", box_certificate, strlen(box_certificate));
    box_write(box, "empty.pem", "nothing", 7);
}

#define HQ "[central hq]\nurl = https://central.example/\napplication_id = 4711\napi_key_file = good.key\n"
#define EU "[vision eu]\nurl = https://api.eu.example\ntoken_file = good.token\n"

static void test_values(void **state)
{
    struct config_box *box = *state;
    write_secrets(box);
    box_load(box, EU "retire_after_h = 0\ntls_verify = no\n" HQ "ca_file = ca.pem\npin = sha256//"
                     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                     "[central second]\nurl = https://second.example\napplication_id = 1\napi_key_file = good.key\n"
                     "[server apex1]\nurl = https://apex1.example\ncentral_id = ABC\n"
                     "[probe vision]\ninterval_s = 60\nround_timeout_s = 7\ntimeout_ms = 7000\nagents_max = "
                     "9\nbody_max_bytes = 65536\n"
                     "[policy]\npattern_versions_behind = 4\n");
    assert_string_equal(box->text, "");
    const struct config *config = box->config;
    assert_int_equal(config->n_consoles, 3);
    const struct console_config *hq = &config->consoles[0], *second = &config->consoles[1], *eu = &config->consoles[2];
    assert_int_equal(hq->driver, DRIVER_CENTRAL); /* before Vision One, wherever they stand */
    assert_string_equal(hq->name, "hq");
    assert_string_equal(hq->url, "https://central.example");
    assert_string_equal(hq->application_id, "4711");
    assert_string_equal(hq->secret, "S3cret-Of-Central");
    assert_true(hq->tls_verify && *hq->ca_file && *hq->pin);
    assert_int_equal(hq->retire_after_h, 72);
    assert_string_equal(second->name, "second");
    assert_int_equal(eu->driver, DRIVER_VISION);
    assert_string_equal(eu->secret, "S3cret-Of-Vision");
    assert_string_equal(eu->application_id, "");
    assert_string_equal(eu->api_key_file, "");
    assert_string_equal(hq->token_file, "");
    assert_false(eu->tls_verify);
    assert_int_equal(eu->retire_after_h, 0);
    assert_string_equal(config->servers[0].central_id, "ABC");
    assert_int_equal(config->policy.pattern_versions_behind, 4);

    const struct probe_config *central = &config->probes[DRIVER_CENTRAL], *vision = &config->probes[DRIVER_VISION];
    assert_true(central->enabled && vision->enabled);
    assert_int_equal(central->interval_s, 300);
    assert_int_equal(central->timeout_ms, 30000);
    assert_int_equal(central->round_timeout_s, 600);
    assert_int_equal(vision->interval_s, 60);
    assert_int_equal(vision->round_timeout_s, 7);
    assert_int_equal(vision->agents_max, 9);
    assert_int_equal(vision->body_max_bytes, 65536);
}

static void test_a_driver_runs_where_there_is_a_console(void **state)
{
    struct config_box *box = *state;
    write_secrets(box);
    static const struct {
        const char *text;
        bool central, vision;
    } rows[] = {
        { "[collector]\nname = x\n", false, false },
        { HQ, true, false },
        { EU, false, true },
        { HQ EU "[probe central]\nenabled = no\n", false, true },
        { "[probe central]\nenabled = yes\n", false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        box_load(box, rows[i].text);
        assert_string_equal(box->text, "");
        assert_int_equal(box->config->probes[DRIVER_CENTRAL].enabled, rows[i].central);
        assert_int_equal(box->config->probes[DRIVER_VISION].enabled, rows[i].vision);
        assert_int_equal(box->config->policy.pattern_versions_behind, 2);
    }
}

static void test_faults(void **state)
{
    struct config_box *box = *state;
    write_secrets(box);
    static const struct {
        const char *text, *faults;
    } rows[] = {
        { "[central hq]\n", CONF "[central hq] url: missing\n" CONF "[central hq] application_id: missing\n" CONF
                                 "[central hq] api_key_file: missing\n" },
        { "[vision eu]\n", CONF "[vision eu] url: missing\n" CONF "[vision eu] token_file: missing\n" },
        { "[central]\n", CONF "[central]: it needs a name, as in [central hq]\n" },
        { HQ "[central  HQ]\nurl = https://b\napplication_id = 1\napi_key_file = good.key\n",
          CONF "[central  HQ]: given twice, as [central hq]\n" },
        { HQ "token_file = good.token\n", CONF "[central hq] token_file: unknown key\n" },
        { EU "api_key_file = good.key\n", CONF "[vision eu] api_key_file: unknown key\n" },
        { "[central a]\nurl = ftp://a\napplication_id = 1\napi_key_file = good.key\n",
          CONF "[central a] url: not an absolute http or https URL\n" },
        { "[central a]\nurl = https://a/?b\napplication_id = 1\napi_key_file = good.key\n",
          CONF "[central a] url: has a query: only where the console is, is asked for\n" },
        { "[central a]\nurl = https://a\napplication_id = 1\napi_key_file = none.key\n",
          CONF "[central a] api_key_file: none.key: No such file or directory\n" },
        { "[central a]\nurl = https://a\napplication_id = 1\napi_key_file = open.key\n",
          CONF "[central a] api_key_file: open.key: others have access to it (mode 0644); it may hold secrets\n" },
        { "[central a]\nurl = https://a\napplication_id = 1\napi_key_file = two.key\n",
          CONF "[central a] api_key_file: must be one line, the key\n" },
        { "[vision a]\nurl = https://a\ntoken_file = empty.key\n",
          CONF "[vision a] token_file: must be one line, the token\n" },
        { "[central a]\nurl = https://a\napplication_id = 1\napi_key_file = blank.key\n",
          CONF "[central a] api_key_file: the key begins or ends with a blank\n" },
        { "[vision a]\nurl = https://a\ntoken_file = tab.key\n",
          CONF "[vision a] token_file: the token has a control character\n" },
        { "[vision a]\nurl = https://a\ntoken_file = latin.key\n",
          CONF "[vision a] token_file: the token is not UTF-8\n" },
        { "[vision a]\nurl = \"https://a/#\"\ntoken_file = good.token\n",
          CONF "[vision a] url: a URL to ask must not have a fragment\n" },
        { "[vision a]\nurl = https://a:0\ntoken_file = good.token\n",
          CONF "[vision a] url: a URL to ask must not have port 0\n" },
        { HQ "ca_file = ca.pem\ntls_verify = no\n", CONF "[central hq] ca_file: has no effect, as tls_verify is no\n" },
        { HQ "ca_file = none.pem\n", CONF "[central hq] ca_file: none.pem: No such file or directory\n" },
        { HQ "retire_after_h = 87601\n",
          CONF "[central hq] retire_after_h: \"87601\" is not a number of hours from 0 to 87600\n" },
        { "[probe central]\ninterval_s = 0\n",
          CONF "[probe central] interval_s: \"0\" is not a number of seconds from 1 to 86400\n" },
        { "[probe vision]\nagents_max = 0\n",
          CONF "[probe vision] agents_max: \"0\" is not a number of agents from 1 to 1000000\n" },
        { "[policy]\npattern_versions_behind = 1\n",
          CONF "[policy] pattern_versions_behind: \"1\" is not a number from 2 to 7\n" },
        { "[policy]\npattern_versions_behind = 8\n",
          CONF "[policy] pattern_versions_behind: \"8\" is not a number from 2 to 7\n" },
        { "[server a]\nurl = https://a\ncentral_id = X\n[server b]\nurl = https://b\ncentral_id = x\n",
          CONF "[server b] central_id: the same as that of [server a]\n" },
        { "[server a]\nurl = https://a\ncentral_id = B\n[server b]\nurl = https://b\ncentral_id = b\n",
          CONF "[server a] central_id: it is the name of [server b]\n" CONF
               "[server b] central_id: the same as that of [server a]\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        box_load(box, rows[i].text);
        if (strcmp(box->text, rows[i].faults) != 0)
            fail_msg("row %zu: %s\nnot %s", i, box->text, rows[i].faults);
        assert_int_not_equal(box->result, 0);
        assert_null(strstr(box->text, "S3cret"));
    }
    box_load(box, HQ "ca_file = empty.pem\n");
    assert_non_null(strstr(box->text, CONF "[central hq] ca_file: "));
}

/* What can be used all the same. */
static void test_remarks(void **state)
{
    struct config_box *box = *state;
    write_secrets(box);
    static const struct {
        const char *text, *remarks;
    } rows[] = {
        { "[central a]\nurl = http://a\napplication_id = 1\napi_key_file = good.key\n",
          CONF "[central a] url: is http: whoever listens can read tokens and answers\n" },
        { "[vision a]\nurl = http://10.0.0.1\ntoken_file = good.token\n",
          CONF "[vision a] url: is http: whoever listens can read the token\n" },
        { "[vision a]\nurl = http://[fe80::1]:8080\ntoken_file = good.token\n",
          CONF "[vision a] url: is http: whoever listens can read the token\n" },
        { "[vision a]\nurl = http://127.9.0.1:8080\ntoken_file = good.token\n", "" },
        { "[vision a]\nurl = http://[::1]:8080\ntoken_file = good.token\n", "" },
        { "[vision a]\nurl = http://localhost\ntoken_file = good.token\n", "" },
        { EU "[policy]\nevidence_max_age_s = 299\n",
          CONF "[probe vision] interval_s: is longer than [policy] evidence_max_age_s: what is on record is unknown in "
               "between\n" },
        { EU "[probe central]\ninterval_s = 1000\n[probe vision]\ninterval_s = 900\n", "" },
        { HQ "[probe central]\nround_timeout_s = 29\n",
          CONF "[probe central] round_timeout_s: is shorter than timeout_ms, which has no effect then\n" },
        { HQ "[probe central]\nround_timeout_s = 30\n", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        box_load(box, rows[i].text);
        if (strcmp(box->text, rows[i].remarks) != 0)
            fail_msg("row %zu: %s\nnot %s", i, box->text, rows[i].remarks);
        assert_int_equal(box->result, 0);
        assert_int_equal(box->fatal, 0);
    }
}

/* Who has no address here may have one there. */
static void test_agents_of_consoles_need_no_address(void **state)
{
    struct config_box *box = *state;
    write_secrets(box);
    box_load(box, HQ "[agent A]\nguid = G\ngroup = HQ\n[agent B]\n");
    assert_string_equal(box->text, "");
    assert_int_equal(box->config->n_agents, 2);
    assert_string_equal(box->config->agents[0].guid, "G");
    assert_string_equal(box->config->agents[0].address, "");
    assert_string_equal(box->config->agents[1].server, "");
    box_load(box, HQ "[probe central]\nenabled = no\n[agent A]\nguid = G\n");
    assert_string_equal(box->text, CONF "[agent A] address: missing\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_a_driver_runs_where_there_is_a_console, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_agents_of_consoles_need_no_address, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_remarks, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_faults, box_setup, box_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
