/* wql.h: queries in WQL, as far as SELECT a,b|* FROM class [WHERE condition] goes. */
#ifndef FLEET_WQL_H
#define FLEET_WQL_H

#include <stdbool.h>
#include <stddef.h>

#define WQL_NAME_MAX       63
#define WQL_TEXT_MAX       255
#define WQL_PROPERTIES_MAX 32
#define WQL_NODES_MAX      64

enum wql_operator { WQL_EQUAL, WQL_UNEQUAL, WQL_LESS, WQL_GREATER, WQL_LESS_EQUAL, WQL_GREATER_EQUAL, WQL_LIKE };

/* A comparison, or what joins others. */
struct wql_node {
    enum { WQL_COMPARISON, WQL_AND, WQL_OR, WQL_NOT } kind;
    size_t left, right; /* of AND and OR, and left of NOT: places in the array */
    char property[WQL_NAME_MAX + 1];
    enum wql_operator operator;
    bool null;                      /* the property is compared to NULL */
    char literal[WQL_TEXT_MAX + 1]; /* without its quotes; true and false in lower case */
};

struct wql_query {
    char class_name[WQL_NAME_MAX + 1];
    char properties[WQL_PROPERTIES_MAX][WQL_NAME_MAX + 1];
    size_t properties_count; /* 0: all */
    struct wql_node nodes[WQL_NODES_MAX];
    size_t nodes_count; /* 0: there is no condition; else the last one is its root */
};

/* Reads a query. Returns 0 or -EINVAL: it is none, or too long for the reader. */
int wql_read(const char *text, struct wql_query *ret_query) __attribute__((warn_unused_result));

/* Returns whether an object fulfills the condition; value(user, property) tells what its properties are, NULL: null.
 * Texts are the same in capitals. */
bool wql_matches(const struct wql_query *query, const char *(*value)(const void *user, const char *property),
                 const void *user);

#endif
