/* The registry values of a conversation: which of those that come in are wanted, and which view of the registry counts.
 * It never judges what they say. */
#include "winrm_talk.h"

#include "registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The part of a key's name below a root, without the backslash between; NULL: it is not below. Names of keys fold case.
 */
static const char *below(const char *key, const char *root)
{
    const size_t length = strlen(root);

    if (strncasecmp(key, root, length) != 0)
        return NULL;
    return key[length] == '\\' ? key + length + 1 : key[length] == '\0' ? key + length : NULL;
}

/* Whether PATH\NAME is this path and this name. */
static bool is_named(const char *path_and_name, const char *path, const char *name)
{
    const size_t length = strlen(path);

    if (length == 0)
        return strcasecmp(path_and_name, name) == 0;
    return strncasecmp(path_and_name, path, length) == 0 && path_and_name[length] == '\\' &&
           strcasecmp(path_and_name + length + 1, name) == 0;
}

int winrm_reading_set(struct winrm_reading *value, const char *type, const char *text)
{
    char *copy = NULL;

    if (text && !(copy = strndup(text, WINRM_VALUE_BYTES_MAX)))
        return -ENOMEM;
    free(value->text);
    value->text = copy;
    value->too_long = text && strlen(text) > WINRM_VALUE_BYTES_MAX;
    snprintf(value->type, sizeof value->type, "%s", type);
    return 0;
}

void winrm_readings_put(struct winrm_findings *findings, const struct winrm_names *names, const char *key,
                        const char *name, const char *type, const char *value)
{
    static const enum winrm_name roots[VIEWS] = {
        [VIEW_NATIVE] = WINRM_NAME_REGISTRY_ROOT, [VIEW_32] = WINRM_NAME_REGISTRY_ROOT_32
    };

    for (enum winrm_view view = 0; view < VIEWS; view++) {
        const char *path = below(key, names->names[roots[view]]);
        for (enum winrm_value id = 0; path && id < WINRM_VALUES; id++)
            if (names->values[id][0] && is_named(names->values[id], path, name) &&
                winrm_reading_set(&findings->values[view][id], type, value) < 0)
                findings->out_of_memory = true;
    }
}

void winrm_readings_choose_view(struct winrm_findings *findings)
{
    unsigned there[VIEWS] = { 0 };

    for (enum winrm_view view = 0; view < VIEWS; view++)
        for (enum winrm_value id = 0; id < WINRM_VALUES; id++)
            there[view] += findings->values[view][id].text != NULL;
    findings->view = there[VIEW_32] > there[VIEW_NATIVE] ? VIEW_32 : VIEW_NATIVE;
}

void winrm_readings_done(struct winrm_findings *findings)
{
    for (enum winrm_view view = 0; view < VIEWS; view++)
        for (enum winrm_value id = 0; id < WINRM_VALUES; id++)
            free(findings->values[view][id].text);
}

const char *winrm_reading_text(const struct winrm_findings *findings, enum winrm_value value)
{
    return findings->values[findings->view][value].text;
}

void winrm_named_server(const struct winrm_findings *findings, char ret[WINRM_HOST_BYTES])
{
    const struct winrm_reading *value = &findings->values[findings->view][WINRM_VALUE_SERVER];

    ret[0] = '\0';
    if (!value->text || value->too_long || registry_text(value->text, ret, WINRM_HOST_BYTES) < 0)
        ret[0] = '\0';
    /* What stands in front of a port or a blank is the name. */
    ret[strcspn(ret, " \t/")] = '\0';
}

bool winrm_is_agent(const struct winrm_findings *findings, const char *guid)
{
    const char *its = winrm_reading_text(findings, WINRM_VALUE_GUID);

    if (!its || !its[0] || !guid[0])
        return true;
    its += its[0] == '{';
    guid += guid[0] == '{';
    const size_t bytes = strcspn(guid, "}");
    return strcspn(its, "}") == bytes && strncasecmp(its, guid, bytes) == 0;
}

bool winrm_own_record(const struct winrm_findings *findings, struct address *ret)
{
    const char *text = winrm_reading_text(findings, WINRM_VALUE_IP);
    return text && address_parse(text, ret) == 0;
}

bool winrm_is_outside(const struct winrm_findings *findings)
{
    const struct winrm_reading *value = &findings->values[findings->view][WINRM_VALUE_LOCATION];
    uint32_t profile;

    return value->text && registry_number(value->type[0] ? value->type : NULL, value->text, &profile) == 0 &&
           profile == 2;
}
