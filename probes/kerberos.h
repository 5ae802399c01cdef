/* Fetching Kerberos tickets beforehand. libcurl lets the Kerberos library fetch them within a transfer, and that waits
 * for the KDC as long as it likes: half a minute where the KDC is silent, and with it every transfer of its thread. So
 * a thread of its own fetches a ticket first; it stays in the process's credential cache, where libcurl's own asking
 * finds it. What a ticket is good for is never looked at. */
#ifndef AH_PROBES_KERBEROS_H
#define AH_PROBES_KERBEROS_H

#include "core/model.h"

#include <event2/event.h>

enum { KERBEROS_WHY_BYTES = 128 };

struct kerberos_fetch;

/* `why`: NULL when the ticket is there, else a line for people; it lasts for the call. The fetch may be freed in it. */
typedef void kerberos_done_fn(void *user, const char *why);

/* Begins to fetch the ticket for HTTP at the host of an absolute URL, with the credentials of the process (RFC 4559,
 * section 4). `done` is called once, from the loop, at the latest when `timeout_ms` are over. Borrows the base, which
 * must be the calling thread's. 0, -EINVAL for what is no URL, or why there is no thread or no descriptor for it. */
int kerberos_fetch_new(struct event_base *base, const char *url, int64_t timeout_ms, kerberos_done_fn *done, void *user,
                       struct kerberos_fetch **ret) AH_WARN_UNUSED;
/* NULL-safe. Without a call to the function above. A thread that still waits for the KDC is left to itself; a process
 * that exits meanwhile runs no handler that was set up before the first fetch. */
void kerberos_fetch_free(struct kerberos_fetch *fetch);

#endif
