/* The statements of several sources, side by side, and how rows share them. It compares nothing. */
#include "statements.h"

#include "shared.h"

#include <errno.h>
#include <stdlib.h>

struct statements {
    atomic_uint refs;
    size_t n, room;
    struct {
        enum driver driver;
        struct statement said;
    } at[];
};

struct statements *statements_ref(struct statements *statements)
{
    if (statements)
        shared_ref(&statements->refs);
    return statements;
}

void statements_unref(struct statements *statements)
{
    if (!statements || !shared_unref_was_last(&statements->refs))
        return;
    for (size_t i = 0; i < statements->n; i++)
        statement_release(&statements->at[i].said);
    free(statements);
}

/* A copy with room for one source more; from NULL, with room for two: a single one needs no such object. */
static struct statements *copy_of(const struct statements *from)
{
    const size_t n = from ? from->n : 0, room = n < 2 ? 2 : n + 1;
    struct statements *copy = calloc(1, sizeof *copy + room * sizeof copy->at[0]);
    if (!copy)
        return NULL;
    atomic_init(&copy->refs, 1);
    copy->n = n;
    copy->room = room;
    for (size_t i = 0; i < n; i++) {
        copy->at[i] = from->at[i];
        statement_retain(&copy->at[i].said);
    }
    return copy;
}

int statements_open(struct statements **statements, enum driver driver, struct statement **ret)
{
    struct statements *own = *statements;
    size_t at = 0;

    while (own && at < own->n && own->at[at].driver != driver)
        at++;
    if (!own || atomic_load_explicit(&own->refs, memory_order_acquire) != 1 || at == own->room) {
        if (!(own = copy_of(*statements)))
            return -ENOMEM;
        statements_unref(*statements);
        *statements = own;
    }
    if (at == own->n)
        own->at[own->n++].driver = driver;
    *ret = &own->at[at].said;
    return 0;
}

size_t statements_count(const struct statements *statements)
{
    return statements ? statements->n : 0;
}

const struct statement *statements_at(const struct statements *statements, size_t i)
{
    return &statements->at[i].said;
}

enum driver statements_driver(const struct statements *statements, size_t i)
{
    return statements->at[i].driver;
}

bool statements_recall(const struct statements *statements, unsigned piece, int64_t oldest_ms,
                       struct statement *statement)
{
    const struct statement *newest = NULL;
    for (size_t i = 0; i < statements_count(statements); i++) {
        const int64_t mono_ms = statement_time(&statements->at[i].said, piece);
        if (mono_ms != 0 && mono_ms >= oldest_ms &&
            (!newest || statement_precedes(&statements->at[i].said, newest, piece)))
            newest = &statements->at[i].said;
    }
    if (newest)
        statement_copy(statement, newest, piece);
    return newest;
}
