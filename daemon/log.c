/* One line a message, to where the operator looks. */
#include "daemon/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 1024 };

static struct {
    bool to_syslog;
    int level;
} sink = { false, LOG_NOTICE };

static const char *const names[] = {
    [LOG_ERR] = "err", [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"
};

void log_open(bool to_syslog, int level)
{
    sink.to_syslog = to_syslog;
    sink.level = level;
    if (to_syslog)
        openlog("agenthealthd", LOG_PID, LOG_DAEMON);
}

int log_level_parse(const char *text, int *ret_level)
{
    for (int level = LOG_ERR; level <= LOG_DEBUG; level++)
        if (strcmp(names[level], text) == 0) {
            *ret_level = level;
            return 0;
        }
    return -EINVAL;
}

bool log_wants(int level)
{
    return level <= sink.level;
}

void log_write(int level, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;

    if (!log_wants(level))
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    if (sink.to_syslog)
        syslog(level, "%s", line);
    else
        fprintf(stderr, "%s: %s\n", names[level < LOG_ERR ? LOG_ERR : level], line);
}

void log_write_text(int level, const char *text)
{
    log_write(level, "%s", text);
}
