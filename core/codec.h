/* Values as bytes, and back: one function that names a row's fields in order serves both directions, so that the two
 * can not come to differ. Integers are little-endian and of fixed width, texts have their length before them. Whatever
 * the bytes are, reading ends in values that are in their range, or in an error. */
#ifndef AH_CORE_CODEC_H
#define AH_CORE_CODEC_H

#include "model.h"

/* Each function writes *value, or replaces it with what is read. After the first error all of them do nothing. */
struct codec {
    struct now now;      /* by which times on the monotonic clock become times of day, and the other way round */
    const uint8_t *from; /* what is read next; borrowed; NULL: this one writes */
    size_t left;         /* of that */
    uint8_t *to;         /* owned: what was written */
    size_t used, room;
    int error; /* 0, -EPROTO or -ENOMEM */
};

struct codec codec_reader(const void *bytes, size_t n, const struct now *now);
struct codec codec_writer(const struct now *now);
void codec_done(struct codec *codec);
bool codec_is_reader(const struct codec *codec);
/* Says that what was read makes no sense. */
void codec_refuse(struct codec *codec);

/* The number of a format: any other one is refused. */
void codec_version(struct codec *codec, uint8_t version);
/* An enumeration, or a small number, up to `max`. */
void codec_u8(struct codec *codec, uint8_t *value, uint8_t max);
void codec_bool(struct codec *codec, bool *value);
void codec_u16(struct codec *codec, uint16_t *value);
void codec_u32(struct codec *codec, uint32_t *value);
void codec_i32(struct codec *codec, int32_t *value);
void codec_i64(struct codec *codec, int64_t *value);
/* CONDITION_BITs. */
void codec_conditions(struct codec *codec, uint32_t *value);
void codec_conditions8(struct codec *codec, uint8_t *value);
/* A monotonic time in milliseconds; 0 stays 0. What was read keeps its age; what would be in the future (the clock was
 * stepped back meanwhile) is 0. */
void codec_time(struct codec *codec, int64_t *mono_ms);
/* A monotonic time to come: what was left of it when it was written is left when it is read. One that is past is 0. */
void codec_deadline(struct codec *codec, int64_t *mono_ms);
/* A text of less than `bytes` bytes in an array of so many. */
void codec_chars(struct codec *codec, char *chars, size_t bytes);
/* Likewise one that is pointed to: what was read lies in the reader's bytes. NULL is written as "". */
void codec_text(struct codec *codec, const char **text, size_t bytes);
/* So many bytes as they are. */
void codec_bytes(struct codec *codec, void *bytes, size_t n);
/* A row of an earlier length becomes one of now: that nothing is left to read. 0 or the error. */
int codec_end(struct codec *codec) AH_WARN_UNUSED;

#endif
