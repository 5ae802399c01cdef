/* Notes: in words, why something about an endpoint is unknown or to be read with care. Pure text work. */
#ifndef AH_CORE_NOTES_H
#define AH_CORE_NOTES_H

#include "evidence.h"

/* Writes what there is to say, separated by semicolons, NUL-terminated; "" for nothing. Where `bytes` do not suffice,
 * what is left out is counted at the end, as "; +2", and a note that is alone is cut between UTF-8 characters. Returns
 * its length. Where the endpoint could not be asked at last, that alone is said: its report, if it is still known, is
 * of before. `expected`: where the agent should find itself. */
size_t notes_text(char *buffer, size_t bytes, enum language language, const struct evidence *evidence,
                  enum location expected, bool is_asked);

#endif
