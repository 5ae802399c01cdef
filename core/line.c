/* Puts a line together. It never writes beyond its buffer, and never half a character into somebody else's. */
#include "line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct line line_begin(enum language language)
{
    return (struct line){ .language = language == LANGUAGE_JA ? LANGUAGE_JA : LANGUAGE_EN };
}

void line_add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line->text + line->used, LINE_BYTES - line->used, format, arguments);
    va_end(arguments);
    if (n > 0)
        line->used += (size_t)n < LINE_BYTES - line->used ? (size_t)n : LINE_BYTES - line->used - 1;
}

void line_add_words(struct line *line, const struct words *words)
{
    line_add(line, "%s", words->in[line->language]);
}

/* How many of the first `max` bytes are whole characters. */
static size_t whole_characters(const char *text, size_t max)
{
    size_t n = strlen(text);
    if (n <= max)
        return n;
    for (n = max; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80; n--)
        ;
    return n;
}

void line_add_some(struct line *line, const char *text, size_t bytes_max)
{
    line_add(line, "%.*s", (int)whole_characters(text, bytes_max), text);
}

size_t line_finish(const struct line *line, char *buffer, size_t bytes)
{
    if (bytes == 0)
        return 0;
    const size_t used = whole_characters(line->text, bytes - 1);
    memcpy(buffer, line->text, used);
    buffer[used] = '\0';
    return used;
}
