/* The comparison: each key of one document is looked up in the other, then the other way round. */
#include "ini_compare.h"

#include <string.h>
#include <strings.h>

static const char blanks[] = " \t";

/* An item of a list that commas separate, without the blanks around it. */
struct item {
    const char *at;
    size_t bytes;
};

/* Takes the next item off the list; false: there is none. */
static bool next_item(const char **list, struct item *ret)
{
    if (!**list)
        return false;
    const size_t whole = strcspn(*list, ",");
    struct item item = { *list + strspn(*list, blanks), 0 };

    item.bytes = item.at < *list + whole ? (size_t)(*list + whole - item.at) : 0;
    while (item.bytes && strchr(blanks, item.at[item.bytes - 1]))
        item.bytes--;
    *list += whole + ((*list)[whole] == ',');
    *ret = item;
    return true;
}

const char *ini_ignored_fault(const char *ignored)
{
    struct item item;

    while (next_item(&ignored, &item)) {
        const char *colon = memrchr(item.at, ':', item.bytes), *star = memchr(item.at, '*', item.bytes);
        if (!colon || colon == item.at || colon + 1 == item.at + item.bytes)
            return "must be a list of section:key or section:*, separated by commas";
        if (star && (star != colon + 1 || star + 1 != item.at + item.bytes))
            return "has a * that matches nothing: it stands for all keys of a section, as in section:*";
    }
    return NULL;
}

static bool is_ignored(const char *ignored, const char *section, const char *key)
{
    const size_t section_bytes = strlen(section), key_bytes = strlen(key);
    struct item item;

    while (next_item(&ignored, &item)) {
        if (item.bytes < section_bytes + 2 || strncasecmp(item.at, section, section_bytes) != 0 ||
            item.at[section_bytes] != ':')
            continue;
        const char *wanted = item.at + section_bytes + 1;
        const size_t bytes = item.bytes - section_bytes - 1;
        if ((bytes == 1 && *wanted == '*') || (bytes == key_bytes && strncasecmp(wanted, key, bytes) == 0))
            return true;
    }
    return false;
}

/* What is found on the way. */
struct finding {
    uint32_t keys;
    char *names;
    size_t used;
};

static void add(struct finding *finding, const char *section, const char *key)
{
    const size_t section_bytes = strlen(section), key_bytes = strlen(key), comma = finding->used ? 1 : 0;

    finding->keys++;
    if (finding->used + comma + section_bytes + 1 + key_bytes >= DIFFERENCE_NAMES_BYTES)
        return;
    char *at = finding->names + finding->used;
    if (comma)
        *at++ = ',';
    at = mempcpy(at, section, section_bytes);
    *at++ = ':';
    at = mempcpy(at, key, key_bytes);
    *at = '\0';
    finding->used = (size_t)(at - finding->names);
}

/* Adds the keys of `a` that `b` lacks, and, if values count, those that it has with another value. */
static void look_up(const struct ini *a, const struct ini *b, bool values_count, const char *ignored,
                    struct finding *finding)
{
    for (size_t section = 0; section < ini_sections(a); section++) {
        const char *section_name = ini_section_name(a, section);
        for (size_t key = 0; key < ini_keys(a, section); key++) {
            const char *key_name = ini_key_name(a, section, key), *other = ini_get(b, section_name, key_name);
            if (other && (!values_count || strcmp(other, ini_key_value(a, section, key)) == 0))
                continue;
            if (!is_ignored(ignored, section_name, key_name))
                add(finding, section_name, key_name);
        }
    }
}

uint32_t ini_compare(const struct ini *a, const struct ini *b, const char *ignored, char names[DIFFERENCE_NAMES_BYTES])
{
    struct finding finding = { .names = names };

    names[0] = '\0';
    look_up(a, b, true, ignored, &finding);
    look_up(b, a, false, ignored, &finding);
    return finding.keys;
}
