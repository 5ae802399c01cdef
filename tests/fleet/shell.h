/* shell.h: the Windows Remote Shell (WinRS) of an endpoint: shells, the commands in them, their output. */
#ifndef FLEET_SHELL_H
#define FLEET_SHELL_H

#include "exchange.h"

/* Each answers the exchange. */
void shell_create(struct exchange *exchange);
void shell_command(struct exchange *exchange);
void shell_receive(struct exchange *exchange);
void shell_signal(struct exchange *exchange);
void shell_delete(struct exchange *exchange);

/* Ends every shell. */
void shell_end_all(struct endpoint *endpoint);

#endif
