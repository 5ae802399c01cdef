/* Records: what a management server believes of an agent, as a console tells it. The record lags behind what is: a
 * server is not told of a cable that was pulled or a process that was killed. So it is evidence of its own, beside both
 * sides of the connection, and never one of them. Pure functions. */
#ifndef AH_CORE_RECORD_H
#define AH_CORE_RECORD_H

#include "model.h"

/* Whether a driver's word is a console's: somebody else's record, not what was asked or what the endpoint says. */
bool driver_is_console(enum driver driver);

/* Whether a record says the contrary of the server side, as it is believed: "active" of an agent whose listener does
 * not answer, or "inactive" of one whose listener does. Where the record speaks of the product and of the agent apart
 * (agentActive), or of an agent that need not be reached (roaming), nothing refutes it. */
bool record_is_contradicted(enum recorded recorded, enum side server_side);

/* The mode of an agent, as far as its record tells it; MODE_UNKNOWN: it does not. */
enum mode record_mode(enum recorded recorded);

#endif
