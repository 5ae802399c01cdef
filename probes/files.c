/* The files driver: reads sscfg.ini for the collector, from a path or by URL, and agents' ssnotify.ini from paths,
 * which it holds against the sscfg.ini that comes with the job. It keeps neither, and what it can not read it says. */
#include "file_faults.h"

#include "core/line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MS_A_SECOND = 1000, NS_A_MS = 1000000 };

/* sscfg.ini has come: it is the answer, if it is good. `told`: what to show people. */
static void take_reference(const struct probe_job *job, const char *text, size_t bytes, struct probe_answer *answer,
                           char *told, size_t told_bytes)
{
    struct file_faults faults = { .bytes_max = REFERENCE_BYTES_MAX };
    const int error = reference_new(text, bytes, job->settings->ignored, file_faults_note, &faults, &answer->reference);

    answer->observation.cause = CAUSE_NONE;
    if (error)
        file_faults_answer(&faults, error, answer);
    snprintf(told, told_bytes, "%s", error ? answer->detail : "it can be compared with");
}

static void tell_files(enum files files, const struct difference *difference, char *told, size_t told_bytes)
{
    struct line line = line_begin(LANGUAGE_EN);

    line_add(&line, "%s",
             files == FILES_UNKNOWN   ? "there is no good sscfg.ini to compare with"
             : files == FILES_IN_STEP ? "it agrees with sscfg.ini"
                                      : "it differs from sscfg.ini");
    difference_add_words(&line, difference);
    line_finish(&line, told, told_bytes);
}

static void compare(const struct probe_job *job, const char *text, size_t bytes, struct probe_answer *answer,
                    char *told, size_t told_bytes)
{
    struct observation *observation = &answer->observation;
    struct file_faults faults = { .bytes_max = REFERENCE_BYTES_MAX };
    const int error = reference_compare(job->reference, text, bytes, file_faults_note, &faults, &observation->files,
                                        &observation->difference);

    if (error) {
        file_faults_answer(&faults, error, answer);
        snprintf(told, told_bytes, "%s", answer->detail);
        return;
    }
    observation->cause = CAUSE_NONE;
    observation->has |= HAS_FILES;
    tell_files(observation->files, observation->difference, told, told_bytes);
}

/* A copy that somebody brings is true as of its last change, which this machine or its share has noted. */
static void date_it(const char *path, const struct now *now, struct observation *observation)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return;
    const int64_t age_ms =
        now->wall_ms - ((int64_t)status.st_ctim.tv_sec * MS_A_SECOND + status.st_ctim.tv_nsec / NS_A_MS);
    if (age_ms <= 0)
        return;
    observation->wall_ms -= age_ms;
    observation->mono_ms -= age_ms;
}

/* That an agent's file can not be read is a fact, unless it is this machine that failed. */
static void note_unreadable(struct observation *observation)
{
    if (observation->cause == CAUSE_NONE || !cause_is_evidence(observation->cause))
        return;
    observation->files = FILES_UNREADABLE;
    observation->has |= HAS_FILES;
}

static void look(const struct probe_job *job, const struct now *now, struct probe_answer *answer)
{
    const struct probe_target *target = job->target;
    const bool of_agent = target->subject == SUBJECT_AGENT;
    struct observation *observation = &answer->observation;
    char *text = NULL, told[1024];
    size_t bytes = 0;
    const int error = ini_read_file(target->where, REFERENCE_BYTES_MAX, &text, &bytes);

    if (error) {
        file_faults_answer(&(struct file_faults){ .bytes_max = REFERENCE_BYTES_MAX }, error, answer);
        snprintf(told, sizeof told, "%s", answer->detail);
    } else if (of_agent) {
        compare(job, text, bytes, answer, told, sizeof told);
    } else {
        take_reference(job, text, bytes, answer, told, sizeof told);
    }
    if (of_agent)
        note_unreadable(observation);
    if (of_agent && observation->cause == CAUSE_NONE && job->settings->ages)
        date_it(target->where, now, observation);
    transcript_add(answer->transcript, &(struct transcript_entry){ target->where, told, observation->cause, 0 });
    free(text);
}

/* By URL: a conversation of one question. */
struct talk {
    const struct probe_job *job;
    struct reply reply; /* its texts are not kept */
    struct probe_answer read;
    char detail[160], told[1024];
    bool asked;
};

static void *begin(const struct probe_job *job, void **memory, const struct now *now)
{
    (void)memory, (void)now;
    struct talk *talk = calloc(1, sizeof *talk);

    if (talk) {
        talk->job = job;
        talk->reply.cause = CAUSE_TIMED_OUT;
    }
    return talk;
}

static bool next(void *user, struct request *ret)
{
    struct talk *talk = user;

    if (talk->asked)
        return false;
    talk->asked = true;
    *ret = (struct request){ .last = true };
    return true;
}

static void take(void *user, const struct reply *reply, const struct now *now)
{
    (void)now;
    struct talk *talk = user;

    talk->reply = *reply;
    talk->reply.body = talk->reply.detail = NULL;
    snprintf(talk->detail, sizeof talk->detail, "%s", reply->detail);
    if (reply->cause == CAUSE_NONE)
        take_reference(talk->job, reply->body, reply->bytes, &talk->read, talk->told, sizeof talk->told);
}

static void end(void *user, const struct now *now, struct probe_answer *answer)
{
    (void)now;
    struct talk *talk = user;
    char question[512];

    answer->observation.cause = talk->reply.cause;
    answer_detail(answer, talk->detail);
    if (talk->reply.cause == CAUSE_NONE) {
        answer->observation.cause = talk->read.observation.cause;
        answer_detail(answer, talk->read.detail);
        answer->reference = talk->read.reference;
        talk->read.reference = NULL;
    }
    snprintf(question, sizeof question, "GET %s", talk->job->target->where);
    transcript_add(answer->transcript,
                   &(struct transcript_entry){ question, talk->told[0] ? talk->told : answer->detail,
                                               answer->observation.cause, talk->reply.rtt_ms });
}

static void talk_free(void *user)
{
    struct talk *talk = user;

    probe_answer_done(&talk->read);
    free(talk);
}

static void forget(void *memory)
{
    (void)memory; /* nothing is kept */
}

static const struct conversation conversation = {
    .begin = begin, .next = next, .take = take, .end = end, .free = talk_free, .forget = forget
};

const struct probe_driver files_driver = {
    .id = DRIVER_FILES,
    .look = look,
    .waits = true,
    .conversation = &conversation,
};
