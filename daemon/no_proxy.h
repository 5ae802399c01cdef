/* no_proxy lists: whom one goes to without a proxy. Pure; no name is resolved. */
#ifndef AH_DAEMON_NO_PROXY_H
#define AH_DAEMON_NO_PROXY_H

#include "core/model.h"

/* A list of suffixes (.example: every name below example), names, addresses, networks (10.0.0.0/8) and *, which is
 * everybody, separated by commas or blanks. Names are compared without regard to case. Addresses and networks hold for
 * URLs with an address in the host's place. */
bool no_proxy_has(const char *list, const char *url);
/* The first item that can not be understood; its length, 0: all can. */
size_t no_proxy_fault(const char *list, const char **ret_item);

#endif
