/* Carries out what managers write. Whether they may was decided before, by the master's access rules. */
#include "daemon/writes.h"

#include "daemon/log.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { MOMENT_BYTES = 40 };

/* `name`: "" for none. */
static void log_set(const char *who, const char *object, uint32_t index, const char *name, const char *was,
                    const char *becomes)
{
    log_write(LOG_NOTICE, "%s sets %s.%u%s%s%s: %s -> %s", who, object, index, *name ? " (" : "", name,
              *name ? ")" : "", was, becomes);
}

/* Between the answer to the manager and now. */
static void log_failure(const struct snmp_command *command, const char *object, int error)
{
    if (error < 0)
        log_write(LOG_ERR, "%s sets %s for %u, and nothing comes of it: %s", command->who, object, command->index,
                  error == -ENOENT ? "it is gone" : strerror(-error));
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

/* "none" for 0. */
static const char *moment(int64_t wall_ms, char buffer[MOMENT_BYTES])
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    return wall_ms && gmtime_r(&seconds, &utc) && strftime(buffer, MOMENT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc) ? buffer
                                                                                                             : "none";
}

static void verify(struct probing *probing, const struct snmp_command *command, const struct now *now)
{
    const struct agent_row *agent = store_agent(probing_store(probing), command->index);
    if (agent || command->index == 0)
        log_write(LOG_NOTICE, "%s sets ahVerifyNow.0: %u (%s)", command->who, command->index,
                  agent ? agent->identity->name : "all agents");
    if (command->index == 0)
        probing_read_consoles(probing);
    log_failure(command, "ahVerifyNow", probing_verify(probing, command->index, now));
}

static void acknowledge(struct store *store, const struct snmp_command *command, const struct now *now)
{
    static const char object[] = "ahAlarmAcknowledged";
    const struct alarm_row *alarm = store_alarm(store, command->index);
    if (alarm)
        log_set(command->who, object, command->index, text_chars(alarm->subject_name), truth(alarm->acknowledged),
                truth(command->on));
    log_failure(command, object, store_acknowledge(store, command->index, command->on, now));
}

struct maintained {
    const char *object;
    const char *name; /* NULL: there is no such row */
    int64_t wall_ms;
};

static struct maintained find_maintained(const struct store *store, const struct snmp_command *command)
{
    if (command->subject == SUBJECT_AGENT) {
        const struct agent_row *agent = store_agent(store, command->index);
        return (struct maintained){ "ahAgentMaintenanceUntil", agent ? agent->identity->name : NULL,
                                    agent ? agent->maintenance.wall_ms : 0 };
    }
    if (command->subject == SUBJECT_SERVER) {
        const struct server_row *server = store_server(store, command->index);
        return (struct maintained){ "ahServerMaintenanceUntil", server ? server->identity->name : NULL,
                                    server ? server->maintenance.wall_ms : 0 };
    }
    const struct group_row *group = store_group(store, command->index);
    return (struct maintained){ "ahGroupMaintenanceUntil", group ? text_chars(group->name) : NULL,
                                group ? group->maintenance.wall_ms : 0 };
}

static void maintain(struct store *store, const struct snmp_command *command, const struct now *now)
{
    const struct maintained found = find_maintained(store, command);
    char was[MOMENT_BYTES], becomes[MOMENT_BYTES];
    if (found.name)
        log_set(command->who, found.object, command->index, found.name, moment(found.wall_ms, was),
                moment(command->wall_ms > now->wall_ms ? command->wall_ms : 0, becomes));
    log_failure(command, found.object,
                store_set_maintenance(store, command->subject, command->index, command->wall_ms, now));
}

void writes_carry_out(struct probing *probing, const struct snmp_command *command, const struct now *now)
{
    struct store *store = probing_store(probing);
    switch (command->kind) {
    case SNMP_COMMAND_VERIFY_NOW:
        verify(probing, command, now);
        break;
    case SNMP_COMMAND_ACKNOWLEDGE:
        acknowledge(store, command, now);
        break;
    case SNMP_COMMAND_MAINTENANCE:
        maintain(store, command, now);
        break;
    case SNMP_COMMAND_NOTIFICATIONS:
        log_set(command->who, "ahNotificationsEnabled", 0, "", truth(store_notifies(store)), truth(command->on));
        store_switch_notifications(store, command->on);
        break;
    }
}
