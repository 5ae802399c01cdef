/* Loads the configuration: the INI file by way of the option table, the inventory, and what must hold between them.
 * It tells every fault that it finds, and starts nothing. */
#include "config.h"

#include "config_consoles.h"
#include "config_fault.h"
#include "config_files.h"
#include "config_secret.h"
#include "inventory.h"
#include "location.h"
#include "options.h"
#include "probes/ini.h"
#include "probes/probe.h"
#include "probes/tls.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 16 << 20, WORKERS_MAX = 64 };

struct loader {
    struct config *config;
    struct config_faults faults;
    struct option_context options;
    struct inventory_settings inventory_settings;
    struct inventory inventory;
    struct agent_config *sections; /* of [agent NAME] */
    size_t n_sections;
};

static void on_ini_fault(void *user, unsigned line, const char *section, const char *key, const char *what)
{
    struct loader *loader = user;

    if (*section)
        config_fault(&loader->faults, section, key, "%s", what);
    else
        config_fault_at(&loader->faults, true, loader->faults.file, line, "", "%s", what);
}

/* The kind of section that a title is of; SECTIONS: none. *ret_name: what stands behind a named one's kind. */
static enum section_id find_kind(const char *title, const char **ret_name)
{
    for (enum section_id id = 0; id < SECTIONS; id++) {
        const struct section_kind *kind = &section_kinds[id];
        const char *rest = title + strlen(kind->title);

        if (strncasecmp(title, kind->title, strlen(kind->title)) != 0)
            continue;
        if (*rest == '\0' || (kind->name && *rest == ' ')) {
            *ret_name = rest + strspn(rest, " ");
            return id;
        }
    }
    return SECTIONS;
}

/* Where the values of a section that is there once go; of a named one, where those of the next would go. */
static void *target_of(struct loader *loader, enum section_id id)
{
    struct config *config = loader->config;

    switch (id) {
    case SECTION_INVENTORY:
        return &loader->inventory_settings;
    case SECTION_SERVER:
        return &config->servers[config->n_servers];
    case SECTION_SOURCE:
        return &config->sources[config->n_sources];
    case SECTION_PROBE_LISTENER:
        return &config->probes[DRIVER_LISTENER];
    case SECTION_PROBE_SERVER:
        return &config->probes[DRIVER_SERVER];
    case SECTION_PROBE_FEED:
        return &config->probes[DRIVER_FEED];
    case SECTION_PROBE_WINRM:
        return &config->probes[DRIVER_WINRM];
    case SECTION_PROBE_SOURCE:
        return &config->probes[DRIVER_SOURCE];
    case SECTION_PROBE_LOCATION:
        return &config->probes[DRIVER_LOCATION];
    case SECTION_SMART_PROTECTION:
        return &config->probes[DRIVER_FILES];
    case SECTION_PROBE_CENTRAL:
        return &config->probes[DRIVER_CENTRAL];
    case SECTION_PROBE_VISION:
        return &config->probes[DRIVER_VISION];
    case SECTION_CENTRAL:
    case SECTION_VISION:
        return &config->consoles[config->n_consoles];
    case SECTION_AGENT:
        return &loader->sections[loader->n_sections];
    default:
        return config;
    }
}

/* Begins a named section: its initial values, and its name, which the INI reader takes for another one when it differs
 * in blanks alone. */
static int begin_named(struct loader *loader, enum section_id id, const char *title, const char *name)
{
    struct config *config = loader->config;
    const char *kept = config_memory_text(loader->options.memory, name);
    int r = kept ? 0 : -ENOMEM;

    if (!r && id == SECTION_AGENT) {
        /* No initial values: what is not given must be told apart, as it changes nothing of a row. */
        struct agent_config *agent = &loader->sections[loader->n_sections];
        const char *wrong = inventory_name_fault(name);

        agent->name = kept;
        agent->where = config_memory_format(loader->options.memory, "[%s]", title);
        r = agent->where ? 0 : -ENOMEM;
        if (wrong)
            config_fault(&loader->faults, title, "", "the name: %s", wrong);
    } else if (!r) {
        r = options_set_initial(id, &loader->options, target_of(loader, id));
    }
    for (size_t i = 0; id == SECTION_SERVER && i < config->n_servers; i++) {
        if (strcasecmp(config->servers[i].name, name) == 0)
            config_fault(&loader->faults, title, "", "given twice, as [server %s]", config->servers[i].name);
    }
    for (size_t i = 0; id == SECTION_SOURCE && i < config->n_sources; i++) {
        if (strcasecmp(config->sources[i].name, name) == 0)
            config_fault(&loader->faults, title, "", "given twice, as [source %s]", config->sources[i].name);
    }
    if (!r && (id == SECTION_CENTRAL || id == SECTION_VISION))
        config_consoles_begin(config, id == SECTION_CENTRAL ? DRIVER_CENTRAL : DRIVER_VISION, title, kept,
                              &loader->faults);
    if (id == SECTION_SERVER)
        config->servers[config->n_servers].name = kept;
    if (id == SECTION_SOURCE)
        config->sources[config->n_sources].name = kept;
    return r;
}

/* Ends a named section: the place behind it is the next one's. */
static void end_named(struct loader *loader, enum section_id id)
{
    if (id == SECTION_SERVER)
        loader->config->n_servers++;
    else if (id == SECTION_SOURCE)
        loader->config->n_sources++;
    else if (id == SECTION_CENTRAL || id == SECTION_VISION)
        loader->config->n_consoles++;
    else
        loader->n_sections++;
}

static int load_section(struct loader *loader, const struct ini *ini, size_t section)
{
    const char *title = ini_section_name(ini, section), *name = "";
    enum section_id id = find_kind(title, &name);
    bool named = id != SECTIONS && section_kinds[id].name;
    void *target;
    int r = 0;

    if (id == SECTIONS) {
        config_fault(&loader->faults, title, "", "unknown section");
        return 0;
    }
    if (named && *name == '\0') {
        config_fault(&loader->faults, title, "", "it needs a name, as in [%s %s]", section_kinds[id].title,
                     section_kinds[id].name);
        return 0;
    }
    if (named)
        r = begin_named(loader, id, title, name);
    if (r)
        return r;
    target = target_of(loader, id);
    for (size_t key = 0; r != -ENOMEM && key < ini_keys(ini, section); key++) {
        const struct option *option = options_find(id, ini_key_name(ini, section, key));

        r = option ? option_set(option, ini_key_value(ini, section, key), &loader->options, target) : -ENOENT;
        if (r == -EINVAL) {
            config_fault(&loader->faults, title, option->key, "%s", loader->options.what);
            /* It is there, if faulty: nobody shall miss it as well. */
            if (option->field == FIELD_TEXT)
                *(const char **)((char *)target + option->offset) = "";
        } else if (r == -ENOENT) {
            config_fault(&loader->faults, title, ini_key_name(ini, section, key), "unknown key");
        }
    }
    for (size_t i = 0; i < options_count; i++) {
        if (options[i].section == id && options[i].required && !ini_get(ini, title, options[i].key))
            config_fault(&loader->faults, title, options[i].key, "missing");
    }
    if (named)
        end_named(loader, id);
    return r == -ENOMEM ? r : 0;
}

static int load_sections(struct loader *loader, const struct ini *ini)
{
    size_t n = ini_sections(ini);
    int r = 0;

    loader->config->servers = calloc(n + 1, sizeof *loader->config->servers);
    loader->config->sources = calloc(n + 1, sizeof *loader->config->sources);
    loader->config->consoles = calloc(n + 1, sizeof *loader->config->consoles);
    loader->sections = calloc(n + 1, sizeof *loader->sections);
    if (!loader->config->servers || !loader->config->sources || !loader->config->consoles || !loader->sections)
        return -ENOMEM;
    for (enum section_id id = 0; !r && id < SECTIONS; id++) {
        if (!section_kinds[id].name)
            r = options_set_initial(id, &loader->options, target_of(loader, id));
    }
    for (size_t i = 0; !r && i < n; i++)
        r = load_section(loader, ini, i);
    return r;
}

static void check_agents(struct loader *loader, const struct inventory_context *context)
{
    for (size_t i = 0; i < loader->n_sections; i++) {
        struct agent_config *agent = &loader->sections[i];
        bool given = agent->server && *agent->server;
        const char *server = given ? inventory_server(context, agent->server) : NULL;

        if (given && !server) {
            char title[INVENTORY_TITLE_BYTES];

            inventory_title(agent, title);
            config_fault(&loader->faults, title, "server", "there is no [server %s]", agent->server);
        }
        if (server)
            agent->server = server;
    }
}

static unsigned cores(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

/* Who names a CA wants certificates verified, unless he says at the same time that he does not. */
static void settle_trust(struct loader *loader, const struct ini *ini)
{
    static const struct {
        enum driver driver;
        const char *section;
    } sections[] = { { DRIVER_LISTENER, "probe listener" },
                     { DRIVER_SERVER, "probe server" },
                     { DRIVER_WINRM, "probe winrm" },
                     { DRIVER_SOURCE, "probe source" },
                     { DRIVER_FILES, "smartprotection" } };

    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        struct probe_config *probe = &loader->config->probes[sections[i].driver];

        const char *wrong = probe->ca_file && *probe->ca_file ? tls_trust_fault(probe->ca_file) : NULL;
        if (wrong)
            config_fault(&loader->faults, sections[i].section, "ca_file", "%s", wrong);
        if (sections[i].driver == DRIVER_WINRM || probe->tls_verify || !probe->ca_file || !*probe->ca_file)
            continue;
        if (ini_get(ini, sections[i].section, "tls_verify"))
            config_fault(&loader->faults, sections[i].section, "ca_file", "has no effect, as tls_verify is no");
        probe->tls_verify = true;
    }
}

static const char *const winrm_title = "probe winrm";

static int read_password(struct loader *loader, const char *section, const char *path, const char **ret)
{
    return config_secret_read(&loader->faults, loader->options.memory, section, "password_file", "the password", path,
                              ret);
}

/* A registry key goes into a command for cmd.exe, behind the name of its hive. */
static void check_registry_root(struct loader *loader, enum winrm_name name, const char *key)
{
    const char *root = loader->config->winrm_names.names[name];
    const size_t bytes = strlen(root);

    if (bytes == 0)
        return; /* told already */
    if (root[0] == '\\' || root[bytes - 1] == '\\' || strncasecmp(root, "HKEY_", 5) == 0 ||
        strncasecmp(root, "HKLM\\", 5) == 0)
        config_fault(&loader->faults, "winrm names", key,
                     "must be a key below HKEY_LOCAL_MACHINE, such as SOFTWARE\\...");
    else if (strpbrk(root, "%&|<>^"))
        config_fault(&loader->faults, "winrm names", key, "has a character that cmd.exe would not take as it is");
}

/* What stands for an endpoint must be a host name once the agent's name and address are put in. */
static void check_host_pattern(struct loader *loader)
{
    static const char *const marks[] = { "%NAME%", "%ADDRESS%" };
    const char *const pattern = loader->config->probes[DRIVER_WINRM].host;
    char host[512];
    size_t n = 0;

    for (const char *at = pattern; *at && n < sizeof host - 1;) {
        size_t mark = 0;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
            if (strncmp(at, marks[i], strlen(marks[i])) == 0)
                mark = strlen(marks[i]);
        host[n++] = mark ? 'a' : *at;
        at += mark ? mark : 1;
    }
    host[n] = '\0';
    const char *wrong = option_host_fault(host);
    if (wrong)
        config_fault(&loader->faults, winrm_title, "host", "\"%s\" is %s", pattern, wrong);
}

static void check_certificates(struct loader *loader, const struct probe_config *winrm)
{
    const char *wrong = *winrm->cert_file ? tls_client_fault(winrm->cert_file, winrm->key_file) : NULL;

    if (wrong)
        config_fault(&loader->faults, winrm_title, "cert_file", "%s", wrong);
}

/* It runs once it is said as whom: the keys that are for nothing else must not be there in vain. */
static int settle_winrm(struct loader *loader, const struct ini *ini)
{
    static const char *const in_vain[] = { "auth", "password_file", "key_file", "ca_file", "pin" };
    struct probe_config *winrm = &loader->config->probes[DRIVER_WINRM];
    const enum http_auth auth = (enum http_auth)(winrm->auth + HTTP_AUTH_NEGOTIATE);
    const bool has_password = auth == HTTP_AUTH_BASIC || auth == HTTP_AUTH_NTLM;
    bool wanted = has_password;

    check_registry_root(loader, WINRM_NAME_REGISTRY_ROOT, "registry_root");
    check_registry_root(loader, WINRM_NAME_REGISTRY_ROOT_32, "registry_root_32");
    check_host_pattern(loader);
    check_certificates(loader, winrm);
    for (size_t i = 0; i < sizeof in_vain / sizeof *in_vain; i++)
        wanted = wanted || ini_get(ini, winrm_title, in_vain[i]);
    const struct {
        const char *key;
        bool needed;
    } keys[] = { { "user", wanted && auth != HTTP_AUTH_CERTIFICATE },
                 { "password_file", has_password },
                 { "cert_file", auth == HTTP_AUTH_CERTIFICATE } };

    for (size_t i = 0; winrm->enabled && i < sizeof keys / sizeof *keys; i++)
        if (keys[i].needed && !ini_get(ini, winrm_title, keys[i].key))
            config_fault(&loader->faults, winrm_title, keys[i].key, "missing, and without it no endpoint can be asked");
    if (auth == HTTP_AUTH_BASIC && strchr(winrm->user, ':'))
        config_fault(&loader->faults, winrm_title, "user", "has a colon, which Basic can not carry (RFC 7617)");
    winrm->enabled = winrm->enabled && (*winrm->user || *winrm->cert_file);
    return winrm->enabled && has_password && *winrm->password_file
               ? read_password(loader, winrm_title, winrm->password_file, &winrm->password)
               : 0;
}

static int settle_proxies(struct loader *loader, const struct ini *ini)
{
    static const char *const titles[AGENT_PROXIES] = {
        [PROXY_INTERNAL] = "proxy internal", [PROXY_EXTERNAL] = "proxy external"
    };

    for (enum agent_proxy which = 0; which < AGENT_PROXIES; which++) {
        struct proxy_config *proxy = &loader->config->proxies[which];
        const char *section = titles[which];
        const bool has_user = ini_get(ini, section, "user"), has_password = ini_get(ini, section, "password_file");

        if (!ini_get(ini, section, "url") && (has_user || has_password || ini_get(ini, section, "no_proxy")))
            config_fault(&loader->faults, section, "url", "missing");
        if (has_user && !has_password)
            config_fault(&loader->faults, section, "password_file", "missing, and user needs it");
        if (has_password && !has_user)
            config_fault(&loader->faults, section, "user", "missing, and password_file needs it");
        if (strncmp(proxy->url, "http:", 5) == 0 && strchr(proxy->user, ':'))
            config_fault(&loader->faults, section, "user", "has a colon, which Basic can not carry (RFC 7617)");
        if (*proxy->password_file && read_password(loader, section, proxy->password_file, &proxy->password) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* What a source must not have, for what else it has. */
static void check_sources(struct loader *loader)
{
    for (size_t i = 0; i < loader->config->n_sources; i++) {
        const struct source_config *source = &loader->config->sources[i];
        char title[300];

        snprintf(title, sizeof title, "source %s", source->name);
        if (source->list + LIST_STANDARD != LIST_CUSTOM && *source->ranges)
            config_fault(&loader->faults, title, "ranges", "has no effect, as list is not custom");
        if (strchr(source->url, '?'))
            config_fault(&loader->faults, title, "url", "has a query of its own: that comes from [probe source] query");
    }
}

/* What is given and does nothing, or something else, for what another key says. */
static void check_policy(struct loader *loader, const struct ini *ini)
{
    const struct policy *policy = &loader->config->policy;
    const struct {
        const char *key, *needs;
        unsigned needed;
    } rows[] = { { "flap_low_pct", "flap_high_pct", policy->flap_high_pct },
                 { "mass_outage_agents", "mass_outage_pct", policy->mass_outage_pct },
                 { "mass_outage_wait_s", "mass_outage_pct", policy->mass_outage_pct } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *given = ini_get(ini, "policy", rows[i].key);

        /* Who writes the default, as the example does, asks for nothing. */
        if (given && rows[i].needed == 0 && strcmp(given, options_find(SECTION_POLICY, rows[i].key)->initial) != 0)
            config_remark(&loader->faults, "policy", rows[i].key, "has no effect, as %s is 0", rows[i].needs);
    }
    if (policy->flap_high_pct && policy->flap_low_pct > policy->flap_high_pct && ini_get(ini, "policy", "flap_low_pct"))
        config_remark(&loader->faults, "policy", "flap_low_pct", "%u is above flap_high_pct: it is taken as %u",
                      policy->flap_low_pct, policy->flap_high_pct);
}

/* Fills in what depends on the machine or on other keys, and checks what must hold between them. */
static int settle(struct loader *loader, const struct ini *ini)
{
    struct config *config = loader->config;
    struct probe_config *feed = &config->probes[DRIVER_FEED], *source = &config->probes[DRIVER_SOURCE];

    if (config->workers == 0)
        config->workers = cores();
    if (*config->name == '\0') {
        char host[256] = "";

        if (gethostname(host, sizeof host - 1) < 0 || host[0] == '\0')
            config_fault(&loader->faults, "collector", "name", "missing, and the host has no name");
        config->name = config_memory_text(loader->options.memory, host);
        if (!config->name)
            return -ENOMEM;
    }
    if (config->snmp.master && !*config->snmp.access_conf)
        config_fault(&loader->faults, "snmp", "access_conf", "missing, and mode = master lets nobody in without it");
    settle_trust(loader, ini);
    if (settle_winrm(loader, ini) < 0 || settle_proxies(loader, ini) < 0 ||
        config_consoles_settle(config, &loader->faults, loader->options.memory) < 0)
        return -ENOMEM;
    check_sources(loader);
    check_policy(loader, ini);
    if (location_load(config, loader->options.memory, &loader->faults) < 0)
        return -ENOMEM;
    config->probes[DRIVER_LOCATION].enabled = config->probes[DRIVER_LOCATION].enabled && config->n_references > 0;
    feed->enabled = feed->enabled && *feed->directory;
    source->enabled = source->enabled && config->n_sources > 0;
    config_files_settle(config, ini_get(ini, "smartprotection", "sscfg"), &loader->faults);
    for (size_t i = 0; i < config->n_servers; i++) {
        const char *url = config->servers[i].url;
        size_t bytes = strlen(url);

        /* The probe's path begins with the slash. */
        while (bytes && url[bytes - 1] == '/')
            bytes--;
        config->servers[i].url = config_memory_format(loader->options.memory, "%.*s", (int)bytes, url);
        if (!config->servers[i].url)
            return -ENOMEM;
    }
    return 0;
}

static int load_inventory(struct loader *loader)
{
    struct inventory_context context = { .servers = loader->config->servers,
                                         .n_servers = loader->config->n_servers,
                                         .has_consoles = loader->config->probes[DRIVER_CENTRAL].enabled ||
                                                         loader->config->probes[DRIVER_VISION].enabled,
                                         .memory = loader->options.memory,
                                         .faults = &loader->faults };
    int r = 0;

    check_agents(loader, &context);
    if (*loader->inventory_settings.csv)
        r = inventory_read_csv(&loader->inventory, &loader->inventory_settings, &context);
    if (!r)
        r = inventory_apply(&loader->inventory, loader->sections, loader->n_sections, &context);
    return r;
}

/* Reads the file. *ret_ini NULL: it can't be used, which was told. */
static int read_ini(struct loader *loader, struct ini **ret_ini)
{
    const char *file = loader->faults.file;
    char *text = NULL;
    size_t bytes;
    unsigned faults;
    int r = ini_read_file(file, FILE_BYTES_MAX, &text, &bytes);

    if (r) {
        if (r != -ENOMEM)
            config_fault(&loader->faults, "", "", "%s", config_file_fault(r));
        return r == -ENOMEM ? r : 0;
    }
    r = ini_parse(text, bytes, on_ini_fault, loader, ret_ini, &faults);
    if (!r && faults == 0 && ini_sections(*ret_ini) == 0)
        config_fault(&loader->faults, "", "", "empty: it has no section");
    else if (r && r != -EINVAL && r != -ENOMEM)
        config_fault(&loader->faults, "", "", "%s", strerror(-r));
    free(text);
    return r == -ENOMEM ? r : 0;
}

/* The folder that relative names are relative to, as an absolute name: a daemon leaves the folder it was started in. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *named = strndup(slash ? path : ".", slash ? (size_t)(slash - path) + (slash == path) : 1);
    char *folder = named ? realpath(named, NULL) : NULL;

    if (folder || !named) {
        free(named);
        return folder;
    }
    return named; /* there is no such folder; the file in it is about to be missed */
}

int config_load(const char *path, config_fault_fn *fault, void *user, struct config **ret)
{
    struct loader loader = { .faults = { .report = fault, .user = user, .file = path } };
    char *folder = folder_of(path);
    struct ini *ini = NULL;
    int r = -ENOMEM;

    loader.config = calloc(1, sizeof *loader.config);
    loader.options.memory = config_memory_new();
    loader.options.folder = folder;
    if (!folder || !loader.config || !loader.options.memory)
        goto done;
    r = read_ini(&loader, &ini);
    if (!r && ini) {
        r = load_sections(&loader, ini);
        if (!r)
            r = settle(&loader, ini);
        if (!r)
            r = load_inventory(&loader);
    }
    if (!r && loader.faults.out_of_memory)
        r = -ENOMEM;
    if (!r && loader.faults.fatal)
        r = -EINVAL;
    if (r)
        goto done;
    loader.config->agents = loader.inventory.agents;
    loader.config->n_agents = loader.inventory.n;
    loader.config->csv_rows_rejected = loader.inventory.rows_rejected;
    loader.config->memory = loader.options.memory;
    *ret = loader.config;
    loader.inventory.agents = NULL;
    loader.options.memory = NULL;
    loader.config = NULL;
done:
    inventory_done(&loader.inventory);
    ini_free(ini);
    free(loader.sections);
    config_free(loader.config);
    config_memory_free(loader.options.memory);
    free(folder);
    return r;
}

bool config_watches_nobody(const struct config *config)
{
    return config->n_agents == 0 && config->n_consoles == 0;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    config_secret_wipe(config->probes[DRIVER_WINRM].password);
    for (enum agent_proxy which = 0; which < AGENT_PROXIES; which++)
        config_secret_wipe(config->proxies[which].password);
    for (size_t i = 0; i < config->n_consoles; i++)
        config_secret_wipe(config->consoles[i].secret);
    free(config->agents);
    free(config->references);
    free(config->consoles);
    free(config->sources);
    free(config->servers);
    config_memory_free(config->memory);
    free(config);
}

const char *config_counts(const struct config *config, char buffer[CONFIG_COUNTS_BYTES])
{
    const int n = snprintf(buffer, CONFIG_COUNTS_BYTES, "%zu agents, %zu servers", config->n_agents, config->n_servers);

    if (config->n_consoles)
        snprintf(buffer + n, (size_t)(CONFIG_COUNTS_BYTES - n), ", %zu consoles", config->n_consoles);
    return buffer;
}
