/* The words of the model: enumerations that the whole program shares, with the values that AGENT-HEALTH-MIB gives
 * them. It holds no state and never touches the world. */
#ifndef AH_CORE_MODEL_H
#define AH_CORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AH_WARN_UNUSED __attribute__((warn_unused_result))

/* Times. `mono_ms`: monotonic milliseconds, for ages and timers. `wall_ms`: milliseconds since 1970 UTC, for people;
 * no decision rests on it. 0 means never. */

/* The time of a call: both clocks. */
struct now {
    int64_t mono_ms, wall_ms;
};

enum language { LANGUAGE_EN = 0, LANGUAGE_JA = 1, LANGUAGES };

enum severity {
    SEVERITY_UNKNOWN = 1,
    SEVERITY_CLEARED = 2,
    SEVERITY_WARNING = 3,
    SEVERITY_MINOR = 4,
    SEVERITY_MAJOR = 5,
    SEVERITY_CRITICAL = 6
};

/* Positions in conditions.def; a set of conditions is a bit mask of CONDITION_BIT(). */
enum condition {
#define CONDITION(constant, ...) CONDITION_##constant,
#include "conditions.def"
#undef CONDITION
    CONDITIONS
};
#define CONDITION_BIT(condition) (1U << (condition))
#define CONDITIONS_ALL           ((1U << CONDITIONS) - 1U)

/* The condition's number in ahAgentIcon and ahAlarmCondition. */
enum icon {
    ICON_UNKNOWN = 1,
    ICON_HEALTHY = 2,
#define CONDITION(constant, name, value, ...) ICON_##constant = (value),
#include "conditions.def"
#undef CONDITION
};

/* What an alarm is about: an agent's condition (the numbers of enum icon), or one of the rest. */
enum alarm_condition {
    ALARM_UNKNOWN = 1,
#define CONDITION(constant, name, value, ...) ALARM_##constant = (value),
#include "conditions.def"
#undef CONDITION
    ALARM_SERVER_DOWN = 9,
    ALARM_SOURCE_DOWN = 10,
    ALARM_MASS_OUTAGE = 11,
    ALARM_FLAPPING = 12,
    ALARM_PERSISTENCE_LOST = 13,
    ALARM_CUT_OFF = 14
};

enum cause {
#define CAUSE(constant, value, ...) CAUSE_##constant = (value),
#include "causes.def"
#undef CAUSE
    CAUSE_LAST = CAUSE_STALE
};

enum diagnosis {
    DIAGNOSIS_UNKNOWN = 1,
    DIAGNOSIS_NONE = 2,
    DIAGNOSIS_NETWORK_FAULT = 3,
    DIAGNOSIS_SERVER_NAME_UNRESOLVED = 4,
    DIAGNOSIS_FIREWALL_BLOCKS_SERVER = 5,
    DIAGNOSIS_AGENT_ADDRESS_CHANGED = 6,
    DIAGNOSIS_FIREWALL_OR_ADDRESS = 7,
    DIAGNOSIS_UNVERIFIED = 8,
    DIAGNOSIS_SERVER_DOWN = 9,
    DIAGNOSIS_LISTENER_STOPPED = 10,
    DIAGNOSIS_LAST = DIAGNOSIS_LISTENER_STOPPED
};

/* One side of a connection. */
enum side { SIDE_UNKNOWN = 1, SIDE_ONLINE = 2, SIDE_OFFLINE = 3 };
/* Whether the endpoint is on the network at all. */
enum presence { PRESENCE_UNKNOWN = 1, PRESENCE_PRESENT = 2, PRESENCE_ABSENT = 3 };
/* A server or a Smart Protection source. */
enum updown { UPDOWN_UNKNOWN = 1, UPDOWN_UP = 2, UPDOWN_DOWN = 3 };
/* Whether what has to outlive the process is kept. */
enum persistence { PERSISTENCE_UNKNOWN = 1, PERSISTENCE_WORKING = 2, PERSISTENCE_OFF = 3 };
/* A yes-or-no fact. */
enum tri { TRI_UNKNOWN = 1, TRI_YES = 2, TRI_NO = 3 };
enum mode { MODE_UNKNOWN = 1, MODE_NORMAL = 2, MODE_STANDALONE = 3, MODE_OFF_PREMISES = 4 };
enum service {
    SERVICE_UNKNOWN = 1,
    SERVICE_RUNNING = 2,
    SERVICE_STOPPED = 3,
    SERVICE_MISSING = 4,
    SERVICE_NOT_APPLICABLE = 5
};
enum scan_method { SCAN_METHOD_UNKNOWN = 1, SCAN_METHOD_SMART = 2, SCAN_METHOD_CONVENTIONAL = 3 };
enum location { LOCATION_UNKNOWN = 1, LOCATION_INTERNAL = 2, LOCATION_EXTERNAL = 3 };

/* The lists by which agents find a Smart Protection source. */
enum list_kind { LIST_UNKNOWN = 1, LIST_STANDARD = 2, LIST_CUSTOM = 3, LIST_NETWORK = 4, LIST_KINDS };

/* Who observes; also the index of ahProbeTable. */
enum driver {
    DRIVER_UNKNOWN = 1,
    DRIVER_LISTENER = 2,
    DRIVER_SERVER = 3,
    DRIVER_FEED = 4,
    DRIVER_WINRM = 5,
    DRIVER_SOURCE = 6,
    DRIVER_CENTRAL = 7,
    DRIVER_VISION = 8,
    DRIVER_LOCATION = 9,
    DRIVER_FILES = 10,
    DRIVERS
};

/* What a row, an observation or an alarm is about. */
enum subject {
    SUBJECT_UNKNOWN = 1,
    SUBJECT_AGENT = 2,
    SUBJECT_SERVER = 3,
    SUBJECT_SOURCE = 4,
    SUBJECT_GROUP = 5,
    SUBJECT_COLLECTOR = 6,
    SUBJECT_SOURCE_LIST = 7, /* by the index of the first source of the list */
    SUBJECT_REFERENCE = 8    /* a reference server, by its place in the list; no alarm is about one */
};

/* The six checks that find out why an agent has lost its Smart Protection source, in the order in which they are made.
 */
enum smart_check {
    CHECK_ENDPOINT_LOCATION = 1,
    CHECK_SOURCE_LIST = 2,
    CHECK_CONFIGURATION_FILES = 3,
    CHECK_LOCATION_PROFILE = 4,
    CHECK_PROXIES = 5,
    CHECK_TMUSA = 6,
    SMART_CHECKS = CHECK_TMUSA
};
#define CHECK_BIT(check) (1U << (check))
enum check_result { RESULT_UNKNOWN = 1, RESULT_OK = 2, RESULT_FAILED = 3, RESULT_NOT_APPLICABLE = 4 };

/* How an agent's ssnotify.ini stands to sscfg.ini. */
enum files {
    FILES_UNKNOWN = 1,
    FILES_IN_STEP = 2,
    FILES_DIFFERENT = 3,
    FILES_UNREADABLE = 4, /* the agent's, that is */
    FILES_NO_SHELL = 5    /* likewise, since the endpoint allows no shell to read it in */
};

/* Whether agents' files are held against sscfg.ini at all. */
enum comparison {
    COMPARISON_MADE,
    COMPARISON_NO_REFERENCE, /* there is no good sscfg.ini, or it was read too long ago */
    COMPARISON_OFF           /* it is not configured */
};

/* What a server's name resolves to on an endpoint, against what it should. */
enum name_check { NAME_UNKNOWN = 1, NAME_NOT_FOUND = 2, NAME_AS_EXPECTED = 3, NAME_OTHER_ADDRESS = 4 };

/* What a management server has on record of an agent. */
enum recorded {
    RECORDED_UNKNOWN = 1,
    RECORDED_UNABLE_TO_CONNECT = 2,
    RECORDED_ACTIVE = 3,
    RECORDED_INACTIVE = 4,
    RECORDED_PRODUCT_ACTIVE = 5,
    RECORDED_AGENT_ACTIVE = 6, /* and its product is not */
    RECORDED_ROAMING = 7
};

/* Why an alarm was cleared. */
enum clear_reason { CLEAR_UNKNOWN = 1, CLEAR_RECOVERED = 2, CLEAR_REPLACED = 3, CLEAR_REMOVED = 4, CLEAR_ABSENT = 5 };

/* An internet address; family is 4, 6, or 0 for none. */
struct address {
    uint8_t family;
    uint8_t bytes[16]; /* network order; an IPv4 address uses the first four */
};

/* Static texts; never NULL, also for values out of range ("unknown"). */
const char *condition_name(enum condition condition);
enum icon condition_icon(enum condition condition);
enum severity condition_severity(enum condition condition);
unsigned condition_icon_rank(enum condition condition);
const char *icon_name(enum icon icon);
const char *alarm_condition_name(enum alarm_condition condition);
const char *severity_name(enum severity severity);
const char *cause_name(enum cause cause);
const char *cause_text(enum cause cause, enum language language);
const char *diagnosis_name(enum diagnosis diagnosis);
const char *side_name(enum side side);
const char *presence_name(enum presence presence);
const char *recorded_name(enum recorded recorded);
const char *updown_name(enum updown state);
const char *driver_name(enum driver driver);
const char *smart_check_name(enum smart_check check);
const char *list_kind_name(enum list_kind kind);
const char *location_name(enum location location);

/* Reads a textual IPv4 or IPv6 address. 0, or -EINVAL (then *ret is untouched). */
int address_parse(const char *text, struct address *ret) AH_WARN_UNUSED;
bool address_equal(const struct address *a, const struct address *b);
/* Writes the address as text; "" for family 0. Returns buffer. */
#define ADDRESS_TEXT_BYTES 46
const char *address_format(const struct address *address, char buffer[ADDRESS_TEXT_BYTES]);

#endif
