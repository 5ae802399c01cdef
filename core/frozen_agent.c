/* An agent's row as bytes: who it is, what is known of it, what was made of that, and what was told. */
#include "frozen.h"

#include <errno.h>

enum { VERSION = 1, IDENTITY_TEXT_BYTES = 256 };

static void identity_of(struct codec *codec, const struct agent_identity **identity)
{
    struct agent_identity own = *identity ? **identity : (struct agent_identity){ .port = 0 };

    codec_text(codec, &own.name, IDENTITY_TEXT_BYTES);
    codec_text(codec, &own.guid, IDENTITY_TEXT_BYTES);
    codec_text(codec, &own.group, IDENTITY_TEXT_BYTES);
    codec_text(codec, &own.address, IDENTITY_TEXT_BYTES);
    codec_u16(codec, &own.port);
    codec_u32(codec, &own.group_index);
    codec_u32(codec, &own.server);
    codec_conditions(codec, &own.monitored);
    codec_bool(codec, &own.listened);
    codec_bool(codec, &own.asked);
    codec_bool(codec, &own.retired);
    if (!codec_is_reader(codec) || codec->error)
        return;
    if (address_parse(own.address, &own.literal) < 0)
        own.literal = (struct address){ 0 };
    if (!(*identity = agent_identity_new(&own)))
        codec->error = -ENOMEM;
}

static void verdict_of(struct codec *codec, struct verdict *verdict)
{
    codec_conditions(codec, &verdict->conditions);
    codec_conditions(codec, &verdict->unknowns);
    codec_u8(codec, &verdict->icon, UINT8_MAX);
    codec_u8(codec, &verdict->severity, SEVERITY_CRITICAL);
    codec_u8(codec, &verdict->diagnosis, DIAGNOSIS_LAST);
    codec_u8(codec, &verdict->name_check, NAME_OTHER_ADDRESS);
    for (unsigned check = 0; check < SMART_CHECKS; check++)
        codec_u8(codec, &verdict->findings[check], FINDINGS - 1);
    codec_u8(codec, &verdict->expected_location, LOCATION_EXTERNAL);
    codec_bool(codec, &verdict->outage);
}

static void list_use_of(struct codec *codec, struct list_use *use)
{
    int64_t up_since_ms = (int64_t)use->up_since_s * 1000;

    codec_u32(codec, &use->list);
    codec_u32(codec, &use->source);
    codec_time(codec, &up_since_ms);
    codec_u8(codec, &use->state, UPDOWN_DOWN);
    codec_bool(codec, &use->was_down);
    if (codec_is_reader(codec)) /* what was before the machine started is long ago for any evidence */
        use->up_since_s = up_since_ms > 0 ? (uint32_t)((up_since_ms + 999) / 1000) : 0;
}

void frozen_agent(struct codec *codec, struct agent_row *agent, int64_t *change_wall_ms)
{
    static const uint8_t axis_max[AXES] = {
        [AXIS_SERVER_SIDE] = SIDE_OFFLINE, [AXIS_AGENT_SIDE] = SIDE_OFFLINE,          [AXIS_PRESENCE] = PRESENCE_ABSENT,
        [AXIS_PATTERN] = TRI_NO,           [AXIS_SCAN] = SCAN_STANDALONE_UNPROTECTED, [AXIS_SMART] = TRI_NO,
    };

    codec_version(codec, VERSION);
    identity_of(codec, &agent->identity);
    codec_u32(codec, &agent->change_seq);
    codec_i64(codec, change_wall_ms);
    for (enum axis axis = 0; axis < AXES; axis++)
        frozen_damper(codec, &agent->dampers[axis], axis_max[axis]);
    verdict_of(codec, &agent->verdict);
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        codec_u32(codec, &agent->alarms[condition]);
    codec_conditions8(codec, &agent->judged);
    codec_conditions8(codec, &agent->told);
    codec_conditions8(codec, &agent->deferred);
    codec_conditions8(codec, &agent->flapping);
    codec_u32(codec, &agent->withheld);
    codec_bool(codec, &agent->unnoted);
    codec_u8(codec, &agent->recorded, RECORDED_ROAMING);
    codec_bool(codec, &agent->contradicted);
    codec_i64(codec, &agent->since_wall_ms);
    codec_i64(codec, &agent->observed_wall_ms);
    frozen_maintenance(codec, &agent->maintenance);
    list_use_of(codec, &agent->list);
    frozen_evidence(codec, &agent->evidence);
}
