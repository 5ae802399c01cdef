/* A good configuration: what its keys become, what stands where none is given, and the example that is printed. */
#include "config_box.h"
#include "probes/probe.h"

#include <errno.h>

/* Every line of the example, also what is commented out as it has no default. */
static const char full[] =
    "[collector]\nname = tokyo-1\nstate_dir = state\nworkers = 3\nlanguage = ja\n"
    "[snmp]\nmode = master\nagentx_socket = tcp:localhost:705\nlisten = udp6:[::1]:1161\naccess_conf = a.secret\n"
    "root_oid = .1.3.6.1.4.1.99999\nreconnect_s = 7\n"
    "[notifications]\nenabled = no\nrate_per_s = 9\nburst = 8\nqueue = 64\nstartup = full\n"
    "[policy]\npattern_max_age_h = 48\nevidence_max_age_s = 60\nrise = 2\nfall = 3\nabsent = note\nhistory = 0\n"
    "[inventory]\ncsv = agents.csv ; relative to this file\n"
    "[server apex1]\nurl = https://apex1.example:4343//\naddresses = 10.0.0.5, fe80::1\n"
    "[Server apex2]\nurl = http://apex2.example:8080/base\n"
    "[source sps1]\nlist = custom\nurl = https://sps1.example/tmcss/\nweb_reputation_url = https://sps1.example:5274/\n"
    "ranges = 10.1.0.0/16 fe80::/10, 10.2.3.4\n"
    "[probe source]\ninterval_s = 30\nquery = ?Q=1\ncontent_type = text/plain\nca_file = ca.pem\n"
    "[proxy internal]\nurl = HTTP://proxy.example:8080/\nuser = probe\npassword_file = winrm.secret\n"
    "no_proxy = .example, 10.0.0.0/8 sps2\n"
    "[proxy external]\nurl = socks5://[::1]:1080\n"
    "[probe listener]               ; likewise: server, feed\nenabled = 1\ninterval_s = 10\ntimeout_ms = 1000\n"
    "concurrency = 12\nscheme = HTTP\nport = 21113\npath = /?X\nmarker = \"!;!\"\ntls_verify = yes\nca_file = ca.pem\n"
    "pin = sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nbody_max_bytes = 2048\n"
    "[probe server]\nenabled = false\nmarker = -3\n"
    "[probe feed]\ndirectory = feed\ninterval_s = 5\n"
    "[probe winrm]\ninterval_s = 120\ntimeout_ms = 5000\nport = 5987\npath = /w\nauth = NTLM\nuser = CORP\\monitor\n"
    "password_file = winrm.secret\ntls_verify = no\npin = sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    "host = %NAME%.corp.example\ninternet_host = www.example.com\n"
    "[winrm names]\nservice_realtimescan = scan\nvalue_ip =\n"
    "[smartprotection]\nsscfg = PCCSRV/sscfg.ini\nssnotify = winrm\nignore = Log:Level , Scan Server:*\n"
    "interval_s = 30\ntimeout_ms = 900\nca_file = ca.pem\npin = sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    "[location]\nreference_servers_file = places\ngateways = 10.1.0.1, 00-11-22-33-44-55 2001:db8::1\n"
    "[probe location]\ninterval_s = 30\ntimeout_ms = 1500\nconcurrency = 100\n"
    "[agent PC-0001]\naddress = 10.1.2.3\nport = 21112\nserver = APEX1\ngroup = HQ\\Sales\nguid = G-1\n"
    "[agent 東京-2]\naddress = pc-2.example\n";

static void prepare(struct config_box *box)
{
    static const char csv[] = "Endpoint,IP Address\nPC-9,10.1.2.9\n", places[] = "dc1.corp.example:389\n";

    box_write(box, "a.secret", "", 0);
    assert_int_equal(chmod(box_path(box, "a.secret"), 0640), 0);
    box_write(box, "winrm.secret", " pass word \r\n", 13);
    assert_int_equal(chmod(box_path(box, "winrm.secret"), 0600), 0);
    box_write(box, "ca.pem", box_certificate, sizeof box_certificate - 1);
    box_write(box, "agents.csv", csv, sizeof csv - 1);
    box_write(box, "places", places, sizeof places - 1);
    assert_int_equal(mkdir(box_path(box, "feed"), 0700), 0);
}

static void test_all_keys(void **state)
{
    static const uint32_t root[] = { 1, 3, 6, 1, 4, 1, 99999 };
    struct config_box *box = *state;
    const struct config *config;
    const struct probe_config *listener;

    prepare(box);
    box_load(box, full);
    assert_string_equal(box->text, "");
    config = box->config;
    assert_string_equal(config->name, "tokyo-1");
    assert_string_equal(config->state_dir, box_path(box, "state"));
    assert_int_equal(config->workers, 3);
    assert_int_equal(config->language, LANGUAGE_JA);

    assert_true(config->snmp.master);
    assert_string_equal(config->snmp.agentx_socket, "tcp:localhost:705");
    assert_string_equal(config->snmp.listen, "udp6:[::1]:1161");
    assert_string_equal(config->snmp.access_conf, box_path(box, "a.secret"));
    assert_int_equal(config->snmp.root_len, 7);
    assert_memory_equal(config->snmp.root, root, sizeof root);
    assert_int_equal(config->snmp.reconnect_s, 7);
    assert_int_equal(config->snmp.rate_per_s, 9);
    assert_int_equal(config->snmp.burst, 8);
    assert_false(config->notifications_enabled);
    assert_int_equal(config->notifications_max, 64);
    assert_true(config->tell_first_verdict);

    assert_int_equal(config->policy.pattern_max_age_ms, 48 * 3600 * 1000);
    assert_int_equal(config->policy.evidence_max_age_ms, 60 * 1000);
    assert_int_equal(config->policy.rise, 2);
    assert_int_equal(config->policy.fall, 3);
    assert_int_equal(config->policy.absent, ABSENT_NOTE);
    assert_int_equal(config->history_max, 0);

    assert_int_equal(config->n_servers, 2);
    assert_string_equal(config->servers[0].name, "apex1");
    assert_string_equal(config->servers[0].url, "https://apex1.example:4343");
    assert_string_equal(config->servers[0].addresses, "10.0.0.5, fe80::1");
    assert_string_equal(config->servers[1].url, "http://apex2.example:8080/base");
    assert_string_equal(config->servers[1].addresses, "");
    assert_int_equal(config->n_sources, 1);
    assert_int_equal(config->sources[0].list + LIST_STANDARD, LIST_CUSTOM);
    assert_string_equal(config->sources[0].ranges, "10.1.0.0/16 fe80::/10, 10.2.3.4");
    assert_string_equal(config->sources[0].web_reputation_url, "https://sps1.example:5274/");

    assert_true(config->probes[DRIVER_SOURCE].enabled);
    assert_int_equal(config->probes[DRIVER_SOURCE].interval_s, 30);
    assert_int_equal(config->probes[DRIVER_SOURCE].timeout_ms, 5000);
    assert_string_equal(config->probes[DRIVER_SOURCE].query, "?Q=1");
    assert_string_equal(config->probes[DRIVER_SOURCE].content_type, "text/plain");
    assert_true(config->probes[DRIVER_SOURCE].tls_verify);
    assert_string_equal(config->proxies[PROXY_INTERNAL].url, "http://proxy.example:8080");
    assert_string_equal(config->proxies[PROXY_INTERNAL].user, "probe");
    assert_string_equal(config->proxies[PROXY_INTERNAL].password, " pass word ");
    assert_string_equal(config->proxies[PROXY_INTERNAL].no_proxy, ".example, 10.0.0.0/8 sps2");
    assert_string_equal(config->proxies[PROXY_EXTERNAL].url, "socks5://[::1]:1080");
    assert_string_equal(config->proxies[PROXY_EXTERNAL].user, "");

    assert_string_equal(config->reference_servers_file, box_path(box, "places"));
    assert_string_equal(config->gateways, "10.1.0.1, 00-11-22-33-44-55 2001:db8::1");
    assert_int_equal(config->n_references, 1);
    assert_true(config->probes[DRIVER_LOCATION].enabled);
    assert_int_equal(config->probes[DRIVER_LOCATION].interval_s, 30);
    assert_int_equal(config->probes[DRIVER_LOCATION].timeout_ms, 1500);
    assert_int_equal(config->probes[DRIVER_LOCATION].concurrency, 100);

    listener = &config->probes[DRIVER_LISTENER];
    assert_true(listener->enabled);
    assert_int_equal(listener->interval_s, 10);
    assert_int_equal(listener->timeout_ms, 1000);
    assert_int_equal(listener->concurrency, 12);
    assert_string_equal(listener->scheme, "http");
    assert_int_equal(listener->port, 21113);
    assert_string_equal(listener->path, "/?X");
    assert_string_equal(listener->marker, "!;!");
    assert_true(listener->tls_verify);
    assert_string_equal(listener->ca_file, box_path(box, "ca.pem"));
    assert_string_equal(listener->pin, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert_int_equal(listener->body_max_bytes, 2048);
    assert_false(config->probes[DRIVER_SERVER].enabled);
    assert_string_equal(config->probes[DRIVER_SERVER].marker, "-3");
    assert_string_equal(config->probes[DRIVER_SERVER].path, "/officescan/cgi/cgionstart.exe");
    assert_true(config->probes[DRIVER_FEED].enabled);
    assert_string_equal(config->probes[DRIVER_FEED].directory, box_path(box, "feed"));

    const struct probe_config *winrm = &config->probes[DRIVER_WINRM];
    assert_true(winrm->enabled);
    assert_int_equal(winrm->interval_s, 120);
    assert_int_equal(winrm->timeout_ms, 5000);
    assert_int_equal(winrm->concurrency, 64);
    assert_int_equal(winrm->port, 5987);
    assert_string_equal(winrm->path, "/w");
    assert_int_equal(winrm->auth + HTTP_AUTH_NEGOTIATE, HTTP_AUTH_NTLM);
    assert_string_equal(winrm->user, "CORP\\monitor");
    assert_string_equal(winrm->password, " pass word ");
    assert_false(winrm->tls_verify);
    assert_string_equal(winrm->pin, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert_string_equal(winrm->host, "%NAME%.corp.example");
    assert_string_equal(winrm->internet_host, "www.example.com");
    assert_string_equal(config->winrm_names.names[WINRM_NAME_SERVICE_REAL_TIME_SCAN], "scan");
    assert_string_equal(config->winrm_names.names[WINRM_NAME_SERVICE_LISTENER], "tmlisten");
    assert_string_equal(config->winrm_names.values[WINRM_VALUE_IP], "");
    assert_string_equal(config->winrm_names.values[WINRM_VALUE_SCAN_TYPE], "iCRC Scan\\ScanType");
    assert_true(config->reads_ssnotify);
    const struct probe_config *files = &config->probes[DRIVER_FILES];
    assert_true(files->enabled && files->tls_verify && files->concurrency > 0 && files->body_max_bytes > 0);
    assert_string_equal(files->sscfg, box_path(box, "PCCSRV/sscfg.ini"));
    assert_string_equal(files->ssnotify, "winrm");
    assert_string_equal(files->ignored, "Log:Level , Scan Server:*");
    assert_int_equal(files->interval_s, 30);
    assert_int_equal(files->timeout_ms, 900);
    assert_string_equal(files->pin, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

    assert_int_equal(config->n_agents, 3);
    assert_string_equal(config->agents[0].name, "PC-9");
    assert_string_equal(config->agents[1].name, "PC-0001");
    assert_string_equal(config->agents[1].address, "10.1.2.3");
    assert_int_equal(config->agents[1].port, 21112);
    assert_string_equal(config->agents[1].server, "apex1");
    assert_string_equal(config->agents[1].group, "HQ\\Sales");
    assert_string_equal(config->agents[1].guid, "G-1");
    assert_string_equal(config->agents[1].where, "[agent PC-0001]");
    assert_string_equal(config->agents[2].name, "東京-2");
    assert_string_equal(config->agents[2].server, "");
    assert_int_equal(config->agents[2].port, 0);
}

static void assert_defaults(const struct config *config)
{
    const struct probe_config *probe;

    assert_string_not_equal(config->name, "");
    assert_string_equal(config->state_dir, "/var/lib/agenthealthd");
    assert_in_range(config->workers, 1, 64);
    assert_int_equal(config->language, LANGUAGE_EN);
    assert_false(config->snmp.master);
    assert_string_equal(config->snmp.agentx_socket, "unix:/run/agentx/master");
    assert_string_equal(config->snmp.listen, "");
    assert_string_equal(config->snmp.access_conf, "");
    assert_int_equal(config->snmp.root_len, 10);
    assert_int_equal(config->snmp.root[9], 6101);
    assert_int_equal(config->snmp.reconnect_s, 15);
    assert_int_equal(config->snmp.rate_per_s, 200);
    assert_int_equal(config->snmp.burst, 50);
    assert_true(config->notifications_enabled);
    assert_int_equal(config->notifications_max, 100000);
    assert_false(config->tell_first_verdict);
    assert_int_equal(config->policy.pattern_max_age_ms, 72 * 3600 * 1000);
    assert_int_equal(config->policy.evidence_max_age_ms, 900 * 1000);
    assert_int_equal(config->policy.rise, 1);
    assert_int_equal(config->policy.fall, 2);
    assert_int_equal(config->policy.absent, ABSENT_ALARM);
    assert_int_equal(config->history_max, 10000);
    assert_false(config->probes[DRIVER_WINRM].enabled);
    assert_false(config->reads_ssnotify);
    assert_false(config->probes[DRIVER_FILES].enabled);
    assert_int_equal(config->probes[DRIVER_FILES].interval_s, 60);
    assert_false(config->probes[DRIVER_FILES].tls_verify);
    probe = &config->probes[DRIVER_LISTENER];
    assert_true(probe->enabled);
    assert_int_equal(probe->interval_s, 60);
    assert_int_equal(probe->timeout_ms, 3000);
    assert_int_equal(probe->concurrency, 256);
    assert_string_equal(probe->scheme, "https");
    assert_int_equal(probe->port, 21112);
    assert_string_equal(probe->path, "/?CAVIT");
    assert_string_equal(probe->marker, "!CRYPT!");
    assert_false(probe->tls_verify);
    assert_string_equal(probe->ca_file, "");
    assert_string_equal(probe->pin, "");
    assert_int_equal(probe->body_max_bytes, 65536);
    probe = &config->probes[DRIVER_SERVER];
    assert_true(probe->enabled);
    assert_string_equal(probe->path, "/officescan/cgi/cgionstart.exe");
    assert_string_equal(probe->marker, "-2");
    probe = &config->probes[DRIVER_FEED];
    assert_false(probe->enabled);
    assert_int_equal(probe->interval_s, 60);
    assert_string_equal(probe->directory, "");
    assert_false(config->probes[DRIVER_WINRM].enabled);
    probe = &config->probes[DRIVER_LOCATION];
    assert_false(probe->enabled);
    assert_int_equal(probe->interval_s, 60);
    assert_int_equal(probe->timeout_ms, 3000);
    assert_int_equal(probe->concurrency, 320);
    assert_string_equal(config->gateways, "");
    assert_int_equal(config->n_references, 0);
}

static void test_defaults(void **state)
{
    struct config_box *box = *state;

    box_load(box, "[collector]\n");
    assert_string_equal(box->text, "");
    assert_defaults(box->config);
    assert_int_equal(box->config->n_agents, 0);
}

/* Takes the comment signs off what the example leaves out, which is each key without a default. */
static char *uncomment(const char *example)
{
    char *text = strdup(example), *out = text;

    for (const char *at = text; *at;) {
        size_t bytes = strcspn(at, "\n") + 1, word = strspn(at, "; abcdefghijklmnopqrstuvwxyz_");

        if (strncmp(at, "; [", 3) == 0 ||
            (at[0] == ';' && strncmp(at + word - 1, " = ", 3) == 0 && !memchr(at + 2, ' ', word - 3))) {
            at += 2;
            bytes -= 2;
        }
        memmove(out, at, bytes);
        out += bytes;
        at += bytes;
    }
    *out = '\0';
    return text;
}

static void test_example(void **state)
{
    struct config_box *box = *state;
    char *example = NULL, *all;
    size_t bytes;
    FILE *out = open_memstream(&example, &bytes);

    assert_int_equal(config_print_example(out), 0);
    fclose(out);
    box_load(box, example);
    assert_string_equal(box->text, "");
    assert_defaults(box->config);
    /* Nobody is asked who is only an example. */
    assert_int_equal(box->config->n_servers, 0);
    assert_int_equal(box->config->n_sources, 0);
    assert_int_equal(box->config->n_consoles, 0);
    assert_int_equal(box->config->n_agents, 0);
    assert_string_equal(box->config->proxies[PROXY_INTERNAL].url, "");
    assert_null(strstr(example, "\n[server"));
    assert_non_null(strstr(example, "; (one of standard, custom, network; without it, standard)\n; list = custom\n"));

    /* With every key in force, all that may be wrong is that files are not there. */
    all = uncomment(example);
    box_load(box, all);
    assert_string_equal(box->text, "agenthealthd.conf: [snmp] access_conf: access.conf: No such file or directory\n"
                                   "agenthealthd.conf: [probe listener] ca_file: corp.pem: No such file or directory\n"
                                   "agenthealthd.conf: [probe server] ca_file: corp.pem: No such file or directory\n"
                                   "agenthealthd.conf: [probe feed] directory: feed: No such file or "
                                   "directory\n"
                                   "agenthealthd.conf: [probe winrm] password_file: winrm.secret: No such file or "
                                   "directory\n"
                                   "agenthealthd.conf: [probe winrm] ca_file: corp.pem: No such file or directory\n"
                                   "agenthealthd.conf: [probe winrm] cert_file: client.pem: No such file or directory\n"
                                   "agenthealthd.conf: [probe winrm] key_file: client.key: No such file or directory\n"
                                   "agenthealthd.conf: [probe source] ca_file: corp.pem: No such file or directory\n"
                                   "agenthealthd.conf: [proxy internal] password_file: proxy.secret: No such file or "
                                   "directory\n"
                                   "agenthealthd.conf: [proxy external] password_file: proxy.secret: No such file or "
                                   "directory\n"
                                   "agenthealthd.conf: [smartprotection] ca_file: corp.pem: No such file or "
                                   "directory\n"
                                   "agenthealthd.conf: [central hq] api_key_file: central.key: No such file or "
                                   "directory\n"
                                   "agenthealthd.conf: [central hq] ca_file: corp.pem: No such file or directory\n"
                                   "agenthealthd.conf: [vision eu] token_file: vision.token: No such file or "
                                   "directory\n"
                                   "agenthealthd.conf: [vision eu] ca_file: corp.pem: No such file or directory\n"
                                   "agenthealthd.conf: [location] reference_servers_file: reference-servers.txt: No "
                                   "such file or directory\n"
                                   "agenthealthd.conf: [inventory] csv: agents.csv: No such file or directory\n");
    free(all);
    free(example);
}

static void test_print_fails(void **state)
{
    FILE *out = fopen("/dev/full", "w");

    (void)state;
    assert_int_equal(config_print_example(out), -EIO);
    fclose(out);
    out = fopen("/dev/full", "w");
    assert_int_equal(config_print_manual(out), -EIO);
    fclose(out);
}

static void test_manual(void **state)
{
    char *manual = NULL, *at;
    size_t bytes;
    unsigned options = 0;
    FILE *out = open_memstream(&manual, &bytes);

    (void)state;
    assert_int_equal(config_print_manual(out), 0);
    fclose(out);
    for (at = manual; (at = strstr(at, "\n.TP\n.B ")); at++)
        options++;
    assert_in_range(options, 60, 200);
    assert_non_null(strstr(manual, ".SS \"[probe listener]\"\n"));
    assert_non_null(strstr(manual, ".TP\n.B interval_s\n"));
    assert_non_null(strstr(manual, "Value: 1 to 86400 seconds.\nDefault: 60.\n"));
    assert_non_null(strstr(manual, "Default: \\-2.\n"));
    free(manual);
}

static void test_relative_to_nothing(void **state)
{
    struct config_box *box = *state;
    struct config *config = NULL;
    char *before = getcwd(NULL, 0);

    prepare(box);
    box_write(box, "agenthealthd.conf", full, sizeof full - 1);
    assert_int_equal(chdir(box->folder), 0);
    assert_int_equal(config_load("agenthealthd.conf", box_note, box, &config), 0);
    /* Absolute: a daemon leaves the folder in which it was started. */
    assert_string_equal(config->snmp.access_conf, box_path(box, "a.secret"));
    config_free(config);
    assert_int_equal(chdir(before), 0);
    free(before);
}

static void test_many_sections(void **state)
{
    struct config_box *box = *state;
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    for (int i = 0; i < 3000; i++)
        fprintf(out, "[agent PC-%d]\naddress = 10.1.%d.%d\n", i, i / 250, i % 250);
    fclose(out);
    box_load(box, text);
    assert_string_equal(box->text, "");
    assert_int_equal(box->config->n_agents, 3000);
    assert_string_equal(box->config->agents[2999].address, "10.1.11.249");
    free(text);
}

static void a_ca_switches_verification_on(void **state)
{
    struct config_box *box = *state;
    box_write(box, "ca.pem", box_certificate, sizeof box_certificate - 1);
    box_load(box, "[probe listener]\nca_file = ca.pem\n");
    assert_string_equal(box->text, "");
    assert_true(box->config->probes[DRIVER_LISTENER].tls_verify);
    assert_false(box->config->probes[DRIVER_SERVER].tls_verify);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_keys, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_defaults, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_example, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(a_ca_switches_verification_on, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_relative_to_nothing, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_many_sections, box_setup, box_teardown),
        cmocka_unit_test(test_print_fails),
        cmocka_unit_test(test_manual),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
