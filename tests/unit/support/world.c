/* Runs scripted estates and shows what became of them. The lines that happen are read by world_words.c. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Far from 0, so that nothing works by luck alone; the two clocks differ. */
enum { MONO_BEGIN_MS = 500000000 };
static const int64_t wall_begin_ms = INT64_C(1700000000000);

struct store_settings world_settings(void)
{
    return (struct store_settings){
        .name = "collector",
        .policy = { .pattern_max_age_ms = 72 * INT64_C(3600000),
                    .evidence_max_age_ms = WORLD_LIMIT_S * INT64_C(1000),
                    .rise = 1,
                    .fall = 2,
                    .absent = ABSENT_ALARM,
                    .pattern_versions_behind = 3 },
        .notify = true,
        .history_max = 100,
    };
}

void world_at(struct world *world, unsigned s)
{
    world->now = (struct now){ MONO_BEGIN_MS + (int64_t)s * 1000, wall_begin_ms + (int64_t)s * 1000 };
}

void world_begin(struct world *world, const struct store_settings *settings)
{
    memset(world, 0, sizeof *world);
    world->past_seen = settings->history_seq;
    world_at(world, 0);
    assert_int_equal(store_new(settings, &world->store), 0);
    assert_int_equal(world_put_server(world, 1), 0);
}

void world_end(struct world *world)
{
    store_free(world->store);
    world->store = NULL;
}

int world_put_server(struct world *world, uint32_t index)
{
    char name[32], url[64];
    snprintf(name, sizeof name, "apex%u", index);
    snprintf(url, sizeof url, "https://apex%u.example:4343", index);
    const struct server_identity *identity =
        server_identity_new(&(struct server_identity){ .name = name, .url = url, .addresses = "10.1.0.5" });
    if (!identity)
        return -ENOMEM;
    const int error = store_put_server(world->store, index, identity);
    server_identity_unref(identity);
    return error;
}

int world_put_source(struct world *world, uint32_t index, enum list_kind kind, const char *ranges)
{
    char name[32], url[64], web_url[64];
    snprintf(name, sizeof name, "sps%u", index);
    snprintf(url, sizeof url, "https://sps%u.example/tmcss/", index);
    snprintf(web_url, sizeof web_url, "https://sps%u.example:5274/", index);
    const struct source_identity *identity = source_identity_new(
        &(struct source_identity){ .name = name, .kind = kind, .url = url, .web_url = web_url, .ranges = ranges });
    if (!identity)
        return -ENOMEM;
    const int error = store_put_source(world->store, index, identity, &world->now);
    source_identity_unref(identity);
    return error;
}

/* "add INDEX KIND [RANGE,...]" */
static int add_source(struct world *world, const char *event)
{
    char kind[16], ranges[128] = "";
    unsigned index;
    assert_true(sscanf(event, "add %u %15s %127s", &index, kind, ranges) >= 2);
    for (enum list_kind id = LIST_STANDARD; id < LIST_KINDS; id++)
        if (strcmp(list_kind_name(id), kind) == 0)
            return world_put_source(world, index, id, ranges);
    fail_msg("\"%s\" is no kind of list", kind);
    return 0;
}

/* "HOST:PORT,..." */
static int put_references(struct world *world, const char *event)
{
    struct reference_server servers[8];
    char text[256], *save = NULL;
    size_t n = 0;
    snprintf(text, sizeof text, "%s", event);
    for (char *word = strtok_r(text, " ,", &save); word; word = strtok_r(NULL, " ,", &save)) {
        char *colon = strrchr(word, ':');
        assert_non_null(colon);
        *colon = 0;
        servers[n++] = (struct reference_server){ word, (uint16_t)strtoul(colon + 1, NULL, 10) };
    }
    return store_put_references(world->store, servers, n, &world->now);
}

int world_put_agent(struct world *world, uint32_t index, uint32_t group, uint32_t server, uint32_t monitored)
{
    char name[32], group_name[32] = "", address[32];
    snprintf(name, sizeof name, "PC-%u", index);
    snprintf(address, sizeof address, "10.0.%u.%u", index >> 8, index & 0xff);
    if (group)
        snprintf(group_name, sizeof group_name, "group-%u", group);
    struct agent_identity identity = {
        .name = name,
        .guid = "",
        .group = group_name,
        .address = address,
        .port = 21112,
        .group_index = group,
        .server = server,
        .monitored = monitored,
        .listened = world->listened,
    };
    assert_int_equal(address_parse(address, &identity.literal), 0);
    const struct agent_identity *shared = agent_identity_new(&identity);
    if (!shared)
        return -ENOMEM;
    const int error = store_put_agent(world->store, index, shared, &world->now);
    agent_identity_unref(shared);
    return error;
}

/* "maintain agent|server|group [of=INDEX] SECONDS" */
static int maintain(struct world *world, const char *event)
{
    static const struct {
        const char *name;
        enum subject subject;
    } subjects[] = { { "agent", SUBJECT_AGENT }, { "server", SUBJECT_SERVER }, { "group", SUBJECT_GROUP } };
    char name[16];
    int seconds;
    unsigned index = 1;
    if (sscanf(event, "maintain %15s of=%u %d", name, &index, &seconds) != 3)
        assert_int_equal(sscanf(event, "maintain %15s %d", name, &seconds), 2);
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        if (strcmp(subjects[i].name, name) == 0)
            return store_set_maintenance(world->store, subjects[i].subject, index,
                                         world->now.wall_ms + seconds * INT64_C(1000), &world->now);
    fail_msg("\"%s\" can not be in maintenance", name);
    return 0;
}

int world_do(struct world *world, uint32_t agent, const char *event)
{
    if (strcmp(event, "remove") == 0)
        return store_remove_agent(world->store, agent, &world->now);
    if (strcmp(event, "expire") == 0) {
        store_expire(world->store, &world->now);
        return 0;
    }
    if (strncmp(event, "add ", 4) == 0)
        return add_source(world, event);
    if (strncmp(event, "drop ", 5) == 0)
        return store_remove_source(world->store, (uint32_t)strtoul(event + 5, NULL, 10), &world->now);
    if (strncmp(event, "references", strlen("references")) == 0)
        return put_references(world, event + strlen("references"));
    if (strncmp(event, "gateways", strlen("gateways")) == 0)
        return store_put_gateways(world->store, event + strlen("gateways"), &world->now);
    if (strncmp(event, "maintain ", strlen("maintain ")) == 0)
        return maintain(world, event);
    if (strncmp(event, "acknowledge ", strlen("acknowledge ")) == 0)
        return store_acknowledge(world->store, (uint32_t)strtoul(event + strlen("acknowledge "), NULL, 10), true,
                                 &world->now);
    const struct observation observation = world_observation(world, agent, event);
    const int error = store_observe(world->store, &observation, &world->now);
    report_unref(observation.report);
    return error;
}

struct snapshot *world_publish(struct world *world)
{
    return store_publish(world->store, &(struct collector_info){ .name = "test", .version = "0" });
}

/* Begins the buffer anew; every later add() appends a word. */
static void blank(struct world *world)
{
    world->text[0] = 0;
}

static void __attribute__((format(printf, 2, 3))) add(struct world *world, const char *format, ...)
{
    const size_t length = strlen(world->text);
    va_list arguments;
    va_start(arguments, format);
    if (length)
        world->text[length] = ' ';
    const int wrote =
        vsnprintf(world->text + length + (length > 0), sizeof world->text - length - 1, format, arguments);
    va_end(arguments);
    assert_true(wrote >= 0 && (size_t)wrote < sizeof world->text - length - 1);
}

const char *world_verdict(struct world *world, uint32_t agent)
{
    const struct agent_row *row = store_agent(world->store, agent);
    blank(world);
    if (!row)
        add(world, "gone");
    else if (row->verdict.diagnosis == DIAGNOSIS_NONE)
        add(world, "%s", icon_name((enum icon)row->verdict.icon));
    else
        add(world, "%s:%s", icon_name((enum icon)row->verdict.icon),
            diagnosis_name((enum diagnosis)row->verdict.diagnosis));
    return world->text;
}

const char *world_disagreements(struct world *world, uint32_t agent)
{
    static const char *const names[DISAGREEMENTS] = {
        [DISAGREE_MODE] = "mode",
        [DISAGREE_RTS_POLICY] = "policy",
        [DISAGREE_RTS_SERVICE] = "service",
        [DISAGREE_SCAN_METHOD] = "method",
        [DISAGREE_PATTERN] = "pattern",
        [DISAGREE_LOCATION] = "location",
        [DISAGREE_SMART_PROTECTION] = "smart",
        [DISAGREE_TMUSA] = "tmusa",
        [DISAGREE_AGENT_SIDE] = "agent",
        [DISAGREE_RESOLVED] = "resolved",
        [DISAGREE_OWN] = "own",
    };
    blank(world);
    for (unsigned i = 0; i < DISAGREEMENTS; i++)
        if (store_agent(world->store, agent)->disagreements & DISAGREE_BIT(i))
            add(world, "%s", names[i]);
    return world->text;
}

/* A snapshot for looking at one table of it. */
static struct snapshot *look(struct world *world)
{
    struct snapshot *snapshot = world_publish(world);
    assert_non_null(snapshot);
    blank(world);
    return snapshot;
}

const char *world_alarms(struct world *world)
{
    struct snapshot *snapshot = look(world);
    const struct alarm_row *alarm = rowview_first(snapshot->alarms);
    for (; alarm; alarm = rowview_next(snapshot->alarms, alarm->seq, NULL))
        add(world, "%u=%s", alarm->seq, alarm_condition_name((enum alarm_condition)alarm->condition));
    snapshot_unref(snapshot);
    return world->text;
}

const char *world_told(struct world *world)
{
    struct notification notification;
    blank(world);
    while (store_take_notification(world->store, &notification)) {
        add(world, "%c%u", notification.kind == NOTIFICATION_RAISED ? '+' : '-', notification.alarm.seq);
        notification_done(&notification);
    }
    return world->text;
}

const char *world_past(struct world *world)
{
    static const char *const reasons[] = { [CLEAR_UNKNOWN] = "unknown",
                                           [CLEAR_RECOVERED] = "recovered",
                                           [CLEAR_REPLACED] = "replaced",
                                           [CLEAR_REMOVED] = "removed",
                                           [CLEAR_ABSENT] = "absent" };
    struct snapshot *snapshot = look(world);
    const struct history_row *past;
    while ((past = rowview_next(snapshot->history, world->past_seen, NULL))) {
        add(world, "%u=%s", past->alarm.seq, reasons[past->why]);
        world->past_seen = past->seq;
    }
    snapshot_unref(snapshot);
    return world->text;
}

const char *world_changes(struct world *world)
{
    struct snapshot *snapshot = look(world);
    const struct change_row *change = rowview_first(snapshot->changes);
    for (; change; change = rowview_next(snapshot->changes, change->seq, NULL))
        add(world, "%u=%u", change->seq, change->agent);
    snapshot_unref(snapshot);
    return world->text;
}

enum column { SECOND, EVENT, VERDICT, ALARMS, TOLD, PAST, COLUMNS };

/* Cuts a line into its columns, in place; those that it lacks stay NULL. */
static void cut(char *line, char *columns[COLUMNS])
{
    for (enum column column = SECOND; column < COLUMNS; column++)
        columns[column] = NULL;
    for (enum column column = SECOND; line; column++) {
        assert_true(column < COLUMNS);
        columns[column] = line + strspn(line, " ");
        char *bar = strchr(line, '|'), *end = bar ? bar : line + strlen(line);
        while (end > columns[column] && end[-1] == ' ')
            end--;
        *end = 0;
        line = bar ? bar + 1 : NULL;
    }
    assert_non_null(columns[EVENT]);
}

static void expect(char *const columns[COLUMNS], enum column column, const char *seen)
{
    static const char *const names[COLUMNS] = {
        [VERDICT] = "verdict", [ALARMS] = "alarms", [TOLD] = "told", [PAST] = "past"
    };
    const char *expected = columns[column];
    if (expected && strcmp(expected, "?") != 0 && strcmp(seen, expected) != 0)
        fail_msg("second %s, %s: %s: \"%s\" instead of \"%s\"", columns[SECOND], columns[EVENT], names[column], seen,
                 expected);
}

void world_play(const struct store_settings *settings, const char *script)
{
    struct world world;
    world_begin(&world, settings);
    assert_int_equal(world_put_agent(&world, 1, 1, 1, CONDITIONS_ALL), 0);
    for (const char *next = script; *next;) {
        char line[256], *columns[COLUMNS];
        const size_t length = strcspn(next, "\n");
        assert_true(length < sizeof line);
        memcpy(line, next, length);
        line[length] = 0;
        next += length + (next[length] != 0);
        cut(line, columns);
        world_at(&world, (unsigned)strtoul(columns[SECOND], NULL, 10));
        assert_int_equal(world_do(&world, 1, columns[EVENT]), 0);
        expect(columns, VERDICT, world_verdict(&world, 1));
        expect(columns, ALARMS, world_alarms(&world));
        expect(columns, TOLD, world_told(&world));
        expect(columns, PAST, world_past(&world));
        audit_store(world.store, AUDIT_ALL);
    }
    world_end(&world);
}
