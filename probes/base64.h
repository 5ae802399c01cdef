/* Base64 (RFC 4648, section 4), decoded strictly. Pure. */
#ifndef AH_PROBES_BASE64_H
#define AH_PROBES_BASE64_H

#include "core/model.h"

/* Decodes in place; *ret_bytes is how many bytes `text` then begins with. White space may stand anywhere. -EINVAL: any
 * other byte, padding that is missing, too much or not at the end, bits behind the last byte that are not zero; `text`
 * is of no use then. */
int base64_decode(char *text, size_t bytes, size_t *ret_bytes) AH_WARN_UNUSED;

#endif
