/* The splitter: it knows strings, brackets and keys, and nothing else of JSON. Each byte is looked at once. */
#include "json_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMPONENTS_MAX = 8, ROOM_FIRST = 1024 };

/* Bytes that are kept until they can be decoded. */
struct kept {
    char *at; /* owned */
    size_t bytes, room, max;
};

struct json_stream {
    const char *components[COMPONENTS_MAX]; /* of the path, each up to its dot */
    size_t component_bytes[COMPONENTS_MAX], n_components;
    json_element_fn *element;
    void *user;
    struct kept rest, item; /* item: the element that is being read */

    bool in_text, escaped; /* within a string; behind a backslash in it */
    bool key_is_next;      /* a string would be the key of an object */
    size_t key_at;         /* where in `rest` the string began */
    bool key_fits;         /* the latest key is that which the path wants here */
    bool blank;            /* the byte before was white space between words */
    unsigned depth;        /* containers that are open */
    unsigned along;        /* of these, from the outermost, the objects that the path leads through */
    bool is_object[JSON_STREAM_DEPTH_MAX];
    unsigned list_depth; /* of what stands in the list; 0: it is not open */
    bool list_seen, has_item, after_comma;
    int error; /* what is wrong, for good */
    char why[JSON_STREAM_WHY_BYTES];
};

struct json_stream *json_stream_new(const char *path, json_element_fn *element, void *user)
{
    struct json_stream *stream = calloc(1, sizeof *stream);

    if (!stream)
        return NULL;
    stream->element = element;
    stream->user = user;
    stream->rest.max = JSON_STREAM_REST_BYTES;
    stream->item.max = JSON_STREAM_ELEMENT_BYTES;
    for (const char *at = path; *at && stream->n_components < COMPONENTS_MAX; at += *at == '.') {
        stream->components[stream->n_components] = at;
        at += stream->component_bytes[stream->n_components++] = strcspn(at, ".");
    }
    return stream;
}

void json_stream_free(struct json_stream *stream)
{
    if (!stream)
        return;
    free(stream->rest.at);
    free(stream->item.at);
    free(stream);
}

const char *json_stream_why(const struct json_stream *stream)
{
    return stream->why;
}

static int refuse(struct json_stream *stream, int error, const char *why)
{
    snprintf(stream->why, sizeof stream->why, "%s", why);
    return error;
}

static int keep(struct json_stream *stream, struct kept *kept, char byte)
{
    if (kept->bytes == kept->room) {
        if (kept->bytes >= kept->max)
            return refuse(stream, -EFBIG,
                          kept == &stream->item ? "an item of the list is larger than allowed"
                                                : "what stands around the list is larger than allowed");
        const size_t room = kept->room ? 2 * kept->room : ROOM_FIRST;
        char *at = realloc(kept->at, room);
        if (!at)
            return -ENOMEM;
        kept->at = at;
        kept->room = room;
    }
    kept->at[kept->bytes++] = byte;
    return 0;
}

/* NULL: *ret_error says why. */
static json_t *decode(struct json_stream *stream, const struct kept *kept, size_t flags, int *ret_error)
{
    json_error_t error;
    json_t *json = json_loadb(kept->at, kept->bytes, flags | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    if (json)
        return json;
    const enum json_error_code code = json_error_code(&error);
    if (code == json_error_out_of_memory)
        *ret_error = -ENOMEM;
    else if (code == json_error_invalid_utf8)
        *ret_error = -EILSEQ;
    else
        *ret_error = refuse(stream, -EBADMSG,
                            code == json_error_duplicate_key      ? "no JSON: an object has a key twice"
                            : code == json_error_numeric_overflow ? "no JSON: a number is out of range"
                                                                  : "no JSON: it breaks the rules of its form");
    return NULL;
}

static int end_item(struct json_stream *stream)
{
    int error = 0;
    json_t *element;

    if (!stream->has_item)
        return refuse(stream, -EBADMSG, "no JSON: nothing stands between two commas of the list");
    stream->has_item = false;
    element = decode(stream, &stream->item, JSON_DECODE_ANY, &error);
    stream->item.bytes = 0;
    if (!element && error != -EILSEQ)
        return error;
    error = stream->element(stream->user, element);
    json_decref(element);
    return error;
}

static bool is_component(const struct json_stream *stream, size_t which, const char *text, size_t bytes)
{
    return bytes == stream->component_bytes[which] && memcmp(text, stream->components[which], bytes) == 0;
}

/* A string has ended, its quotes included in what is kept. */
static void end_text(struct json_stream *stream)
{
    const size_t begin = stream->key_at + 1;

    if (stream->list_depth || !stream->key_is_next)
        return;
    stream->key_is_next = false;
    stream->key_fits = stream->depth == stream->along && stream->along > 0 &&
                       is_component(stream, stream->along - 1, stream->rest.at + begin, stream->rest.bytes - begin - 1);
}

static int open_container(struct json_stream *stream, bool is_object)
{
    /* So far the path leads here, and the value of the key that it wants next comes now. */
    const bool leads_here = stream->depth == stream->along && (stream->depth == 0 || stream->key_fits);

    if (stream->depth == JSON_STREAM_DEPTH_MAX)
        return refuse(stream, -EBADMSG, "lists and objects are nested too deeply");
    stream->is_object[stream->depth++] = is_object;
    stream->key_is_next = is_object;
    stream->key_fits = false;
    if (stream->list_depth || !leads_here)
        return 0;
    if (is_object && stream->along < stream->n_components) {
        stream->along++;
    } else if (!is_object && stream->along == stream->n_components) {
        if (stream->list_seen)
            return refuse(stream, -EBADMSG, "the list stands there twice");
        stream->list_seen = true;
        stream->list_depth = stream->depth;
        stream->after_comma = false;
    }
    return 0;
}

static int close_container(struct json_stream *stream, bool is_object)
{
    if (stream->depth == 0 || stream->is_object[stream->depth - 1] != is_object)
        return refuse(stream, -EBADMSG, "no JSON: brackets that do not match");
    if (stream->depth == stream->list_depth) {
        const int r = stream->has_item || stream->after_comma ? end_item(stream) : 0;
        if (r)
            return r;
        stream->list_depth = 0;
    }
    stream->depth--;
    if (stream->along > stream->depth)
        stream->along = stream->depth;
    stream->key_is_next = stream->key_fits = false;
    return 0;
}

/* What a byte outside strings means for what is open. */
static int take_mark(struct json_stream *stream, char byte)
{
    switch (byte) {
    case '{':
    case '[':
        return open_container(stream, byte == '{');
    case '}':
    case ']':
        return close_container(stream, byte == '}');
    case ',':
        stream->key_is_next = stream->depth > 0 && stream->is_object[stream->depth - 1];
        stream->key_fits = false;
        return 0;
    case '"':
        stream->in_text = true;
        stream->key_at = stream->rest.bytes;
        return 0;
    default:
        return 0;
    }
}

/* A byte of the list, at any depth below it. */
static int take_listed(struct json_stream *stream, char byte)
{
    if (stream->depth > stream->list_depth || byte != ',') {
        stream->has_item = true;
        stream->after_comma = false;
        return keep(stream, &stream->item, byte);
    }
    stream->after_comma = true;
    return end_item(stream);
}

static int take_byte(struct json_stream *stream, char byte)
{
    const bool was_listed = stream->list_depth > 0;

    if (stream->in_text) {
        const int r = keep(stream, was_listed ? &stream->item : &stream->rest, byte);
        if (r)
            return r;
        if (stream->escaped) {
            stream->escaped = false;
        } else if (byte == '\\') {
            stream->escaped = true;
        } else if (byte == '"') {
            stream->in_text = false;
            end_text(stream);
        }
        return 0;
    }
    if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
        /* One blank is as good as many, and none is needed at the beginning. */
        if (stream->blank || (was_listed ? !stream->has_item : stream->rest.bytes == 0))
            return 0;
        stream->blank = true;
        return keep(stream, was_listed ? &stream->item : &stream->rest, ' ');
    }
    stream->blank = false;
    if (stream->rest.bytes == 0 && byte != '{')
        return refuse(stream, -ENOMSG, "no JSON: it does not begin with a brace");
    const int r = take_mark(stream, byte);
    if (r)
        return r;
    /* The list's own brackets belong to the rest. */
    return was_listed && stream->list_depth ? take_listed(stream, byte) : keep(stream, &stream->rest, byte);
}

int json_stream_feed(struct json_stream *stream, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && !stream->error; i++)
        stream->error = take_byte(stream, bytes[i]);
    return stream->error;
}

int json_stream_end(struct json_stream *stream, json_t **ret_rest)
{
    json_t *rest = NULL;

    if (stream->error)
        return stream->error;
    if (stream->rest.bytes == 0)
        return stream->error = refuse(stream, -ENOMSG, "no JSON: it is empty");
    if (stream->depth > 0 || stream->in_text)
        return stream->error = refuse(stream, -EBADMSG, "no JSON: it ends too early");
    rest = decode(stream, &stream->rest, 0, &stream->error);
    if (stream->error == -EILSEQ)
        stream->error = refuse(stream, -EBADMSG, "no JSON: it is not UTF-8");
    if (!stream->error && !stream->list_seen)
        stream->error = refuse(stream, -EBADMSG, "the list is missing");
    if (stream->error) {
        json_decref(rest);
        return stream->error;
    }
    *ret_rest = rest;
    return 0;
}
