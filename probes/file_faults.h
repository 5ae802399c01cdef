/* What is wrong with a file that was read and parsed here: as a cause, and in words. It reads nothing. */
#ifndef AH_PROBES_FILE_FAULTS_H
#define AH_PROBES_FILE_FAULTS_H

#include "driver.h"
#include "ini.h"

/* The first fault in words, and how many there are. All zero: none yet. */
struct file_faults {
    unsigned n;
    char first[128];
};

/* An ini_fault_fn; the user is a struct file_faults. */
void file_faults_note(void *user, unsigned line, const char *section, const char *key, const char *what);

/* Sets the answer's cause and detail. `error`: of ini_read_file() or of the parser, a negative errno. */
void file_faults_explain(const struct file_faults *faults, int error, struct probe_answer *answer);

#endif
