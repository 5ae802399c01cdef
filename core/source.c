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

enum cause source_proxy_cause(const struct source_check *check)
{
    const struct way_outcome *file = &check->ways[WAY_FILE_PROXY], *web = &check->ways[WAY_WEB_PROXY];

    if (!file->cause)
        return web->cause ? (enum cause)web->cause : CAUSE_UNKNOWN;
    return (enum cause)(file->cause == CAUSE_NONE && web->cause ? web->cause : file->cause);
}

enum proxy_sign source_proxy_sign(const struct source_check *check)
{
    static const struct {
        enum source_way straight, proxied;
    } services[REPUTATIONS] = {
        [REPUTATION_FILE] = { WAY_FILE, WAY_FILE_PROXY },
        [REPUTATION_WEB] = { WAY_WEB, WAY_WEB_PROXY },
    };
    bool works = false, unclear = false;

    for (enum reputation reputation = 0; reputation < REPUTATIONS; reputation++) {
        const uint8_t straight = check->ways[services[reputation].straight].cause;
        const uint8_t proxied = check->ways[services[reputation].proxied].cause;
        if (proxied && proxied != CAUSE_NONE && straight == CAUSE_NONE)
            return PROXY_AT_FAULT;
        works = works || proxied == CAUSE_NONE;
        unclear = unclear || proxied;
    }
    return works ? PROXY_WORKS : unclear ? PROXY_UNCLEAR : PROXY_UNTRIED;
}

size_t url_host(const char *url, const char **ret_host)
{
    const char *host = strstr(url, "://");

    host = host ? host + strlen("://") : url;
    const bool bracket = *host == '[';
    *ret_host = host + bracket;
    return strcspn(*ret_host, bracket ? "]" : ":/?#");
}
