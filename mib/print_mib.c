/* Prints the MIB module for a given root. Never parses the module: it puts out the text around the root and, between,
 * the root in the notation that MIB compilers accept without a warning: every arc but the last has a name. */
#include "print_mib.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "ah_mib.h"
#include "ah_mib_text.h"

#define LINE_WIDTH 78 /* the module's own */
#define INDENT     "          "

/* The nodes below internet (RFC 2578, section 2): compilers know them, and insist on their names. */
static const char *const below_internet[] = {
    NULL, "directory", "mgmt", "experimental", "private", "security", "snmpV2"
};
static const char *const top[] = { "ccitt", "iso", "joint-iso-ccitt" };

static bool root_is_valid(const uint32_t *arcs, size_t count)
{
    if (count < 3 || count > AH_ROOT_ARC_COUNT_MAX || arcs[0] > 2)
        return false;
    return arcs[0] == 2 || arcs[1] < 40; /* X.660: only joint-iso-ccitt has more than 40 children */
}

/* Whether the arcs up to and including at are those of the default root. */
static bool is_default_prefix(const uint32_t *arcs, size_t at)
{
    if (at >= ah_mib_text_root_length)
        return false;
    for (size_t i = 0; i <= at; i++) {
        if (arcs[i] != ah_mib_text_root[i].number)
            return false;
    }
    return true;
}

/* Writes one arc as it stands in the module into text. */
static void format_arc(const uint32_t *arcs, size_t count, size_t at, char *text, size_t text_bytes)
{
    const size_t below = 4; /* iso org dod internet */
    const char *name = is_default_prefix(arcs, at) ? ah_mib_text_root[at].name : NULL;
    const size_t known = sizeof(below_internet) / sizeof(below_internet[0]);

    if (!name && at == below && is_default_prefix(arcs, below - 1) && arcs[at] < known)
        name = below_internet[arcs[at]];

    if (at == 0)
        snprintf(text, text_bytes, "%s", top[arcs[0]]);
    else if (at == count - 1)
        snprintf(text, text_bytes, "%u", arcs[at]);
    else if (name)
        snprintf(text, text_bytes, "%s(%u)", name, arcs[at]);
    else
        snprintf(text, text_bytes, "ahArc%zu(%u)", at + 1, arcs[at]);
}

static void print_lines(FILE *file, const char *const *lines)
{
    for (; *lines; lines++)
        fputs(*lines, file);
}

static void print_root(FILE *file, const uint32_t *arcs, size_t count)
{
    size_t column = strlen("    ::= {");

    fputs("{", file);
    for (size_t at = 0; at < count; at++) {
        char text[64];
        format_arc(arcs, count, at, text, sizeof(text));
        size_t needed = 1 + strlen(text) + (at == count - 1 ? strlen(" }") : 0);
        if (column + needed > LINE_WIDTH) {
            fputs("\n" INDENT, file);
            fputs(text, file);
            column = strlen(INDENT) + needed - 1;
        } else {
            fprintf(file, " %s", text);
            column += needed;
        }
    }
    fputs(" }", file);
}

int ah_mib_print(FILE *file, const uint32_t *root_arcs, size_t root_arc_count)
{
    if (!root_is_valid(root_arcs, root_arc_count))
        return -EINVAL;
    errno = 0;
    print_lines(file, ah_mib_text_before);
    print_root(file, root_arcs, root_arc_count);
    print_lines(file, ah_mib_text_after);
    if (fflush(file) == 0 && !ferror(file))
        return 0;
    return errno ? -errno : -EIO;
}
