/* Puts faults into words and hands them on. It writes nowhere itself. */
#include "config_fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static void tell(struct config_faults *faults, bool fatal, const char *where,
                                                       const char *format, va_list list)
{
    char *what = NULL, *text = NULL;

    if (fatal)
        faults->fatal = true;
    if (vasprintf(&what, format, list) < 0) {
        faults->out_of_memory = true;
        return;
    }
    if (asprintf(&text, "%s: %s", where, what) < 0)
        faults->out_of_memory = true;
    else if (faults->report)
        faults->report(faults->user, fatal, text);
    free(text);
    free(what);
}

__attribute__((format(printf, 5, 0))) static void tell_of_key(struct config_faults *faults, bool fatal,
                                                              const char *section, const char *key, const char *format,
                                                              va_list list)
{
    char *where = NULL;
    int n;

    if (*section)
        n = asprintf(&where, "%s: [%s]%s%s", faults->file, section, *key ? " " : "", key);
    else
        n = asprintf(&where, "%s", faults->file);
    if (n < 0) {
        faults->out_of_memory = true;
        return;
    }
    tell(faults, fatal, where, format, list);
    free(where);
}

void config_fault(struct config_faults *faults, const char *section, const char *key, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    tell_of_key(faults, true, section, key, format, list);
    va_end(list);
}

void config_remark(struct config_faults *faults, const char *section, const char *key, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    tell_of_key(faults, false, section, key, format, list);
    va_end(list);
}

void config_fault_at(struct config_faults *faults, bool fatal, const char *file, unsigned line, const char *column,
                     const char *format, ...)
{
    char *where = NULL;
    va_list list;
    int n;

    if (*column)
        n = asprintf(&where, "%s: line %u: column \"%s\"", file, line, column);
    else if (line)
        n = asprintf(&where, "%s: line %u", file, line);
    else
        n = asprintf(&where, "%s", file);
    if (n < 0) {
        faults->out_of_memory = true;
        return;
    }
    va_start(list, format);
    tell(faults, fatal, where, format, list);
    va_end(list);
    free(where);
}

const char *config_file_fault(int error)
{
    switch (error) {
    case -EISDIR:
        return "is a directory";
    case -EINVAL:
        return "not a regular file";
    case -EFBIG:
        return "too large";
    default:
        return strerror(-error);
    }
}
