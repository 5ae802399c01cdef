/* ahSmartCheckTable: for each agent that has lost its Smart Protection source, what the six checks find. */
#include "core/guidance.h"
#include "core/line.h"
#include "tables.h"

#define AGENT   ((const struct agent_row *)row->at)
#define CHECK   ((enum smart_check)row->index[1])
#define FINDING ((enum finding)AGENT->verdict.findings[CHECK - 1])

static bool has_checks(const void *agent)
{
    return ((const struct agent_row *)agent)->verdict.conditions &
           CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE);
}

static const struct parts parts = { CHECK_ENDPOINT_LOCATION, SMART_CHECKS, has_checks };

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return parts_find(&parts, view->snapshot->agents, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return parts_next(&parts, view->snapshot->agents, hint, index, n, ret);
}

/* Behind what was found, the names of the sources at fault, or of the keys that differ, as many as find room. */
static void get_text(const struct view *view, const struct agent_row *agent, enum smart_check check, struct value *ret)
{
    const enum finding finding = (enum finding)agent->verdict.findings[check - 1];
    const struct rowview *sources = view->snapshot->sources;
    const struct source_row *first = rowview_get(sources, agent->list.list, NULL);
    struct line line = line_begin(view->snapshot->collector.language);
    const char *mark = ": ";

    line_add(&line, "%s", finding_text(finding, line.language));
    if (check == CHECK_SOURCE_LIST && first && finding_result(finding) == RESULT_FAILED)
        for (const struct source_row *source = first; source; source = rowview_next(sources, source->index, NULL)) {
            if (source->state != UPDOWN_DOWN || !source_identity_is_beside(first->identity, source->identity))
                continue;
            line_add(&line, "%s%s", mark, source->identity->name);
            mark = ", ";
        }
    if (check == CHECK_CONFIGURATION_FILES && finding_result(finding) == RESULT_FAILED)
        difference_add_words(&line, agent->evidence.known.difference);
    line_finish(&line, (char *)ret->buffer, sizeof ret->buffer);
    value_text(ret, (const char *)ret->buffer);
}

GETTER(ahSmartCheckResult, value_enum(ret, finding_result(FINDING)))
GETTER(ahSmartCheckText, get_text(view, AGENT, CHECK, ret))
GETTER(ahSmartCheckGuidance,
       value_guidance(ret, view, finding_result(FINDING) == RESULT_FAILED ? GUIDANCE_OF_CHECK(CHECK) : 0))

static const uint32_t arcs[] = { AH_SMART_CHECK_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_SMART_CHECK_TABLE_COLUMNS(COLUMN) };
const struct table smart_check_table = {
    .name = "ahSmartCheckTable",
    TABLE_ARRAYS,
    .n_index = AH_SMART_CHECK_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};
