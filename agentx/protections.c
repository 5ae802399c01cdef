/* ahProtectionTable: what each endpoint reports about its protection. */
#include "core/notes.h"
#include "tables.h"

#define AGENT      ((const struct agent_row *)row->at)
#define EVIDENCE   (&AGENT->evidence)
#define REPORT     (EVIDENCE->known.report)     /* NULL: there is none */
#define DIFFERENCE (EVIDENCE->known.difference) /* likewise */

/* The last known value of a fact; unknown(1) when there is none. */
static void get_fact(const struct evidence *evidence, enum fact fact, struct value *ret)
{
    const struct fact_value *known = &evidence->known.facts[fact];
    value_enum(ret, known->mono_ms ? (unsigned)known->value : 0);
}

static void get_note(const struct view *view, const struct agent_row *agent, struct value *ret)
{
    char *text = (char *)ret->buffer;
    notes_text(text, sizeof ret->buffer, view->snapshot->collector.language, &agent->evidence,
               (enum location)agent->verdict.expected_location, agent->identity->asked);
    value_text(ret, text);
}

/* Where nobody tells which pattern is in use, that which the server has on record. */
static void get_pattern_version(const struct statement *known, struct value *ret)
{
    const bool recorded = known->facts[FACT_PATTERN_BEHIND].mono_ms && !known->facts[FACT_SCAN_METHOD].mono_ms;
    value_text(ret, known->pattern_mono_ms || !recorded || !known->report
                        ? known->pattern_version
                        : known->report->components[COMPONENT_PATTERN].version);
}

static uint32_t keys_differing(const struct statement *known)
{
    return known->difference ? known->difference->keys : known->files == FILES_IN_STEP ? 0 : VALUE_UNKNOWN_NUMBER;
}

/* By its own name where it is configured. */
static void get_source(const struct view *view, const struct agent_row *agent, struct value *ret)
{
    const struct report *report = agent->evidence.known.report;
    const struct source_row *source = rowview_get(view->snapshot->sources, agent->list.source, NULL);
    value_text(ret, source ? source->identity->name : report ? report->source : "");
}

GETTER(ahProtectionMode, get_fact(EVIDENCE, FACT_MODE, ret))
GETTER(ahProtectionRealTimeScan, get_fact(EVIDENCE, FACT_RTS_POLICY, ret))
GETTER(ahProtectionRealTimeScanService, get_fact(EVIDENCE, FACT_RTS_SERVICE, ret))
GETTER(ahProtectionScanMethod, get_fact(EVIDENCE, FACT_SCAN_METHOD, ret))
GETTER(ahProtectionPatternState, value_enum(ret, AGENT->dampers[AXIS_PATTERN].believed))
GETTER(ahProtectionPatternVersion, get_pattern_version(&EVIDENCE->known, ret))
GETTER(ahProtectionPatternDate, value_day(ret, EVIDENCE->known.pattern_day))
GETTER(ahProtectionPatternAge, value_pattern_age(ret, AGENT))
GETTER(ahProtectionLocation, get_fact(EVIDENCE, FACT_LOCATION, ret))
GETTER(ahProtectionSmartProtection,
       value_enum(ret, AGENT->verdict.outage ? UPDOWN_DOWN : AGENT->dampers[AXIS_SMART].believed))
GETTER(ahProtectionFilesInStep,
       value_enum(ret, EVIDENCE->known.files > FILES_DIFFERENT ? FILES_UNKNOWN : EVIDENCE->known.files))
GETTER(ahProtectionProxies, value_enum(ret, finding_result(AGENT->verdict.findings[CHECK_PROXIES - 1])))
GETTER(ahProtectionTmusa, get_fact(EVIDENCE, FACT_TMUSA, ret))
GETTER(ahProtectionSource, get_source(view, AGENT, ret))
GETTER(ahProtectionExpectedLocation, value_enum(ret, AGENT->verdict.expected_location))
GETTER(ahProtectionKeysDiffering, value_gauge(ret, keys_differing(&EVIDENCE->known)))
GETTER(ahProtectionKeysNamed, value_text(ret, DIFFERENCE ? DIFFERENCE->names : ""))
GETTER(ahProtectionListenerService, get_fact(EVIDENCE, FACT_LISTENER_SERVICE, ret))
GETTER(ahProtectionSystem, value_text(ret, REPORT ? REPORT->system : ""))
GETTER(ahProtectionNote, get_note(view, AGENT, ret))

static const uint32_t arcs[] = { AH_PROTECTION_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_PROTECTION_TABLE_COLUMNS(COLUMN) };
const struct table protection_table = {
    .name = "ahProtectionTable",
    TABLE_ARRAYS,
    .n_index = AH_PROTECTION_TABLE_INDEX_COUNT,
    .find = agents_find,
    .next = agents_next,
};
