/* command.c: the commands, one entry each in the table at the end. It answers in text, and owns no connection. */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "behaviours.h"

#define DELAY_MAX_MS 3600000L

static unsigned long long load(const atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

const struct behaviour *command_behaviour(const char *name, struct fault *fault)
{
    const struct behaviour *behaviour = behaviour_find(name);

    if (!behaviour)
        fault_set(fault, "behaviour=%s: there is no such behaviour", name);
    return behaviour;
}

int command_set(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
{
    struct words_option options[] = {
        { "behaviour", NULL }, { "delay_ms", NULL }, { "certificate_days", NULL }, { NULL, NULL }
    };
    struct change change = { .delay_ms = -1, .certificate_days = TLS_DAYS_USUAL };
    struct selection selection = { 0 };

    if (count < 2)
        return fault_set(fault, "set SELECTION behaviour=NAME, delay_ms=N or certificate_days=N expected");
    int result = words_options(words + 1, count - 1, options, fault);
    if (result == 0 && options[0].value && !(change.behaviour = command_behaviour(options[0].value, fault)))
        result = -EINVAL;
    if (result == 0 && options[1].value)
        result = words_number("delay_ms", options[1].value, 0, DELAY_MAX_MS, &change.delay_ms, fault);
    if (result == 0 && options[2].value)
        result = words_number("certificate_days", options[2].value, -TLS_DAYS_MAX, TLS_DAYS_MAX,
                              &change.certificate_days, fault);
    if (result == 0)
        result = estate_select(&fleet->estate, words[0], &selection, fault);
    if (result < 0)
        return result;
    result = fleet_change(fleet, &selection, &change, fault);
    *ret_count = selection.count;
    free(selection.targets);
    return result;
}

/* Puts endpoints in the place of the selected agents, each once, and leaves servers out. Returns 0 or -ENOMEM. */
static int take_endpoints(const struct estate *estate, struct selection *selection)
{
    bool *taken = calloc(estate->count + 1, sizeof *taken);
    size_t count = 0;

    if (!taken)
        return -ENOMEM;
    for (size_t i = 0; i < selection->count; i++) {
        struct target *target = selection->targets[i];
        struct target *endpoint = target->role == &role_winrm ? target : target->winrm;
        if (!endpoint || taken[endpoint->index])
            continue;
        taken[endpoint->index] = true;
        selection->targets[count++] = endpoint;
    }
    selection->count = count;
    free(taken);
    return 0;
}

int command_endpoint(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
{
    struct change change = {
        .delay_ms = -1, .certificate_days = TLS_DAYS_USUAL, .settings = words + 1, .settings_count = count - 1
    };
    struct selection selection;

    if (count < 2)
        return fault_set(fault, "endpoint SELECTION key=value ... expected");
    if (fleet->estate.counts[GROUP_WINRMS] == 0)
        return fault_set(fault, "the script makes no agent a winrm endpoint");
    for (int i = 1; i < count; i++)
        if (endpoint_check(words[i], fault) < 0)
            return -EINVAL;
    int result = estate_select(&fleet->estate, words[0], &selection, fault);
    if (result < 0)
        return result;
    result = take_endpoints(&fleet->estate, &selection);
    if (result == 0)
        result = fleet_change(fleet, &selection, &change, fault);
    *ret_count = selection.count;
    free(selection.targets);
    return result;
}

/* Does feed or feed-remove for one agent; the words are section.key=value. */
static int feed_one(struct fleet *fleet, struct target *agent, char **words, int count, bool remove,
                    struct fault *fault)
{
    int result = remove ? feed_remove(fleet->feed, agent) : 0;

    for (int i = 0; i < count && result == 0; i++) {
        char *equals = strchr(words[i], '=');
        if (!equals)
            return fault_set(fault, "%s: section.key=value expected", words[i]);
        *equals = '\0';
        result = feed_set_fact(agent, words[i], equals + 1, fault);
        *equals = '=';
    }
    if (result == 0 && fleet->feed && !remove)
        result = feed_write(fleet->feed, agent);
    if (result < 0 && result != -EINVAL)
        fault_set(fault, "%s: feed: %s", agent->name, strerror(-result));
    return result;
}

static int feed_selection(struct fleet *fleet, char **words, int count, bool remove, size_t *ret_count,
                          struct fault *fault)
{
    struct selection selection;
    size_t agents = 0;

    if (count < 1)
        return fault_set(fault, "feed SELECTION [section.key=value ...] or feed-remove SELECTION expected");
    if (!fleet->feed_directory)
        return fault_set(fault, "the script names no feed directory");
    int result = estate_select(&fleet->estate, words[0], &selection, fault);
    if (result < 0)
        return result;
    for (size_t i = 0; i < selection.count && result == 0; i++)
        if (selection.targets[i]->role == &role_agent) {
            result = feed_one(fleet, selection.targets[i], words + 1, count - 1, remove, fault);
            agents++;
        }
    *ret_count = agents;
    free(selection.targets);
    return result;
}

int command_feed(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
{
    return feed_selection(fleet, words, count, false, ret_count, fault);
}

static int command_feed_remove(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
{
    if (count != 1)
        return fault_set(fault, "feed-remove SELECTION expected");
    return feed_selection(fleet, words, count, true, ret_count, fault);
}

static int change_records(struct fleet *fleet, char **words, int count, int vanished, size_t *ret_count,
                          struct fault *fault)
{
    if (!fleet->records)
        return fault_set(fault, "the script names no console");
    return records_change(fleet->records, words[0], words + 1, count - 1, vanished, ret_count, fault);
}

int command_record(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
{
    if (count < 2)
        return fault_set(fault, "record SELECTION key=value ... expected");
    return change_records(fleet, words, count, -1, ret_count, fault);
}

int command_vanish(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
{
    if (count != 1)
        return fault_set(fault, "vanish SELECTION expected");
    return change_records(fleet, words, count, 1, ret_count, fault);
}

int command_appear(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
{
    if (count != 1)
        return fault_set(fault, "appear SELECTION expected");
    return change_records(fleet, words, count, 0, ret_count, fault);
}

/* Adds the logons at some targets, and the shells of the endpoints among them; nothing, where there are none. */
static void add_logons(struct target *const *targets, size_t count, struct evbuffer *out)
{
    unsigned long long accepted = 0, rejected = 0, shells = 0;
    bool any = false, any_endpoint = false;

    for (size_t i = 0; i < count; i++) {
        const struct endpoint *endpoint = targets[i]->endpoint;
        any |= targets[i]->role->logs_on;
        accepted += atomic_load_explicit(&targets[i]->logons_accepted, memory_order_relaxed);
        rejected += atomic_load_explicit(&targets[i]->logons_rejected, memory_order_relaxed);
        any_endpoint |= endpoint != NULL;
        shells += endpoint ? atomic_load_explicit(&endpoint->shells_open, memory_order_relaxed) : 0;
    }
    if (any)
        evbuffer_add_printf(out, " logons_accepted=%llu logons_rejected=%llu", accepted, rejected);
    if (any_endpoint)
        evbuffer_add_printf(out, " shells_open=%llu", shells);
}

static int stats_of_selection(struct fleet *fleet, char *text, struct evbuffer *out, struct fault *fault)
{
    struct selection selection;
    unsigned long long connections = 0, requests = 0;

    const int result = estate_select(&fleet->estate, text, &selection, fault);
    if (result < 0)
        return result;
    for (size_t i = 0; i < selection.count; i++) {
        connections += atomic_load_explicit(&selection.targets[i]->connections, memory_order_relaxed);
        requests += atomic_load_explicit(&selection.targets[i]->requests, memory_order_relaxed);
    }
    evbuffer_add_printf(out, "ok targets=%zu connections=%llu requests=%llu", selection.count, connections, requests);
    add_logons(selection.targets, selection.count, out);
    evbuffer_add_printf(out, "\n");
    free(selection.targets);
    return 0;
}

static void stats_of_behaviours(const struct fleet *fleet, struct evbuffer *out)
{
    const struct counters *all = &fleet->crew->counters;
    size_t targets[BEHAVIOURS_MAX] = { 0 };

    for (size_t i = 0; i < fleet->estate.count; i++)
        targets[behaviour_number(fleet->estate.targets[i]->behaviour)]++;
    for (size_t i = 0; i < behaviours_count; i++)
        if (targets[i] > 0 || load(&all->connections[i]) > 0)
            evbuffer_add_printf(out, " %s.targets=%zu %s.connections=%llu %s.requests=%llu", behaviours[i].name,
                                targets[i], behaviours[i].name, load(&all->connections[i]), behaviours[i].name,
                                load(&all->requests[i]));
}

static int run_stats(struct fleet *fleet, char **words, int count, struct evbuffer *out, struct fault *fault)
{
    const struct counters *all = &fleet->crew->counters;
    unsigned long long connections = 0, requests = 0;

    if (count > 1)
        return fault_set(fault, "stats [SELECTION] expected");
    if (count == 1)
        return stats_of_selection(fleet, words[0], out, fault);
    for (size_t i = 0; i < behaviours_count; i++) {
        connections += load(&all->connections[i]);
        requests += load(&all->requests[i]);
    }
    evbuffer_add_printf(out, "ok");
    for (enum group group = 0; group < GROUPS; group++)
        if (group <= GROUP_WINRMS || fleet->estate.counts[group] > 0)
            evbuffer_add_printf(out, " %s=%zu", group_names[group], fleet->estate.counts[group]);
    evbuffer_add_printf(out, " threads=%zu connections=%llu open=%lld open_peak=%lld", fleet->crew->count, connections,
                        atomic_load(&all->open), atomic_load(&all->open_peak));
    evbuffer_add_printf(out, " requests=%llu tls_handshakes=%llu tls_resumed=%llu tls_failed=%llu shed=%llu", requests,
                        load(&all->tls_handshakes), load(&all->tls_resumed), load(&all->tls_failed), load(&all->shed));
    add_logons(fleet->estate.targets, fleet->estate.count, out);
    stats_of_behaviours(fleet, out);
    evbuffer_add_printf(out, "\n");
    return 0;
}

static int run_quit(struct fleet *fleet, char **words, int count, struct evbuffer *out, struct fault *fault)
{
    const struct timeval time_for_the_answer = { .tv_usec = 50000 };

    (void)words;
    if (count > 0)
        return fault_set(fault, "quit alone expected");
    event_base_loopexit(fleet->base, &time_for_the_answer);
    evbuffer_add_printf(out, "ok\n");
    return 0;
}

/* A command either only counts the targets that it changed, or answers for itself. */
static const struct {
    const char *name;
    int (*change)(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault);
    int (*run)(struct fleet *fleet, char **words, int count, struct evbuffer *out, struct fault *fault);
} commands[] = {
    { "set", command_set, NULL },
    { "feed", command_feed, NULL },
    { "feed-remove", command_feed_remove, NULL },
    { "endpoint", command_endpoint, NULL },
    { "record", command_record, NULL },
    { "vanish", command_vanish, NULL },
    { "appear", command_appear, NULL },
    { "stats", NULL, run_stats },
    { "quit", NULL, run_quit },
};

static int run_words(struct fleet *fleet, char **words, int count, struct evbuffer *out, struct fault *fault)
{
    size_t changed = 0;

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, words[0]) != 0)
            continue;
        if (commands[i].run)
            return commands[i].run(fleet, words + 1, count - 1, out, fault);
        const int result = commands[i].change(fleet, words + 1, count - 1, &changed, fault);
        if (result == 0)
            evbuffer_add_printf(out, "ok targets=%zu\n", changed);
        return result;
    }
    return fault_set(fault, "%s: no such command", words[0]);
}

void command_run(struct fleet *fleet, char *line, struct evbuffer *out)
{
    char *words[COMMAND_WORDS_MAX];
    struct fault fault = { "out of memory" };

    const int count = words_split(line, words, COMMAND_WORDS_MAX);
    const int result = count > 0    ? run_words(fleet, words, count, out, &fault)
                       : count == 0 ? fault_set(&fault, "a command expected")
                                    : fault_set(&fault, "too many words");
    if (result < 0)
        evbuffer_add_printf(out, "error %s\n", fault.text);
}
