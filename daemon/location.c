/* From the file of reference servers to values, and from these to store and scheduler. */
#include "daemon/location.h"

#include "daemon/options.h"
#include "probes/ini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_BYTES_MAX = 1 << 20, HOST_BYTES = 256 };

/* The file, and how far it was read. */
struct reading {
    struct config *config;
    struct config_memory *memory;
    struct config_faults *faults;
    unsigned line;
    bool faulty;                    /* a line was, and was told */
    unsigned lines[REFERENCES_MAX]; /* on which each server stands */
};

/* Cuts a line that is HOST:PORT or [ADDRESS]:PORT. NULL, or why it is neither. */
static const char *cut_server(const char *text, size_t bytes, char host[HOST_BYTES], uint16_t *ret_port)
{
    const char *colon = memrchr(text, ':', bytes);
    uint64_t port;

    if (memchr(text, ',', bytes) || memchr(text, ';', bytes))
        return "must be one HOST:PORT alone: each has a line of its own";
    if (memmem(text, bytes, "://", 3))
        return "is a URL: it must be HOST:PORT";
    if (!colon)
        return "has no port: it must be HOST:PORT";
    if (option_read_number(colon + 1, bytes - (size_t)(colon + 1 - text), UINT16_MAX, &port) < 0 || port == 0)
        return "does not end in a port from 1 to 65535";
    const size_t length = (size_t)(colon - text);
    const bool bracket = length >= 2 && text[0] == '[' && colon[-1] == ']';
    const size_t host_bytes = bracket ? length - 2 : length;
    if (host_bytes >= HOST_BYTES)
        return "has too long a name";
    memcpy(host, text + bracket, host_bytes);
    host[host_bytes] = '\0';
    if (!bracket && strchr(host, ':'))
        return "has an IPv6 address, which must stand in brackets";
    if (option_host_fault(host) || (bracket && !strchr(host, ':')))
        return bracket ? "has no IPv6 address in its brackets" : "has neither an address nor a host name";
    *ret_port = (uint16_t)port;
    return NULL;
}

static bool is_same(const struct reference_server *server, const char *host, uint16_t port)
{
    struct address a, b;
    if (server->port != port)
        return false;
    return strcasecmp(server->host, host) == 0 ||
           (address_parse(server->host, &a) == 0 && address_parse(host, &b) == 0 && address_equal(&a, &b));
}

static int read_server(struct reading *reading, const char *text, size_t bytes)
{
    struct config *config = reading->config;
    const char *file = config->reference_servers_file;
    char host[HOST_BYTES];
    uint16_t port;
    const char *wrong = cut_server(text, bytes, host, &port);

    if (wrong) {
        reading->faulty = true;
        config_fault_at(reading->faults, true, file, reading->line, "", "\"%.*s\" %s", (int)bytes, text, wrong);
        return 0;
    }
    for (size_t i = 0; i < config->n_references; i++)
        if (is_same(&config->references[i], host, port)) {
            config_fault_at(reading->faults, true, file, reading->line, "", "the same as in line %u",
                            reading->lines[i]);
            return 0;
        }
    if (config->n_references == REFERENCES_MAX) {
        config_fault_at(reading->faults, true, file, reading->line, "", "more than %d reference servers",
                        REFERENCES_MAX);
        return -E2BIG;
    }
    struct reference_server *server = &config->references[config->n_references];
    *server = (struct reference_server){ config_memory_text(reading->memory, host), port };
    reading->lines[config->n_references] = reading->line;
    config->n_references += server->host != NULL;
    return server->host ? 0 : -ENOMEM;
}

static int read_lines(struct reading *reading, const char *text)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf", blanks[] = " \t\r";
    int r = 0;

    if (strncmp(text, byte_order_mark, sizeof byte_order_mark - 1) == 0)
        text += sizeof byte_order_mark - 1;
    while (*text && r == 0) {
        const size_t line = strcspn(text, "\n"), comment = strcspn(text, "#\n");
        const char *from = text + strspn(text, blanks);
        size_t bytes = from < text + comment ? (size_t)(text + comment - from) : 0;

        while (bytes > 0 && strchr(blanks, from[bytes - 1]))
            bytes--;
        reading->line++;
        if (bytes > 0)
            r = read_server(reading, from, bytes);
        text += line + (text[line] == '\n');
    }
    return r == -E2BIG ? 0 : r;
}

static bool is_all_zero(const struct gateway *gateway)
{
    static const uint8_t zero[16];
    return gateway->kind == GATEWAY_IP ? memcmp(gateway->address.bytes, zero, sizeof gateway->address.bytes) == 0
                                       : memcmp(gateway->mac, zero, sizeof gateway->mac) == 0;
}

/* Whether a list has the same gateway in front of an item, however it is written there. */
static bool stands_before(const char *list, const char *item, const struct gateway *gateway)
{
    const char *other;

    for (size_t n; (n = list_item(&list, &other)) > 0 && other < item;) {
        const struct gateway before = gateway_read(other, n);
        if (gateway_equal(&before, gateway))
            return true;
    }
    return false;
}

/* What no agent can match is of no use, but does not spoil the rest. */
static void check_gateways(const struct config *config, struct config_faults *faults)
{
    const char *at = config->gateways, *item;

    for (size_t n; (n = list_item(&at, &item)) > 0;) {
        const struct gateway gateway = gateway_read(item, n);
        if (gateway.kind == GATEWAY_MALFORMED)
            config_remark(
                faults, "location", "gateways",
                "\"%.*s\" is neither an IP address nor a MAC such as 00-11-22-33-44-55: no agent can match it", (int)n,
                item);
        else if (is_all_zero(&gateway))
            config_remark(faults, "location", "gateways", "\"%.*s\" is nobody's address: no agent can match it", (int)n,
                          item);
        else if (stands_before(config->gateways, item, &gateway))
            config_remark(faults, "location", "gateways", "\"%.*s\" is given twice", (int)n, item);
    }
}

int location_load(struct config *config, struct config_memory *memory, struct config_faults *faults)
{
    struct reading reading = { .config = config, .memory = memory, .faults = faults };
    const char *file = config->reference_servers_file;
    char *text = NULL;
    size_t bytes;

    check_gateways(config, faults);
    if (!*file)
        return 0;
    config->references = calloc(REFERENCES_MAX, sizeof *config->references);
    if (!config->references)
        return -ENOMEM;
    int r = ini_read_file(file, FILE_BYTES_MAX, &text, &bytes);
    if (r == -ENOMEM)
        return r;
    if (r) {
        config_fault(faults, "location", "reference_servers_file", "%s: %s", file, config_file_fault(r));
        return 0;
    }
    reading.faulty = strlen(text) != bytes;
    if (reading.faulty)
        config_fault_at(faults, true, file, 0, "", "not text: it has NUL bytes");
    else
        r = read_lines(&reading, text);
    if (r == 0 && config->n_references == 0 && !reading.faulty)
        config_fault_at(faults, false, file, 0, "", "no reference server in it");
    free(text);
    return r;
}

/* One that comes into the place of another would have that one's turn: who was never asked is asked now. */
static int put_target(const struct reference_server *server, uint32_t index, const struct store *store,
                      struct scheduler *scheduler, const struct now *now)
{
    const bool bracket = strchr(server->host, ':');
    char url[HOST_BYTES + 32];
    const int scheme = (int)strlen("http://"); /* for the URL's sake: it is not spoken */

    snprintf(url, sizeof url, "http://%s%s%s:%u", bracket ? "[" : "", server->host, bracket ? "]" : "", server->port);
    const struct probe_target *target = probe_target_new(
        &(struct probe_target){ .subject = SUBJECT_REFERENCE, .index = index, .where = url, .name = url + scheme });
    if (!target)
        return -ENOMEM;
    const int error = scheduler_put(scheduler, DRIVER_LOCATION, target, now->mono_ms);
    probe_target_unref(target);
    if (error == 0 && !store_reference(store, index)->contact.mono_ms)
        scheduler_kick(scheduler, DRIVER_LOCATION, index, now->mono_ms);
    return error;
}

int location_apply(const struct config *config, struct store *store, struct scheduler *scheduler, const struct now *now)
{
    const size_t asked = config->probes[DRIVER_LOCATION].enabled ? config->n_references : 0;
    int error = store_put_references(store, config->references, config->n_references, now);

    if (error == 0)
        error = store_put_gateways(store, config->gateways ? config->gateways : "", now);
    for (size_t i = 0; i < asked && error == 0; i++)
        error = put_target(&config->references[i], (uint32_t)i + 1, store, scheduler, now);
    for (size_t i = asked; i < REFERENCES_MAX; i++)
        scheduler_remove(scheduler, DRIVER_LOCATION, (uint32_t)i + 1);
    return error;
}
