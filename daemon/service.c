/* Puts into the service manager's words how the daemon stands. It decides nothing, and knows nothing of the daemon. */
#include "daemon/service.h"

#include "daemon/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

static struct {
    char status[96]; /* as last told */
    bool has_failed; /* the last word did not get through */
} manager;

static void tell(const char *words)
{
    const int error = sd_notify(0, words);
    if (error < 0 && !manager.has_failed)
        log_write(LOG_WARNING, "the service manager can not be told: %s", strerror(-error));
    manager.has_failed = error < 0;
}

void service_ready(void)
{
    tell("READY=1");
}

void service_reloading(void)
{
    char words[64];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(words, sizeof words, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
             (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    tell(words);
}

void service_stopping(void)
{
    tell("STOPPING=1");
}

void service_status(size_t agents, size_t alarms, bool snmp)
{
    char status[sizeof manager.status];
    snprintf(status, sizeof status, "STATUS=%zu agents, %zu alarms; SNMP %s", agents, alarms,
             snmp ? "in service" : "out of service");
    if (strcmp(status, manager.status) == 0)
        return;
    memcpy(manager.status, status, sizeof status);
    tell(status);
}

uint64_t service_watchdog_us(void)
{
    uint64_t patience_us;
    return sd_watchdog_enabled(0, &patience_us) > 0 ? patience_us / 2 : 0;
}

void service_alive(void)
{
    tell("WATCHDOG=1");
}
