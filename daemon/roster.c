/* Life and reading of rosters. */
#include "roster_rows.h"

#include "core/shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ROWS_MIN = 64, BYTES_MIN = 4096 };

int roster_put_text(struct roster_rows *rows, const char *text, uint32_t *ret)
{
    const size_t bytes = strlen(text) + 1, begin = rows->bytes ? rows->bytes : 1;

    if (*text == '\0') {
        *ret = 0;
        return 0;
    }
    if (begin + bytes > UINT32_MAX)
        return -ENOMEM;
    if (begin + bytes > rows->bytes_room) {
        size_t room = rows->bytes_room ? rows->bytes_room + rows->bytes_room / 4 : BYTES_MIN;
        while (room < begin + bytes)
            room *= 2;
        char *texts = realloc(rows->texts, room);
        if (!texts)
            return -ENOMEM;
        texts[0] = '\0';
        rows->texts = texts;
        rows->bytes_room = room;
    }
    memcpy(rows->texts + begin, text, bytes);
    rows->bytes = begin + bytes;
    *ret = (uint32_t)begin;
    return 0;
}

struct roster_row *roster_put_row(struct roster_rows *rows)
{
    if (rows->n == rows->room) {
        const size_t room = rows->room ? rows->room + rows->room / 4 : ROWS_MIN;
        struct roster_row *at = reallocarray(rows->at, room, sizeof *at);
        if (!at)
            return NULL;
        rows->at = at;
        rows->room = room;
    }
    rows->at[rows->n] = (struct roster_row){ 0 };
    return &rows->at[rows->n++];
}

void roster_rows_done(struct roster_rows *rows)
{
    free(rows->at);
    free(rows->texts);
    *rows = (struct roster_rows){ 0 };
}

bool roster_may_be(const char *a, const char *b)
{
    return !*a || !*b || strcasecmp(a, b) == 0;
}

const struct roster *roster_ref(const struct roster *roster)
{
    if (roster)
        shared_ref(&((struct roster *)(uintptr_t)roster)->refs);
    return roster;
}

void roster_unref(const struct roster *roster)
{
    struct roster *own = (struct roster *)(uintptr_t)roster;
    if (!own || !shared_unref_was_last(&own->refs))
        return;
    roster_rows_done(&own->rows);
    free(own);
}

size_t roster_count(const struct roster *roster)
{
    return roster ? roster->rows.n : 0;
}

int64_t roster_confirmed_ms(const struct roster *roster)
{
    return roster ? roster->confirmed_ms : 0;
}

void roster_at(const struct roster *roster, size_t i, struct roster_entry *ret)
{
    const struct roster_row *row = &roster->rows.at[i];
    const char *texts = roster->rows.texts ? roster->rows.texts : "";

    *ret = (struct roster_entry){
        .kind = (enum roster_kind)row->kind,
        .name = texts + row->name,
        .guid = texts + row->guid,
        .server = texts + row->server,
        .group = texts + row->group,
        .address = texts + row->address,
        .twin = row->twin,
        .recorded = row->recorded,
        .pattern = row->pattern,
        .engine = row->engine,
        .recorded_wall_ms = row->recorded_wall_ms,
        .pattern_version = texts + row->pattern_version,
        .engine_version = texts + row->engine_version,
    };
}

static bool is_same_entry(const struct roster_entry *a, const struct roster_entry *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0 && strcmp(a->guid, b->guid) == 0 &&
           strcmp(a->server, b->server) == 0 && strcmp(a->group, b->group) == 0 &&
           strcmp(a->address, b->address) == 0 && a->twin == b->twin && a->recorded == b->recorded &&
           a->pattern == b->pattern && a->engine == b->engine && a->recorded_wall_ms == b->recorded_wall_ms &&
           strcmp(a->pattern_version, b->pattern_version) == 0 && strcmp(a->engine_version, b->engine_version) == 0;
}

bool roster_equal(const struct roster *a, const struct roster *b)
{
    if (roster_count(a) != roster_count(b))
        return false;
    for (size_t i = 0; i < roster_count(a); i++) {
        struct roster_entry one, other;
        roster_at(a, i, &one);
        roster_at(b, i, &other);
        if (!is_same_entry(&one, &other) || a->rows.at[i].gone_ms != b->rows.at[i].gone_ms)
            return false;
    }
    return true;
}
