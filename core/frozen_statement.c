/* What is known of an agent, and who says so, as bytes. What has lost its time on the way is not known. */
#include "frozen.h"

#include <errno.h>

/* The highest value of each fact that is an enumeration; 0: it is a number. */
static const uint8_t fact_max[FACTS] = {
    [FACT_MODE] = MODE_OFF_PREMISES,
    [FACT_RTS_POLICY] = TRI_NO,
    [FACT_RTS_SERVICE] = SERVICE_NOT_APPLICABLE,
    [FACT_SCAN_METHOD] = SCAN_METHOD_CONVENTIONAL,
    [FACT_SMART_PROTECTION] = TRI_NO,
    [FACT_LOCATION] = LOCATION_EXTERNAL,
    [FACT_TMUSA] = SERVICE_NOT_APPLICABLE,
    [FACT_LISTENER_SERVICE] = SERVICE_NOT_APPLICABLE,
    [FACT_CURRENT_SOURCE] = TRI_NO,
    [FACT_RECORDED] = RECORDED_ROAMING,
    [FACT_ENGINE] = TRI_NO,
    [FACT_GATEWAY] = TRI_NO,
};

static void driver_of(struct codec *codec, uint8_t *driver)
{
    codec_u8(codec, driver, DRIVERS - 1);
}

void frozen_contact(struct codec *codec, struct contact *contact)
{
    codec_time(codec, &contact->mono_ms);
    codec_i64(codec, &contact->wall_ms);
    codec_u32(codec, &contact->rtt_ms);
    codec_u8(codec, &contact->side, SIDE_OFFLINE);
    codec_u8(codec, &contact->cause, CAUSE_LAST);
    driver_of(codec, &contact->driver);
    codec_bool(codec, &contact->heard);
    if (codec_is_reader(codec) && contact->mono_ms == 0 && contact->side > SIDE_UNKNOWN)
        *contact = (struct contact){ .side = SIDE_UNKNOWN, .cause = CAUSE_UNKNOWN };
}

static void facts_of(struct codec *codec, struct fact_value facts[FACTS])
{
    uint32_t known = 0;
    for (unsigned fact = 0; fact < FACTS; fact++)
        known |= facts[fact].mono_ms ? FACT_BIT(fact) : 0;
    codec_u32(codec, &known);
    if (known >> FACTS)
        codec_refuse(codec);
    for (unsigned fact = 0; fact < FACTS && codec->error == 0; fact++) {
        if (!(known & FACT_BIT(fact)))
            continue;
        struct fact_value *value = &facts[fact];
        codec_time(codec, &value->mono_ms);
        codec_i32(codec, &value->value);
        driver_of(codec, &value->driver);
        if (fact_max[fact] && (value->value < 0 || value->value > fact_max[fact]))
            codec_refuse(codec);
    }
}

static void address_of(struct codec *codec, struct address *address)
{
    codec_u8(codec, &address->family, 6);
    codec_bytes(codec, address->bytes, sizeof address->bytes);
    if (address->family != 0 && address->family != 4 && address->family != 6)
        codec_refuse(codec);
}

static void list_of(struct codec *codec, const struct address_list **list)
{
    struct address_list own = *list ? **list : address_list_unknown;
    bool is_there = *list != NULL;
    codec_bool(codec, &is_there);
    if (!is_there)
        return;
    codec_time(codec, &own.mono_ms);
    driver_of(codec, &own.driver);
    codec_u8(codec, &own.n, OWN_ADDRESSES_MAX);
    for (unsigned i = 0; i < own.n && codec->error == 0; i++)
        address_of(codec, &own.at[i]);
    if (!codec_is_reader(codec) || codec->error || own.mono_ms == 0)
        return;
    if (!(*list = address_list_new(&own)))
        codec->error = -ENOMEM;
}

static void pattern_of(struct codec *codec, struct statement *statement)
{
    codec_time(codec, &statement->pattern_mono_ms);
    codec_chars(codec, statement->pattern_version, sizeof statement->pattern_version);
    codec_i32(codec, &statement->pattern_day);
    driver_of(codec, &statement->pattern_driver);
    if (codec_is_reader(codec) && statement->pattern_mono_ms == 0)
        statement_clear(statement, PIECE_PATTERN);
}

static void report_of(struct codec *codec, struct statement *statement)
{
    struct report own = statement->report ? *statement->report : (struct report){ .notes = 0 };
    bool is_there = statement->report != NULL;

    codec_bool(codec, &is_there);
    if (!is_there)
        return;
    codec_time(codec, &statement->report_mono_ms);
    driver_of(codec, &statement->report_driver);
    for (enum component component = 0; component < COMPONENTS; component++) {
        codec_chars(codec, own.components[component].version, sizeof own.components[component].version);
        codec_i32(codec, &own.components[component].day);
    }
    codec_u32(codec, &own.notes);
    codec_i32(codec, &own.clock_skew_s);
    codec_text(codec, &own.system, REPORT_TEXT_BYTES);
    codec_text(codec, &own.named_server, REPORT_TEXT_BYTES);
    codec_text(codec, &own.source, REPORT_TEXT_BYTES);
    codec_text(codec, &own.odd, REPORT_TEXT_BYTES);
    if (!codec_is_reader(codec) || codec->error)
        return;
    if (statement->report_mono_ms == 0)
        statement->report_driver = 0;
    else if (!(statement->report = report_new(&own)))
        codec->error = -ENOMEM;
}

static void difference_of(struct codec *codec, const struct difference **difference)
{
    struct difference own = *difference ? **difference : (struct difference){ .names = "" };
    bool is_there = *difference != NULL;

    codec_bool(codec, &is_there);
    if (!is_there)
        return;
    codec_u32(codec, &own.keys);
    codec_text(codec, &own.names, DIFFERENCE_NAMES_BYTES);
    if (codec_is_reader(codec) && codec->error == 0 && !(*difference = difference_new(&own)))
        codec->error = -ENOMEM;
}

static void files_of(struct codec *codec, struct statement *statement)
{
    codec_time(codec, &statement->files_mono_ms);
    codec_u8(codec, &statement->files, FILES_NO_SHELL);
    driver_of(codec, &statement->files_driver);
    difference_of(codec, &statement->difference);
    if (codec_is_reader(codec) && statement->files_mono_ms == 0)
        statement_clear(statement, PIECE_FILES);
}

void frozen_statement(struct codec *codec, struct statement *statement)
{
    facts_of(codec, statement->facts);
    codec_i64(codec, &statement->recorded_wall_ms);
    frozen_contact(codec, &statement->agent_side);
    list_of(codec, &statement->own);
    list_of(codec, &statement->resolved);
    pattern_of(codec, statement);
    report_of(codec, statement);
    files_of(codec, statement);
}

static void sources_of(struct codec *codec, struct statements **sources)
{
    const bool reads = codec_is_reader(codec);
    uint8_t n = (uint8_t)statements_count(*sources);

    codec_u8(codec, &n, DRIVERS - 1);
    for (unsigned i = 0; i < n && codec->error == 0; i++) {
        struct statement written = reads ? (struct statement){ .pattern_day = 0 } : *statements_at(*sources, i);
        struct statement *said = &written;
        uint8_t driver = reads ? 0 : (uint8_t)statements_driver(*sources, i);
        driver_of(codec, &driver);
        if (reads && codec->error == 0 && statements_open(sources, driver, &said) < 0)
            codec->error = -ENOMEM;
        if (reads && statements_count(*sources) != i + 1) /* it has spoken before */
            codec_refuse(codec);
        frozen_statement(codec, said);
    }
}

void frozen_evidence(struct codec *codec, struct evidence *evidence)
{
    frozen_contact(codec, &evidence->server_side);
    frozen_contact(codec, &evidence->asked);
    frozen_statement(codec, &evidence->known);
    sources_of(codec, &evidence->sources);
    codec_time(codec, &evidence->feed_mono_ms);
    codec_time(codec, &evidence->silent_since_ms);
    codec_time(codec, &evidence->record_mono_ms);
}
