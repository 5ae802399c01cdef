/* words.c: takes a line of a script or a command apart. It knows no directive and touches no target. */
#include "words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fault_set(struct fault *fault, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

int words_split(char *line, char **words, int room)
{
    int count = 0;
    char *rest = NULL;

    for (char *word = strtok_r(line, " \t\r\n", &rest); word && *word != '#'; word = strtok_r(NULL, " \t\r\n", &rest)) {
        if (count == room)
            return -E2BIG;
        words[count++] = word;
    }
    return count;
}

int words_options(char **words, int count, struct words_option *options, struct fault *fault)
{
    for (int i = 0; i < count; i++) {
        char *equals = strchr(words[i], '=');
        struct words_option *option = options;

        if (!equals)
            return fault_set(fault, "%s: key=value expected", words[i]);
        *equals = '\0';
        while (option->key && strcmp(option->key, words[i]) != 0)
            option++;
        if (!option->key)
            return fault_set(fault, "%s: unknown option", words[i]);
        if (option->value)
            return fault_set(fault, "%s: given twice", words[i]);
        option->value = equals + 1;
    }
    return 0;
}

int words_number(const char *key, const char *text, long min, long max, long *ret_number, struct fault *fault)
{
    char *end;

    errno = 0;
    const long number = strtol(text, &end, 10);
    if (errno || end == text || *end || number < min || number > max)
        return fault_set(fault, "%s=%s: a number from %ld to %ld expected", key, text, min, max);
    *ret_number = number;
    return 0;
}

int words_yes_no(const char *key, const char *text, int *ret_yes, struct fault *fault)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return fault_set(fault, "%s=%s: yes or no expected", key, text);
    *ret_yes = text[0] == 'y';
    return 0;
}
