/* Documents in pieces: which elements are handed over, what is kept of the rest, and what is wrong with those that are
 * refused. */
#include "probes/json_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct taken {
    char text[1024]; /* the elements, a blank behind each; "?" is one that is not UTF-8 */
    unsigned n;
    unsigned fail_at; /* the element that is not wanted; 0: all are */
};

static int take(void *user, const json_t *element)
{
    struct taken *taken = user;
    char *text = element ? json_dumps(element, JSON_COMPACT | JSON_ENCODE_ANY) : strdup("?");
    const size_t n = strlen(taken->text);

    assert_non_null(text);
    if (n + strlen(text) + 2 < sizeof taken->text)
        sprintf(taken->text + n, "%s ", text);
    free(text);
    return ++taken->n == taken->fail_at ? -ECANCELED : 0;
}

/* Reads a document in pieces of so many bytes. */
static int read_pieces(const char *path, const char *document, size_t bytes, size_t piece, struct taken *taken,
                       char **ret_rest, char why[JSON_STREAM_WHY_BYTES])
{
    struct json_stream *stream = json_stream_new(path, take, taken);
    json_t *rest = NULL;
    int r = 0;

    assert_non_null(stream);
    for (size_t at = 0; at < bytes && !r; at += piece)
        r = json_stream_feed(stream, document + at, piece < bytes - at ? piece : bytes - at);
    if (r) /* for good */
        assert_int_equal(json_stream_feed(stream, " ", 1), r);
    const int end = json_stream_end(stream, &rest);
    if (r)
        assert_int_equal(end, r);
    snprintf(why, JSON_STREAM_WHY_BYTES, "%s", json_stream_why(stream));
    if (end)
        assert_null(rest);
    *ret_rest = rest ? json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(rest);
    json_stream_free(stream);
    return end;
}

static const size_t pieces[] = { 1, 2, 3, 7, 64, 100000 };
#define PIECES (sizeof pieces / sizeof *pieces)

static const struct {
    const char *path, *document, *elements, *rest;
} documents[] = {
    { "items", "{\"items\":[]}", "", "{\"items\":[]}" },
    { "items", "{\"items\":[1]}", "1 ", "{\"items\":[]}" },
    { "items", "{\"items\":[1,2,3]}", "1 2 3 ", "{\"items\":[]}" },
    { "items", " \n{ \"items\" : [ 1 ,\t2\r\n, {} ] } \n", "1 2 {} ", "{\"items\":[]}" },
    { "items", "{\"items\":[{\"a\":[1,2],\"b\":{\"c\":\"d\"}},[[],[3]],\"x\",true,null,-1.5]}",
      "{\"a\":[1,2],\"b\":{\"c\":\"d\"}} [[],[3]] \"x\" true null -1.5 ", "{\"items\":[]}" },
    { "items", "{\"items\":[\"a,b\",\"]\",\"}\",\"{[\",\"\\\"\",\"\\\\\",\"\\\\\\\"]\"]}",
      "\"a,b\" \"]\" \"}\" \"{[\" \"\\\"\" \"\\\\\" \"\\\\\\\"]\" ", "{\"items\":[]}" },
    { "items", "{\"items\":[\"a  b\t\"]}", NULL, NULL }, /* a tab is no character of a text */
    { "items", "{\"items\":[\"a   b\"]}", "\"a   b\" ", "{\"items\":[]}" },
    { "items", "{\"a\":1,\"items\":[1],\"b\":[2,[3]],\"c\":{\"items\":[4]}}", "1 ",
      "{\"a\":1,\"b\":[2,[3]],\"c\":{\"items\":[4]},\"items\":[]}" },
    /* The name as a value, in a list, deeper, or as an object is not the list. */
    { "items", "{\"a\":\"items\",\"b\":[\"items\",[5]],\"c\":{\"items\":[6]},\"items\":[7]}", "7 ",
      "{\"a\":\"items\",\"b\":[\"items\",[5]],\"c\":{\"items\":[6]},\"items\":[]}" },
    { "items", "{\"a\":\"items\" ,\"items\":[]}", "", "{\"a\":\"items\",\"items\":[]}" },
    { "Data.Logs", "{\"Data\":{\"Next\":\"\",\"Logs\":[\"x\",\"y\"],\"More\":1},\"Logs\":[9]}", "\"x\" \"y\" ",
      "{\"Data\":{\"Logs\":[],\"More\":1,\"Next\":\"\"},\"Logs\":[9]}" },
    { "Data.Logs",
      "{\"Logs\":[1],\"x\":{\"Data\":{\"Logs\":[2]}},\"y\":[{\"Logs\":[3]}],\"Data\":{\"a\":{\"Logs\":[4]}"
      ",\"Logs\":[5]}}",
      "5 ",
      "{\"Data\":{\"Logs\":[],\"a\":{\"Logs\":[4]}},\"Logs\":[1],\"x\":{\"Data\":{\"Logs\":[2]}},"
      "\"y\":[{\"Logs\":[3]}]}" },
    { "items", "{\"items\":[\"\\u0000\",\"\xe6\x97\xa5\"]}", "\"\\u0000\" \"\xe6\x97\xa5\" ", "{\"items\":[]}" },
    /* An element that is not UTF-8 spoils no other one. */
    { "items", "{\"items\":[\"\xff\",{\"a\":\"\xc3\"},1]}", "? ? 1 ", "{\"items\":[]}" },
};

static void elements_are_handed_over_and_the_rest_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        for (size_t k = 0; k < PIECES; k++) {
            struct taken taken = { .n = 0 };
            char why[JSON_STREAM_WHY_BYTES], *rest;
            const char *document = documents[i].document;

            const int r = read_pieces(documents[i].path, document, strlen(document), pieces[k], &taken, &rest, why);
            if (!documents[i].rest) {
                assert_int_equal(r, -EBADMSG);
                continue;
            }
            if (r)
                fail_msg("%s, by %zu: %d, %s", document, pieces[k], r, why);
            assert_string_equal(taken.text, documents[i].elements);
            assert_string_equal(rest, documents[i].rest);
            assert_string_equal(why, "");
            free(rest);
        }
    }
}

static const struct {
    const char *document;
    int error;
    const char *why;
    unsigned elements; /* handed over before it is seen */
} wrong[] = {
    { "", -ENOMSG, "no JSON: it is empty", 0 },
    { "  \n", -ENOMSG, "no JSON: it is empty", 0 },
    { "<html><body>{\"items\":[1]}</body></html>", -ENOMSG, "no JSON: it does not begin with a brace", 0 },
    { "[1]", -ENOMSG, "no JSON: it does not begin with a brace", 0 },
    { "\"items\"", -ENOMSG, "no JSON: it does not begin with a brace", 0 },
    { "\xef\xbb\xbf{}", -ENOMSG, "no JSON: it does not begin with a brace", 0 },
    { "{", -EBADMSG, "no JSON: it ends too early", 0 },
    { "{\"items\":[1,2", -EBADMSG, "no JSON: it ends too early", 1 },
    { "{\"items\":[1,2]", -EBADMSG, "no JSON: it ends too early", 2 },
    { "{\"items\":[\"a]}", -EBADMSG, "no JSON: it ends too early", 0 },
    { "{\"items\":[1],\"x\":\"", -EBADMSG, "no JSON: it ends too early", 1 },
    { "{}", -EBADMSG, "the list is missing", 0 },
    { "{\"items\":{}}", -EBADMSG, "the list is missing", 0 },
    { "{\"items\":null}", -EBADMSG, "the list is missing", 0 },
    { "{\"Items\":[1]}", -EBADMSG, "the list is missing", 0 },
    { "{\"items\":[1],\"items\":[2]}", -EBADMSG, "the list stands there twice", 1 },
    { "{\"items\":[1],\"\\u0069tems\":[2]}", -EBADMSG, "no JSON: an object has a key twice", 1 },
    { "{\"items\":[1],\"a\":1,\"a\":2}", -EBADMSG, "no JSON: an object has a key twice", 1 },
    { "{\"items\":[{\"a\":1,\"a\":2}]}", -EBADMSG, "no JSON: an object has a key twice", 0 },
    { "{\"items\":[,1]}", -EBADMSG, "no JSON: nothing stands between two commas of the list", 0 },
    { "{\"items\":[1,]}", -EBADMSG, "no JSON: nothing stands between two commas of the list", 1 },
    { "{\"items\":[1,,2]}", -EBADMSG, "no JSON: nothing stands between two commas of the list", 1 },
    { "{\"items\":[1 2]}", -EBADMSG, "no JSON: it breaks the rules of its form", 0 },
    { "{\"items\":[nil]}", -EBADMSG, "no JSON: it breaks the rules of its form", 0 },
    { "{\"items\":[{\"a\" 1}]}", -EBADMSG, "no JSON: it breaks the rules of its form", 0 },
    { "{\"items\":[\"\\x\"]}", -EBADMSG, "no JSON: it breaks the rules of its form", 0 },
    { "{\"items\":[1e999]}", -EBADMSG, "no JSON: a number is out of range", 0 },
    { "{\"items\":[{]}]}", -EBADMSG, "no JSON: brackets that do not match", 0 },
    { "{\"items\":[1}", -EBADMSG, "no JSON: brackets that do not match", 0 },
    { "{\"items\":[1]]", -EBADMSG, "no JSON: brackets that do not match", 1 },
    { "{\"items\":[1]}}", -EBADMSG, "no JSON: brackets that do not match", 1 },
    { "{\"items\":[1]}x", -EBADMSG, "no JSON: it breaks the rules of its form", 1 },
    { "{\"items\":[1]}{}", -EBADMSG, "no JSON: it breaks the rules of its form", 1 },
    { "{\"items\" [1]}", -EBADMSG, "no JSON: it breaks the rules of its form", 1 },
    { "{\"items\":[1] \"x\":2}", -EBADMSG, "no JSON: it breaks the rules of its form", 1 },
    { "{\"items\":x[1]}", -EBADMSG, "no JSON: it breaks the rules of its form", 1 },
    { "{\"items\":[1],\"x\":\"\xff\"}", -EBADMSG, "no JSON: it is not UTF-8", 1 },
};

static void wrong_documents_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        for (size_t k = 0; k < PIECES; k++) {
            struct taken taken = { .n = 0 };
            char why[JSON_STREAM_WHY_BYTES], *rest;
            const char *document = wrong[i].document;

            const int r = read_pieces("items", document, strlen(document), pieces[k], &taken, &rest, why);
            if (r != wrong[i].error || strcmp(why, wrong[i].why) != 0 || taken.n != wrong[i].elements)
                fail_msg("%s, by %zu: %d, %s, %u elements", document, pieces[k], r, why, taken.n);
        }
    }
}

static void what_the_taker_says_ends_it(void **state)
{
    (void)state;
    static const char document[] = "{\"items\":[1,2,3,4]}";

    for (unsigned at = 1; at <= 4; at++) {
        struct taken taken = { .fail_at = at };
        char why[JSON_STREAM_WHY_BYTES], *rest;

        assert_int_equal(read_pieces("items", document, sizeof document - 1, 3, &taken, &rest, why), -ECANCELED);
        assert_int_equal(taken.n, at);
        assert_string_equal(why, "");
    }
}

/* A document with one part of so many bytes; which the caller frees. */
static char *make_long(const char *before, char byte, size_t n, const char *behind)
{
    char *document = malloc(strlen(before) + n + strlen(behind) + 1);

    assert_non_null(document);
    strcpy(document, before);
    memset(document + strlen(before), byte, n);
    strcpy(document + strlen(before) + n, behind);
    return document;
}

static const struct {
    const char *before;
    char byte;
    size_t n;
    const char *behind;
    int error;
    const char *why;
} sizes[] = {
    { "{\"items\":[\"", 'x', JSON_STREAM_ELEMENT_BYTES - 2, "\"]}", 0, "" },
    { "{\"items\":[\"", 'x', JSON_STREAM_ELEMENT_BYTES - 1, "\"]}", -EFBIG,
      "an item of the list is larger than allowed" },
    { "{\"items\":[", '[', JSON_STREAM_ELEMENT_BYTES, "]}", -EBADMSG, "lists and objects are nested too deeply" },
    { "{\"items\":[],\"x\":\"", 'x', JSON_STREAM_REST_BYTES - 19, "\"}", 0, "" },
    { "{\"items\":[],\"x\":\"", 'x', JSON_STREAM_REST_BYTES - 18, "\"}", -EFBIG,
      "what stands around the list is larger than allowed" },
    { "{\"items\":[],\"x\":", '[', 100000, "}", -EBADMSG, "lists and objects are nested too deeply" },
    { "{\"items\":[]", ' ', 1000000, "}", 0, "" },
    { "{\"items\":[1", ' ', 1000000, "]}", 0, "" },
    { "{\"items\":[", ' ', 1000000, "]}", 0, "" },
};

static void sizes_and_depths_have_their_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *document = make_long(sizes[i].before, sizes[i].byte, sizes[i].n, sizes[i].behind);
        struct taken taken = { .n = 0 };
        char why[JSON_STREAM_WHY_BYTES], *rest = NULL;

        const int r = read_pieces("items", document, strlen(document), 4096, &taken, &rest, why);
        if (r != sizes[i].error || strcmp(why, sizes[i].why) != 0)
            fail_msg("%zu: %d, %s", i, r, why);
        free(rest);
        free(document);
    }
}

static void as_deep_as_is_allowed(void **state)
{
    (void)state;
    for (int depth = JSON_STREAM_DEPTH_MAX - 1; depth <= JSON_STREAM_DEPTH_MAX + 1; depth++) {
        char document[4 * JSON_STREAM_DEPTH_MAX] = "{\"items\":[", why[JSON_STREAM_WHY_BYTES], *rest = NULL;
        struct taken taken = { .n = 0 };
        size_t n = strlen(document);

        for (int i = 0; i < depth - 2; i++)
            document[n++] = '[';
        for (int i = 0; i < depth - 2; i++)
            document[n++] = ']';
        strcpy(document + n, "]}");
        const int r = read_pieces("items", document, strlen(document), 5, &taken, &rest, why);
        assert_int_equal(r, depth <= JSON_STREAM_DEPTH_MAX ? 0 : -EBADMSG);
        free(rest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_handed_over_and_the_rest_is_kept),
        cmocka_unit_test(wrong_documents_are_refused),
        cmocka_unit_test(what_the_taker_says_ends_it),
        cmocka_unit_test(sizes_and_depths_have_their_limits),
        cmocka_unit_test(as_deep_as_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
