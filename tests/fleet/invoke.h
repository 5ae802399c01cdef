/* invoke.h: the methods of WMI's StdRegProv, by which the registry is read. */
#ifndef FLEET_INVOKE_H
#define FLEET_INVOKE_H

#include "exchange.h"

/* Answers a call of one of its methods, which the action names. */
void invoke_registry(struct exchange *exchange);

#endif
