/* A line of a log in the Common Event Format (ArcSight, CEF:0), in which the management side tells what it knows of its
 * agents (800101, 800102; vendor's guide). Pure. It knows no event: all keys are handed on. */
#ifndef AH_PROBES_CEF_H
#define AH_PROBES_CEF_H

#include "core/model.h"

enum { CEF_FIELD_BYTES = 128, CEF_KEYS_MAX = 128, CEF_WHY_BYTES = 96 };

/* The fields in front of the keys, unescaped; "" when empty. */
struct cef_head {
    char vendor[CEF_FIELD_BYTES], product[CEF_FIELD_BYTES], version[CEF_FIELD_BYTES];
    char class_id[CEF_FIELD_BYTES]; /* what event it is */
    char name[CEF_FIELD_BYTES], severity[CEF_FIELD_BYTES];
};

/* A key and its value, unescaped; "" when empty. Both last for the call. */
typedef void cef_key_fn(void *user, const char *key, const char *value);

/* Reads one line, given without its end:
 *     CEF:0|vendor|product|version|class id|name|severity|key=value key=value
 * In the head, \| and \\ stand for themselves; in a value \= and \\ do, and \n and \r for line ends. A value may hold
 * blanks; it ends before those in front of the next key. A key is made of ASCII letters, digits and _ . -
 *
 * -EINVAL: the line is wrong, and `why` says how: not of this form, another escape, a key twice or none, an = without
 * its escape, more than CEF_KEYS_MAX keys, a field too long, a control character (a tab is none), not UTF-8. -ENOMEM.
 * Either leaves *ret untouched and calls nobody: a line is taken as a whole. `why` is set for -EINVAL alone. */
int cef_read(const char *line, size_t bytes, cef_key_fn *key, void *user, struct cef_head *ret,
             char why[CEF_WHY_BYTES]) AH_WARN_UNUSED;

#endif
