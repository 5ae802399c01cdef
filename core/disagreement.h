/* Disagreements: facts about which two sources contradict each other while both are fresh. */
#ifndef AH_CORE_DISAGREEMENT_H
#define AH_CORE_DISAGREEMENT_H

#include "statements.h"

/* The facts that are compared; the position is the bit in ahAgentDisagreements. */
enum disagreement {
    DISAGREE_MODE,
    DISAGREE_RTS_POLICY,
    DISAGREE_RTS_SERVICE,
    DISAGREE_SCAN_METHOD,
    DISAGREE_PATTERN, /* by its day where both know it, else by its version */
    DISAGREE_LOCATION,
    DISAGREE_SMART_PROTECTION,
    DISAGREE_TMUSA,
    DISAGREE_AGENT_SIDE,
    DISAGREE_RESOLVED,
    DISAGREE_OWN,
    DISAGREEMENTS
};
#define DISAGREE_BIT(disagreement) (1U << (disagreement))

/* As DISAGREE_BITs: about what any two of them differ, in words of `oldest_ms` or later. A value that is unknown
 * contradicts none; nor does a driver that an agent does not need, as one source sees it, one that another has looked
 * at. Lists of addresses contradict each other where they have none in common. NULL: none. */
uint32_t disagreements_among(const struct statements *statements, int64_t oldest_ms);

#endif
