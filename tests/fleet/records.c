/* records.c: keeps what consoles know of agents. It writes no JSON and no line of a log. */
#include "records.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "estate.h"

#define GENERATED_PREFIX  "GEN-"
#define GENERATED_NETWORK 0x0a400000U /* 10.64.0.0 */

struct record_setting {
    char *key;         /* owned, and the value with it */
    const char *value; /* NULL: missing */
};

struct record {
    const struct target *agent; /* borrowed; NULL: a generated one */
    size_t number;              /* among the script's agents or the generated ones, from 0 */
    bool vanished;
    time_t time;
    struct record_setting *settings; /* owned */
    size_t settings_count;
    TAILQ_ENTRY(record) order;
};

TAILQ_HEAD(record_list, record);

struct records {
    const struct estate *estate;
    pthread_mutex_t lock;
    struct record **agents; /* owned, and the records; by the place of their targets, NULL where that is no agent */
    size_t agents_room;
    struct record **shown; /* the script's agents in its order, once it is read; owned */
    size_t shown_count;
    struct record **generated; /* owned, and the records */
    size_t generated_count;
    struct record_list order;
    time_t last_time;
    unsigned in_last_second;
    bool started;
};

static const char *const keys[] = {
    "cn1",    "cn3",    "cs5",       "engine.cn3", "engine.cs5", "host",   "guid",      "address",   "mac",
    "folder", "domain", "isolation", "product",    "server",     "status", "component", "connected",
};

int records_new(const struct estate *estate, struct records **ret_records)
{
    struct records *records = calloc(1, sizeof *records);

    if (!records)
        return -ENOMEM;
    records->estate = estate;
    pthread_mutex_init(&records->lock, NULL);
    TAILQ_INIT(&records->order);
    *ret_records = records;
    return 0;
}

static void record_free(struct record *record)
{
    if (!record)
        return;
    for (size_t i = 0; i < record->settings_count; i++)
        free(record->settings[i].key);
    free(record->settings);
    free(record);
}

void records_free(struct records *records)
{
    if (!records)
        return;
    for (size_t i = 0; i < records->agents_room; i++)
        record_free(records->agents[i]);
    for (size_t i = 0; i < records->generated_count; i++)
        record_free(records->generated[i]);
    free(records->agents);
    free(records->shown);
    free(records->generated);
    pthread_mutex_destroy(&records->lock);
    free(records);
}

void records_lock(struct records *records)
{
    pthread_mutex_lock(&records->lock);
}

void records_unlock(struct records *records)
{
    pthread_mutex_unlock(&records->lock);
}

/* Returns the record of an agent, made where there is none yet; NULL: there is no memory. */
static struct record *need_record(struct records *records, const struct target *agent)
{
    if (agent->index >= records->agents_room) {
        const size_t room = records->estate->count;
        struct record **agents = reallocarray(records->agents, room, sizeof *agents);
        if (!agents)
            return NULL;
        memset(agents + records->agents_room, 0, (room - records->agents_room) * sizeof *agents);
        records->agents = agents;
        records->agents_room = room;
    }
    struct record **place = &records->agents[agent->index];
    if (!*place && (*place = calloc(1, sizeof **place)))
        (*place)->agent = agent;
    return *place;
}

int records_generate(struct records *records, size_t count)
{
    if (count <= records->generated_count)
        return 0;
    struct record **generated = reallocarray(records->generated, count, sizeof *generated);
    if (!generated)
        return -ENOMEM;
    records->generated = generated;
    while (records->generated_count < count) {
        struct record *record = calloc(1, sizeof *record);
        if (!record)
            return -ENOMEM;
        record->number = records->generated_count;
        generated[records->generated_count++] = record;
    }
    return 0;
}

/* Puts a record behind all others, at the earliest time that has room, but not before `now`. */
static void tell(struct records *records, struct record *record, time_t now)
{
    if (now > records->last_time || records->in_last_second == RECORDS_A_SECOND_MAX) {
        records->last_time = now > records->last_time ? now : records->last_time + 1;
        records->in_last_second = 0;
    }
    record->time = records->last_time;
    records->in_last_second++;
    TAILQ_INSERT_TAIL(&records->order, record, order);
}

static struct record *at(const struct records *records, size_t place)
{
    return place < records->shown_count ? records->shown[place] : records->generated[place - records->shown_count];
}

int records_start(struct records *records)
{
    const struct estate *estate = records->estate;
    const size_t all = estate->counts[GROUP_AGENTS] + records->generated_count;
    const time_t first = time(NULL) - (time_t)(all / RECORDS_A_SECOND_MAX);

    if (!(records->shown = calloc(estate->counts[GROUP_AGENTS] + 1, sizeof(struct record *))))
        return -ENOMEM;
    for (size_t i = 0; i < estate->count; i++) {
        if (estate->targets[i]->role != &role_agent)
            continue;
        struct record *record = need_record(records, estate->targets[i]);
        if (!record)
            return -ENOMEM;
        record->number = records->shown_count;
        records->shown[records->shown_count++] = record;
    }
    for (size_t i = 0; i < all; i++)
        tell(records, at(records, i), first);
    records->started = true;
    return 0;
}

size_t records_count(const struct records *records, size_t generated)
{
    return records->shown_count + (generated < records->generated_count ? generated : records->generated_count);
}

const struct record *records_at(const struct records *records, size_t place)
{
    return at(records, place);
}

const struct record *records_next(const struct records *records, const struct record *record)
{
    return record ? TAILQ_NEXT(record, order) : TAILQ_FIRST(&records->order);
}

bool record_is_shown(const struct record *record, size_t generated)
{
    return !record->vanished && (record->agent || record->number < generated);
}

time_t record_time(const struct record *record)
{
    return record->time;
}

void record_identify(const struct record *record, struct record_identity *ret_identity)
{
    const size_t number = record->number + 1;
    const struct in_addr generated = { htonl(GENERATED_NETWORK + (uint32_t)number) };
    const struct in_addr address = record->agent ? record->agent->address.sin_addr : generated;

    if (record->agent)
        snprintf(ret_identity->name, sizeof ret_identity->name, "%s", record->agent->name);
    else
        snprintf(ret_identity->name, sizeof ret_identity->name, GENERATED_PREFIX "%06zu", number);
    snprintf(ret_identity->guid, sizeof ret_identity->guid, "%08x-0000-4000-8000-%012zx",
             record->agent ? 0xa6e00000U : 0x6e600000U, number);
    snprintf(ret_identity->mac, sizeof ret_identity->mac, "%s-%02zx-%02zx-%02zx",
             record->agent ? "02-00-5e" : "02-00-5f", number >> 16 & 0xff, number >> 8 & 0xff, number & 0xff);
    inet_ntop(AF_INET, &address, ret_identity->address, sizeof ret_identity->address);
}

static struct record_setting *find_setting(const struct record *record, const char *key)
{
    for (size_t i = 0; i < record->settings_count; i++)
        if (strcmp(record->settings[i].key, key) == 0)
            return &record->settings[i];
    return NULL;
}

const char *record_get(const struct record *record, const char *key, const char *usual)
{
    const struct record_setting *setting = find_setting(record, key);

    return setting ? setting->value : usual;
}

static int record_set(struct record *record, const char *word)
{
    char *key = strdup(word);

    if (!key)
        return -ENOMEM;
    char *equals = key + strcspn(key, "=");
    *equals = '\0';
    struct record_setting *setting = find_setting(record, key);
    if (!setting) {
        struct record_setting *more = reallocarray(record->settings, record->settings_count + 1, sizeof *more);
        if (!more) {
            free(key);
            return -ENOMEM;
        }
        record->settings = more;
        setting = &more[record->settings_count++];
    } else {
        free(setting->key);
    }
    for (char *at = equals + 1; *at; at++)
        if (*at == '_')
            *at = ' ';
    *setting = (struct record_setting){ key, strcmp(equals + 1, "-") == 0 ? NULL : equals + 1 };
    return 0;
}

static int check_word(const char *word, struct fault *fault)
{
    const size_t length = strcspn(word, "=");

    if (!word[length])
        return fault_set(fault, "%s: key=value expected", word);
    if (strlen(word + length) > RECORD_VALUE_MAX)
        return fault_set(fault, "%.*s: at most %d characters expected", (int)length, word, RECORD_VALUE_MAX - 1);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strlen(keys[i]) == length && strncmp(keys[i], word, length) == 0)
            return 0;
    return fault_set(fault, "%.*s: a record has no such key", (int)length, word);
}

/* The places of an item of a selection, in a row of all targets, and behind them the generated agents. */
struct span {
    size_t first, end;
};

static int find_place(const struct records *records, const char *name, size_t *ret_place, struct fault *fault)
{
    static const size_t prefix = sizeof GENERATED_PREFIX - 1;
    const struct target *target = estate_find(records->estate, name);
    char *end;

    if (target && target->role == &role_agent) {
        *ret_place = target->index;
        return 0;
    }
    const bool generated = !target && strncmp(name, GENERATED_PREFIX, prefix) == 0 && strlen(name) == prefix + 6;
    const unsigned long number = generated ? strtoul(name + prefix, &end, 10) : 0;
    if (number < 1 || number > records->generated_count || *end)
        return fault_set(fault, "%s: no agent of that name", name);
    *ret_place = records->estate->count + number - 1;
    return 0;
}

static int read_span(const struct records *records, char *item, struct span *ret_span, struct fault *fault)
{
    const size_t targets = records->estate->count, all = targets + records->generated_count;
    char *dots = strstr(item, "..");

    if (strcmp(item, "all") == 0 || strcmp(item, "agents") == 0 || strcmp(item, "generated") == 0) {
        *ret_span = (struct span){ item[0] == 'g' ? targets : 0, strcmp(item, "agents") == 0 ? targets : all };
        return 0;
    }
    if (dots)
        *dots = '\0';
    size_t first = 0, last = 0;
    if (find_place(records, item, &first, fault) < 0 || find_place(records, dots ? dots + 2 : item, &last, fault) < 0)
        return -EINVAL;
    if (last < first)
        return fault_set(fault, "%s..%s: the last stands before the first", item, dots + 2);
    *ret_span = (struct span){ first, last + 1 };
    return 0;
}

/* Returns the record at a place of that row; NULL with `ret_result` 0: there is no agent. */
static struct record *record_at_place(struct records *records, size_t place, int *ret_result)
{
    const struct estate *estate = records->estate;

    if (place >= estate->count)
        return records->generated[place - estate->count];
    if (estate->targets[place]->role != &role_agent)
        return NULL;
    struct record *record = need_record(records, estate->targets[place]);
    *ret_result = record ? 0 : -ENOMEM;
    return record;
}

static int change_record(struct records *records, struct record *record, char **words, int count, int vanished)
{
    int result = 0;

    for (int i = 0; i < count && result == 0; i++)
        result = record_set(record, words[i]);
    const bool told = count > 0 || (vanished >= 0 && record->vanished != (bool)vanished);
    if (vanished >= 0)
        record->vanished = vanished;
    if (records->started && told) {
        TAILQ_REMOVE(&records->order, record, order);
        tell(records, record, time(NULL));
    }
    return result;
}

static int change_span(struct records *records, const struct span *span, char **words, int count, int vanished,
                       size_t *changed)
{
    int result = 0;

    for (size_t place = span->first; place < span->end && result == 0; place++) {
        struct record *record = record_at_place(records, place, &result);
        if (!record)
            continue;
        result = change_record(records, record, words, count, vanished);
        (*changed)++;
    }
    return result;
}

int records_change(struct records *records, char *text, char **words, int count, int vanished, size_t *ret_changed,
                   struct fault *fault)
{
    char *rest = NULL;
    size_t changed = 0;
    int result = 0;

    for (int i = 0; i < count; i++)
        if (check_word(words[i], fault) < 0)
            return -EINVAL;
    records_lock(records);
    for (char *item = strtok_r(text, ",", &rest); item && result == 0; item = strtok_r(NULL, ",", &rest)) {
        struct span span = { 0 };
        result = read_span(records, item, &span, fault);
        if (result == 0)
            result = change_span(records, &span, words, count, vanished, &changed);
    }
    records_unlock(records);
    if (result == 0 && changed == 0)
        return fault_set(fault, "no agent is named");
    *ret_changed = changed;
    return result;
}
