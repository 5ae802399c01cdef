/* A growing array that is sorted, and rid of what stands twice, before it grows. */
#include "journal.h"

#include <stdlib.h>

void journal_done(struct journal *journal)
{
    free(journal->at);
    *journal = (struct journal){ 0 };
}

void journal_switch(struct journal *journal, bool on)
{
    journal_done(journal);
    journal->is_on = on;
}

static int compare(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void tidy(struct journal *journal)
{
    size_t n = 0;
    qsort(journal->at, journal->n, sizeof *journal->at, compare);
    for (size_t i = 0; i < journal->n; i++)
        if (i == 0 || journal->at[i] != journal->at[i - 1])
            journal->at[n++] = journal->at[i];
    journal->n = n;
}

static void make_room(struct journal *journal)
{
    if (journal->n > 0)
        tidy(journal);
    if (2 * journal->n < journal->room)
        return;
    const size_t room = journal->room ? 2 * journal->room : 64;
    uint64_t *at = reallocarray(journal->at, room, sizeof *at);
    if (!at)
        return;
    journal->at = at;
    journal->room = room;
}

void journal_note(struct journal *journal, enum kept kind, uint32_t key)
{
    const uint64_t row = (uint64_t)kind << 32 | key;
    if (!journal->is_on || (journal->n > 0 && journal->at[journal->n - 1] == row))
        return;
    if (journal->n == journal->room)
        make_room(journal);
    if (journal->n == journal->room)
        journal->lost = true;
    else
        journal->at[journal->n++] = row;
}

bool journal_is_empty(const struct journal *journal)
{
    return journal->n == 0;
}

void journal_take(struct journal *journal, journal_found_fn *found, void *user)
{
    if (journal->n > 0)
        tidy(journal);
    for (size_t i = 0; i < journal->n; i++)
        found(user, (enum kept)(journal->at[i] >> 32), (uint32_t)journal->at[i]);
    /* A burst's memory is given back once it is over. */
    free(journal->at);
    journal->at = NULL;
    journal->n = journal->room = 0;
}
