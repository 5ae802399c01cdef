/* Tells who has sent a request. It decides nothing: access rules have been applied before. */
#include "requester.h"

#include "library.h"

#include <stdio.h>
#include <stdlib.h>

#include <net-snmp/library/snmpUDPIPv6Domain.h>

/* The name that a community stands for, by the com2sec and community lines of the access file. */
static const char *community_name(const netsnmp_pdu *pdu)
{
    const char *name = NULL, *context;
    const char *community = (const char *)pdu->community;
    const int n = (int)pdu->community_len;
    if (pdu->tDomain == netsnmp_UDPIPv6Domain)
        netsnmp_udp6_getSecName(pdu->transport_data, pdu->transport_data_length, community, n, &name, &context);
    else
        netsnmp_udp_getSecName(pdu->transport_data, pdu->transport_data_length, community, (size_t)n, &name, &context);
    return name;
}

void requester_name(const netsnmp_agent_request_info *info, bool is_master, char ret[SNMP_WHO_BYTES])
{
    if (!is_master) {
        snprintf(ret, SNMP_WHO_BYTES, "a manager, by way of the master");
        return;
    }
    const netsnmp_pdu *pdu = info->asp->pdu;
    const char *name = pdu->securityNameLen > 0 ? pdu->securityName : community_name(pdu);
    netsnmp_transport *transport = snmp_sess_transport(snmp_sess_pointer(info->asp->session));
    char *from = transport && transport->f_fmtaddr
                     ? transport->f_fmtaddr(transport, pdu->transport_data, pdu->transport_data_length)
                     : NULL;
    snprintf(ret, SNMP_WHO_BYTES, "%s (%s)", name ? name : "a manager", from ? from : "from an unknown address");
    free(from);
}
