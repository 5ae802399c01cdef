/* agentx_serve: the SNMP side alone, over a made-up estate: for measuring it, and for tests that break what is around
 * it. It probes nothing and keeps nothing.
 * usage: agentx_serve KEY=VALUE...
 *   rows=N         agents in the tables (1000)
 *   socket=ADDR    the master's AgentX socket
 *   listen=ADDR    be a master of its own there instead; access=FILE
 *   reconnect=S rate=N burst=N root=OID
 *   fds=N          descriptors that are opened before anything else
 * Commands on standard input, one a line, each answered by one line on standard output:
 *   notify N, drain MS, counters, enabled 0|1, publish, rate N BURST, quit
 * What managers write is printed as `command KIND VALUE`; the log goes to standard error. */
#include "agentx/agent.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS = 3, GROUPS = 10 };

struct estate {
    struct rowset *agents, *servers, *groups, *alarms, *history, *changes, *probes;
    uint32_t rows, alarm_seq;
    bool enabled;
};

static void fail(const char *what)
{
    fprintf(stderr, "agentx_serve: %s\n", what);
    exit(2);
}

static void *need(void *pointer)
{
    if (!pointer)
        fail("out of memory");
    return pointer;
}

static struct rowset *new_set(const struct rowset_type *type)
{
    struct rowset *set;
    if (rowset_new(type, &set))
        fail("out of memory");
    return set;
}

static int64_t wall_ms(void)
{
    return (int64_t)time(NULL) * 1000;
}

static void add_agent(struct estate *estate, uint32_t index)
{
    char name[32], guid[40], address[32];
    snprintf(name, sizeof name, "PC-%06u", index);
    snprintf(guid, sizeof guid, "%08x-0000-4000-8000-%012x", index, index);
    snprintf(address, sizeof address, "10.%u.%u.%u", index >> 16 & 255, index >> 8 & 255, index & 255);
    struct agent_identity identity = { .name = name,
                                       .guid = guid,
                                       .group = "HQ\\Sales",
                                       .address = address,
                                       .port = 21112,
                                       .group_index = 1 + index % GROUPS,
                                       .server = 1 + index % SERVERS,
                                       .monitored = CONDITIONS_ALL };
    if (address_parse(address, &identity.literal))
        fail("address");
    struct agent_row *agent = need(rowset_insert(estate->agents, index));
    agent->identity = need((void *)(uintptr_t)agent_identity_new(&identity));
    agent->change_seq = index;
    agent->verdict =
        index % 10 == 0
            ? (struct verdict){ .conditions = CONDITION_BIT(CONDITION_OFFLINE),
                                .icon = ICON_OFFLINE,
                                .severity = SEVERITY_MAJOR,
                                .diagnosis = DIAGNOSIS_NETWORK_FAULT }
            : (struct verdict){ .icon = ICON_HEALTHY, .severity = SEVERITY_CLEARED, .diagnosis = DIAGNOSIS_NONE };
    agent->since_wall_ms = agent->observed_wall_ms = wall_ms();
    struct change_row *change = need(rowset_insert(estate->changes, index));
    change->agent = index;
    change->wall_ms = agent->since_wall_ms;
}

static void fill(struct estate *estate, uint32_t rows)
{
    *estate = (struct estate){ .agents = new_set(&agent_rows),
                               .servers = new_set(&server_rows),
                               .groups = new_set(&group_rows),
                               .alarms = new_set(&alarm_rows),
                               .history = new_set(&history_rows),
                               .changes = new_set(&change_rows),
                               .probes = new_set(&probe_rows),
                               .rows = rows,
                               .enabled = true };
    for (uint32_t i = 1; i <= SERVERS; i++) {
        const struct server_identity identity = { .name = "apex", .url = "https://apex.example:4343" };
        struct server_row *server = need(rowset_insert(estate->servers, i));
        server->identity = need((void *)(uintptr_t)server_identity_new(&identity));
        server->damper.believed = UPDOWN_UP;
        server->agents = rows / SERVERS;
    }
    for (uint32_t i = 1; i <= GROUPS; i++) {
        struct group_row *group = need(rowset_insert(estate->groups, i));
        group->name = text_new("HQ\\Sales");
        group->tally.agents = rows / GROUPS;
    }
    for (uint32_t i = DRIVER_LISTENER; i <= DRIVER_FEED; i++)
        need(rowset_insert(estate->probes, i));
    for (uint32_t i = 1; i <= rows; i++)
        add_agent(estate, i);
}

static void publish(const struct estate *estate, struct snmp_agent *snmp)
{
    const struct snapshot snapshot = {
        .collector = { .name = "bench", .version = "0", .start_wall_ms = wall_ms(), .config_wall_ms = wall_ms() },
        .notifications_enabled = estate->enabled,
        .fleet = { .agents = estate->rows, .healthy = estate->rows },
        .change_seq = estate->rows,
        .agents = rowset_view(estate->agents),
        .servers = rowset_view(estate->servers),
        .groups = rowset_view(estate->groups),
        .alarms = rowset_view(estate->alarms),
        .history = rowset_view(estate->history),
        .changes = rowset_view(estate->changes),
        .probes = rowset_view(estate->probes),
    };
    snmp_agent_publish(snmp, need(snapshot_new(&snapshot)));
}

static unsigned notify(struct estate *estate, struct snmp_agent *snmp, unsigned n)
{
    unsigned queued = 0;
    for (; queued < n; queued++) {
        const struct agent_row *agent = need((void *)(uintptr_t)rowset_get(estate->agents, 1));
        struct notification notification = { .kind = NOTIFICATION_RAISED,
                                             .alarm = { .seq = estate->alarm_seq + 1,
                                                        .subject = SUBJECT_AGENT,
                                                        .subject_index = 1,
                                                        .condition = ALARM_OFFLINE,
                                                        .severity = SEVERITY_MAJOR,
                                                        .diagnosis = DIAGNOSIS_NETWORK_FAULT,
                                                        .raised_wall_ms = wall_ms(),
                                                        .subject_name = text_new("PC-000001"),
                                                        .text = text_new("PC-000001 is offline") },
                                             .change_seq = agent->change_seq };
        if (snmp_agent_notify(snmp, &notification)) {
            notification_done(&notification);
            break;
        }
        estate->alarm_seq++;
    }
    return queued;
}

static bool drain(struct snmp_agent *snmp, unsigned timeout_ms)
{
    enum { STEP_MS = 5 };
    struct snmp_counters counters;
    for (unsigned waited_ms = 0;; waited_ms += STEP_MS) {
        snmp_agent_counters(snmp, &counters);
        if (counters.queued == 0 || waited_ms >= timeout_ms)
            return counters.queued == 0;
        poll(NULL, 0, STEP_MS);
    }
}

/* False: to end. */
static bool obey(const char *line, struct estate *estate, struct snmp_agent *snmp)
{
    struct snmp_counters counters;
    unsigned a, b;
    if (sscanf(line, "notify %u", &a) == 1) {
        printf("notified %u\n", notify(estate, snmp, a));
    } else if (sscanf(line, "drain %u", &a) == 1) {
        printf("drained %d\n", drain(snmp, a));
    } else if (sscanf(line, "enabled %u", &a) == 1) {
        estate->enabled = a;
        publish(estate, snmp);
        printf("enabled %d\n", estate->enabled);
    } else if (sscanf(line, "rate %u %u", &a, &b) == 2) {
        snmp_agent_set_rate(snmp, a, b);
        printf("rate %u %u\n", a, b);
    } else if (strncmp(line, "publish", 7) == 0) {
        publish(estate, snmp);
        printf("published\n");
    } else if (strncmp(line, "counters", 8) == 0) {
        snmp_agent_counters(snmp, &counters);
        printf("sent=%llu dropped=%llu queued=%u reconnects=%u connected=%d\n", (unsigned long long)counters.sent,
               (unsigned long long)counters.dropped, counters.queued, counters.reconnects, counters.connected);
    } else if (strncmp(line, "quit", 4) == 0) {
        return false;
    } else {
        printf("what?\n");
    }
    return true;
}

static void serve(struct estate *estate, struct snmp_agent *snmp, int commands_fd)
{
    char line[128];
    for (;;) {
        struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = commands_fd, .events = POLLIN } };
        struct snmp_command command;
        fflush(stdout);
        if (poll(fds, 2, -1) < 0)
            return;
        if (fds[1].revents)
            while (snmp_agent_take_command(snmp, &command))
                printf("command %d %u\n", command.kind, command.index);
        if (fds[0].revents && (!fgets(line, sizeof line, stdin) || !obey(line, estate, snmp)))
            return;
    }
}

static void on_log(int level, const char *text)
{
    fprintf(stderr, "<%d>%s\n", level, text);
}

static void open_descriptors(unsigned n)
{
    const struct rlimit limit = { n + 256, n + 256 };
    if (setrlimit(RLIMIT_NOFILE, &limit))
        fail("RLIMIT_NOFILE");
    for (unsigned i = 0; i < n; i++)
        if (open("/dev/null", O_RDONLY) < 0)
            fail("/dev/null");
}

static void parse_root(char *text, struct snmp_settings *settings)
{
    settings->root_len = 0;
    for (char *arc = strtok(text, "."); arc && settings->root_len < ROOT_OID_MAX; arc = strtok(NULL, "."))
        settings->root[settings->root_len++] = (uint32_t)strtoul(arc, NULL, 10);
}

static void parse(struct snmp_settings *settings, uint32_t *ret_rows, char *argument)
{
    char *value = strchr(argument, '=');
    if (!value)
        fail("KEY=VALUE");
    *value++ = '\0';
    const unsigned number = (unsigned)strtoul(value, NULL, 10);
    if (strcmp(argument, "rows") == 0)
        *ret_rows = number;
    else if (strcmp(argument, "socket") == 0)
        settings->agentx_socket = value;
    else if (strcmp(argument, "listen") == 0)
        settings->master = true, settings->listen = value;
    else if (strcmp(argument, "access") == 0)
        settings->access_conf = value;
    else if (strcmp(argument, "reconnect") == 0)
        settings->reconnect_s = number;
    else if (strcmp(argument, "rate") == 0)
        settings->rate_per_s = number;
    else if (strcmp(argument, "burst") == 0)
        settings->burst = number;
    else if (strcmp(argument, "root") == 0)
        parse_root(value, settings);
    else if (strcmp(argument, "fds") == 0)
        open_descriptors(number);
    else
        fail(argument);
}

int main(int argc, char **argv)
{
    struct snmp_settings settings = { .agentx_socket = "",
                                      .listen = "",
                                      .access_conf = "",
                                      .reconnect_s = 1,
                                      .rate_per_s = 200,
                                      .burst = 50,
                                      .queue_max = 65536 };
    char root[] = "1.3.6.1.4.1.8072.9999.9999.6101", error[256];
    struct snmp_agent *snmp;
    struct estate estate;
    uint32_t rows = 1000;
    int fd;
    signal(SIGPIPE, SIG_IGN);
    parse_root(root, &settings);
    for (int i = 1; i < argc; i++)
        parse(&settings, &rows, argv[i]);
    fill(&estate, rows);
    if (snmp_agent_new(&settings, on_log, &snmp, &fd, error, sizeof error))
        fail(error);
    publish(&estate, snmp);
    printf("ready\n");
    serve(&estate, snmp, fd);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    snmp_agent_free(snmp);
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("stopped %.3f\n", (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9);
    rowset_free(estate.agents);
    rowset_free(estate.servers);
    rowset_free(estate.groups);
    rowset_free(estate.alarms);
    rowset_free(estate.history);
    rowset_free(estate.changes);
    rowset_free(estate.probes);
    return 0;
}
