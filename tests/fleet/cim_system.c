/* cim_system.c: the operating system of an endpoint, and its network adapters. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cim.h"

#define ZONE_HOURS 9 /* the endpoints' clocks show the time of Japan */
#define UPTIME_S   93784

static const struct cim_property system_properties[] = {
    { "BuildNumber", CIM_STRING },     { "Caption", CIM_STRING },          { "CreationClassName", CIM_STRING },
    { "CSName", CIM_STRING },          { "CSDVersion", CIM_STRING },       { "CurrentTimeZone", CIM_NUMBER },
    { "InstallDate", CIM_DATETIME },   { "LastBootUpTime", CIM_DATETIME }, { "LocalDateTime", CIM_DATETIME },
    { "OSArchitecture", CIM_STRING },  { "Primary", CIM_BOOLEAN },         { "ProductType", CIM_NUMBER },
    { "SystemDirectory", CIM_STRING }, { "Version", CIM_STRING },          { NULL, CIM_STRING },
};

static void set_time(struct cim_object *object, const char *property, int64_t clock_ms)
{
    const time_t local = (time_t)(clock_ms / 1000) + ZONE_HOURS * 3600L;
    char text[32];
    struct tm parts;

    gmtime_r(&local, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    cim_print(object, property, "%s.%03d+%02d:00", text, (int)(clock_ms % 1000), ZONE_HOURS);
}

static void set_spaced(struct cim_object *object, const char *property, const char *text)
{
    if (!text)
        return;
    cim_print(object, property, "%s", text);
    for (char *at = object->room; at < object->room + object->room_used; at++)
        if (*at == '_')
            *at = ' ';
}

static void list_system(const struct endpoint *endpoint, struct cim_listing *listing)
{
    struct cim_object object;
    const int64_t now_ms = endpoint_clock_ms(endpoint);
    const char *version = endpoint_get(endpoint, "os.version", ENDPOINT_OS_VERSION);
    const char *build = version ? strrchr(version, '.') : NULL;

    cim_begin(&object, &cim_operating_system);
    set_spaced(&object, "Caption", endpoint_get(endpoint, "os.caption", "Microsoft_Windows_10_Pro"));
    cim_set(&object, "BuildNumber", build ? build + 1 : version);
    cim_set(&object, "CreationClassName", "Win32_OperatingSystem");
    cim_set(&object, "CSName", endpoint->machine);
    cim_print(&object, "CurrentTimeZone", "%d", 60 * ZONE_HOURS);
    cim_set(&object, "InstallDate", "2024-01-15T09:30:00+09:00");
    set_time(&object, "LastBootUpTime", now_ms - INT64_C(1000) * UPTIME_S);
    set_time(&object, "LocalDateTime", now_ms);
    cim_set(&object, "OSArchitecture", "64-bit");
    cim_set(&object, "Primary", "true");
    cim_set(&object, "ProductType", endpoint_get(endpoint, "os.type", "1"));
    cim_set(&object, "SystemDirectory", "C:\\Windows\\system32");
    cim_set(&object, "Version", version);
    cim_list(&object, listing);
}

static const struct cim_property network_properties[] = {
    { "Caption", CIM_STRING },      { "DefaultIPGateway", CIM_STRINGS },   { "Description", CIM_STRING },
    { "DHCPEnabled", CIM_BOOLEAN }, { "DHCPLeaseObtained", CIM_DATETIME }, { "DNSHostName", CIM_STRING },
    { "Index", CIM_NUMBER },        { "IPAddress", CIM_STRINGS },          { "IPEnabled", CIM_BOOLEAN },
    { "MACAddress", CIM_STRING },   { "ServiceName", CIM_STRING },         { NULL, CIM_STRING },
};

static void list_network(const struct endpoint *endpoint, struct cim_listing *listing)
{
    struct cim_object object;
    char own[INET_ADDRSTRLEN];

    cim_begin(&object, &cim_network);
    cim_set(&object, "Caption", "[00000000] Microsoft Kernel Debug Network Adapter");
    cim_set(&object, "Description", "Microsoft Kernel Debug Network Adapter");
    cim_set(&object, "DHCPEnabled", "true");
    cim_set(&object, "Index", "0");
    cim_set(&object, "IPEnabled", "false");
    cim_set(&object, "ServiceName", "kdnic");
    cim_list(&object, listing);

    inet_ntop(AF_INET, &endpoint->target->address.sin_addr, own, sizeof own);
    cim_begin(&object, &cim_network);
    cim_set(&object, "Caption", "[00000001] Intel(R) Ethernet Connection");
    cim_set(&object, "DefaultIPGateway", endpoint_get(endpoint, "gateways", "10.0.0.1"));
    cim_set(&object, "Description", "Intel(R) Ethernet Connection");
    cim_set(&object, "DHCPEnabled", "false");
    cim_set(&object, "DNSHostName", endpoint->machine);
    cim_set(&object, "Index", "1");
    cim_set(&object, "IPAddress", endpoint_get(endpoint, "addresses", own));
    cim_set(&object, "IPEnabled", "true");
    cim_print(&object, "MACAddress", "02:00:00:%02zX:%02zX:%02zX", endpoint->target->index >> 16 & 0xff,
              endpoint->target->index >> 8 & 0xff, endpoint->target->index & 0xff);
    cim_set(&object, "ServiceName", "e1dexpress");
    cim_list(&object, listing);
}

const struct cim_class cim_operating_system = { "Win32_OperatingSystem", NULL, system_properties, list_system, NULL };
const struct cim_class cim_network = { "Win32_NetworkAdapterConfiguration", NULL, network_properties, list_network,
                                       NULL };
