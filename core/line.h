/* A line of text that grows part by part, in one language, and is cut between characters in the end. It knows no words.
 */
#ifndef AH_CORE_LINE_H
#define AH_CORE_LINE_H

#include "model.h"

/* A text in each language. */
struct words {
    const char *in[LANGUAGES];
};

/* Longer than the parts of a usual line together: only the finished line is cut. */
enum { LINE_BYTES = 1024 };

struct line {
    enum language language; /* whose words line_add_words() takes */
    size_t used;
    char text[LINE_BYTES];
};

struct line line_begin(enum language language);
void line_add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
void line_add_words(struct line *line, const struct words *words);
/* At most so many bytes of a text of UTF-8, whole characters. */
void line_add_some(struct line *line, const char *text, size_t bytes_max);

/* Gives what is ready, NUL-terminated: as many whole characters as there is room for. Returns its length; 0 where
 * `bytes` is 0, and then nothing is written. */
size_t line_finish(const struct line *line, char *buffer, size_t bytes);

#endif
