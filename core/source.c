/* Reads one check of a source. It remembers nothing. */
#include "source.h"

#include <string.h>

const struct way_outcome *source_service(const struct source_check *check, enum reputation reputation)
{
    const bool file = reputation == REPUTATION_FILE;
    const struct way_outcome *straight = &check->ways[file ? WAY_FILE : WAY_WEB];
    const struct way_outcome *proxied = &check->ways[file ? WAY_FILE_PROXY : WAY_WEB_PROXY];

    if (straight->cause != CAUSE_NONE && proxied->cause == CAUSE_NONE)
        return proxied;
    return straight->cause ? straight : NULL;
}

enum cause source_cause(const struct source_check *check)
{
    for (enum reputation reputation = 0; reputation < REPUTATIONS; reputation++) {
        const struct way_outcome *service = source_service(check, reputation);
        if (service && service->cause != CAUSE_NONE)
            return (enum cause)service->cause;
    }
    return CAUSE_NONE;
}

static const struct {
    enum source_way straight, proxied;
} services[REPUTATIONS] = {
    [REPUTATION_FILE] = { WAY_FILE, WAY_FILE_PROXY },
    [REPUTATION_WEB] = { WAY_WEB, WAY_WEB_PROXY },
};

/* What the proxy does with one service. */
static enum proxy_sign sign_of(const struct source_check *check, enum reputation reputation)
{
    const uint8_t proxied = check->ways[services[reputation].proxied].cause;

    if (!proxied)
        return PROXY_UNTRIED;
    if (proxied == CAUSE_NONE)
        return PROXY_WORKS;
    return check->ways[services[reputation].straight].cause == CAUSE_NONE ? PROXY_AT_FAULT : PROXY_UNCLEAR;
}

/* The service by which the proxy is judged: one that shows it at fault before one that shows it at work, and both
 * before one that leaves it open. */
static enum reputation telling_service(const struct source_check *check)
{
    static const uint8_t weight[] = {
        [PROXY_UNTRIED] = 0, [PROXY_UNCLEAR] = 1, [PROXY_WORKS] = 2, [PROXY_AT_FAULT] = 3
    };
    return weight[sign_of(check, REPUTATION_WEB)] > weight[sign_of(check, REPUTATION_FILE)] ? REPUTATION_WEB
                                                                                            : REPUTATION_FILE;
}

enum cause source_proxy_cause(const struct source_check *check)
{
    const uint8_t cause = check->ways[services[telling_service(check)].proxied].cause;
    return cause ? (enum cause)cause : CAUSE_UNKNOWN;
}

enum proxy_sign source_proxy_sign(const struct source_check *check)
{
    return sign_of(check, telling_service(check));
}

size_t url_host(const char *url, const char **ret_host)
{
    const char *host = strstr(url, "://");

    host = host ? host + strlen("://") : url;
    const bool bracket = *host == '[';
    *ret_host = host + bracket;
    return strcspn(*ret_host, bracket ? "]" : ":/?#");
}
