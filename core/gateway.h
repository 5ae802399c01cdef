/* Gateways, by which an endpoint may tell where it is, as people write them: internet addresses, or the MACs of network
 * cards. Pure. */
#ifndef AH_CORE_GATEWAY_H
#define AH_CORE_GATEWAY_H

#include "observation.h"

/* The numbers of ahGatewayKind. */
enum gateway_kind { GATEWAY_UNKNOWN = 1, GATEWAY_IP = 2, GATEWAY_MAC = 3, GATEWAY_MALFORMED = 4 };

enum { MAC_BYTES = 6, GATEWAYS_MAX = 64, GATEWAY_TEXT_BYTES = 256 };

struct gateway {
    uint8_t kind;           /* enum gateway_kind */
    struct address address; /* of an IP */
    uint8_t mac[MAC_BYTES]; /* of a MAC */
};

/* Reads so many characters: an address, or a MAC as 00-11-22-33-44-55, 00:11:22:33:44:55 or 0011.2233.4455. What is
 * neither is malformed. */
struct gateway gateway_read(const char *chars, size_t n);
/* Whether two are the same gateway, however they are written; what is malformed is none. */
bool gateway_equal(const struct gateway *a, const struct gateway *b);

/* Whether one of an endpoint's gateways stands in the configured list, whose items are separated by commas and blanks.
 * An endpoint does not tell the MACs of its gateways, and a full list of them may have been cut: where there is a MAC
 * in the configured list, or the endpoint's is full, an address that is not found refutes nothing. Unknown, too, where
 * the configured list has no address. */
enum tri gateways_have(const char *configured, const struct address_list *own);

#endif
