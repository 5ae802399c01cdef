/* script.c: reads the script, one directive a line, one entry each in the table at the end. It opens no socket. */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "script_targets.h"

#define WINRM_PORT 5986

/* Keeps a copy of a setting that a script gives once. */
static int keep(char **place, const char *what, const char *value, struct fault *fault)
{
    if (*place)
        return fault_set(fault, "%s: given twice", what);
    return (*place = strdup(value)) ? 0 : -ENOMEM;
}

static int read_tls(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    struct words_option options[] = {
        { "cert", NULL },      { "tickets", NULL },          { "names", NULL },
        { "cert_file", NULL }, { "certificate_days", NULL }, { NULL, NULL },
    };
    int tickets = fleet->tls_settings.tickets, result = words_options(words, count, options, fault);

    if (result == 0 && options[0].value && !tls_knows_key(options[0].value))
        result = fault_set(fault, "cert=%s: rsa2048, rsa3072, rsa4096 or ec256 expected", options[0].value);
    if (result == 0 && options[1].value)
        result = words_yes_no("tickets", options[1].value, &tickets, fault);
    if (result == 0 && options[2].value)
        result = keep(&fleet->tls_names, "names", options[2].value, fault);
    if (result == 0 && options[3].value)
        result = keep(&fleet->tls_settings.certificate_file, "cert_file", options[3].value, fault);
    if (result == 0 && options[0].value)
        result = keep(&fleet->tls_settings.key, "cert", options[0].value, fault);
    if (result == 0 && options[4].value)
        result = words_number("certificate_days", options[4].value, -TLS_DAYS_MAX, TLS_DAYS_MAX,
                              &fleet->tls_settings.certificate_days, fault);
    fleet->tls_settings.tickets = tickets;
    return result;
}

static int read_feed(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    struct words_option options[] = { { "directory", NULL }, { "interval_s", NULL }, { NULL, NULL } };
    size_t changed;

    if (count > 0 && !strchr(words[0], '='))
        return command_feed(fleet, words, count, &changed, fault);
    int result = words_options(words, count, options, fault);
    if (result < 0)
        return result;
    if (!options[0].value)
        return fault_set(fault, "directory= is missing");
    if (options[1].value)
        result = words_number("interval_s", options[1].value, 0, 86400, &fleet->feed_interval_s, fault);
    return result < 0 ? result : keep(&fleet->feed_directory, "directory", options[0].value, fault);
}

/* The options of the directive that become settings of each endpoint. */
static int keep_settings(struct fleet_winrm *winrm, const struct words_option *options, struct fault *fault)
{
    for (size_t i = 0; i < sizeof winrm->settings / sizeof *winrm->settings; i++) {
        if (!options[i].value)
            continue;
        if (asprintf(&winrm->settings[i], "%s=%s", options[i].key, options[i].value) < 0) {
            winrm->settings[i] = NULL;
            return -ENOMEM;
        }
        if (endpoint_check(winrm->settings[i], fault) < 0)
            return -EINVAL;
    }
    return 0;
}

/* Those agents that are there already become endpoints at once, the others as they are read. */
static int read_winrm(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    struct words_option options[] = {
        { "user", NULL }, { "password", NULL }, { "auth", NULL }, { "view", NULL },
        { "port", NULL }, { "scheme", NULL },   { NULL, NULL },
    };
    const size_t known = fleet->estate.count;
    long port = WINRM_PORT;

    if (fleet->winrm.wanted)
        return fault_set(fault, "winrm: given twice");
    int result = words_options(words, count, options, fault);
    if (result == 0 && options[4].value)
        result = words_number("port", options[4].value, 1, 65535, &port, fault);
    if (result == 0)
        result = keep_settings(&fleet->winrm, options, fault);
    if (result == 0)
        result = script_read_scheme(options[5].value ? options[5].value : "https", &fleet->winrm.https, fault);
    fleet->winrm.wanted = true;
    fleet->winrm.port = (uint16_t)port;
    for (size_t i = 0; i < known && result == 0; i++)
        if (fleet->estate.targets[i]->role == &role_agent)
            result = fleet_add_winrm(fleet, fleet->estate.targets[i], fault);
    return result;
}

static int read_endpoint(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    size_t changed;

    return command_endpoint(fleet, words, count, &changed, fault);
}

static int read_record(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    size_t changed;

    return command_record(fleet, words, count, &changed, fault);
}

static int read_vanish(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    size_t changed;

    return command_vanish(fleet, words, count, &changed, fault);
}

static int read_control(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    if (count != 1 || strncmp(words[0], "unix:", 5) != 0 || words[0][5] == '\0')
        return fault_set(fault, "control unix:PATH expected");
    return keep(&fleet->control_path, "control", words[0] + 5, fault);
}

static int read_set(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    size_t changed;

    return command_set(fleet, words, count, &changed, fault);
}

static const struct {
    const char *name;
    int (*read)(struct fleet *fleet, char **words, int count, struct fault *fault);
} directives[] = {
    { "agents", script_read_agents },
    { "agent", script_read_agent },
    { "server", script_read_server },
    { "source", script_read_source },
    { "proxy", script_read_proxy },
    { "central", script_read_central },
    { "vision", script_read_vision },
    { "record", read_record },
    { "vanish", read_vanish },
    { "set", read_set },
    { "feed", read_feed },
    { "control", read_control },
    { "tls", read_tls },
    { "winrm", read_winrm },
    { "endpoint", read_endpoint },
};

static int read_line(struct fleet *fleet, char *line, struct fault *fault)
{
    char *words[COMMAND_WORDS_MAX];

    const int count = words_split(line, words, COMMAND_WORDS_MAX);
    if (count < 0)
        return fault_set(fault, "too many words");
    for (size_t i = 0; count > 0 && i < sizeof directives / sizeof *directives; i++)
        if (strcmp(directives[i].name, words[0]) == 0)
            return directives[i].read(fleet, words + 1, count - 1, fault);
    return count == 0 ? 0 : fault_set(fault, "%s: no such directive", words[0]);
}

int script_read(const char *file, struct fleet *fleet, struct fault *fault)
{
    char line[COMMAND_LINE_MAX];
    struct fault inner = { "out of memory" };
    int result = 0;
    unsigned number = 0;

    FILE *stream = fopen(file, "re");
    if (!stream) {
        result = -errno;
        fault_set(fault, "%s: %s", file, strerror(-result));
        return result;
    }
    while (result == 0 && fgets(line, sizeof line, stream)) {
        number++;
        result = strchr(line, '\n') || feof(stream) ? read_line(fleet, line, &inner)
                                                    : fault_set(&inner, "the line is too long");
    }
    if (result < 0) {
        fault_set(fault, "%s:%u: %s", file, number, inner.text);
    } else if (ferror(stream)) {
        result = -EIO;
        fault_set(fault, "%s: cannot be read", file);
    } else if (fleet->estate.count == 0) {
        result = fault_set(fault, "%s: it describes nobody", file);
    }
    fclose(stream);
    return result;
}
