/* script.c: reads the script, one directive a line, one entry each in the table at the end. It opens no socket. */
#include "script.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "behaviours.h"
#include "command.h"

#define COUNT_MAX    1000000L
#define DELAY_MAX_MS 3600000L
#define WINRM_PORT   5986

/* The options of a target; the arrays of all directives that make targets begin with these. */
enum { ADDRESS, PORT, SCHEME, BEHAVIOUR, DELAY_MS, FROM, COUNT, TARGET_OPTIONS };

struct target_plan {
    struct sockaddr_in address;
    bool https;
    struct change change;
    long from, count;
};

static int read_address(const struct words_option *options, struct target_plan *plan, struct fault *fault)
{
    long port;

    plan->address.sin_family = AF_INET;
    if (!options[ADDRESS].value || !options[PORT].value)
        return fault_set(fault, "address= and port= are missing");
    if (inet_pton(AF_INET, options[ADDRESS].value, &plan->address.sin_addr) != 1)
        return fault_set(fault, "address=%s: not an IPv4 address", options[ADDRESS].value);
    if (words_number("port", options[PORT].value, 1, 65535, &port, fault) < 0)
        return -EINVAL;
    plan->address.sin_port = htons((uint16_t)port);
    return 0;
}

static int read_scheme(const char *scheme, bool *ret_https, struct fault *fault)
{
    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        return fault_set(fault, "scheme=%s: http or https expected", scheme);
    *ret_https = strcmp(scheme, "https") == 0;
    return 0;
}

static int read_plan(char **words, int count, bool many, struct target_plan *plan, struct fault *fault)
{
    struct words_option options[TARGET_OPTIONS + 1] = {
        [ADDRESS] = { "address", NULL },     [PORT] = { "port", NULL },         [SCHEME] = { "scheme", NULL },
        [BEHAVIOUR] = { "behaviour", NULL }, [DELAY_MS] = { "delay_ms", NULL }, [FROM] = { many ? "from" : NULL, NULL },
        [COUNT] = { "count", NULL },
    };

    *plan = (struct target_plan){ .change.delay_ms = -1, .from = 1, .count = 1 };
    if (words_options(words, count, options, fault) < 0 || read_address(options, plan, fault) < 0)
        return -EINVAL;
    if (options[SCHEME].value && read_scheme(options[SCHEME].value, &plan->https, fault) < 0)
        return -EINVAL;
    if (options[BEHAVIOUR].value && !(plan->change.behaviour = command_behaviour(options[BEHAVIOUR].value, fault)))
        return -EINVAL;
    if (options[DELAY_MS].value &&
        words_number("delay_ms", options[DELAY_MS].value, 0, DELAY_MAX_MS, &plan->change.delay_ms, fault) < 0)
        return -EINVAL;
    if (options[FROM].value && words_number("from", options[FROM].value, 0, COUNT_MAX, &plan->from, fault) < 0)
        return -EINVAL;
    if (options[COUNT].value && words_number("count", options[COUNT].value, 1, COUNT_MAX, &plan->count, fault) < 0)
        return -EINVAL;
    return 0;
}

/* Adds one target of the plan, at an address so far behind the first. */
static int add_target(struct fleet *fleet, const struct role *role, const char *name, const struct target_plan *plan,
                      long offset, struct fault *fault)
{
    struct sockaddr_in address = plan->address;
    struct target *target;

    address.sin_addr.s_addr = htonl(ntohl(address.sin_addr.s_addr) + (uint32_t)offset);
    int result = estate_add(&fleet->estate, role, name, &address, plan->https, &target, fault);
    if (result == 0 && role == &role_agent && fleet->winrm.wanted)
        result = fleet_add_winrm(fleet, target, fault);
    if (result < 0)
        return result;
    const struct selection alone = { &target, 1 };
    return fleet_change(fleet, &alone, &plan->change, fault);
}

/* Writes the number into a pattern that has one %d, %5d or %05d. Returns 0 or -EINVAL. */
static int number_name(const char *pattern, long number, char *name, size_t size, struct fault *fault)
{
    const char *percent = strchr(pattern, '%');
    const char *at = percent ? percent + 1 : pattern;
    int width = 0;

    while (percent && isdigit((unsigned char)*at) && width < 10)
        width = 10 * width + (*at++ - '0');
    if (!percent || *at != 'd' || strchr(at, '%'))
        return fault_set(fault, "%s: one %%d is expected in the name, or one like %%05d", pattern);
    const int length = snprintf(name, size, "%.*s%0*ld%s", (int)(percent - pattern), pattern, width, number, at + 1);
    return length < (int)size ? 0 : fault_set(fault, "%s: too long for a name", pattern);
}

static int read_agents(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    struct target_plan plan;
    char name[ESTATE_NAME_MAX + 1];

    if (count < 1)
        return fault_set(fault, "agents PATTERN address=A port=P [count=N] ... expected");
    int result = read_plan(words + 1, count - 1, true, &plan, fault);
    for (long i = 0; i < plan.count && result == 0; i++) {
        result = number_name(words[0], plan.from + i, name, sizeof name, fault);
        if (result == 0)
            result = add_target(fleet, &role_agent, name, &plan, i, fault);
    }
    return result;
}

static int read_one(struct fleet *fleet, const struct role *role, char **words, int count, struct fault *fault)
{
    struct target_plan plan;
    size_t changed;

    if (count < 2)
        return fault_set(fault, "%s NAME address=A port=P ... expected", role->name);
    const struct target *known = estate_find(&fleet->estate, words[0]);
    if (known && known->role == role)
        return command_set(fleet, words, count, &changed, fault);
    const int result = read_plan(words + 1, count - 1, false, &plan, fault);
    return result < 0 ? result : add_target(fleet, role, words[0], &plan, 0, fault);
}

static int read_agent(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    return read_one(fleet, &role_agent, words, count, fault);
}

static int read_server(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    return read_one(fleet, &role_server, words, count, fault);
}

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
        { "cert", NULL }, { "tickets", NULL }, { "names", NULL }, { "cert_file", NULL }, { NULL, NULL }
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
    if (result == 0 && !options[0].value)
        result = fault_set(fault, "directory= is missing");
    if (result == 0 && options[1].value)
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
        result = read_scheme(options[5].value ? options[5].value : "https", &fleet->winrm.https, fault);
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
    { "agents", read_agents }, { "agent", read_agent }, { "server", read_server },
    { "set", read_set },       { "feed", read_feed },   { "control", read_control },
    { "tls", read_tls },       { "winrm", read_winrm }, { "endpoint", read_endpoint },
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
        result = fault_set(fault, "%s: it describes no agent and no server", file);
    }
    fclose(stream);
    return result;
}
