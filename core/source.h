/* What is asked of a Smart Protection source, and what one check of it has shown, as a value. It judges nothing beyond
 * that check. */
#ifndef AH_CORE_SOURCE_H
#define AH_CORE_SOURCE_H

#include "model.h"

/* The two services of a source, ... */
enum reputation { REPUTATION_FILE, REPUTATION_WEB, REPUTATIONS };
/* ... and the ways to each: straight, and through the proxy that its agents use. */
enum source_way { WAY_FILE, WAY_WEB, WAY_FILE_PROXY, WAY_WEB_PROXY, SOURCE_WAYS };

/* The source's TLS certificate for file reputation. */
enum certificate {
    CERTIFICATE_UNKNOWN = 1,
    CERTIFICATE_VALID = 2,
    CERTIFICATE_EXPIRED = 3, /* or not valid yet */
    CERTIFICATE_UNTRUSTED = 4,
    CERTIFICATE_NOT_APPLICABLE = 5 /* no TLS */
};

enum { CERTIFICATE_DAYS_UNKNOWN = -32768, CERTIFICATE_DAYS_MIN = -32767, CERTIFICATE_DAYS_MAX = 32767 };

/* How a question over one way ended. */
struct way_outcome {
    uint8_t cause; /* enum cause; 0: it was not asked */
    bool heard;
    uint32_t rtt_ms;
};

struct source_check {
    struct way_outcome ways[SOURCE_WAYS];
    uint8_t certificate;      /* enum certificate */
    int16_t certificate_days; /* whole days until it ends; CERTIFICATE_DAYS_UNKNOWN */
};

/* How a service did: by the straight way if that went well, or there is no other; else through the proxy if that did; a
 * failure is that of the straight way. NULL: it was not asked. */
const struct way_outcome *source_service(const struct source_check *check, enum reputation reputation);
/* The cause of the whole: the first service's that failed; CAUSE_NONE: none did. */
enum cause source_cause(const struct source_check *check);
/* What one check of a source says of the proxy. */
enum proxy_sign {
    PROXY_UNTRIED,
    PROXY_WORKS,   /* it has brought a good answer */
    PROXY_UNCLEAR, /* it has brought none, nor has the straight way */
    PROXY_AT_FAULT /* it has brought none, where the straight way has */
};
enum proxy_sign source_proxy_sign(const struct source_check *check);
/* How the way through the proxy ended that says so; CAUSE_UNKNOWN: it was not tried. */
enum cause source_proxy_cause(const struct source_check *check);

/* The host of a URL, without brackets; its length. A text without a scheme begins with its host. */
size_t url_host(const char *url, const char **ret_host);

#endif
