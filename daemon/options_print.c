/* Shows the options: as an example file, and as the manual page's part about them. It never looks at a configuration.
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { COMMENT_COLUMNS = 96 };

/* What may be written, in words: "one of en, ja", "0 to 64 threads". */
static void print_range(FILE *out, const struct option *option)
{
    static const char *const names[OPTION_TYPES] = {
        [OPTION_TEXT] = "text",
        [OPTION_YES_NO] = "yes or no",
        [OPTION_PATH] = "a path",
        [OPTION_FILE] = "a file",
        [OPTION_SECRET] = "a file",
        [OPTION_DIRECTORY] = "a folder",
        [OPTION_URL] = "an http or https URL",
        [OPTION_URL_PATH] = "a URL's path",
        [OPTION_HOST] = "an address or host name",
        [OPTION_ADDRESSES] = "addresses, separated by commas or blanks",
        [OPTION_RANGES] = "addresses and networks, separated by commas or blanks",
        [OPTION_GATEWAYS] = "addresses and MACs, separated by commas or blanks",
        [OPTION_QUERY] = "a URL's query",
        [OPTION_PROXY] = "http://HOST:PORT or socks5://HOST:PORT",
        [OPTION_NO_PROXY] = "a list, separated by commas or blanks",
        [OPTION_OID] = "an OID",
        [OPTION_PIN] = "sha256//BASE64",
        [OPTION_PATH_OR_URL] = "a path, or an http or https URL",
        [OPTION_KEYS] = "a list, separated by commas",
        [OPTION_NAME] = "a name",
    };

    if (option->type == OPTION_NUMBER) {
        fprintf(out, "%u to %u%s%s", option->min, option->max, option->unit ? " " : "",
                option->unit ? option->unit : "");
    } else if (option->words) {
        fputs(option->type == OPTION_SOCKET ? "a socket, its transport one of " : "one of ", out);
        for (const char *at = option->words; *at; at++)
            fputs(*at == ' ' ? ", " : (char[]){ *at, '\0' }, out);
        if (option->type == OPTION_PATTERN)
            fputs(", or a path with %NAME% or %ADDRESS%", out);
    } else {
        fputs(names[option->type], out);
    }
}

/* Text as comment lines. */
static void print_comment(FILE *out, const char *text)
{
    size_t column = 1;

    fputc(';', out);
    while (*text) {
        size_t bytes = strcspn(text, " ");

        if (column > 1 && column + 1 + bytes > COMMENT_COLUMNS) {
            fputs("\n;", out);
            column = 1;
        }
        fprintf(out, " %.*s", (int)bytes, text);
        column += 1 + bytes;
        text += bytes + strspn(text + bytes, " ");
    }
    fputc('\n', out);
}

static void print_example_option(FILE *out, const struct option *option)
{
    const struct section_kind *kind = &section_kinds[option->section];
    const char *value = option->example && (kind->name || !option->initial) ? option->example : option->initial;

    const bool differs = option->initial && strcmp(value, option->initial) != 0;

    print_comment(out, option->help);
    if (option->type != OPTION_TEXT) {
        fputs("; (", out);
        print_range(out, option);
        fprintf(out, "%s%s)\n", differs ? "; without it, " : "", differs ? option->initial : "");
    }
    fprintf(out, "%s%s = %s\n", !kind->aside && option->initial ? "" : "; ", option->key, value);
}

int config_print_example(FILE *out)
{
    fputs("; agenthealthd.conf: every option, with its default; those without one are commented out, as are the\n"
          "; sections of what only you know, which have examples: servers, sources, proxies, consoles, agents.\n"
          "; A comment begins with ; or # and may follow a value. A value with one of these in it, or with a\n"
          "; backslash at its end, stands in quotes. Relative file names start from this file's folder.\n",
          out);
    for (enum section_id id = 0; id < SECTIONS; id++) {
        const struct section_kind *kind = &section_kinds[id];

        fputc('\n', out);
        print_comment(out, kind->help);
        fprintf(out, "%s[%s%s%s]\n", kind->aside ? "; " : "", kind->title, kind->name ? " " : "",
                kind->name ? kind->name : "");
        for (size_t i = 0; i < options_count; i++) {
            if (options[i].section == id)
                print_example_option(out, &options[i]);
        }
    }
    return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}

/* Text of ours as roff: a hyphen stays one, a backslash is printed, no line is taken for a request. */
static void print_roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
    }
}

static void print_manual_option(FILE *out, const struct option *option)
{
    fputs(".TP\n.B ", out);
    print_roff(out, option->key);
    fputc('\n', out);
    print_roff(out, option->help);
    fputs("\nValue: ", out);
    print_range(out, option);
    fputs(".\n", out);
    if (option->initial) {
        fputs("Default: ", out);
        print_roff(out, option->initial);
        fputs(".\n", out);
    } else if (option->required) {
        fputs("It must be given.\n", out);
    }
}

int config_print_manual(FILE *out)
{
    for (enum section_id id = 0; id < SECTIONS; id++) {
        const struct section_kind *kind = &section_kinds[id];

        fprintf(out, ".SS \"[%s%s]\"\n", kind->title, kind->name ? " NAME" : "");
        print_roff(out, kind->help);
        fputc('\n', out);
        for (size_t i = 0; i < options_count; i++) {
            if (options[i].section == id)
                print_manual_option(out, &options[i]);
        }
    }
    return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}
