/* What an observation speaks about. Looks at one value alone; it knows no evidence. */
#include "observation.h"

#include "record.h"

bool cause_is_evidence(enum cause cause)
{
    return cause != CAUSE_UNKNOWN && cause != CAUSE_CANCELLED && cause != CAUSE_STALE;
}

bool cause_is_silence(enum cause cause)
{
    return cause == CAUSE_TIMED_OUT || cause == CAUSE_UNREACHABLE;
}

bool observation_shows_server_side(const struct observation *observation)
{
    return (observation->driver == DRIVER_LISTENER || (observation->has & HAS_SERVER_SIDE)) &&
           cause_is_evidence(observation->cause);
}

bool observation_shows_agent_side(const struct observation *observation)
{
    return observation_tells_facts(observation) && (observation->has & HAS_AGENT_SIDE) &&
           observation->agent_side != SIDE_UNKNOWN;
}

bool observation_is_live_feed(const struct observation *observation)
{
    return observation->driver == DRIVER_FEED && observation->cause == CAUSE_NONE;
}

bool observation_is_record(const struct observation *observation)
{
    return driver_is_console(observation->driver) && observation->cause == CAUSE_NONE;
}

bool observation_asks_endpoint(const struct observation *observation)
{
    return observation->driver == DRIVER_WINRM && cause_is_evidence(observation->cause);
}

bool observation_tells_facts(const struct observation *observation)
{
    return observation->cause == CAUSE_NONE || observation_asks_endpoint(observation);
}
