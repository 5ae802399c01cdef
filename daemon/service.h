/* What the service manager is told (sd_notify(3)): that it is in service, reads its configuration again, stops, lives.
 * Where none has started it, nobody is told and nothing fails. Of the main thread alone. */
#ifndef AH_DAEMON_SERVICE_H
#define AH_DAEMON_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void service_ready(void);     /* in service, at first or again */
void service_reloading(void); /* until service_ready() */
void service_stopping(void);

/* One line about it, when it is another than the last. `snmp`: whether it is in service. */
void service_status(size_t agents, size_t alarms, bool snmp);

/* How often, in microseconds, the manager wants service_alive() to be called; 0: it does not. */
uint64_t service_watchdog_us(void);
void service_alive(void);

#endif
