/* base64.h: base64 (RFC 4648, section 4), as HTTP's headers carry it. */
#ifndef FLEET_BASE64_H
#define FLEET_BASE64_H

#include <stddef.h>

/* Decodes a text into `room`, NUL-terminated behind its bytes. Returns how many these are, or -1: it is none, or does
 * not fit. */
int base64_decode(const char *text, unsigned char *room, size_t size) __attribute__((warn_unused_result));

#endif
