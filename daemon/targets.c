/* Where each driver asks whom: URLs from addresses, ports and paths. */
#include "daemon/targets.h"

#include "core/record.h"
#include "daemon/estate.h"
#include "daemon/no_proxy.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { URL_BYTES = 2048, HOST_BYTES = 512 };

static int put_target(struct scheduler *scheduler, enum driver driver, const struct probe_target *wanted,
                      const struct now *now)
{
    const struct probe_target *target = probe_target_new(wanted);
    if (!target)
        return -ENOMEM;
    const int error = scheduler_put(scheduler, driver, target, now->mono_ms);
    probe_target_unref(target);
    return error;
}

int targets_put_server(struct scheduler *scheduler, const struct config *config, const struct server_config *server,
                       uint32_t index, const struct now *now)
{
    const struct probe_config *probe = &config->probes[DRIVER_SERVER];
    char url[URL_BYTES];
    const size_t length = strcspn(server->url, "?#");
    const bool slash = length && server->url[length - 1] == '/';
    if ((size_t)snprintf(url, sizeof url, "%.*s%s", (int)(slash ? length - 1 : length), server->url, probe->path) >=
        sizeof url)
        return -ENAMETOOLONG;
    return put_target(
        scheduler, DRIVER_SERVER,
        &(struct probe_target){ .subject = SUBJECT_SERVER, .index = index, .where = url, .name = server->name }, now);
}

/* A source is asked through its agents' proxy as well where they would go through it. */
int targets_put_source(struct scheduler *scheduler, const struct config *config, const struct source_config *source,
                       uint32_t index, const struct now *now)
{
    const bool outside = source->list + LIST_STANDARD == LIST_NETWORK;
    const struct proxy_config *proxy = &config->proxies[outside ? PROXY_EXTERNAL : PROXY_INTERNAL];
    const char *web = source->web_reputation_url;
    char url[URL_BYTES];

    if ((size_t)snprintf(url, sizeof url, "%s%s", source->url, config->probes[DRIVER_SOURCE].query) >= sizeof url)
        return -ENAMETOOLONG;
    return put_target(
        scheduler, DRIVER_SOURCE,
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

/* An address as a URL has it: IPv6 in brackets. */
static void write_url_host(const struct agent_identity *identity, char *buffer, size_t bytes)
{
    const bool bracket = identity->literal.family == 6;
    snprintf(buffer, bytes, "%s%s%s", bracket ? "[" : "", identity->address, bracket ? "]" : "");
}

int targets_put_listener(struct scheduler *scheduler, const struct config *config,
                         const struct agent_identity *identity, uint32_t index, const struct now *now)
{
    const struct probe_config *probe = &config->probes[DRIVER_LISTENER];
    char host[HOST_BYTES], url[URL_BYTES];
    write_url_host(identity, host, sizeof host);
    if ((size_t)snprintf(url, sizeof url, "%s://%s:%u%s", probe->scheme, host, identity->port, probe->path) >=
        sizeof url)
        return -ENAMETOOLONG;
    return put_target(
        scheduler, DRIVER_LISTENER,
        &(struct probe_target){ .subject = SUBJECT_AGENT, .index = index, .where = url, .name = identity->name }, now);
}

/* A pattern with the agent's name and address put in. */
static int expand(const char *pattern, const char *name, const char *host, char *buffer, size_t bytes)
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
    const char *host;
    const size_t n = url_host(server ? server->url : "", &host);
    snprintf(buffer, bytes, "%.*s", (int)n, host);
}

/* The endpoint itself, over WinRM. */
int targets_put_endpoint(struct scheduler *scheduler, const struct config *config,
                         const struct agent_identity *identity, const struct server_config *server, uint32_t index,
                         const struct now *now)
{
    const struct probe_config *probe = &config->probes[DRIVER_WINRM];
    char address[HOST_BYTES], host[HOST_BYTES], url[URL_BYTES], connect_to[URL_BYTES] = "", server_host[HOST_BYTES];
    write_url_host(identity, address, sizeof address);
    if (expand(probe->host, identity->name, address, host, sizeof host) < 0 ||
        (size_t)snprintf(url, sizeof url, "https://%s:%u%s", host, probe->port, probe->path) >= sizeof url)
        return -ENAMETOOLONG;
    if (strcmp(host, address) != 0)
        snprintf(connect_to, sizeof connect_to, "::%s:%u", address, probe->port);
    write_server_host(server, server_host, sizeof server_host);
    return put_target(scheduler, DRIVER_WINRM,
                      &(struct probe_target){ .subject = SUBJECT_AGENT,
                                              .index = index,
                                              .where = url,
                                              .name = identity->name,
                                              .connect_to = connect_to,
                                              .guid = identity->guid,
                                              .server = server_host },
                      now);
}

int targets_put_sscfg(struct scheduler *scheduler, const struct config *config, const struct now *now)
{
    const struct probe_config *files = &config->probes[DRIVER_FILES];
    if (!files->enabled) {
        scheduler_remove(scheduler, DRIVER_FILES, ESTATE_SSCFG);
        return 0;
    }
    return put_target(
        scheduler, DRIVER_FILES,
        &(struct probe_target){
            .subject = SUBJECT_COLLECTOR, .index = ESTATE_SSCFG, .where = files->sscfg, .name = "sscfg.ini" },
        now);
}

bool targets_have_files(const struct config *config)
{
    const struct probe_config *files = &config->probes[DRIVER_FILES];
    return files->enabled && (*files->ssnotify == '/' || strcmp(files->ssnotify, "feed") == 0);
}

/* The agent's name has no slash and does not begin with a dot, so that its file stays where it belongs. */
int targets_put_file(struct scheduler *scheduler, const struct config *config, const struct agent_identity *identity,
                     uint32_t index, const struct now *now)
{
    const char *pattern = config->probes[DRIVER_FILES].ssnotify;
    char path[PATH_MAX];
    const int n = *pattern == '/' ? expand(pattern, identity->name, identity->address, path, sizeof path)
                                  : snprintf(path, sizeof path, "%s/%s" FEED_FILE_SUFFIX,
                                             config->probes[DRIVER_FEED].directory, identity->name);
    if (n < 0 || (size_t)n >= sizeof path)
        return -ENAMETOOLONG;
    return put_target(
        scheduler, DRIVER_FILES,
        &(struct probe_target){ .subject = SUBJECT_AGENT, .index = index, .where = path, .name = identity->name }, now);
}

static struct proxy_settings proxy_of(const struct config *config, enum agent_proxy which)
{
    const struct proxy_config *proxy = &config->proxies[which];
    return (struct proxy_settings){ .url = proxy->url, .user = proxy->user, .password = proxy->password };
}

int targets_configure(struct scheduler *scheduler, const struct config *config)
{
    for (enum driver driver = DRIVER_LISTENER; driver < DRIVERS; driver++) {
        const struct probe_config *probe = &config->probes[driver];
        struct probe_row numbers;
        if (driver_is_console(driver))
            continue; /* read by threads of their own */
        if (!probe->enabled && !scheduler_numbers(scheduler, driver, &numbers))
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
            .gateways = config->gateways,
            .ignored = probe->ignored,
            .ages = driver == DRIVER_FILES && strcmp(probe->ssnotify, "feed") == 0,
        });
        if (!settings)
            return -ENOMEM;
        /* A feed is read when its file changes, not by the clock. */
        const int64_t interval_ms = driver == DRIVER_FEED ? 0 : (int64_t)probe->interval_s * 1000;
        scheduler_configure(scheduler, settings, interval_ms, probe->concurrency);
        probe_settings_unref(settings);
    }
    return 0;
}
