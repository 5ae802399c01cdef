/* What is wrong with a file that was read and parsed here: as a cause, and in words. It reads nothing. */
#ifndef AH_PROBES_FILE_FAULTS_H
#define AH_PROBES_FILE_FAULTS_H

#include "driver.h"
#include "ini.h"

/* The first fault in words, and how many there are. */
struct file_faults {
    size_t bytes_max; /* how large the file may be */
    unsigned n;
    char first[128];
};

/* An ini_fault_fn; the user is a struct file_faults. */
void file_faults_note(void *user, unsigned line, const char *section, const char *key, const char *what);

/* The cause, and in the buffer the words. `error`: of ini_read_file() or of the parser, a negative errno. */
enum cause file_faults_explain(const struct file_faults *faults, int error, char *buffer, size_t bytes);
/* Sets the answer's cause and detail so. */
void file_faults_answer(const struct file_faults *faults, int error, struct probe_answer *answer);

#endif
