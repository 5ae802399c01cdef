/* cmd.c: the command interpreter of an endpoint. It runs nothing: its few commands are played. */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry.h"
#include "regquery.h"

#define PATH_MAX_BYTES 512
#define FILE_MAX_BYTES (1024L * 1024)
#define LINE_MAX_BYTES 8191 /* of Windows' own interpreter */

static const char usual_ssnotify[] = "[Notify]\r\n"
                                     "Version=3\r\n"
                                     "[ScanServer]\r\n"
                                     "Standard_1=https://sps1.example/tmcss\r\n"
                                     "Standard_2=https://sps2.example/tmcss\r\n"
                                     "[WebReputation]\r\n"
                                     "Standard_1=https://sps1.example:5274\r\n";

/* What a command prints, and to whom it belongs. */
struct run {
    const struct endpoint *endpoint;
    enum twist twist;
    struct evbuffer *out, *errors;
};

static const struct {
    const char *name, *value;
} variables[] = {
    { "%ProgramFiles(x86)%", "C:\\Program Files (x86)" },
    { "%ProgramFiles%", "C:\\Program Files" },
    { "%SystemRoot%", "C:\\Windows" },
};

/* Puts values in the place of variables at the beginning of a path. Returns whether there is room for it. */
static bool expand(const char *path, char *expanded, size_t size)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const size_t length = strlen(variables[i].name);
        if (strncasecmp(path, variables[i].name, length) == 0)
            return (size_t)snprintf(expanded, size, "%s%s", variables[i].value, path + length) < size;
    }
    return (size_t)snprintf(expanded, size, "%s", path) < size;
}

/* Adds the text of a file of this machine. Returns 0 or a negative errno. */
static int add_file(const char *path, struct evbuffer *out)
{
    struct stat status;

    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    const bool fits = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_MAX_BYTES;
    char *text = fits ? malloc((size_t)status.st_size + 1) : NULL;
    const ssize_t size = text ? read(fd, text, (size_t)status.st_size) : -1;
    if (size > 0)
        evbuffer_add(out, text, (size_t)size);
    free(text);
    close(fd);
    return size < 0 ? -EIO : 0;
}

static int run_type(const struct run *run, char *path)
{
    char expanded[PATH_MAX_BYTES];
    const char *file = endpoint_get(run->endpoint, "ssnotify", "");

    path += strspn(path, " \t\"");
    path[strcspn(path, "\"\r\n")] = '\0';
    const bool ours = expand(path, expanded, sizeof expanded) &&
                      strcasecmp(expanded, REGISTRY_PROGRAM_FOLDER "ssnotify.ini") == 0 && file &&
                      endpoint_is(run->endpoint, "installed", "yes", "yes");
    if (ours && !*file)
        evbuffer_add(run->out, usual_ssnotify, sizeof usual_ssnotify - 1);
    if (ours && (!*file || add_file(file, run->out) == 0))
        return 0;
    evbuffer_add_printf(run->errors, "The system cannot find the file specified.\r\n");
    return 1;
}

/* Behind `echo`, everything is text, from the one character on that parts it from the word. */
static int run_echo(const struct run *run, const char *text)
{
    if (*text)
        evbuffer_add_printf(run->out, "%s\r\n", text + 1);
    else
        evbuffer_add_printf(run->out, "ECHO is on.\r\n");
    return 0;
}

static int run_command(const struct run *run, char *line, bool skip_shell);

/* Finds the next & that parts commands; `ret_length` says how many characters it has. */
static char *find_separator(char *line, size_t *ret_length)
{
    bool quoted = false;

    for (; *line; line++) {
        if (*line == '"')
            quoted = !quoted;
        if (*line == '&' && !quoted) {
            *ret_length = line[1] == '&' ? 2 : 1;
            return line;
        }
    }
    return NULL;
}

/* One command after the other; behind && only as long as it goes well. Returns the last exit code. */
static int run_list(const struct run *run, char *line)
{
    int code = 0;

    for (size_t length = 0; line;) {
        const bool needs_success = length == 2;
        char *separator = find_separator(line, &length);
        if (separator)
            *separator = '\0';
        if (!needs_success || code == 0)
            code = run_command(run, line, false);
        if (code < 0)
            return code;
        line = separator ? separator + length : NULL;
    }
    return code;
}

/* `cmd /c` takes one pair of quotes away that stands around all of its command. */
static int run_cmd(const struct run *run, char *arguments)
{
    arguments += strspn(arguments, " \t");
    if (strncasecmp(arguments, "/c", 2) != 0) {
        evbuffer_add_printf(run->out, "Microsoft Windows [Version 10.0.19045.5000]\r\n");
        return 0;
    }
    arguments += 2 + strspn(arguments + 2, " \t");
    const size_t length = strlen(arguments);
    if (length >= 2 && arguments[0] == '"' && arguments[length - 1] == '"') {
        arguments[length - 1] = '\0';
        arguments++;
    }
    return run_list(run, arguments);
}

/* Returns whether the line begins with that word, and where it ends; echo.TEXT counts as well. */
static char *after_word(char *line, const char *word)
{
    const size_t length = strlen(word);

    if (strncasecmp(line, word, length) != 0)
        return NULL;
    if (strncasecmp(line + length, ".exe", 4) == 0 && strchr(" \t", line[length + 4]))
        return line + length + 4;
    return strchr(" \t", line[length]) || (strcmp(word, "echo") == 0 && line[length] == '.') ? line + length : NULL;
}

static int run_command(const struct run *run, char *line, bool skip_shell)
{
    char *rest;

    line += strspn(line, " \t");
    if ((rest = after_word(line, "cmd")))
        return run_cmd(run, rest);
    if ((rest = after_word(line, "reg")))
        return regquery_run(run->endpoint, rest, run->twist, run->out, run->errors);
    if (skip_shell)
        return -ENOENT; /* what follows is built into the interpreter */
    if ((rest = after_word(line, "type")))
        return run_type(run, rest);
    if ((rest = after_word(line, "echo")))
        return run_echo(run, rest);
    line[strcspn(line, " \t")] = '\0';
    evbuffer_add_printf(run->errors,
                        "'%s' is not recognized as an internal or external command,\r\n"
                        "operable program or batch file.\r\n",
                        line);
    return 1;
}

int cmd_run(const struct endpoint *endpoint, char *line, bool skip_shell, enum twist twist, struct evbuffer *out,
            struct evbuffer *errors)
{
    const struct run run = { endpoint, twist, out, errors };

    if (strlen(line) > LINE_MAX_BYTES) {
        evbuffer_add_printf(errors, "The command line is too long.\r\n");
        return 1;
    }
    return skip_shell ? run_command(&run, line, true) : run_list(&run, line);
}
