/* Any bytes as a roster's file, with the sum that belongs to them: no crash, and what is read can be used, by a round
 * that goes on from it as well. */
#include "core/hash.h"
#include "daemon/roster_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SUM_BYTES = 8 };

static void put_sum(uint8_t *bytes, size_t n)
{
    const uint64_t sum = hash_add(HASH_BEGINS, bytes, n);
    for (size_t i = 0; i < SUM_BYTES; i++)
        bytes[n + i] = (uint8_t)(sum >> 8 * i);
}

static void use(const struct roster *roster, const struct now *now)
{
    const struct roster_round round = { .now_ms = now->mono_ms, .retire_ms = 1000 };
    struct roster_draft *draft = roster_draft_new(roster);
    const struct roster *next;
    struct roster_news news;

    for (size_t i = 0; i < roster_count(roster); i++) {
        struct roster_entry entry;
        roster_at(roster, i, &entry);
        if (!*entry.name || strlen(entry.name) > 255 || strlen(entry.engine_version) > 255)
            abort();
    }
    if (!draft || roster_finish(draft, &round, &next, &news) < 0)
        abort();
    roster_unref(next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct now now = { .mono_ms = 5000000, .wall_ms = INT64_C(1700000000000) };
    const struct roster *roster;
    uint8_t *bytes = malloc(size + SUM_BYTES);

    if (!bytes)
        abort();
    memcpy(bytes, data, size);
    put_sum(bytes, size);
    const int error = roster_file_thaw(bytes, size + SUM_BYTES, &now, &roster);
    if (error == 0) {
        use(roster, &now);
        roster_unref(roster);
    } else if (error != -EPROTO) {
        abort();
    }
    free(bytes);
    return 0;
}
