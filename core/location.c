/* Decides by what is known now. It remembers nothing. */
#include "location.h"

#include "report.h"

enum location location_expected(const struct location_facts *facts)
{
    const bool server_is_lost = facts->agent_side == SIDE_OFFLINE || facts->server == UPDOWN_DOWN;

    if (facts->agent_side == SIDE_ONLINE || facts->gateway == TRI_YES ||
        (facts->seen && (facts->server == UPDOWN_UP || facts->references == UPDOWN_UP)))
        return LOCATION_INTERNAL;
    if (facts->gateway == TRI_NO || (server_is_lost && facts->references == UPDOWN_DOWN))
        return LOCATION_EXTERNAL;
    return LOCATION_UNKNOWN;
}

uint32_t location_note(enum location found, enum location expected)
{
    if (found == LOCATION_EXTERNAL && expected == LOCATION_INTERNAL)
        return NOTE_EXTERNAL_WITHIN;
    return found == LOCATION_INTERNAL && expected == LOCATION_EXTERNAL ? NOTE_INTERNAL_OUTSIDE : 0;
}
