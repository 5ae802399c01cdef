/* registry.h: the registry of an endpoint, HKEY_LOCAL_MACHINE alone: what its agent has put there. */
#ifndef FLEET_REGISTRY_H
#define FLEET_REGISTRY_H

#include "endpoint.h"
#include "hostile.h"

enum registry_type {
    REGISTRY_SZ,
    REGISTRY_EXPAND_SZ,
    REGISTRY_MULTI_SZ,
    REGISTRY_BINARY,
    REGISTRY_DWORD,
    REGISTRY_QWORD,
};

#define REGISTRY_PATH_MAX       512
#define REGISTRY_PROGRAM_FOLDER "C:\\Program Files (x86)\\Trend Micro\\Security Agent\\"

struct registry_value {
    char path[REGISTRY_PATH_MAX];    /* of its key, from the one that was asked for on; "": that one */
    char name[ENDPOINT_KEY_MAX + 1]; /* "": the key's default value */
    enum registry_type type;
    const char *text; /* borrows from the endpoint; NULL: in `room` */
    char room[40];
};

/* Keys in the order in which a recursive query shows them, parents first. */
struct registry {
    struct registry_value *values; /* owned */
    size_t count;
};

/* Finds the values of a key ("SOFTWARE\...") and of all below it, in the view of programs of 32 bits or of 64.
 * Names are the same in capitals. Returns 0, -ENOENT if there is no such key, or -ENOMEM. */
int registry_open(const struct endpoint *endpoint, const char *key, bool view32, enum twist twist,
                  struct registry *ret_registry) __attribute__((warn_unused_result));
void registry_close(struct registry *registry);

/* Returns what the value says: a DWORD in decimal, the rest as `reg query` prints it. Borrows from the value and the
 * endpoint. */
const char *registry_text(const struct registry_value *value);

/* Returns the key's own value of that name, or NULL. */
const struct registry_value *registry_find(const struct registry *registry, const char *name);

#endif
