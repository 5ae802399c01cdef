/* ahProbeAnswerTable: each driver's answers by cause. Every driver has a row for every cause but unknown(1). */
#include "tables.h"

#define PROBE ((const struct probe_row *)row->at)

static const struct parts parts = { CAUSE_NONE, CAUSE_LAST, NULL };

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return parts_find(&parts, view->snapshot->probes, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return parts_next(&parts, view->snapshot->probes, hint, index, n, ret);
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
