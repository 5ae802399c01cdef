/* A JSON document that is too large to be kept, read as it comes: each element of one list in it is decoded and handed
 * over by itself, and the rest is kept, with that list empty, and decoded at the end. Pure. It only divides the bytes:
 * what is JSON, and what is not, jansson decides, of each element and of the rest. */
#ifndef AH_PROBES_JSON_STREAM_H
#define AH_PROBES_JSON_STREAM_H

#include "core/model.h"

#include <jansson.h>

enum {
    JSON_STREAM_ELEMENT_BYTES = 256 * 1024, /* that one element may have */
    JSON_STREAM_REST_BYTES = 64 * 1024,     /* that all but the elements may have */
    JSON_STREAM_DEPTH_MAX = 64,             /* lists and objects in each other */
    JSON_STREAM_WHY_BYTES = 160
};

struct json_stream;

/* Takes an element, borrowed for the call; NULL: there is one, but it is not UTF-8. A text in it may hold NUL bytes. A
 * negative errno ends the reading and is its result. */
typedef int json_element_fn(void *user, const json_t *element);

/* `path` names the list by the keys that lead to it, with dots: "Data.Logs". It is borrowed. NULL: out of memory. */
struct json_stream *json_stream_new(const char *path, json_element_fn *element, void *user);
void json_stream_free(struct json_stream *stream); /* NULL-safe */

/* The next bytes, in pieces of any size. 0, or what is wrong, for good:
 *   -ENOMSG: this is no JSON object at all
 *   -EBADMSG: it begins like one, and breaks the rules, is nested too deeply, has that list twice, or a key twice in
 * one object -EFBIG: an element, or the rest, is larger than allowed -ENOMEM, or what the taker of elements returned.
 */
int json_stream_feed(struct json_stream *stream, const char *bytes, size_t n) AH_WARN_UNUSED;

/* The document has ended. 0 and the rest, in which the list is empty, to be released by the caller; or as above, and
 * -EBADMSG where it ends too early or the list is missing. */
int json_stream_end(struct json_stream *stream, json_t **ret_rest) AH_WARN_UNUSED;

/* What is wrong, for people: never a part of the document but for the key of a list or one that stands twice. "" when
 * there is nothing to say. */
const char *json_stream_why(const struct json_stream *stream);

#endif
