/* cim.h: the objects of an endpoint's Windows Management Instrumentation (WMI), namespace root/cimv2. */
#ifndef FLEET_CIM_H
#define FLEET_CIM_H

#include <event2/buffer.h>

#include "endpoint.h"
#include "hostile.h"
#include "wql.h"

#define CIM_PROPERTIES_MAX 32
#define CIM_ROOM_BYTES     1024

enum cim_type {
    CIM_STRING,
    CIM_STRINGS, /* an array; in a value, commas stand between its elements */
    CIM_NUMBER,
    CIM_BOOLEAN,
    CIM_DATETIME,
};

struct cim_property {
    const char *name;
    enum cim_type type;
};

struct cim_object;
struct cim_listing;

struct cim_class {
    const char *name;
    const char *base;                      /* the class whose objects these are as well, or NULL */
    const struct cim_property *properties; /* ends with a NULL name */
    /* Hands each object over by cim_list(); NULL: it has none of its own. */
    void (*list)(const struct endpoint *endpoint, struct cim_listing *listing);
    const char *required; /* a property without which a query is none, or NULL */
};

struct cim_object {
    const struct cim_class *cim_class;
    const char *values[CIM_PROPERTIES_MAX]; /* in the order of the class; NULL: null */
    char room[CIM_ROOM_BYTES];              /* where values are that are written for it */
    size_t room_used;
};

/* What is done with the objects of a query. */
struct cim_listing {
    const struct wql_query *query;
    void (*add)(const struct cim_object *object, struct cim_listing *listing);
    void *user;
};

enum cim_verdict { CIM_GOOD, CIM_NO_CLASS, CIM_BAD_QUERY };

/* Hands each object that the query asks for to listing->add(), which borrows it until it returns. */
enum cim_verdict cim_query(const struct endpoint *endpoint, struct cim_listing *listing);

/* For the classes: begins an object, all of it null; sets a property of it, where the class has one of the name, to a
 * text that stays for as long as the object does, or to one that is written for it; hands it over. */
void cim_begin(struct cim_object *object, const struct cim_class *cim_class);
void cim_set(struct cim_object *object, const char *property, const char *value);
void cim_print(struct cim_object *object, const char *property, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void cim_list(const struct cim_object *object, struct cim_listing *listing);

/* Writes an object as an item of an enumeration: all of it, or a fragment with the properties that are asked for. */
void cim_write(const struct cim_object *object, const struct wql_query *query, enum twist twist, struct evbuffer *out);

extern const struct cim_property cim_base_properties[];       /* which services and drivers have in common */
extern const struct cim_class cim_service, cim_system_driver; /* cim_services.c */
extern const struct cim_class cim_operating_system, cim_network, cim_ping_status; /* cim_system.c, cim_ping.c */

#endif
