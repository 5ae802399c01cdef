/* The table of the options. It holds data only: how values are read is in option_types.c, how they are shown in
 * options_print.c. */
#include "options.h"

#include <strings.h>

const struct section_kind section_kinds[SECTIONS] = {
    [SECTION_COLLECTOR] = { "collector", NULL, .help = "This collector." },
    [SECTION_SNMP] = { "snmp", NULL,
                       .help = "How SNMP is served: through snmpd (agentx), or by the daemon itself (master)." },
    [SECTION_NOTIFICATIONS] = { "notifications", NULL, .help = "What is told, and how fast." },
    [SECTION_POLICY] = { "policy", NULL, .help = "How evidence becomes a verdict." },
    [SECTION_INVENTORY] = { "inventory", NULL,
                            .help = "The agents, as a CSV file such as the web console exports. Its columns are found "
                                    "by their "
                                    "headings, in whatever language." },
    [SECTION_SERVER] = { "server", "apex1", .help = "A management server, by the name that agents refer to.",
                         .aside = true },
    [SECTION_SOURCE] = { "source", "sps1", .help = "A Smart Protection source.", .aside = true },
    [SECTION_PROBE_LISTENER] = { "probe listener", NULL,
                                 .help = "Asks each agent's listener, as its server would: the server side." },
    [SECTION_PROBE_SERVER] = { "probe server", NULL, .help = "Asks each management server for its url and the path." },
    [SECTION_PROBE_FEED] = { "probe feed", NULL,
                             .help =
                                 "Reads what endpoints say of themselves: one NAME.ini per agent, written by rename." },
    [SECTION_PROBE_WINRM] = { "probe winrm", NULL,
                              .help = "Asks each Windows endpoint itself, over WS-Management and https: all six "
                                      "conditions and "
                                      "the agent side. It runs once there is a user or a cert_file." },
    [SECTION_PROBE_SOURCE] = { "probe source", NULL,
                               .help = "Asks each Smart Protection source for file and web reputation, straight and "
                                       "through "
                                       "the "
                                       "proxy that its agents use." },
    [SECTION_PROBE_LOCATION] = { "probe location", NULL,
                                 .help = "Connects to each reference server of [location], as agents do to find out "
                                         "that they "
                                         "are "
                                         "inside." },
    [SECTION_PROXY_INTERNAL] = { "proxy internal", NULL,
                                 .help = "The proxy by which internal agents reach sources of the standard and custom "
                                         "lists.",
                                 true },
    [SECTION_PROXY_EXTERNAL] = { "proxy external", NULL,
                                 .help = "The proxy by which external agents reach the Smart Protection Network.",
                                 .aside = true },
    [SECTION_WINRM_NAMES] = { "winrm names", NULL,
                              .help = "What things are called on an endpoint, where the vendor does not document it. "
                                      "An empty "
                                      "value_... is not asked for." },
    [SECTION_SMART_PROTECTION] = { "smartprotection", NULL,
                                   .help = "What is looked at of the Smart Protection settings: whether the "
                                           "ssnotify.ini of "
                                           "agents agrees with sscfg.ini." },
    [SECTION_LOCATION] = { "location", NULL,
                           .help = "By what agents find out whether they are inside the company's network, as the "
                                   "console has "
                                   "it "
                                   "in Agents > Endpoint Location." },
    [SECTION_PROBE_CENTRAL] = { "probe central", NULL,
                                .help =
                                    "Reads each Apex Central: which agents there are, and what their servers have on "
                                    "record of them." },
    [SECTION_CENTRAL] = { "central", "hq", .help = "An Apex Central to read.", .aside = true },
    [SECTION_PROBE_VISION] = { "probe vision", NULL, .help = "Reads each Vision One likewise." },
    [SECTION_VISION] = { "vision", "eu", .help = "A Vision One to read.", .aside = true },
    [SECTION_AGENT] = { "agent", "PC-0001",
                        .help =
                            "One agent, or what is different from the row of the inventory with the same GUID or name.",
                        true },
};

/* clang-format off */
/* The kind of a field follows from its type, so that no entry can be wrong about it. */
#define FIELD_KIND(field) _Generic((field), \
    const char *: FIELD_TEXT, bool: FIELD_BOOL, int64_t: FIELD_INT64, struct snmp_settings: FIELD_SNMP, \
    default: FIELD_UNSIGNED)
#define FIELD(type, member) .field = FIELD_KIND(((struct type *)0)->member), .offset = offsetof(struct type, member)

/* What every driver has. */
#define PROBE_TIMES(id, interval, interval_help, at_once) \
    { id, "enabled", OPTION_YES_NO, FIELD(probe_config, enabled), .initial = "yes", .help = "Whether it runs." }, \
    { id, "interval_s", OPTION_NUMBER, FIELD(probe_config, interval_s), 1, 86400, .unit = "seconds", \
      .initial = interval, .help = interval_help }, \
    { id, "concurrency", OPTION_NUMBER, FIELD(probe_config, concurrency), 1, 20000, \
      .initial = at_once, .help = "How many probes may be under way at once." }
#define PROBE_COMMON(id, interval_help) PROBE_TIMES(id, "60", interval_help, "256")

/* What drivers that speak TLS have, beside tls_verify. */
#define PROBE_TRUST(id, ca_help) \
    { id, "ca_file", OPTION_FILE, FIELD(probe_config, ca_file), .example = "corp.pem", .help = ca_help }, \
    { id, "pin", OPTION_PIN, FIELD(probe_config, pin), \
      .example = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", \
      .help = "The public key that must be presented." }

/* What the two proxies have. */
#define PROXY_OPTIONS(id, which) \
    { id, "url", OPTION_PROXY, FIELD(config, proxies[which].url), .example = "http://proxy.example:8080", \
      .help = "Where it is: http://HOST:PORT or socks5://HOST:PORT. It resolves the names of those that it is asked for." }, \
    { id, "user", OPTION_TEXT, FIELD(config, proxies[which].user), .example = "probe", \
      .help = "Whom it lets through, by HTTP Basic or as SOCKS asks for it; needs password_file." }, \
    { id, "password_file", OPTION_SECRET, FIELD(config, proxies[which].password_file), .example = "proxy.secret", \
      .help = "A file with the user's password as the only line, to which others have no access." }, \
    { id, "no_proxy", OPTION_NO_PROXY, FIELD(config, proxies[which].no_proxy), .example = ".example, 10.0.0.0/8", \
      .help = "Whom agents ask without it: suffixes of names (.example), names, addresses, networks; * for all. Addresses " \
              "and networks hold for sources whose url has an address." }

/* What the two kinds of console have. */
#define PROBE_CONSOLE(id) \
    { id, "enabled", OPTION_YES_NO, FIELD(probe_config, enabled), .initial = "yes", .help = "Whether it runs." }, \
    { id, "interval_s", OPTION_NUMBER, FIELD(probe_config, interval_s), 1, 86400, .unit = "seconds", .initial = "300", \
      .help = "How often each is read. After a failure it is left alone for twice as long each time, an hour at most. What " \
              "it had on record counts until it is evidence_max_age_s old." }, \
    { id, "timeout_ms", OPTION_NUMBER, FIELD(probe_config, timeout_ms), 10, 600000, .unit = "milliseconds", \
      .initial = "30000", .help = "How long an answer may take to begin, and to go on." }, \
    { id, "round_timeout_s", OPTION_NUMBER, FIELD(probe_config, round_timeout_s), 1, 86400, .unit = "seconds", \
      .initial = "600", .help = "How long all answers together may take." }, \
    { id, "body_max_bytes", OPTION_NUMBER, FIELD(probe_config, body_max_bytes), 65536, 1073741824, .unit = "bytes", \
      .initial = "268435456", .help = "A longer answer is refused." }, \
    { id, "agents_max", OPTION_NUMBER, FIELD(probe_config, agents_max), 1, 1000000, .unit = "agents", \
      .initial = "200000", .help = "A console that tells of more is refused." }

#define CONSOLE_OPTIONS(id) \
    { id, "tls_verify", OPTION_YES_NO, FIELD(console_config, tls_verify), .initial = "yes", \
      .help = "Whether its certificate must be valid. Without, its secret goes to whoever answers." }, \
    { id, "ca_file", OPTION_FILE, FIELD(console_config, ca_file), .example = "corp.pem", \
      .help = "Certificates to trust instead of the system's." }, \
    { id, "pin", OPTION_PIN, FIELD(console_config, pin), \
      .example = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", \
      .help = "The public key that must be presented." }, \
    { id, "retire_after_h", OPTION_NUMBER, FIELD(console_config, retire_after_h), 0, 87600, .unit = "hours", \
      .initial = "72", .example = "72", \
      .help = "How long an agent that it knows no more is kept; 0: not at all." }

/* What drivers that speak HTTP have. */
#define PROBE_HTTP(id, initial_path, initial_marker, marker_help) \
    { id, "timeout_ms", OPTION_NUMBER, FIELD(probe_config, timeout_ms), 10, 600000, .unit = "milliseconds", \
      .initial = "3000", .help = "The one deadline of a whole probe." }, \
    { id, "path", OPTION_URL_PATH, FIELD(probe_config, path), .initial = initial_path, \
      .help = "What is asked for." }, \
    { id, "marker", OPTION_TEXT, FIELD(probe_config, marker), .initial = initial_marker, .help = marker_help }, \
    { id, "body_max_bytes", OPTION_NUMBER, FIELD(probe_config, body_max_bytes), 1024, 16777216, .unit = "bytes", \
      .initial = "65536", .help = "A longer answer is refused." }, \
    { id, "tls_verify", OPTION_YES_NO, FIELD(probe_config, tls_verify), .initial = "no", \
      .help = "Whether the certificate must be valid. Those of a default installation are self-signed." }, \
    PROBE_TRUST(id, "Certificates to trust instead of the system's; naming one switches tls_verify on.")

const struct option options[] = {
    { SECTION_COLLECTOR, "name", OPTION_TEXT, FIELD(config, name), .example = "tokyo-1",
      .help = "What the collector calls itself; without it, the host's name." },
    { SECTION_COLLECTOR, "state_dir", OPTION_PATH, FIELD(config, state_dir), .initial = "/var/lib/agenthealthd",
      .help = "The folder of what outlives a restart. It serves one daemon at a time; a second goes on without." },
    { SECTION_COLLECTOR, "user", OPTION_TEXT, FIELD(config, user), .example = "agenthealthd",
      .help = "Whom it becomes when root starts it; the option -u overrides it. Configuration, inventory and secrets have "
              "to be readable for that user." },
    { SECTION_COLLECTOR, "workers", OPTION_NUMBER, FIELD(config, workers), 0, 64, .unit = "threads", .initial = "0",
      .help = "Threads that probe; 0 for one per core." },
    { SECTION_COLLECTOR, "language", OPTION_WORD, FIELD(config, language), .words = "en ja", .initial = "en",
      .help = "The language of guidance and alarm texts." },

    { SECTION_SNMP, "mode", OPTION_WORD, FIELD(config, snmp.master), .words = "agentx master", .initial = "agentx",
      .help = "Whether to be a subagent of snmpd, or the SNMP agent itself." },
    { SECTION_SNMP, "agentx_socket", OPTION_SOCKET, FIELD(config, snmp.agentx_socket), .words = "unix tcp tcp6",
      .initial = "unix:/run/agentx/master", .help = "Where snmpd listens for subagents." },
    { SECTION_SNMP, "listen", OPTION_SOCKET, FIELD(config, snmp.listen),
      .words = "udp udp6", .example = "udp:127.0.0.1:1161",
      .help = "Where to listen for managers, in master mode." },
    { SECTION_SNMP, "access_conf", OPTION_SECRET, FIELD(config, snmp.access_conf), .example = "access.conf",
      .help = "A file of net-snmp's access and sink lines (rocommunity, createUser, trap2sink), for master mode. "
              "It may hold secrets: others must not have access to it." },
    { SECTION_SNMP, "root_oid", OPTION_OID, FIELD(config, snmp), .initial = "1.3.6.1.4.1.8072.9999.9999.6101",
      .help = "The OID that the MIB hangs from." },
    { SECTION_SNMP, "reconnect_s", OPTION_NUMBER, FIELD(config, snmp.reconnect_s), 1, 3600,
      .unit = "seconds", .initial = "15",
      .help = "The pause between attempts to reach snmpd." },

    { SECTION_NOTIFICATIONS, "enabled", OPTION_YES_NO, FIELD(config, notifications_enabled), .initial = "yes",
      .help = "Whether transitions are told; managers can change it by SET, until a restart." },
    { SECTION_NOTIFICATIONS, "rate_per_s", OPTION_NUMBER, FIELD(config, snmp.rate_per_s), 1, 10000,
      .unit = "notifications a second",
      .initial = "200", .help = "The pace in the long run." },
    { SECTION_NOTIFICATIONS, "burst", OPTION_NUMBER, FIELD(config, snmp.burst), 1, 10000,
      .unit = "notifications", .initial = "50",
      .help = "How many may go at once before the pace counts." },
    { SECTION_NOTIFICATIONS, "queue", OPTION_NUMBER, FIELD(config, notifications_max), 64, 10000000,
      .unit = "notifications",
      .initial = "100000",
      .help = "How many wait while they can not be sent. Of more, the oldest are given up for one ahNotificationsSummary, "
              "which says how many they were and what to walk." },
    { SECTION_NOTIFICATIONS, "heartbeat_s", OPTION_NUMBER, FIELD(config, heartbeat_s), 0, 86400,
      .unit = "seconds", .initial = "0",
      .help = "How often ahHeartbeat says that the collector lives, with the fleet's counts and the last sequences; also "
              "while notifications are switched off. 0: never." },
    { SECTION_NOTIFICATIONS, "startup", OPTION_WORD, FIELD(config, tell_first_verdict),
      .words = "silent full", .initial = "silent",
      .help = "Whether an agent's first verdict is told, or fills the tables alone. Under silent it waits for the "
              "listener's answer, where there is a listener." },

    { SECTION_POLICY, "pattern_max_age_h", OPTION_NUMBER, FIELD(config, policy.pattern_max_age_ms), 1, 87600, 3600000,
      .unit = "hours", .initial = "72", .help = "A pattern older than this is outdated." },
    { SECTION_POLICY, "pattern_versions_behind", OPTION_NUMBER, FIELD(config, policy.pattern_versions_behind), 2, 7,
      .initial = "2",
      .help = "The state of a pattern, as a console tells it, from which it is outdated: 2 to 6 are one to five versions "
              "behind, 7 is more. It counts where no date of the pattern is known." },
    { SECTION_POLICY, "evidence_max_age_s", OPTION_NUMBER, FIELD(config, policy.evidence_max_age_ms), 1, 2592000, 1000,
      .unit = "seconds", .initial = "900", .help = "A fact older than this is unknown." },
    { SECTION_POLICY, "rise", OPTION_NUMBER, FIELD(config, policy.rise), 1, 100,
      .unit = "observations", .initial = "1",
      .help = "How many in a row it takes to believe that something is good." },
    { SECTION_POLICY, "fall", OPTION_NUMBER, FIELD(config, policy.fall), 1, 100,
      .unit = "observations", .initial = "2",
      .help = "How many in a row it takes to believe that something is bad." },
    { SECTION_POLICY, "absent", OPTION_WORD, FIELD(config, policy.absent), .words = "alarm note", .initial = "alarm",
      .help = "Whether an endpoint from which nothing answers counts as offline, or is noted alone." },
    { SECTION_POLICY, "flap_high_pct", OPTION_NUMBER, FIELD(config, policy.flap_high_pct), 0, 100,
      .unit = "percent", .initial = "50",
      .help = "The share of changes among the last 20 verdicts about a condition of an agent from which it flaps: it is no "
              "longer told each time. 0: never." },
    { SECTION_POLICY, "flap_low_pct", OPTION_NUMBER, FIELD(config, policy.flap_low_pct), 0, 100,
      .unit = "percent", .initial = "25",
      .help = "The share of changes below which it is steady again. Above flap_high_pct it is taken as that." },
    { SECTION_POLICY, "min_gap_s", OPTION_NUMBER, FIELD(config, policy.min_gap_ms), 0, 86400, 1000,
      .unit = "seconds", .initial = "0",
      .help = "The least time between two notifications about one condition of one agent: what changes within it is told "
              "at its end, if it lasts. 0: none." },
    { SECTION_POLICY, "mass_outage_pct", OPTION_NUMBER, FIELD(config, policy.mass_outage_pct), 0, 100,
      .unit = "percent", .initial = "0",
      .help = "The share of a group's agents in one condition from which one notification stands for all, until it has "
              "fallen to half. 0: never." },
    { SECTION_POLICY, "mass_outage_agents", OPTION_NUMBER, FIELD(config, policy.mass_outage_agents), 2, 1000000,
      .unit = "agents", .initial = "10", .help = "And at least so many of them; only where mass_outage_pct is not 0." },
    { SECTION_POLICY, "mass_outage_wait_s", OPTION_NUMBER, FIELD(config, policy.mass_outage_wait_ms), 1, 3600, 1000,
      .unit = "seconds", .initial = "10",
      .help = "How long each of them waits for others to follow before it is told by itself; only where mass_outage_pct is "
              "not 0. As long as it takes to ask a group once tells a mass outage alone." },
    { SECTION_POLICY, "history", OPTION_NUMBER, FIELD(config, history_max), 0, 1000000,
      .unit = "alarms", .initial = "10000",
      .help = "How many cleared alarms are kept." },

    { SECTION_INVENTORY, "csv", OPTION_PATH, FIELD(inventory_settings, csv),
      .example = "agents.csv", .help = "The file." },
    { SECTION_INVENTORY, "encoding", OPTION_WORD, FIELD(inventory_settings, encoding), .initial = "UTF-8",
      .words = "UTF-8 UTF-16 UTF-16LE UTF-16BE Shift_JIS CP932",
      .help = "Its encoding; a byte order mark in the file wins." },
    { SECTION_INVENTORY, "column_name", OPTION_TEXT, FIELD(inventory_settings, column_name), .initial = "Endpoint",
      .help = "The heading over the endpoints' names. The column must be there." },
    { SECTION_INVENTORY, "column_address", OPTION_TEXT, FIELD(inventory_settings, column_address),
      .initial = "IP Address",
      .help = "The heading over addresses or host names; of several in a field, the first counts. The column must be "
              "there." },
    { SECTION_INVENTORY, "column_port", OPTION_TEXT, FIELD(inventory_settings, column_port),
      .initial = "Listening Port",
      .help = "The heading over the listeners' ports." },
    { SECTION_INVENTORY, "column_guid", OPTION_TEXT, FIELD(inventory_settings, column_guid), .initial = "GUID",
      .help = "The heading over the agents' GUIDs." },
    { SECTION_INVENTORY, "column_group", OPTION_TEXT, FIELD(inventory_settings, column_group),
      .initial = "Domain Hierarchy",
      .help = "The heading over the agents' groups." },
    { SECTION_INVENTORY, "column_server", OPTION_TEXT, FIELD(inventory_settings, column_server), .example = "Server",
      .help = "The heading over names of [server] sections, where there are several servers." },

    { SECTION_SERVER, "url", OPTION_URL, FIELD(server_config, url), .example = "https://apex1.example:4343",
      .help = "The address of its console.", .required = true },
    { SECTION_SERVER, "addresses", OPTION_ADDRESSES, FIELD(server_config, addresses), .example = "10.0.0.5",
      .help = "What its name should resolve to." },

    { SECTION_SERVER, "central_id", OPTION_TEXT, FIELD(server_config, central_id),
      .example = "5c0f1e2d-0000-4000-8000-000000000001",
      .help = "Its GUID in Apex Central; without it, the agents there are this server's if it is the only one." },

    { SECTION_SOURCE, "list", OPTION_WORD, FIELD(source_config, list), .words = "standard custom network",
      .initial = "standard", .example = "custom",
      .help = "The list it stands in: standard for internal agents, custom for those in ranges, network for external "
              "ones." },
    { SECTION_SOURCE, "url", OPTION_URL, FIELD(source_config, url), .example = "https://sps1.example/tmcss/",
      .help = "Where it answers for file reputation.", .required = true },
    { SECTION_SOURCE, "web_reputation_url", OPTION_URL, FIELD(source_config, web_reputation_url),
      .example = "https://sps1.example:5274/", .help = "Where it answers for web reputation; without it, not asked." },
    { SECTION_SOURCE, "ranges", OPTION_RANGES, FIELD(source_config, ranges), .example = "10.1.0.0/16, 10.2.3.4",
      .help = "The addresses of the agents that a custom list serves; without them, no agent is known to use it. Sources with "
              "the same ranges are one list; of several lists that serve an agent, it uses the first." },

    PROBE_COMMON(SECTION_PROBE_LISTENER, "How often each agent is asked."),
    PROBE_HTTP(SECTION_PROBE_LISTENER, "/?CAVIT", "!CRYPT!", "What a healthy answer contains."),
    { SECTION_PROBE_LISTENER, "scheme", OPTION_WORD, FIELD(probe_config, scheme),
      .words = "https http", .initial = "https",
      .help = "Older agents speak http." },
    { SECTION_PROBE_LISTENER, "port", OPTION_NUMBER, FIELD(probe_config, port), 1, 65535, .initial = "21112",
      .help = "The listeners' port, where an agent has none of its own. It is chosen when a server is installed." },

    PROBE_COMMON(SECTION_PROBE_SERVER, "How often each server is asked."),
    PROBE_HTTP(SECTION_PROBE_SERVER, "/officescan/cgi/cgionstart.exe", "-2", "What a healthy answer is."),

    PROBE_COMMON(SECTION_PROBE_FEED, "How often the whole folder is read anew; a change is seen at once besides."),
    { SECTION_PROBE_FEED, "directory", OPTION_DIRECTORY, FIELD(probe_config, directory), .example = "feed",
      .help = "The folder of the files, which must exist; without it, there is no feed." },

    PROBE_TIMES(SECTION_PROBE_WINRM, "300", "How often each endpoint is asked.", "64"),
    { SECTION_PROBE_WINRM, "timeout_ms", OPTION_NUMBER, FIELD(probe_config, timeout_ms), 1000, 600000,
      .unit = "milliseconds", .initial = "10000", .help = "The one deadline for all questions to an endpoint together." },
    { SECTION_PROBE_WINRM, "port", OPTION_NUMBER, FIELD(probe_config, port), 1, 65535, .initial = "5986",
      .help = "Where endpoints listen for WinRM over https." },
    { SECTION_PROBE_WINRM, "path", OPTION_URL_PATH, FIELD(probe_config, path), .initial = "/wsman",
      .help = "What is asked for." },
    { SECTION_PROBE_WINRM, "host", OPTION_TEXT, FIELD(probe_config, host), .initial = "%ADDRESS%",
      .help = "What an endpoint's certificate (and Kerberos) call it: %ADDRESS% and %NAME% are the agent's, so that "
              "%NAME%.corp.example is a full name. Connections go to its address all the same." },
    { SECTION_PROBE_WINRM, "auth", OPTION_WORD, FIELD(probe_config, auth), .words = "negotiate basic ntlm certificate",
      .example = "ntlm",
      .help = "How to log on; without it, negotiate. That is Kerberos with the tickets of the process (KRB5_CLIENT_KTNAME names a keytab); "
              "basic and ntlm need user and password_file, certificate needs cert_file." },
    { SECTION_PROBE_WINRM, "user", OPTION_TEXT, FIELD(probe_config, user), .example = "CORP\\monitor",
      .help = "The account. For negotiate it is only what is shown: the ticket decides." },
    { SECTION_PROBE_WINRM, "password_file", OPTION_SECRET, FIELD(probe_config, password_file), .example = "winrm.secret",
      .help = "A file with its password as the only line, to which others have no access." },
    { SECTION_PROBE_WINRM, "tls_verify", OPTION_YES_NO, FIELD(probe_config, tls_verify), .initial = "yes",
      .help = "Whether certificates must be valid. Without, a password goes to whoever answers." },
    PROBE_TRUST(SECTION_PROBE_WINRM, "Certificates to trust instead of the system's."),
    { SECTION_PROBE_WINRM, "cert_file", OPTION_FILE, FIELD(probe_config, cert_file), .example = "client.pem",
      .help = "A client certificate to present, PEM." },
    { SECTION_PROBE_WINRM, "key_file", OPTION_SECRET, FIELD(probe_config, key_file), .example = "client.key",
      .help = "Its private key, PEM without a passphrase; not needed where cert_file has both." },
    { SECTION_PROBE_WINRM, "body_max_bytes", OPTION_NUMBER, FIELD(probe_config, body_max_bytes), 65536, 1048576,
      .unit = "bytes", .initial = "1048576", .help = "A longer answer is refused." },
    { SECTION_PROBE_WINRM, "internet_host", OPTION_HOST, FIELD(probe_config, internet_host), .example = "www.example.com",
      .help = "Pinged by endpoints that are outside the company's network: can they open the internet, and with it the "
              "Smart Protection Network? Without it, that stays unknown." },

    PROBE_COMMON(SECTION_PROBE_SOURCE, "How often each source is asked."),
    { SECTION_PROBE_SOURCE, "timeout_ms", OPTION_NUMBER, FIELD(probe_config, timeout_ms), 10, 600000,
      .unit = "milliseconds", .initial = "5000", .help = "The deadline of each question; a source's are asked at once." },
    { SECTION_PROBE_SOURCE, "query", OPTION_QUERY, FIELD(probe_config, query),
      .initial = "?LCRC=08000000AC41080092000080C4F01936B21D9104",
      .help = "The test query that is put behind a source's url." },
    { SECTION_PROBE_SOURCE, "content_type", OPTION_TEXT, FIELD(probe_config, content_type),
      .initial = "binary/octet-stream", .help = "The media type of a good answer to it." },
    { SECTION_PROBE_SOURCE, "body_max_bytes", OPTION_NUMBER, FIELD(probe_config, body_max_bytes), 1024, 16777216,
      .unit = "bytes", .initial = "65536", .help = "A longer answer is refused." },
    { SECTION_PROBE_SOURCE, "tls_verify", OPTION_YES_NO, FIELD(probe_config, tls_verify), .initial = "no",
      .help = "Whether a source whose certificate is not valid is down. Its state and days are shown all the same." },
    PROBE_TRUST(SECTION_PROBE_SOURCE,
                "Certificates to trust instead of the system's; naming one switches tls_verify on."),

    PROBE_TIMES(SECTION_PROBE_LOCATION, "60", "How often each reference server is connected to.", "320"),
    { SECTION_PROBE_LOCATION, "timeout_ms", OPTION_NUMBER, FIELD(probe_config, timeout_ms), 10, 600000,
      .unit = "milliseconds", .initial = "3000", .help = "How long a connection may take, with the lookup of its name." },

    PROXY_OPTIONS(SECTION_PROXY_INTERNAL, PROXY_INTERNAL),

    PROXY_OPTIONS(SECTION_PROXY_EXTERNAL, PROXY_EXTERNAL),

#define WINRM_NAME(constant, key_, initial_, help_) \
    { SECTION_WINRM_NAMES, key_, OPTION_NAME, FIELD(config, winrm_names.names[WINRM_NAME_##constant]), 1, \
      .initial = initial_, .help = help_ },
#include "probes/winrm_names.def"
#undef WINRM_NAME
#define WINRM_VALUE(constant, key_, initial_, type_, help_) \
    { SECTION_WINRM_NAMES, key_, OPTION_NAME, FIELD(config, winrm_names.values[WINRM_VALUE_##constant]), \
      .initial = initial_, .help = help_ },
#include "probes/winrm_values.def"
#undef WINRM_VALUE

    { SECTION_SMART_PROTECTION, "sscfg", OPTION_PATH_OR_URL, FIELD(probe_config, sscfg),
      .example = "/mnt/apex1/PCCSRV/sscfg.ini",
      .help = "The server's sscfg.ini: a path, such as on a share that is mounted, or an http or https URL. Without it nothing "
              "is compared." },
    { SECTION_SMART_PROTECTION, "ssnotify", OPTION_PATTERN, FIELD(probe_config, ssnotify), .words = "none winrm feed",
      .initial = "none",
      .help = "Where each agent's ssnotify.ini is read from: winrm asks the endpoint, feed takes NAME.ssnotify.ini from the "
              "feed's folder, and a path has the agent's %NAME% (or %ADDRESS%) in it, such as "
              "/mnt/agents/%NAME%/ssnotify.ini." },
    { SECTION_SMART_PROTECTION, "ignore", OPTION_KEYS, FIELD(probe_config, ignored),
      .example = "Log:Level, Statistics:*",
      .help = "Keys that need not agree, as section:key, or section:* for all of a section, separated by commas." },
    { SECTION_SMART_PROTECTION, "interval_s", OPTION_NUMBER, FIELD(probe_config, interval_s), 1, 86400,
      .unit = "seconds", .initial = "60",
      .help = "How often sscfg.ini is read anew, and each ssnotify.ini that is a file here; those of winrm come when "
              "endpoints are asked." },
    { SECTION_SMART_PROTECTION, "timeout_ms", OPTION_NUMBER, FIELD(probe_config, timeout_ms), 10, 600000,
      .unit = "milliseconds", .initial = "5000", .help = "How long a file, or its server, is waited for." },
    { SECTION_SMART_PROTECTION, "tls_verify", OPTION_YES_NO, FIELD(probe_config, tls_verify), .initial = "no",
      .help = "Whether the certificate must be valid, where sscfg is a URL." },
    PROBE_TRUST(SECTION_SMART_PROTECTION,
                "Certificates to trust instead of the system's; naming one switches tls_verify on."),

    { SECTION_LOCATION, "reference_servers_file", OPTION_PATH, FIELD(config, reference_servers_file),
      .example = "reference-servers.txt",
      .help = "A file of up to 320 reference servers, HOST:PORT a line, in the order in which agents try them; IPv6 "
              "addresses stand in brackets, and a # begins a comment." },
    { SECTION_LOCATION, "gateways", OPTION_GATEWAYS, FIELD(config, gateways), .example = "10.1.0.1, 00-11-22-33-44-55",
      .help = "The gateways of the company's network. An endpoint tells the addresses of its own, not their MACs: while "
              "there is a MAC among them, none that is found is no sign of being outside." },

    PROBE_CONSOLE(SECTION_PROBE_CENTRAL),

    { SECTION_CENTRAL, "url", OPTION_URL, FIELD(console_config, url), .example = "https://central.example",
      .help = "Where it is.", .required = true },
    { SECTION_CENTRAL, "application_id", OPTION_TEXT, FIELD(console_config, application_id),
      .example = "0a1b2c3d-0000-4000-8000-000000000002", .required = true,
      .help = "Of the application that was added there for this (Administration > Settings > Automation API Access "
              "Settings)." },
    { SECTION_CENTRAL, "api_key_file", OPTION_SECRET, FIELD(console_config, api_key_file), .example = "central.key",
      .required = true,
      .help = "A file with the application's API key as the only line, to which others have no access." },
    CONSOLE_OPTIONS(SECTION_CENTRAL),

    PROBE_CONSOLE(SECTION_PROBE_VISION),

    { SECTION_VISION, "url", OPTION_URL, FIELD(console_config, url), .example = "https://api.eu.example",
      .help = "The address of its API for your region.", .required = true },
    { SECTION_VISION, "token_file", OPTION_SECRET, FIELD(console_config, token_file), .example = "vision.token",
      .required = true,
      .help = "A file with an API token as the only line, to which others have no access." },
    CONSOLE_OPTIONS(SECTION_VISION),

    { SECTION_AGENT, "address", OPTION_HOST, FIELD(agent_config, address), .example = "10.1.2.3",
      .help = "Its address or host name. It may be left out where a console tells it, or the CSV file." },
    { SECTION_AGENT, "port", OPTION_NUMBER, FIELD(agent_config, port), 1, 65535, .example = "21112",
      .help = "Its listener's port; without it, that of [probe listener]." },
    { SECTION_AGENT, "server", OPTION_TEXT, FIELD(agent_config, server), .example = "apex1",
      .help = "The name of its [server] section; it may be left out where there is one alone." },
    { SECTION_AGENT, "group", OPTION_TEXT, FIELD(agent_config, group),
      .example = "HQ\\Sales", .help = "The group it counts in." },
    { SECTION_AGENT, "guid", OPTION_TEXT, FIELD(agent_config, guid),
      .example = "0a1b2c3d-0000-4000-8000-000000000001",
      .help = "Its GUID, by which it is known from then on." },
};
/* clang-format on */

const size_t options_count = sizeof options / sizeof options[0];

const struct option *options_find(enum section_id section, const char *key)
{
    for (size_t i = 0; i < options_count; i++) {
        if (options[i].section == section && strcasecmp(options[i].key, key) == 0)
            return &options[i];
    }
    return NULL;
}
