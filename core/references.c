/* Reference servers and gateways in the store: the lists, how their servers stand, and what that means for the agents
 * that find out by them where they are. It raises no alarm. */
#include "store_state.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* How the lists stand as a whole. Gives whether that is news. */
static bool recount(struct store *store)
{
    const struct location_context was = store->places;
    const struct reference_row *reference = rowset_next(store->references, 0);
    const struct gateway_row *gateway = rowset_next(store->gateways, 0);
    const size_t n = rowset_count(store->references);
    size_t up = 0, down = 0;
    bool malformed = false;

    for (; reference; reference = rowset_next(store->references, reference->index)) {
        up += reference->damper.believed == UPDOWN_UP;
        down += reference->damper.believed == UPDOWN_DOWN;
    }
    for (; gateway; gateway = rowset_next(store->gateways, gateway->index))
        malformed = malformed || gateway->kind == GATEWAY_MALFORMED;
    store->places = (struct location_context){
        .configured = n || rowset_count(store->gateways),
        .references = up               ? UPDOWN_UP
                      : n && down == n ? UPDOWN_DOWN
                                       : UPDOWN_UNKNOWN,
        .gateways_malformed = malformed,
    };
    const struct location_context *is = &store->places;
    return is->configured != was.configured || is->references != was.references ||
           is->gateways_malformed != was.gateways_malformed;
}

static void settle(struct store *store, const struct now *now)
{
    store->dirty = true;
    if (recount(store))
        judge_agents_by(store, 0, now);
}

/* Puts a new list in the place of an old one. */
static void take_over(struct store *store, struct rowset **list, struct rowset *fresh, const struct now *now)
{
    rowset_free(*list);
    *list = fresh;
    settle(store, now);
}

static bool is_at(const struct reference_row *reference, const struct reference_server *server)
{
    return reference && reference->port == server->port && strcasecmp(text_chars(reference->host), server->host) == 0;
}

/* NULL: it was in no place. */
static const struct reference_row *find_reference(const struct store *store, const struct reference_server *server)
{
    const struct reference_row *reference = rowset_next(store->references, 0);
    while (reference && !is_at(reference, server))
        reference = rowset_next(store->references, reference->index);
    return reference;
}

static int add_reference(const struct store *store, struct rowset *references, const struct reference_server *server)
{
    const struct reference_row *known = find_reference(store, server);
    const uint32_t place = (uint32_t)rowset_count(references) + 1;
    struct reference_row *reference = rowset_insert(references, place);

    if (!reference)
        return -ENOMEM;
    *reference = (struct reference_row){
        .index = place,
        .port = server->port,
        .host = text_new(server->host),
        .contact = { .side = SIDE_UNKNOWN, .cause = CAUSE_UNKNOWN },
        .damper = { UPDOWN_UNKNOWN, UPDOWN_UNKNOWN, 0 },
        .valid_until_ms = INT64_MAX,
    };
    if (known) {
        reference->contact = known->contact;
        reference->damper = known->damper;
        reference->valid_until_ms = known->valid_until_ms;
    }
    return reference->host ? 0 : -ENOMEM;
}

static bool is_same_list(const struct store *store, const struct reference_server *servers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_at(rowset_get(store->references, (uint32_t)i + 1), &servers[i]))
            return false;
    return rowset_count(store->references) == n;
}

int store_put_references(struct store *store, const struct reference_server *servers, size_t n, const struct now *now)
{
    struct rowset *references;

    if (is_same_list(store, servers, n))
        return 0;
    int error = rowset_new(&reference_rows, &references);
    if (error < 0)
        return error;
    for (size_t i = 0; i < n && error == 0; i++)
        error = add_reference(store, references, &servers[i]);
    if (error < 0)
        rowset_free(references);
    else
        take_over(store, &store->references, references, now);
    return error;
}

static int add_gateway(struct rowset *gateways, const char *chars, size_t n)
{
    const uint32_t place = (uint32_t)rowset_count(gateways) + 1;
    struct gateway_row *gateway = rowset_insert(gateways, place);
    char text[GATEWAY_TEXT_BYTES];

    if (!gateway)
        return -ENOMEM;
    n = n < sizeof text ? n : sizeof text - 1;
    memcpy(text, chars, n);
    text[n] = '\0';
    gateway->kind = gateway_read(chars, n).kind;
    gateway->address = text_new(text);
    return gateway->address ? 0 : -ENOMEM;
}

static bool are_same_gateways(const struct store *store, const char *gateways)
{
    const struct gateway_row *gateway = rowset_next(store->gateways, 0);
    const char *item;
    size_t n;

    while ((n = list_item(&gateways, &item)) > 0) {
        const char *known = gateway ? text_chars(gateway->address) : "";
        if (strlen(known) != n || memcmp(known, item, n) != 0)
            return false;
        gateway = rowset_next(store->gateways, gateway->index);
    }
    return !gateway;
}

int store_put_gateways(struct store *store, const char *gateways, const struct now *now)
{
    struct rowset *fresh;
    const char *item;

    if (are_same_gateways(store, gateways))
        return 0;
    int error = rowset_new(&gateway_rows, &fresh);
    if (error < 0)
        return error;
    for (size_t n; error == 0 && (n = list_item(&gateways, &item)) > 0;)
        error = add_gateway(fresh, item, n);
    if (error < 0)
        rowset_free(fresh);
    else
        take_over(store, &store->gateways, fresh, now);
    return error;
}

const struct reference_row *store_reference(const struct store *store, uint32_t index)
{
    return rowset_get(store->references, index);
}

void judge_reference(struct store *store, struct reference_row *reference, bool observed, const struct now *now)
{
    damp_contact(&reference->damper, &reference->contact, &store->settings.policy, observed, now->mono_ms,
                 &reference->valid_until_ms);
    settle(store, now);
}

int observe_reference(struct store *store, const struct observation *observation, const struct now *now)
{
    if (!rowset_get(store->references, observation->index))
        return -ENOENT;
    struct reference_row *reference = rowset_edit(store->references, observation->index);
    if (!reference)
        return -ENOMEM;
    reference->contact = contact_from(observation, observation->mono_ms);
    judge_reference(store, reference, true, now);
    return 0;
}
