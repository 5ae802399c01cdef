/* The mailboxes between the SNMP thread and the rest of the daemon, and the thread's life. It serves nothing itself. */
#include "library.h"
#include "thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const struct snapshot nothing = { .collector = { .name = "", .version = "" }, .notifications_enabled = true };

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t thread_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

/* Neither can fail for a reason other than a counter that is not zero anyway. */
static void signal_fd(int fd)
{
    const uint64_t one = 1;
    const ssize_t n = write(fd, &one, sizeof one);
    (void)n;
}

static void clear_fd(int fd)
{
    uint64_t count;
    const ssize_t n = read(fd, &count, sizeof count);
    (void)n;
}

void thread_out_of_memory(struct snmp_agent *agent)
{
    enum { PAUSE_MS = 500 };
    agent->log(LOG_ERR, "out of memory in the SNMP thread");
    (void)poll(NULL, 0, PAUSE_MS);
}

void thread_drain_wakeup(struct snmp_agent *agent)
{
    clear_fd(agent->wake_fd);
}

void thread_connected(struct snmp_agent *agent, bool connected)
{
    agent->connected = connected;
    signal_fd(agent->command_fd);
}

void thread_give_up(struct snmp_agent *agent, struct flight *flight)
{
    agent->log(LOG_ERR, "a notification that the module does not know was given up");
    outbox_failed(&agent->outbox, flight);
}

void thread_refresh(struct snmp_agent *agent, int64_t now_ms)
{
    struct view *view = &agent->view;
    struct snapshot *newer = snapshot_slot_take(&agent->slot);
    if (newer) {
        snapshot_unref(agent->snapshot);
        agent->snapshot = newer;
        view->snapshot = newer;
        if (newer->notifications_enabled == view->enabled)
            view->override_enabled = false;
    }
    struct snmp_counters counters;
    snmp_agent_counters(agent, &counters);
    view->sent = counters.sent;
    view->dropped = counters.dropped;
    view->queued = counters.queued;
    view->reconnects = counters.reconnects;
    view->wall_ms = clock_ms(CLOCK_REALTIME);
    view->uptime_origin_ms = now_ms - (int64_t)netsnmp_get_agent_uptime() * 10;
}

void thread_started(struct snmp_agent *agent, int error, const char *reason)
{
    pthread_mutex_lock(&agent->start_lock);
    agent->started = true;
    agent->start_error = error;
    snprintf(agent->error, sizeof agent->error, "%s", reason ? reason : "");
    pthread_cond_signal(&agent->started_cond);
    pthread_mutex_unlock(&agent->start_lock);
}

void thread_await_snapshot(struct snmp_agent *agent)
{
    struct pollfd wake = { .fd = agent->wake_fd, .events = POLLIN };
    while (!agent->stop && !agent->snapshot) {
        if (poll(&wake, 1, -1) > 0)
            thread_drain_wakeup(agent);
        thread_refresh(agent, thread_now_ms());
    }
}

static size_t command_room(void *user)
{
    struct snmp_agent *agent = user;
    pthread_mutex_lock(&agent->commands_lock);
    const size_t room = COMMANDS_MAX - agent->n_commands;
    pthread_mutex_unlock(&agent->commands_lock);
    return room;
}

static void apply_command(void *user, const struct snmp_command *command)
{
    struct snmp_agent *agent = user;
    pthread_mutex_lock(&agent->commands_lock);
    const bool full = agent->n_commands == COMMANDS_MAX;
    if (!full)
        agent->commands[(agent->first_command + agent->n_commands++) % COMMANDS_MAX] = *command;
    pthread_mutex_unlock(&agent->commands_lock);
    if (full) { /* there was room when it was tested, but two transactions have shared it */
        agent->log(LOG_ERR, "a manager's write was lost: too many at once");
        return;
    }
    if (command->kind == SNMP_COMMAND_NOTIFICATIONS) {
        agent->view.override_enabled = true;
        agent->view.enabled = command->on;
    } else if (command->kind == SNMP_COMMAND_VERIFY_NOW) {
        agent->view.verified = command->index;
    }
    signal_fd(agent->command_fd);
}

bool snmp_agent_take_command(struct snmp_agent *agent, struct snmp_command *ret)
{
    pthread_mutex_lock(&agent->commands_lock);
    const bool some = agent->n_commands > 0;
    if (some) {
        *ret = agent->commands[agent->first_command];
        agent->first_command = (agent->first_command + 1) % COMMANDS_MAX;
        agent->n_commands--;
    } else {
        clear_fd(agent->command_fd);
    }
    pthread_mutex_unlock(&agent->commands_lock);
    return some;
}

static void *run(void *user)
{
    struct snmp_agent *agent = user;
    (agent->settings.master ? master_loop : agentx_loop)(agent);
    return NULL;
}

/* The thread takes no signals: they are the main thread's. */
static int start_thread(struct snmp_agent *agent)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&agent->thread, NULL, run, agent);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

static void release(struct snmp_agent *agent)
{
    if (agent->wake_fd >= 0)
        close(agent->wake_fd);
    if (agent->command_fd >= 0)
        close(agent->command_fd);
    if (agent->outbox.queue)
        outbox_done(&agent->outbox);
    snapshot_slot_done(&agent->slot);
    snapshot_unref(agent->snapshot);
    pthread_mutex_destroy(&agent->commands_lock);
    pthread_mutex_destroy(&agent->start_lock);
    pthread_cond_destroy(&agent->started_cond);
    free((void *)(uintptr_t)agent->settings.agentx_socket);
    free((void *)(uintptr_t)agent->settings.listen);
    free((void *)(uintptr_t)agent->settings.access_conf);
    free(agent);
}

static int copy_settings(struct snmp_agent *agent, const struct snmp_settings *settings)
{
    agent->settings = *settings;
    agent->settings.agentx_socket = strdup(settings->agentx_socket ? settings->agentx_socket : "");
    agent->settings.listen = strdup(settings->listen ? settings->listen : "");
    agent->settings.access_conf = strdup(settings->access_conf ? settings->access_conf : "");
    agent->view.snapshot = &nothing;
    agent->view.root = agent->settings.root;
    agent->view.root_len = agent->settings.root_len;
    return agent->settings.agentx_socket && agent->settings.listen && agent->settings.access_conf ? 0 : -ENOMEM;
}

int snmp_agent_new(const struct snmp_settings *settings, snmp_log_fn *log, struct snmp_agent **ret, int *ret_fd,
                   char *error, size_t error_bytes)
{
    struct snmp_agent *agent = calloc(1, sizeof *agent);
    int result;
    if (!agent)
        return -ENOMEM;
    agent->log = log;
    agent->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    agent->command_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    result = agent->wake_fd < 0 || agent->command_fd < 0 ? -errno : 0;
    agent->handlers = (struct handler_context){
        .view = &agent->view, .is_master = settings->master, .room = command_room, .apply = apply_command, .user = agent
    };
    pthread_mutex_init(&agent->commands_lock, NULL);
    pthread_mutex_init(&agent->start_lock, NULL);
    pthread_cond_init(&agent->started_cond, NULL);
    if (!result)
        result = copy_settings(agent, settings);
    if (!result)
        result = outbox_init(&agent->outbox, settings);
    if (!result)
        result = library_environment();
    if (!result)
        result = start_thread(agent);
    if (result) {
        snprintf(error, error_bytes, "%s", strerror(-result));
        release(agent);
        return result;
    }

    pthread_mutex_lock(&agent->start_lock);
    while (!agent->started)
        pthread_cond_wait(&agent->started_cond, &agent->start_lock);
    result = agent->start_error;
    pthread_mutex_unlock(&agent->start_lock);
    if (result) {
        snprintf(error, error_bytes, "%s", agent->error);
        snmp_agent_free(agent);
        return result;
    }
    *ret = agent;
    *ret_fd = agent->command_fd;
    return 0;
}

void snmp_agent_free(struct snmp_agent *agent)
{
    if (!agent)
        return;
    agent->stop = true;
    signal_fd(agent->wake_fd);
    pthread_join(agent->thread, NULL);
    release(agent);
}

void snmp_agent_publish(struct snmp_agent *agent, struct snapshot *snapshot)
{
    snapshot_slot_put(&agent->slot, snapshot);
    /* Taken at once, so that no more than two generations of rows are alive. */
    signal_fd(agent->wake_fd);
}

int snmp_agent_notify(struct snmp_agent *agent, struct notification *notification)
{
    const int error = outbox_put(&agent->outbox, notification);
    if (!error)
        signal_fd(agent->wake_fd);
    return error;
}

void snmp_agent_beat(struct snmp_agent *agent)
{
    outbox_beat(&agent->outbox);
    signal_fd(agent->wake_fd);
}

void snmp_agent_set_backlog(struct snmp_agent *agent, uint32_t waiting, uint64_t folded)
{
    agent->waiting = waiting;
    agent->folded = folded;
}

void snmp_agent_set_rate(struct snmp_agent *agent, unsigned rate_per_s, unsigned burst)
{
    outbox_set_rate(&agent->outbox, rate_per_s, burst);
}

void snmp_agent_counters(struct snmp_agent *agent, struct snmp_counters *ret)
{
    *ret = (struct snmp_counters){
        .sent = agent->outbox.sent,
        .dropped = agent->outbox.dropped + agent->folded,
        .queued = (uint32_t)agent->outbox.count + agent->waiting,
        .reconnects = agent->reconnects,
        .connected = agent->connected,
    };
}
