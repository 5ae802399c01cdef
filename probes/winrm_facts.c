/* What an endpoint's services, registry values and pings mean: findings in, facts and a report out. It asks nobody, and
 * what it can not read it leaves unknown and names. */
#include "winrm_talk.h"

#include "pattern.h"
#include "registry.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { MS_A_SECOND = 1000, S_A_DAY = 86400, SKEW_MAX_MS = 300 * 1000 };

/* What is under way: where the facts go, and what made no sense. */
struct deriving {
    const struct winrm_findings *findings;
    const struct winrm_names *names;
    const struct now *now;
    struct observation *observation;
    struct report report;
    char named_server[WINRM_HOST_BYTES], source[REPORT_TEXT_BYTES];
};

static const struct winrm_reading *value_of(const struct deriving *deriving, enum winrm_value id)
{
    return &deriving->findings->values[deriving->findings->view][id];
}

/* The type as the readers want it. */
static const char *type_of(const struct winrm_reading *value)
{
    return value->type[0] ? value->type : NULL;
}

/* Whether there is anything to read in a value: one that is empty says as little as one that is not there. */
static bool has_text(const struct winrm_reading *value)
{
    return value->text && value->text[0];
}

static void note_odd(struct deriving *deriving, enum winrm_value id)
{
    if (deriving->report.notes & NOTE_VALUE_ODD)
        return;
    deriving->report.notes |= NOTE_VALUE_ODD;
    deriving->report.odd = deriving->names->values[id];
}

static void set_fact(struct deriving *deriving, enum fact fact, int32_t value)
{
    deriving->observation->values[fact] = value;
    deriving->observation->facts |= FACT_BIT(fact);
}

/* Reads a number; false: it is not there, or makes no sense, which is noted. */
static bool read_number(struct deriving *deriving, enum winrm_value id, uint32_t *ret)
{
    const struct winrm_reading *value = value_of(deriving, id);

    if (!has_text(value))
        return false;
    if (!value->too_long && registry_number(type_of(value), value->text, ret) == 0)
        return true;
    note_odd(deriving, id);
    return false;
}

static bool read_text(struct deriving *deriving, enum winrm_value id, char *buffer, size_t bytes)
{
    const struct winrm_reading *value = value_of(deriving, id);

    if (!has_text(value))
        return false;
    if (!value->too_long && registry_text(value->text, buffer, bytes) == 0)
        return true;
    note_odd(deriving, id);
    return false;
}

/* Reads a value that must be one of two numbers into a fact. */
static void derive_choice(struct deriving *deriving, enum winrm_value id, enum fact fact, const uint32_t numbers[2],
                          const int32_t values[2])
{
    uint32_t number;

    if (!read_number(deriving, id, &number))
        return;
    if (number == numbers[0])
        set_fact(deriving, fact, values[0]);
    else if (number == numbers[1])
        set_fact(deriving, fact, values[1]);
    else
        note_odd(deriving, id);
}

/* A version of a pattern that is not 0, which stands for none. */
static bool read_pattern(struct deriving *deriving, enum winrm_value id, char version[VERSION_BYTES])
{
    const struct winrm_reading *value = value_of(deriving, id);
    uint32_t number;

    if (!has_text(value) || (registry_number(type_of(value), value->text, &number) == 0 && number == 0))
        return false;
    if (!value->too_long && registry_version(type_of(value), value->text, version) == 0)
        return true;
    note_odd(deriving, id);
    return false;
}

static int32_t read_day(struct deriving *deriving, enum winrm_value id)
{
    const struct winrm_reading *value = value_of(deriving, id);
    uint32_t number;
    int32_t day;

    if (!has_text(value) || (registry_number(type_of(value), value->text, &number) == 0 && number == 0))
        return 0;
    if (!value->too_long && registry_day(type_of(value), value->text, &day) == 0 &&
        (int64_t)day * S_A_DAY <= deriving->now->wall_ms / MS_A_SECOND + S_A_DAY)
        return day;
    note_odd(deriving, id);
    return 0;
}

static void derive_services(struct deriving *deriving)
{
    const struct winrm_findings *findings = deriving->findings;
    static const enum fact facts[WINRM_SERVICES] = { [WINRM_REAL_TIME_SCAN] = FACT_RTS_SERVICE,
                                                     [WINRM_LISTENER] = FACT_LISTENER_SERVICE,
                                                     [WINRM_WEB_REPUTATION] = FACT_TMUSA };

    if (!findings->services_known)
        return;
    for (enum winrm_service service = 0; service < WINRM_SERVICES; service++)
        if (findings->services[service] != SERVICE_UNKNOWN)
            set_fact(deriving, facts[service], findings->services[service]);
    if (!findings->needs_web_reputation)
        set_fact(deriving, FACT_TMUSA, SERVICE_NOT_APPLICABLE);
    if (findings->real_time_scan_disabled)
        deriving->report.notes |= NOTE_SERVICE_DISABLED;
}

/* Smart scan or conventional; the configured number means smart scan, any other conventional (community). */
static void derive_scan_method(struct deriving *deriving)
{
    uint32_t type, smart;

    if (!read_number(deriving, WINRM_VALUE_SCAN_TYPE, &type))
        return;
    if (registry_number(NULL, deriving->names->names[WINRM_NAME_SCAN_TYPE_SMART], &smart) < 0)
        smart = 1;
    set_fact(deriving, FACT_SCAN_METHOD, type == smart ? SCAN_METHOD_SMART : SCAN_METHOD_CONVENTIONAL);
}

static void derive_mode(struct deriving *deriving)
{
    const struct winrm_reading *value = value_of(deriving, WINRM_VALUE_MODE);
    const char *standalone = deriving->names->names[WINRM_NAME_MODE_STANDALONE];
    uint32_t number, wanted;

    if (!has_text(value))
        return;
    const bool same =
        registry_number(type_of(value), value->text, &number) == 0 && registry_number(NULL, standalone, &wanted) == 0
            ? number == wanted
            : strcasecmp(value->text, standalone) == 0;
    set_fact(deriving, FACT_MODE, same ? MODE_STANDALONE : MODE_NORMAL);
}

static void derive_components(struct deriving *deriving)
{
    struct component_version *components = deriving->report.components;

    if (!read_pattern(deriving, WINRM_VALUE_PATTERN, components[COMPONENT_PATTERN].version))
        read_pattern(deriving, WINRM_VALUE_PATTERN_INTERNAL, components[COMPONENT_PATTERN].version);
    components[COMPONENT_PATTERN].day = read_day(deriving, WINRM_VALUE_PATTERN_DATE);
    read_pattern(deriving, WINRM_VALUE_SMART_PATTERN, components[COMPONENT_SMART_SCAN_PATTERN].version);
    components[COMPONENT_SMART_SCAN_PATTERN].day = read_day(deriving, WINRM_VALUE_SMART_PATTERN_DATE);
    read_text(deriving, WINRM_VALUE_ENGINE, components[COMPONENT_ENGINE].version, VERSION_BYTES);
    read_text(deriving, WINRM_VALUE_PROGRAM, components[COMPONENT_PROGRAM].version, VERSION_BYTES);
}

/* The pattern in use: that of the scan method, and where there is none, the other. Its age is by our clock and its date
 * alone, whatever clock the endpoint has. */
static void derive_pattern(struct deriving *deriving)
{
    const struct component_version *components = deriving->report.components;
    struct observation *observation = deriving->observation;
    const bool conventional = (observation->facts & FACT_BIT(FACT_SCAN_METHOD)) &&
                              observation->values[FACT_SCAN_METHOD] == SCAN_METHOD_CONVENTIONAL;
    const struct component_version *used = &components[conventional ? COMPONENT_PATTERN : COMPONENT_SMART_SCAN_PATTERN];

    if (!used->version[0])
        used = &components[conventional ? COMPONENT_SMART_SCAN_PATTERN : COMPONENT_PATTERN];
    if (!used->version[0])
        return;
    memcpy(observation->pattern_version, used->version, sizeof observation->pattern_version);
    observation->has |= HAS_PATTERN_VERSION;
    if (!used->day)
        return;
    observation->pattern_day = used->day;
    observation->has |= HAS_PATTERN_DAY;
    const int64_t age_s = deriving->now->wall_ms / MS_A_SECOND - (int64_t)used->day * S_A_DAY;
    set_fact(deriving, FACT_PATTERN_AGE_S, (int32_t)(age_s < 0 ? 0 : age_s > INT32_MAX ? INT32_MAX : age_s));
}

/* Which source, and whether there is one: its address, else its URL. What can not be read says neither. */
static void derive_source(struct deriving *deriving)
{
    static const enum winrm_value ids[] = { WINRM_VALUE_SOURCE_ADDRESS, WINRM_VALUE_SOURCE_URL };
    bool there = false;

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        there = there || has_text(value_of(deriving, ids[i]));
        if (!read_text(deriving, ids[i], deriving->source, sizeof deriving->source))
            continue;
        deriving->report.source = deriving->source;
        set_fact(deriving, FACT_CURRENT_SOURCE, TRI_YES);
        return;
    }
    if (!there)
        set_fact(deriving, FACT_CURRENT_SOURCE, TRI_NO);
}

static void derive_registry(struct deriving *deriving)
{
    if (!deriving->findings->registry_known)
        return;
    bool any = false;
    for (enum winrm_value id = 0; id < WINRM_VALUES; id++)
        any = any || value_of(deriving, id)->text;
    if (!any) {
        deriving->report.notes |= NOTE_AGENT_NOT_INSTALLED;
        return;
    }
    derive_choice(deriving, WINRM_VALUE_REAL_TIME_SCAN, FACT_RTS_POLICY, (const uint32_t[]){ 1, 0 },
                  (const int32_t[]){ TRI_YES, TRI_NO });
    derive_choice(deriving, WINRM_VALUE_LOCATION, FACT_LOCATION, (const uint32_t[]){ 1, 2 },
                  (const int32_t[]){ LOCATION_INTERNAL, LOCATION_EXTERNAL });
    derive_scan_method(deriving);
    derive_mode(deriving);
    derive_components(deriving);
    derive_pattern(deriving);
    derive_source(deriving);
    winrm_named_server(deriving->findings, deriving->named_server);
    deriving->report.named_server = deriving->named_server;
}

static const struct winrm_ping *ping_of(const struct winrm_findings *findings, const char *host)
{
    for (size_t i = 0; i < findings->n_pings; i++)
        if (host[0] && findings->pings[i].answered && strcasecmp(findings->pings[i].host, host) == 0)
            return &findings->pings[i];
    return NULL;
}

/* Why a ping got no reply (the IP_STATUS codes that Win32_PingStatus documents). */
static enum cause ping_cause(const struct winrm_ping *ping)
{
    static const struct {
        int64_t status;
        enum cause cause;
    } causes[] = {
        { 0, CAUSE_NONE },          { 11002, CAUSE_UNREACHABLE }, { 11003, CAUSE_UNREACHABLE },
        { 11004, CAUSE_REFUSED },   { 11005, CAUSE_REFUSED },     { 11010, CAUSE_TIMED_OUT },
        { 11013, CAUSE_TIMED_OUT }, { 11014, CAUSE_TIMED_OUT },   { 11050, CAUSE_UNREACHABLE },
    };

    if (!ping->resolved)
        return CAUSE_NAME_NOT_FOUND;
    for (size_t i = 0; ping->has_status && i < sizeof causes / sizeof *causes; i++)
        if (causes[i].status == ping->status)
            return causes[i].cause;
    return CAUSE_PROTOCOL_ERROR;
}

/* The agent side is the way to the server that the agent is set to use, where that is known, else to the configured
 * one. */
static void derive_agent_side(struct deriving *deriving, const char *configured)
{
    struct observation *observation = deriving->observation;
    const struct winrm_ping *ping = ping_of(deriving->findings, deriving->named_server);

    if (!ping)
        ping = ping_of(deriving->findings, configured);
    if (!ping)
        return;
    const enum cause cause = ping_cause(ping);
    observation->has |= HAS_AGENT_SIDE | HAS_RESOLVED;
    observation->agent_side = cause == CAUSE_NONE ? SIDE_ONLINE : SIDE_OFFLINE;
    observation->agent_side_cause = (uint8_t)cause;
    /* Windows rounds down, and 0 would mean that nothing was measured. */
    observation->agent_side_rtt_ms = cause != CAUSE_NONE ? 0 : ping->rtt_ms ? ping->rtt_ms : 1;
    if (ping->address.family)
        observation->resolved = (struct address_list){ .n = 1, .at = { ping->address } };
    else if (ping->resolved)
        observation->has &= ~(uint32_t)HAS_RESOLVED; /* to what, it does not say */
}

/* Outside, the agent needs the internet. */
static void derive_internet(struct deriving *deriving, const char *host)
{
    const struct winrm_ping *ping = ping_of(deriving->findings, host);

    if (ping && winrm_is_outside(deriving->findings))
        set_fact(deriving, FACT_SMART_PROTECTION, ping_cause(ping) == CAUSE_NONE ? TRI_YES : TRI_NO);
}

int winrm_observe(const struct winrm_findings *findings, const struct probe_job *job, const struct now *now,
                  struct observation *observation)
{
    struct deriving deriving = { .findings = findings,
                                 .names = &job->settings->winrm,
                                 .now = now,
                                 .observation = observation,
                                 .report = {
                                     .system = findings->system, .odd = "", .source = "", .named_server = "" } };

    if (findings->skew_ms > SKEW_MAX_MS || findings->skew_ms < -SKEW_MAX_MS) {
        const int64_t skew_s = findings->skew_ms / MS_A_SECOND;
        deriving.report.notes |= NOTE_CLOCK_OFF;
        deriving.report.clock_skew_s = (int32_t)(skew_s > INT32_MAX   ? INT32_MAX
                                                 : skew_s < INT32_MIN ? INT32_MIN
                                                                      : skew_s);
    }
    if (findings->files) {
        observation->files = findings->files;
        observation->difference = difference_ref(findings->difference);
        observation->has |= HAS_FILES;
    }
    derive_services(&deriving);
    derive_registry(&deriving);
    derive_agent_side(&deriving, job->target->server);
    derive_internet(&deriving, job->settings->internet_host);
    if (winrm_is_outside(findings) && !job->settings->internet_host[0])
        deriving.report.notes |= NOTE_INTERNET_UNASKED;
    if (findings->own_known) {
        observation->own = findings->own;
        observation->has |= HAS_OWN;
        if (findings->gateway > TRI_UNKNOWN)
            set_fact(&deriving, FACT_GATEWAY, findings->gateway);
    }
    /* Half a report would replace a whole one. */
    if (!findings->registry_known)
        return 0;
    return (observation->report = report_new(&deriving.report)) ? 0 : -ENOMEM;
}
