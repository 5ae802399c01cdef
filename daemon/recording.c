/* Field by field: the first console that tells it. */
#include "daemon/recording.h"

#include "core/record.h"

#include <errno.h>
#include <string.h>

void recording_done(struct recording *recording)
{
    report_unref(recording->report);
    recording->report = NULL;
}

/* The fields of a record, and who tells each. */
struct record {
    uint8_t recorded, pattern, engine;
    int64_t recorded_wall_ms;
    const char *pattern_version, *engine_version;
    enum driver recorded_by, pattern_by, engine_by; /* 0: nobody */
};

static void add_entry(struct record *record, enum driver driver, const struct roster_entry *entry)
{
    if (!record->recorded_by && entry->recorded > RECORDED_UNKNOWN) {
        record->recorded = entry->recorded;
        record->recorded_wall_ms = entry->recorded_wall_ms;
        record->recorded_by = driver;
    }
    if (!record->pattern_by && entry->pattern && entry->pattern != CONSOLE_AGE_ODD) {
        record->pattern = entry->pattern;
        record->pattern_version = entry->pattern_version;
        record->pattern_by = driver;
    }
    if (!record->engine_by && entry->engine && entry->engine != CONSOLE_AGE_ODD) {
        record->engine = entry->engine;
        record->engine_version = entry->engine_version;
        record->engine_by = driver;
    }
}

/* Whether it takes back what was told before, and tells nothing instead. */
static bool is_odd(const struct roster_entry *entry)
{
    return entry->recorded == RECORDED_UNKNOWN || entry->pattern == CONSOLE_AGE_ODD || entry->engine == CONSOLE_AGE_ODD;
}

/* Whether that round's record of it was told already: not all is told at once, and may be begun again. */
static bool is_told(const struct agent_row *agent, enum driver driver, int64_t mono_ms)
{
    static const enum fact facts[] = { FACT_RECORDED, FACT_PATTERN_BEHIND, FACT_ENGINE };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const struct fact_value *fact = &agent->evidence.known.facts[facts[i]];
        if (fact->driver == driver && fact->mono_ms == mono_ms)
            return true;
    }
    return false;
}

static void set_fact(struct observation *observation, enum fact fact, int32_t value)
{
    observation->facts |= FACT_BIT(fact);
    observation->values[fact] = value;
}

static void put_version(struct component_version *component, const char *version)
{
    if (strlen(version) < VERSION_BYTES)
        memcpy(component->version, version, strlen(version) + 1);
}

/* Agents of a fleet have few different versions: neighbours share one report. */
static int share_report(struct recording *recording, const struct record *record, enum driver driver,
                        const struct report **ret)
{
    struct report report = { .notes = 0 };

    if (record->pattern_by == driver)
        put_version(&report.components[COMPONENT_PATTERN], record->pattern_version);
    if (record->engine_by == driver)
        put_version(&report.components[COMPONENT_ENGINE], record->engine_version);
    if (!*report.components[COMPONENT_PATTERN].version && !*report.components[COMPONENT_ENGINE].version)
        return 0;
    if (!recording->report || memcmp(recording->report->components, report.components, sizeof report.components) != 0) {
        const struct report *shared = report_new(&report);
        if (!shared)
            return -ENOMEM;
        report_unref(recording->report);
        recording->report = shared;
    }
    *ret = report_ref(recording->report);
    return 0;
}

int recording_compose(struct recording *recording, enum driver driver, const struct recording_layer *layers, size_t n,
                      const struct agent_row *agent, int64_t max_age_ms, const struct now *now, struct observation *ret)
{
    struct record record = { .pattern_version = "", .engine_version = "" };
    bool news = agent->evidence.record_mono_ms == 0, odd = false;
    int64_t mono_ms = 0;

    for (size_t i = 0; i < n && layers[i].driver <= driver; i++) {
        if (!layers[i].known || !evidence_is_fresh(layers[i].confirmed_ms, max_age_ms, now->mono_ms))
            continue;
        add_entry(&record, layers[i].driver, &layers[i].entry);
        if (layers[i].driver != driver)
            continue;
        news |= layers[i].news;
        odd |= is_odd(&layers[i].entry);
        if (layers[i].confirmed_ms > mono_ms)
            mono_ms = layers[i].confirmed_ms;
    }
    if (!news || is_told(agent, driver, mono_ms) ||
        (!odd && record.recorded_by != driver && record.pattern_by != driver && record.engine_by != driver))
        return 0;
    struct observation observation = {
        .driver = driver,
        .subject = SUBJECT_AGENT,
        .index = agent->index,
        .cause = CAUSE_NONE,
        .heard = true,
        .mono_ms = mono_ms,
        .wall_ms = now->wall_ms - (now->mono_ms - mono_ms),
    };
    if (record.recorded_by == driver) {
        const enum mode mode = record_mode((enum recorded)record.recorded);
        if (record.recorded_wall_ms)
            observation.wall_ms = record.recorded_wall_ms;
        set_fact(&observation, FACT_RECORDED, record.recorded);
        if (mode != MODE_UNKNOWN)
            set_fact(&observation, FACT_MODE, mode);
    }
    if (record.pattern_by == driver)
        set_fact(&observation, FACT_PATTERN_BEHIND, record.pattern);
    if (record.engine_by == driver)
        set_fact(&observation, FACT_ENGINE, record.engine == 1 ? TRI_YES : TRI_NO);
    if (share_report(recording, &record, driver, &observation.report) < 0)
        return -ENOMEM;
    *ret = observation;
    return 1;
}
