/* A libcurl multi driven by a libevent base: sockets and the one timer on this side, finished transfers on the other.
 * It belongs to the base's thread, and knows nothing of probes. */
#ifndef AH_PROBES_MULTI_H
#define AH_PROBES_MULTI_H

#include "core/model.h"

#include <curl/curl.h>
#include <event2/event.h>

struct multi;

/* Called for each finished transfer, after it was removed from the multi, and then once with a NULL handle at the end
 * of each batch of them. */
typedef void multi_done_fn(void *user, CURL *easy, CURLcode result);

/* Borrows the base. 0, -ENOMEM, or why there is no epoll set, such as -EMFILE. */
int multi_new(struct event_base *base, multi_done_fn *done, void *user, struct multi **ret) AH_WARN_UNUSED;
/* NULL-safe. Every handle must have been removed. */
void multi_free(struct multi *multi);

/* Starts a transfer. 0 or -ENOMEM. */
int multi_add(struct multi *multi, CURL *easy) AH_WARN_UNUSED;
/* Abandons a transfer, without a call to the function above. */
void multi_remove(struct multi *multi, CURL *easy);

#endif
