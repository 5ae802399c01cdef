/* Reads and compares gateways. It asks nobody for one. */
#include "gateway.h"

#include "range.h"

#include <string.h>

enum { MAC_DIGITS = 2 * MAC_BYTES };

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Pairs of digits, with a separator behind each `pairs` of them. */
static bool read_mac(const char *chars, size_t n, char separator, size_t pairs, uint8_t ret[MAC_BYTES])
{
    const size_t separators = MAC_BYTES / pairs - 1;
    size_t at = 0;

    if (n != MAC_DIGITS + separators)
        return false;
    for (size_t byte = 0; byte < MAC_BYTES; byte++) {
        if (byte > 0 && byte % pairs == 0 && chars[at++] != separator)
            return false;
        const int high = digit_of(chars[at]), low = digit_of(chars[at + 1]);
        if (high < 0 || low < 0)
            return false;
        ret[byte] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return true;
}

struct gateway gateway_read(const char *chars, size_t n)
{
    struct gateway gateway = { .kind = GATEWAY_MALFORMED };
    char text[ADDRESS_TEXT_BYTES] = "";

    if (n < sizeof text)
        memcpy(text, chars, n);
    if (read_mac(chars, n, '-', 1, gateway.mac) || read_mac(chars, n, ':', 1, gateway.mac) ||
        read_mac(chars, n, '.', 2, gateway.mac))
        gateway.kind = GATEWAY_MAC;
    else if (address_parse(text, &gateway.address) == 0)
        gateway.kind = GATEWAY_IP;
    return gateway;
}

bool gateway_equal(const struct gateway *a, const struct gateway *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == GATEWAY_IP    ? address_equal(&a->address, &b->address)
           : a->kind == GATEWAY_MAC ? memcmp(a->mac, b->mac, sizeof a->mac) == 0
                                    : false;
}

static bool has_address(const struct address_list *list, const struct address *address)
{
    for (unsigned i = 0; i < list->n; i++)
        if (address_equal(&list->at[i], address))
            return true;
    return false;
}

enum tri gateways_have(const char *configured, const struct address_list *own)
{
    bool addresses = false, macs = false;
    const char *item;

    for (size_t n; (n = list_item(&configured, &item)) > 0;) {
        const struct gateway gateway = gateway_read(item, n);
        if (gateway.kind == GATEWAY_IP && has_address(own, &gateway.address))
            return TRI_YES;
        addresses = addresses || gateway.kind == GATEWAY_IP;
        macs = macs || gateway.kind == GATEWAY_MAC;
    }
    return addresses && !macs && own->n < OWN_ADDRESSES_MAX ? TRI_NO : TRI_UNKNOWN;
}
