/* Puts together the varbinds of notifications from the lists that were generated from the module. */
#include "notify.h"

#include "objects.h"
#include "tables.h"

#include <errno.h>

/* Notifications by name, so that conditions.def can name them. */
enum notification_number {
#define NUMBER(id, name, objects) NUMBER_##name = (id),
    AH_NOTIFICATIONS(NUMBER)
};

/* An object's arcs below the root, without its instance. */
struct object {
    const uint32_t *arcs;
    size_t n_arcs;
};

#define OBJECT(name)                                                                                                   \
    { (const uint32_t[]){ AH_ARCS_##name }, sizeof((const uint32_t[]){ AH_ARCS_##name }) / sizeof(uint32_t) },
#define OBJECTS(id, name, objects) static const struct object objects_##name[] = { objects(OBJECT) };
AH_NOTIFICATIONS(OBJECTS)

static const struct {
    const struct object *at;
    size_t n;
} notifications[] = {
#define NOTIFICATION(id, name, objects) [id] = { objects_##name, sizeof objects_##name / sizeof objects_##name[0] },
    AH_NOTIFICATIONS(NOTIFICATION)
};

/* The number under the module's notifications; 0: there is none. */
static unsigned number_of(const struct notification *notification)
{
    const bool raised = notification->phase == NOTIFICATION_RAISED;
    switch (notification->alarm.condition) {
#define CONDITION(constant, name, value, rank, severity, raised_, cleared_)                                            \
    case ALARM_##constant:                                                                                             \
        return raised ? NUMBER_##raised_ : NUMBER_##cleared_;
#include "core/conditions.def"
#undef CONDITION
    case ALARM_SERVER_DOWN:
        return raised ? NUMBER_ahServerDown : NUMBER_ahServerUp;
    case ALARM_SOURCE_DOWN:
        return raised ? NUMBER_ahSourceDown : NUMBER_ahSourceUp;
    case ALARM_MASS_OUTAGE:
        return raised ? NUMBER_ahMassOutageBegin : NUMBER_ahMassOutageEnd;
    default:
        return 0;
    }
}

/* The columns that are only keys of rows: ahKeyEntry's instance is all of its columns. */
static bool put_key(const struct view *view, const struct notification *notification, const struct object *object,
                    notify_put_fn *put, void *user)
{
    static const uint32_t entry[] = { AH_KEY_TABLE_ENTRY_ARCS };
    enum { ENTRY_ARCS = sizeof entry / sizeof entry[0] };
    if (object->n_arcs != ENTRY_ARCS + 1 || memcmp(object->arcs, entry, sizeof entry) != 0)
        return false;
    const struct alarm_row *alarm = &notification->alarm;
    const uint32_t keys[] = {
        [AH_ALARM_SEQ] = alarm->seq,
        [AH_AGENT_INDEX] = alarm->subject == SUBJECT_AGENT ? alarm->subject_index : 0,
        [AH_SERVER_INDEX] = alarm->subject == SUBJECT_SERVER ? alarm->subject_index : 0,
        [AH_SOURCE_INDEX] = alarm->subject == SUBJECT_SOURCE ? alarm->subject_index : 0,
        [AH_GROUP_INDEX] = alarm->subject == SUBJECT_GROUP ? alarm->subject_index : 0,
    };
    struct object_id name = { .n = (uint32_t)view->root_len };
    struct value value;
    memcpy(name.at, view->root, view->root_len * sizeof name.at[0]);
    for (size_t i = 0; i < object->n_arcs; i++)
        name.at[name.n++] = object->arcs[i];
    for (size_t i = AH_ALARM_SEQ; i <= AH_GROUP_INDEX; i++)
        name.at[name.n++] = keys[i];
    value_gauge(&value, keys[object->arcs[ENTRY_ARCS]]);
    put(user, name.at, name.n, &value);
    return true;
}

/* Stands where a mass outage is not one group's. */
static const struct group_row no_group;

/* The row that the notification carries for a table; false: none. */
static bool row_of(const struct table *table, const struct view *view, const struct notification *notification,
                   struct row *ret)
{
    const struct alarm_row *alarm = &notification->alarm;
    if (table == &alarm_table)
        *ret = (struct row){ alarm, { alarm->seq } };
    else if (table == &agent_table && alarm->subject == SUBJECT_AGENT)
        *ret = (struct row){ &notification->agent, { notification->agent.index } };
    else if (table == &server_table && alarm->subject == SUBJECT_SERVER)
        *ret = (struct row){ &notification->server, { notification->server.index } };
    else if (table == &source_table && alarm->subject == SUBJECT_SOURCE)
        *ret = (struct row){ &notification->source, { notification->source.index } };
    else if (table == &group_table)
        *ret = (struct row){ &no_group, { 0 } };
    else
        return table->next == scalars_next && scalars_next(view, NULL, NULL, 0, ret);
    return true;
}

static void put_object(const struct view *view, const struct notification *notification, const struct object *object,
                       notify_put_fn *put, void *user)
{
    for (size_t i = 0; i < ALL_TABLES; i++) {
        const struct table *table = all_tables[i];
        struct object_id name;
        struct value value;
        struct row row;
        if (object->n_arcs != table->n_arcs + 1 ||
            memcmp(object->arcs, table->arcs, table->n_arcs * sizeof table->arcs[0]) != 0)
            continue;
        const struct column *column = table_column(table, object->arcs[table->n_arcs]);
        if (!column || !row_of(table, view, notification, &row))
            return;
        objects_prefix(view, table, &name);
        name.at[name.n++] = column->id;
        for (unsigned k = 0; k < table->n_index; k++)
            name.at[name.n++] = row.index[k];
        column->get(view, &row, &value);
        put(user, name.at, name.n, &value);
        return;
    }
}

int notify_varbinds(const struct view *view, const struct notification *notification, notify_put_fn *put, void *user)
{
    static const uint32_t trap_oid[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 }; /* snmpTrapOID.0, RFC 3418 */
    const unsigned number = number_of(notification);
    struct value value = { .type = VALUE_OID };
    if (number == 0)
        return -EINVAL;
    memcpy(value.arc_buffer, view->root, view->root_len * sizeof value.arc_buffer[0]);
    value.arc_buffer[view->root_len] = 0;
    value.arc_buffer[view->root_len + 1] = number;
    value.arcs = value.arc_buffer;
    value.n_arcs = view->root_len + 2;
    put(user, trap_oid, sizeof trap_oid / sizeof trap_oid[0], &value);
    for (size_t i = 0; i < notifications[number].n; i++) {
        const struct object *object = &notifications[number].at[i];
        if (!put_key(view, notification, object, put, user))
            put_object(view, notification, object, put, user);
    }
    return 0;
}
