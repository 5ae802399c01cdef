/* From configuration to store and scheduler. */
#include "daemon/estate.h"

#include "core/record.h"
#include "daemon/no_proxy.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL_BYTES = 2048, HOST_BYTES = 512 };

struct estate {
    struct store *store;
    struct scheduler *scheduler;
    struct state *state;
    struct hsearch_data by_name; /* lower-case name → index */
    bool has_names;
    char **names; /* own the keys of by_name */
    size_t n_names;
};

int estate_new(struct store *store, struct scheduler *scheduler, struct state *state, struct estate **ret)
{
    struct estate *estate = calloc(1, sizeof *estate);
    if (!estate)
        return -ENOMEM;
    estate->store = store;
    estate->scheduler = scheduler;
    estate->state = state;
    *ret = estate;
    return 0;
}

static void forget_names(struct estate *estate)
{
    if (estate->has_names)
        hdestroy_r(&estate->by_name);
    for (size_t i = 0; i < estate->n_names; i++)
        free(estate->names[i]);
    free(estate->names);
    estate->has_names = false;
    estate->names = NULL;
    estate->n_names = 0;
}

void estate_free(struct estate *estate)
{
    if (!estate)
        return;
    forget_names(estate);
    free(estate);
}

static char *fold(const char *name)
{
    char *folded = strdup(name);
    for (char *c = folded; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return folded;
}

static int remember_name(struct estate *estate, const char *name, uint32_t index)
{
    ENTRY entry = { .key = fold(name), .data = (void *)(uintptr_t)index }, *found;
    if (!entry.key)
        return -ENOMEM;
    estate->names[estate->n_names++] = entry.key;
    return hsearch_r(entry, ENTER, &found, &estate->by_name) ? 0 : -ENOMEM;
}

uint32_t estate_find_agent(const struct estate *estate, const char *name)
{
    ENTRY entry = { .key = fold(name) }, *found = NULL;
    struct hsearch_data by_name = estate->by_name; /* hsearch_r wants it writable, but only reads it here */
    if (entry.key && estate->has_names && !hsearch_r(entry, FIND, &found, &by_name))
        found = NULL;
    free(entry.key);
    return found ? (uint32_t)(uintptr_t)found->data : 0;
}

/* What the configured drivers can observe. */
static uint32_t monitored_by(const struct config *config)
{
    if (config->probes[DRIVER_FEED].enabled || config->probes[DRIVER_WINRM].enabled)
        return CONDITIONS_ALL;
    return config->probes[DRIVER_LISTENER].enabled ? CONDITION_BIT(CONDITION_OFFLINE) : 0;
}

static int put_target(struct estate *estate, enum driver driver, const struct probe_target *wanted,
                      const struct now *now)
{
    const struct probe_target *target = probe_target_new(wanted);
    if (!target)
        return -ENOMEM;
    const int error = scheduler_put(estate->scheduler, driver, target, now->mono_ms);
    probe_target_unref(target);
    return error;
}

static int apply_server(struct estate *estate, const struct config *config, const struct server_config *server,
                        uint32_t *ret_index, const struct now *now)
{
    const struct probe_config *probe = &config->probes[DRIVER_SERVER];
    char url[URL_BYTES];
    int error = state_index(estate->state, SUBJECT_SERVER, server->name, ret_index);
    if (error < 0)
        return error;
    const struct server_identity *identity = server_identity_new(
        &(struct server_identity){ .name = server->name, .url = server->url, .addresses = server->addresses });
    if (!identity)
        return -ENOMEM;
    error = store_put_server(estate->store, *ret_index, identity);
    server_identity_unref(identity);
    if (error < 0 || !probe->enabled)
        return error;
    const size_t length = strcspn(server->url, "?#");
    const bool slash = length && server->url[length - 1] == '/';
    if ((size_t)snprintf(url, sizeof url, "%.*s%s", (int)(slash ? length - 1 : length), server->url, probe->path) >=
        sizeof url)
        return -ENAMETOOLONG;
    return put_target(
        estate, DRIVER_SERVER,
        &(struct probe_target){ .subject = SUBJECT_SERVER, .index = *ret_index, .where = url, .name = server->name },
        now);
}

/* A source is asked through its agents' proxy as well where they would go through it. */
static int put_source(struct estate *estate, const struct config *config, const struct source_config *source,
                      uint32_t index, const struct now *now)
{
    const bool outside = source->list + LIST_STANDARD == LIST_NETWORK;
    const struct proxy_config *proxy = &config->proxies[outside ? PROXY_EXTERNAL : PROXY_INTERNAL];
    const char *web = source->web_reputation_url;
    char url[URL_BYTES];

    if ((size_t)snprintf(url, sizeof url, "%s%s", source->url, config->probes[DRIVER_SOURCE].query) >= sizeof url)
        return -ENAMETOOLONG;
    return put_target(
        estate, DRIVER_SOURCE,
        &(struct probe_target){ .subject = SUBJECT_SOURCE,
                                .index = index,
                                .where = url,
                                .name = source->name,
                                .web = web,
                                .file_by_proxy = *proxy->url && !no_proxy_has(proxy->no_proxy, url),
                                .web_by_proxy = *web && *proxy->url && !no_proxy_has(proxy->no_proxy, web),
                                .outside = outside },
        now);
}

static int apply_source(struct estate *estate, const struct config *config, const struct source_config *source,
                        uint32_t *ret_index, const struct now *now)
{
    int error = state_index(estate->state, SUBJECT_SOURCE, source->name, ret_index);
    if (error < 0)
        return error;
    const struct source_identity *identity =
        source_identity_new(&(struct source_identity){ .name = source->name,
                                                       .kind = (enum list_kind)(source->list + LIST_STANDARD),
                                                       .url = source->url,
                                                       .web_url = source->web_reputation_url,
                                                       .ranges = source->ranges });
    if (!identity)
        return -ENOMEM;
    error = store_put_source(estate->store, *ret_index, identity, now);
    source_identity_unref(identity);
    return error < 0 || !config->probes[DRIVER_SOURCE].enabled ? error
                                                               : put_source(estate, config, source, *ret_index, now);
}

static uint32_t server_of(const struct config *config, const struct agent_config *agent, const uint32_t *servers,
                          const struct server_config **ret_server)
{
    *ret_server = NULL;
    for (size_t i = 0; i < config->n_servers; i++)
        if (*agent->server ? strcmp(config->servers[i].name, agent->server) == 0 : config->n_servers == 1) {
            *ret_server = &config->servers[i];
            return servers[i];
        }
    return 0;
}

static int compare_indexes(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Indexes, ascending. */
struct indexes {
    const uint32_t *at;
    size_t n;
};

static bool is_among(const struct indexes *indexes, uint32_t index)
{
    return indexes->n && bsearch(&index, indexes->at, indexes->n, sizeof index, compare_indexes);
}

/* The agent's index. One that is known by its name alone may find that name's index taken: the one that had the name
 * has a GUID, and another name by now. */
static int index_of(struct estate *estate, const struct agent_config *agent, const char *server,
                    const struct indexes *taken, uint32_t *ret_index)
{
    const int error = state_agent(estate->state, agent->guid, server, agent->name, ret_index);
    if (error < 0 || *agent->guid || !is_among(taken, *ret_index))
        return error;
    return state_agent_anew(estate->state, server, agent->name, ret_index);
}

/* An address as a URL has it: IPv6 in brackets. */
static void write_url_host(const struct agent_identity *identity, char *buffer, size_t bytes)
{
    const bool bracket = identity->literal.family == 6;
    snprintf(buffer, bytes, "%s%s%s", bracket ? "[" : "", identity->address, bracket ? "]" : "");
}

static int put_listener(struct estate *estate, const struct config *config, const struct agent_identity *identity,
                        uint32_t index, const struct now *now)
{
    const struct probe_config *probe = &config->probes[DRIVER_LISTENER];
    char host[HOST_BYTES], url[URL_BYTES];
    write_url_host(identity, host, sizeof host);
    if ((size_t)snprintf(url, sizeof url, "%s://%s:%u%s", probe->scheme, host, identity->port, probe->path) >=
        sizeof url)
        return -ENAMETOOLONG;
    return put_target(
        estate, DRIVER_LISTENER,
        &(struct probe_target){ .subject = SUBJECT_AGENT, .index = index, .where = url, .name = identity->name }, now);
}

/* What stands for an endpoint in its certificate: the pattern with the agent's name and address put in. */
static int expand_host(const char *pattern, const char *name, const char *host, char *buffer, size_t bytes)
{
    static const char name_mark[] = "%NAME%", address_mark[] = "%ADDRESS%";
    size_t used = 0;
    while (*pattern) {
        const bool is_name = strncmp(pattern, name_mark, sizeof name_mark - 1) == 0;
        const bool is_address = strncmp(pattern, address_mark, sizeof address_mark - 1) == 0;
        const char *piece = is_name ? name : is_address ? host : pattern;
        const size_t length = is_name || is_address ? strlen(piece) : 1;
        if (used + length >= bytes)
            return -ENAMETOOLONG;
        memcpy(buffer + used, piece, length);
        used += length;
        pattern += is_name ? sizeof name_mark - 1 : is_address ? sizeof address_mark - 1 : 1;
    }
    buffer[used] = '\0';
    return 0;
}

/* The host in a server's URL, as a name is looked up and pinged: without brackets. */
static void write_server_host(const struct server_config *server, char *buffer, size_t bytes)
{
    const char *url = server ? strstr(server->url, "://") : NULL;
    const char *host = url ? url + 3 : "";
    const bool bracket = *host == '[';
    snprintf(buffer, bytes, "%.*s", (int)strcspn(host + bracket, bracket ? "]" : ":/?#"), host + bracket);
}

/* The endpoint itself, over WinRM. */
static int put_endpoint(struct estate *estate, const struct config *config, const struct agent_identity *identity,
                        const struct server_config *server, uint32_t index, const struct now *now)
{
    const struct probe_config *probe = &config->probes[DRIVER_WINRM];
    char address[HOST_BYTES], host[HOST_BYTES], url[URL_BYTES], connect_to[URL_BYTES] = "", server_host[HOST_BYTES];
    write_url_host(identity, address, sizeof address);
    if (expand_host(probe->host, identity->name, address, host, sizeof host) < 0 ||
        (size_t)snprintf(url, sizeof url, "https://%s:%u%s", host, probe->port, probe->path) >= sizeof url)
        return -ENAMETOOLONG;
    if (strcmp(host, address) != 0)
        snprintf(connect_to, sizeof connect_to, "::%s:%u", address, probe->port);
    write_server_host(server, server_host, sizeof server_host);
    return put_target(estate, DRIVER_WINRM,
                      &(struct probe_target){ .subject = SUBJECT_AGENT,
                                              .index = index,
                                              .where = url,
                                              .name = identity->name,
                                              .connect_to = connect_to,
                                              .guid = identity->guid,
                                              .server = server_host },
                      now);
}

static int apply_agent(struct estate *estate, const struct config *config, const struct agent_config *agent,
                       const uint32_t *servers, const struct indexes *taken, uint32_t *ret_index, const struct now *now)
{
    const struct probe_config *probe = &config->probes[DRIVER_LISTENER];
    const struct server_config *its_server;
    struct agent_identity identity = {
        .name = agent->name,
        .guid = agent->guid,
        .group = agent->group,
        .address = agent->address,
        .port = (uint16_t)(agent->port ? agent->port : probe->port),
        .monitored = monitored_by(config),
        .listened = probe->enabled,
        .asked = config->probes[DRIVER_WINRM].enabled,
    };
    identity.server = server_of(config, agent, servers, &its_server);
    const char *server = its_server ? its_server->name : "";
    int error = 0;
    if (address_parse(agent->address, &identity.literal) < 0)
        identity.literal = (struct address){ 0 };
    if (*agent->group)
        error = state_index(estate->state, SUBJECT_GROUP, agent->group, &identity.group_index);
    if (error < 0 || (error = index_of(estate, agent, server, taken, ret_index)) < 0 ||
        (error = remember_name(estate, agent->name, *ret_index)) < 0)
        return error;
    const struct agent_identity *shared = agent_identity_new(&identity);
    if (!shared)
        return -ENOMEM;
    error = store_put_agent(estate->store, *ret_index, shared, now);
    agent_identity_unref(shared);
    if (error == 0 && probe->enabled)
        error = put_listener(estate, config, &identity, *ret_index, now);
    if (error == 0 && config->probes[DRIVER_WINRM].enabled)
        error = put_endpoint(estate, config, &identity, its_server, *ret_index, now);
    return error;
}

static struct proxy_settings proxy_of(const struct config *config, enum agent_proxy which)
{
    const struct proxy_config *proxy = &config->proxies[which];
    return (struct proxy_settings){ .url = proxy->url, .user = proxy->user, .password = proxy->password };
}

/* Lanes that the configuration has closed are emptied; of the others the settings are taken over. */
static int apply_lanes(struct estate *estate, const struct config *config)
{
    for (enum driver driver = DRIVER_LISTENER; driver < DRIVERS; driver++) {
        const struct probe_config *probe = &config->probes[driver];
        struct probe_row numbers;
        if (driver_is_console(driver))
            continue; /* read by threads of their own */
        if (!probe->enabled && !scheduler_numbers(estate->scheduler, driver, &numbers))
            continue;
        const struct probe_settings *settings = probe_settings_new(&(struct probe_settings){
            .driver = driver,
            .timeout_ms = probe->timeout_ms,
            .body_max_bytes = probe->body_max_bytes,
            .marker = probe->marker,
            .tls_verify = probe->tls_verify,
            .ca_file = probe->ca_file,
            .pin = probe->pin,
            .user_agent = "agenthealthd",
            .auth = driver == DRIVER_WINRM ? (enum http_auth)(probe->auth + HTTP_AUTH_NEGOTIATE) : HTTP_AUTH_NONE,
            .user = probe->user,
            .password = probe->password,
            .content_type = probe->content_type,
            .proxies = { proxy_of(config, PROXY_INTERNAL), proxy_of(config, PROXY_EXTERNAL) },
            .cert_file = probe->cert_file,
            .key_file = probe->key_file,
            .winrm = config->winrm_names,
            .internet_host = probe->internet_host,
            .reads_ssnotify = config->reads_ssnotify,
        });
        if (!settings)
            return -ENOMEM;
        /* A feed is read when its file changes, not by the clock. */
        const int64_t interval_ms = driver == DRIVER_FEED ? 0 : (int64_t)probe->interval_s * 1000;
        scheduler_configure(estate->scheduler, settings, interval_ms, probe->concurrency);
        probe_settings_unref(settings);
    }
    return 0;
}

static const enum driver agent_drivers[] = { DRIVER_LISTENER, DRIVER_FEED, DRIVER_WINRM };

/* Removes what the configuration does not name any more. */
static int remove_others(struct estate *estate, const struct config *config, const struct indexes *agents,
                         const struct indexes *servers, const struct indexes *sources, const struct now *now)
{
    uint32_t index = 0;
    for (const struct agent_row *agent; (agent = store_next_agent(estate->store, index));) {
        index = agent->index;
        const bool kept = is_among(agents, index);
        for (size_t i = 0; i < sizeof agent_drivers / sizeof *agent_drivers; i++)
            if (!kept || !config->probes[agent_drivers[i]].enabled)
                scheduler_remove(estate->scheduler, agent_drivers[i], index);
        const int error = kept ? 0 : store_remove_agent(estate->store, index, now);
        if (error < 0)
            return error;
    }
    index = 0;
    for (const struct server_row *server; (server = store_next_server(estate->store, index));) {
        index = server->index;
        const bool kept = is_among(servers, index);
        if (!kept || !config->probes[DRIVER_SERVER].enabled)
            scheduler_remove(estate->scheduler, DRIVER_SERVER, index);
        const int error = kept ? 0 : store_remove_server(estate->store, index, now);
        if (error < 0)
            return error;
    }
    index = 0;
    for (const struct source_row *source; (source = store_next_source(estate->store, index));) {
        index = source->index;
        const bool kept = is_among(sources, index);
        if (!kept || !config->probes[DRIVER_SOURCE].enabled)
            scheduler_remove(estate->scheduler, DRIVER_SOURCE, index);
        const int error = kept ? 0 : store_remove_source(estate->store, index, now);
        if (error < 0)
            return error;
    }
    return 0;
}

/* The indexes of those whose GUID is known, into the room for all agents' ones. */
static int find_taken(struct estate *estate, const struct config *config, uint32_t *room, struct indexes *ret)
{
    size_t n = 0;
    int found = 0;
    for (size_t i = 0; i < config->n_agents && found >= 0; i++)
        if ((found = state_known_guid(estate->state, config->agents[i].guid, &room[n])) > 0)
            n++;
    qsort(room, n, sizeof *room, compare_indexes);
    *ret = (struct indexes){ room, n };
    return found < 0 ? found : 0;
}

static int apply_all(struct estate *estate, const struct config *config, uint32_t *agents, uint32_t *servers,
                     uint32_t *sources, const struct indexes *taken, const struct now *now)
{
    int error = apply_lanes(estate, config);
    for (size_t i = 0; i < config->n_servers && error == 0; i++)
        error = apply_server(estate, config, &config->servers[i], &servers[i], now);
    for (size_t i = 0; i < config->n_sources && error == 0; i++)
        error = apply_source(estate, config, &config->sources[i], &sources[i], now);
    for (size_t i = 0; i < config->n_agents && error == 0; i++)
        error = apply_agent(estate, config, &config->agents[i], servers, taken, &agents[i], now);
    return error;
}

int estate_apply(struct estate *estate, const struct config *config, const struct now *now)
{
    uint32_t *agents = calloc(config->n_agents + 1, sizeof *agents);
    uint32_t *servers = calloc(config->n_servers + 1, sizeof *servers);
    uint32_t *sources = calloc(config->n_sources + 1, sizeof *sources);
    uint32_t *with_guid = calloc(config->n_agents + 1, sizeof *with_guid);
    struct indexes taken;
    int error = -ENOMEM;

    forget_names(estate);
    estate->names = calloc(config->n_agents + 1, sizeof *estate->names);
    if (!agents || !servers || !sources || !with_guid || !estate->names ||
        !hcreate_r(config->n_agents * 2 + 16, &estate->by_name))
        goto done;
    estate->has_names = true;
    if ((error = find_taken(estate, config, with_guid, &taken)) < 0 || (error = state_begin(estate->state)) < 0)
        goto done;
    error = apply_all(estate, config, agents, servers, sources, &taken, now);
    const int commit = state_end(estate->state);
    if (error < 0 || (error = commit) < 0)
        goto done;
    qsort(agents, config->n_agents, sizeof *agents, compare_indexes);
    qsort(servers, config->n_servers, sizeof *servers, compare_indexes);
    qsort(sources, config->n_sources, sizeof *sources, compare_indexes);
    error = remove_others(estate, config, &(struct indexes){ agents, config->n_agents },
                          &(struct indexes){ servers, config->n_servers },
                          &(struct indexes){ sources, config->n_sources }, now);
done:
    free(agents);
    free(servers);
    free(sources);
    free(with_guid);
    return error;
}
