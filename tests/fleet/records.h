/* records.h: what management consoles know of agents: those of the script, and any number of generated ones that nobody
 * plays. A record says what is usual but for its settings, and when it was last told. Shared by all threads, under a
 * lock of its own. */
#ifndef FLEET_RECORDS_H
#define FLEET_RECORDS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "words.h"

#define RECORDS_GENERATED_MAX 100000
#define RECORD_GUID_MAX       40
#define RECORD_VALUE_MAX      160

/* Records that were told in the same second, at most: who pages by time must come forward with pages of 1,000. */
#define RECORDS_A_SECOND_MAX 900

struct estate;
struct record;
struct records;

/* Who an agent is, where its settings do not say otherwise. */
struct record_identity {
    char name[64], guid[RECORD_GUID_MAX], address[INET_ADDRSTRLEN], mac[24];
};

/* Makes the records of an estate, which is borrowed. Returns 0 or -ENOMEM. */
int records_new(const struct estate *estate, struct records **ret_records) __attribute__((warn_unused_result));
void records_free(struct records *records);

/* Sees to it that there are so many generated agents. Returns 0 or -ENOMEM. */
int records_generate(struct records *records, size_t count) __attribute__((warn_unused_result));

/* The script is read: tells everybody's record, the last one now and the others before. Returns 0 or -ENOMEM. */
int records_start(struct records *records) __attribute__((warn_unused_result));

/* Changes those that `text` names: agents and generated ones by name or FIRST..LAST, all, agents, generated, or several
 * with commas. What changes is told anew: the first RECORDS_A_SECOND_MAX now, more in the seconds that follow. `words`
 * are key=value, see README.md; `vanished` is 1, 0, or -1: as it was. Returns 0 or a negative errno with a fault. */
int records_change(struct records *records, char *text, char **words, int count, int vanished, size_t *ret_changed,
                   struct fault *fault) __attribute__((warn_unused_result));

/* From here on, the lock is held. */
void records_lock(struct records *records);
void records_unlock(struct records *records);

/* Records by their place: the script's agents in its order, then `generated` of the others. */
size_t records_count(const struct records *records, size_t generated);
const struct record *records_at(const struct records *records, size_t place);

/* Records in the order in which they were told; NULL: from the first one. NULL: there is no other. */
const struct record *records_next(const struct records *records, const struct record *record);

/* Whether a console with so many generated agents shows it. */
bool record_is_shown(const struct record *record, size_t generated);

time_t record_time(const struct record *record);
void record_identify(const struct record *record, struct record_identity *ret_identity);

/* Returns what its settings say for the key, else what is usual; NULL: missing. */
const char *record_get(const struct record *record, const char *key, const char *usual);

#endif
