/* script_targets.c: reads who is simulated: where they stand, and how they behave to begin with. It opens no socket. */
#include "script_targets.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "behaviours.h"
#include "command.h"
#include "console.h"
#include "proxy.h"

#define COUNT_MAX       1000000L
#define DELAY_MAX_MS    3600000L
#define EXTRA_MAX       8
#define SOURCE_WEB_PORT 5274L
#define LOGON_MAX       255
#define VISION_PAGE     50L
#define VISION_PAGE_MAX 1000L

/* The options of every target; a directive's own come behind them. */
enum { ADDRESS, PORT, BEHAVIOUR, DELAY_MS, CERTIFICATE_DAYS, NAMES, SCHEME, TARGET_OPTIONS };

struct target_plan {
    struct sockaddr_in address;
    bool https; /* as it was, if the line does not say */
    struct change change;
    const char *names; /* further ones, with commas, borrowed from the line; NULL: none */
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

int script_read_scheme(const char *scheme, bool *ret_https, struct fault *fault)
{
    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        return fault_set(fault, "scheme=%s: http or https expected", scheme);
    *ret_https = strcmp(scheme, "https") == 0;
    return 0;
}

static int read_change(const struct words_option *options, struct change *change, struct fault *fault)
{
    if (options[BEHAVIOUR].value && !(change->behaviour = command_behaviour(options[BEHAVIOUR].value, fault)))
        return -EINVAL;
    if (options[DELAY_MS].value &&
        words_number("delay_ms", options[DELAY_MS].value, 0, DELAY_MAX_MS, &change->delay_ms, fault) < 0)
        return -EINVAL;
    if (options[CERTIFICATE_DAYS].value &&
        words_number("certificate_days", options[CERTIFICATE_DAYS].value, -TLS_DAYS_MAX, TLS_DAYS_MAX,
                     &change->certificate_days, fault) < 0)
        return -EINVAL;
    return 0;
}

/* Reads the options of every target, and at most EXTRA_MAX of a directive's own, which end with a NULL key and take
 * their values. */
static int read_plan(char **words, int count, struct words_option *extra, struct target_plan *plan, struct fault *fault)
{
    struct words_option options[TARGET_OPTIONS + EXTRA_MAX + 1] = {
        [ADDRESS] = { "address", NULL },
        [PORT] = { "port", NULL },
        [BEHAVIOUR] = { "behaviour", NULL },
        [DELAY_MS] = { "delay_ms", NULL },
        [CERTIFICATE_DAYS] = { "certificate_days", NULL },
        [NAMES] = { "names", NULL },
        [SCHEME] = { "scheme", NULL },
    };

    for (size_t i = 0; extra[i].key; i++)
        options[TARGET_OPTIONS + i] = extra[i];
    plan->change = (struct change){ .delay_ms = -1, .certificate_days = TLS_DAYS_USUAL };
    if (words_options(words, count, options, fault) < 0 || read_address(options, plan, fault) < 0 ||
        read_change(options, &plan->change, fault) < 0)
        return -EINVAL;
    if (options[SCHEME].value && script_read_scheme(options[SCHEME].value, &plan->https, fault) < 0)
        return -EINVAL;
    for (size_t i = 0; extra[i].key; i++)
        extra[i].value = options[TARGET_OPTIONS + i].value;
    plan->names = options[NAMES].value;
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

/* Notes the further names of the plan's address. */
static int add_hosts(struct fleet *fleet, const struct target_plan *plan, struct fault *fault)
{
    char name[ESTATE_NAME_MAX + 1];
    int result = 0;

    for (const char *at = plan->names; at && *at && result == 0; at += strspn(at, ",")) {
        const int length = (int)strcspn(at, ",");
        result = snprintf(name, sizeof name, "%.*s", length, at) < (int)sizeof name
                     ? estate_add_host(&fleet->estate, name, plan->address.sin_addr, fault)
                     : fault_set(fault, "names=%s: too long for a name", at);
        at += length;
    }
    return result;
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

int script_read_agents(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    struct words_option extra[] = { { "from", NULL }, { "count", NULL }, { NULL, NULL } };
    struct target_plan plan = { 0 };
    long from = 1, many = 1;
    char name[ESTATE_NAME_MAX + 1];

    if (count < 1)
        return fault_set(fault, "agents PATTERN address=A port=P [count=N] ... expected");
    int result = read_plan(words + 1, count - 1, extra, &plan, fault);
    if (result == 0 && plan.names)
        result = fault_set(fault, "names: for one target alone");
    if (result == 0 && extra[0].value)
        result = words_number("from", extra[0].value, 0, COUNT_MAX, &from, fault);
    if (result == 0 && extra[1].value)
        result = words_number("count", extra[1].value, 1, COUNT_MAX, &many, fault);
    for (long i = 0; i < many && result == 0; i++) {
        result = number_name(words[0], from + i, name, sizeof name, fault);
        if (result == 0)
            result = add_target(fleet, &role_agent, name, &plan, i, fault);
    }
    return result;
}

/* Reads a directive that adds one target, or changes the one of its name. `plan` says whether https is usual, and is
 * left as it was read. `ret_added` says which of the two it was. */
static int read_one(struct fleet *fleet, const struct role *role, char **words, int count, struct words_option *extra,
                    struct target_plan *plan, bool *ret_added, struct fault *fault)
{
    size_t changed;

    if (count < 2)
        return fault_set(fault, "%s NAME address=A port=P ... expected", role->name);
    const struct target *known = estate_find(&fleet->estate, words[0]);
    *ret_added = !known || known->role != role;
    if (!*ret_added)
        return command_set(fleet, words, count, &changed, fault);
    int result = read_plan(words + 1, count - 1, extra, plan, fault);
    if (result == 0)
        result = add_target(fleet, role, words[0], plan, 0, fault);
    return result < 0 ? result : add_hosts(fleet, plan, fault);
}

/* One that has no options of its own. */
static int read_simple(struct fleet *fleet, const struct role *role, char **words, int count, struct fault *fault)
{
    struct words_option none[] = { { NULL, NULL } };
    struct target_plan plan = { 0 };
    bool added = false;

    return read_one(fleet, role, words, count, none, &plan, &added, fault);
}

int script_read_agent(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    return read_simple(fleet, &role_agent, words, count, fault);
}

int script_read_server(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    return read_simple(fleet, &role_server, words, count, fault);
}

/* Its web reputation is a target beside it, with another port. */
int script_read_source(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    struct words_option extra[] = { { "web_port", NULL }, { NULL, NULL } };
    struct target_plan plan = { .https = true };
    char name[ESTATE_NAME_MAX + 8];
    long port = SOURCE_WEB_PORT;
    bool added = false;

    int result = read_one(fleet, &role_source, words, count, extra, &plan, &added, fault);
    if (result < 0 || !added)
        return result;
    if (extra[0].value && words_number("web_port", extra[0].value, 1, 65535, &port, fault) < 0)
        return -EINVAL;
    plan.address.sin_port = htons((uint16_t)port);
    snprintf(name, sizeof name, "%s.web", words[0]);
    return add_target(fleet, &role_source_web, name, &plan, 0, fault);
}

/* Reads the kind of a proxy, and who may pass it. */
static int read_proxy_options(const struct words_option *extra, const struct role **ret_role, struct fault *fault)
{
    const char *kind = extra[0].value ? extra[0].value : "";

    if (strcmp(kind, "http") != 0 && strcmp(kind, "socks5") != 0)
        return fault_set(fault, "kind=%s: http or socks5 expected", kind);
    if (!extra[1].value != !extra[2].value)
        return fault_set(fault, "user= and password= go together");
    for (size_t i = 1; i <= 2; i++)
        if (extra[i].value && (!*extra[i].value || strlen(extra[i].value) > LOGON_MAX))
            return fault_set(fault, "%s=%s: 1 to %d characters expected", extra[i].key, extra[i].value, LOGON_MAX);
    *ret_role = strcmp(kind, "http") == 0 ? &role_proxy : &role_socks;
    return 0;
}

int script_read_proxy(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    struct words_option extra[] = { { "kind", NULL }, { "user", NULL }, { "password", NULL }, { NULL, NULL } };
    struct target_plan plan = { 0 };
    const struct role *role = &role_proxy;
    size_t changed;

    if (count < 2)
        return fault_set(fault, "proxy NAME address=A port=P kind=K ... expected");
    struct target *known = estate_find(&fleet->estate, words[0]);
    if (known && known->proxy)
        return command_set(fleet, words, count, &changed, fault);
    if (read_plan(words + 1, count - 1, extra, &plan, fault) < 0 || read_proxy_options(extra, &role, fault) < 0)
        return -EINVAL;
    if (plan.https)
        return fault_set(fault, "scheme=https: proxies speak no TLS themselves");
    int result = add_target(fleet, role, words[0], &plan, 0, fault);
    if (result == 0)
        result = add_hosts(fleet, &plan, fault);
    struct target *added = result == 0 ? estate_find(&fleet->estate, words[0]) : NULL;
    return added ? proxy_new(&fleet->estate, extra[1].value, extra[2].value, &added->proxy) : result;
}

/* Makes the target a console with so many generated agents. */
static int add_console(struct fleet *fleet, const char *name, const struct console *usual, const char *key,
                       const char *application_id, struct fault *fault)
{
    struct target *target = estate_find(&fleet->estate, name);
    struct console all = *usual;

    int result = fleet->records ? 0 : records_new(&fleet->estate, &fleet->records);
    if (result == 0)
        result = records_generate(fleet->records, usual->generated);
    all.records = fleet->records;
    if (result == 0)
        result = console_new(&all, key, application_id, &target->console);
    return result < 0 ? fault_set(fault, "%s: out of memory", name) : 0;
}

int script_read_central(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    struct words_option extra[] = {
        { "application_id", NULL }, { "api_key", NULL }, { "agents", NULL }, { NULL, NULL }
    };
    struct target_plan plan = { .https = true };
    long generated = 0;
    bool added = false;

    int result = read_one(fleet, &role_central, words, count, extra, &plan, &added, fault);
    if (result < 0 || !added)
        return result;
    if (!extra[0].value || !extra[1].value || !*extra[0].value || !*extra[1].value)
        return fault_set(fault, "application_id= and api_key= are missing");
    if (extra[2].value && words_number("agents", extra[2].value, 0, RECORDS_GENERATED_MAX, &generated, fault) < 0)
        return -EINVAL;
    const struct console usual = { .generated = (size_t)generated };
    return add_console(fleet, words[0], &usual, extra[1].value, extra[0].value, fault);
}

static int read_fields(const char *fields, bool *ret_nested, struct fault *fault)
{
    if (strcmp(fields, "flat") != 0 && strcmp(fields, "nested") != 0)
        return fault_set(fault, "fields=%s: flat or nested expected", fields);
    *ret_nested = strcmp(fields, "nested") == 0;
    return 0;
}

int script_read_vision(struct fleet *fleet, char **words, int count, struct fault *fault)
{
    struct words_option extra[] = {
        { "token", NULL }, { "agents", NULL }, { "page", NULL }, { "fields", NULL }, { NULL, NULL }
    };
    struct target_plan plan = { .https = true };
    struct console usual = { 0 };
    long generated = 0, page = VISION_PAGE;
    bool added = false;

    int result = read_one(fleet, &role_vision, words, count, extra, &plan, &added, fault);
    if (result < 0 || !added)
        return result;
    if (!extra[0].value || !*extra[0].value)
        return fault_set(fault, "token= is missing");
    if (extra[1].value && words_number("agents", extra[1].value, 0, RECORDS_GENERATED_MAX, &generated, fault) < 0)
        return -EINVAL;
    if (extra[2].value && words_number("page", extra[2].value, 1, VISION_PAGE_MAX, &page, fault) < 0)
        return -EINVAL;
    if (extra[3].value && read_fields(extra[3].value, &usual.nested, fault) < 0)
        return -EINVAL;
    usual.generated = (size_t)generated;
    usual.page = (size_t)page;
    return add_console(fleet, words[0], &usual, extra[0].value, "", fault);
}
