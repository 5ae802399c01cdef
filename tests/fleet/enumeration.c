/* enumeration.c: what was asked for by Enumerate and has not been handed out yet, by its context. Objects are written
 * when the enumeration begins; what changes later does not change them. */
#include "enumeration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cim.h"

#define ENUMERATIONS_MAX 50 /* of one endpoint; the oldest is forgotten */
#define ITEMS_MAX        512
#define PULL_USUAL       20 /* how many at once, if the client does not say */

struct enumeration {
    char id[EXCHANGE_ID_BYTES];
    struct evbuffer *items[ITEMS_MAX]; /* owned; those that were handed out are NULL */
    size_t count, next;
    bool failed; /* memory ran out */
    TAILQ_ENTRY(enumeration) siblings;
};

static void enumeration_free(struct enumeration *enumeration)
{
    for (size_t i = 0; i < enumeration->count; i++)
        if (enumeration->items[i])
            evbuffer_free(enumeration->items[i]);
    free(enumeration);
}

static void forget(struct endpoint *endpoint, struct enumeration *enumeration)
{
    TAILQ_REMOVE(&endpoint->enumerations, enumeration, siblings);
    endpoint->enumerations_count--;
    enumeration_free(enumeration);
}

void enumeration_forget_all(struct endpoint *endpoint)
{
    while (!TAILQ_EMPTY(&endpoint->enumerations))
        forget(endpoint, TAILQ_FIRST(&endpoint->enumerations));
}

static struct enumeration *find(const struct exchange *exchange)
{
    const char *id = request_text(exchange->request, REQUEST_CONTEXT);
    struct enumeration *enumeration;

    if (strncasecmp(id, "uuid:", 5) == 0)
        TAILQ_FOREACH(enumeration, &exchange->endpoint->enumerations, siblings)
    if (strcasecmp(enumeration->id, id + 5) == 0)
        return enumeration;
    return NULL;
}

/* What an object needs on its way into an enumeration. */
struct collection {
    struct enumeration *enumeration;
    enum twist twist;
};

static void collect(const struct cim_object *object, struct cim_listing *listing)
{
    struct collection *collection = listing->user;
    struct enumeration *enumeration = collection->enumeration;
    struct evbuffer *item = enumeration->count < ITEMS_MAX ? evbuffer_new() : NULL;

    if (!item) {
        enumeration->failed = true;
        return;
    }
    cim_write(object, listing->query, collection->twist, item);
    enumeration->items[enumeration->count++] = item;
}

/* Moves the next items to the body, with the element around them. An endless enumeration shows its first again. */
static void hand_out(struct exchange *exchange, struct enumeration *enumeration, const char *tag, size_t most)
{
    evbuffer_add_printf(exchange->body, "<%s>", tag);
    if (exchange->twist == TWIST_ENDLESS && enumeration->count > 0)
        evbuffer_add_buffer_reference(exchange->body, enumeration->items[0]);
    for (; exchange->twist != TWIST_ENDLESS && most > 0 && enumeration->next < enumeration->count; most--) {
        struct evbuffer **item = &enumeration->items[enumeration->next++];
        evbuffer_add_buffer(exchange->body, *item);
        evbuffer_free(*item);
        *item = NULL;
    }
    evbuffer_add_printf(exchange->body, "</%s>", tag);
}

static bool is_over(const struct exchange *exchange, const struct enumeration *enumeration)
{
    return exchange->twist != TWIST_ENDLESS && enumeration->next == enumeration->count;
}

static size_t most_items(const struct exchange *exchange)
{
    const char *text = request_text(exchange->request, REQUEST_MAX_ELEMENTS);
    const unsigned long most = *text ? strtoul(text, NULL, 10) : PULL_USUAL;

    return most > 0 ? most : 1;
}

/* Answers Enumerate with a fresh enumeration, which it takes. */
static void answer_begin(struct exchange *exchange, struct enumeration *enumeration)
{
    struct endpoint *endpoint = exchange->endpoint;
    const bool optimized = exchange->request->texts[REQUEST_OPTIMIZE] != NULL;

    exchange_id(enumeration->id);
    TAILQ_INSERT_TAIL(&endpoint->enumerations, enumeration, siblings);
    if (++endpoint->enumerations_count > ENUMERATIONS_MAX)
        forget(endpoint, TAILQ_FIRST(&endpoint->enumerations));
    snprintf(exchange->action, sizeof exchange->action, "%s", SOAP_NS_ENUMERATION "/EnumerateResponse");
    evbuffer_add_printf(exchange->body, "<n:EnumerateResponse>");
    /* The context comes before the items, and is empty where they are the last. */
    struct evbuffer *rest = exchange->body;
    if (!optimized) {
        evbuffer_add_printf(rest, "<n:EnumerationContext>uuid:%s</n:EnumerationContext>", enumeration->id);
    } else if (exchange->twist != TWIST_ENDLESS && enumeration->count <= most_items(exchange)) {
        evbuffer_add_printf(rest, "<n:EnumerationContext/>");
        hand_out(exchange, enumeration, "w:Items", enumeration->count);
        evbuffer_add_printf(rest, "<w:EndOfSequence/>");
        forget(endpoint, enumeration);
    } else {
        evbuffer_add_printf(rest, "<n:EnumerationContext>uuid:%s</n:EnumerationContext>", enumeration->id);
        hand_out(exchange, enumeration, "w:Items", most_items(exchange));
    }
    evbuffer_add_printf(rest, "</n:EnumerateResponse>");
}

/* Reads the query of an Enumerate, or makes one of a class that is the resource. Returns whether it is good; else the
 * exchange has failed. */
static bool read_query(struct exchange *exchange, struct wql_query *query)
{
    const char *name = request_text(exchange->request, REQUEST_RESOURCE) + sizeof SOAP_WMI - 1;
    const char *filter = request_text(exchange->request, REQUEST_FILTER);
    const bool any_class = strcmp(name, "*") == 0;
    char all_of_class[WQL_NAME_MAX + 32];

    if (*filter && strcasecmp(request_text(exchange->request, REQUEST_DIALECT), SOAP_WQL) != 0) {
        exchange_fail(exchange, FAULT_DIALECT);
        return false;
    }
    snprintf(all_of_class, sizeof all_of_class, "SELECT * FROM %.*s", WQL_NAME_MAX, name);
    if (any_class != (*filter != '\0') || wql_read(any_class ? filter : all_of_class, query) < 0) {
        exchange_fail(exchange, FAULT_FILTER);
        return false;
    }
    return true;
}

void enumeration_begin(struct exchange *exchange)
{
    struct wql_query query;
    struct enumeration *enumeration = NULL;

    if (!request_is(exchange->request, SOAP_NS_ENUMERATION, "Enumerate")) {
        exchange_fail(exchange, FAULT_SCHEMA);
        return;
    }
    if (!read_query(exchange, &query))
        return;
    enumeration = calloc(1, sizeof *enumeration);
    if (!enumeration) {
        exchange_fail(exchange, FAULT_MEMORY);
        return;
    }
    struct collection collection = { enumeration, exchange->twist };
    struct cim_listing listing = { &query, collect, &collection };
    const enum cim_verdict verdict = cim_query(exchange->endpoint, &listing);
    if (verdict == CIM_GOOD && !enumeration->failed) {
        answer_begin(exchange, enumeration);
        return;
    }
    enumeration_free(enumeration);
    exchange_fail(exchange, verdict == CIM_NO_CLASS    ? FAULT_NOT_FOUND
                            : verdict == CIM_BAD_QUERY ? FAULT_FILTER
                                                       : FAULT_MEMORY);
}

void enumeration_pull(struct exchange *exchange)
{
    struct enumeration *enumeration = find(exchange);

    if (!request_is(exchange->request, SOAP_NS_ENUMERATION, "Pull")) {
        exchange_fail(exchange, FAULT_SCHEMA);
        return;
    }
    if (!enumeration) {
        exchange_fail(exchange, FAULT_CONTEXT);
        return;
    }
    snprintf(exchange->action, sizeof exchange->action, "%s", SOAP_NS_ENUMERATION "/PullResponse");
    evbuffer_add_printf(exchange->body, "<n:PullResponse>");
    const size_t left = enumeration->count - enumeration->next, most = most_items(exchange);
    if (exchange->twist == TWIST_ENDLESS || left > most)
        evbuffer_add_printf(exchange->body, "<n:EnumerationContext>uuid:%s</n:EnumerationContext>", enumeration->id);
    hand_out(exchange, enumeration, "n:Items", most);
    if (is_over(exchange, enumeration)) {
        evbuffer_add_printf(exchange->body, "<n:EndOfSequence/>");
        forget(exchange->endpoint, enumeration);
    }
    evbuffer_add_printf(exchange->body, "</n:PullResponse>");
}

void enumeration_release(struct exchange *exchange)
{
    struct enumeration *enumeration = find(exchange);

    if (!enumeration) {
        exchange_fail(exchange, FAULT_CONTEXT);
        return;
    }
    snprintf(exchange->action, sizeof exchange->action, "%s", SOAP_NS_ENUMERATION "/ReleaseResponse");
    forget(exchange->endpoint, enumeration);
}
