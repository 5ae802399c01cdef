/* Settles the sections of consoles. It asks none. */
#include "config_consoles.h"

#include "config_secret.h"
#include "probes/ini.h"
#include "probes/tls.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TITLE_BYTES = 300 };

void config_consoles_begin(struct config *config, enum driver driver, const char *title, const char *name,
                           struct config_faults *faults)
{
    struct console_config *console = &config->consoles[config->n_consoles];

    for (size_t i = 0; i < config->n_consoles; i++) {
        const struct console_config *other = &config->consoles[i];
        if (other->driver == driver && strcasecmp(other->name, name) == 0)
            config_fault(faults, title, "", "given twice, as [%s %s]", driver_name(driver), other->name);
    }
    console->driver = driver;
    console->name = name;
    /* The other kind's options are none of this one's. */
    const char **texts[] = { &console->application_id, &console->api_key_file, &console->token_file, &console->secret };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!*texts[i])
            *texts[i] = "";
}

/* The order in which they are believed: Apex Central before Vision One, else as in the file. */
static void put_in_order(struct config *config)
{
    for (size_t i = 1; i < config->n_consoles; i++) {
        const struct console_config console = config->consoles[i];
        size_t at = i;
        for (; at > 0 && config->consoles[at - 1].driver > console.driver; at--)
            config->consoles[at] = config->consoles[at - 1];
        config->consoles[at] = console;
    }
}

/* Whether nobody else can read what goes there. */
static bool is_own_host(const char *host)
{
    char bare[256];
    const size_t bytes = strlen(host);
    struct address address;

    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (*host == '[' && bytes > 2 && bytes < sizeof bare)
        snprintf(bare, sizeof bare, "%.*s", (int)bytes - 2, host + 1);
    else
        snprintf(bare, sizeof bare, "%s", host);
    if (address_parse(bare, &address) < 0)
        return false;
    static const uint8_t own[16] = { [15] = 1 };
    return address.family == 4 ? address.bytes[0] == 127 : memcmp(address.bytes, own, sizeof own) == 0;
}

/* What it is about the url that no console can have. */
static int check_url(const struct console_config *console, const char *title, struct config_faults *faults)
{
    const bool is_central = console->driver == DRIVER_CENTRAL;
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL;

    if (!url)
        return -ENOMEM;
    if (strchr(console->url, '?'))
        config_fault(faults, title, "url", "has a query: only where the console is, is asked for");
    if (curl_url_set(url, CURLUPART_URL, console->url, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && strcasecmp(scheme, "http") == 0 &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && !is_own_host(host))
        config_remark(faults, title, "url", "is http: %s",
                      is_central ? "whoever listens can read tokens and answers"
                                 : "whoever listens can read the token");
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return 0;
}

/* What a header can not carry, or a JWT not be signed by, was not meant. */
static const char *secret_fault(const char *secret)
{
    size_t bytes = strlen(secret), n = 0;

    for (const char *at = secret; *at; at += n, bytes -= n)
        if (!(n = ini_utf8_sequence(at, bytes)))
            return "is not UTF-8";
    if (ini_has_control(secret))
        return "has a control character";
    bytes = strlen(secret);
    return bytes && (secret[0] == ' ' || secret[bytes - 1] == ' ') ? "begins or ends with a blank" : NULL;
}

static int settle_console(struct console_config *console, struct config_faults *faults, struct config_memory *memory)
{
    const bool is_central = console->driver == DRIVER_CENTRAL;
    const char *path = is_central ? console->api_key_file : console->token_file;
    char title[TITLE_BYTES];
    size_t bytes = strlen(console->url);

    snprintf(title, sizeof title, "%s %s", driver_name(console->driver), console->name);
    if (check_url(console, title, faults) < 0)
        return -ENOMEM;
    if (*console->ca_file && !console->tls_verify)
        config_fault(faults, title, "ca_file", "has no effect, as tls_verify is no");
    const char *wrong = *console->ca_file ? tls_trust_fault(console->ca_file) : NULL;
    if (wrong)
        config_fault(faults, title, "ca_file", "%s", wrong);
    /* The paths that are asked for begin with the slash. */
    while (bytes && console->url[bytes - 1] == '/')
        bytes--;
    console->url = config_memory_format(memory, "%.*s", (int)bytes, console->url);
    if (!console->url)
        return -ENOMEM;
    if (!*path)
        return 0; /* told already */
    const char *const key = is_central ? "api_key_file" : "token_file";
    const int error =
        config_secret_read(faults, memory, title, key, is_central ? "the key" : "the token", path, &console->secret);
    if (error == 0 && (wrong = secret_fault(console->secret)))
        config_fault(faults, title, key, "%s %s", is_central ? "the key" : "the token", wrong);
    return error;
}

/* What can be used, but not as it is meant. */
static void check_times(const struct config *config, enum driver driver, struct config_faults *faults)
{
    const struct probe_config *probe = &config->probes[driver];
    char title[TITLE_BYTES];

    snprintf(title, sizeof title, "probe %s", driver_name(driver));
    if (probe->interval_s * INT64_C(1000) > config->policy.evidence_max_age_ms)
        config_remark(faults, title, "interval_s",
                      "is longer than [policy] evidence_max_age_s: what is on record is unknown in between");
    if (probe->round_timeout_s * INT64_C(1000) < probe->timeout_ms)
        config_remark(faults, title, "round_timeout_s", "is shorter than timeout_ms, which has no effect then");
}

/* A GUID that two servers have, or that is another one's name, says nothing of whose an agent is. */
static void check_servers(const struct config *config, struct config_faults *faults)
{
    for (size_t i = 0; i < config->n_servers; i++)
        for (size_t k = 0; k < config->n_servers; k++) {
            const struct server_config *server = &config->servers[i], *other = &config->servers[k];
            char title[TITLE_BYTES];
            if (!*server->central_id || i == k)
                continue;
            snprintf(title, sizeof title, "server %s", server->name);
            if (k < i && strcasecmp(server->central_id, other->central_id) == 0)
                config_fault(faults, title, "central_id", "the same as that of [server %s]", other->name);
            if (strcasecmp(server->central_id, other->name) == 0)
                config_fault(faults, title, "central_id", "it is the name of [server %s]", other->name);
        }
}

int config_consoles_settle(struct config *config, struct config_faults *faults, struct config_memory *memory)
{
    bool there[DRIVERS] = { false };

    put_in_order(config);
    for (size_t i = 0; i < config->n_consoles; i++) {
        there[config->consoles[i].driver] = true;
        if (settle_console(&config->consoles[i], faults, memory) < 0)
            return -ENOMEM;
    }
    check_servers(config, faults);
    for (enum driver driver = DRIVER_CENTRAL; driver <= DRIVER_VISION; driver++) {
        config->probes[driver].enabled = config->probes[driver].enabled && there[driver];
        if (config->probes[driver].enabled)
            check_times(config, driver, faults);
    }
    return 0;
}
