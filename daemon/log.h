/* The daemon's log: standard error in the foreground, syslog else. Only the daemon's folder logs. Safe in any thread.
 */
#ifndef AH_DAEMON_LOG_H
#define AH_DAEMON_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* level: messages above this syslog priority are left out. */
void log_open(bool to_syslog, int level);
/* Reads a level's name: err, warning, notice, info, debug. 0 or -EINVAL. */
int log_level_parse(const char *text, int *ret_level);
bool log_wants(int level);
/* Writes one line. Control characters in it are shown as '?', so that nothing that came from outside can forge a line.
 */
void log_write(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a text that is ready. */
void log_write_text(int level, const char *text);

#endif
