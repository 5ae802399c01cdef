/* cim_services.c: the services and drivers of an endpoint. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cim.h"

static const struct cim_property service_properties[] = {
    { "AcceptPause", CIM_BOOLEAN },
    { "AcceptStop", CIM_BOOLEAN },
    { "Caption", CIM_STRING },
    { "CheckPoint", CIM_NUMBER },
    { "CreationClassName", CIM_STRING },
    { "DelayedAutoStart", CIM_BOOLEAN },
    { "Description", CIM_STRING },
    { "DesktopInteract", CIM_BOOLEAN },
    { "DisplayName", CIM_STRING },
    { "ErrorControl", CIM_STRING },
    { "ExitCode", CIM_NUMBER },
    { "InstallDate", CIM_DATETIME },
    { "Name", CIM_STRING },
    { "PathName", CIM_STRING },
    { "ProcessId", CIM_NUMBER },
    { "ServiceSpecificExitCode", CIM_NUMBER },
    { "ServiceType", CIM_STRING },
    { "Started", CIM_BOOLEAN },
    { "StartMode", CIM_STRING },
    { "StartName", CIM_STRING },
    { "State", CIM_STRING },
    { "Status", CIM_STRING },
    { "SystemCreationClassName", CIM_STRING },
    { "SystemName", CIM_STRING },
    { "TagId", CIM_NUMBER },
    { "WaitHint", CIM_NUMBER },
    { NULL, CIM_STRING },
};

/* A service, or a driver, as it is in good health. */
struct unit {
    const char *name, *title, *path, *mode, *state;
    bool ours; /* it comes with the agent */
};

#define OURS    "\"C:\\Program Files (x86)\\Trend Micro\\Security Agent\\"
#define SYSTEM  "C:\\Windows\\system32\\"
#define NETWORK SYSTEM "svchost.exe -k NetworkService -p"

static const struct unit services[] = {
    { "BITS", "Background Intelligent Transfer Service", SYSTEM "svchost.exe -k netsvcs -p", "Manual", "Stopped",
      false },
    { "Dnscache", "DNS Client", NETWORK, "Auto", "Running", false },
    { "EventLog", "Windows Event Log", SYSTEM "svchost.exe -k LocalServiceNetworkRestricted -p", "Auto", "Running",
      false },
    { "LanmanServer", "Server", SYSTEM "svchost.exe -k netsvcs -p", "Auto", "Running", false },
    { "ntrtscan", "Apex One NT RealTime Scan", OURS "ntrtscan.exe\"", "Auto", "Running", true },
    { "RemoteRegistry", "Remote Registry", SYSTEM "svchost.exe -k localService -p", "Disabled", "Stopped", false },
    { "Spooler", "Print Spooler", SYSTEM "spoolsv.exe", "Auto", "Running", false },
    { "TmCCSF", "Apex One Common Client Solution Framework", OURS "CCSF\\TmCCSF.exe\"", "Auto", "Running", true },
    { "tmlisten", "Apex One NT Listener", OURS "tmlisten.exe\"", "Auto", "Running", true },
    { "W32Time", "Windows Time", SYSTEM "svchost.exe -k LocalService", "Manual", "Running", false },
    { "WinRM", "Windows Remote Management (WS-Management)", NETWORK, "Auto", "Running", false },
    { "wuauserv", "Windows Update", SYSTEM "svchost.exe -k netsvcs -p", "Manual", "Stopped", false },
};

static const struct unit drivers[] = {
    { "Beep", "Beep", NULL, "System", "Running", false },
    { "disk", "Disk Driver", SYSTEM "drivers\\disk.sys", "Boot", "Running", false },
    { "Tcpip", "TCP/IP Protocol Driver", SYSTEM "drivers\\tcpip.sys", "Boot", "Running", false },
    { "tmcomm", "Trend Micro Common Module", SYSTEM "DRIVERS\\tmcomm.sys", "System", "Running", true },
    { "TmFilter", "Trend Micro Filter", OURS "TmXPFlt.sys\"", "Auto", "Running", true },
    { "tmusa", "Trend Micro Osprey Driver", SYSTEM "DRIVERS\\tmusa.sys", "Auto", "Running", true },
    { "usbprint", "Microsoft USB PRINTER Class", SYSTEM "drivers\\usbprint.sys", "Manual", "Stopped", false },
};

/* What the two sorts of units have different. */
struct sort {
    const struct cim_class *cim_class;
    const struct unit *units;
    size_t count;
    const char *prefix; /* of their settings */
    const char *type, *account;
};

/* "StartPending" is how a script writes what Windows calls "Start Pending". */
static const char *spaced_state(const char *state)
{
    static const char *const pending[] = { "Start Pending", "Stop Pending", "Continue Pending", "Pause Pending" };

    for (size_t i = 0; i < sizeof pending / sizeof *pending; i++) {
        const size_t length = strcspn(pending[i], " ");
        if (strncmp(state, pending[i], length) == 0 && strcmp(state + length, "Pending") == 0)
            return pending[i];
    }
    return state;
}

static const char *setting_of(const struct endpoint *endpoint, const char *prefix, const char *name, const char *usual)
{
    char key[ENDPOINT_KEY_MAX + 1];

    return (size_t)snprintf(key, sizeof key, "%s%s", prefix, name) < sizeof key ? endpoint_get(endpoint, key, usual)
                                                                                : usual;
}

static void list_unit(const struct endpoint *endpoint, const struct sort *sort, const struct unit *unit,
                      struct cim_listing *listing)
{
    struct cim_object object;
    const char *state = setting_of(endpoint, sort->prefix, unit->name, unit->state);

    if (!state || (unit->ours && endpoint_is(endpoint, "installed", "yes", "no")))
        return;
    const bool stopped = strcmp(state, "Stopped") == 0, running = strcmp(state, "Running") == 0;
    cim_begin(&object, sort->cim_class);
    cim_set(&object, "AcceptPause", strcmp(state, "Paused") == 0 ? "true" : "false");
    cim_set(&object, "AcceptStop", running ? "true" : "false");
    cim_set(&object, "Caption", unit->title);
    cim_set(&object, "CheckPoint", "0");
    cim_set(&object, "CreationClassName", sort->cim_class->name);
    cim_set(&object, "DelayedAutoStart", "false");
    cim_set(&object, "Description", unit->title);
    cim_set(&object, "DesktopInteract", "false");
    cim_set(&object, "DisplayName", unit->title);
    cim_set(&object, "ErrorControl", "Normal");
    cim_set(&object, "ExitCode", stopped && strcmp(unit->state, "Stopped") == 0 ? "1077" : "0");
    cim_set(&object, "Name", unit->name);
    cim_set(&object, "PathName", unit->path);
    cim_print(&object, "ProcessId", "%d", stopped ? 0 : 1000 + 4 * (int)(unit->name[0] + unit->name[1]));
    cim_set(&object, "ServiceSpecificExitCode", "0");
    cim_set(&object, "ServiceType", sort->type);
    cim_set(&object, "Started", stopped ? "false" : "true");
    cim_set(&object, "StartMode", setting_of(endpoint, "startmode.", unit->name, unit->mode));
    cim_set(&object, "StartName", sort->account);
    cim_set(&object, "State", spaced_state(state));
    cim_set(&object, "Status", "OK");
    cim_set(&object, "SystemCreationClassName", "Win32_ComputerSystem");
    cim_set(&object, "SystemName", endpoint->machine);
    cim_set(&object, "TagId", "0");
    cim_set(&object, "WaitHint", "0");
    cim_list(&object, listing);
}

static bool is_usual(const struct sort *sort, const char *name)
{
    for (size_t i = 0; i < sort->count; i++)
        if (strcasecmp(sort->units[i].name, name) == 0)
            return true;
    return false;
}

/* Those that every endpoint has, and those that the script gives to this one. */
static void list_units(const struct endpoint *endpoint, const struct sort *sort, struct cim_listing *listing)
{
    const size_t length = strlen(sort->prefix);

    for (size_t i = 0; i < sort->count; i++)
        list_unit(endpoint, sort, &sort->units[i], listing);
    for (size_t i = 0; i < endpoint->settings_count; i++) {
        const char *key = endpoint->settings[i].key;
        if (strncasecmp(key, sort->prefix, length) != 0 || is_usual(sort, key + length))
            continue;
        const struct unit unit = { key + length, key + length, SYSTEM "other.exe", "Auto", "Running", true };
        list_unit(endpoint, sort, &unit, listing);
    }
}

static void list_services(const struct endpoint *endpoint, struct cim_listing *listing)
{
    const struct sort sort = { &cim_service, services,      sizeof services / sizeof *services,
                               "service.",   "Own Process", "LocalSystem" };

    list_units(endpoint, &sort, listing);
}

static void list_drivers(const struct endpoint *endpoint, struct cim_listing *listing)
{
    const struct sort sort = { &cim_system_driver, drivers,         sizeof drivers / sizeof *drivers,
                               "driver.",          "Kernel Driver", "" };

    list_units(endpoint, &sort, listing);
}

const struct cim_class cim_service = { "Win32_Service", "Win32_BaseService", service_properties, list_services, NULL };
const struct cim_class cim_system_driver = { "Win32_SystemDriver", "Win32_BaseService", cim_base_properties,
                                             list_drivers, NULL };
