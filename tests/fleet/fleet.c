/* fleet.c: starts and stops the whole, and carries changes into the threads that serve the targets. It never serves a
 * client itself. */
#include "fleet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "behaviours.h"
#include "conn.h"
#include "console.h"
#include "listener.h"
#include "winrm.h"

/* Descriptors kept in each table of them for connections, and of those for what is no connection. */
#define ROOM_FOR_CONNECTIONS 4000
#define ROOM_FOR_OURSELVES   24

/* One piece of work for all workers: each does the targets that are dealt to it. */
struct task {
    const struct selection *selection;
    const struct change *change;
    _Atomic(struct target *) failed;
};

static bool is_dealt_to(const struct target *target, const struct worker *worker)
{
    return target->index % worker->crew->count == worker->number;
}

static int open_targets(struct worker *worker, void *argument)
{
    struct task *task = argument;

    for (size_t i = 0; i < task->selection->count; i++) {
        struct target *target = task->selection->targets[i];
        const int result = is_dealt_to(target, worker) ? listener_open(worker, target) : 0;
        if (result < 0) {
            atomic_store(&task->failed, target);
            return result;
        }
    }
    return 0;
}

static int close_targets(struct worker *worker, void *argument)
{
    const struct estate *estate = argument;

    for (size_t i = 0; i < estate->count; i++)
        if (is_dealt_to(estate->targets[i], worker)) {
            listener_close(estate->targets[i]);
            conn_free_all(estate->targets[i]);
            winrm_close(estate->targets[i]);
        }
    return 0;
}

static int note_change(struct target *target, const struct change *change)
{
    int result = 0;

    if (change->behaviour)
        target->behaviour = change->behaviour;
    if (change->delay_ms >= 0)
        target->delay_ms = (unsigned)change->delay_ms;
    if (change->certificate_days != TLS_DAYS_USUAL)
        target->certificate_days = change->certificate_days;
    for (int i = 0; i < change->settings_count && result == 0; i++)
        result = endpoint_set(target->endpoint, change->settings[i]);
    return result;
}

/* Whether those who are connected have to come anew. What an endpoint is like, they may see change. */
static bool parts_clients(const struct change *change)
{
    bool parts = change->behaviour || change->delay_ms >= 0 || change->certificate_days != TLS_DAYS_USUAL;

    for (int i = 0; i < change->settings_count; i++)
        parts |= endpoint_concerns_logon(change->settings[i]);
    return parts;
}

static int change_target(struct worker *worker, struct target *target, const struct change *change)
{
    const enum listening before = target->behaviour->listening;

    const int result = note_change(target, change);
    if (result < 0)
        return result;
    if (parts_clients(change))
        conn_retire_all(target);
    if (target->behaviour->listening == before)
        return 0;
    listener_close(target);
    return listener_open(worker, target);
}

static int change_targets(struct worker *worker, void *argument)
{
    struct task *task = argument;
    int result = 0;

    for (size_t i = 0; i < task->selection->count && result == 0; i++) {
        struct target *target = task->selection->targets[i];
        if (is_dealt_to(target, worker) && (result = change_target(worker, target, task->change)) < 0)
            atomic_store(&task->failed, target);
    }
    return result;
}

/* Has the workers do it, and says on which target it failed. */
static int run_task(struct fleet *fleet, int (*work)(struct worker *, void *), struct task *task, struct fault *fault)
{
    char address[INET_ADDRSTRLEN];

    const int result = crew_call(fleet->crew, work, task);
    const struct target *failed = atomic_load(&task->failed);
    if (result < 0 && failed)
        fault_set(fault, "%s: cannot listen on %s:%u: %s", failed->name,
                  inet_ntop(AF_INET, &failed->address.sin_addr, address, sizeof address),
                  ntohs(failed->address.sin_port), strerror(-result));
    return result;
}

/* Whether all of the selected targets can be like that. */
static int check_change(const struct selection *selection, const struct change *change, struct fault *fault)
{
    const struct behaviour *behaviour = change->behaviour ? change->behaviour : behaviour_healthy();

    for (size_t i = 0; i < selection->count; i++) {
        const struct target *target = selection->targets[i];
        if (change->certificate_days != TLS_DAYS_USUAL && !target->https)
            return fault_set(fault, "%s: certificate_days is for https alone", target->name);
        if (behaviour->certificate != TLS_GOOD && !target->https)
            return fault_set(fault, "%s: behaviour %s is for https alone", target->name, behaviour->name);
        if (behaviour->needs_http && target->role->read)
            return fault_set(fault, "%s: behaviour %s is for HTTP alone", target->name, behaviour->name);
        if (behaviour->audience && !(behaviour->audience & target->role->audience))
            return fault_set(fault, "%s: behaviour %s is not for %s", target->name, behaviour->name,
                             group_names[target->role->group]);
    }
    return 0;
}

int fleet_change(struct fleet *fleet, const struct selection *selection, const struct change *change,
                 struct fault *fault)
{
    struct task task = { .selection = selection, .change = change };
    int result = check_change(selection, change, fault);

    if (result < 0)
        return result;
    if (fleet->crew)
        return run_task(fleet, change_targets, &task, fault);
    for (size_t i = 0; i < selection->count && result == 0; i++)
        result = note_change(selection->targets[i], change);
    return result;
}

int fleet_add_winrm(struct fleet *fleet, struct target *agent, struct fault *fault)
{
    const struct fleet_winrm *winrm = &fleet->winrm;
    struct sockaddr_in address = agent->address;
    char name[ESTATE_NAME_MAX + 8];
    struct target *target;

    snprintf(name, sizeof name, "%s.winrm", agent->name);
    address.sin_port = htons(winrm->port);
    int result = estate_add(&fleet->estate, &role_winrm, name, &address, winrm->https, &target, fault);
    if (result == 0)
        result = endpoint_new(target, &fleet->estate, agent, &target->endpoint);
    for (size_t i = 0; i < sizeof winrm->settings / sizeof *winrm->settings && result == 0; i++)
        if (winrm->settings[i])
            result = endpoint_set(target->endpoint, winrm->settings[i]);
    if (result == 0)
        agent->winrm = target;
    return result;
}

/* How many threads it takes, and whether each needs a table of descriptors of its own: the limit on open files holds
 * for a table, and a process without privileges cannot raise it beyond what it was given. */
static struct crew_plan plan_crew(const struct fleet *fleet, size_t threads)
{
    struct rlimit limit = { 0 };

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    const size_t most = limit.rlim_cur < INT_MAX ? limit.rlim_cur : INT_MAX;
    const size_t room = most - (most / 2 < ROOM_FOR_CONNECTIONS ? most / 2 : ROOM_FOR_CONNECTIONS);
    const size_t tables = (fleet->estate.count + room - 1) / room;

    return (struct crew_plan){
        .threads = tables > threads ? tables : threads,
        .own_descriptors = tables > 1,
        .last_fd = (int)most - ROOM_FOR_OURSELVES,
    };
}

/* The names for which the good certificate stands: all with their addresses but agents and endpoints, whose would be
 * too many, and what the script adds. */
static char *certificate_names(const struct fleet *fleet)
{
    char *text = NULL, address[INET_ADDRSTRLEN];
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    fprintf(out, "localhost");
    if (fleet->tls_names)
        fprintf(out, ",%s", fleet->tls_names);
    for (size_t i = 0; i < fleet->estate.count; i++) {
        const struct target *target = fleet->estate.targets[i];
        if (target->role->group != GROUP_AGENTS && target->role->group != GROUP_WINRMS)
            fprintf(out, ",%s,%s", target->name,
                    inet_ntop(AF_INET, &target->address.sin_addr, address, sizeof address));
    }
    for (size_t i = 0; i < fleet->estate.hosts_count; i++)
        fprintf(out, ",%s", fleet->estate.hosts[i].name);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static bool speaks_tls(const struct estate *estate)
{
    for (size_t i = 0; i < estate->count; i++)
        if (estate->targets[i]->https)
            return true;
    return false;
}

static int start_tls(struct fleet *fleet, struct fault *fault)
{
    if (!speaks_tls(&fleet->estate))
        return 0;
    char *names = certificate_names(fleet);
    const int result = names ? tls_new(&fleet->tls_settings, names, &fleet->tls) : -ENOMEM;
    free(names);
    if (result < 0)
        fault_set(fault, "cannot make the certificates: %s", strerror(-result));
    return result;
}

static int write_feed(struct fleet *fleet, struct fault *fault)
{
    for (size_t i = 0; i < fleet->estate.count; i++) {
        const struct target *target = fleet->estate.targets[i];
        const int result = target->role == &role_agent ? feed_write(fleet->feed, target) : 0;
        if (result < 0) {
            fault_set(fault, "cannot write %s/%s.ini: %s", fleet->feed_directory, target->name, strerror(-result));
            return result;
        }
    }
    return 0;
}

static void on_feed_due(evutil_socket_t fd, short what, void *argument)
{
    struct fault fault;

    (void)fd, (void)what;
    if (write_feed(argument, &fault) < 0)
        fprintf(stderr, "fleetsim: %s\n", fault.text);
}

static int start_feed(struct fleet *fleet, struct event_base *base, struct fault *fault)
{
    const struct timeval interval = { .tv_sec = fleet->feed_interval_s };
    const struct sockaddr_in *server = NULL;

    if (!fleet->feed_directory)
        return 0;
    for (size_t i = 0; i < fleet->estate.count && !server; i++)
        if (fleet->estate.targets[i]->role == &role_server)
            server = &fleet->estate.targets[i]->address;
    int result = feed_new(fleet->feed_directory, server, &fleet->feed);
    if (result < 0) {
        fault_set(fault, "feed directory %s: %s", fleet->feed_directory, strerror(-result));
        return result;
    }
    event_assign(&fleet->feed_due, base, -1, EV_PERSIST, on_feed_due, fleet);
    if (fleet->feed_interval_s > 0 && event_add(&fleet->feed_due, &interval) < 0)
        return -ENOMEM;
    return write_feed(fleet, fault);
}

/* Tells consoles whom they can lead their clients to instead. */
static void show_decoys(struct estate *estate)
{
    for (size_t i = 0; i < estate->count; i++)
        if (estate->targets[i]->console)
            estate->targets[i]->console->decoy = estate->first_server;
}

int fleet_start(struct fleet *fleet, size_t threads, struct event_base *base, struct fault *fault)
{
    const struct selection everyone = { fleet->estate.targets, fleet->estate.count };
    struct task task = { .selection = &everyone };
    int result = start_tls(fleet, fault);
    if (result < 0)
        return result;
    if (fleet->estate.counts[GROUP_WINRMS] > 0 && (result = winrm_init()) < 0) {
        fault_set(fault, "cannot load OpenSSL's legacy provider, which NTLM needs");
        return result;
    }
    if (fleet->records && (result = records_start(fleet->records)) < 0)
        return result;
    show_decoys(&fleet->estate);
    const struct crew_plan plan = plan_crew(fleet, threads);
    result = crew_start(&plan, fleet->tls, &fleet->crew);
    if (result < 0) {
        fault_set(fault, "cannot start %zu threads: %s", plan.threads, strerror(-result));
        return result;
    }
    if ((result = run_task(fleet, open_targets, &task, fault)) < 0)
        return result;
    return start_feed(fleet, base, fault);
}

void fleet_stop(struct fleet *fleet)
{
    if (fleet->crew)
        crew_call(fleet->crew, close_targets, &fleet->estate);
    crew_free(fleet->crew);
    if (fleet->estate.counts[GROUP_WINRMS] > 0)
        winrm_done();
    if (event_initialized(&fleet->feed_due))
        event_del(&fleet->feed_due);
    feed_free(fleet->feed);
    tls_free(fleet->tls);
    records_free(fleet->records);
    estate_done(&fleet->estate);
    free(fleet->tls_settings.key);
    free(fleet->tls_settings.certificate_file);
    free(fleet->tls_names);
    free(fleet->feed_directory);
    free(fleet->control_path);
    for (size_t i = 0; i < sizeof fleet->winrm.settings / sizeof *fleet->winrm.settings; i++)
        free(fleet->winrm.settings[i]);
    *fleet = (struct fleet){ 0 };
}
