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

/* The end of a line that did not fit may be the beginning of a UTF-8 character only: at most three of its bytes. */
static void drop_half_character(char line[LINE_BYTES])
{
    for (size_t at = LINE_BYTES - 2; at > LINE_BYTES - 5; at--) {
        const unsigned char byte = (unsigned char)line[at];
        if (byte < 0x80)
            return;
        if (byte < 0xc0)
            continue;
        const size_t bytes = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
        if (at + bytes > LINE_BYTES - 1)
            line[at] = 0;
        return;
    }
}

/* ASCII's control characters, and those from U+0080 to U+009F, which some terminals obey as well. */
static void hide_controls(char *line)
{
    for (unsigned char *c = (unsigned char *)line; *c; c++) {
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
        else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
            c[0] = c[1] = '?';
    }
}

void log_write(int level, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;

    if (!log_wants(level))
        return;
    va_start(arguments, format);
    const int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof line)
        drop_half_character(line);
    hide_controls(line);
    if (sink.to_syslog)
        syslog(level, "%s", line);
    else
        fprintf(stderr, "%s: %s\n", names[level < LOG_ERR ? LOG_ERR : level], line);
}

void log_write_text(int level, const char *text)
{
    log_write(level, "%s", text);
}
