/* Active alarms, the history of cleared ones, and the notifications that tell of both. */
#include "store_state.h"
#include "wording.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

void alarms_changed(struct store *store, uint32_t seq, const struct now *now)
{
    journal_note(&store->journal, KEPT_ALARM, seq);
    store->alarm_changes++;
    store->alarm_mono_ms = now->mono_ms;
    store->dirty = true;
}

/* Puts a notification into the outbox: copies of the alarm, and of what else is told of an agent, as they are now. */
static void tell(struct store *store, const struct alarm_row *alarm, enum notification_kind kind,
                 const struct agent_row *agent)
{
    struct notification notification = { .kind = kind, .alarm = *alarm, .change_seq = store->change_seq };
    alarm_rows.retain(&notification.alarm);
    if (agent) {
        const struct group_row *group = rowset_get(store->groups, agent->identity->group_index);
        notification.group = group ? text_ref(group->name) : NULL;
        notification.change_seq = agent->change_seq;
    }
    if (notification_queue_push(store->outbox, &notification) < 0) {
        store->dropped++;
        notification_done(&notification);
    }
}

int alarm_tell_raising(struct store *store, uint32_t seq, const struct agent_row *agent)
{
    const struct alarm_row *alarm = rowset_get(store->alarms, seq);
    if (!alarm || notification_queue_reserve(store->outbox) < 0) {
        store->dropped++;
        return -ENOMEM;
    }
    tell(store, alarm, NOTIFICATION_RAISED, agent);
    return 0;
}

/* A side as it is believed, for the wording: an observation that does not count yet is not spoken of. NULL: unknown. */
static const struct contact *believed_side(const struct agent_row *agent, enum axis axis,
                                           const struct contact *observed, struct contact *buffer)
{
    const uint8_t side = agent->dampers[axis].believed;
    if (side == observed->side || side == SIDE_UNKNOWN)
        return side == SIDE_UNKNOWN ? NULL : observed;
    *buffer = (struct contact){ .side = side, .cause = side == SIDE_ONLINE ? CAUSE_NONE : CAUSE_UNKNOWN };
    return buffer;
}

/* The connection's diagnosis is the cause of an `offline`; the other conditions are causes themselves. */
static enum diagnosis diagnosis_of(const struct agent_row *agent, enum condition condition)
{
    return condition == CONDITION_OFFLINE ? agent->verdict.diagnosis : DIAGNOSIS_NONE;
}

static const struct text *agent_text(const struct store *store, const struct agent_row *agent, enum condition condition)
{
    const struct server_row *server = rowset_get(store->servers, agent->identity->server);
    const struct evidence *evidence = &agent->evidence;
    char text[ALARM_TEXT_BYTES];
    struct contact server_side, agent_side;
    const struct alarm_grounds grounds = {
        .diagnosis = diagnosis_of(agent, condition),
        .server_side = believed_side(agent, AXIS_SERVER_SIDE, &evidence->server_side, &server_side),
        .agent_side = believed_side(agent, AXIS_AGENT_SIDE, &evidence->known.agent_side, &agent_side),
        .name_check = server ? agent->verdict.name_check : NAME_UNKNOWN,
        .resolved = &statement_resolved(&evidence->known)->at[0],
        .expected = server ? &server->identity->expected[0] : NULL,
        .absent = agent->dampers[AXIS_PRESENCE].believed == PRESENCE_ABSENT,
        .failed_checks = verdict_failed_checks(&agent->verdict),
    };
    alarm_text(text, sizeof text, store->settings.language, agent->identity->name,
               (enum alarm_condition)condition_icon(condition), &grounds);
    return text_new(text);
}

enum { UNCONFIRMED = 1 << 8 }; /* beside every enum name_check */

/* What agent_text() says beside the diagnosis and how its sides answered, as one number: 32 bits of FNV-1a where it is
 * an address. */
static uint32_t grounds_of(const struct agent_row *agent, enum condition condition)
{
    const struct address_list *resolved = statement_resolved(&agent->evidence.known);
    uint32_t grounds = agent->verdict.name_check;

    if (condition == CONDITION_SMART_PROTECTION_UNAVAILABLE)
        return verdict_failed_checks(&agent->verdict);
    if (condition == CONDITION_OFFLINE && agent->verdict.diagnosis == DIAGNOSIS_UNVERIFIED)
        return agent->dampers[AXIS_PRESENCE].believed == PRESENCE_ABSENT;
    if (condition != CONDITION_OFFLINE || agent->verdict.diagnosis != DIAGNOSIS_SERVER_NAME_UNRESOLVED)
        return 0;
    if (grounds <= NAME_UNKNOWN && agent->evidence.known.agent_side.cause == CAUSE_TIMED_OUT)
        return UNCONFIRMED;
    if (grounds == NAME_OTHER_ADDRESS)
        for (size_t i = 0; i < sizeof resolved->at[0].bytes; i++)
            grounds = (grounds ^ resolved->at[0].bytes[i]) * 16777619U;
    return grounds;
}

/* Adds an alarm and tells of it; takes `name` and `text`. An alarm that can not be told of is not raised: what is told
 * and what is shown go together. */
static uint32_t raise_alarm(struct store *store, const struct alarm_row *from, const struct agent_row *agent,
                            const struct text *name, const struct text *text, bool is_told, const struct now *now)
{
    const bool can_tell = !is_told || notification_queue_reserve(store->outbox) == 0;
    struct alarm_row *alarm = name && text && can_tell ? rowset_insert(store->alarms, store->alarm_seq + 1) : NULL;
    if (!alarm) {
        store->alarms_lost++;
        store->dropped++;
        text_unref(name);
        text_unref(text);
        return 0;
    }
    *alarm = *from;
    alarm->seq = ++store->alarm_seq;
    store->alarms_raised++;
    alarm->raised_wall_ms = now->wall_ms;
    alarm->subject_name = name;
    alarm->text = text;
    alarms_changed(store, alarm->seq, now);
    if (is_told)
        tell(store, alarm, NOTIFICATION_RAISED, agent);
    return alarm->seq;
}

/* Adds a cleared alarm to the history, and lets the oldest ones fall off. */
static void remember(struct store *store, const struct alarm_row *alarm, enum clear_reason why, const struct now *now)
{
    struct history_row *past = rowset_insert(store->history, store->history_seq + 1);
    if (!past) {
        store->history_lost++;
        return;
    }
    past->seq = ++store->history_seq;
    past->why = (uint8_t)why;
    past->cleared_wall_ms = now->wall_ms;
    past->alarm = *alarm;
    alarm_rows.retain(&past->alarm);
    journal_note(&store->journal, KEPT_HISTORY, past->seq);
    while (rowset_count(store->history) > store->settings.history_max) {
        const uint32_t oldest = ((const struct history_row *)rowset_next(store->history, 0))->seq;
        journal_note(&store->journal, KEPT_HISTORY, oldest);
        if (rowset_remove(store->history, oldest) < 0)
            break; /* the next one tries again */
        store->history_lost++;
    }
    store->history_changes++;
    store->history_mono_ms = now->mono_ms;
}

int alarm_tell_clearing(struct store *store, const struct alarm_row *alarm, const struct agent_row *agent,
                        enum clear_reason why)
{
    char line[ALARM_TEXT_BYTES];
    clearing_text(line, sizeof line, store->settings.language, text_chars(alarm->subject_name),
                  (enum alarm_condition)alarm->condition, why);
    const struct text *text = notification_queue_reserve(store->outbox) == 0 ? text_new(line) : NULL;
    if (!text)
        return -ENOMEM;
    struct alarm_row cleared = *alarm;
    cleared.severity = SEVERITY_CLEARED;
    cleared.text = text;
    tell(store, &cleared, NOTIFICATION_CLEARED, agent);
    text_unref(text);
    return 0;
}

int alarm_clear(struct store *store, uint32_t seq, const struct agent_row *agent, enum clear_reason why, bool is_told,
                const struct now *now)
{
    const bool tells = is_told && store->settings.notify;
    /* Writable, so that its removal can not fail once it was told. */
    const struct alarm_row *alarm = rowset_edit(store->alarms, seq);
    if (!alarm || (tells && alarm_tell_clearing(store, alarm, agent, why) < 0)) {
        store->dropped++;
        return -ENOMEM;
    }
    remember(store, alarm, why, now);
    alarms_changed(store, seq, now);
    return rowset_remove(store->alarms, seq);
}

uint32_t alarm_raise_agent(struct store *store, const struct agent_row *agent, enum condition condition, bool is_told,
                           const struct now *now)
{
    const struct alarm_row alarm = {
        .subject = SUBJECT_AGENT,
        .subject_index = agent->index,
        .condition = (uint8_t)condition_icon(condition),
        .severity = (uint8_t)condition_severity(condition),
        .diagnosis = (uint8_t)diagnosis_of(agent, condition),
        .grounds = grounds_of(agent, condition),
    };
    return raise_alarm(store, &alarm, agent, text_new(agent->identity->name), agent_text(store, agent, condition),
                       is_told, now);
}

/* Gives an alarm another text, which it takes, and the row for what the text rests on. NULL: not now, for want of
 * memory. */
static struct alarm_row *reword(struct store *store, uint32_t seq, const struct text *text, const struct now *now)
{
    struct alarm_row *alarm = text ? rowset_edit(store->alarms, seq) : NULL;
    if (!alarm) {
        store->dropped++;
        text_unref(text);
        return NULL;
    }
    text_unref(alarm->text);
    alarm->text = text;
    alarms_changed(store, seq, now);
    return alarm;
}

/* A cause that became clearer, or another one, is shown in the alarm that stands; it is no new alarm. */
void alarm_refresh_agent(struct store *store, const struct agent_row *agent, enum condition condition,
                         const struct now *now)
{
    const enum diagnosis diagnosis = diagnosis_of(agent, condition);
    const uint32_t grounds = grounds_of(agent, condition);
    const struct alarm_row *shown = rowset_get(store->alarms, agent->alarms[condition]);
    if (!shown || (shown->diagnosis == diagnosis && shown->grounds == grounds))
        return;
    struct alarm_row *alarm = reword(store, shown->seq, agent_text(store, agent, condition), now);
    if (!alarm)
        return;
    alarm->diagnosis = (uint8_t)diagnosis;
    alarm->grounds = grounds;
}

uint32_t alarm_raise_flapping(struct store *store, const struct agent_row *agent, enum condition condition,
                              bool is_told, const struct now *now)
{
    char text[ALARM_TEXT_BYTES];
    alarm_text(
        text, sizeof text, store->settings.language, agent->identity->name, ALARM_FLAPPING,
        &(struct alarm_grounds){ .diagnosis = DIAGNOSIS_NONE, .of = (enum alarm_condition)condition_icon(condition) });
    const struct alarm_row alarm = {
        .subject = SUBJECT_AGENT,
        .subject_index = agent->index,
        .condition = ALARM_FLAPPING,
        .severity = SEVERITY_WARNING,
        .diagnosis = DIAGNOSIS_NONE,
    };
    return raise_alarm(store, &alarm, agent, text_new(agent->identity->name), text_new(text), is_told, now);
}

uint32_t alarm_raise_server(struct store *store, const struct server_row *server, bool is_told, const struct now *now)
{
    char text[ALARM_TEXT_BYTES];
    alarm_text(text, sizeof text, store->settings.language, server->identity->name, ALARM_SERVER_DOWN,
               &(struct alarm_grounds){ .diagnosis = DIAGNOSIS_SERVER_DOWN, .server_side = &server->contact });
    const struct alarm_row alarm = {
        .subject = SUBJECT_SERVER,
        .subject_index = server->index,
        .condition = ALARM_SERVER_DOWN,
        .severity = SEVERITY_CRITICAL,
        .diagnosis = DIAGNOSIS_SERVER_DOWN,
    };
    return raise_alarm(store, &alarm, NULL, text_new(server->identity->name), text_new(text), is_told, now);
}

uint32_t alarm_raise_group(struct store *store, const struct group_row *group, enum condition condition, bool is_told,
                           const struct now *now)
{
    char text[ALARM_TEXT_BYTES];
    const uint32_t agents = group->tally.conditions[condition];
    alarm_text(text, sizeof text, store->settings.language, text_chars(group->name), ALARM_MASS_OUTAGE,
               &(struct alarm_grounds){ .diagnosis = DIAGNOSIS_NONE,
                                        .of = (enum alarm_condition)condition_icon(condition),
                                        .agents = agents });
    const struct alarm_row alarm = {
        .subject = SUBJECT_GROUP,
        .subject_index = group->index,
        .condition = ALARM_MASS_OUTAGE,
        .severity = SEVERITY_CRITICAL,
        .diagnosis = DIAGNOSIS_NONE,
        .agents = agents,
    };
    return raise_alarm(store, &alarm, NULL, text_ref(group->name), text_new(text), is_told, now);
}

void alarm_count_agents(struct store *store, uint32_t seq, uint32_t agents)
{
    const struct alarm_row *shown = rowset_get(store->alarms, seq);
    struct alarm_row *alarm = shown && shown->agents != agents ? rowset_edit(store->alarms, seq) : NULL;
    if (!alarm)
        return;
    alarm->agents = agents;
    journal_note(&store->journal, KEPT_ALARM, seq);
}

uint32_t alarm_raise_collector(struct store *store, enum alarm_condition condition, const char *detail,
                               const struct now *now)
{
    char text[ALARM_TEXT_BYTES];
    alarm_text(text, sizeof text, store->settings.language, store->settings.name, condition,
               &(struct alarm_grounds){ .diagnosis = DIAGNOSIS_NONE, .detail = detail });
    const struct alarm_row alarm = {
        .subject = SUBJECT_COLLECTOR,
        .condition = (uint8_t)condition,
        .severity = SEVERITY_CRITICAL,
        .diagnosis = DIAGNOSIS_NONE,
    };
    return raise_alarm(store, &alarm, NULL, text_new(store->settings.name), text_new(text), store->settings.notify,
                       now);
}

/* A service that is believed down, with the latest cause that it was down for; NULL: it is not. */
static const struct contact *service_down(const struct source_row *source, enum reputation reputation,
                                          struct contact *buffer)
{
    if (source->dampers[reputation].believed != UPDOWN_DOWN)
        return NULL;
    const struct way_outcome *service = source_service(&source->check, reputation);
    *buffer = (struct contact){ .side = SIDE_OFFLINE, .cause = service ? service->cause : CAUSE_UNKNOWN };
    return buffer;
}

static const struct text *source_text(const struct store *store, const struct source_row *source)
{
    struct contact file, web;
    char text[ALARM_TEXT_BYTES];
    const struct alarm_grounds grounds = {
        .diagnosis = DIAGNOSIS_NONE,
        .file = service_down(source, REPUTATION_FILE, &file),
        .web = service_down(source, REPUTATION_WEB, &web),
        .certificate = (enum certificate)source->check.certificate,
    };
    alarm_text(text, sizeof text, store->settings.language, source->identity->name, ALARM_SOURCE_DOWN, &grounds);
    return text_new(text);
}

/* What source_text() says, as one number. A check that went well does not change it: it is not believed yet. */
static uint32_t source_grounds(const struct source_row *source, uint32_t known)
{
    uint32_t grounds = 0;
    for (enum reputation reputation = 0; reputation < REPUTATIONS; reputation++) {
        const struct way_outcome *service = source_service(&source->check, reputation);
        const unsigned shift = 8 * (unsigned)reputation;
        if (source->dampers[reputation].believed != UPDOWN_DOWN)
            continue;
        grounds |= service && service->cause != CAUSE_NONE ? (uint32_t)service->cause << shift : known & 0xffU << shift;
    }
    if ((grounds & 0xffU) == CAUSE_TLS_REJECTED)
        grounds |= (uint32_t)source->check.certificate << 8 * REPUTATIONS;
    return grounds;
}

uint32_t alarm_raise_source(struct store *store, const struct source_row *source, bool is_told, const struct now *now)
{
    const struct alarm_row alarm = {
        .subject = SUBJECT_SOURCE,
        .subject_index = source->index,
        .condition = ALARM_SOURCE_DOWN,
        .severity = SEVERITY_MAJOR,
        .diagnosis = DIAGNOSIS_NONE,
        .grounds = source_grounds(source, 0),
    };
    return raise_alarm(store, &alarm, NULL, text_new(source->identity->name), source_text(store, source), is_told, now);
}

void alarm_refresh_source(struct store *store, const struct source_row *source, const struct now *now)
{
    const struct alarm_row *shown = rowset_get(store->alarms, source->alarm);
    const uint32_t grounds = shown ? source_grounds(source, shown->grounds) : 0;
    if (!shown || shown->grounds == grounds)
        return;
    struct alarm_row *alarm = reword(store, shown->seq, source_text(store, source), now);
    if (alarm)
        alarm->grounds = grounds;
}

/* The words of an alarm are cut there, too. */
enum { LIST_NAME_BYTES = 64 };

/* "custom 10.1.0.0/16, ...": as many ranges as there is room for. */
static void name_list(char name[LIST_NAME_BYTES], const struct source_identity *identity)
{
    static const char more[] = ", ...";
    const char *ranges = identity->ranges, *range, *mark = " ";
    size_t used = (size_t)snprintf(name, LIST_NAME_BYTES, "%s", list_kind_name(identity->kind));

    for (size_t n; (n = list_item(&ranges, &range)) > 0; mark = ", ") {
        const char *rest = ranges, *next;
        const size_t kept = list_item(&rest, &next) ? strlen(more) : 0;
        if (used + strlen(mark) + n + kept >= LIST_NAME_BYTES) {
            snprintf(name + used, LIST_NAME_BYTES - used, "%s", mark[0] == ',' ? more : " ...");
            return;
        }
        used += (size_t)snprintf(name + used, LIST_NAME_BYTES - used, "%s%.*s", mark, (int)n, range);
    }
}

static const struct text *list_text(const struct store *store, const char *name, uint32_t agents)
{
    char text[ALARM_TEXT_BYTES];
    alarm_text(text, sizeof text, store->settings.language, name, ALARM_MASS_OUTAGE,
               &(struct alarm_grounds){ .diagnosis = DIAGNOSIS_NONE, .sources_silent = true, .agents = agents });
    return text_new(text);
}

uint32_t alarm_raise_list(struct store *store, uint32_t list, const struct source_identity *identity, uint32_t agents,
                          bool is_told, const struct now *now)
{
    char name[LIST_NAME_BYTES];
    name_list(name, identity);
    const struct alarm_row alarm = {
        .subject = SUBJECT_SOURCE_LIST,
        .subject_index = list,
        .condition = ALARM_MASS_OUTAGE,
        .severity = SEVERITY_CRITICAL,
        .diagnosis = DIAGNOSIS_NONE,
        .agents = agents,
    };
    return raise_alarm(store, &alarm, NULL, text_new(name), list_text(store, name, agents), is_told, now);
}

void alarm_refresh_list(struct store *store, uint32_t seq, uint32_t list, const struct source_identity *identity,
                        uint32_t agents, const struct now *now)
{
    const struct alarm_row *shown = rowset_get(store->alarms, seq);
    char name[LIST_NAME_BYTES];
    if (!shown || (shown->agents == agents && shown->subject_index == list))
        return;
    name_list(name, identity);
    struct alarm_row *alarm = reword(store, seq, list_text(store, name, agents), now);
    if (!alarm)
        return;
    alarm->agents = agents;
    alarm->subject_index = list;
}

int alarm_clear_list(struct store *store, uint32_t seq, uint32_t agents, enum clear_reason why, bool is_told,
                     const struct now *now)
{
    struct alarm_row *alarm = rowset_edit(store->alarms, seq);
    if (!alarm)
        return -ENOMEM;
    alarm->agents = agents;
    return alarm_clear(store, seq, NULL, why, is_told, now);
}
