/* A file is: the version, how many rows there are and how many bytes of texts, the rows, the texts, and a sum of it
 * all, by which a file that was not written to its end, or was touched, is told. */
#include "daemon/roster_file.h"

#include "core/codec.h"
#include "core/hash.h"
#include "roster_rows.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, ROW_BYTES = 57, SUM_BYTES = 8, WRITE_BYTES = 1 << 16, TEXT_BYTES_MAX = 255 };
static const char ending[] = ".roster", unfinished[] = ".roster.new";

char *roster_file_path(const char *directory, enum driver driver, const char *section)
{
    const size_t room = strlen(directory) + 3 * strlen(section) + 32;
    char *path = malloc(room);
    if (!path)
        return NULL;
    size_t n = (size_t)snprintf(path, room, "%s/%s-", directory, driver_name(driver));
    for (; *section; section++) {
        const unsigned char byte = (unsigned char)tolower((unsigned char)*section);
        n += (size_t)snprintf(path + n, room - n, byte < 128 && isalnum(byte) ? "%c" : "%%%02x", byte);
    }
    memcpy(path + n, ending, sizeof ending);
    return path;
}

static void pass_head(struct codec *codec, uint32_t *rows, uint32_t *text_bytes)
{
    codec_version(codec, VERSION);
    codec_u32(codec, rows);
    codec_u32(codec, text_bytes);
}

static void pass_row(struct codec *codec, struct roster_row *row)
{
    uint32_t *const texts[] = { &row->name,          &row->guid,    &row->server,
                                &row->group,         &row->address, &row->pattern_version,
                                &row->engine_version };
    bool twin = row->twin;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        codec_u32(codec, texts[i]);
    codec_u8(codec, &row->kind, ROSTER_KINDS - 1);
    codec_u8(codec, &row->recorded, RECORDED_ROAMING);
    codec_u8(codec, &row->pattern, UINT8_MAX);
    codec_u8(codec, &row->engine, UINT8_MAX);
    codec_bool(codec, &twin);
    codec_i64(codec, &row->recorded_wall_ms);
    codec_time(codec, &row->told_ms);
    codec_time(codec, &row->gone_ms);
    row->twin = twin;
}

/* What is on its way to a file. */
struct output {
    FILE *file;
    uint64_t sum;
    int error;
};

static void put(struct output *output, const void *bytes, size_t n)
{
    output->sum = hash_add(output->sum, bytes, n);
    if (output->error == 0 && n > 0 && fwrite(bytes, n, 1, output->file) != 1)
        output->error = errno ? -errno : -EIO;
}

/* What the codec has written so far goes out: a roster is large, and is not held once more. */
static void flush(struct output *output, struct codec *codec)
{
    if (codec->error)
        output->error = codec->error;
    put(output, codec->to, codec->used);
    codec->used = 0;
}

static int write_all(FILE *file, const struct roster *roster, const struct now *now)
{
    struct output output = { .file = file, .sum = HASH_BEGINS };
    struct codec codec = codec_writer(now);
    uint32_t rows = (uint32_t)roster->rows.n, text_bytes = (uint32_t)roster->rows.bytes;

    pass_head(&codec, &rows, &text_bytes);
    for (size_t i = 0; i < roster->rows.n && output.error == 0; i++) {
        struct roster_row row = roster->rows.at[i];
        pass_row(&codec, &row);
        if (codec.used > WRITE_BYTES)
            flush(&output, &codec);
    }
    flush(&output, &codec);
    put(&output, roster->rows.texts, roster->rows.bytes);
    int64_t sum = (int64_t)output.sum;
    codec_i64(&codec, &sum);
    flush(&output, &codec);
    codec_done(&codec);
    return output.error;
}

/* Takes the descriptor. What is there is on the disk before it has its name. */
static int write_file(int fd, const struct roster *roster, const struct now *now)
{
    FILE *file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        return -ENOMEM;
    }
    int error = write_all(file, roster, now);
    if (error == 0 && (fflush(file) != 0 || fsync(fd) < 0))
        error = -errno;
    if (fclose(file) != 0 && error == 0)
        error = -errno;
    return error;
}

int roster_file_write(const char *path, const struct roster *roster, const struct now *now)
{
    const size_t room = strlen(path) + sizeof unfinished;
    char *beside = malloc(room);
    if (!beside)
        return -ENOMEM;
    snprintf(beside, room, "%s.new", path);
    const int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    int error = fd < 0 ? -errno : write_file(fd, roster, now);
    if (error == 0 && rename(beside, path) < 0)
        error = -errno;
    if (error < 0 && fd >= 0)
        unlink(beside);
    free(beside);
    return error;
}

/* Places of texts that lie among them, and end. */
static bool are_texts_sound(const struct roster_rows *rows, const struct roster_row *row)
{
    const uint32_t texts[] = { row->name,          row->guid,    row->server,
                               row->group,         row->address, row->pattern_version,
                               row->engine_version };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i] &&
            (texts[i] >= rows->bytes || strnlen(rows->texts + texts[i], TEXT_BYTES_MAX + 1) > TEXT_BYTES_MAX))
            return false;
    return row->name && rows->texts[row->name];
}

static int thaw(struct codec *codec, struct roster *roster)
{
    struct roster_rows *rows = &roster->rows;
    uint32_t n = 0, text_bytes = 0;

    pass_head(codec, &n, &text_bytes);
    if (codec->error || codec->left != (uint64_t)n * ROW_BYTES + text_bytes)
        return -EPROTO;
    rows->at = calloc(n + UINT64_C(1), sizeof *rows->at);
    rows->texts = calloc(text_bytes + UINT64_C(1), 1);
    if (!rows->at || !rows->texts)
        return -ENOMEM;
    rows->n = rows->room = n;
    rows->bytes = rows->bytes_room = text_bytes;
    for (size_t i = 0; i < n; i++) {
        pass_row(codec, &rows->at[i]);
        if (i > 0 && rows->at[i].kind < rows->at[i - 1].kind)
            codec_refuse(codec);
        roster->listed += rows->at[i].kind == ROSTER_LISTED;
    }
    codec_bytes(codec, rows->texts, text_bytes);
    for (size_t i = 0; i < n && codec->error == 0; i++)
        if (!are_texts_sound(rows, &rows->at[i]))
            codec_refuse(codec);
    return codec_end(codec);
}

int roster_file_thaw(const void *bytes, size_t n, const struct now *now, const struct roster **ret)
{
    if (n < SUM_BYTES)
        return -EPROTO;
    struct codec sum = codec_reader((const uint8_t *)bytes + n - SUM_BYTES, SUM_BYTES, now);
    struct codec codec = codec_reader(bytes, n - SUM_BYTES, now);
    int64_t expected = 0;
    codec_i64(&sum, &expected);
    if ((uint64_t)expected != hash_add(HASH_BEGINS, bytes, n - SUM_BYTES))
        return -EPROTO;
    struct roster *roster = calloc(1, sizeof *roster);
    if (!roster)
        return -ENOMEM;
    atomic_init(&roster->refs, 1);
    const int error = thaw(&codec, roster);
    if (error < 0)
        roster_unref(roster);
    else
        *ret = roster;
    return error;
}

int roster_file_read(const char *path, const struct now *now, const struct roster **ret)
{
    FILE *file = fopen(path, "re");
    struct stat status = { 0 };
    uint8_t *bytes = NULL;
    int error = file && fstat(fileno(file), &status) == 0 ? 0 : -errno;

    if (error == 0 && !S_ISREG(status.st_mode))
        error = -EPROTO;
    if (error == 0 && !(bytes = malloc((size_t)status.st_size + 1)))
        error = -ENOMEM;
    if (error == 0) {
        const size_t n = fread(bytes, 1, (size_t)status.st_size, file);
        error = ferror(file) ? -EIO : roster_file_thaw(bytes, n, now, ret);
    }
    free(bytes);
    if (file)
        fclose(file);
    return error;
}

static bool is_roster(const char *name, size_t *ret_bytes)
{
    const char *const endings[] = { ending, unfinished };
    const size_t n = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t bytes = strlen(endings[i]);
        if (n > bytes && strcmp(name + n - bytes, endings[i]) == 0) {
            *ret_bytes = n - bytes + strlen(ending);
            return true;
        }
    }
    return false;
}

int roster_file_forget_others(const char *directory, char *const *paths, size_t n)
{
    DIR *folder = opendir(directory);
    int error = 0;
    if (!folder)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        size_t bytes = 0;
        bool is_wanted = !is_roster(entry->d_name, &bytes);
        for (size_t i = 0; i < n && !is_wanted; i++) {
            const char *name = strrchr(paths[i], '/') + 1;
            is_wanted = strlen(name) == bytes && memcmp(name, entry->d_name, bytes) == 0;
        }
        if (!is_wanted && unlinkat(dirfd(folder), entry->d_name, 0) < 0)
            error = -errno;
    }
    closedir(folder);
    return error;
}
