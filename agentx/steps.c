/* ahGuidanceTable: what to do, in the collector's language. The texts themselves are in core/. */
#include "core/guidance.h"
#include "tables.h"

#define STEP ((const struct guidance *)row->at)

/* The position of the first step that is not before (subject, step). */
static size_t lower_bound(const struct guidance *steps, size_t n, uint32_t subject, uint32_t step)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (steps[middle].subject < subject || (steps[middle].subject == subject && steps[middle].step < step))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool give(size_t at, struct row *ret)
{
    size_t n;
    const struct guidance *steps = guidance_all(&n);
    if (at >= n)
        return false;
    *ret = (struct row){ &steps[at], { steps[at].subject, steps[at].step } };
    return true;
}

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    size_t n;
    const struct guidance *steps = guidance_all(&n);
    struct row row;
    (void)view;
    (void)hint;
    if (!give(lower_bound(steps, n, index[0], index[1]), &row) || row.index[0] != index[0] || row.index[1] != index[1])
        return false;
    *ret = row;
    return true;
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n_given, struct row *ret)
{
    size_t n;
    const struct guidance *steps = guidance_all(&n);
    struct row row;
    if (n_given < 2)
        return give(n_given == 0 ? 0 : lower_bound(steps, n, index[0], 0), ret);
    return give(lower_bound(steps, n, index[0], index[1]) + (find(view, hint, index, &row) ? 1 : 0), ret);
}

GETTER(ahGuidanceText, value_text(ret, STEP->text[view->snapshot->collector.language]))

static const uint32_t arcs[] = { AH_GUIDANCE_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_GUIDANCE_TABLE_COLUMNS(COLUMN) };
const struct table guidance_table = {
    .name = "ahGuidanceTable",
    TABLE_ARRAYS,
    .n_index = AH_GUIDANCE_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};
