/* The model's words as text, and addresses as text. Tables only: it keeps no state and decides nothing. */
#include "model.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The text at a position of a table; "unknown" for what the table does not hold. */
static const char *name_at(const char *const names[], size_t n, size_t at)
{
    return at < n && names[at] ? names[at] : "unknown";
}
#define NAME(names, value) name_at(names, COUNT(names), (size_t)(value))

static const struct {
    const char *name;
    enum icon icon;
    enum severity severity;
    unsigned rank;
} conditions[CONDITIONS] = {
#define CONDITION(constant, name, value, rank, severity, ...)                                                          \
    [CONDITION_##constant] = { #name, ICON_##constant, severity, rank },
#include "conditions.def"
#undef CONDITION
};

const char *condition_name(enum condition condition)
{
    return (size_t)condition < CONDITIONS ? conditions[condition].name : "unknown";
}

enum icon condition_icon(enum condition condition)
{
    return (size_t)condition < CONDITIONS ? conditions[condition].icon : ICON_UNKNOWN;
}

enum severity condition_severity(enum condition condition)
{
    return (size_t)condition < CONDITIONS ? conditions[condition].severity : SEVERITY_UNKNOWN;
}

unsigned condition_icon_rank(enum condition condition)
{
    return (size_t)condition < CONDITIONS ? conditions[condition].rank : CONDITIONS + 1;
}

const char *icon_name(enum icon icon)
{
    static const char *const names[] = {
        [ICON_HEALTHY] = "healthy",
#define CONDITION(constant, name, value, ...) [ICON_##constant] = #name,
#include "conditions.def"
#undef CONDITION
    };
    return NAME(names, icon);
}

const char *alarm_condition_name(enum alarm_condition condition)
{
    static const char *const names[] = {
#define CONDITION(constant, name, value, ...) [ALARM_##constant] = #name,
#include "conditions.def"
#undef CONDITION
        [ALARM_SERVER_DOWN] = "serverDown",           [ALARM_SOURCE_DOWN] = "sourceDown",
        [ALARM_MASS_OUTAGE] = "massOutage",           [ALARM_FLAPPING] = "flapping",
        [ALARM_PERSISTENCE_LOST] = "persistenceLost", [ALARM_CUT_OFF] = "collectorCutOff",
    };
    return NAME(names, condition);
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {
        [SEVERITY_CLEARED] = "cleared", [SEVERITY_WARNING] = "warning",   [SEVERITY_MINOR] = "minor",
        [SEVERITY_MAJOR] = "major",     [SEVERITY_CRITICAL] = "critical",
    };
    return NAME(names, severity);
}

const char *cause_name(enum cause cause)
{
    static const char *const names[] = {
#define CAUSE(constant, value, name, ...) [CAUSE_##constant] = #name,
#include "causes.def"
#undef CAUSE
    };
    return NAME(names, cause);
}

const char *cause_text(enum cause cause, enum language language)
{
    static const char *const english[] = {
#define CAUSE(constant, value, name, en, ja) [CAUSE_##constant] = en,
#include "causes.def"
#undef CAUSE
    };
    static const char *const japanese[] = {
#define CAUSE(constant, value, name, en, ja) [CAUSE_##constant] = ja,
#include "causes.def"
#undef CAUSE
    };
    return language == LANGUAGE_JA ? NAME(japanese, cause) : NAME(english, cause);
}

const char *diagnosis_name(enum diagnosis diagnosis)
{
    static const char *const names[] = {
        [DIAGNOSIS_NONE] = "none",
        [DIAGNOSIS_NETWORK_FAULT] = "networkFault",
        [DIAGNOSIS_SERVER_NAME_UNRESOLVED] = "serverNameUnresolved",
        [DIAGNOSIS_FIREWALL_BLOCKS_SERVER] = "firewallBlocksServer",
        [DIAGNOSIS_AGENT_ADDRESS_CHANGED] = "agentAddressChanged",
        [DIAGNOSIS_FIREWALL_OR_ADDRESS] = "firewallOrAddress",
        [DIAGNOSIS_UNVERIFIED] = "unverified",
        [DIAGNOSIS_SERVER_DOWN] = "serverDown",
        [DIAGNOSIS_LISTENER_STOPPED] = "listenerStopped",
    };
    return NAME(names, diagnosis);
}

const char *side_name(enum side side)
{
    static const char *const names[] = { [SIDE_ONLINE] = "online", [SIDE_OFFLINE] = "offline" };
    return NAME(names, side);
}

const char *presence_name(enum presence presence)
{
    static const char *const names[] = { [PRESENCE_PRESENT] = "present", [PRESENCE_ABSENT] = "absent" };
    return NAME(names, presence);
}

const char *recorded_name(enum recorded recorded)
{
    static const char *const names[] = {
        [RECORDED_UNABLE_TO_CONNECT] = "unableToConnect",
        [RECORDED_ACTIVE] = "active",
        [RECORDED_INACTIVE] = "inactive",
        [RECORDED_PRODUCT_ACTIVE] = "productActive",
        [RECORDED_AGENT_ACTIVE] = "agentActive",
        [RECORDED_ROAMING] = "roaming",
    };
    return NAME(names, recorded);
}

const char *updown_name(enum updown state)
{
    static const char *const names[] = { [UPDOWN_UP] = "up", [UPDOWN_DOWN] = "down" };
    return NAME(names, state);
}

const char *driver_name(enum driver driver)
{
    static const char *const names[] = {
        [DRIVER_LISTENER] = "listener", [DRIVER_SERVER] = "server",     [DRIVER_FEED] = "feed",
        [DRIVER_WINRM] = "winrm",       [DRIVER_SOURCE] = "source",     [DRIVER_CENTRAL] = "central",
        [DRIVER_VISION] = "vision",     [DRIVER_LOCATION] = "location", [DRIVER_FILES] = "files",
    };
    return NAME(names, driver);
}

const char *smart_check_name(enum smart_check check)
{
    static const char *const names[] = {
        [CHECK_ENDPOINT_LOCATION] = "endpointLocation",
        [CHECK_SOURCE_LIST] = "sourceList",
        [CHECK_CONFIGURATION_FILES] = "configurationFiles",
        [CHECK_LOCATION_PROFILE] = "locationProfile",
        [CHECK_PROXIES] = "proxies",
        [CHECK_TMUSA] = "tmusa",
    };
    return NAME(names, check);
}

const char *list_kind_name(enum list_kind kind)
{
    static const char *const names[] = {
        [LIST_STANDARD] = "standard", [LIST_CUSTOM] = "custom", [LIST_NETWORK] = "network"
    };
    return NAME(names, kind);
}

const char *location_name(enum location location)
{
    static const char *const names[] = { [LOCATION_INTERNAL] = "internal", [LOCATION_EXTERNAL] = "external" };
    return NAME(names, location);
}

int address_parse(const char *text, struct address *ret)
{
    struct address address = { 0 };
    if (inet_pton(AF_INET, text, address.bytes) == 1)
        address.family = 4;
    else if (inet_pton(AF_INET6, text, address.bytes) == 1)
        address.family = 6;
    else
        return -EINVAL;
    *ret = address;
    return 0;
}

static size_t address_bytes(const struct address *address)
{
    return address->family == 4 ? 4 : address->family == 6 ? 16 : 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, address_bytes(a)) == 0;
}

const char *address_format(const struct address *address, char buffer[ADDRESS_TEXT_BYTES])
{
    int family = address->family == 4 ? AF_INET : AF_INET6;
    if (address_bytes(address) == 0 || !inet_ntop(family, address->bytes, buffer, ADDRESS_TEXT_BYTES))
        buffer[0] = '\0';
    return buffer;
}
