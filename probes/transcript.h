/* A transcript: the questions that were put to one target, and what came back, in order, for people to read. Whoever
 * holds a job or an answer owns its transcript; it belongs to one thread at a time. */
#ifndef AH_PROBES_TRANSCRIPT_H
#define AH_PROBES_TRANSCRIPT_H

#include "core/model.h"

struct transcript;

struct transcript_entry {
    const char *question;
    const char *answer; /* "" where there is nothing to say beside the cause */
    enum cause cause;
    uint32_t time_ms;
};

/* NULL: out of memory. */
struct transcript *transcript_new(void);
void transcript_free(struct transcript *transcript); /* NULL-safe */

/* Adds an entry with copies of the texts, in which control characters become blanks and what is no UTF-8 question
 * marks; what is longer than TRANSCRIPT_ANSWER_BYTES is cut. NULL-safe: without a transcript nothing is done. For want
 * of memory the entry is missing, and transcript_is_whole() says so. */
enum { TRANSCRIPT_ANSWER_BYTES = 4096 };
void transcript_add(struct transcript *transcript, const struct transcript_entry *entry);

size_t transcript_count(const struct transcript *transcript);
const struct transcript_entry *transcript_at(const struct transcript *transcript, size_t i);
bool transcript_is_whole(const struct transcript *transcript);

#endif
