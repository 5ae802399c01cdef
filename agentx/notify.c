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
    const bool raised = notification->kind == NOTIFICATION_RAISED;
    if (notification->kind == NOTIFICATION_HEARTBEAT)
        return NUMBER_ahHeartbeat;
    if (notification->kind == NOTIFICATION_SUMMARY)
        return NUMBER_ahNotificationsSummary;
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
    case ALARM_FLAPPING:
        return raised ? NUMBER_ahAgentFlappingBegin : NUMBER_ahAgentFlappingEnd;
    case ALARM_PERSISTENCE_LOST:
        return raised ? NUMBER_ahPersistenceLost : NUMBER_ahPersistenceRestored;
    case ALARM_CUT_OFF:
        return raised ? NUMBER_ahCollectorCutOff : NUMBER_ahCollectorReconnected;
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

/* What a notification says of its subject, as rows that the tables' own getters read; of no subject, nothing. */
struct told {
    struct agent_identity agent_identity;
    struct server_identity server_identity;
    struct source_identity source_identity;
    struct agent_row agent;
    struct server_row server;
    struct source_row source;
    struct group_row group;
    struct snapshot snapshot; /* as seen, but for what the notification is about */
};

static void lay_out(struct told *told, const struct view *view, const struct notification *notification)
{
    const struct alarm_row *alarm = &notification->alarm;
    const char *name = text_chars(alarm->subject_name);
    *told = (struct told){
        .agent_identity = { .name = name, .group = text_chars(notification->group) },
        .server_identity = { .name = name },
        .source_identity = { .name = name },
        .agent = { .index = alarm->subject_index, .change_seq = notification->change_seq },
        .server = { .index = alarm->subject_index },
        .source = { .index = alarm->subject_index },
        .snapshot = *view->snapshot,
    };
    told->agent.identity = &told->agent_identity;
    told->server.identity = &told->server_identity;
    told->source.identity = &told->source_identity;
    if (alarm->subject == SUBJECT_GROUP)
        told->group = (struct group_row){ .index = alarm->subject_index, .name = alarm->subject_name };
    const bool is_raised = notification->kind == NOTIFICATION_RAISED;
    if (alarm->condition == ALARM_PERSISTENCE_LOST)
        told->snapshot.persistence = is_raised ? PERSISTENCE_OFF : PERSISTENCE_WORKING;
    if (alarm->condition == ALARM_CUT_OFF)
        told->snapshot.uplink = is_raised ? UPDOWN_DOWN : UPDOWN_UP;
    if (notification->kind == NOTIFICATION_SUMMARY)
        told->snapshot.collector.summary = notification->summary;
}

/* The row that the notification carries for a table; false: none. */
static bool row_of(const struct table *table, const struct view *view, const struct notification *notification,
                   const struct told *told, struct row *ret)
{
    const struct alarm_row *alarm = &notification->alarm;
    if (table == &alarm_table)
        *ret = (struct row){ alarm, { alarm->seq } };
    else if (table == &agent_table && alarm->subject == SUBJECT_AGENT)
        *ret = (struct row){ &told->agent, { told->agent.index } };
    else if (table == &server_table && alarm->subject == SUBJECT_SERVER)
        *ret = (struct row){ &told->server, { told->server.index } };
    else if (table == &source_table && alarm->subject == SUBJECT_SOURCE)
        *ret = (struct row){ &told->source, { told->source.index } };
    else if (table == &group_table)
        *ret = (struct row){ &told->group, { told->group.index } };
    else
        return table->next == scalars_next && scalars_next(view, NULL, NULL, 0, ret);
    return true;
}

static void put_object(const struct view *view, const struct notification *notification, const struct told *told,
                       const struct object *object, notify_put_fn *put, void *user)
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
        if (!column || !row_of(table, view, notification, told, &row))
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
    struct told told;
    lay_out(&told, view, notification);
    struct view own = *view;
    own.snapshot = &told.snapshot;
    memcpy(value.arc_buffer, view->root, view->root_len * sizeof value.arc_buffer[0]);
    value.arc_buffer[view->root_len] = 0;
    value.arc_buffer[view->root_len + 1] = number;
    value.arcs = value.arc_buffer;
    value.n_arcs = view->root_len + 2;
    put(user, trap_oid, sizeof trap_oid / sizeof trap_oid[0], &value);
    for (size_t i = 0; i < notifications[number].n; i++) {
        const struct object *object = &notifications[number].at[i];
        if (!put_key(&own, notification, object, put, user))
            put_object(&own, notification, &told, object, put, user);
    }
    return 0;
}
