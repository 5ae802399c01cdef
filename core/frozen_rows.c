/* All rows but agents' as bytes. It looks at none of their texts. */
#include "store_state.h"

#include <errno.h>

enum { VERSION = 1 };

void frozen_damper(struct codec *codec, struct damper *damper, uint8_t max)
{
    codec_u8(codec, &damper->believed, max);
    codec_u8(codec, &damper->candidate, max);
    codec_u16(codec, &damper->run);
}

void frozen_maintenance(struct codec *codec, struct maintenance *maintenance)
{
    codec_i64(codec, &maintenance->wall_ms);
    if (codec_is_reader(codec))
        *maintenance = maintenance_until(maintenance->wall_ms, &codec->now);
}

/* A text that may be missing, as an empty one is. */
static void text_of(struct codec *codec, const struct text **text)
{
    const char *chars = text_chars(*text);
    codec_text(codec, &chars, ALARM_TEXT_BYTES);
    if (codec_is_reader(codec) && codec->error == 0 && *chars && !(*text = text_new(chars)))
        codec->error = -ENOMEM;
}

void frozen_server(struct codec *codec, struct server_row *server)
{
    codec_version(codec, VERSION);
    frozen_contact(codec, &server->contact);
    frozen_damper(codec, &server->damper, UPDOWN_DOWN);
    codec_u32(codec, &server->alarm);
    codec_bool(codec, &server->judged);
    codec_bool(codec, &server->told);
    codec_bool(codec, &server->deferred);
    codec_bool(codec, &server->was_down);
    codec_time(codec, &server->up_since_ms);
    codec_i64(codec, &server->since_wall_ms);
    frozen_maintenance(codec, &server->maintenance);
}

static void check_of(struct codec *codec, struct source_check *check)
{
    uint16_t days = (uint16_t)check->certificate_days;
    for (enum source_way way = 0; way < SOURCE_WAYS; way++) {
        codec_u8(codec, &check->ways[way].cause, CAUSE_LAST);
        codec_bool(codec, &check->ways[way].heard);
        codec_u32(codec, &check->ways[way].rtt_ms);
    }
    codec_u8(codec, &check->certificate, CERTIFICATE_NOT_APPLICABLE);
    codec_u16(codec, &days);
    check->certificate_days = (int16_t)days;
}

void frozen_source(struct codec *codec, struct source_row *source)
{
    codec_version(codec, VERSION);
    check_of(codec, &source->check);
    codec_time(codec, &source->mono_ms);
    codec_i64(codec, &source->wall_ms);
    for (enum reputation reputation = 0; reputation < REPUTATIONS; reputation++)
        frozen_damper(codec, &source->dampers[reputation], UPDOWN_DOWN);
    codec_u8(codec, &source->state, UPDOWN_DOWN);
    codec_u32(codec, &source->alarm);
    codec_bool(codec, &source->judged);
    codec_bool(codec, &source->told);
    codec_i64(codec, &source->since_wall_ms);
}

void frozen_group(struct codec *codec, struct group_row *group)
{
    codec_version(codec, VERSION);
    frozen_maintenance(codec, &group->maintenance);
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        codec_u32(codec, &group->outages[condition]);
    codec_conditions8(codec, &group->outages_told);
    codec_bool(codec, &group->outage_ended);
}

static void alarm_of(struct codec *codec, struct alarm_row *alarm)
{
    codec_u32(codec, &alarm->seq);
    codec_u32(codec, &alarm->subject_index);
    codec_u8(codec, &alarm->subject, SUBJECT_REFERENCE);
    codec_u8(codec, &alarm->condition, ALARM_CUT_OFF);
    codec_u8(codec, &alarm->severity, SEVERITY_CRITICAL);
    codec_u8(codec, &alarm->diagnosis, DIAGNOSIS_LAST);
    codec_bool(codec, &alarm->acknowledged);
    codec_i64(codec, &alarm->raised_wall_ms);
    text_of(codec, &alarm->subject_name);
    text_of(codec, &alarm->text);
    codec_u32(codec, &alarm->agents);
    codec_u32(codec, &alarm->grounds);
}

void frozen_telling(struct codec *codec, struct telling_row *telling)
{
    codec_version(codec, VERSION);
    codec_u32(codec, &telling->changes);
    codec_u32(codec, &telling->flap_alarm);
    codec_bool(codec, &telling->flap_told);
    codec_bool(codec, &telling->flap_deferred);
    codec_u8(codec, &telling->owed_why, CLEAR_ABSENT);
    alarm_of(codec, &telling->owed);
    codec_time(codec, &telling->told_ms);
    codec_deadline(codec, &telling->hold_until_ms);
}

void frozen_alarm(struct codec *codec, struct alarm_row *alarm)
{
    codec_version(codec, VERSION);
    alarm_of(codec, alarm);
}

void frozen_history(struct codec *codec, struct history_row *past)
{
    codec_version(codec, VERSION);
    codec_u32(codec, &past->seq);
    codec_u8(codec, &past->why, CLEAR_ABSENT);
    codec_i64(codec, &past->cleared_wall_ms);
    alarm_of(codec, &past->alarm);
}

void frozen_outage(struct codec *codec, struct outage *outage)
{
    codec_version(codec, VERSION);
    codec_u32(codec, &outage->alarm);
    codec_bool(codec, &outage->judged);
    codec_bool(codec, &outage->told);
}

void frozen_collector(struct codec *codec, struct kept_collector *collector)
{
    codec_version(codec, VERSION);
    codec_u32(codec, &collector->persistence_alarm);
    codec_u32(codec, &collector->uplink_alarm);
    codec_bool(codec, &collector->persistence_told);
    codec_bool(codec, &collector->uplink_told);
    codec_i64(codec, &collector->change_wall_ms);
    codec_u8(codec, &collector->switched_from, TRI_NO);
}

static void summary_of(struct codec *codec, struct notification_summary *summary)
{
    codec_i64(codec, &summary->wall_ms);
    codec_u32(codec, &summary->notifications);
    codec_u32(codec, &summary->first_alarm_seq);
    codec_u32(codec, &summary->last_alarm_seq);
    codec_u32(codec, &summary->resync_seq);
}

void frozen_notification(struct codec *codec, struct notification *notification)
{
    uint8_t kind = (uint8_t)notification->kind;
    codec_version(codec, VERSION);
    codec_u8(codec, &kind, NOTIFICATION_SUMMARY);
    notification->kind = (enum notification_kind)kind;
    codec_u32(codec, &notification->id);
    if (kind == NOTIFICATION_SUMMARY) {
        summary_of(codec, &notification->summary);
        return;
    }
    alarm_of(codec, &notification->alarm);
    text_of(codec, &notification->group);
    codec_u32(codec, &notification->change_seq);
}
