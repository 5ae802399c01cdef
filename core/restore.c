/* Rows that were kept, until their subjects are there again. It judges nothing. */
#include "restore.h"

#include "frozen.h"
#include "store_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A row that waits, as bytes. */
struct waiting {
    enum kept kind;
    uint32_t key;
    size_t at, n;
    bool is_back; /* its subject is there */
};

struct restored {
    struct now now;       /* when the rows were taken back */
    uint8_t *bytes;       /* owned */
    size_t used, room;    /* of these */
    struct waiting *rows; /* owned, in order */
    size_t n_rows, rows_room;
    size_t ended; /* so many of them are done with */
};

void restored_free(struct restored *restored)
{
    if (!restored)
        return;
    free(restored->bytes);
    free(restored->rows);
    free(restored);
}

bool restore_is_open(const struct store *store)
{
    return store->restored != NULL;
}

size_t restore_damaged(const struct store *store)
{
    return store->damaged;
}

static int make_room(struct restored *restored, size_t n)
{
    if (restored->room - restored->used < n) {
        size_t room = restored->room ? restored->room : 4096;
        while (room - restored->used < n)
            room *= 2;
        uint8_t *bytes = realloc(restored->bytes, room);
        if (!bytes)
            return -ENOMEM;
        restored->bytes = bytes;
        restored->room = room;
    }
    if (restored->n_rows == restored->rows_room) {
        const size_t room = restored->rows_room ? 2 * restored->rows_room : 64;
        struct waiting *rows = reallocarray(restored->rows, room, sizeof *rows);
        if (!rows)
            return -ENOMEM;
        restored->rows = rows;
        restored->rows_room = room;
    }
    return 0;
}

static int let_wait(struct store *store, enum kept kind, uint32_t key, const void *bytes, size_t n,
                    const struct now *now)
{
    if (!store->restored && !(store->restored = calloc(1, sizeof *store->restored)))
        return -ENOMEM;
    struct restored *restored = store->restored;
    store->outages_wait = true;
    restored->now = *now;
    if (make_room(restored, n) < 0)
        return -ENOMEM;
    if (n > 0)
        memcpy(restored->bytes + restored->used, bytes, n);
    restored->rows[restored->n_rows++] = (struct waiting){ .kind = kind, .key = key, .at = restored->used, .n = n };
    restored->used += n;
    return 0;
}

static void raise_to(uint32_t *sequence, uint32_t number)
{
    if (number > *sequence)
        *sequence = number;
}

static int take_alarm(struct store *store, uint32_t seq, struct codec *codec)
{
    struct alarm_row alarm = { 0 };
    frozen_alarm(codec, &alarm);
    int error = codec_end(codec);
    if (error == 0 && (alarm.seq != seq || seq == 0 || rowset_get(store->alarms, seq)))
        error = -EPROTO;
    struct alarm_row *row = error < 0 ? NULL : rowset_insert(store->alarms, seq);
    if (!row) {
        alarm_rows.release(&alarm);
        return error < 0 ? error : -ENOMEM;
    }
    *row = alarm;
    raise_to(&store->alarm_seq, seq);
    return 0;
}

static int take_history(struct store *store, uint32_t seq, struct codec *codec)
{
    struct history_row past = { 0 };
    frozen_history(codec, &past);
    int error = codec_end(codec);
    if (error == 0 && (past.seq != seq || seq == 0 || rowset_get(store->history, seq)))
        error = -EPROTO;
    struct history_row *row = error < 0 ? NULL : rowset_insert(store->history, seq);
    if (!row) {
        history_rows.release(&past);
        return error < 0 ? error : -ENOMEM;
    }
    *row = past;
    raise_to(&store->history_seq, seq);
    raise_to(&store->alarm_seq, past.alarm.seq);
    return 0;
}

/* A sequence that no alarm of this subject has is none. */
static uint32_t active(const struct store *store, uint32_t seq, enum subject subject, uint32_t index)
{
    const struct alarm_row *alarm = rowset_get(store->alarms, seq);
    return alarm && alarm->subject == subject && alarm->subject_index == index ? seq : 0;
}

static int take_collector(struct store *store, struct codec *codec)
{
    struct kept_collector collector = { 0 };
    frozen_collector(codec, &collector);
    const int error = codec_end(codec);
    if (error < 0)
        return error;
    store->persistence_alarm = active(store, collector.persistence_alarm, SUBJECT_COLLECTOR, 0);
    store->uplink_alarm = active(store, collector.uplink_alarm, SUBJECT_COLLECTOR, 0);
    store->persistence_told = collector.persistence_told;
    store->uplink_told = collector.uplink_told;
    store->change_wall_ms = collector.change_wall_ms;
    store->switched_from = collector.switched_from;
    notify_follow(store);
    return 0;
}

int restore_row(struct store *store, enum kept kind, uint32_t key, const void *bytes, size_t n, const struct now *now)
{
    struct codec codec = codec_reader(bytes, n, now);
    switch (kind) {
    case KEPT_ALARM:
        return take_alarm(store, key, &codec);
    case KEPT_HISTORY:
        return take_history(store, key, &codec);
    case KEPT_COLLECTOR:
        return take_collector(store, &codec);
    case KEPT_LIST:
    case KEPT_SERVER:
    case KEPT_SOURCE:
    case KEPT_GROUP:
    case KEPT_AGENT:
    case KEPT_TELLING:
        return let_wait(store, kind, key, bytes, n, now);
    case KEPT_NOTIFICATION:
        break;
    }
    return -EPROTO;
}

static int compare(const void *key, const void *row)
{
    const struct waiting *a = key, *b = row;
    return a->kind != b->kind ? (a->kind > b->kind) - (a->kind < b->kind) : (a->key > b->key) - (a->key < b->key);
}

/* The row of a subject that is there again; NULL: none waits for it. */
static struct waiting *find(const struct store *store, enum kept kind, uint32_t key)
{
    const struct restored *restored = store->restored;
    const struct waiting wanted = { .kind = kind, .key = key };
    struct waiting *row = restored ? bsearch(&wanted, restored->rows, restored->n_rows, sizeof wanted, compare) : NULL;
    return row && !row->is_back ? row : NULL;
}

static struct codec open_row(const struct restored *restored, const struct waiting *row)
{
    return codec_reader(row->n ? restored->bytes + row->at : NULL, row->n, &restored->now);
}

/* Whether the whole row was read, and made sense. */
static bool is_good(struct store *store, struct codec *codec)
{
    const bool good = codec_end(codec) == 0;
    store->damaged += !good;
    return good;
}

/* Finds the row of a subject, which is there again. */
static bool claim(struct store *store, enum kept kind, uint32_t key, struct codec *ret)
{
    struct waiting *row = find(store, kind, key);
    if (!row)
        return false;
    row->is_back = true;
    *ret = open_row(store->restored, row);
    return true;
}

/* What is remembered to tell, of whatever key. */
static int take_telling(struct store *store, uint32_t key, enum subject subject, uint32_t index)
{
    struct waiting *row = find(store, KEPT_TELLING, key);
    struct telling_row was = { .key = key };
    if (!row)
        return 0;
    struct codec codec = open_row(store->restored, row);
    frozen_telling(&codec, &was);
    const int error = codec_end(&codec);
    struct telling_row *telling = error == 0 ? telling_make(store, key) : NULL;
    row->is_back = error == -EPROTO || telling;
    if (!telling) {
        telling_rows.release(&was);
        store->damaged += error == -EPROTO;
        return error == -EPROTO ? 0 : -ENOMEM;
    }
    was.flap_alarm = active(store, was.flap_alarm, subject, index);
    *telling = was;
    return 0;
}

bool restore_server(struct store *store, struct server_row *server)
{
    struct codec codec;
    struct server_row was = { .index = server->index };
    if (!claim(store, KEPT_SERVER, server->index, &codec))
        return false;
    frozen_server(&codec, &was);
    if (!is_good(store, &codec))
        return false;
    was.identity = server->identity;
    was.agents = server->agents;
    was.agents_offline = server->agents_offline;
    was.alarm = active(store, was.alarm, SUBJECT_SERVER, was.index);
    was.deferred = was.deferred && was.alarm;
    *server = was;
    if (take_telling(store, telling_key_of_server(was.index), SUBJECT_SERVER, was.index) < 0)
        store->dropped++;
    judge_server(store, server, false, &store->restored->now);
    return true;
}

bool restore_source(struct store *store, struct source_row *source)
{
    struct codec codec;
    struct source_row was = { .index = source->index };
    if (!claim(store, KEPT_SOURCE, source->index, &codec))
        return false;
    frozen_source(&codec, &was);
    if (!is_good(store, &codec))
        return false;
    was.identity = source->identity;
    was.alarm = active(store, was.alarm, SUBJECT_SOURCE, was.index);
    *source = was;
    return true;
}

void restore_group(struct store *store, struct group_row *group)
{
    struct codec codec;
    struct group_row was = { .index = group->index };
    if (!claim(store, KEPT_GROUP, group->index, &codec))
        return;
    frozen_group(&codec, &was);
    if (!is_good(store, &codec))
        return;
    group->maintenance = was.maintenance;
    group->outages_told = was.outages_told;
    group->outage_ended = was.outage_ended;
    store->outage_ended = store->outage_ended || was.outage_ended;
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        group->outages[condition] = active(store, was.outages[condition], SUBJECT_GROUP, was.index);
}

bool restore_list(struct store *store, uint32_t list, struct outage *ret)
{
    struct codec codec;
    struct outage was = { 0 };
    if (!claim(store, KEPT_LIST, list, &codec))
        return false;
    frozen_outage(&codec, &was);
    if (!is_good(store, &codec))
        return false;
    was.alarm = active(store, was.alarm, SUBJECT_SOURCE_LIST, list);
    *ret = was;
    return true;
}

/* Gives the change table its entry again. */
static int restore_change(struct store *store, const struct agent_row *agent, int64_t wall_ms)
{
    if (agent->change_seq == 0)
        return 0;
    if (rowset_get(store->changes, agent->change_seq))
        return -EPROTO;
    struct change_row *change = rowset_insert(store->changes, agent->change_seq);
    if (!change)
        return -ENOMEM;
    change->agent = agent->index;
    change->wall_ms = wall_ms;
    raise_to(&store->change_seq, agent->change_seq);
    return 0;
}

/* An alarm that is not there was not told, either. */
static void check_alarms(const struct store *store, struct agent_row *agent)
{
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        const uint32_t bit = CONDITION_BIT(condition);
        const struct telling_row *telling = rowset_get(store->tellings, telling_key_of_agent(agent->index, condition));
        agent->alarms[condition] = active(store, agent->alarms[condition], SUBJECT_AGENT, agent->index);
        if (!telling || !telling->flap_alarm)
            agent->flapping &= (uint8_t)~bit;
        if (agent->alarms[condition])
            continue;
        agent->told &= (uint8_t)~bit;
        agent->deferred &= (uint8_t)~bit;
        if (condition == CONDITION_SMART_PROTECTION_UNAVAILABLE)
            agent->withheld = 0;
    }
}

static int take_tellings(struct store *store, uint32_t index)
{
    int error = 0;
    for (enum condition condition = 0; condition < CONDITIONS && error == 0; condition++)
        error = take_telling(store, telling_key_of_agent(index, condition), SUBJECT_AGENT, index);
    return error;
}

int restore_agent(struct store *store, struct agent_row *agent)
{
    struct waiting *row = find(store, KEPT_AGENT, agent->index);
    struct agent_row was = { .index = agent->index };
    int64_t change_wall_ms = 0;
    if (!row)
        return 0;
    struct codec codec = open_row(store->restored, row);
    frozen_agent(&codec, &was, &change_wall_ms);
    int error = codec_end(&codec);
    if (error == 0)
        error = take_tellings(store, agent->index);
    if (error == 0)
        error = restore_change(store, &was, change_wall_ms);
    row->is_back = error != -ENOMEM;
    if (error < 0) {
        agent_rows.release(&was);
        store->damaged += error == -EPROTO;
        return error == -EPROTO ? 0 : error;
    }
    check_alarms(store, &was);
    const bool is_same = agent_identity_equal(was.identity, agent->identity);
    agent_identity_unref(was.identity);
    was.identity = agent->identity;
    *agent = was;
    return is_same ? 0 : 1;
}

/* It is put once more as who it was, and removed. */
static int end_agent(struct store *store, const struct waiting *row, const struct now *now)
{
    struct agent_row was = { 0 };
    int64_t change_wall_ms = 0;
    struct codec codec = open_row(store->restored, row);
    frozen_agent(&codec, &was, &change_wall_ms);
    int error = codec_end(&codec);
    if (error == 0)
        error = store_put_agent(store, row->key, was.identity, now);
    agent_rows.release(&was);
    if (error == 0)
        error = store_remove_agent(store, row->key, now);
    store->damaged += error == -EPROTO;
    return error == -EPROTO ? 0 : error;
}

static int end_alarm(struct store *store, uint32_t seq, bool is_told, const struct now *now)
{
    return seq ? alarm_clear(store, seq, NULL, CLEAR_REMOVED, is_told, now) : 0;
}

/* What is said of it in a row of the same size is of no use any more: only what was told is. */
static int end_row(struct store *store, const struct waiting *row, const struct now *now)
{
    struct codec codec = open_row(store->restored, row);
    struct server_row server = { 0 };
    struct source_row source = { 0 };
    struct outage outage = { 0 };
    struct group_row group = { 0 };
    int error = 0;

    journal_note(&store->journal, row->kind, row->key);
    switch (row->kind) {
    case KEPT_AGENT:
        return end_agent(store, row, now);
    case KEPT_SERVER:
        frozen_server(&codec, &server);
        return is_good(store, &codec)
                   ? end_alarm(store, active(store, server.alarm, SUBJECT_SERVER, row->key), server.told, now)
                   : 0;
    case KEPT_SOURCE:
        frozen_source(&codec, &source);
        return is_good(store, &codec)
                   ? end_alarm(store, active(store, source.alarm, SUBJECT_SOURCE, row->key), source.told, now)
                   : 0;
    case KEPT_LIST:
        frozen_outage(&codec, &outage);
        return is_good(store, &codec)
                   ? end_alarm(store, active(store, outage.alarm, SUBJECT_SOURCE_LIST, row->key), outage.told, now)
                   : 0;
    case KEPT_GROUP:
        frozen_group(&codec, &group);
        if (!is_good(store, &codec))
            return 0;
        for (enum condition condition = 0; condition < CONDITIONS && error == 0; condition++)
            error = end_alarm(store, active(store, group.outages[condition], SUBJECT_GROUP, row->key),
                              group.outages_told & CONDITION_BIT(condition), now);
        return error;
    default: /* what is remembered to tell of somebody who is gone went with him */
        return 0;
    }
}

/* Whether somebody stands behind an alarm. */
static bool has_owner(const struct store *store, const struct alarm_row *alarm)
{
    const struct agent_row *agent;
    const struct server_row *server;
    const struct source_row *source;
    const struct group_row *group;
    const struct telling_row *telling;
    bool found = false;

    switch ((enum subject)alarm->subject) {
    case SUBJECT_AGENT:
        agent = rowset_get(store->agents, alarm->subject_index);
        for (enum condition condition = 0; agent && condition < CONDITIONS; condition++)
            found = found || agent->alarms[condition] == alarm->seq;
        for (enum condition condition = 0; agent && condition < CONDITIONS; condition++) {
            telling = rowset_get(store->tellings, telling_key_of_agent(agent->index, condition));
            found = found || (telling && telling->flap_alarm == alarm->seq);
        }
        return found;
    case SUBJECT_SERVER:
        server = rowset_get(store->servers, alarm->subject_index);
        return server && server->alarm == alarm->seq;
    case SUBJECT_SOURCE:
        source = rowset_get(store->sources, alarm->subject_index);
        return source && source->alarm == alarm->seq;
    case SUBJECT_GROUP:
        group = rowset_get(store->groups, alarm->subject_index);
        for (enum condition condition = 0; group && condition < CONDITIONS; condition++)
            found = found || group->outages[condition] == alarm->seq;
        return found;
    case SUBJECT_SOURCE_LIST:
        return lists_have_alarm(store, alarm->seq);
    case SUBJECT_COLLECTOR:
        return store->persistence_alarm == alarm->seq || store->uplink_alarm == alarm->seq;
    default:
        return false;
    }
}

/* Alarms whose owner's row was damaged. Whether they were told nobody knows: an end too many does less harm than one
 * too few. */
static int end_orphans(struct store *store, const struct now *now)
{
    const struct alarm_row *alarm;
    for (uint32_t seq = 0; (alarm = rowset_next(store->alarms, seq));) {
        seq = alarm->seq;
        const int error = has_owner(store, alarm) ? 0 : end_alarm(store, seq, true, now);
        if (error < 0)
            return error;
    }
    return 0;
}

void restore_settle(struct store *store, const struct now *now)
{
    const struct agent_row *agent = store->outages_wait ? rowset_next(store->agents, 0) : NULL;
    store->outages_wait = false;
    for (; agent; agent = rowset_next(store->agents, agent->index))
        mass_outage_settle(store, agent->identity->group_index, agent, now);
    mass_outage_finish(store, now);
}

int restore_end(struct store *store, size_t most, const struct now *now)
{
    struct restored *restored = store->restored;
    int error = 0;
    if (!restored)
        return 0;
    for (; most > 0 && restored->ended < restored->n_rows && error == 0; restored->ended += error == 0) {
        const struct waiting *row = &restored->rows[restored->ended];
        if (row->is_back)
            continue;
        error = end_row(store, row, now);
        most--;
    }
    if (error == 0 && restored->ended < restored->n_rows)
        return 1;
    if (error == 0)
        error = end_orphans(store, now);
    if (error < 0)
        return error;
    restored_free(restored);
    store->restored = NULL;
    restore_settle(store, now);
    return 0;
}
