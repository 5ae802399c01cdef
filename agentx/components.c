/* ahAgentComponentTable: the versions of each agent's components. The pattern in use is a fact, by which the agent is
 * judged; which of the two patterns that is, the scan method tells. The others are what the endpoint reports, or else
 * the server's record. */
#include "tables.h"

#define AGENT ((const struct agent_row *)row->at)
#define KIND  (row->index[1])
#define KNOWN (&AGENT->evidence.known)

static const struct parts parts = { AH_COMPONENT_KIND_PATTERN, AH_COMPONENT_KIND_PROGRAM, NULL };

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return parts_find(&parts, view->snapshot->agents, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return parts_next(&parts, view->snapshot->agents, hint, index, n, ret);
}

/* The kind of the pattern in use; 0: not known. */
static uint32_t pattern_in_use(const struct statement *known)
{
    const struct fact_value *method = &known->facts[FACT_SCAN_METHOD];
    if (method->mono_ms == 0)
        return 0;
    return method->value == SCAN_METHOD_SMART          ? AH_COMPONENT_KIND_SMART_SCAN_PATTERN
           : method->value == SCAN_METHOD_CONVENTIONAL ? AH_COMPONENT_KIND_PATTERN
                                                       : 0;
}

/* True where the fact speaks of this component; else it is the report's. */
static bool is_fact(const struct row *row)
{
    return KIND == pattern_in_use(KNOWN) && KNOWN->pattern_mono_ms != 0;
}

static const struct component_version *reported(const struct row *row)
{
    static const struct component_version nothing;
    return KNOWN->report ? &KNOWN->report->components[KIND - parts.first] : &nothing;
}

static int32_t day_of(const struct row *row)
{
    return is_fact(row) ? KNOWN->pattern_day : reported(row)->day;
}

/* By the date, as it was when the agent was last judged; of the pattern in use, as it is judged. A date that is still
 * to come has no age. */
static void get_age(const struct row *row, struct value *ret)
{
    const int32_t day = day_of(row);
    const int64_t age_s = AGENT->judged_wall_s - (int64_t)day * 86400;
    if (KIND == pattern_in_use(KNOWN) && KNOWN->facts[FACT_PATTERN_AGE_S].mono_ms)
        value_pattern_age(ret, AGENT);
    else
        value_gauge(ret, day && age_s >= 0 ? (uint32_t)age_s : VALUE_UNKNOWN_NUMBER);
}

/* The value of a fact from the record; unknown(1) where there is none. */
static unsigned recorded(const struct row *row, enum fact fact)
{
    const struct fact_value *known = &KNOWN->facts[fact];
    return known->mono_ms ? (unsigned)known->value : 1;
}

/* The record speaks of the pattern in use, whichever that is; where nobody tells, it stands for the conventional one.
 */
static bool is_recorded_pattern(const struct row *row)
{
    const uint32_t used = pattern_in_use(KNOWN);
    return KNOWN->facts[FACT_PATTERN_BEHIND].mono_ms && KIND == (used ? used : AH_COMPONENT_KIND_PATTERN);
}

static void get_state(const struct row *row, struct value *ret)
{
    const uint32_t used = pattern_in_use(KNOWN);
    const bool other_pattern = used && KIND != used && KIND <= AH_COMPONENT_KIND_SMART_SCAN_PATTERN;
    value_enum(ret, other_pattern                              ? AH_VERSION_STATE_NOT_USED
                    : KIND == used || is_recorded_pattern(row) ? AGENT->dampers[AXIS_PATTERN].believed
                    : KIND == AH_COMPONENT_KIND_ENGINE         ? recorded(row, FACT_ENGINE)
                                                               : AH_VERSION_STATE_UNKNOWN);
}

/* Of an engine, the record tells only whether it is behind at all. */
static void get_behind(const struct row *row, struct value *ret)
{
    if (is_recorded_pattern(row))
        value_gauge(ret, recorded(row, FACT_PATTERN_BEHIND) - 1);
    else
        value_gauge(
            ret, KIND == AH_COMPONENT_KIND_ENGINE && recorded(row, FACT_ENGINE) == TRI_YES ? 0 : VALUE_UNKNOWN_NUMBER);
}

GETTER(ahComponentVersion, value_text(ret, is_fact(row) ? KNOWN->pattern_version : reported(row)->version))
GETTER(ahComponentDate, value_day(ret, day_of(row)))
GETTER(ahComponentAge, get_age(row, ret))
GETTER(ahComponentState, get_state(row, ret))
GETTER(ahComponentVersionsBehind, get_behind(row, ret))

static const uint32_t arcs[] = { AH_AGENT_COMPONENT_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_AGENT_COMPONENT_TABLE_COLUMNS(COLUMN) };
const struct table component_table = {
    .name = "ahAgentComponentTable",
    TABLE_ARRAYS,
    .n_index = AH_AGENT_COMPONENT_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};
