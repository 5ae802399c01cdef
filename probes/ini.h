/* An INI text, read by iniparser (Windows' own files apart) and guarded against what it lets pass: duplicates,
 * over-long lines, sections without an end, NUL bytes, a value continued by a backslash. Pure: bytes in, document and
 * faults out; it reads no file of its own accord and never logs. */
#ifndef AH_PROBES_INI_H
#define AH_PROBES_INI_H

#include "core/model.h"

struct ini;

/* Called for each fault: the line (1..; 0: the text as a whole), the section and key where they apply (else ""), what.
 */
typedef void ini_fault_fn(void *user, unsigned line, const char *section, const char *key, const char *what);

/* Parses `bytes` of UTF-8 text (a BOM is skipped). 0 and a document even with faults, so that all of them can be
 * reported at once; the number of faults goes to *ret_faults. What is faulty is left out of the document. -ENOMEM,
 * -EINVAL (not text at all: NUL bytes, not UTF-8; reported as a fault too), or the system's refusal of an anonymous
 * file, such as -EMFILE; -EBADMSG: iniparser read it otherwise than we did. Comments start with ; or # and may follow a
 * value or a section; a value with one of these in it, with outer blanks, or with a backslash at its end stands in
 * quotes, single or double. */
int ini_parse(const char *text, size_t bytes, ini_fault_fn *fault, void *user, struct ini **ret,
              unsigned *ret_faults) AH_WARN_UNUSED;
/* The same for a file of Windows' own kind, by the rules by which Windows reads it: nothing behind a value is a
 * comment, a backslash at its end is part of it, one pair of quotes around the whole of it is not, and a section's name
 * may have a colon. Keys keep their spelling, and there may be 512 in a section. iniparser, which would misread it,
 * is not used: never -EBADMSG. */
int ini_parse_windows(const char *text, size_t bytes, ini_fault_fn *fault, void *user, struct ini **ret,
                      unsigned *ret_faults) AH_WARN_UNUSED;
void ini_free(struct ini *ini);

/* Sections in the file's order, with the spelling of the file (iniparser itself folds case). */
size_t ini_sections(const struct ini *ini);
const char *ini_section_name(const struct ini *ini, size_t section);
unsigned ini_section_line(const struct ini *ini, size_t section);
/* Keys of a section, in the file's order, lower case but for ini_parse_windows(). */
size_t ini_keys(const struct ini *ini, size_t section);
const char *ini_key_name(const struct ini *ini, size_t section, size_t key);
unsigned ini_key_line(const struct ini *ini, size_t section, size_t key);
/* The value, "" when empty. */
const char *ini_key_value(const struct ini *ini, size_t section, size_t key);
/* By name, case folded; NULL: no such key. */
const char *ini_get(const struct ini *ini, const char *section, const char *key);

/* Reads a whole regular file of at most max_bytes into *ret_text (NUL-terminated; the caller frees). -EISDIR, -EFBIG,
 * -ENOENT, -EAGAIN (it grew meanwhile), ... ; never blocks on a fifo or device (-EINVAL). */
int ini_read_file(const char *path, size_t max_bytes, char **ret_text, size_t *ret_bytes) AH_WARN_UNUSED;

/* The length of the UTF-8 sequence that `text` begins with, 1 to 4 (a NUL byte counts as one); 0: not UTF-8. */
size_t ini_utf8_sequence(const char *text, size_t bytes);

/* Whether UTF-8 text has a control character: C0 (a tab is one), DEL, C1. */
bool ini_has_control(const char *text);

#endif
