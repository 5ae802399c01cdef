/* What a bad configuration gets: file, section and key, and in words what is wrong. */
#include "config_box.h"

#include <errno.h>

#define CONF "agenthealthd.conf: "

static void test_each_fault(void **state)
{
    static const struct {
        const char *text, *faults;
    } cases[] = {
        { "", CONF "empty: it has no section\n" },
        { "; nothing\n", CONF "empty: it has no section\n" },
        { "name = x\n[collector]\n", CONF "line 1: a key before the first [section]\n" },
        { "[collector]\nnonsense\n", CONF "line 2: neither [section] nor key = value\n" },
        { "[collector\n", CONF "line 1: a section without its closing bracket\n" },
        { "[colector]\n", CONF "[colector]: unknown section\n" },
        { "[places]\n[proxy other]\n", CONF "[places]: unknown section\n" CONF "[proxy other]: unknown section\n" },
        { "[collector]\n[Collector]\n", CONF "[Collector]: given twice (lines 1 and 2)\n" },
        { "[collector]\nname = a\nworkers = 1\nName = b\n", CONF "[collector] name: given twice (lines 2 and 4)\n" },
        { "[collector]\nnme = a\n", CONF "[collector] nme: unknown key\n" },
        { "[collector]\nname =\n", CONF "[collector] name: empty\n" },
        { "[collector]\nname = \"\"\n", CONF "[collector] name: empty\n" },
        { "[collector]\nname = \"a\n", CONF "[collector] name: unbalanced quotes\n" },
        { "[collector]\nname = a\001b\n", CONF "[collector] name: has a control character\n" },
        { "[collector]\nname = HQ\\\n", CONF "[collector] name: ends in a backslash: put the value in quotes\n" },
        { "[collector]\nname = \xff\n", CONF "line 2: not UTF-8 text\n" },
        { "[collector]\nworkers = 65\n", CONF "[collector] workers: \"65\" is not a number of threads from 0 to 64\n" },
        { "[collector]\nworkers = -1\n", CONF "[collector] workers: \"-1\" is not a number of threads from 0 to 64\n" },
        { "[collector]\nlanguage = fr\n", CONF "[collector] language: \"fr\" is none of: en ja\n" },
        { "[snmp]\nmode = agent\n", CONF "[snmp] mode: \"agent\" is none of: agentx master\n" },
        { "[snmp]\nmode = master\n",
          CONF "[snmp] access_conf: missing, and mode = master lets nobody in without it\n" },
        { "[snmp]\nlisten = udp:127.0.0.1\n",
          CONF "[snmp] listen: \"udp:127.0.0.1\" does not end in a host and a port\n" },
        { "[snmp]\nlisten = udp:127.0.0.1:65536\n",
          CONF "[snmp] listen: \"udp:127.0.0.1:65536\" does not end in a host and a port\n" },
        { "[snmp]\nlisten = 127.0.0.1:161\n",
          CONF "[snmp] listen: \"127.0.0.1:161\" does not begin with a transport and a colon (udp udp6)\n" },
        { "[snmp]\nagentx_socket = /run/agentx/master\n", CONF "[snmp] agentx_socket: \"/run/agentx/master\" does not "
                                                               "begin with a transport and a colon (unix tcp tcp6)\n" },
        { "[snmp]\nagentx_socket = unix:run\n",
          CONF "[snmp] agentx_socket: \"unix:run\": a socket's path begins with a slash and has at most 107 bytes\n" },
        { "[snmp]\nagentx_socket = tcp:705\n",
          CONF "[snmp] agentx_socket: \"tcp:705\" does not end in a numeric address, or localhost, and a port\n" },
        { "[snmp]\nagentx_socket = tcp:host.example:705\n",
          CONF "[snmp] agentx_socket: \"tcp:host.example:705\" does not end in a numeric address, or localhost, and a "
               "port\n" },
        { "[snmp]\nagentx_socket = tcp:[::1]:705\n", CONF
          "[snmp] agentx_socket: \"tcp:[::1]:705\" does not end in a numeric address, or localhost, and a port\n" },
        { "[snmp]\nroot_oid = 1.3\n", CONF "[snmp] root_oid: \"1.3\" is not an OID of 3 to 32 numbers\n" },
        { "[snmp]\nroot_oid = 1.3.6.1.\n", CONF "[snmp] root_oid: \"1.3.6.1.\" is not an OID of 3 to 32 numbers\n" },
        { "[snmp]\nroot_oid = 1.3.6.x\n", CONF "[snmp] root_oid: \"1.3.6.x\" is not an OID of 3 to 32 numbers\n" },
        { "[snmp]\nroot_oid = 1.3.4294967296\n",
          CONF "[snmp] root_oid: \"1.3.4294967296\" is not an OID of 3 to 32 numbers\n" },
        { "[snmp]\nroot_oid = 1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3\n",
          CONF "[snmp] root_oid: \"1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3\" is not an OID "
               "of 3 to 32 numbers\n" },
        { "[snmp]\nroot_oid = 3.1.1\n",
          CONF "[snmp] root_oid: \"3.1.1\" is not a legal OID: its first numbers are too great\n" },
        { "[snmp]\nroot_oid = 1.40.1\n",
          CONF "[snmp] root_oid: \"1.40.1\" is not a legal OID: its first numbers are too great\n" },
        { "[snmp]\naccess_conf = none.conf\n", CONF "[snmp] access_conf: none.conf: No such file or directory\n" },
        { "[snmp]\naccess_conf = folder\n", CONF "[snmp] access_conf: folder: is a directory\n" },
        { "[snmp]\naccess_conf = fifo\n", CONF "[snmp] access_conf: fifo: not a regular file\n" },
        { "[snmp]\naccess_conf = open.secret\n",
          CONF "[snmp] access_conf: open.secret: others have access to it (mode 0644); it may hold secrets\n" },
        { "[notifications]\nenabled = maybe\n", CONF "[notifications] enabled: \"maybe\" is neither yes nor no\n" },
        { "[notifications]\nrate_per_s = 0\nburst = 1.5\n",
          CONF "[notifications] rate_per_s: \"0\" is not a number of notifications a second from 1 to 10000\n" CONF
               "[notifications] burst: \"1.5\" is not a number of notifications from 1 to 10000\n" },
        { "[policy]\npattern_max_age_h = 72h\n",
          CONF "[policy] pattern_max_age_h: \"72h\" is not a number of hours from 1 to 87600\n" },
        { "[policy]\nflap_high_percent = 30\n", CONF "[policy] flap_high_percent: unknown key\n" },
        { "[inventory]\ncsv = none.csv\n", CONF "[inventory] csv: none.csv: No such file or directory\n" },
        { "[inventory]\ncsv = folder\n", CONF "[inventory] csv: folder: is a directory\n" },
        { "[inventory]\ncsv = fifo\n", CONF "[inventory] csv: fifo: not a regular file\n" },
        { "[inventory]\nencoding = EBCDIC\n",
          CONF "[inventory] encoding: \"EBCDIC\" is none of: UTF-8 UTF-16 UTF-16LE UTF-16BE Shift_JIS CP932\n" },
        { "[server]\n", CONF "[server]: it needs a name, as in [server apex1]\n" },
        { "[server a]\n", CONF "[server a] url: missing\n" },
        { "[server a]\nurl = ftp://a\n", CONF "[server a] url: not an absolute http or https URL\n" },
        { "[server a]\nurl = /officescan\n", CONF "[server a] url: not an absolute http or https URL\n" },
        { "[server a]\nurl = https://a b/\n", CONF "[server a] url: not an absolute http or https URL\n" },
        { "[server a]\nurl = https://me:word@a/\n", CONF "[server a] url: a URL must not hold credentials\n" },
        { "[server a]\nurl = \"https://a/#b\"\n", CONF "[server a] url: a URL to ask must not have a fragment\n" },
        { "[server a]\nurl = https://a\naddresses = 10.0.0.1, a\n",
          CONF "[server a] addresses: \"a\" is not an address\n" },
        { "[server a]\nurl = https://a\n[server  A]\nurl = https://b\n",
          CONF "[server  A]: given twice, as [server a]\n" },
        { "[source s]\nlist = other\nurl = https://s\n",
          CONF "[source s] list: \"other\" is none of: standard custom network\n" },
        { "[source s]\nlist = custom\nurl = https://s\nranges = 10.1.0.0/33\n",
          CONF "[source s] ranges: \"10.1.0.0/33\" is neither an address nor a network such as 10.1.0.0/16\n" },
        { "[source s]\nlist = custom\nurl = https://s\nranges = 10.0.0.5/8\n",
          CONF "[source s] ranges: \"10.0.0.5/8\" has bits behind those that its /8 counts\n" },
        { "[source s]\nurl = https://s:0/\n", CONF "[source s] url: a URL to ask must not have port 0\n" },
        { "[source s]\nurl = \"https://s/#\"\n", CONF "[source s] url: a URL to ask must not have a fragment\n" },
        { "[source s]\nlist = custom\nurl = https://s\nranges = \",\"\n",
          CONF "[source s] ranges: \",\" holds no range\n" },
        { "[source s]\nurl = https://s\nranges = 10.1.0.0/16\n",
          CONF "[source s] ranges: has no effect, as list is not custom\n" },
        { "[source s]\nurl = https://s/?a=b\n",
          CONF "[source s] url: has a query of its own: that comes from [probe source] query\n" },
        { "[probe source]\nquery = LCRC=1\n",
          CONF "[probe source] query: \"LCRC=1\" does not begin with a question mark\n" },
        { "[probe source]\nquery = ?a b\n",
          CONF "[probe source] query: \"?a b\": a blank, # or non-ASCII character must be written as %XX\n" },
        { "[probe source]\ntls_verify = no\nca_file = ca.pem\n",
          CONF "[probe source] ca_file: has no effect, as tls_verify is no\n" },
        { "[proxy internal]\nurl = https://proxy:8080\n",
          CONF "[proxy internal] url: neither http://HOST:PORT nor socks5://HOST:PORT\n" },
        { "[proxy internal]\nurl = http://proxy\n",
          CONF "[proxy internal] url: neither http://HOST:PORT nor socks5://HOST:PORT\n" },
        { "[proxy internal]\nurl = socks5://proxy:0\n",
          CONF "[proxy internal] url: neither http://HOST:PORT nor socks5://HOST:PORT\n" },
        { "[proxy internal]\nurl = http://proxy:8080/path\n",
          CONF "[proxy internal] url: neither http://HOST:PORT nor socks5://HOST:PORT\n" },
        { "[proxy internal]\nurl = http://me:word@proxy:8080\n",
          CONF "[proxy internal] url: a proxy's URL must not hold credentials: there are user and password_file\n" },
        { "[proxy internal]\nno_proxy = .example\n", CONF "[proxy internal] url: missing\n" },
        { "[proxy external]\nurl = http://proxy:8080\nuser = me\n",
          CONF "[proxy external] password_file: missing, and user needs it\n" },
        { "[proxy external]\nurl = http://proxy:8080\npassword_file = one.secret\n",
          CONF "[proxy external] user: missing, and password_file needs it\n" },
        { "[proxy external]\nurl = http://proxy:8080\nuser = a:b\npassword_file = a.secret\n",
          CONF "[proxy external] user: has a colon, which Basic can not carry (RFC 7617)\n" },
        { "[proxy external]\nurl = http://proxy:8080\nuser = me\npassword_file = two.secret\n",
          CONF "[proxy external] password_file: must be one line, the password\n" },
        { "[proxy external]\nurl = http://proxy:8080\nuser = me\npassword_file = open.secret\n", CONF
          "[proxy external] password_file: open.secret: others have access to it (mode 0644); it may hold secrets\n" },
        { "[proxy external]\nurl = http://proxy:8080\nno_proxy = .example, 10.0.0.0/99\n",
          CONF "[proxy external] no_proxy: \"10.0.0.0/99\" is none of: .suffix, name, address, network, *\n" },
        { "[probe listener]\nscheme = tls\n", CONF "[probe listener] scheme: \"tls\" is none of: https http\n" },
        { "[probe listener]\nport = 0\n", CONF "[probe listener] port: \"0\" is not a number from 1 to 65535\n" },
        { "[probe listener]\npath = ?CAVIT\n", CONF "[probe listener] path: \"?CAVIT\" does not begin with a slash\n" },
        { "[probe listener]\npath = /a b\n",
          CONF "[probe listener] path: \"/a b\": a blank, # or non-ASCII character must be written as %XX\n" },
        { "[probe listener]\nca_file = none.pem\n",
          CONF "[probe listener] ca_file: none.pem: No such file or directory\n" },
        { "[probe listener]\ntls_verify = no\nca_file = ca.pem\n",
          CONF "[probe listener] ca_file: has no effect, as tls_verify is no\n" },
        { "[probe listener]\npin = sha256//abc=\n",
          CONF "[probe listener] pin: \"sha256//abc=\" is not sha256// and the base64 of a digest\n" },
        { "[probe listener]\ndirectory = folder\n", CONF "[probe listener] directory: unknown key\n" },
        { "[probe server]\nscheme = http\n", CONF "[probe server] scheme: unknown key\n" },
        { "[probe feed]\nmarker = x\n", CONF "[probe feed] marker: unknown key\n" },
        { "[probe feed]\ndirectory = none\n", CONF "[probe feed] directory: none: No such file or directory\n" },
        { "[probe feed]\ndirectory = open.secret\n", CONF "[probe feed] directory: open.secret: not a directory\n" },
        { "[probe winrm]\nauth = basic\n",
          CONF "[probe winrm] user: missing, and without it no endpoint can be asked\n" CONF
               "[probe winrm] password_file: missing, and without it no endpoint can be asked\n" },
        { "[probe winrm]\nauth = ntlm\nuser = x\n",
          CONF "[probe winrm] password_file: missing, and without it no endpoint can be asked\n" },
        { "[probe winrm]\nauth = certificate\n",
          CONF "[probe winrm] cert_file: missing, and without it no endpoint can be asked\n" },
        { "[probe winrm]\nuser = x\nauth = kerberos\n",
          CONF "[probe winrm] auth: \"kerberos\" is none of: negotiate basic ntlm certificate\n" },
        { "[probe winrm]\nauth = basic\nuser = x\npassword_file = none\n",
          CONF "[probe winrm] password_file: none: No such file or directory\n" },
        { "[probe winrm]\nauth = basic\nuser = x\npassword_file = open.secret\n", CONF
          "[probe winrm] password_file: open.secret: others have access to it (mode 0644); it may hold secrets\n" },
        { "[probe winrm]\nauth = basic\nuser = x\npassword_file = empty.secret\n",
          CONF "[probe winrm] password_file: must be one line, the password\n" },
        { "[probe winrm]\nauth = basic\nuser = x\npassword_file = two.secret\n",
          CONF "[probe winrm] password_file: must be one line, the password\n" },
        { "[probe winrm]\nscheme = http\n", CONF "[probe winrm] scheme: unknown key\n" },
        { "[probe winrm]\ntimeout_ms = 10\n",
          CONF "[probe winrm] timeout_ms: \"10\" is not a number of milliseconds from 1000 to 600000\n" },
        { "[winrm names]\nvalue_x = y\n", CONF "[winrm names] value_x: unknown key\n" },
        { "[winrm names]\nregistry_root = 'A\"B'\n", CONF "[winrm names] registry_root: a quotation mark in it\n" },
        { "[winrm names]\nregistry_root =\n", CONF "[winrm names] registry_root: empty\n" },
        { "[winrm names]\nservice_realtimescan =\n", CONF "[winrm names] service_realtimescan: empty\n" },
        { "[winrm names]\nregistry_root = \"HKLM\\X\"\n",
          CONF "[winrm names] registry_root: must be a key below HKEY_LOCAL_MACHINE, such as SOFTWARE\\...\n" },
        { "[winrm names]\nregistry_root_32 = \"\\X\"\n",
          CONF "[winrm names] registry_root_32: must be a key below HKEY_LOCAL_MACHINE, such as SOFTWARE\\...\n" },
        { "[winrm names]\nregistry_root = A%PATH%B\n",
          CONF "[winrm names] registry_root: has a character that cmd.exe would not take as it is\n" },
        { "[probe winrm]\nuser = x\nhost = https://%NAME%\n",
          CONF "[probe winrm] host: \"https://%NAME%\" is neither an address nor a host name\n" },
        { "[probe winrm]\nuser = x\nhost = %FOO%\n",
          CONF "[probe winrm] host: \"%FOO%\" is neither an address nor a host name\n" },
        { "[probe winrm]\npassword_file = a.secret\n",
          CONF "[probe winrm] user: missing, and without it no endpoint can be asked\n" },
        { "[probe winrm]\nauth = basic\nuser = a:b\npassword_file = a.secret\n",
          CONF "[probe winrm] user: has a colon, which Basic can not carry (RFC 7617)\n" },
        { "[probe winrm]\nauth = basic\nuser = a\npassword_file = bom.secret\n",
          CONF "[probe winrm] password_file: begins with a byte order mark\n" },
        { "[probe winrm]\nuser = a\nca_file = open.secret\n",
          CONF "[probe winrm] ca_file: there is no certificate in it (PEM)\n" },
        { "[probe winrm]\nuser = a\ncert_file = open.secret\n",
          CONF "[probe winrm] cert_file: there is no certificate in it (PEM)\n" },
        { "[smartprotection]\nssnotify = ftp\n", CONF
          "[smartprotection] ssnotify: \"ftp\" is none of: none winrm feed; nor a path with %NAME% or %ADDRESS% in "
          "it\n" },
        { "[smartprotection]\nssnotify = a/%NAME%/ssnotify.ini\n",
          CONF "[smartprotection] sscfg: missing, and ssnotify is compared with it\n" },
        { "[smartprotection]\nssnotify = winrm\n[probe winrm]\nuser = a\n",
          CONF "[smartprotection] sscfg: missing, and ssnotify is compared with it\n" },
        { "[smartprotection]\nsscfg = a\nssnotify = http://h/%NAME%\n", CONF
          "[smartprotection] ssnotify: a URL can not be read here: it must be a path, or one of: none winrm feed\n" },
        { "[smartprotection]\nsscfg = a\nssnotify = /a/%FOO%/%NAME%\n",
          CONF "[smartprotection] ssnotify: \"%FOO%\" stands for nothing: there are %NAME% and %ADDRESS%\n" },
        { "[smartprotection]\nsscfg = a\nssnotify = /a/%NAME%/%name%\n",
          CONF "[smartprotection] ssnotify: \"%name%\" stands for nothing: there are %NAME% and %ADDRESS%\n" },
        { "[smartprotection]\nsscfg = a\nssnotify = feed\n",
          CONF "[smartprotection] ssnotify: there is no feed: [probe feed] has no directory\n" },
        { "[smartprotection]\nsscfg = a\nssnotify = winrm\n",
          CONF "[smartprotection] ssnotify: no endpoint is asked: [probe winrm] has no user\n" },
        { "[smartprotection]\nsscfg = ftp://a/b\n",
          CONF "[smartprotection] sscfg: not an absolute http or https URL\n" },
        { "[smartprotection]\nsscfg = a\nignore = a:b, c\n",
          CONF "[smartprotection] ignore: \"a:b, c\" must be a list of section:key or section:*, separated by "
               "commas\n" },
        { "[smartprotection]\nsscfg = a\nignore = *:*\n", CONF
          "[smartprotection] ignore: \"*:*\" has a * that matches nothing: it stands for all keys of a section, as "
          "in section:*\n" },
        { "[smartprotection]\nsscfg = a\ntls_verify = no\nca_file = open.secret\n",
          CONF "[smartprotection] ca_file: there is no certificate in it (PEM)\n" CONF
               "[smartprotection] ca_file: has no effect, as tls_verify is no\n" },
        { "[agent]\n", CONF "[agent]: it needs a name, as in [agent PC-0001]\n" },
        { "[agent a]\n", CONF "[agent a] address: missing\n" },
        { "[agent a]\naddress = 10.0.0.300\n",
          CONF "[agent a] address: \"10.0.0.300\" is neither an address nor a host name\n" },
        { "[agent a]\naddress = a_b.example,c\n",
          CONF "[agent a] address: \"a_b.example,c\" is neither an address nor a host name\n" },
        { "[agent a/b]\naddress = a\n", CONF "[agent a/b]: the name: has a slash, or begins with a dot\n" },
        { "[agent a]\naddress = a\nport = 70000\n",
          CONF "[agent a] port: \"70000\" is not a number from 1 to 65535\n" },
        { "[agent a]\naddress = a\nserver = apex9\n", CONF "[agent a] server: there is no [server apex9]\n" },
        { "[agent a]\naddress = a\n[agent A]\naddress = b\n", CONF "[agent A]: given twice (lines 1 and 3)\n" },
        { "[agent a]\naddress = a\n[agent  A]\naddress = b\n", CONF "[agent  A]: the same agent as [agent a]\n" },
        { "[agent a]\naddress = a\nguid = AB\n[agent b]\naddress = b\nguid = ab\n",
          CONF "[agent b] guid: the same agent as [agent a]\n" },
    };
    struct config_box *box = *state;

    assert_int_equal(mkdir(box_path(box, "folder"), 0700), 0);
    assert_int_equal(mkfifo(box_path(box, "fifo"), 0600), 0);
    box_write(box, "open.secret", "x", 1);
    box_write(box, "empty.secret", "\n", 1);
    box_write(box, "ca.pem", box_certificate, sizeof box_certificate - 1);
    box_write(box, "a.secret", "a\n", 2);
    box_write(box, "bom.secret",
              "\xef\xbb\xbf"
              "a\n",
              5);
    assert_int_equal(chmod(box_path(box, "a.secret"), 0600), 0);
    assert_int_equal(chmod(box_path(box, "bom.secret"), 0600), 0);
    box_write(box, "two.secret", "one\ntwo\n", 8);
    box_write(box, "one.secret", "one\n", 4);
    assert_int_equal(chmod(box_path(box, "one.secret"), 0600), 0);
    assert_int_equal(chmod(box_path(box, "empty.secret"), 0600), 0);
    assert_int_equal(chmod(box_path(box, "two.secret"), 0600), 0);
    assert_int_equal(chmod(box_path(box, "open.secret"), 0644), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        box_load(box, cases[i].text);
        assert_string_equal(box->text, cases[i].faults);
        assert_int_equal(box->result, -EINVAL);
    }
}

static void test_file(void **state)
{
    struct config_box *box = *state;

    box_load(box, NULL);
    assert_string_equal(box->text, CONF "No such file or directory\n");
    assert_int_equal(mkdir(box_path(box, "agenthealthd.conf"), 0700), 0);
    box_load(box, NULL);
    assert_string_equal(box->text, CONF "is a directory\n");
    assert_int_equal(rmdir(box_path(box, "agenthealthd.conf")), 0);
    assert_int_equal(mkfifo(box_path(box, "agenthealthd.conf"), 0600), 0);
    box_load(box, NULL);
    assert_string_equal(box->text, CONF "not a regular file\n");
    assert_int_equal(unlink(box_path(box, "agenthealthd.conf")), 0);
    box_write(box, "agenthealthd.conf", "\x7f\x45\x4c\x46\n\0\0", 7);
    box_load(box, NULL);
    assert_string_equal(box->text, CONF "line 2: not text: a NUL byte\n");
    assert_int_equal(truncate(box_path(box, "agenthealthd.conf"), 17 << 20), 0);
    box_load(box, NULL);
    assert_string_equal(box->text, CONF "too large\n");
}

static void test_long(void **state)
{
    struct config_box *box = *state;
    char text[4096], *at = text;

    at += sprintf(at, "[collector]\nname = ");
    memset(at, 'x', 1200);
    sprintf(at + 1200, "\nworkers = 1000\n");
    box_load(box, text);
    assert_string_equal(box->text, CONF "[collector] name: the line is longer than 1,000 bytes\n" CONF
                                        "[collector] workers: \"1000\" is not a number of threads from 0 to 64\n");
    at[300] = '\n';
    at[301] = '\0';
    box_load(box, text);
    assert_string_equal(box->text, CONF "[collector] name: longer than 255 bytes\n");
    at = text + sprintf(text, "[agent ");
    memset(at, 'x', 300);
    sprintf(at + 300, "]\naddress = a\n");
    box_load(box, text);
    assert_string_equal(box->text, CONF "line 1: the section's name is longer than 255 bytes\n");
}

/* What can be used, but not as it is meant. */
static void test_policies_without_effect(void **state)
{
    static const struct {
        const char *policy, *remarks;
    } rows[] = {
        { "flap_high_pct = 20\nflap_low_pct = 30\n",
          CONF "[policy] flap_low_pct: 30 is above flap_high_pct: it is taken as 20\n" },
        { "flap_high_pct = 20\nflap_low_pct = 25\n",
          CONF "[policy] flap_low_pct: 25 is above flap_high_pct: it is taken as 20\n" },
        { "flap_low_pct = 60\n", CONF "[policy] flap_low_pct: 60 is above flap_high_pct: it is taken as 50\n" },
        { "flap_high_pct = 20\nflap_low_pct = 20\n", "" },
        { "flap_high_pct = 20\n", "" },
        { "flap_high_pct = 0\nflap_low_pct = 20\n",
          CONF "[policy] flap_low_pct: has no effect, as flap_high_pct is 0\n" },
        { "flap_high_pct = 0\nflap_low_pct = 25\n", "" },
        { "mass_outage_wait_s = 30\n", CONF "[policy] mass_outage_wait_s: has no effect, as mass_outage_pct is 0\n" },
        { "mass_outage_pct = 0\nmass_outage_agents = 5\n",
          CONF "[policy] mass_outage_agents: has no effect, as mass_outage_pct is 0\n" },
        { "mass_outage_pct = 0\nmass_outage_agents = 10\nmass_outage_wait_s = 10\n", "" },
        { "mass_outage_pct = 50\nmass_outage_agents = 5\nmass_outage_wait_s = 30\n", "" },
    };
    struct config_box *box = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];

        snprintf(text, sizeof text, "[policy]\n%s", rows[i].policy);
        box_load(box, text);
        assert_string_equal(box->text, rows[i].remarks);
        assert_int_equal(box->result, 0);
        assert_int_equal(box->fatal, 0);
    }
}

static void test_all_are_told(void **state)
{
    struct config_box *box = *state;

    box_load(box, "[collector]\nlanguage = fr\nname = x\nnme = y\n[agent a]\nport = x\nserver = b\n[other]\n"
                  "[inventory]\ncsv = none.csv\n");
    assert_string_equal(box->text, CONF
                        "[collector] language: \"fr\" is none of: en ja\n" CONF "[collector] nme: unknown key\n" CONF
                        "[agent a] port: \"x\" is not a number from 1 to 65535\n" CONF "[other]: unknown section\n" CONF
                        "[agent a] server: there is no [server b]\n" CONF
                        "[inventory] csv: none.csv: No such file or directory\n" CONF "[agent a] address: missing\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_fault, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_file, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_long, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_policies_without_effect, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_all_are_told, box_setup, box_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
