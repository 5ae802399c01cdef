/* Any bytes as CSV, in an encoding that the first byte chooses: no crash, each record is text, and it comes to its end.
 */
#include "daemon/csv_reader.h"
#include "probes/ini.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct csv_record *record, unsigned line_before)
{
    if (record->line <= line_before || record->n > CSV_FIELDS_MAX || (record->wrong && record->n))
        abort();
    for (size_t i = 0; i < record->n; i++) {
        size_t bytes = strlen(record->fields[i]);

        for (size_t at = 0, n; at < bytes; at += n) {
            n = ini_utf8_sequence(record->fields[i] + at, bytes - at);
            if (n == 0)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const encodings[] = { "UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "Shift_JIS", "CP932" };
    struct csv_reader *reader = NULL;
    struct csv_record record;
    unsigned line = 0;
    int r;

    if (size == 0)
        return 0;
    r = csv_reader_new((const char *)data + 1, size - 1, encodings[data[0] % 6], &reader);
    if (r)
        return 0;
    while ((r = csv_reader_next(reader, &record)) > 0) {
        check(&record, line);
        line = record.line;
    }
    if (r)
        abort();
    csv_reader_free(reader);
    return 0;
}
