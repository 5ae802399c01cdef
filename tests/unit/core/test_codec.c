/* Bytes that are no row: each reading ends in values within their range, or is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/codec.h"

#include <errno.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)

static const struct now then = { .mono_ms = 1000 * MINUTE_MS, .wall_ms = 9000 * MINUTE_MS };

static void a_time_keeps_its_age(void **state)
{
    (void)state;
    static const struct {
        struct now now;              /* of reading */
        int64_t before_ms, after_ms; /* the time as it was written, and as it is read */
    } cases[] = {
        /* never is never */
        { { 1, 9001 * MINUTE_MS }, 0, 0 },
        /* the machine has restarted a minute later: older than its uptime */
        { { 1, 9001 * MINUTE_MS }, 999 * MINUTE_MS, 1 - 2 * MINUTE_MS },
        { { 5 * MINUTE_MS, 9001 * MINUTE_MS }, 1000 * MINUTE_MS, 4 * MINUTE_MS },
        { { 1001 * MINUTE_MS, 9001 * MINUTE_MS }, -7, -7 },
        /* an instant that would be never */
        { { MINUTE_MS, 9001 * MINUTE_MS }, 1000 * MINUTE_MS, -1 },
        /* the clock was stepped back: it would be in the future, which nothing is */
        { { 1001 * MINUTE_MS, 8999 * MINUTE_MS }, 1000 * MINUTE_MS, 0 },
        { { 1001 * MINUTE_MS, 8999 * MINUTE_MS }, 999 * MINUTE_MS, 1001 * MINUTE_MS },
        /* a day forward */
        { { 1001 * MINUTE_MS, 10441 * MINUTE_MS }, 1000 * MINUTE_MS, -440 * MINUTE_MS },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct codec writer = codec_writer(&then);
        int64_t time_ms = cases[i].before_ms;
        codec_time(&writer, &time_ms);
        struct codec reader = codec_reader(writer.to, writer.used, &cases[i].now);
        codec_time(&reader, &time_ms);
        assert_int_equal(codec_end(&reader), 0);
        assert_int_equal(time_ms, cases[i].after_ms);
        codec_done(&writer);
    }
}

static void numbers_come_back(void **state)
{
    (void)state;
    static const int64_t numbers[] = { 0,   1,         -1,        127,        128,       255,
                                       256, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN };
    struct codec writer = codec_writer(&then);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t wide = numbers[i];
        uint32_t word = (uint32_t)wide;
        int32_t number = (int32_t)wide;
        uint16_t half = (uint16_t)wide;
        codec_i64(&writer, &wide);
        codec_u32(&writer, &word);
        codec_i32(&writer, &number);
        codec_u16(&writer, &half);
    }
    struct codec reader = codec_reader(writer.to, writer.used, &then);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t wide = 0;
        uint32_t word = 0;
        int32_t number = 0;
        uint16_t half = 0;
        codec_i64(&reader, &wide);
        codec_u32(&reader, &word);
        codec_i32(&reader, &number);
        codec_u16(&reader, &half);
        assert_int_equal(wide, numbers[i]);
        assert_int_equal(word, (uint32_t)numbers[i]);
        assert_int_equal(number, (int32_t)numbers[i]);
        assert_int_equal(half, (uint16_t)numbers[i]);
    }
    assert_int_equal(codec_end(&reader), 0);
    codec_done(&writer);
}

/* Byte by byte, the order that stands in databases. */
static void the_bytes_are_the_same_everywhere(void **state)
{
    (void)state;
    static const uint8_t expected[] = { 4, 3, 2, 1, 2, 0, 'o', 'k', 0, 1 };
    uint32_t word = 0x01020304;
    const char *text = "ok";
    bool yes = true;
    struct codec writer = codec_writer(&then);
    codec_u32(&writer, &word);
    codec_text(&writer, &text, 16);
    codec_bool(&writer, &yes);
    assert_int_equal(writer.used, sizeof expected);
    assert_memory_equal(writer.to, expected, sizeof expected);
    codec_done(&writer);
}

static void read_small(struct codec *codec)
{
    uint8_t value = 77;
    codec_u8(codec, &value, 3);
    assert_int_equal(value, codec->error ? 77 : value);
}

static void read_conditions(struct codec *codec)
{
    uint32_t value = 1;
    codec_conditions(codec, &value);
    assert_true(value <= CONDITIONS_ALL);
}

static void read_text(struct codec *codec)
{
    const char *text = "before";
    codec_text(codec, &text, 4);
    assert_true(strlen(text) < 4 || codec->error);
}

static void read_chars(struct codec *codec)
{
    char chars[4] = "abc";
    codec_chars(codec, chars, sizeof chars);
    assert_true(strnlen(chars, sizeof chars) < sizeof chars);
}

static void read_version(struct codec *codec)
{
    codec_version(codec, 1);
}

static void read_time(struct codec *codec)
{
    int64_t time_ms = 1;
    codec_time(codec, &time_ms);
}

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    const struct {
        void (*read)(struct codec *codec);
        const uint8_t *bytes;
        size_t n;
        int expected;
    } cases[] = {
        { read_small, BYTES(3), 0 },
        { read_small, BYTES(4), -EPROTO },
        { read_small, BYTES(3, 0), -EPROTO }, /* something is left */
        { read_small, NULL, 0, -EPROTO },
        { read_conditions, BYTES(CONDITIONS_ALL), 0 },
        { read_conditions, BYTES(CONDITIONS_ALL + 1), -EPROTO },
        { read_text, BYTES(3, 0, 'a', 'b', 'c', 0), 0 },
        { read_text, BYTES(0, 0, 0), 0 },
        { read_text, BYTES(4, 0, 'a', 'b', 'c', 'd', 0), -EPROTO }, /* too long for its place */
        { read_text, BYTES(3, 0, 'a', 'b', 'c', 'd'), -EPROTO },
        { read_text, BYTES(3, 0, 'a', 0, 'c', 0), -EPROTO },
        { read_text, BYTES(3, 0, 'a', 'b'), -EPROTO },
        { read_text, BYTES(3), -EPROTO },
        { read_chars, BYTES(3, 0, 'x', 'y', 'z', 0), 0 },
        { read_chars, BYTES(4, 0, 'w', 'x', 'y', 'z', 0), -EPROTO },
        { read_version, BYTES(1), 0 },
        { read_version, BYTES(2), -EPROTO },
        { read_time, BYTES(0, 0, 0, 0, 0, 0, 0, 0x80), 0 }, /* never */
        { read_time, BYTES(1, 0, 0, 0, 0, 0, 0, 0x80), -EPROTO },
        { read_time, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), -EPROTO },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct codec reader = codec_reader(cases[i].bytes, cases[i].n, &then);
        cases[i].read(&reader);
        if (codec_end(&reader) != cases[i].expected)
            fail_msg("case %zu: %d", i, codec_end(&reader));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_keeps_its_age),
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(the_bytes_are_the_same_everywhere),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
