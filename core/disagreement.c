/* Compares what sources say, pair by pair. It decides for none of them. */
#include "disagreement.h"

#include <string.h>

static bool differ(int32_t a, int32_t b)
{
    return a > 1 && b > 1 && a != b; /* 1 is unknown in every enumeration */
}

static bool tmusa_differs(int32_t a, int32_t b)
{
    return differ(a, b) && a != SERVICE_NOT_APPLICABLE && b != SERVICE_NOT_APPLICABLE;
}

static bool pattern_differs(const struct statement *a, const struct statement *b)
{
    if (a->pattern_day && b->pattern_day)
        return a->pattern_day != b->pattern_day;
    return a->pattern_version[0] && b->pattern_version[0] &&
           strncmp(a->pattern_version, b->pattern_version, sizeof a->pattern_version) != 0;
}

/* One source may list more than another (link-local addresses, a second card): they contradict each other where they
 * have none in common. */
static bool lists_differ(const struct address_list *a, const struct address_list *b)
{
    for (unsigned i = 0; i < a->n; i++)
        for (unsigned k = 0; k < b->n; k++)
            if (address_equal(&a->at[i], &b->at[k]))
                return false;
    return a->n > 0 || b->n > 0;
}

static const struct {
    enum disagreement disagreement;
    unsigned piece;
} compared[] = {
    { DISAGREE_MODE, FACT_MODE },
    { DISAGREE_RTS_POLICY, FACT_RTS_POLICY },
    { DISAGREE_RTS_SERVICE, FACT_RTS_SERVICE },
    { DISAGREE_SCAN_METHOD, FACT_SCAN_METHOD },
    { DISAGREE_PATTERN, PIECE_PATTERN },
    { DISAGREE_LOCATION, FACT_LOCATION },
    { DISAGREE_SMART_PROTECTION, FACT_SMART_PROTECTION },
    { DISAGREE_TMUSA, FACT_TMUSA },
    { DISAGREE_AGENT_SIDE, PIECE_AGENT_SIDE },
    { DISAGREE_RESOLVED, PIECE_RESOLVED },
    { DISAGREE_OWN, PIECE_OWN },
};

static bool pieces_differ(const struct statement *a, const struct statement *b, unsigned piece)
{
    switch (piece) {
    case PIECE_PATTERN:
        return pattern_differs(a, b);
    case PIECE_AGENT_SIDE:
        return differ(a->agent_side.side, b->agent_side.side);
    case PIECE_RESOLVED:
        return lists_differ(statement_resolved(a), statement_resolved(b));
    case PIECE_OWN:
        return lists_differ(statement_own(a), statement_own(b));
    case FACT_TMUSA:
        return tmusa_differs(a->facts[piece].value, b->facts[piece].value);
    default:
        return differ(a->facts[piece].value, b->facts[piece].value);
    }
}

static bool is_said(const struct statement *statement, unsigned piece, int64_t oldest_ms)
{
    const int64_t mono_ms = statement_time(statement, piece);
    return mono_ms != 0 && mono_ms >= oldest_ms;
}

uint32_t disagreements_among(const struct statements *statements, int64_t oldest_ms)
{
    uint32_t disagreements = 0;
    for (size_t i = 0; i < statements_count(statements); i++) {
        for (size_t k = 0; k < i; k++) {
            const struct statement *a = statements_at(statements, i), *b = statements_at(statements, k);
            for (size_t at = 0; at < sizeof compared / sizeof *compared; at++) {
                const unsigned piece = compared[at].piece;
                if (is_said(a, piece, oldest_ms) && is_said(b, piece, oldest_ms) && pieces_differ(a, b, piece))
                    disagreements |= DISAGREE_BIT(compared[at].disagreement);
            }
        }
    }
    return disagreements;
}
