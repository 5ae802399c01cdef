/* ahProbeAnswerTable: each driver's answers by cause. Every driver has a row for every cause but unknown(1). */
#include "tables.h"

#define PROBE ((const struct probe_row *)row->at)

enum { FIRST_CAUSE = CAUSE_NONE };

static bool give(const struct probe_row *probe, uint32_t cause, struct row *ret)
{
    if (!probe || cause < FIRST_CAUSE || cause > CAUSE_LAST)
        return false;
    *ret = (struct row){ probe, { probe->driver, cause } };
    return true;
}

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return give(rowview_get(view->snapshot->probes, index[0], hint), index[1], ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    const struct rowview *probes = view->snapshot->probes;
    if (n == 0)
        return give(rowview_first(probes), FIRST_CAUSE, ret);
    const uint32_t cause = n == 1 || index[1] < FIRST_CAUSE ? FIRST_CAUSE : index[1] + (index[1] < UINT32_MAX);
    return give(rowview_get(probes, index[0], hint), cause, ret) ||
           give(rowview_next(probes, index[0], hint), FIRST_CAUSE, ret);
}

GETTER(ahProbeAnswers, value_counter64(ret, PROBE->answers[row->index[1]]))

static const uint32_t arcs[] = { AH_PROBE_ANSWER_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_PROBE_ANSWER_TABLE_COLUMNS(COLUMN) };
const struct table probe_answer_table = {
    .name = "ahProbeAnswerTable",
    TABLE_ARRAYS,
    .n_index = AH_PROBE_ANSWER_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};
