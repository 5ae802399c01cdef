/* Feeds libcsv one line at a time, converted by iconv: so the line of a fault is known, and libcsv, which stops for
 * good at the first fault, can be started anew behind it. It never holds more than one record. */
#include "csv_reader.h"

#include "probes/ini.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINE_BYTES_MAX = 64 * 1024, RECORD_BYTES_MAX = 3 * LINE_BYTES_MAX }; /* 3: UTF-8 of an UTF-16 unit, at most */

struct csv_reader {
    const char *at, *end; /* borrowed; what is left */
    unsigned line;        /* that `at` is on */
    size_t unit_bytes;    /* of a code unit */
    bool big_endian;
    iconv_t conversion;
    struct csv_parser parser;
    bool record_ended;
    size_t n, used;
    size_t starts[CSV_FIELDS_MAX];
    const char *fields[CSV_FIELDS_MAX];
    char line_text[RECORD_BYTES_MAX + 1];
    char record_text[RECORD_BYTES_MAX]; /* its fields, each with its NUL where a separator was */
};

static int is_blank(unsigned char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static int is_line_end(unsigned char byte)
{
    return byte == '\n';
}

static int start_parser(struct csv_reader *reader)
{
    if (csv_init(&reader->parser, CSV_STRICT) != 0)
        return -ENOMEM;
    csv_set_space_func(&reader->parser, is_blank);
    csv_set_term_func(&reader->parser, is_line_end);
    return 0;
}

/* Takes a byte order mark off, and returns the encoding to read in. */
static const char *take_mark(struct csv_reader *reader, const char *encoding)
{
    static const struct {
        const char *mark;
        size_t bytes;
        const char *encoding;
    } marks[] = { { "\xef\xbb\xbf", 3, "UTF-8" }, { "\xff\xfe", 2, "UTF-16LE" }, { "\xfe\xff", 2, "UTF-16BE" } };

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if ((size_t)(reader->end - reader->at) >= marks[i].bytes &&
            memcmp(reader->at, marks[i].mark, marks[i].bytes) == 0) {
            reader->at += marks[i].bytes;
            return marks[i].encoding;
        }
    }
    if (strcasecmp(encoding, "UTF-16") == 0)
        return "UTF-16LE";
    /* What Windows calls Shift_JIS is its own code page, which has more characters. */
    return strcasecmp(encoding, "Shift_JIS") == 0 ? "CP932" : encoding;
}

int csv_reader_new(const char *text, size_t bytes, const char *encoding, struct csv_reader **ret)
{
    struct csv_reader *reader = calloc(1, sizeof *reader);
    int r = 0;

    if (!reader)
        return -ENOMEM;
    reader->at = text;
    reader->end = text + bytes;
    reader->line = 1;
    encoding = take_mark(reader, encoding);
    reader->unit_bytes = strncasecmp(encoding, "UTF-16", 6) == 0 ? 2 : 1;
    reader->big_endian = strcasecmp(encoding, "UTF-16BE") == 0;
    reader->conversion = iconv_open("UTF-8", encoding);
    if (reader->conversion == (iconv_t)-1)
        r = errno == EINVAL ? -ENOTSUP : -errno;
    else if (reader->unit_bytes == 1 && memchr(reader->at, '\0', (size_t)(reader->end - reader->at)))
        r = -EILSEQ;
    if (!r)
        r = start_parser(reader);
    if (!r) {
        *ret = reader;
        reader = NULL;
    }
    csv_reader_free(reader);
    return r;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (!reader)
        return;
    csv_free(&reader->parser);
    if (reader->conversion != (iconv_t)-1)
        iconv_close(reader->conversion);
    free(reader);
}

/* The end of the line that begins at `at`, behind its line feed. */
static const char *line_end(const struct csv_reader *reader, const char *at)
{
    if (reader->unit_bytes == 1) {
        at = memchr(at, '\n', (size_t)(reader->end - at));
        return at ? at + 1 : reader->end;
    }
    for (; reader->end - at >= 2; at += 2) {
        if (at[reader->big_endian] == '\n' && at[!reader->big_endian] == '\0')
            return at + 2;
    }
    return reader->end;
}

/* Takes the next line as UTF-8 that ends in a line feed. Returns what is wrong with it, or NULL. */
static const char *take_line(struct csv_reader *reader, size_t *ret_bytes)
{
    const char *next = line_end(reader, reader->at);
    size_t in_bytes = (size_t)(next - reader->at), out_bytes = RECORD_BYTES_MAX, n;
    union {
        const char *from;
        char *as_iconv_wants_it; /* it writes to the pointer alone */
    } in = { .from = reader->at };
    char *out = reader->line_text;

    reader->at = next;
    reader->line++;
    if (in_bytes > LINE_BYTES_MAX)
        return "the line is longer than 64 KiB";
    iconv(reader->conversion, NULL, NULL, NULL, NULL);
    if (iconv(reader->conversion, &in.as_iconv_wants_it, &in_bytes, &out, &out_bytes) == (size_t)-1)
        return "bytes that are not valid in the encoding";
    n = (size_t)(out - reader->line_text);
    if (memchr(reader->line_text, '\0', n))
        return "a NUL character";
    for (size_t i = 0, bytes; i < n; i += bytes) { /* glibc's iconv lets pass what is beyond Unicode */
        bytes = ini_utf8_sequence(reader->line_text + i, n - i);
        if (bytes == 0)
            return "bytes that are not valid in the encoding";
    }
    if (n == 0 || reader->line_text[n - 1] != '\n')
        reader->line_text[n++] = '\n';
    *ret_bytes = n;
    return NULL;
}

static void on_field(void *field, size_t bytes, void *user)
{
    struct csv_reader *reader = user;

    if (reader->n == CSV_FIELDS_MAX)
        return;
    memcpy(reader->record_text + reader->used, field, bytes);
    reader->record_text[reader->used + bytes] = '\0';
    reader->starts[reader->n++] = reader->used;
    reader->used += bytes + 1;
}

static void on_record(int end, void *user)
{
    struct csv_reader *reader = user;

    (void)end;
    reader->record_ended = true;
}

int csv_reader_next(struct csv_reader *reader, struct csv_record *ret)
{
    const char *second = NULL, *wrong = NULL; /* the record's second line */
    unsigned first_line = reader->line;
    size_t bytes, total = 0;

    reader->n = reader->used = 0;
    reader->record_ended = false;
    while (!wrong && !reader->record_ended) {
        if (reader->at == reader->end) {
            if (!second)
                return 0;
            wrong = "unbalanced quotes";
            break;
        }
        if (!second)
            first_line = reader->line;
        wrong = take_line(reader, &bytes);
        if (!wrong && !second && strspn(reader->line_text, " \t\r") == bytes - 1)
            continue;
        if (!second)
            second = reader->at;
        if (!wrong && (total += bytes) > RECORD_BYTES_MAX)
            wrong = "unbalanced quotes: the record is longer than 192 KiB";
        if (!wrong && csv_parse(&reader->parser, reader->line_text, bytes, on_field, on_record, reader) != bytes) {
            if (csv_error(&reader->parser) == CSV_ENOMEM)
                return -ENOMEM;
            wrong = "unbalanced quotes";
        }
    }
    if (wrong) {
        reader->at = second;
        reader->line = first_line + 1;
        csv_free(&reader->parser);
        if (start_parser(reader))
            return -ENOMEM;
    }
    for (size_t i = 0; i < reader->n; i++)
        reader->fields[i] = reader->record_text + reader->starts[i];
    *ret =
        (struct csv_record){ .line = first_line, .wrong = wrong, .fields = reader->fields, .n = wrong ? 0 : reader->n };
    return 1;
}
