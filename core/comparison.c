/* Whether agents' files are compared, and what that means for what was found out about them. It compares nothing. */
#include "store_state.h"

/* Whether the word about a file rests on a comparison that counts no more. */
static bool is_void(const struct agent_row *agent, enum comparison comparison)
{
    const uint8_t files = agent->evidence.known.files;

    return comparison == COMPARISON_OFF ? files > FILES_UNKNOWN : files == FILES_IN_STEP || files == FILES_DIFFERENT;
}

void store_compare_files(struct store *store, enum comparison comparison, const struct now *now)
{
    struct observation nothing = {
        .driver = DRIVER_FILES, .cause = CAUSE_NONE, .has = HAS_FILES, .files = FILES_UNKNOWN
    };
    const struct agent_row *next = rowset_next(store->agents, 0);

    if (store->comparison == comparison)
        return;
    store->comparison = comparison;
    store->dirty = true;
    for (; next && comparison != COMPARISON_MADE; next = rowset_next(store->agents, next->index)) {
        if (!is_void(next, comparison))
            continue;
        /* Of the word's own time: the same file may be compared again later, and be as old as it was. */
        nothing.mono_ms = next->evidence.known.files_mono_ms;
        struct agent_row *agent = rowset_edit(store->agents, next->index);
        if (!agent || evidence_merge(&agent->evidence, &nothing) < 0) {
            store->dropped++;
            continue;
        }
        next = agent;
    }
    judge_agents_by(store, 0, now);
}
