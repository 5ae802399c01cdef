/* Tables that nothing fills yet: they are registered and have their columns, but no row, so that no getter is needed.
 */
#include "tables.h"

#define NO_GETTER(id, name, syntax, access) { id, syntax, access, NULL },
#define EMPTY_TABLE(variable, mib, name_)                                                                              \
    static const uint32_t variable##_arcs[] = { mib##_ENTRY_ARCS };                                                    \
    static const struct column variable##_columns[] = { mib##_COLUMNS(NO_GETTER) };                                    \
    const struct table variable = {                                                                                    \
        .name = name_,                                                                                                 \
        .arcs = variable##_arcs,                                                                                       \
        .n_arcs = sizeof variable##_arcs / sizeof variable##_arcs[0],                                                  \
        .columns = variable##_columns,                                                                                 \
        .n_columns = sizeof variable##_columns / sizeof variable##_columns[0],                                         \
        .n_index = mib##_INDEX_COUNT,                                                                                  \
        .find = no_rows_find,                                                                                          \
        .next = no_rows_next,                                                                                          \
    };

EMPTY_TABLE(reference_server_table, AH_REFERENCE_SERVER_TABLE, "ahReferenceServerTable")
EMPTY_TABLE(gateway_table, AH_GATEWAY_TABLE, "ahGatewayTable")
