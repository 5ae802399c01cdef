/* Maps net-snmp's requests to the table engine. It looks nothing up by itself, and waits for nothing. */
#include "handler.h"

#include "library.h"

#include <errno.h>

/* What belongs to one registration. */
struct registered {
    struct handler_context *context;
    const struct table *table;
    struct rowhint *hint;
};

static struct registered registrations[ALL_TABLES];

/* The sub-identifiers of a varbind below its registration: as many as can matter. */
static size_t sub_identifiers(const netsnmp_handler_registration *registration, const netsnmp_variable_list *varbind,
                              uint32_t sub[2 + INDEX_MAX])
{
    const size_t prefix = registration->rootoid_len;
    if (varbind->name_length <= prefix || snmp_oid_compare(varbind->name, prefix, registration->rootoid, prefix) != 0)
        return 0; /* before the table: its beginning follows */
    size_t n = 0;
    for (; n < 2 + INDEX_MAX && prefix + n < varbind->name_length; n++)
        sub[n] = (uint32_t)varbind->name[prefix + n];
    return n;
}

/* An exact answer. False: there is none. */
static bool answer_get(const struct registered *at, netsnmp_agent_request_info *info, netsnmp_request_info *request,
                       const uint32_t *sub, size_t n)
{
    struct value value;
    table_get(at->table, at->context->view, at->hint, sub, n, &value);
    if (value.type >= VALUE_NO_SUCH_OBJECT) {
        if (info->mode == MODE_GET)
            netsnmp_set_request_error(info, request,
                                      value.type == VALUE_NO_SUCH_OBJECT ? SNMP_NOSUCHOBJECT : SNMP_NOSUCHINSTANCE);
        return false;
    }
    if (library_set_value(request->requestvb, &value))
        netsnmp_set_request_error(info, request, SNMP_ERR_RESOURCEUNAVAILABLE);
    return true;
}

static void answer_next(const struct registered *at, const netsnmp_handler_registration *registration,
                        netsnmp_agent_request_info *info, netsnmp_request_info *request, const uint32_t *sub, size_t n)
{
    struct value value;
    struct cell cell;
    oid name[MAX_OID_LEN];
    if (request->inclusive && answer_get(at, info, request, sub, n))
        return;
    if (!table_next(at->table, at->context->view, at->hint, sub, n, &cell, &value))
        return; /* untouched: the library goes on behind the table */
    memcpy(name, registration->rootoid, registration->rootoid_len * sizeof name[0]);
    library_oid(name + registration->rootoid_len, cell.sub, cell.n);
    if (snmp_set_var_objid(request->requestvb, name, registration->rootoid_len + cell.n) ||
        library_set_value(request->requestvb, &value))
        netsnmp_set_request_error(info, request, SNMP_ERR_RESOURCEUNAVAILABLE);
}

/* What the manager sent; false: of a type that no writable object has. */
static bool value_of(const netsnmp_variable_list *varbind, struct value *ret)
{
    ret->type = varbind->type;
    switch (varbind->type) {
    case ASN_INTEGER:
        ret->integer = (int32_t)*varbind->val.integer;
        return true;
    case ASN_UNSIGNED:
        ret->number = (uint32_t)*varbind->val.integer;
        return true;
    case ASN_OCTET_STR:
        value_octets(ret, varbind->val.string, varbind->val_len);
        return true;
    default:
        return false;
    }
}

static enum write_error test(const struct registered *at, const netsnmp_request_info *request, const uint32_t *sub,
                             size_t n, struct snmp_command *ret)
{
    struct value value;
    if (!value_of(request->requestvb, &value))
        value.type = 0; /* no object's type: the object decides whether that is what is wrong */
    return table_test(at->table, at->context->view, sub, n, &value, ret);
}

/* All that can fail is found out in the reserve phases. The last phase acts; until then nothing has to be undone. */
static void answer_set(const struct registered *at, netsnmp_agent_request_info *info, netsnmp_request_info *request,
                       const uint32_t *sub, size_t n, size_t n_requests)
{
    struct snmp_command command;
    enum write_error error;
    switch (info->mode) {
    case MODE_SET_RESERVE1:
        error = test(at, request, sub, n, &command);
        if (error)
            netsnmp_set_request_error(info, request, (int)error);
        break;
    case MODE_SET_RESERVE2:
        if (at->context->room(at->context->user) < n_requests)
            netsnmp_set_request_error(info, request, SNMP_ERR_RESOURCEUNAVAILABLE);
        break;
    case MODE_SET_COMMIT:
        /* What was good when it was tested stays so: an agent that has vanished since is the reader's business. */
        command.kind = SNMP_COMMAND_NONE;
        (void)test(at, request, sub, n, &command);
        if (command.kind != SNMP_COMMAND_NONE)
            at->context->apply(at->context->user, &command);
        break;
    default: /* action, free, undo */
        break;
    }
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                  netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    const struct registered *at = registration->my_reg_void;
    size_t n_requests = 0;
    (void)handler;
    for (const netsnmp_request_info *request = requests; request; request = request->next)
        n_requests++;
    for (netsnmp_request_info *request = requests; request; request = request->next) {
        uint32_t sub[2 + INDEX_MAX];
        if (request->processed)
            continue;
        const size_t n = sub_identifiers(registration, request->requestvb, sub);
        if (info->mode == MODE_GET)
            (void)answer_get(at, info, request, sub, n);
        else if (info->mode == MODE_GETNEXT)
            answer_next(at, registration, info, request, sub, n);
        else
            answer_set(at, info, request, sub, n, n_requests);
    }
    return SNMP_ERR_NOERROR;
}

int handlers_register(struct handler_context *context)
{
    for (size_t i = 0; i < ALL_TABLES; i++) {
        struct object_id prefix;
        oid name[MAX_OID_LEN];
        objects_prefix(context->view, all_tables[i], &prefix);
        library_oid(name, prefix.at, prefix.n);
        netsnmp_handler_registration *registration = netsnmp_create_handler_registration(
            all_tables[i]->name, handle, name, prefix.n, all_tables[i]->test ? HANDLER_CAN_RWRITE : HANDLER_CAN_RONLY);
        if (!registration)
            return -ENOMEM;
        registrations[i] = (struct registered){ context, all_tables[i], &context->hints[i] };
        registration->my_reg_void = &registrations[i];
        if (netsnmp_register_handler(registration) != MIB_REGISTERED_OK)
            return -ENOMEM;
    }
    return 0;
}
