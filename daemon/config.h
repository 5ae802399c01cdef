/* The configuration: the INI file and the inventory it names, checked as a whole and turned into values. */
#ifndef AH_DAEMON_CONFIG_H
#define AH_DAEMON_CONFIG_H

#include "agentx/agent.h"
#include "core/store.h"
#include "probes/probe.h"

#include <stdio.h>

/* A `[probe NAME]` section; keys that a driver does not know are faults, and their fields 0 or "". */
struct probe_config {
    bool enabled;
    unsigned interval_s, timeout_ms, concurrency;
    const char *scheme; /* listener: http or https */
    unsigned port;      /* listener, winrm */
    const char *path, *marker;
    bool tls_verify;
    const char *ca_file, *pin;
    unsigned body_max_bytes;
    const char *directory; /* feed; "" : no feed, and then not enabled */
    /* winrm; not enabled where the section is not there */
    unsigned auth; /* enum http_auth less HTTP_AUTH_NEGOTIATE */
    const char *user, *password_file;
    const char *password; /* what the file says; wiped by config_free() */
    const char *cert_file, *key_file;
    const char *host; /* with %ADDRESS% and %NAME% */
    const char *internet_host;
    /* source and location; not enabled where there is nobody to ask */
    const char *query, *content_type;
    /* files, from [smartprotection]; not enabled without sscfg */
    const char *sscfg;    /* a path, or an http or https URL */
    const char *ssnotify; /* none, winrm, feed, or an absolute path with %NAME% and %ADDRESS% */
    const char *ignored;  /* as ini_compare() has it */
    /* central and vision; not enabled where there is none */
    unsigned round_timeout_s, agents_max;
};

struct agent_config {
    const char *name, *guid, *group, *address;
    const char *server; /* name of a [server] section; "" : the only one, or none */
    unsigned port;      /* 0: the listener's default */
    const char *where;  /* file and line or section, for messages */
};

struct server_config {
    const char *name, *url, *addresses;
    const char *central_id; /* its GUID in Apex Central; "": not told */
};

/* A `[central NAME]` or `[vision NAME]` section. */
struct console_config {
    enum driver driver; /* DRIVER_CENTRAL or DRIVER_VISION */
    const char *name, *url;
    const char *application_id, *api_key_file; /* of central; else "" */
    const char *token_file;                    /* of vision; else "" */
    const char *secret;                        /* what either file says; wiped by config_free() */
    bool tls_verify;
    const char *ca_file, *pin;
    unsigned retire_after_h;
};

struct source_config {
    const char *name;
    unsigned list; /* enum list_kind less LIST_STANDARD */
    const char *url, *web_reputation_url, *ranges;
};

/* A `[proxy internal]` or `[proxy external]` section. */
struct proxy_config {
    const char *url; /* "": there is none */
    const char *user, *password_file, *no_proxy;
    const char *password; /* what the file says; wiped by config_free() */
};

struct config {
    /* [collector] */
    const char *name, *state_dir;
    const char *user; /* "": whoever starts it */
    unsigned workers; /* resolved: at least 1 */
    enum language language;
    /* [snmp], [notifications], [policy] */
    struct snmp_settings snmp;
    bool notifications_enabled, tell_first_verdict;
    unsigned notifications_max; /* that may wait to be sent */
    unsigned heartbeat_s;       /* 0: there is none */
    struct policy policy;
    unsigned history_max;
    /* [probe NAME], indexed by enum driver; all zero (not enabled, texts NULL) for drivers without a section */
    struct probe_config probes[DRIVERS];
    struct winrm_names winrm_names;
    bool reads_ssnotify; /* over WinRM */
    /* [location]: what the file says, in its order */
    const char *reference_servers_file, *gateways; /* "": none */
    struct reference_server *references;
    size_t n_references;
    struct proxy_config proxies[AGENT_PROXIES];
    /* [server NAME], [source NAME], [central NAME] and [vision NAME], and the agents of [agent NAME] and CSV merged */
    struct server_config *servers;
    size_t n_servers;
    struct source_config *sources;
    size_t n_sources;
    struct console_config *consoles; /* those of Apex Central first; else in the order of their sections */
    size_t n_consoles;
    struct agent_config *agents;
    size_t n_agents;
    size_t csv_rows_rejected;
    void *memory; /* owns every text above */
};

/* One fault; `text` is the whole line "FILE: [section] key: what". `fatal`: the configuration can't be used; else (a
 * bad CSV row) the rest is used. Borrowed for the call. */
typedef void config_fault_fn(void *user, bool fatal, const char *text);

/* Loads and checks. 0: *ret is owned by the caller; -EINVAL: at least one fatal fault was reported; -ENOMEM. Every
 * fault is reported, not just the first. Relative file names are resolved against the file's folder. */
int config_load(const char *path, config_fault_fn *fault, void *user, struct config **ret) AH_WARN_UNUSED;
/* Whether it names no agent, and no console that may know some. It can be used, and what to say of it: */
bool config_watches_nobody(const struct config *config);
#define CONFIG_NOBODY "nobody is watched before [inventory], an [agent NAME] or a console names agents"
void config_free(struct config *config);

/* How many of what there are, for a log: "3 agents, 1 servers", and consoles where there are any. */
enum { CONFIG_COUNTS_BYTES = 96 };
const char *config_counts(const struct config *config, char buffer[CONFIG_COUNTS_BYTES]);

/* From the option table: an example file, and the options part of the manual page, to `out`. 0 or -EIO. */
int config_print_example(FILE *out) AH_WARN_UNUSED;
int config_print_manual(FILE *out) AH_WARN_UNUSED;

#endif
