/* Columns that several tables share. */
#include "tables.h"

void value_conditions(struct value *value, uint32_t conditions)
{
    value_bits(value, conditions, CONDITIONS);
}

void value_rtt(struct value *value, const struct contact *contact)
{
    value_gauge(value, contact->mono_ms && contact->heard ? contact->rtt_ms : VALUE_UNKNOWN_NUMBER);
}

void value_time_stamp(struct value *value, const struct view *view, int64_t mono_ms)
{
    const int64_t since_ms = mono_ms - view->uptime_origin_ms;
    value_ticks(value, mono_ms > 0 && since_ms > 0 ? (uint32_t)(since_ms / 10) : 0);
}
