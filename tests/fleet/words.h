/* words.h: takes a line of a script or a command apart. It knows no directive and touches no target. */
#ifndef FLEET_WORDS_H
#define FLEET_WORDS_H

#include <stddef.h>

/* Why a line was not accepted or a change did not come about, for a person to read. */
struct fault {
    char text[256];
};

/* Fills the fault in; always returns -EINVAL, so that a caller can return what it says. */
int fault_set(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Splits `line` in place at blanks; a '#' that begins a word begins a comment. At most `room` words.
 * Returns how many there are, or -E2BIG. */
int words_split(char *line, char **words, int room);

/* An option that a line may carry as key=value; value is NULL until it was seen. */
struct words_option {
    const char *key;
    const char *value;
};

/* Splits each of the words at its '=' in place, and stores the values with their keys; `options` ends with a NULL key.
 * A word that is no option, or one seen twice, is a fault. Values borrow from the words. Returns 0 or -EINVAL. */
int words_options(char **words, int count, struct words_option *options, struct fault *fault);

/* Reads a decimal number within min..max. Returns 0 or -EINVAL, the fault naming `key`. */
int words_number(const char *key, const char *text, long min, long max, long *ret_number, struct fault *fault);

/* Reads yes or no. Returns 0 or -EINVAL, the fault naming `key`. */
int words_yes_no(const char *key, const char *text, int *ret_yes, struct fault *fault);

#endif
