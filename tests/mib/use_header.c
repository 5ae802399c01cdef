/* Uses the generated header as a table file does, and prints what it says, for comparison with another reader of the
 * module. With -DMISSING_GETTER one getter is left out, and it must not compile. */
#include <stdint.h>
#include <stdio.h>

#include "ah_mib.h"

struct column {
    uint32_t id;
    enum ah_syntax syntax;
    enum ah_access access;
    int (*get)(void);
};

#define GETTER(id, name, syntax, access)                                                                               \
    static int get_##name(void)                                                                                        \
    {                                                                                                                  \
        return id;                                                                                                     \
    }
#define NO_GETTER(id, name, syntax, access)
#define COLUMN(id, name, syntax, access) { id, syntax, access, get_##name },

#ifdef MISSING_GETTER
AH_GATEWAY_TABLE_COLUMNS(NO_GETTER)
#else
AH_GATEWAY_TABLE_COLUMNS(GETTER)
#endif
AH_AGENT_TABLE_COLUMNS(GETTER)
AH_CONNECTION_TABLE_COLUMNS(GETTER)
AH_FLEET_SCALARS(GETTER)

static const struct column agent_columns[] = { AH_AGENT_TABLE_COLUMNS(COLUMN) };
static const struct column connection_columns[] = { AH_CONNECTION_TABLE_COLUMNS(COLUMN) };
static const struct column gateway_columns[] = { AH_GATEWAY_TABLE_COLUMNS(COLUMN) };
static const struct column fleet_scalars[] = { AH_FLEET_SCALARS(COLUMN) };

static void print_columns(const char *what, const struct column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%s %u %#x %d\n", what, columns[i].id, columns[i].syntax, columns[i].access);
}

static void print_arcs(const char *name, const uint32_t *arcs, size_t count)
{
    static const uint32_t root[] = { AH_ROOT_ARCS };

    _Static_assert(sizeof(root) / sizeof(root[0]) == AH_ROOT_ARC_COUNT, "the root's length is its own");
    printf("%s", name);
    for (size_t i = 0; i < AH_ROOT_ARC_COUNT; i++)
        printf(".%u", root[i]);
    for (size_t i = 0; i < count; i++)
        printf(".%u", arcs[i]);
    printf("\n");
}

#define PRINT_ARCS(name, ...)                                                                                          \
    do {                                                                                                               \
        static const uint32_t arcs[] = { __VA_ARGS__ };                                                                \
        print_arcs(name, arcs, sizeof(arcs) / sizeof(arcs[0]));                                                        \
    } while (0);
#define PRINT_OBJECT(id, name, syntax, access) PRINT_ARCS(#name, AH_ARCS_##name)
#define PRINT_NAME(name)                       printf(" %s", #name);
#define PRINT_TABLE(NAME, name)                                                                                        \
    PRINT_ARCS(#name, NAME##_ARCS)                                                                                     \
    NAME##_COLUMNS(PRINT_OBJECT)
#define PRINT_GROUP(NAME, name)                                                                                        \
    PRINT_ARCS(#name, NAME##_ARCS)                                                                                     \
    NAME##_SCALARS(PRINT_OBJECT)
#define PRINT_NOTIFICATION(NAME, name, OBJECTS) PRINT_ARCS(#name, NAME##_ARCS)
#define PRINT_MEMBERS(NAME, name, OBJECTS)                                                                             \
    printf("objects %s %d", #name, NAME##_OBJECT_COUNT);                                                               \
    OBJECTS(PRINT_NAME)                                                                                                \
    printf("\n");
#define PRINT_VALUE(constant, label) printf(" %s(%d)", #label, constant);

int main(void)
{
    AH_SCALAR_GROUPS(PRINT_GROUP)
    AH_TABLES(PRINT_TABLE)
    AH_CONNECTION_TABLE_INDEXES(PRINT_OBJECT)
    AH_NOTIFICATIONS(PRINT_NOTIFICATION)
    AH_NOTIFICATIONS(PRINT_MEMBERS)
    printf("indexes %d %d %d\n", AH_AGENT_TABLE_INDEX_COUNT, AH_CONNECTION_TABLE_INDEX_COUNT,
           AH_GUIDANCE_TABLE_INDEX_COUNT);
    printf("values");
    AH_CAUSE_VALUES(PRINT_VALUE)
    printf("\n");
    print_columns("agent", agent_columns, sizeof(agent_columns) / sizeof(agent_columns[0]));
    print_columns("connection", connection_columns, sizeof(connection_columns) / sizeof(connection_columns[0]));
    print_columns("gateway", gateway_columns, sizeof(gateway_columns) / sizeof(gateway_columns[0]));
    print_columns("fleet", fleet_scalars, sizeof(fleet_scalars) / sizeof(fleet_scalars[0]));
    return 0;
}
