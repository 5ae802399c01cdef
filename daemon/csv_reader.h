/* Reads CSV record by record, whatever its encoding, and goes on behind a record that is broken. It opens no file and
 * knows nothing of what the columns mean. */
#ifndef AH_DAEMON_CSV_READER_H
#define AH_DAEMON_CSV_READER_H

#include "core/model.h"

struct csv_reader;

struct csv_record {
    unsigned line;             /* that it begins on */
    const char *wrong;         /* why it can not be read; NULL: it could */
    const char *const *fields; /* UTF-8, without outer blanks; valid until the next call */
    size_t n;                  /* at most CSV_FIELDS_MAX: what follows is dropped */
};

enum { CSV_FIELDS_MAX = 256 };

/* Reads `text`, borrowed until csv_reader_free(), in `encoding`, a name of iconv's; a byte order mark wins over it.
 * UTF-16 without a mark is little-endian, as Windows writes it. -ENOTSUP: iconv does not know the encoding; -EILSEQ:
 * NUL bytes, so not text in that encoding; -ENOMEM. */
int csv_reader_new(const char *text, size_t bytes, const char *encoding, struct csv_reader **ret) AH_WARN_UNUSED;
void csv_reader_free(struct csv_reader *reader);

/* 1: a record, or what is wrong with one; 0: the end; -ENOMEM. Empty lines are passed over. Behind a broken record it
 * goes on with the line after the record's first, so that a quote left open costs few good ones. */
int csv_reader_next(struct csv_reader *reader, struct csv_record *ret) AH_WARN_UNUSED;

#endif
