/* cim.c: queries over the objects of an endpoint, and how objects are written. What the classes have in them is in the
 * files beside. */
#include "cim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "exchange.h"

const struct cim_property cim_base_properties[] = {
    { "AcceptPause", CIM_BOOLEAN },
    { "AcceptStop", CIM_BOOLEAN },
    { "Caption", CIM_STRING },
    { "CreationClassName", CIM_STRING },
    { "Description", CIM_STRING },
    { "DesktopInteract", CIM_BOOLEAN },
    { "DisplayName", CIM_STRING },
    { "ErrorControl", CIM_STRING },
    { "ExitCode", CIM_NUMBER },
    { "InstallDate", CIM_DATETIME },
    { "Name", CIM_STRING },
    { "PathName", CIM_STRING },
    { "ServiceSpecificExitCode", CIM_NUMBER },
    { "ServiceType", CIM_STRING },
    { "Started", CIM_BOOLEAN },
    { "StartMode", CIM_STRING },
    { "StartName", CIM_STRING },
    { "State", CIM_STRING },
    { "Status", CIM_STRING },
    { "SystemCreationClassName", CIM_STRING },
    { "SystemName", CIM_STRING },
    { "TagId", CIM_NUMBER },
    { NULL, CIM_STRING },
};
static const struct cim_class cim_base_service = { "Win32_BaseService", NULL, cim_base_properties, NULL, NULL };

static const struct cim_class *const classes[] = {
    &cim_base_service, &cim_service, &cim_system_driver, &cim_operating_system, &cim_network, &cim_ping_status,
};
#define CLASSES (sizeof classes / sizeof *classes)

static const struct cim_property *find_property(const struct cim_class *cim_class, const char *name)
{
    for (const struct cim_property *property = cim_class->properties; property->name; property++)
        if (strcasecmp(property->name, name) == 0)
            return property;
    return NULL;
}

/* Returns whether the class has every property that the query names, and the query names the one that it must. */
static bool knows_names(const struct cim_class *cim_class, const struct wql_query *query)
{
    bool complete = !cim_class->required;

    for (size_t i = 0; i < query->properties_count; i++)
        if (!find_property(cim_class, query->properties[i]))
            return false;
    for (size_t i = 0; i < query->nodes_count; i++) {
        if (query->nodes[i].kind != WQL_COMPARISON)
            continue;
        if (!find_property(cim_class, query->nodes[i].property))
            return false;
        complete |= cim_class->required && strcasecmp(cim_class->required, query->nodes[i].property) == 0;
    }
    return complete;
}

enum cim_verdict cim_query(const struct endpoint *endpoint, struct cim_listing *listing)
{
    const struct cim_class *from = NULL;

    for (size_t i = 0; i < CLASSES; i++)
        if (strcasecmp(classes[i]->name, listing->query->class_name) == 0)
            from = classes[i];
    if (!from)
        return CIM_NO_CLASS;
    if (!knows_names(from, listing->query))
        return CIM_BAD_QUERY;
    for (size_t i = 0; i < CLASSES; i++)
        if (classes[i]->list && (classes[i] == from || (classes[i]->base && strcmp(classes[i]->base, from->name) == 0)))
            classes[i]->list(endpoint, listing);
    return CIM_GOOD;
}

void cim_begin(struct cim_object *object, const struct cim_class *cim_class)
{
    *object = (struct cim_object){ .cim_class = cim_class };
}

void cim_set(struct cim_object *object, const char *property, const char *value)
{
    const struct cim_property *found = find_property(object->cim_class, property);

    if (found)
        object->values[found - object->cim_class->properties] = value;
}

void cim_print(struct cim_object *object, const char *property, const char *format, ...)
{
    char *text = object->room + object->room_used;
    const size_t room = sizeof object->room - object->room_used;
    va_list arguments;

    va_start(arguments, format);
    const size_t size = (size_t)vsnprintf(text, room, format, arguments) + 1;
    va_end(arguments);
    object->room_used += size < room ? size : room - 1;
    cim_set(object, property, text);
}

static const char *value_of(const void *user, const char *property)
{
    const struct cim_object *object = user;
    const struct cim_property *found = find_property(object->cim_class, property);

    return found ? object->values[found - object->cim_class->properties] : NULL;
}

void cim_list(const struct cim_object *object, struct cim_listing *listing)
{
    if (wql_matches(listing->query, value_of, object))
        listing->add(object, listing);
}

/* The prefix and the name of a property's element; in a fragment there is no prefix. */
struct tag {
    const char *prefix, *name;
};

static void write_text(const struct tag *tag, const char *value, size_t length, enum twist twist, struct evbuffer *out)
{
    char copy[CIM_ROOM_BYTES];

    evbuffer_add_printf(out, "<%s%s>", tag->prefix, tag->name);
    if (twist == TWIST_HUGE) {
        evbuffer_add_reference(out, hostile_huge_text(), HOSTILE_HUGE_BYTES, NULL, NULL);
    } else {
        snprintf(copy, sizeof copy, "%.*s", (int)length, value);
        exchange_escape(out, twist == TWIST_TYPES ? HOSTILE_TEXT : copy);
    }
    evbuffer_add_printf(out, "</%s%s>", tag->prefix, tag->name);
}

static void write_strings(const struct tag *tag, const char *value, enum twist twist, struct evbuffer *out)
{
    for (; *value; value += strspn(value, ",")) {
        const size_t length = strcspn(value, ",");
        write_text(tag, value, length, twist, out);
        value += length;
    }
}

static void write_datetime(const struct tag *tag, const char *value, enum twist twist, struct evbuffer *out)
{
    const char *prefix = tag->prefix[0] ? "cim:" : "";

    evbuffer_add_printf(out, "<%s%s><%sDatetime>%s</%sDatetime></%s%s>", tag->prefix, tag->name, prefix,
                        twist == TWIST_TYPES ? HOSTILE_TEXT : value, prefix, tag->prefix, tag->name);
}

static void write_property(const struct tag *tag, enum cim_type type, const char *value, enum twist twist,
                           struct evbuffer *out)
{
    if (!value)
        evbuffer_add_printf(out, "<%s%s xsi:nil=\"true\"/>", tag->prefix, tag->name);
    else if (type == CIM_STRINGS)
        write_strings(tag, value, twist, out);
    else if (type == CIM_DATETIME)
        write_datetime(tag, value, twist, out);
    else if (type == CIM_STRING)
        write_text(tag, value, strlen(value), twist, out);
    else
        evbuffer_add_printf(out, "<%s%s>%s</%s%s>", tag->prefix, tag->name,
                            twist == TWIST_TYPES ? HOSTILE_NUMBER : value, tag->prefix, tag->name);
}

static bool is_asked(const struct wql_query *query, const char *name)
{
    for (size_t i = 0; i < query->properties_count; i++)
        if (strcasecmp(query->properties[i], name) == 0)
            return true;
    return query->properties_count == 0;
}

void cim_write(const struct cim_object *object, const struct wql_query *query, enum twist twist, struct evbuffer *out)
{
    const char *name = object->cim_class->name;
    const bool whole = query->properties_count == 0;

    if (whole)
        evbuffer_add_printf(out,
                            "<p:%s xmlns:xsi=\"" SOAP_NS_SCHEMA "\" xmlns:p=\"" SOAP_WMI "%s\" xmlns:cim=\"" SOAP_NS_CIM
                            "\" xsi:type=\"p:%s_Type\">",
                            name, name, name);
    else
        evbuffer_add_printf(out, "<w:XmlFragment xmlns:xsi=\"" SOAP_NS_SCHEMA "\">");
    for (size_t i = 0; object->cim_class->properties[i].name; i++) {
        const struct cim_property *property = &object->cim_class->properties[i];
        const struct tag tag = { whole ? "p:" : "", property->name };
        if (is_asked(query, property->name))
            write_property(&tag, property->type, object->values[i], twist, out);
    }
    if (whole)
        evbuffer_add_printf(out, "</p:%s>", name);
    else
        evbuffer_add_printf(out, "</w:XmlFragment>");
}
