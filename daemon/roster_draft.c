/* Makes a roster of what a console tells in a round, and of what is still known from the one before. */
#include "roster_rows.h"

#include "inventory.h"
#include "text_index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT_BYTES_MAX = 255 };

struct roster_draft {
    const struct roster *before;
    struct roster_rows rows;
    struct text_index names, guids; /* by row */
    struct text_index words;        /* texts that many rows share, by their number in: */
    uint32_t *places;
    size_t n_places, places_room;
    size_t passed_over;
};

struct roster_draft *roster_draft_new(const struct roster *before)
{
    struct roster_draft *draft = calloc(1, sizeof *draft);
    if (draft)
        draft->before = before;
    return draft;
}

void roster_draft_free(struct roster_draft *draft)
{
    if (!draft)
        return;
    roster_rows_done(&draft->rows);
    text_index_done(&draft->names);
    text_index_done(&draft->guids);
    text_index_done(&draft->words);
    free(draft->places);
    free(draft);
}

static const char *text_at(const struct roster_draft *draft, uint32_t place)
{
    return place ? draft->rows.texts + place : "";
}

static const char *limited(const char *text)
{
    return strlen(text) <= TEXT_BYTES_MAX ? text : "";
}

/* The place of a text that others have, too. */
static int share_text(struct roster_draft *draft, const char *text, uint32_t *ret)
{
    text = limited(text);
    for (uint32_t at = text_index_first(&draft->words, text); at != TEXT_INDEX_END;
         at = text_index_next(&draft->words, at))
        if (strcmp(text_at(draft, draft->places[at]), text) == 0) {
            *ret = draft->places[at];
            return 0;
        }
    if (draft->n_places == draft->places_room) {
        const size_t room = draft->places_room ? draft->places_room * 2 : 64;
        uint32_t *places = reallocarray(draft->places, room, sizeof *places);
        if (!places)
            return -ENOMEM;
        draft->places = places;
        draft->places_room = room;
    }
    if (*text == '\0' || roster_put_text(&draft->rows, text, ret) < 0)
        return *text ? -ENOMEM : (*ret = 0, 0);
    draft->places[draft->n_places] = *ret;
    return text_index_put(&draft->words, text, (uint32_t)draft->n_places++);
}

/* A new row. *ret_row is valid until the next one. */
static int add_row(struct roster_draft *draft, enum roster_kind kind, const struct console_agent *agent,
                   struct roster_row **ret_row)
{
    struct roster_row row = { .kind = (uint8_t)kind };

    if (roster_put_text(&draft->rows, agent->name, &row.name) < 0 ||
        roster_put_text(&draft->rows, limited(agent->guid), &row.guid) < 0 ||
        roster_put_text(&draft->rows, limited(agent->address), &row.address) < 0 ||
        share_text(draft, agent->server, &row.server) < 0 || share_text(draft, agent->group, &row.group) < 0)
        return -ENOMEM;
    struct roster_row *at = roster_put_row(&draft->rows);
    if (!at)
        return -ENOMEM;
    *at = row;
    *ret_row = at;
    return text_index_put(&draft->names, agent->name, (uint32_t)(draft->rows.n - 1));
}

/* The first row of that GUID, or NULL. */
static struct roster_row *find_guid(const struct roster_draft *draft, const char *guid)
{
    for (uint32_t at = text_index_first(&draft->guids, guid); *guid && at != TEXT_INDEX_END;
         at = text_index_next(&draft->guids, at))
        if (strcasecmp(text_at(draft, draft->rows.at[at].guid), guid) == 0)
            return &draft->rows.at[at];
    return NULL;
}

int roster_draft_agent(void *user, const struct console_agent *agent)
{
    struct roster_draft *draft = user;
    struct roster_row *same = find_guid(draft, agent->guid), *row;

    if (inventory_name_fault(agent->name) || (same && strcasecmp(text_at(draft, same->name), agent->name) == 0)) {
        draft->passed_over++;
        return 0;
    }
    /* Copies of one disk have one GUID, which then tells nobody from another. */
    const bool shared = same != NULL;
    if (same)
        same->shared = true;
    if (add_row(draft, ROSTER_LISTED, agent, &row) < 0)
        return -ENOMEM;
    row->shared = shared;
    return row->guid && !shared ? text_index_put(&draft->guids, agent->guid, (uint32_t)(draft->rows.n - 1)) : 0;
}

/* What is looked for among rows of one name. */
struct wanted {
    const char *name, *guid, *server, *address;
};

/* The row that it is, by its name; where several may be, by its address. NULL: none, or *ret_several. */
static struct roster_row *find_name(const struct roster_draft *draft, const struct wanted *wanted, bool *ret_several)
{
    struct roster_row *found = NULL, *there = NULL;
    unsigned n = 0, n_there = 0, looked_at = 0;

    for (uint32_t at = text_index_first(&draft->names, wanted->name);
         at != TEXT_INDEX_END && looked_at < ROSTER_NAMESAKES_MAX;
         at = text_index_next(&draft->names, at), looked_at++) {
        struct roster_row *row = &draft->rows.at[at];
        if (row->dropped || strcasecmp(text_at(draft, row->name), wanted->name) != 0 ||
            !roster_may_be(text_at(draft, row->shared ? 0 : row->guid), wanted->guid) ||
            !roster_may_be(text_at(draft, row->server), wanted->server))
            continue;
        n++;
        found = row;
        if (*wanted->address && strcmp(text_at(draft, row->address), wanted->address) == 0) {
            n_there++;
            there = row;
        }
    }
    *ret_several = n > 1 && n_there != 1;
    return n == 1 ? found : n_there == 1 ? there : NULL;
}

static int put_record(struct roster_draft *draft, struct roster_row *row, const struct console_record *record)
{
    uint32_t pattern_version, engine_version;

    if (share_text(draft, record->pattern_version, &pattern_version) < 0 ||
        share_text(draft, record->engine_version, &engine_version) < 0)
        return -ENOMEM;
    row->told = true;
    if (record->recorded && (!record->wall_ms || record->wall_ms >= row->recorded_wall_ms)) {
        row->recorded = record->recorded;
        row->recorded_wall_ms = record->wall_ms;
    }
    if (record->pattern)
        row->pattern = record->pattern;
    if (record->engine)
        row->engine = record->engine;
    if (pattern_version)
        row->pattern_version = pattern_version;
    if (engine_version)
        row->engine_version = engine_version;
    return 0;
}

int roster_draft_record(void *user, const struct console_record *record)
{
    struct roster_draft *draft = user;
    const struct wanted wanted = { record->name, record->guid, "", record->address };
    struct roster_row *row = find_guid(draft, record->guid);
    bool several = false;

    if (!row || row->shared)
        row = find_name(draft, &wanted, &several);
    if (several || inventory_name_fault(record->name))
        return 0; /* it may be either's */
    const struct console_agent agent = {
        .name = record->name, .guid = record->guid, .server = "", .group = "", .address = record->address
    };
    if (!row && add_row(draft, ROSTER_RECORD, &agent, &row) < 0)
        return -ENOMEM;
    return put_record(draft, row, record);
}

/* What was not told anew is as it was. */
static int carry_record(struct roster_draft *draft, struct roster_row *row, const struct roster_row *from,
                        const char *from_texts)
{
    uint32_t pattern_version = row->pattern_version, engine_version = row->engine_version;

    if ((!pattern_version && share_text(draft, from_texts + from->pattern_version, &pattern_version) < 0) ||
        (!engine_version && share_text(draft, from_texts + from->engine_version, &engine_version) < 0))
        return -ENOMEM;
    row->pattern_version = pattern_version;
    row->engine_version = engine_version;
    if (!row->recorded || (row->recorded_wall_ms && row->recorded_wall_ms < from->recorded_wall_ms)) {
        row->recorded = from->recorded;
        row->recorded_wall_ms = from->recorded_wall_ms;
    }
    if (!row->pattern)
        row->pattern = from->pattern;
    if (!row->engine)
        row->engine = from->engine;
    row->told_ms = from->told_ms;
    return 0;
}

/* Whom the inventory has twice is dropped; who only has another's name is marked. */
static int find_twins(struct roster_draft *draft, struct roster_news *news)
{
    for (size_t i = 0; i < draft->rows.n; i++)
        if (draft->rows.at[i].shared) {
            draft->rows.at[i].guid = 0;
            news->shared++;
        }
    for (size_t i = 0; i < draft->rows.n; i++) {
        struct roster_row *row = &draft->rows.at[i];
        const char *name = text_at(draft, row->name);
        unsigned looked_at = 0;
        for (uint32_t at = text_index_first(&draft->names, name);
             row->kind == ROSTER_LISTED && at != TEXT_INDEX_END && looked_at < ROSTER_NAMESAKES_MAX;
             at = text_index_next(&draft->names, at), looked_at++) {
            struct roster_row *other = &draft->rows.at[at];
            if (at >= i || other->kind != ROSTER_LISTED || other->dropped ||
                strcasecmp(text_at(draft, other->name), name) != 0)
                continue;
            const bool same = (!row->guid || !other->guid) &&
                              roster_may_be(text_at(draft, row->server), text_at(draft, other->server));
            if (!same) {
                row->twin = other->twin = true;
                continue;
            }
            if (!other->guid)
                other->guid = row->guid;
            other->told = other->told || row->told;
            row->dropped = true;
            draft->passed_over++;
            if (carry_record(draft, other, row, draft->rows.texts) < 0)
                return -ENOMEM;
            break;
        }
    }
    return 0;
}

/* One of the last roster in this one. */
static int carry(struct roster_draft *draft, size_t k, const struct roster_round *round, struct roster_news *news)
{
    assert(draft->before && k < draft->before->rows.n);
    const struct roster_row *from = &draft->before->rows.at[k];
    const char *texts = draft->before->rows.texts;
    struct roster_entry entry;
    roster_at(draft->before, k, &entry);
    const struct wanted wanted = { entry.name, entry.guid, entry.server, entry.address };
    const int64_t gone_ms = from->gone_ms ? from->gone_ms : round->now_ms;
    const bool was_listed = from->kind != ROSTER_RECORD;
    /* Whoever may be hidden is kept until that is known. */
    const bool kept = round->now_ms - (was_listed ? gone_ms : from->told_ms) < round->retire_ms ||
                      (from->kind == ROSTER_LISTED && round->hidden > 0);
    bool several = false;
    struct roster_row *row = find_guid(draft, entry.guid);

    if (!row || row->shared || row->dropped)
        row = find_name(draft, &wanted, &several);
    const bool found = row || several;
    if (!found)
        news->vanished += from->kind == ROSTER_LISTED;
    if (!found && kept) {
        const struct console_agent agent = { entry.name, entry.guid, entry.server, entry.group, entry.address };
        if (add_row(draft, (enum roster_kind)(was_listed ? ROSTER_GONE : ROSTER_RECORD), &agent, &row) < 0)
            return -ENOMEM;
        row->gone_ms = was_listed ? gone_ms : 0;
    } else if (row && row->kind == ROSTER_RECORD && was_listed && kept) {
        /* Its record still comes. */
        uint32_t server, group;
        if (share_text(draft, entry.server, &server) < 0 || share_text(draft, entry.group, &group) < 0 ||
            (!row->guid && roster_put_text(&draft->rows, entry.guid, &row->guid) < 0) ||
            (!row->address && roster_put_text(&draft->rows, entry.address, &row->address) < 0))
            return -ENOMEM;
        row->server = server;
        row->group = group;
        row->kind = ROSTER_GONE;
        row->gone_ms = gone_ms;
        news->vanished += from->kind == ROSTER_LISTED;
    }
    return row ? carry_record(draft, row, from, texts ? texts : "") : 0;
}

/* Items that made no sense may be those that are missing. */
static void find_hidden(struct roster_draft *draft, const struct roster_round *round, struct roster_news *news)
{
    if (news->vanished == 0 || news->vanished > round->hidden)
        return;
    for (size_t i = 0; i < draft->rows.n; i++)
        if (draft->rows.at[i].kind == ROSTER_GONE && draft->rows.at[i].gone_ms == round->now_ms) {
            draft->rows.at[i].kind = ROSTER_LISTED;
            draft->rows.at[i].gone_ms = 0;
        }
    news->vanished = 0;
}

/* Whoever is not listed is no match for a name that a listed one has. */
static void mark_others(struct roster_draft *draft)
{
    for (size_t i = 0; i < draft->rows.n; i++) {
        struct roster_row *row = &draft->rows.at[i];
        bool several;
        const struct wanted wanted = { text_at(draft, row->name), "", "", "" };
        if (row->kind == ROSTER_LISTED || row->dropped)
            continue;
        row->twin = !find_name(draft, &wanted, &several);
    }
}

/* The rows that stay, by their kind, in an array of just their number. */
static int settle_rows(struct roster_draft *draft, struct roster *roster, const struct roster_round *round,
                       struct roster_news *news)
{
    struct roster_rows *rows = &draft->rows;
    struct roster_row *at = calloc(rows->n + 1, sizeof *at);
    size_t n = 0;

    if (!at)
        return -ENOMEM;
    for (enum roster_kind kind = ROSTER_LISTED; kind < ROSTER_KINDS; kind++)
        for (size_t i = 0; i < rows->n; i++) {
            if (rows->at[i].kind != kind || rows->at[i].dropped)
                continue;
            news->listed += kind == ROSTER_LISTED;
            news->gone += kind == ROSTER_GONE;
            if (rows->at[i].told)
                rows->at[i].told_ms = round->now_ms;
            at[n++] = rows->at[i];
        }
    char *texts = realloc(rows->texts, rows->bytes + 1);
    roster->rows = (struct roster_rows){ .at = at, .n = n, .room = rows->n + 1 };
    roster->rows.texts = texts ? texts : rows->texts;
    roster->rows.bytes = rows->bytes;
    rows->texts = NULL;
    return 0;
}

int roster_finish(struct roster_draft *draft, const struct roster_round *round, const struct roster **ret,
                  struct roster_news *ret_news)
{
    struct roster_news news = { .listed_before = draft->before ? draft->before->listed : 0 };
    struct roster *roster = calloc(1, sizeof *roster);
    int error = roster ? 0 : -ENOMEM;

    if (error == 0)
        error = find_twins(draft, &news);
    for (size_t k = 0; error == 0 && k < roster_count(draft->before); k++)
        error = carry(draft, k, round, &news);
    if (error == 0) {
        find_hidden(draft, round, &news);
        mark_others(draft);
        error = settle_rows(draft, roster, round, &news);
    }
    if (error == 0) {
        news.passed_over = draft->passed_over;
        atomic_init(&roster->refs, 1);
        roster->listed = news.listed;
        roster->confirmed_ms = round->whole ? round->now_ms : draft->before ? draft->before->confirmed_ms : 0;
        *ret = roster;
        *ret_news = news;
        roster = NULL;
    }
    free(roster);
    roster_draft_free(draft);
    return error;
}
