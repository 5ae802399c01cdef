/* The feed driver: reads the file that a target names, in one go, and answers with what it says or with what is wrong
 * with it. It never waits for a file to change, and never writes. */
#include "feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

/* The first fault in words, and how many there are. */
struct faults {
    unsigned n;
    char first[128];
};

static void on_fault(void *user, unsigned line, const char *section, const char *key, const char *what)
{
    struct faults *faults = user;

    if (faults->n++ > 0)
        return;
    if (section[0])
        snprintf(faults->first, sizeof faults->first, "[%.40s]%s%.40s: %s", section, key[0] ? " " : "", key, what);
    else if (line > 0)
        snprintf(faults->first, sizeof faults->first, "line %u: %s", line, what);
    else
        snprintf(faults->first, sizeof faults->first, "%s", what);
}

static void explain(const struct faults *faults, int error, struct probe_answer *answer)
{
    char detail[sizeof answer->detail];

    answer->observation.cause = cause_of(-error);
    if (faults->n > 1)
        snprintf(detail, sizeof detail, "%s (and %u more)", faults->first, faults->n - 1);
    else
        snprintf(detail, sizeof detail, "%s", faults->n ? faults->first : strerrordesc_np(-error));
    answer_detail(answer, detail);
}

static void look(const struct probe_job *job, const struct now *now, struct probe_answer *answer)
{
    const struct probe_target *target = job->target;
    const struct feed_reader reader = { .name = target->name, .gateways = job->settings->gateways };
    struct observation *observation = &answer->observation;
    struct faults faults = { 0 };
    char *text = NULL;
    size_t bytes;
    int error = ini_read_file(target->where, FEED_BYTES_MAX, &text, &bytes);

    if (!error)
        error = feed_parse(text, bytes, &reader, now, on_fault, &faults, observation);
    observation->subject = target->subject;
    observation->index = target->index;
    if (error)
        explain(&faults, error, answer);
    transcript_add(answer->transcript,
                   &(struct transcript_entry){ target->where, text ? text : answer->detail, observation->cause, 0 });
    free(text);
}

const struct probe_driver feed_driver = {
    .id = DRIVER_FEED,
    .look = look,
};
