/* enumeration.h: Enumerate, Pull and Release over the objects of an endpoint. */
#ifndef FLEET_ENUMERATION_H
#define FLEET_ENUMERATION_H

#include "exchange.h"

/* Each answers the exchange. */
void enumeration_begin(struct exchange *exchange);
void enumeration_pull(struct exchange *exchange);
void enumeration_release(struct exchange *exchange);

/* Forgets what has not been pulled of any enumeration. */
void enumeration_forget_all(struct endpoint *endpoint);

#endif
