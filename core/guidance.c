/* The guidance table: static texts and how to find them. It decides nothing about agents. */
#include "guidance.h"

/* SnmpAdminString ends at 255 bytes, and a text that is cut is no instruction. */
#define GUIDANCE(subject, step, en, ja)                                                                                \
    _Static_assert(sizeof(en) <= GUIDANCE_TEXT_BYTES && sizeof(ja) <= GUIDANCE_TEXT_BYTES, "too long: " en);
#include "guidance.def"
#undef GUIDANCE

static const struct guidance steps[] = {
#define GUIDANCE(subject, step, en, ja) { subject, step, { [LANGUAGE_EN] = en, [LANGUAGE_JA] = ja } },
#include "guidance.def"
#undef GUIDANCE
};

const struct guidance *guidance_all(size_t *ret_n)
{
    *ret_n = sizeof(steps) / sizeof(steps[0]);
    return steps;
}

uint32_t guidance_subject(enum icon icon, enum diagnosis diagnosis)
{
    if (icon <= ICON_HEALTHY)
        return 0;
    if (icon == ICON_OFFLINE && diagnosis > DIAGNOSIS_NONE && diagnosis <= DIAGNOSIS_LAST)
        return GUIDANCE_OF_DIAGNOSIS(diagnosis);
    return (uint32_t)icon;
}
