/* The feed driver: reads the file that a target names, in one go, and answers with what it says or with what is wrong
 * with it. It never waits for a file to change, and never writes. */
#include "feed.h"
#include "file_faults.h"

#include <stdlib.h>

static void look(const struct probe_job *job, const struct now *now, struct probe_answer *answer)
{
    const struct probe_target *target = job->target;
    const struct feed_reader reader = { .name = target->name, .gateways = job->settings->gateways };
    struct observation *observation = &answer->observation;
    struct file_faults faults = { .bytes_max = FEED_BYTES_MAX };
    char *text = NULL;
    size_t bytes;
    int error = ini_read_file(target->where, FEED_BYTES_MAX, &text, &bytes);

    if (!error)
        error = feed_parse(text, bytes, &reader, now, file_faults_note, &faults, observation);
    observation->subject = target->subject;
    observation->index = target->index;
    if (error)
        file_faults_answer(&faults, error, answer);
    transcript_add(answer->transcript,
                   &(struct transcript_entry){ target->where, text ? text : answer->detail, observation->cause, 0 });
    free(text);
}

const struct probe_driver feed_driver = {
    .id = DRIVER_FEED,
    .look = look,
};
