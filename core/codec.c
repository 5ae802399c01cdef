/* Bytes in and out, within their bounds. It knows no row. */
#include "codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A time that never was, and the farthest that one may be from 1970: some thousand years. */
#define NEVER_MS    INT64_MIN
#define FARTHEST_MS (INT64_C(1) << 45)

struct codec codec_reader(const void *bytes, size_t n, const struct now *now)
{
    static const uint8_t nothing[1];
    return (struct codec){ .now = *now, .from = bytes ? bytes : nothing, .left = n };
}

struct codec codec_writer(const struct now *now)
{
    return (struct codec){ .now = *now };
}

void codec_done(struct codec *codec)
{
    free(codec->to);
    *codec = (struct codec){ .error = codec->error };
}

bool codec_is_reader(const struct codec *codec)
{
    return codec->from != NULL;
}

void codec_refuse(struct codec *codec)
{
    if (codec->error == 0)
        codec->error = -EPROTO;
}

/* Room for n bytes more at the end; NULL: out of memory. */
static uint8_t *extend(struct codec *codec, size_t n)
{
    if (codec->room - codec->used < n) {
        size_t room = codec->room ? codec->room : 256;
        while (room - codec->used < n)
            room *= 2;
        uint8_t *to = realloc(codec->to, room);
        if (!to) {
            codec->error = -ENOMEM;
            return NULL;
        }
        codec->to = to;
        codec->room = room;
    }
    codec->used += n;
    return codec->to + codec->used - n;
}

/* The next n bytes; NULL: there are not so many. */
static const uint8_t *take(struct codec *codec, size_t n)
{
    if (codec->left < n) {
        codec_refuse(codec);
        return NULL;
    }
    codec->from += n;
    codec->left -= n;
    return codec->from - n;
}

static void pass(struct codec *codec, uint64_t *value, unsigned n)
{
    if (codec->error)
        return;
    if (codec_is_reader(codec)) {
        const uint8_t *from = take(codec, n);
        uint64_t read = 0;
        for (unsigned i = 0; from && i < n; i++)
            read |= (uint64_t)from[i] << 8 * i;
        if (from)
            *value = read;
        return;
    }
    uint8_t *to = extend(codec, n);
    for (unsigned i = 0; to && i < n; i++)
        to[i] = (uint8_t)(*value >> 8 * i);
}

void codec_version(struct codec *codec, uint8_t version)
{
    uint64_t value = version;
    pass(codec, &value, 1);
    if (value != version)
        codec_refuse(codec);
}

void codec_u8(struct codec *codec, uint8_t *value, uint8_t max)
{
    uint64_t wide = *value;
    pass(codec, &wide, 1);
    if (codec_is_reader(codec) && wide > max)
        codec_refuse(codec);
    else
        *value = (uint8_t)wide;
}

void codec_bool(struct codec *codec, bool *value)
{
    uint8_t wide = *value;
    codec_u8(codec, &wide, 1);
    *value = wide;
}

void codec_u16(struct codec *codec, uint16_t *value)
{
    uint64_t wide = *value;
    pass(codec, &wide, 2);
    *value = (uint16_t)wide;
}

void codec_u32(struct codec *codec, uint32_t *value)
{
    uint64_t wide = *value;
    pass(codec, &wide, 4);
    *value = (uint32_t)wide;
}

void codec_i32(struct codec *codec, int32_t *value)
{
    uint32_t wide = (uint32_t)*value;
    codec_u32(codec, &wide);
    *value = (int32_t)wide;
}

void codec_i64(struct codec *codec, int64_t *value)
{
    uint64_t wide = (uint64_t)*value;
    pass(codec, &wide, 8);
    *value = (int64_t)wide;
}

void codec_conditions(struct codec *codec, uint32_t *value)
{
    uint8_t narrow = (uint8_t)*value;
    codec_u8(codec, &narrow, CONDITIONS_ALL);
    *value = narrow;
}

void codec_conditions8(struct codec *codec, uint8_t *value)
{
    codec_u8(codec, value, CONDITIONS_ALL);
}

void codec_time(struct codec *codec, int64_t *mono_ms)
{
    int64_t wall_ms = *mono_ms ? codec->now.wall_ms - (codec->now.mono_ms - *mono_ms) : NEVER_MS;
    codec_i64(codec, &wall_ms);
    if (!codec_is_reader(codec) || codec->error)
        return;
    if (wall_ms != NEVER_MS && (wall_ms < -FARTHEST_MS || wall_ms > FARTHEST_MS)) {
        codec_refuse(codec);
        return;
    }
    const bool is_known = wall_ms != NEVER_MS && wall_ms <= codec->now.wall_ms;
    const int64_t at_ms = is_known ? codec->now.mono_ms - (codec->now.wall_ms - wall_ms) : 0;
    *mono_ms = is_known && at_ms == 0 ? -1 : at_ms; /* as evidence has it: 0 is never */
}

void codec_deadline(struct codec *codec, int64_t *mono_ms)
{
    const int64_t left_ms = *mono_ms - codec->now.mono_ms;
    uint32_t left = left_ms <= 0 ? 0 : left_ms < UINT32_MAX ? (uint32_t)left_ms : UINT32_MAX;
    codec_u32(codec, &left);
    if (codec_is_reader(codec))
        *mono_ms = left ? codec->now.mono_ms + left : 0;
}

void codec_text(struct codec *codec, const char **text, size_t bytes)
{
    const char *own = *text ? *text : "";
    size_t n = codec_is_reader(codec) ? 0 : strnlen(own, bytes - 1);
    uint16_t length = (uint16_t)n;
    codec_u16(codec, &length);
    if (codec->error)
        return;
    n = length;
    if (!codec_is_reader(codec)) {
        uint8_t *to = extend(codec, n + 1);
        if (to) {
            memcpy(to, own, n);
            to[n] = 0;
        }
        return;
    }
    const uint8_t *from = n < bytes ? take(codec, n + 1) : NULL;
    if (from && strnlen((const char *)from, n + 1) == n)
        *text = (const char *)from;
    else
        codec_refuse(codec);
}

void codec_chars(struct codec *codec, char *chars, size_t bytes)
{
    const char *text = chars;
    codec_text(codec, &text, bytes);
    if (codec_is_reader(codec) && codec->error == 0)
        memcpy(chars, text, strlen(text) + 1);
}

void codec_bytes(struct codec *codec, void *bytes, size_t n)
{
    if (codec->error)
        return;
    if (codec_is_reader(codec)) {
        const uint8_t *from = take(codec, n);
        if (from)
            memcpy(bytes, from, n);
        return;
    }
    uint8_t *to = extend(codec, n);
    if (to)
        memcpy(to, bytes, n);
}

int codec_end(struct codec *codec)
{
    if (codec_is_reader(codec) && codec->left > 0)
        codec_refuse(codec);
    return codec->error;
}
