/* registry.c: what stands in the registry of an endpoint: what is usual, and what the script says instead. How it is
 * asked for is the affair of others. The names are community knowledge, but for LocationProfile, which the vendor
 * documents. */
#include "registry.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "moment.h"

static const char root[] = "SOFTWARE\\TrendMicro\\PC-cillinNTCorp\\CurrentVersion";
static const char software[] = "SOFTWARE\\";
static const char wow64[] = "WOW6432Node\\";

/* Values of an agent in good health, and some that nobody asks for. NULL: differs from endpoint to endpoint. */
static const struct usual {
    const char *key, *name;
    enum registry_type type;
    const char *text;
} usual_values[] = {
    { "", "Application Path", REGISTRY_SZ, REGISTRY_PROGRAM_FOLDER },
    { "", "Domain", REGISTRY_SZ, "Workgroup" },
    { "", "GUID", REGISTRY_SZ, NULL },
    { "", "IP", REGISTRY_SZ, NULL },
    { "", "LocalServerPort", REGISTRY_DWORD, NULL },
    { "", "Server", REGISTRY_SZ, NULL },
    { "", "ServerSSLPort", REGISTRY_DWORD, "4343" },
    { "Behavior Monitoring", "Enable", REGISTRY_DWORD, "1" },
    { "iCRC Scan", "", REGISTRY_SZ, "smart" },
    { "iCRC Scan", "ScanType", REGISTRY_DWORD, "1" },
    { "iCRC Scan\\Scan Server", "LocalScanServerAddress", REGISTRY_SZ, "sps1.example" },
    { "iCRC Scan\\Scan Server", "LocalScanServerUrl", REGISTRY_SZ, "https://sps1.example/tmcss" },
    { "iCRC Scan\\Scan Server", "LocationProfile", REGISTRY_DWORD, "1" },
    { "iCRC Scan\\Scan Server", "Standby", REGISTRY_MULTI_SZ, "sps2.example\\0sps3.example" },
    { "Manual Scan Configuration", "Enable", REGISTRY_DWORD, "0" },
    { "Misc.", "Counter", REGISTRY_QWORD, "0x1122334455" },
    { "Misc.", "Flags", REGISTRY_BINARY, "0A0B00FF" },
    { "Misc.", "InternalNonCrcPatternVer", REGISTRY_DWORD, "1942980" },
    { "Misc.", "InternalPatternVer", REGISTRY_DWORD, "0" },
    { "Misc.", "LastUpdateTime", REGISTRY_DWORD, "now" },
    { "Misc.", "NonCrcPatternDate", REGISTRY_SZ, "today" },
    { "Misc.", "PatternDate", REGISTRY_SZ, "" },
    { "Misc.", "PatternVer", REGISTRY_DWORD, "0" },
    { "Misc.", "Program    Folder", REGISTRY_EXPAND_SZ, "%ProgramFiles(x86)%\\Trend Micro" },
    { "Misc.", "ProgramVer", REGISTRY_SZ, "14.0.0.12345" },
    { "Misc.", "VsAPINT-Ver", REGISTRY_SZ, "23.600.1005" },
    { "Real Time Scan Configuration", "Enable", REGISTRY_DWORD, "1" },
    { "Real Time Scan Configuration\\Exclusion", "Files", REGISTRY_SZ, "" },
    { "UpdateInfo", "LastUpdate", REGISTRY_DWORD, "now" },
};
#define USUAL_VALUES (sizeof usual_values / sizeof *usual_values)

/* One value on its way into the list. */
struct entry {
    const char *key, *name;
    enum registry_type type;
    const char *text;
};

/* Gives an entry the text of a usual value, which may be written to `room`. */
static void fill_usual(const struct endpoint *endpoint, const struct usual *usual, struct entry *entry, char *room,
                       size_t size)
{
    const struct target *server = endpoint->estate->first_server;

    *entry = (struct entry){ usual->key, usual->name, usual->type, usual->text ? usual->text : room };
    if (usual->text)
        return;
    if (strcmp(usual->name, "Server") == 0)
        entry->text = server ? server->name : "apex1.example";
    else if (strcmp(usual->name, "IP") == 0)
        inet_ntop(AF_INET, &endpoint->target->address.sin_addr, room, (socklen_t)size);
    else if (strcmp(usual->name, "LocalServerPort") == 0)
        snprintf(room, size, "%u", ntohs(endpoint->agent->address.sin_port));
    else
        snprintf(room, size, "a9e0c1d2-5b1f-4d7e-9c21-%012zx", endpoint->agent->index);
}

/* Writes what the text says to the value. Where it names a time, that is put in its place, by the endpoint's clock:
 * days as yyyymmdd, others in seconds since 1970. */
static void fill_text(const struct endpoint *endpoint, const char *text, struct registry_value *value)
{
    struct tm parts;
    time_t when;

    const enum moment_kind kind = moment_read(text, (time_t)(endpoint_clock_ms(endpoint) / 1000), &when);
    value->text = kind == MOMENT_NONE && text != value->room ? text : NULL;
    if (kind == MOMENT_NOW)
        snprintf(value->room, sizeof value->room, "%lld", (long long)when);
    else if (kind == MOMENT_DAY)
        strftime(value->room, sizeof value->room, "%Y%m%d", gmtime_r(&when, &parts));
}

static void twist_value(struct registry_value *value, enum twist twist)
{
    const bool number = value->type == REGISTRY_DWORD || value->type == REGISTRY_QWORD;

    if (twist == TWIST_TYPES) {
        value->type = number ? REGISTRY_SZ : REGISTRY_DWORD;
        value->text = number ? HOSTILE_NUMBER : HOSTILE_TEXT;
    } else if (twist == TWIST_HUGE && !number) {
        value->text = hostile_huge_text();
    }
}

/* Returns what follows the key in the path, from its backslash on; NULL if the path is not at or below the key. */
static const char *below(const char *path, const char *key)
{
    const size_t length = strlen(key);

    return strncasecmp(path, key, length) == 0 && (path[length] == '\\' || path[length] == '\0') ? path + length : NULL;
}

/* Adds a value if it is in or below the key that is asked for. */
static void add_value(const struct endpoint *endpoint, const struct entry *entry, const char *key, enum twist twist,
                      struct registry *registry)
{
    char path[REGISTRY_PATH_MAX];
    struct registry_value *value = &registry->values[registry->count];

    snprintf(path, sizeof path, "%s%s%s", root, entry->key[0] ? "\\" : "", entry->key);
    const char *rest = below(path, key);
    if (!rest)
        return;
    snprintf(value->path, sizeof value->path, "%s", rest);
    snprintf(value->name, sizeof value->name, "%s", entry->name);
    value->type = entry->type;
    fill_text(endpoint, entry->text, value);
    twist_value(value, twist);
    registry->count++;
}

static bool is_number(const char *text)
{
    time_t when;

    return text[strspn(text, "-0123456789")] == '\0' ? *text != '\0' : moment_read(text, 0, &when) != MOMENT_NONE;
}

/* "reg.iCRC_Scan\ScanType" is the value ScanType in the key "iCRC Scan". Returns false if the setting is none of those.
 */
static bool read_setting(const struct setting *setting, char *path, struct entry *entry)
{
    static const char string[] = "string:", dword[] = "dword:";

    if (strncasecmp(setting->key, "reg.", 4) != 0)
        return false;
    strcpy(path, setting->key + 4);
    for (char *at = path; (at = strchr(at, '_'));)
        *at = ' ';
    char *last = strrchr(path, '\\');
    if (last)
        *last = '\0';
    *entry = (struct entry){ last ? path : "", last ? last + 1 : path, REGISTRY_SZ, setting->value };
    for (size_t i = 0; i < USUAL_VALUES; i++)
        if (strcasecmp(usual_values[i].key, entry->key) == 0 && strcasecmp(usual_values[i].name, entry->name) == 0)
            entry->type = usual_values[i].type;
    if (entry->type == REGISTRY_DWORD && entry->text && !is_number(entry->text))
        entry->type = REGISTRY_SZ;
    if (entry->text && strncmp(entry->text, string, sizeof string - 1) == 0) {
        entry->type = REGISTRY_SZ;
        entry->text += sizeof string - 1;
    } else if (entry->text && strncmp(entry->text, dword, sizeof dword - 1) == 0) {
        entry->type = REGISTRY_DWORD;
        entry->text += sizeof dword - 1;
    }
    return true;
}

/* Whether the script says something of a usual value. */
static bool is_set(const struct endpoint *endpoint, const struct usual *usual)
{
    char path[ENDPOINT_KEY_MAX + 1];
    struct entry entry;

    for (size_t i = 0; i < endpoint->settings_count; i++)
        if (read_setting(&endpoint->settings[i], path, &entry) && strcasecmp(entry.key, usual->key) == 0 &&
            strcasecmp(entry.name, usual->name) == 0)
            return true;
    return false;
}

/* By key, a key before those below it, then by name. */
static int by_path(const void *a, const void *b)
{
    const struct registry_value *first = a, *second = b;
    const char *one = first->path, *two = second->path;

    for (; *one && strncasecmp(one, two, 1) == 0; one++, two++)
        ;
    const int left = *one == '\\' ? 1 : tolower((unsigned char)*one);
    const int right = *two == '\\' ? 1 : tolower((unsigned char)*two);
    return left != right ? left - right : strcasecmp(first->name, second->name);
}

/* Takes the node of the 32-bit view out of a key. Returns whether there is room for what remains. */
static bool plain_key(const char *key, bool *view32, char *plain, size_t size)
{
    if (strncasecmp(key, software, sizeof software - 1) == 0 &&
        strncasecmp(key + sizeof software - 1, wow64, sizeof wow64 - 1) == 0) {
        *view32 = true;
        return (size_t)snprintf(plain, size, "%s%s", software, key + sizeof software + sizeof wow64 - 2) < size;
    }
    return (size_t)snprintf(plain, size, "%s", key) < size;
}

int registry_open(const struct endpoint *endpoint, const char *key, bool view32, enum twist twist,
                  struct registry *ret_registry)
{
    char plain[REGISTRY_PATH_MAX], path[ENDPOINT_KEY_MAX + 1];
    struct registry registry = { 0 };
    struct entry entry;

    if (!plain_key(key, &view32, plain, sizeof plain) || endpoint_is(endpoint, "installed", "yes", "no") ||
        endpoint_is(endpoint, "view", "wow64", view32 ? "native" : "wow64"))
        return -ENOENT;
    if (!(registry.values = calloc(USUAL_VALUES + endpoint->settings_count, sizeof *registry.values)))
        return -ENOMEM;
    for (size_t i = 0; i < USUAL_VALUES; i++) {
        struct registry_value *next = &registry.values[registry.count];
        if (is_set(endpoint, &usual_values[i]))
            continue;
        fill_usual(endpoint, &usual_values[i], &entry, next->room, sizeof next->room);
        add_value(endpoint, &entry, plain, twist, &registry);
    }
    for (size_t i = 0; i < endpoint->settings_count; i++)
        if (read_setting(&endpoint->settings[i], path, &entry) && entry.text)
            add_value(endpoint, &entry, plain, twist, &registry);
    if (registry.count == 0) {
        registry_close(&registry);
        return -ENOENT;
    }
    qsort(registry.values, registry.count, sizeof *registry.values, by_path);
    *ret_registry = registry;
    return 0;
}

void registry_close(struct registry *registry)
{
    free(registry->values);
    *registry = (struct registry){ 0 };
}

const char *registry_text(const struct registry_value *value)
{
    return value->text ? value->text : value->room;
}

const struct registry_value *registry_find(const struct registry *registry, const char *name)
{
    for (size_t i = 0; i < registry->count; i++)
        if (registry->values[i].path[0] == '\0' && strcasecmp(registry->values[i].name, name) == 0)
            return &registry->values[i];
    return NULL;
}
