/* All tables and scalar groups of the module, and where they are registered. */
#ifndef AH_AGENTX_OBJECTS_H
#define AH_AGENTX_OBJECTS_H

#include "table.h"

/* In the order of their arcs. */
extern const struct table *const all_tables[];
enum { ALL_TABLES = 20 };

/* The table's registration: the root and the table's arcs. */
void objects_prefix(const struct view *view, const struct table *table, struct object_id *ret);

#endif
