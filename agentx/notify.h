/* What a notification says: its varbinds, in the order of the module's OBJECTS, each from the column that also serves
 * it to GET, read from the rows as they were at the transition. It sends nothing. */
#ifndef AH_AGENTX_NOTIFY_H
#define AH_AGENTX_NOTIFY_H

#include "core/notification.h"
#include "view.h"

/* Called for each varbind in order; what it is given is borrowed for the call. */
typedef void notify_put_fn(void *user, const uint32_t *name, size_t n, const struct value *value);

/* snmpTrapOID first, then the objects. `view` gives the root, and the snapshot for what is about the collector. 0;
 * -EINVAL: the module has no notification for it (then nothing was put). */
int notify_varbinds(const struct view *view, const struct notification *notification, notify_put_fn *put,
                    void *user) AH_WARN_UNUSED;

#endif
