/* Values of a Windows registry as texts: as `reg query KEY /s` prints them, and as StdRegProv of WMI gives them. Pure:
 * it asks nobody, and knows no value by its name. */
#ifndef AH_PROBES_REGISTRY_H
#define AH_PROBES_REGISTRY_H

#include "core/evidence.h"

enum { REGISTRY_LINE_MAX = 4096 };

/* A value: the key's full name, less HKEY_LOCAL_MACHINE and the backslash behind it; the value's name; its type, such
 * as REG_SZ; its text, "" when empty. The bytes are those that were printed, be they UTF-8 or not. */
typedef void registry_value_fn(void *user, const char *key, const char *name, const char *type, const char *value);

/* Hands on each value that `reg query` printed, in its order. Lines end with LF or CRLF. What is no value is passed
 * over: messages, a value before any key, a line with a NUL byte in it, a key of more than REGISTRY_LINE_MAX bytes and
 * the values below it. A longer line with a value is cut there. Of a value that has line ends in it, only the first
 * line is known. */
void registry_read(const char *text, size_t bytes, registry_value_fn *value, void *user);

/* What a value says. `type`: as it is printed; NULL: the value is from WMI, where numbers are decimal. All return 0, or
 * -EINVAL for what is of no such form, or of another type. */

/* A REG_DWORD (0x...), or a REG_SZ with decimal digits or 0x.... From WMI also a negative one: of 32 bits, without its
 * sign. */
int registry_number(const char *type, const char *value, uint32_t *ret) AH_WARN_UNUSED;
/* A date yyyymmdd, as a text or as a number that looks so in decimal, as days since 1970; never 0. */
int registry_day(const char *type, const char *value, int32_t *ret_day) AH_WARN_UNUSED;
/* Seconds since 1970; never 0. */
int registry_epoch(const char *type, const char *value, int64_t *ret_epoch_s) AH_WARN_UNUSED;
/* A version, as pattern_version_parse() takes it, as a text or as a number. */
int registry_version(const char *type, const char *value, char ret_version[VERSION_BYTES]) AH_WARN_UNUSED;
/* UTF-8 without control characters that fits in `room`. */
int registry_text(const char *value, char *buffer, size_t room) AH_WARN_UNUSED;

#endif
