/* A notification's varbinds as net-snmp's. It sends nothing. */
#include "library.h"
#include "notify.h"
#include "thread.h"

#include <errno.h>

struct filling {
    netsnmp_variable_list **list;
    int error;
};

static void add(void *user, const uint32_t *arcs, size_t n, const struct value *value)
{
    struct filling *filling = user;
    oid name[MAX_OID_LEN];
    if (filling->error)
        return;
    library_oid(name, arcs, n);
    netsnmp_variable_list *varbind = snmp_varlist_add_variable(filling->list, name, n, ASN_NULL, NULL, 0);
    filling->error = varbind ? library_set_value(varbind, value) : -ENOMEM;
}

/* RFC 2741, section 6.2.10: sysUpTime may come first, snmpTrapOID must be next. */
int thread_varbinds(struct snmp_agent *agent, const struct notification *notification, netsnmp_variable_list **ret)
{
    static const uint32_t sys_uptime[] = { 1, 3, 6, 1, 2, 1, 1, 3, 0 };
    netsnmp_variable_list *list = NULL;
    struct filling filling = { .list = &list };
    struct value value;
    value_time_stamp(&value, &agent->view, thread_now_ms());
    add(&filling, sys_uptime, sizeof sys_uptime / sizeof sys_uptime[0], &value);
    int error = notify_varbinds(&agent->view, notification, add, &filling);
    if (!error)
        error = filling.error;
    if (error)
        snmp_free_varbind(list);
    else
        *ret = list;
    return error;
}
