/* A value as SNMP shows it, with its type, and the object identifiers that name it. Pure data: no protocol, no
 * net-snmp. */
#ifndef AH_AGENTX_VALUE_H
#define AH_AGENTX_VALUE_H

#include "core/model.h"

#include <string.h>

enum { OBJECT_ID_MAX = 128 }; /* RFC 2578 section 3.5 */

struct object_id {
    uint32_t at[OBJECT_ID_MAX];
    uint32_t n;
};

/* The types' numbers are those of their tags (RFC 3416, section 3). */
enum value_type {
    VALUE_INTEGER = 2,
    VALUE_OCTETS = 4,
    VALUE_OID = 6,
    VALUE_COUNTER32 = 65,
    VALUE_GAUGE32 = 66, /* and Unsigned32 */
    VALUE_TIME_TICKS = 67,
    VALUE_COUNTER64 = 70,
    VALUE_NO_SUCH_OBJECT = 128,
    VALUE_NO_SUCH_INSTANCE = 129
};

enum { VALUE_BUFFER_BYTES = 512 }; /* at least the longest text that a getter puts together */

/* `octets` and `arcs` are borrowed: from what the getter read, or from `buffer`. So a value is never copied. */
struct value {
    uint8_t type; /* enum value_type */
    union {
        int32_t integer;
        uint32_t number; /* gauge, counter32, time ticks */
        uint64_t counter64;
        struct {
            const uint8_t *octets;
            size_t n_octets;
        };
        struct {
            const uint32_t *arcs;
            size_t n_arcs;
        };
    };
    union {
        uint8_t buffer[VALUE_BUFFER_BYTES];
        uint32_t arc_buffer[VALUE_BUFFER_BYTES / sizeof(uint32_t)];
    };
};

/* What stands for "unknown" where an object has no enumeration to say so. */
#define VALUE_UNKNOWN_NUMBER UINT32_MAX

static inline void value_integer(struct value *value, int32_t integer)
{
    value->type = VALUE_INTEGER;
    value->integer = integer;
}

/* An enumeration of the model; what was never set is unknown(1). */
static inline void value_enum(struct value *value, unsigned constant)
{
    value_integer(value, constant ? (int32_t)constant : 1);
}

static inline void value_truth(struct value *value, bool truth)
{
    value_integer(value, truth ? 1 : 2);
}

/* Of an integer: whether it is a TruthValue (RFC 2579). */
static inline bool value_is_truth(const struct value *value)
{
    return value->integer == 1 || value->integer == 2;
}

static inline void value_gauge(struct value *value, uint32_t number)
{
    value->type = VALUE_GAUGE32;
    value->number = number;
}

static inline void value_counter32(struct value *value, uint64_t number)
{
    value->type = VALUE_COUNTER32;
    value->number = (uint32_t)number;
}

static inline void value_counter64(struct value *value, uint64_t number)
{
    value->type = VALUE_COUNTER64;
    value->counter64 = number;
}

static inline void value_ticks(struct value *value, uint32_t ticks)
{
    value->type = VALUE_TIME_TICKS;
    value->number = ticks;
}

/* Borrows the octets. */
static inline void value_octets(struct value *value, const void *octets, size_t n)
{
    value->type = VALUE_OCTETS;
    value->octets = octets;
    value->n_octets = n;
}

/* SnmpAdminString (RFC 3411): UTF-8 of at most 255 octets; what is longer ends with a whole character before that.
 * Borrows the text. */
enum { TEXT_OCTETS_MAX = 255 };
void value_text(struct value *value, const char *text);
/* BITS: bit 0 of the mask is the first bit on the wire; as many octets as n_bits need. */
void value_bits(struct value *value, uint32_t mask, unsigned n_bits);
/* DateAndTime in UTC, of `wall_ms`; eight zero octets for 0, never. */
void value_date(struct value *value, int64_t wall_ms);
/* The moment that a DateAndTime names (RFC 2579); 0 where all its octets are zero. One of eight octets tells no time
 * zone: it is local time. -EMSGSIZE: not as long as one is; -EDOM: there is no such moment. */
int value_read_date(const struct value *value, int64_t *ret_wall_ms) AH_WARN_UNUSED;
/* The date alone, at midnight UTC, of a day counted from 1970; eight zero octets for 0, not known. */
void value_day(struct value *value, int32_t day);
/* InetAddress and InetAddressType. */
void value_address(struct value *value, const struct address *address);
void value_address_type(struct value *value, const struct address *address);
/* Several addresses as text, separated by a comma and a space; "" for none. Those that find no room are left out. */
void value_address_list(struct value *value, const struct address *addresses, size_t n);

#endif
