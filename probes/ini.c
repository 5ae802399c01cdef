/* Reads an INI text: a pass of its own over the lines finds what iniparser would let pass or misread, then iniparser
 * gives the values. It keeps no state between calls, prints nothing, and may run in several threads at once. */
#include "ini.h"

#include <errno.h>
#include <iniparser.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

/* iniparser 4.1 cuts lines at 1,024 bytes. */
enum { LINE_BYTES_MAX = 1000, NAME_BYTES_MAX = 255, KEYS_MAX = 256, WINDOWS_KEYS_MAX = 512 };

struct section {
    const char *name;
    unsigned line;
    size_t first_key, n_keys;
};

struct key {
    const char *name;
    const char *value; /* first as written in the file, in the end iniparser's */
    unsigned line;
};

struct ini {
    char *text; /* owns the names */
    struct section *sections;
    size_t n_sections;
    struct key *keys;
    size_t n_keys;
    void *by_name;      /* a tsearch() tree of sections */
    dictionary *values; /* owns the values */
};

/* The pass over the lines. */
struct guard {
    struct ini *ini;
    ini_fault_fn *fault;
    void *user;
    unsigned line, faults;
    bool windows;            /* by Windows' rules, and without iniparser */
    struct section *section; /* the one that keys belong to now; NULL: none yet, or one that was refused */
    bool refused;
};

static const char blanks[] = " \t\r\v\f";

static void guard_fault(struct guard *guard, const char *section, const char *key, const char *what)
{
    guard->faults++;
    if (guard->fault)
        guard->fault(guard->user, guard->line, section, key, what);
}

static int compare_sections(const void *a, const void *b)
{
    return strcasecmp(((const struct section *)a)->name, ((const struct section *)b)->name);
}

static char *strip(char *text)
{
    text += strspn(text, blanks);
    for (size_t n = strlen(text); n && strchr(blanks, text[n - 1]); n--)
        text[n - 1] = '\0';
    return text;
}

static bool is_comment_or_end(const char *text)
{
    text += strspn(text, blanks);
    return *text == '\0' || *text == ';' || *text == '#';
}

static void guard_section(struct guard *guard, char *line, bool too_long)
{
    struct ini *ini = guard->ini;
    struct section *section = &ini->sections[ini->n_sections], *const * known;
    char *end = strchr(line, ']'), *name = NULL, what[80];
    const char *wrong = NULL;

    guard->section = NULL;
    guard->refused = true;
    if (end) {
        *end = '\0';
        name = strip(line + 1);
    }
    if (too_long)
        wrong = "the line is longer than 1,000 bytes";
    else if (!end)
        wrong = "a section without its closing bracket";
    else if (*name == '\0')
        wrong = "a section without a name";
    else if (strlen(name) > NAME_BYTES_MAX)
        wrong = "the section's name is longer than 255 bytes";
    else if (ini_has_control(name))
        wrong = "the section's name has a control character";
    if (wrong) {
        guard_fault(guard, "", "", wrong);
        return;
    }
    *section = (struct section){ .name = name, .line = guard->line, .first_key = ini->n_keys };
    if (!guard->windows && strchr(name, ':')) {
        guard_fault(guard, name, "", "a section's name must not have a colon");
        return;
    }
    if (!is_comment_or_end(end + 1)) {
        guard_fault(guard, name, "", "text after the closing bracket");
        return;
    }
    known = tfind(section, &ini->by_name, compare_sections);
    if (known) {
        snprintf(what, sizeof what, "given twice (lines %u and %u)", (*known)->line, guard->line);
        guard_fault(guard, name, "", what);
        return;
    }
    guard->section = section;
    guard->refused = false;
    ini->n_sections++;
}

/* Cuts the value where Windows ends it. Returns what is wrong, or NULL. */
static const char *trim_windows_value(char **value)
{
    char *text = strip(*value);
    const size_t n = strlen(text);

    if (n >= 2 && (*text == '"' || *text == '\'') && text[n - 1] == *text) {
        text[n - 1] = '\0';
        text++;
    }
    *value = text;
    return ini_has_control(text) ? "has a control character" : NULL;
}

/* Cuts the value where iniparser ends it, and keeps off what it would misread. Returns what is wrong, or NULL. */
static const char *trim_value(char *value)
{
    if (*value == '"' || *value == '\'') {
        char *end = strchr(value + 1, *value);

        if (!end)
            return "unbalanced quotes";
        if (!is_comment_or_end(end + 1))
            return "text after the closing quote";
        end[1] = '\0';
    } else {
        size_t n;

        value[strcspn(value, ";#")] = '\0';
        strip(value);
        n = strlen(value);
        if (n && value[n - 1] == '\\')
            return "ends in a backslash: put the value in quotes";
    }
    return ini_has_control(value) ? "has a control character" : NULL;
}

static void guard_key(struct guard *guard, char *line, bool too_long)
{
    struct ini *ini = guard->ini;
    struct section *section = guard->section;
    char *equals = strchr(line, '='), *name, *value, what[80];
    const char *wrong;

    if (!equals) {
        guard_fault(guard, "", "",
                    too_long ? "the line is longer than 1,000 bytes" : "neither [section] nor key = value");
        return;
    }
    *equals = '\0';
    name = strip(line);
    value = equals + 1 + strspn(equals + 1, blanks);
    for (char *at = name; *at && !guard->windows; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    if (*name == '\0' || strlen(name) > NAME_BYTES_MAX || ini_has_control(name)) {
        guard_fault(guard, "", "", "a key must have a name of 1 to 255 bytes without control characters");
        return;
    }
    wrong = too_long         ? "the line is longer than 1,000 bytes"
            : guard->windows ? trim_windows_value(&value)
                             : trim_value(value);
    if (!section) {
        if (!guard->refused)
            guard_fault(guard, "", "", "a key before the first [section]");
        return; /* the fault of a refused section was told already */
    }
    if (wrong) {
        guard_fault(guard, section->name, name, wrong);
        return;
    }
    for (size_t i = section->first_key; i < ini->n_keys; i++) {
        if (strcasecmp(ini->keys[i].name, name) == 0) {
            snprintf(what, sizeof what, "given twice (lines %u and %u)", ini->keys[i].line, guard->line);
            guard_fault(guard, section->name, name, what);
            return;
        }
    }
    if (section->n_keys == (guard->windows ? WINDOWS_KEYS_MAX : KEYS_MAX)) {
        guard_fault(guard, section->name, name,
                    guard->windows ? "more than 512 keys in a section" : "more than 256 keys in a section");
        return;
    }
    ini->keys[ini->n_keys++] = (struct key){ .name = name, .value = value, .line = guard->line };
    section->n_keys++;
}

/* Fills the document from its text. 0 or -ENOMEM. */
static int guard_lines(struct guard *guard)
{
    char *at = guard->ini->text, *end;

    for (; *at; at = end) {
        char *line;
        size_t bytes = strcspn(at, "\n");

        end = at + bytes;
        if (*end)
            *end++ = '\0';
        guard->line++;
        line = strip(at);
        if (is_comment_or_end(line)) {
            if (bytes > LINE_BYTES_MAX)
                guard_fault(guard, "", "", "the line is longer than 1,000 bytes");
        } else if (*line == '[') {
            guard_section(guard, line, bytes > LINE_BYTES_MAX);
            if (guard->section && !tsearch(guard->section, &guard->ini->by_name, compare_sections))
                return -ENOMEM;
        } else {
            guard_key(guard, line, bytes > LINE_BYTES_MAX);
        }
    }
    return 0;
}

/* iniparser's errors are the guard's already, and its default prints them. */
static int say_nothing(const char *format, ...)
{
    (void)format;
    return 0;
}

static void silence_iniparser(void)
{
    iniparser_set_error_callback(say_nothing);
}

/* Lets iniparser read what the guard left. It takes a file's name only, so the text goes through an anonymous file.
 * Its dictionary keeps the order of insertion, so that entries pair off with ours without a search. */
static int read_values(struct ini *ini)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    FILE *file = NULL;
    size_t at = 0;
    char path[40];
    int r = 0, fd = memfd_create("ini", MFD_CLOEXEC);

    pthread_once(&once, silence_iniparser);
    if (fd < 0)
        return -errno;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    file = fdopen(fd, "w");
    if (!file) {
        r = -errno;
        close(fd);
        return r;
    }
    for (size_t i = 0; i < ini->n_sections; i++) {
        const struct section *section = &ini->sections[i];

        fprintf(file, "[%s]\n", section->name);
        for (size_t k = section->first_key; k < section->first_key + section->n_keys; k++)
            fprintf(file, "%s = %s\n", ini->keys[k].name, ini->keys[k].value);
    }
    errno = 0;
    if (fflush(file) == 0 && !ferror(file))
        ini->values = iniparser_load(path);
    if (!ini->values || (size_t)ini->values->n != ini->n_sections + ini->n_keys) {
        r = errno ? -errno : -ENOMEM;
        goto done;
    }
    for (size_t i = 0; !r && i < ini->n_sections; i++) {
        const struct section *section = &ini->sections[i];

        if (strcasecmp(ini->values->key[at++], section->name) != 0)
            r = -EBADMSG;
        for (size_t k = section->first_key; k < section->first_key + section->n_keys; k++)
            ini->keys[k].value = ini->values->val[at++];
    }
done:
    fclose(file);
    return r;
}

static int parse(const char *text, size_t bytes, struct guard guard, struct ini **ret, unsigned *ret_faults)
{
    struct ini *ini = NULL;
    size_t lines = 1;
    int r;

    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        bytes -= 3;
    }
    for (size_t i = 0, n; i < bytes; i += n) {
        n = ini_utf8_sequence(text + i, bytes - i);
        if (n == 0 || text[i] == '\0') {
            guard.line = (unsigned)lines;
            guard_fault(&guard, "", "",
                        n == 0          ? "not UTF-8 text"
                        : guard.windows ? "not text: a NUL byte (UTF-16 needs its byte order mark)"
                                        : "not text: a NUL byte");
            return -EINVAL;
        }
        lines += text[i] == '\n';
    }
    ini = calloc(1, sizeof *ini);
    if (!ini)
        return -ENOMEM;
    ini->text = malloc(bytes + 1);
    if (ini->text)
        *(char *)mempcpy(ini->text, text, bytes) = '\0';
    ini->sections = calloc(lines, sizeof *ini->sections);
    ini->keys = calloc(lines, sizeof *ini->keys);
    guard.ini = ini;
    r = ini->text && ini->sections && ini->keys ? guard_lines(&guard) : -ENOMEM;
    if (!r && !guard.windows)
        r = read_values(ini);
    if (!r) {
        *ret = ini;
        *ret_faults = guard.faults;
        ini = NULL;
    }
    ini_free(ini);
    return r;
}

int ini_parse(const char *text, size_t bytes, ini_fault_fn *fault, void *user, struct ini **ret, unsigned *ret_faults)
{
    return parse(text, bytes, (struct guard){ .fault = fault, .user = user }, ret, ret_faults);
}

int ini_parse_windows(const char *text, size_t bytes, ini_fault_fn *fault, void *user, struct ini **ret,
                      unsigned *ret_faults)
{
    return parse(text, bytes, (struct guard){ .fault = fault, .user = user, .windows = true }, ret, ret_faults);
}

static void keep(void *section)
{
    (void)section; /* the tree only borrows them */
}

void ini_free(struct ini *ini)
{
    if (!ini)
        return;
    tdestroy(ini->by_name, keep);
    if (ini->values)
        iniparser_freedict(ini->values);
    free(ini->keys);
    free(ini->sections);
    free(ini->text);
    free(ini);
}

size_t ini_sections(const struct ini *ini)
{
    return ini->n_sections;
}

const char *ini_section_name(const struct ini *ini, size_t section)
{
    return ini->sections[section].name;
}

unsigned ini_section_line(const struct ini *ini, size_t section)
{
    return ini->sections[section].line;
}

size_t ini_keys(const struct ini *ini, size_t section)
{
    return ini->sections[section].n_keys;
}

const char *ini_key_name(const struct ini *ini, size_t section, size_t key)
{
    return ini->keys[ini->sections[section].first_key + key].name;
}

unsigned ini_key_line(const struct ini *ini, size_t section, size_t key)
{
    return ini->keys[ini->sections[section].first_key + key].line;
}

const char *ini_key_value(const struct ini *ini, size_t section, size_t key)
{
    return ini->keys[ini->sections[section].first_key + key].value;
}

const char *ini_get(const struct ini *ini, const char *section, const char *key)
{
    const struct section wanted = { .name = section }, *const * found;

    found = tfind(&wanted, &ini->by_name, compare_sections);
    for (size_t i = 0; found && i < (*found)->n_keys; i++) {
        const struct key *at = &ini->keys[(*found)->first_key + i];

        if (strcasecmp(at->name, key) == 0)
            return at->value;
    }
    return NULL;
}
