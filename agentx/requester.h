/* Who has sent a request. */
#ifndef AH_AGENTX_REQUESTER_H
#define AH_AGENTX_REQUESTER_H

#include "agent.h"

struct netsnmp_agent_request_info_s;

/* In words, for the log: the name that access rules go by, and from where. A community's own text is a secret and is
 * not told. A master does not say for whom it asks its subagents (RFC 2741 has no field for it). */
void requester_name(const struct netsnmp_agent_request_info_s *info, bool is_master, char ret[SNMP_WHO_BYTES]);

#endif
