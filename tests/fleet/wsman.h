/* wsman.h: which action of WS-Management is whose. */
#ifndef FLEET_WSMAN_H
#define FLEET_WSMAN_H

#include "exchange.h"

/* Answers a request that was read. */
void wsman_answer(struct exchange *exchange);

#endif
