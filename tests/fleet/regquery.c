/* regquery.c: the command `reg query KEY [/s] [/v NAME | /ve] [/reg:32|/reg:64]`, with the layout of Windows. */
#include "regquery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "registry.h"

static const char not_found[] = "ERROR: The system was unable to find the specified registry key or value.\r\n";
static const char bad_syntax[] = "ERROR: Invalid syntax.\r\nType \"REG QUERY /?\" for usage.\r\n";

static const char *const type_names[] = {
    [REGISTRY_SZ] = "REG_SZ",         [REGISTRY_EXPAND_SZ] = "REG_EXPAND_SZ", [REGISTRY_MULTI_SZ] = "REG_MULTI_SZ",
    [REGISTRY_BINARY] = "REG_BINARY", [REGISTRY_DWORD] = "REG_DWORD",         [REGISTRY_QWORD] = "REG_QWORD",
};

struct query {
    const char *key;  /* behind HKEY_LOCAL_MACHINE\, as it was typed */
    const char *name; /* the one value that is asked for, "": the default one; NULL: all */
    bool recursive;
    bool view32;
};

/* Takes the next word off a command line, without the quotes around it. Returns NULL at the end. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");

    if (*word == '\0')
        return NULL;
    const bool quoted = *word == '"';
    word += quoted;
    char *end = word + strcspn(word, quoted ? "\"" : " \t");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

/* Returns what follows the name of the hive, NULL if it is another one. */
static const char *in_hive(const char *key)
{
    static const char *const names[] = { "HKLM\\", "HKEY_LOCAL_MACHINE\\" };

    for (size_t i = 0; i < 2; i++)
        if (strncasecmp(key, names[i], strlen(names[i])) == 0)
            return key + strlen(names[i]);
    return NULL;
}

/* Returns whether the options are understood. */
static bool read_options(char *rest, struct query *query)
{
    const char *word;

    while ((word = next_word(&rest))) {
        if (strcasecmp(word, "/s") == 0)
            query->recursive = true;
        else if (strcasecmp(word, "/ve") == 0)
            query->name = "";
        else if (strcasecmp(word, "/v") == 0 && (query->name = next_word(&rest)))
            continue;
        else if (strcasecmp(word, "/reg:32") == 0)
            query->view32 = true;
        else if (strcasecmp(word, "/reg:64") != 0)
            return false;
    }
    return true;
}

static void print_value(const struct registry_value *value, struct evbuffer *out)
{
    const char *text = registry_text(value);

    evbuffer_add_printf(out, "    %s    %s    ", value->name[0] ? value->name : "(Default)", type_names[value->type]);
    if (value->type == REGISTRY_DWORD)
        evbuffer_add_printf(out, "0x%x\r\n", (unsigned)strtoll(text, NULL, 10));
    else
        evbuffer_add_printf(out, "%s\r\n", text);
}

/* Returns the length of the path of a key's child on the way to what is below it; 0 for the key itself. */
static size_t child_length(const char *path)
{
    return path[0] ? 1 + strcspn(path + 1, "\\") : 0;
}

/* The keys right below, which a query that does not go down shows by their names. */
static void print_children(const struct registry *registry, const struct query *query, struct evbuffer *out)
{
    const char *last = NULL;

    for (size_t i = 0; i < registry->count; i++) {
        const char *path = registry->values[i].path;
        const size_t length = child_length(path);
        if (length == 0 || (last && child_length(last) == length && strncasecmp(path, last, length) == 0))
            continue;
        evbuffer_add_printf(out, "HKEY_LOCAL_MACHINE\\%s%.*s\r\n", query->key, (int)length, path);
        last = path;
    }
}

/* Prints what the query asks for. Returns how many values that were. */
static size_t print_values(const struct registry *registry, const struct query *query, struct evbuffer *out)
{
    const char *last = NULL;
    size_t found = 0;

    for (size_t i = 0; i < registry->count; i++) {
        const struct registry_value *value = &registry->values[i];
        if ((value->path[0] && !query->recursive) || (query->name && strcasecmp(query->name, value->name) != 0))
            continue;
        if (!last || strcasecmp(last, value->path) != 0)
            evbuffer_add_printf(out, "\r\nHKEY_LOCAL_MACHINE\\%s%s\r\n", query->key, value->path);
        last = value->path;
        print_value(value, out);
        found++;
    }
    if (query->name && query->recursive)
        evbuffer_add_printf(out, "\r\nEnd of search: %zu match(es) found.\r\n", found);
    else
        evbuffer_add_printf(out, "\r\n");
    if (!query->name && !query->recursive)
        print_children(registry, query, out);
    return found;
}

int regquery_run(const struct endpoint *endpoint, char *arguments, enum twist twist, struct evbuffer *out,
                 struct evbuffer *errors)
{
    struct query query = { 0 };
    struct registry registry;

    const char *verb = next_word(&arguments);
    char *key = verb && strcasecmp(verb, "query") == 0 ? next_word(&arguments) : NULL;
    if (!key || !read_options(arguments, &query)) {
        evbuffer_add_printf(errors, "%s", bad_syntax);
        return 1;
    }
    for (size_t length = strlen(key); length > 0 && key[length - 1] == '\\';)
        key[--length] = '\0';
    query.key = in_hive(key);
    const int result = query.key ? registry_open(endpoint, query.key, query.view32, twist, &registry) : -ENOENT;
    if (result == -ENOENT)
        evbuffer_add_printf(errors, "%s", not_found);
    if (result < 0)
        return result == -ENOENT ? 1 : result;
    struct evbuffer *shown = evbuffer_new();
    if (!shown) {
        registry_close(&registry);
        return -ENOMEM;
    }
    const bool found = print_values(&registry, &query, shown) > 0 || !query.name;
    if (found || query.recursive)
        evbuffer_add_buffer(out, shown);
    else
        evbuffer_add_printf(errors, "%s", not_found);
    evbuffer_free(shown);
    registry_close(&registry);
    return found ? 0 : 1;
}
