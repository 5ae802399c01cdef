/* cim_ping.c: Win32_PingStatus: what an endpoint says of others that it is told to ping. Nothing is sent. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cim.h"

#define STATUS_TIMED_OUT  "11010"
#define STATUS_UNRESOLVED "unresolved"

static const struct cim_property properties[] = {
    { "Address", CIM_STRING },          { "BufferSize", CIM_NUMBER },
    { "NoFragmentation", CIM_BOOLEAN }, { "PrimaryAddressResolutionStatus", CIM_NUMBER },
    { "ProtocolAddress", CIM_STRING },  { "ProtocolAddressResolved", CIM_STRING },
    { "ReplySize", CIM_NUMBER },        { "ResolveAddressNames", CIM_BOOLEAN },
    { "ResponseTime", CIM_NUMBER },     { "ResponseTimeToLive", CIM_NUMBER },
    { "StatusCode", CIM_NUMBER },       { "Timeout", CIM_NUMBER },
    { "TimeToLive", CIM_NUMBER },       { NULL, CIM_STRING },
};

/* Returns whether the name, or its address, is that of the endpoint's server. */
static bool is_server(const struct endpoint *endpoint, const char *name)
{
    const struct target *server = endpoint->estate->first_server;
    const char *set = endpoint_get(endpoint, "reg.Server", server ? server->name : "apex1.example");
    char address[INET_ADDRSTRLEN] = "";

    if (server)
        inet_ntop(AF_INET, &server->address.sin_addr, address, sizeof address);
    return (set && strcasecmp(set, name) == 0) || (server && strcasecmp(server->name, name) == 0) ||
           strcmp(address, name) == 0;
}

static bool is_literal(const char *name)
{
    struct in6_addr address;

    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/* Returns what the script says of the name, else: the server and other targets of the estate answer, other names are
 * not resolved, and other addresses do not answer. */
static const char *find_status(const struct endpoint *endpoint, const char *name)
{
    char key[ENDPOINT_KEY_MAX + 1];
    const char *usual = is_literal(name) ? STATUS_TIMED_OUT : STATUS_UNRESOLVED;

    if (is_server(endpoint, name))
        usual = endpoint_get(endpoint, "ping", "0");
    else if (estate_find(endpoint->estate, name))
        usual = "0";
    if ((size_t)snprintf(key, sizeof key, "ping.%s", name) >= sizeof key || strcasecmp(name, "address") == 0)
        return usual;
    const char *set = endpoint_get(endpoint, key, usual);
    return set ? set : STATUS_UNRESOLVED;
}

/* Writes what the name resolves to. */
static void find_address(const struct endpoint *endpoint, const char *name, char *address, size_t size)
{
    const char *set = is_server(endpoint, name) ? endpoint_get(endpoint, "ping.address", NULL) : NULL;
    const struct target *known = estate_find(endpoint->estate, name);

    if (!known)
        known = endpoint->estate->first_server;
    if (set || is_literal(name))
        snprintf(address, size, "%s", set ? set : name);
    else if (known)
        inet_ntop(AF_INET, &known->address.sin_addr, address, (socklen_t)size);
    else
        snprintf(address, size, "192.0.2.1");
}

/* A condition on what the ping is to be like is no condition, but an order. */
static void set_orders(struct cim_object *object, const struct wql_query *query)
{
    static const char *const orders[] = { "BufferSize", "NoFragmentation", "ResolveAddressNames", "Timeout",
                                          "TimeToLive" };

    for (size_t i = 0; i < query->nodes_count; i++)
        for (size_t k = 0; k < sizeof orders / sizeof *orders; k++)
            if (query->nodes[i].kind == WQL_COMPARISON && strcasecmp(query->nodes[i].property, orders[k]) == 0)
                cim_set(object, orders[k], query->nodes[i].literal);
}

static void list_one(const struct endpoint *endpoint, const char *name, struct cim_listing *listing)
{
    struct cim_object object;
    char address[WQL_TEXT_MAX + 1];
    const char *status = find_status(endpoint, name);
    const bool resolved = strcmp(status, STATUS_UNRESOLVED) != 0, answered = strcmp(status, "0") == 0;

    find_address(endpoint, name, address, sizeof address);
    cim_begin(&object, &cim_ping_status);
    cim_set(&object, "Address", name);
    cim_set(&object, "BufferSize", "32");
    cim_set(&object, "NoFragmentation", "false");
    cim_set(&object, "PrimaryAddressResolutionStatus", resolved ? "0" : "11001");
    cim_set(&object, "ProtocolAddress", answered ? address : "");
    cim_set(&object, "ProtocolAddressResolved", "");
    cim_set(&object, "ReplySize", answered ? "32" : NULL);
    cim_set(&object, "ResolveAddressNames", "false");
    cim_set(&object, "ResponseTime", answered ? "1" : NULL);
    cim_set(&object, "ResponseTimeToLive", answered ? "128" : NULL);
    cim_set(&object, "StatusCode", resolved ? status : NULL);
    cim_set(&object, "Timeout", "1000");
    cim_set(&object, "TimeToLive", "80");
    set_orders(&object, listing->query);
    cim_list(&object, listing);
}

/* One object for each address that the query names; it has to name one. */
static void list(const struct endpoint *endpoint, struct cim_listing *listing)
{
    const struct wql_query *query = listing->query;

    for (size_t i = 0; i < query->nodes_count; i++) {
        const struct wql_node *node = &query->nodes[i];
        if (node->kind == WQL_COMPARISON && node->operator== WQL_EQUAL && !node->null &&
                                                strcasecmp(node->property, "Address") == 0)
            list_one(endpoint, node->literal, listing);
    }
}

const struct cim_class cim_ping_status = { "Win32_PingStatus", NULL, properties, list, "Address" };
