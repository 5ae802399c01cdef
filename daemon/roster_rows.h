/* What the roster's own files share: how its entries lie in memory. A hundred thousand of them are held twice while a
 * round is read, so they are packed: texts are places in one block. Nobody else includes this. */
#ifndef AH_DAEMON_ROSTER_ROWS_H
#define AH_DAEMON_ROSTER_ROWS_H

#include "roster.h"

#include <stdatomic.h>

struct roster_row {
    uint32_t name, guid, server, group, address, pattern_version, engine_version; /* 0: "" */
    uint8_t recorded, pattern, engine;
    uint8_t kind;
    bool twin : 1;
    bool told : 1;    /* in a draft: a record of it */
    bool shared : 1;  /* in a draft: its GUID is another's as well */
    bool dropped : 1; /* in a draft: it was there before */
    int64_t recorded_wall_ms;
    int64_t told_ms; /* mono: when a record was last told; 0: never */
    int64_t gone_ms; /* mono: since when the inventory lacks it */
};

struct roster_rows {
    struct roster_row *at;
    size_t n, room;
    char *texts; /* the first is "" */
    size_t bytes, bytes_room;
};

struct roster {
    atomic_uint refs;
    struct roster_rows rows;
    size_t listed;
    int64_t confirmed_ms;
};

/* The place of a text in `rows`, put behind what is there. 0 or -ENOMEM. */
int roster_put_text(struct roster_rows *rows, const char *text, uint32_t *ret) AH_WARN_UNUSED;
/* A new row, all 0. NULL: out of memory. */
struct roster_row *roster_put_row(struct roster_rows *rows);
void roster_rows_done(struct roster_rows *rows);

#endif
