/* What to do: steps for each condition and diagnosis, in each language. Static texts, nothing else. */
#ifndef AH_CORE_GUIDANCE_H
#define AH_CORE_GUIDANCE_H

#include "model.h"

/* The subject's number in ahGuidanceTable: a condition's icon value, 100 + a diagnosis, or 200 + one of the six checks
 * of Smart Protection. */
#define GUIDANCE_OF_CONDITION(condition) ((uint32_t)condition_icon(condition))
#define GUIDANCE_OF_DIAGNOSIS(diagnosis) (100U + (uint32_t)(diagnosis))
#define GUIDANCE_OF_CHECK(check)         (200U + (uint32_t)(check))

enum { GUIDANCE_TEXT_BYTES = 256 };

struct guidance {
    uint32_t subject;
    uint32_t step; /* 1.. without gaps within a subject */
    const char *text[LANGUAGES];
};

/* All steps, ascending by subject and step. The array is static. */
const struct guidance *guidance_all(size_t *ret_n);

/* The subject that an agent's row points to: for an icon `offline` with a diagnosis that has steps, the diagnosis, else
 * the icon's condition; 0: nothing to do. */
uint32_t guidance_subject(enum icon icon, enum diagnosis diagnosis);

#endif
