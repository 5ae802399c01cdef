/* The Smart Protection chain as an agent's facts show it. It asks nobody. */
#include "smart.h"

static const struct {
    enum check_result result;
    const char *text[LANGUAGES];
} findings[FINDINGS] = {
#define FINDING(constant, result, en, ja)                                                                              \
    [FINDING_##constant] = { RESULT_##result, { [LANGUAGE_EN] = en, [LANGUAGE_JA] = ja } },
#include "findings.def"
#undef FINDING
};

/* An agent that names no source may be one that is not told its location: only an internal one must have one. What
 * says that the source is out of reach weighs more than what says that there is one. */
static enum finding find_by_location(const struct smart_facts *facts)
{
    switch (facts->location) {
    case LOCATION_INTERNAL:
        return facts->source == TRI_NO     ? FINDING_INTERNAL_WITHOUT_SOURCE
               : facts->answers == TRI_NO  ? FINDING_INTERNAL_SOURCE_SILENT
               : facts->source == TRI_YES  ? FINDING_INTERNAL_SOURCE_NAMED
               : facts->answers == TRI_YES ? FINDING_INTERNAL_SOURCE_ANSWERS
                                           : FINDING_INTERNAL_OPEN;
    case LOCATION_EXTERNAL:
        return facts->answers == TRI_NO    ? FINDING_EXTERNAL_SOURCE_SILENT
               : facts->answers == TRI_YES ? FINDING_EXTERNAL_SOURCE_ANSWERS
                                           : FINDING_EXTERNAL_OPEN;
    default:
        return FINDING_LOCATION_OPEN;
    }
}

/* That the agent is elsewhere than it thinks weighs more than what may be the reason. It needs but one reference
 * server: those that do not answer are no fault of its own while another may. */
static enum finding find_by_places(const struct smart_facts *facts)
{
    const struct location_context *places = &facts->places;
    const bool compared = facts->location > LOCATION_UNKNOWN && facts->expected > LOCATION_UNKNOWN;

    if (!places->configured)
        return FINDING_NO_PLACES;
    if (compared && facts->location != facts->expected)
        return facts->location == LOCATION_EXTERNAL ? FINDING_EXTERNAL_WITHIN : FINDING_INTERNAL_OUTSIDE;
    if (places->references == UPDOWN_DOWN)
        return FINDING_REFERENCES_SILENT;
    if (places->gateways_malformed)
        return FINDING_GATEWAY_MALFORMED;
    if (compared)
        return FINDING_PLACE_CONFIRMED;
    return facts->location > LOCATION_UNKNOWN ? FINDING_PLACE_OPEN : FINDING_PLACE_NOT_TOLD;
}

/* A source that the agent has from a list of former days is no reason while its own list is down. */
static enum finding find_by_list(const struct smart_facts *facts)
{
    if (facts->location <= LOCATION_UNKNOWN)
        return FINDING_LIST_OPEN;
    if (!facts->listed)
        return FINDING_NO_LIST;
    if (facts->list == UPDOWN_DOWN)
        return FINDING_SOURCES_SILENT;
    if (facts->stray != FINDING_NOTHING)
        return facts->stray;
    if (facts->list != UPDOWN_UP)
        return FINDING_SOURCES_OPEN;
    return facts->list_whole ? FINDING_SOURCES_ANSWER : FINDING_SOURCE_SILENT;
}

static enum finding find_by_files(const struct smart_facts *facts)
{
    if (facts->comparison == COMPARISON_OFF)
        return FINDING_FILES_NOT_COMPARED;
    switch (facts->files) {
    case FILES_IN_STEP:
        return FINDING_FILES_IN_STEP;
    case FILES_DIFFERENT:
        return FINDING_FILES_DIFFERENT;
    case FILES_UNREADABLE:
        return FINDING_FILES_UNREADABLE;
    case FILES_NO_SHELL:
        return FINDING_FILES_NO_SHELL;
    default:
        return facts->comparison == COMPARISON_NO_REFERENCE ? FINDING_FILES_WITHOUT_SSCFG : FINDING_FILES_UNREAD;
    }
}

static enum finding find_by_tmusa(const struct smart_facts *facts)
{
    if (facts->scan_method == SCAN_METHOD_SMART)
        return FINDING_TMUSA_NOT_FOR_SMART_SCAN;
    if (facts->tmusa == SERVICE_NOT_APPLICABLE)
        return FINDING_TMUSA_NOT_FOR_SYSTEM;
    if (facts->scan_method != SCAN_METHOD_CONVENTIONAL)
        return FINDING_TMUSA_METHOD_OPEN;
    switch (facts->tmusa) {
    case SERVICE_RUNNING:
        return FINDING_TMUSA_RUNS;
    case SERVICE_STOPPED:
        return FINDING_TMUSA_STOPPED;
    case SERVICE_MISSING:
        return FINDING_TMUSA_MISSING;
    default:
        return FINDING_TMUSA_OPEN;
    }
}

enum finding smart_find(enum smart_check check, const struct smart_facts *facts)
{
    switch (check) {
    case CHECK_ENDPOINT_LOCATION:
        return find_by_places(facts);
    case CHECK_SOURCE_LIST:
        return find_by_list(facts);
    case CHECK_CONFIGURATION_FILES:
        return find_by_files(facts);
    case CHECK_LOCATION_PROFILE:
        return find_by_location(facts);
    case CHECK_PROXIES:
        return facts->proxies;
    case CHECK_TMUSA:
        return find_by_tmusa(facts);
    default:
        return FINDING_NOTHING;
    }
}

enum tri smart_available(const struct smart_facts *facts)
{
    const enum check_result location = finding_result(find_by_location(facts));
    if (facts->answers == TRI_NO || location == RESULT_FAILED || finding_result(find_by_tmusa(facts)) == RESULT_FAILED)
        return TRI_NO;
    return facts->answers == TRI_YES || location == RESULT_OK ? TRI_YES : TRI_UNKNOWN;
}

enum check_result finding_result(enum finding finding)
{
    return finding < FINDINGS ? findings[finding].result : RESULT_UNKNOWN;
}

const char *finding_text(enum finding finding, enum language language)
{
    return finding < FINDINGS ? findings[finding].text[language == LANGUAGE_JA ? LANGUAGE_JA : LANGUAGE_EN] : "";
}
