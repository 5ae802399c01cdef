/* Reads no_proxy lists. */
#include "daemon/no_proxy.h"

#include "core/range.h"
#include "core/source.h"
#include "daemon/options.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HOST_BYTES = 254 };

static bool is_everybody(const char *item, size_t n)
{
    return n == 1 && *item == '*';
}

/* One item against a host; `address` is what the host is, if it is one. */
static bool is_of(const char *item, size_t n, const char *host, size_t bytes, const struct address *address)
{
    struct range range;

    if (is_everybody(item, n))
        return true;
    if (range_parse(item, n, &range) == 0)
        return range_has(&range, address);
    if (*item == '.')
        return bytes > n && strncasecmp(host + bytes - n, item, n) == 0;
    return bytes == n && strncasecmp(host, item, n) == 0;
}

bool no_proxy_has(const char *list, const char *url)
{
    const char *host, *item;
    const size_t bytes = url_host(url, &host);
    struct address address = { 0 };
    char text[HOST_BYTES];

    snprintf(text, sizeof text, "%.*s", (int)bytes, host);
    if (address_parse(text, &address) < 0)
        address.family = 0;
    for (size_t n; (n = list_item(&list, &item)) > 0;)
        if (is_of(item, n, host, bytes, &address))
            return true;
    return false;
}

size_t no_proxy_fault(const char *list, const char **ret_item)
{
    const char *item;
    struct range range;

    for (size_t n; (n = list_item(&list, &item)) > 0;) {
        char name[HOST_BYTES];
        const bool is_suffix = *item == '.';
        const bool fits = n - is_suffix < sizeof name;
        snprintf(name, sizeof name, "%.*s", (int)(n - is_suffix), item + is_suffix);
        if (is_everybody(item, n) || range_parse(item, n, &range) == 0 || (fits && !option_host_fault(name)))
            continue;
        *ret_item = item;
        return n;
    }
    return 0;
}
