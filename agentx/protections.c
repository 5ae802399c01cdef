/* ahProtectionTable: what each endpoint reports about its protection. */
#include "tables.h"

#define AGENT    ((const struct agent_row *)row->at)
#define EVIDENCE (&AGENT->evidence)

/* The last known value of a fact; unknown(1) when there is none. */
static void get_fact(const struct evidence *evidence, enum fact fact, struct value *ret)
{
    const struct fact_value *known = &evidence->facts[fact];
    value_enum(ret, known->mono_ms ? (unsigned)known->value : 0);
}

static void get_pattern_age(const struct evidence *evidence, struct value *ret)
{
    const struct fact_value *age = &evidence->facts[FACT_PATTERN_AGE_S];
    value_gauge(ret, age->mono_ms && age->value >= 0 ? (uint32_t)age->value : VALUE_UNKNOWN_NUMBER);
}

GETTER(ahProtectionMode, get_fact(EVIDENCE, FACT_MODE, ret))
GETTER(ahProtectionRealTimeScan, get_fact(EVIDENCE, FACT_RTS_POLICY, ret))
GETTER(ahProtectionRealTimeScanService, get_fact(EVIDENCE, FACT_RTS_SERVICE, ret))
GETTER(ahProtectionScanMethod, get_fact(EVIDENCE, FACT_SCAN_METHOD, ret))
GETTER(ahProtectionPatternState, value_enum(ret, AGENT->dampers[AXIS_PATTERN].believed))
GETTER(ahProtectionPatternVersion, value_text(ret, EVIDENCE->pattern_version))
GETTER(ahProtectionPatternDate, value_day(ret, EVIDENCE->pattern_day))
GETTER(ahProtectionPatternAge, get_pattern_age(EVIDENCE, ret))
GETTER(ahProtectionLocation, get_fact(EVIDENCE, FACT_LOCATION, ret))
GETTER(ahProtectionSmartProtection, value_enum(ret, AGENT->dampers[AXIS_SMART].believed))
GETTER(ahProtectionFilesInStep, value_enum(ret, AH_PROTECTION_FILES_IN_STEP_UNKNOWN))
GETTER(ahProtectionProxies, value_enum(ret, AH_PROTECTION_PROXIES_UNKNOWN))
GETTER(ahProtectionTmusa, get_fact(EVIDENCE, FACT_TMUSA, ret))
GETTER(ahProtectionSource, value_text(ret, ""))
GETTER(ahProtectionExpectedLocation, value_enum(ret, AH_LOCATION_UNKNOWN))
GETTER(ahProtectionKeysDiffering, value_gauge(ret, VALUE_UNKNOWN_NUMBER))
GETTER(ahProtectionKeysNamed, value_text(ret, ""))
GETTER(ahProtectionListenerService, value_enum(ret, AH_SERVICE_STATE_UNKNOWN))
GETTER(ahProtectionSystem, value_text(ret, ""))
GETTER(ahProtectionNote, value_text(ret, ""))

static const uint32_t arcs[] = { AH_PROTECTION_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_PROTECTION_TABLE_COLUMNS(COLUMN) };
const struct table protection_table = {
    .name = "ahProtectionTable",
    TABLE_ARRAYS,
    .n_index = AH_PROTECTION_TABLE_INDEX_COUNT,
    .find = agents_find,
    .next = agents_next,
};
