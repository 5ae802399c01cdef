/* Holds the words of core/, which may not include anything of the MIB, against the module's: one line for each that
 * differs, or nothing. Never a test of what the words mean. */
#include <stdio.h>
#include <string.h>

#include "ah_mib.h"
#include "core/guidance.h"
#include "core/model.h"
#include "core/rows.h"

#define COMPARE(function, constant, label)                                                                             \
    if (strcmp(function((int)(constant)), #label) != 0)                                                                \
        printf("%s(%d) is %s in the module and %s in core\n", #function, constant, #label, function((int)(constant)));
#define ICON(constant, label)      COMPARE(icon_name, constant, label)
#define SEVERITY(constant, label)  COMPARE(severity_name, constant, label)
#define CAUSE(constant, label)     COMPARE(cause_name, constant, label)
#define DIAGNOSIS(constant, label) COMPARE(diagnosis_name, constant, label)
#define SIDE(constant, label)      COMPARE(side_name, constant, label)
#define PRESENCE(constant, label)  COMPARE(presence_name, constant, label)
#define STATE(constant, label)     COMPARE(updown_name, constant, label)
#define DRIVER(constant, label)    COMPARE(driver_name, constant, label)
#define CHECK(constant, label)     COMPARE(smart_check_name, constant, label)
#define BIT(constant, label)       COMPARE(condition_name, constant, label)
/* The module is ahead of core here: kinds that core does not raise read unknown there. */
#define KIND(constant, label)                                                                                          \
    if (constant <= (int)ALARM_PERSISTENCE_LOST)                                                                       \
    COMPARE(alarm_condition_name, constant, label)

/* Words that core does not spell: their numbers. */
#define SAME(core, mib) _Static_assert((int)(core) == (int)(mib), #core " differs from " #mib);
SAME(MODE_NORMAL, AH_PROTECTION_MODE_NORMAL)
SAME(MODE_STANDALONE, AH_PROTECTION_MODE_STANDALONE)
SAME(MODE_OFF_PREMISES, AH_PROTECTION_MODE_OFF_PREMISES)
SAME(SERVICE_RUNNING, AH_SERVICE_STATE_RUNNING)
SAME(SERVICE_STOPPED, AH_SERVICE_STATE_STOPPED)
SAME(SERVICE_MISSING, AH_SERVICE_STATE_MISSING)
SAME(SCAN_METHOD_SMART, AH_PROTECTION_SCAN_METHOD_SMART)
SAME(SCAN_METHOD_CONVENTIONAL, AH_PROTECTION_SCAN_METHOD_CONVENTIONAL)
SAME(LOCATION_INTERNAL, AH_LOCATION_INTERNAL)
SAME(LOCATION_EXTERNAL, AH_LOCATION_EXTERNAL)
SAME(TRI_YES, AH_PROTECTION_REAL_TIME_SCAN_ENABLED)
SAME(TRI_NO, AH_PROTECTION_REAL_TIME_SCAN_DISABLED)
SAME(TRI_YES, AH_STATE_UP)
SAME(TRI_NO, AH_STATE_DOWN)
SAME(SUBJECT_AGENT, AH_SUBJECT_KIND_AGENT)
SAME(SUBJECT_SERVER, AH_SUBJECT_KIND_SERVER)
SAME(SUBJECT_SOURCE, AH_SUBJECT_KIND_SOURCE)
SAME(SUBJECT_GROUP, AH_SUBJECT_KIND_GROUP)
SAME(SUBJECT_COLLECTOR, AH_SUBJECT_KIND_COLLECTOR)
SAME(SUBJECT_SOURCE_LIST, AH_SUBJECT_KIND_SOURCE_LIST)
SAME(CLEAR_RECOVERED, AH_ALARM_HISTORY_WHY_RECOVERED)
SAME(CLEAR_REPLACED, AH_ALARM_HISTORY_WHY_REPLACED)
SAME(CLEAR_REMOVED, AH_ALARM_HISTORY_WHY_REMOVED)
SAME(CLEAR_ABSENT, AH_ALARM_HISTORY_WHY_ABSENT)

/* The notification pairs that core names must be the module's, the clearing one right behind the raising one. */
#define CONDITION(constant, name, value, rank, severity, raised, cleared) { #raised, #cleared },
static const char *const pairs[][2] = {
#include "core/conditions.def"
};
#undef CONDITION

#define NOTIFICATION(NAME, name, OBJECTS) [NAME] = #name,
static const char *const notifications[] = { AH_NOTIFICATIONS(NOTIFICATION) };

static void compare_pair(const char *raised, const char *cleared)
{
    for (size_t i = 1; i + 1 < sizeof(notifications) / sizeof(notifications[0]); i++) {
        if (strcmp(notifications[i], raised) == 0 && strcmp(notifications[i + 1], cleared) == 0)
            return;
    }
    printf("%s and %s are no pair in the module\n", raised, cleared);
}

static size_t count_steps(uint32_t subject)
{
    size_t n, found = 0;
    const struct guidance *steps = guidance_all(&n);
    for (size_t i = 0; i < n; i++)
        found += steps[i].subject == subject;
    return found;
}

/* Every subject of the guidance table has steps. */
#define SUBJECT(constant, label)                                                                                       \
    if (constant != AH_GUIDANCE_SUBJECT_UNKNOWN && count_steps(constant) == 0)                                         \
        printf("core has no guidance for %s(%d)\n", #label, constant);                                                 \
    known += count_steps(constant);

int main(void)
{
    size_t n, known = 0;

    AH_ICON_VALUES(ICON)
    AH_SEVERITY_VALUES(SEVERITY)
    AH_CAUSE_VALUES(CAUSE)
    AH_DIAGNOSIS_VALUES(DIAGNOSIS)
    AH_SIDE_VALUES(SIDE)
    AH_PRESENCE_VALUES(PRESENCE)
    AH_STATE_VALUES(STATE)
    AH_DRIVER_VALUES(DRIVER)
    AH_SMART_CHECK_VALUES(CHECK)
    AH_CONDITIONS_VALUES(BIT)
    AH_ALARM_KIND_VALUES(KIND)
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        compare_pair(pairs[i][0], pairs[i][1]);
    AH_GUIDANCE_SUBJECT_VALUES(SUBJECT)
    guidance_all(&n);
    if (n != known)
        printf("%zu steps of core are for subjects that the module does not have\n", n - known);
    return 0;
}
