/* From the errors of files to causes and words. */
#include "file_faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Why a file could not be read; the rest is CAUSE_PROTOCOL_ERROR. */
static const struct {
    int error;
    enum cause cause;
} causes[] = {
    { ENOENT, CAUSE_NAME_NOT_FOUND },
    { ENOTDIR, CAUSE_NAME_NOT_FOUND },
    { EACCES, CAUSE_FORBIDDEN },
    { EPERM, CAUSE_FORBIDDEN },
    { EFBIG, CAUSE_TOO_LARGE },
    /* A share that is not there any more. */
    { ETIMEDOUT, CAUSE_TIMED_OUT },
    { EHOSTDOWN, CAUSE_UNREACHABLE },
    { EHOSTUNREACH, CAUSE_UNREACHABLE },
    { ENETUNREACH, CAUSE_UNREACHABLE },
    { ENOTCONN, CAUSE_UNREACHABLE },
    /* Nothing is wrong with the file: this machine lacks something. */
    { ENOMEM, CAUSE_CANCELLED },
    { EMFILE, CAUSE_CANCELLED },
    { ENFILE, CAUSE_CANCELLED },
};

static enum cause cause_of(int error)
{
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (causes[i].error == error)
            return causes[i].cause;
    return CAUSE_PROTOCOL_ERROR;
}

void file_faults_note(void *user, unsigned line, const char *section, const char *key, const char *what)
{
    struct file_faults *faults = user;

    if (faults->n++ > 0)
        return;
    if (section[0])
        snprintf(faults->first, sizeof faults->first, "[%.40s]%s%.40s: %s", section, key[0] ? " " : "", key, what);
    else if (line > 0)
        snprintf(faults->first, sizeof faults->first, "line %u: %s", line, what);
    else
        snprintf(faults->first, sizeof faults->first, "%s", what);
}

enum cause file_faults_explain(const struct file_faults *faults, int error, char *buffer, size_t bytes)
{
    char words[sizeof faults->first + 32];

    if (faults->n > 1)
        snprintf(words, sizeof words, "%s (and %u more)", faults->first, faults->n - 1);
    else if (error == -EFBIG)
        snprintf(words, sizeof words, "larger than %zu KiB", faults->bytes_max / 1024);
    else
        snprintf(words, sizeof words, "%s",
                 faults->n          ? faults->first
                 : error == -EINVAL ? "not a regular file"
                                    : strerrordesc_np(-error));
    detail_write(buffer, bytes, words);
    return cause_of(-error);
}

void file_faults_answer(const struct file_faults *faults, int error, struct probe_answer *answer)
{
    answer->observation.cause = file_faults_explain(faults, error, answer->detail, sizeof answer->detail);
}
