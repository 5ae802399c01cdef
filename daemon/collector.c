/* The event loop of the main thread: the one writer of state. */
#include "daemon/collector.h"

#include "daemon/log.h"
#include "daemon/outgoing.h"
#include "daemon/probing.h"
#include "daemon/saving.h"
#include "daemon/service.h"
#include "daemon/writes.h"
#include "probes/clock.h"
#include "version.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { TICK_MS = 1000, PUBLISH_GAP_MS = 100, DRAIN_MS = 300, STOP_MS = 1900 };

struct collector {
    const char *path;
    struct config *config; /* owns */
    struct probing *probing;
    struct outgoing *outgoing;
    struct saving *saving;
    struct snmp_agent *snmp;
    struct event_base *base;
    struct event *answers, *consoles, *feed, *commands, *told, *saved, *wake, *tick, *watchdog, *hangup, *terminate,
        *interrupt;
    struct collector_info info;
    char *name;                    /* owns info.name, which snapshots may refer to: never freed while one lives */
    int64_t published_ms, beat_ms; /* when that was last done; mono */
    size_t agents, alarms;         /* as published */
    bool connected;                /* the master, as last logged */
    uint64_t dropped_logged;
};

struct store_settings store_settings_of(const struct config *config)
{
    return (struct store_settings){
        .name = config->name,
        .policy = config->policy,
        .language = config->language,
        .notify = config->notifications_enabled,
        .tell_first_verdict = config->tell_first_verdict,
        .history_max = config->history_max,
        .proxied = { [LOCATION_INTERNAL] = *config->proxies[PROXY_INTERNAL].url,
                     [LOCATION_EXTERNAL] = *config->proxies[PROXY_EXTERNAL].url },
    };
}

/* Shows the new state first and tells of it then: whoever asks because of a notification finds what it spoke of. */
static void publish(struct collector *collector, const struct now *now)
{
    struct store *store = probing_store(collector->probing);

    outgoing_take(collector->outgoing, store, now);
    collector->info.summary = *outgoing_summary(collector->outgoing);
    struct snapshot *snapshot = store_publish(store, &collector->info);
    if (!snapshot) {
        log_write(LOG_ERR, "out of memory: SNMP shows the last snapshot");
        return;
    }
    collector->published_ms = now->mono_ms;
    collector->agents = rowview_count(snapshot->agents);
    collector->alarms = rowview_count(snapshot->alarms);
    snmp_agent_publish(collector->snmp, snapshot);
    saving_publish(collector->saving, now);
}

/* One turn: whatever woke us, all that is to do gets done. */
static void turn(struct collector *collector)
{
    const struct now now = clock_now();
    int64_t next = probing_step(collector->probing, &now);

    if (store_is_dirty(probing_store(collector->probing))) {
        const int64_t due_ms = collector->published_ms + PUBLISH_GAP_MS;
        if (now.mono_ms >= due_ms)
            publish(collector, &now);
        else if (due_ms < next)
            next = due_ms;
    }
    const int64_t saving_ms = saving_step(collector->saving, &now);
    next = saving_ms < next ? saving_ms : next;
    outgoing_step(collector->outgoing, collector->snmp);
    if (next > now.mono_ms + TICK_MS)
        return; /* the tick comes first */
    const int64_t wait_ms = next > now.mono_ms ? next - now.mono_ms : 0;
    const struct timeval wait = { .tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000 };
    evtimer_add(collector->wake, &wait);
}

static void on_wake(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    turn(user);
}

static void on_told(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    struct collector *collector = user;
    outgoing_step(collector->outgoing, collector->snmp);
}

static void log_master(struct collector *collector, const struct snmp_counters *counters)
{
    const uint64_t dropped = counters->dropped + store_dropped(probing_store(collector->probing));
    if (dropped != collector->dropped_logged)
        log_write(LOG_ERR, "%llu notifications were summed up or refused, or updates dropped, so far",
                  (unsigned long long)dropped);
    collector->dropped_logged = dropped;
    if (counters->connected == collector->connected)
        return;
    collector->connected = counters->connected;
    log_write(LOG_NOTICE, "snmp: %s", counters->connected ? "in service" : "out of service; probing goes on");
}

/* Says that all that makes up this turn goes on. */
static void beat(struct collector *collector, const struct now *now)
{
    const int64_t gap_ms = (int64_t)collector->config->heartbeat_s * 1000;
    if (gap_ms == 0 || now->mono_ms < collector->beat_ms + gap_ms)
        return;
    /* Without drift, but for what was missed. */
    const bool is_late = now->mono_ms >= collector->beat_ms + 2 * gap_ms;
    collector->beat_ms = is_late ? now->mono_ms : collector->beat_ms + gap_ms;
    snmp_agent_beat(collector->snmp);
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    struct collector *collector = user;
    const struct now now = clock_now();
    struct snmp_counters counters;

    probing_tick(collector->probing, &now);
    saving_tick(collector->saving, collector->config->policy.evidence_max_age_ms, &now);
    beat(collector, &now);
    snmp_agent_counters(collector->snmp, &counters);
    log_master(collector, &counters);
    service_status(collector->agents, collector->alarms, collector->connected);
    turn(collector);
}

/* Whatever else hangs, as long as this loop turns we live. */
static void on_watchdog(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what, (void)user;
    service_alive();
}

static void on_command(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    struct collector *collector = user;
    struct snmp_command command;
    const struct now now = clock_now();

    while (snmp_agent_take_command(collector->snmp, &command))
        writes_carry_out(collector->probing, &command, &now);
    collector->published_ms = now.mono_ms - PUBLISH_GAP_MS; /* whoever has written it wants to see it */
    turn(collector);
}

static void log_fault(void *user, bool fatal, const char *text)
{
    (void)user;
    log_write(fatal ? LOG_ERR : LOG_WARNING, "%s", text);
}

/* (Re-)registers the feed folder's descriptor, which may be another one after each reload. */
static int watch_feed(struct collector *collector)
{
    const int fd = probing_feed_fd(collector->probing);
    if (collector->feed)
        event_free(collector->feed);
    collector->feed = NULL;
    if (fd < 0)
        return 0;
    collector->feed = event_new(collector->base, fd, EV_READ | EV_PERSIST, on_wake, collector);
    return collector->feed && event_add(collector->feed, NULL) == 0 ? 0 : -ENOMEM;
}

static bool needs_restart(const struct config *old, const struct config *new)
{
    const struct snmp_settings *a = &old->snmp, *b = &new->snmp;
    return a->master != b->master || strcmp(a->agentx_socket, b->agentx_socket) != 0 ||
           strcmp(a->listen, b->listen) != 0 || strcmp(a->access_conf, b->access_conf) != 0 ||
           a->root_len != b->root_len || memcmp(a->root, b->root, a->root_len * sizeof *a->root) != 0 ||
           a->reconnect_s != b->reconnect_s || old->notifications_max != new->notifications_max ||
           old->workers != new->workers || strcmp(old->state_dir, new->state_dir) != 0 ||
           strcmp(old->name, new->name) != 0 || strcmp(old->user, new->user) != 0;
}

/* As a fresh example is: all runs well, and shows nothing. */
static void warn_of_nobody(const struct config *config)
{
    if (config_watches_nobody(config))
        log_write(LOG_WARNING, CONFIG_NOBODY);
}

static void reload(struct collector *collector)
{
    struct config *config;
    char counts[CONFIG_COUNTS_BYTES];
    const int error = config_load(collector->path, log_fault, NULL, &config);
    const struct now now = clock_now();

    if (error < 0) {
        log_write(LOG_ERR, "reload: nothing is changed: %s: %s", collector->path,
                  error == -EINVAL ? "not a good configuration" : strerror(-error));
        collector->info.config_rejected++;
        publish(collector, &now);
        return;
    }
    if (needs_restart(collector->config, config))
        log_write(
            LOG_WARNING,
            "reload: changes of [collector] name, state_dir, user, workers, of [notifications] queue and of [snmp] "
            "wait for a restart");
    const struct store_settings settings = store_settings_of(config);
    store_configure(probing_store(collector->probing), &settings);
    snmp_agent_set_rate(collector->snmp, config->snmp.rate_per_s, config->snmp.burst);
    collector->info.language = config->language;
    collector->info.rows_rejected = (uint32_t)config->csv_rows_rejected;
    collector->info.heartbeat_s = config->heartbeat_s;
    collector->info.config_wall_ms = now.wall_ms;
    if (probing_apply(collector->probing, config, &now) == 0)
        log_write(LOG_NOTICE, "reload: %s", config_counts(config, counts));
    warn_of_nobody(config);
    if (watch_feed(collector) < 0)
        log_write(LOG_ERR, "reload: out of memory: the feed folder is only rescanned");
    config_free(collector->config);
    collector->config = config;
    malloc_trim(0);
    turn(collector);
}

static void on_hangup(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    service_reloading();
    reload(user);
    service_ready();
}

/* The last resort, when a thread does not come back from a file system that hangs: what must be kept is in the
 * database. */
static void give_up(int signal)
{
    (void)signal;
    _exit(0);
}

static void on_stop(evutil_socket_t signal, short what, void *user)
{
    (void)what;
    struct collector *collector = user;
    const struct itimerval patience = { .it_value = { STOP_MS / 1000, STOP_MS % 1000 * 1000L } };
    log_write(LOG_NOTICE, "stopping on %s", strsignal((int)signal));
    service_stopping();
    sigaction(SIGALRM, &(struct sigaction){ .sa_handler = give_up }, NULL);
    setitimer(ITIMER_REAL, &patience, NULL);
    event_base_loopbreak(collector->base);
}

static int add_event(struct collector *collector, struct event **ret, int fd, short what, event_callback_fn callback)
{
    *ret = event_new(collector->base, fd, (short)(what | EV_PERSIST), callback, collector);
    return *ret && event_add(*ret, NULL) == 0 ? 0 : -ENOMEM;
}

static int begin_watchdog(struct collector *collector)
{
    const uint64_t every_us = service_watchdog_us();
    const struct timeval every = { .tv_sec = (time_t)(every_us / 1000000),
                                   .tv_usec = (suseconds_t)(every_us % 1000000) };
    if (every_us == 0)
        return 0;
    collector->watchdog = event_new(collector->base, -1, EV_PERSIST, on_watchdog, collector);
    return collector->watchdog && event_add(collector->watchdog, &every) == 0 ? 0 : -ENOMEM;
}

static int watch_saving(struct collector *collector)
{
    const int fd = saving_fd(collector->saving);
    return fd < 0 ? 0 : add_event(collector, &collector->saved, fd, EV_READ, on_wake);
}

static int begin(struct collector *collector)
{
    struct config *config = collector->config;
    const struct store_settings settings = store_settings_of(config);
    const struct timeval tick = { .tv_sec = TICK_MS / 1000 };
    const struct now now = clock_now();
    char reason[512] = "", counts[CONFIG_COUNTS_BYTES];
    int commands_fd = -1;

    if (!(collector->base = event_base_new()) || !(collector->name = strdup(config->name)))
        return -ENOMEM;
    collector->info = (struct collector_info){
        .name = collector->name,
        .version = AH_VERSION,
        .start_wall_ms = now.wall_ms,
        .config_wall_ms = now.wall_ms,
        .language = config->language,
        .rows_rejected = (uint32_t)config->csv_rows_rejected,
        .heartbeat_s = config->heartbeat_s,
    };
    collector->published_ms = -PUBLISH_GAP_MS;
    collector->beat_ms = now.mono_ms;

    int error = outgoing_new(config->notifications_max, &collector->outgoing);
    if (error < 0)
        return error;
    struct snmp_settings snmp = config->snmp;
    outgoing_settings(collector->outgoing, &snmp);
    /* Before there is any other thread: net-snmp is set up through the environment. */
    error = snmp_agent_new(&snmp, log_write_text, &collector->snmp, &commands_fd, reason, sizeof reason);
    if (error < 0) {
        log_write(LOG_ERR, "snmp: %s", *reason ? reason : strerror(-error));
        return error;
    }
    struct state *state;
    if ((error = saving_new(config->state_dir, &collector->saving, &state)) < 0 ||
        (error = probing_new(config, &settings, state, saving_directory(collector->saving), &collector->probing)) < 0)
        return error;
    const uint64_t master = config->snmp.master ? 0 : snmp_master_id(config->snmp.agentx_socket);
    saving_begin(collector->saving, probing_store(collector->probing), collector->outgoing, master, &now);
    probing_watch_uplink(collector->probing);
    if ((error = probing_apply(collector->probing, config, &now)) < 0)
        return error;
    if (!(collector->wake = evtimer_new(collector->base, on_wake, collector)) ||
        !(collector->tick = event_new(collector->base, -1, EV_PERSIST, on_tick, collector)) ||
        event_add(collector->tick, &tick) < 0)
        return -ENOMEM;
    if ((error = add_event(collector, &collector->answers, probing_answers_fd(collector->probing), EV_READ, on_wake)) ||
        (error =
             add_event(collector, &collector->consoles, probing_consoles_fd(collector->probing), EV_READ, on_wake)) ||
        (error = add_event(collector, &collector->commands, commands_fd, EV_READ, on_command)) ||
        (error = add_event(collector, &collector->told, outgoing_fd(collector->outgoing), EV_READ, on_told)) ||
        (error = watch_saving(collector)) ||
        (error = add_event(collector, &collector->hangup, SIGHUP, EV_SIGNAL, on_hangup)) ||
        (error = add_event(collector, &collector->terminate, SIGTERM, EV_SIGNAL, on_stop)) ||
        (error = add_event(collector, &collector->interrupt, SIGINT, EV_SIGNAL, on_stop)) ||
        (error = watch_feed(collector)) || (error = begin_watchdog(collector)))
        return error;
    log_write(LOG_NOTICE, "agenthealthd %s: %s, %u workers", AH_VERSION, config_counts(config, counts),
              config->workers);
    warn_of_nobody(config);
    probing_tick(collector->probing, &now); /* the drivers' rows are there from the first snapshot on */
    publish(collector, &now);
    turn(collector);
    return 0;
}

static void end(struct collector *collector)
{
    struct event **events[] = {
        &collector->answers,  &collector->consoles, &collector->feed,      &collector->commands,
        &collector->told,     &collector->saved,    &collector->wake,      &collector->tick,
        &collector->watchdog, &collector->hangup,   &collector->terminate, &collector->interrupt
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (*events[i])
            event_free(*events[i]);
    if (collector->saving) {
        const struct now now = clock_now();
        saving_end(collector->saving, &now);
    }
    const size_t untold = collector->snmp ? outgoing_drain(collector->outgoing, collector->snmp, DRAIN_MS) : 0;
    if (untold > 0)
        log_write(LOG_WARNING, "stopped while %zu notifications waited; they are %s", untold,
                  saving_works(collector->saving) ? "kept" : "lost");
    snmp_agent_free(collector->snmp);
    saving_free(collector->saving);
    probing_free(collector->probing);
    outgoing_free(collector->outgoing);
    if (collector->base)
        event_base_free(collector->base);
    free(collector->name);
    config_free(collector->config);
}

static void mask_signals(int how)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(how, &signals, NULL);
}

void collector_hold_signals(void)
{
    mask_signals(SIG_BLOCK);
}

int collector_run(struct config *config, const char *path, void (*ready)(void *user), void *user)
{
    struct collector collector = { .path = path, .config = config };
    const int error = begin(&collector);
    if (error == 0) {
        mask_signals(SIG_UNBLOCK);
        if (ready)
            ready(user);
        service_ready();
        event_base_dispatch(collector.base);
        mask_signals(SIG_BLOCK); /* once is enough: a second one would end us before the end */
        /* What has happened since the last publication is told, too. */
        const struct now now = clock_now();
        publish(&collector, &now);
    }
    end(&collector);
    return error;
}
