/* Any bytes as a document with a list, in odd pieces: no crash, the pieces make no difference, and what is taken is
 * what jansson reads in the whole: no document passes that jansson refuses, and no element is another one. */
#include "probes/json_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = { "items", "Data.Logs", "result_content" };

struct seen {
    json_t *elements;
    unsigned not_utf8;
    int error;
    json_t *rest;
    char why[JSON_STREAM_WHY_BYTES];
};

static int on_element(void *user, const json_t *element)
{
    struct seen *seen = user;
    json_t *copy = element ? json_deep_copy(element) : NULL;

    if (!element)
        seen->not_utf8++;
    else if (!copy || json_array_append_new(seen->elements, copy) != 0)
        abort();
    return 0;
}

/* Pieces of 1 byte to `most`, taken from the data itself. */
static void read_pieces(const char *path, const char *text, size_t bytes, size_t most, struct seen *seen)
{
    struct json_stream *stream = json_stream_new(path, on_element, seen);

    *seen = (struct seen){ .elements = json_array() };
    if (!stream || !seen->elements)
        abort();
    for (size_t at = 0, n; at < bytes && !seen->error; at += n) {
        n = 1 + (unsigned char)text[at] % most;
        n = n < bytes - at ? n : bytes - at;
        char *piece = malloc(n); /* of its own, so that reading beyond it shows */
        if (!piece)
            abort();
        memcpy(piece, text + at, n);
        seen->error = json_stream_feed(stream, piece, n);
        free(piece);
    }
    const int end = json_stream_end(stream, &seen->rest);
    if (seen->error && end != seen->error)
        abort();
    seen->error = end;
    strcpy(seen->why, json_stream_why(stream));
    if (!end != !seen->why[0] || !end != !!seen->rest)
        abort();
    if (end && end != -ENOMSG && end != -EBADMSG && end != -EFBIG)
        abort();
    json_stream_free(stream);
}

static void seen_done(struct seen *seen)
{
    json_decref(seen->elements);
    json_decref(seen->rest);
}

/* Puts the elements back where they came from. */
static void put_back(const char *path, struct seen *seen)
{
    json_t *at = seen->rest;
    char name[32];

    for (size_t n; (n = strcspn(path, ".")), path[n]; path += n + 1) {
        memcpy(name, path, n);
        name[n] = '\0';
        at = json_object_get(at, name);
    }
    if (json_array_size(json_object_get(at, path)) != 0 || json_object_set(at, path, seen->elements) != 0)
        abort();
}

static void check(const char *path, const char *text, size_t bytes)
{
    struct seen whole, pieces;
    json_t *document = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

    read_pieces(path, text, bytes, 256, &whole);
    read_pieces(path, text, bytes, 5, &pieces);
    if (whole.error != pieces.error || strcmp(whole.why, pieces.why) != 0 || whole.not_utf8 != pieces.not_utf8 ||
        !json_equal(whole.elements, pieces.elements))
        abort();
    if (!whole.error && !whole.not_utf8) {
        put_back(path, &whole);
        if (!document || !json_equal(whole.rest, document))
            abort();
    }
    seen_done(&whole);
    seen_done(&pieces);
    json_decref(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        check(paths[i], (const char *)data, size);
    return 0;
}
