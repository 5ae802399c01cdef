/* Columns that several tables share. */
#include "tables.h"

#include <errno.h>

void value_conditions(struct value *value, uint32_t conditions)
{
    value_bits(value, conditions, CONDITIONS);
}

void value_rtt(struct value *value, const struct contact *contact)
{
    value_gauge(value, contact->mono_ms && contact->heard ? contact->rtt_ms : VALUE_UNKNOWN_NUMBER);
}

/* A year that was mistyped shall not silence anybody for good. */
static const int64_t maintenance_max_ms = INT64_C(3653) * 86400 * 1000;

enum write_error check_maintenance(const struct view *view, enum subject subject, uint32_t index,
                                   const struct value *value, struct snmp_command *ret)
{
    int64_t wall_ms;
    const int error = value_read_date(value, &wall_ms);
    if (error)
        return error == -EMSGSIZE ? WRITE_WRONG_LENGTH : WRITE_WRONG_VALUE;
    if (wall_ms - view->wall_ms > maintenance_max_ms)
        return WRITE_WRONG_VALUE;
    *ret = (struct snmp_command){
        .kind = SNMP_COMMAND_MAINTENANCE, .subject = subject, .index = index, .wall_ms = wall_ms
    };
    return WRITE_OK;
}

void value_pattern_age(struct value *value, const struct agent_row *agent)
{
    const bool known = agent->evidence.known.facts[FACT_PATTERN_AGE_S].mono_ms != 0;
    value_gauge(value, known ? agent->pattern_age_s : VALUE_UNKNOWN_NUMBER);
}

void value_guidance(struct value *value, const struct view *view, uint32_t subject)
{
    static const uint32_t text[] = { AH_ARCS_ahGuidanceText };
    enum { TEXT_ARCS = sizeof text / sizeof text[0] };
    uint32_t *at = value->arc_buffer;
    value->type = VALUE_OID;
    value->arcs = at;
    if (subject == 0) {
        at[0] = at[1] = 0;
        value->n_arcs = 2;
        return;
    }
    memcpy(at, view->root, view->root_len * sizeof *at);
    memcpy(at + view->root_len, text, sizeof text);
    at[view->root_len + TEXT_ARCS] = subject;
    at[view->root_len + TEXT_ARCS + 1] = 1;
    value->n_arcs = view->root_len + TEXT_ARCS + 2;
}

void value_time_stamp(struct value *value, const struct view *view, int64_t mono_ms)
{
    const int64_t since_ms = mono_ms - view->uptime_origin_ms;
    value_ticks(value, mono_ms > 0 && since_ms > 0 ? (uint32_t)(since_ms / 10) : 0);
}
