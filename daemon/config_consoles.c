/* Settles the sections of consoles. It asks none. */
#include "config_consoles.h"

#include "config_secret.h"
#include "probes/tls.h"

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

static int settle_console(struct console_config *console, struct config_faults *faults, struct config_memory *memory)
{
    const bool is_central = console->driver == DRIVER_CENTRAL;
    const char *path = is_central ? console->api_key_file : console->token_file;
    char title[TITLE_BYTES];
    size_t bytes = strlen(console->url);

    snprintf(title, sizeof title, "%s %s", driver_name(console->driver), console->name);
    if (strchr(console->url, '?'))
        config_fault(faults, title, "url", "has a query: only where the console is, is asked for");
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
    return config_secret_read(faults, memory, title, is_central ? "api_key_file" : "token_file",
                              is_central ? "the key" : "the token", path, &console->secret);
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
    for (enum driver driver = DRIVER_CENTRAL; driver <= DRIVER_VISION; driver++)
        config->probes[driver].enabled = config->probes[driver].enabled && there[driver];
    return 0;
}
