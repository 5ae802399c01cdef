/* Maps net-snmp's requests to the table engine. It looks nothing up by itself, and waits for nothing. */
#include "handler.h"

#include "library.h"
#include "requester.h"

#include <errno.h>
#include <stdlib.h>

/* What belongs to one registration. */
struct registered {
    struct handler_context *context;
    const struct table *table;
    struct rowhint *hint;
    oid prefix[MAX_OID_LEN]; /* the registration */
    size_t n_prefix;
};

static struct registered registrations[ALL_TABLES];

static bool is_within(const struct registered *at, const oid *name, size_t n)
{
    return n >= at->n_prefix && snmp_oid_compare(name, at->n_prefix, at->prefix, at->n_prefix) == 0;
}

/* The sub-identifiers of a name below its registration: as many as can matter. */
static size_t sub_identifiers(const struct registered *at, const oid *name, size_t n_name, uint32_t sub[2 + INDEX_MAX])
{
    if (!is_within(at, name, n_name))
        return 0; /* before the table: its beginning follows */
    size_t n = 0;
    for (; n < 2 + INDEX_MAX && at->n_prefix + n < n_name; n++)
        sub[n] = (uint32_t)name[at->n_prefix + n];
    return n;
}

/* Makes the varbind the exact answer, or an exception. 0 or -ENOMEM. */
static int get(const struct registered *at, netsnmp_variable_list *varbind)
{
    uint32_t sub[2 + INDEX_MAX];
    struct value value;
    const size_t n = sub_identifiers(at, varbind->name, varbind->name_length, sub);
    table_get(at->table, at->context->view, at->hint, sub, n, &value);
    return library_set_value(varbind, &value);
}

/* Makes the varbind the first cell after its name (or the one of its name, if `inclusive`); *ret_found false, and the
 * varbind untouched: there is none in this table. 0 or -ENOMEM. */
static int get_next(const struct registered *at, netsnmp_variable_list *varbind, bool inclusive, bool *ret_found)
{
    uint32_t sub[2 + INDEX_MAX];
    struct value value;
    struct cell cell;
    oid name[MAX_OID_LEN];
    const size_t n = sub_identifiers(at, varbind->name, varbind->name_length, sub);
    *ret_found = true;
    if (inclusive) {
        table_get(at->table, at->context->view, at->hint, sub, n, &value);
        if (value.type < VALUE_NO_SUCH_OBJECT)
            return library_set_value(varbind, &value);
    }
    *ret_found = table_next(at->table, at->context->view, at->hint, sub, n, &cell, &value);
    if (!*ret_found)
        return 0;
    memcpy(name, at->prefix, at->n_prefix * sizeof name[0]);
    library_oid(name + at->n_prefix, cell.sub, cell.n);
    if (snmp_set_var_objid(varbind, name, at->n_prefix + cell.n))
        return -ENOMEM;
    return library_set_value(varbind, &value);
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

/* The name under which a request keeps what it is to do from one phase to the next. */
#define COMMAND LIBRARY_NAME

/* Checks a request, and leaves with it the command that carries it out. */
static enum write_error reserve(const struct registered *at, const netsnmp_agent_request_info *info,
                                netsnmp_request_info *request)
{
    const netsnmp_variable_list *varbind = request->requestvb;
    uint32_t sub[2 + INDEX_MAX];
    struct value value;
    struct snmp_command draft;
    const size_t n = sub_identifiers(at, varbind->name, varbind->name_length, sub);
    if (!value_of(varbind, &value))
        value.type = 0; /* no object's type: the object decides whether that is what is wrong */
    const enum write_error error = table_test(at->table, at->context->view, sub, n, &value, &draft);
    if (error)
        return error;
    struct snmp_command *command = malloc(sizeof *command);
    netsnmp_data_list *kept = command ? netsnmp_create_data_list(COMMAND, command, free) : NULL;
    if (!kept) {
        free(command);
        return WRITE_RESOURCE_UNAVAILABLE;
    }
    *command = draft;
    requester_name(info, at->context->is_master, command->who);
    netsnmp_request_add_list_data(request, kept);
    return WRITE_OK;
}

/* All that can fail is found out in the reserve phases. The last phase acts; until then nothing has to be undone. */
static void set(const struct registered *at, netsnmp_agent_request_info *info, netsnmp_request_info *request)
{
    enum write_error error;
    switch (info->mode) {
    case MODE_SET_RESERVE1:
        error = reserve(at, info, request);
        if (error)
            netsnmp_set_request_error(info, request, (int)error);
        break;
    case MODE_SET_RESERVE2: /* for all of the transaction, whichever tables it is about */
        if (at->context->room(at->context->user) < (size_t)info->asp->vbcount)
            netsnmp_set_request_error(info, request, SNMP_ERR_RESOURCEUNAVAILABLE);
        break;
    case MODE_SET_COMMIT:
        at->context->apply(at->context->user, netsnmp_request_get_list_data(request, COMMAND));
        break;
    default: /* action, free, undo */
        break;
    }
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                  netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    const struct registered *at = registration->my_reg_void;
    (void)handler;
    for (netsnmp_request_info *request = requests; request; request = request->next) {
        bool found;
        int error = 0;
        if (request->processed)
            continue;
        if (info->mode == MODE_GET)
            error = get(at, request->requestvb);
        else if (info->mode == MODE_GETNEXT)
            error = get_next(at, request->requestvb, request->inclusive, &found);
        else
            set(at, info, request);
        if (error)
            netsnmp_set_request_error(info, request, SNMP_ERR_RESOURCEUNAVAILABLE);
    }
    return SNMP_ERR_NOERROR;
}

/* The position of the table that a name belongs to, or else of the first one after it; ALL_TABLES: none. */
static size_t table_at(const oid *name, size_t n)
{
    size_t low = 0, high = ALL_TABLES; /* registrations before `low` are not after the name */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (snmp_oid_compare(registrations[middle].prefix, registrations[middle].n_prefix, name, n) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && is_within(&registrations[low - 1], name, n) ? low - 1 : low;
}

static int answer_get(netsnmp_variable_list *varbind)
{
    const size_t i = table_at(varbind->name, varbind->name_length);
    if (i < ALL_TABLES && is_within(&registrations[i], varbind->name, varbind->name_length))
        return get(&registrations[i], varbind);
    return snmp_set_var_typed_value(varbind, SNMP_NOSUCHOBJECT, NULL, 0) ? -ENOMEM : 0;
}

/* The varbind's value is the end of the range that was asked for; a null end means none. */
static int answer_get_next(netsnmp_variable_list *varbind)
{
    oid start[MAX_OID_LEN], end[MAX_OID_LEN];
    const size_t n_start = varbind->name_length, n_end = varbind->val_len / sizeof end[0];
    bool found = false;
    memcpy(start, varbind->name, n_start * sizeof start[0]);
    memcpy(end, varbind->val.objid, n_end * sizeof end[0]);
    for (size_t i = table_at(start, n_start); i < ALL_TABLES && !found; i++) {
        const int error = get_next(&registrations[i], varbind, varbind->type == ASN_PRIV_INCL_RANGE, &found);
        if (error)
            return error;
    }
    const bool bounded = n_end > 2 || (n_end == 2 && (end[0] || end[1]));
    if (found && (!bounded || snmp_oid_compare(varbind->name, varbind->name_length, end, n_end) < 0))
        return 0;
    if (snmp_set_var_objid(varbind, start, n_start))
        return -ENOMEM;
    return snmp_set_var_typed_value(varbind, SNMP_ENDOFMIBVIEW, NULL, 0) ? -ENOMEM : 0;
}

int handlers_answer(netsnmp_variable_list *varbinds, bool next)
{
    for (netsnmp_variable_list *varbind = varbinds; varbind; varbind = varbind->next_variable) {
        const int error = next ? answer_get_next(varbind) : answer_get(varbind);
        if (error)
            return error;
    }
    return 0;
}

int handlers_register(struct handler_context *context)
{
    for (size_t i = 0; i < ALL_TABLES; i++) {
        struct object_id prefix;
        struct registered *at = &registrations[i];
        objects_prefix(context->view, all_tables[i], &prefix);
        *at = (struct registered){ context, all_tables[i], &context->hints[i], .n_prefix = prefix.n };
        library_oid(at->prefix, prefix.at, prefix.n);
        netsnmp_handler_registration *registration =
            netsnmp_create_handler_registration(all_tables[i]->name, handle, at->prefix, at->n_prefix,
                                                all_tables[i]->test ? HANDLER_CAN_RWRITE : HANDLER_CAN_RONLY);
        if (!registration)
            return -ENOMEM;
        registration->my_reg_void = at;
        if (netsnmp_register_handler(registration) != MIB_REGISTERED_OK)
            return -ENOMEM;
    }
    return 0;
}
