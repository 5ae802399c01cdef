/* Finds agents by a text that is theirs alone (a name, a GUID), case folded. It holds no agents. */
#ifndef AH_DAEMON_INVENTORY_INDEX_H
#define AH_DAEMON_INVENTORY_INDEX_H

#include "core/model.h"

struct inventory_slot;

/* All zero: empty. */
struct inventory_index {
    struct inventory_slot *slots;
    size_t room, n;
};

#define INVENTORY_NOWHERE SIZE_MAX

void inventory_index_done(struct inventory_index *index);
/* Where the text belongs, or INVENTORY_NOWHERE. */
size_t inventory_index_find(const struct inventory_index *index, const char *text);
/* Puts the text at `at`, also when it was elsewhere. The text is borrowed for the life of the index. 0 or -ENOMEM. */
int inventory_index_put(struct inventory_index *index, const char *text, size_t at) AH_WARN_UNUSED;

#endif
