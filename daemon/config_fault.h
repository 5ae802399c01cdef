/* Tells what is wrong with a configuration, each fault on a line of its own, in one of four forms:
 *   FILE: what
 *   FILE: [section]: what
 *   FILE: [section] key: what
 *   FILE: line N: column "X": what
 * It decides nothing but whether the configuration can still be used. */
#ifndef AH_DAEMON_CONFIG_FAULT_H
#define AH_DAEMON_CONFIG_FAULT_H

#include "config.h"

struct config_faults {
    config_fault_fn *report;
    void *user;
    const char *file; /* borrowed: the configuration's name, as it was given */
    bool fatal;       /* some fault was */
    bool out_of_memory;
};

/* `section` and `key` may be "" where they do not apply. */
void config_fault(struct config_faults *faults, const char *section, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same, of what spoils nothing else: the configuration can be used. */
void config_remark(struct config_faults *faults, const char *section, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* About a line of a file; line 0: the file as a whole; column may be "". */
void config_fault_at(struct config_faults *faults, bool fatal, const char *file, unsigned line, const char *column,
                     const char *format, ...) __attribute__((format(printf, 6, 7)));

/* What a negative errno of ini_read_file() means, in words. */
const char *config_file_fault(int error);

#endif
