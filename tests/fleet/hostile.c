/* hostile.c: spoils complete answers. It knows of XML only what it takes to break it. */
#include "hostile.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static char huge_text[HOSTILE_HUGE_BYTES + 1];

__attribute__((constructor)) static void fill_huge_text(void)
{
    memset(huge_text, 'x', HOSTILE_HUGE_BYTES);
}

const char *hostile_huge_text(void)
{
    return huge_text;
}

static const char entities[] =
    "<!DOCTYPE s:Envelope [<!ENTITY a \"lol\">"
    "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
    "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">"
    "<!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\"><!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">"
    "<!ENTITY h \"&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;\"><!ENTITY y \"&h;&h;&h;&h;&h;&h;&h;&h;&h;&h;\">"
    "]>";
static const char external[] = "<!DOCTYPE s:Envelope [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>";

/* Returns where the first text in the body ends, or the body itself if there is none. */
static struct evbuffer_ptr find_text(struct evbuffer *answer)
{
    static const char headers[] = "</s:Header>";
    struct evbuffer_ptr from = evbuffer_search(answer, headers, sizeof headers - 1, NULL);

    evbuffer_ptr_set(answer, &from, sizeof headers - 1, EVBUFFER_PTR_ADD);
    return evbuffer_search(answer, "</", 2, &from);
}

/* Puts a DTD before the answer, and a reference to its entity y into its first text. */
static int refer(struct evbuffer *answer, const char *dtd)
{
    const struct evbuffer_ptr place = find_text(answer);
    struct evbuffer *whole = evbuffer_new();

    if (!whole)
        return -ENOMEM;
    evbuffer_add(whole, dtd, strlen(dtd));
    evbuffer_remove_buffer(answer, whole, (size_t)place.pos);
    evbuffer_add(whole, "&y;", 3);
    evbuffer_add_buffer(whole, answer);
    evbuffer_add_buffer(answer, whole);
    evbuffer_free(whole);
    return 0;
}

/* Moves every namespace but that of SOAP itself elsewhere, in the declarations alone. */
static int move_namespaces(struct evbuffer *answer)
{
    static const char before[] = "=\"http://schemas.", after[] = "=\"http://schemata.";
    const size_t size = evbuffer_get_length(answer);
    char *text = malloc(size + 1);

    if (!text)
        return -ENOMEM;
    evbuffer_remove(answer, text, size);
    text[size] = '\0';
    char *from = text;
    for (char *at = text; (at = strstr(at, " xmlns:"));) {
        at += strcspn(at, "=");
        if (strncmp(at, before, sizeof before - 1) != 0)
            continue;
        evbuffer_add(answer, from, (size_t)(at - from));
        evbuffer_add(answer, after, sizeof after - 1);
        from = at += sizeof before - 1;
    }
    evbuffer_add(answer, from, strlen(from));
    free(text);
    return 0;
}

static int nest(struct evbuffer *answer)
{
    const struct evbuffer_ptr place = evbuffer_search(answer, "</s:Body>", 9, NULL);
    struct evbuffer *whole = evbuffer_new();

    if (!whole)
        return -ENOMEM;
    if (place.pos > 0)
        evbuffer_remove_buffer(answer, whole, (size_t)place.pos);
    for (size_t i = 0; i < HOSTILE_DEEP_LEVELS; i++)
        evbuffer_add(whole, "<d>", 3);
    for (size_t i = 0; i < HOSTILE_DEEP_LEVELS; i++)
        evbuffer_add(whole, "</d>", 4);
    evbuffer_add_buffer(whole, answer);
    evbuffer_add_buffer(answer, whole);
    evbuffer_free(whole);
    return 0;
}

/* Leaves so many of the first bytes. */
static int cut(struct evbuffer *answer, size_t bytes)
{
    struct evbuffer *rest = evbuffer_new();

    if (!rest)
        return -ENOMEM;
    evbuffer_remove_buffer(answer, rest, bytes);
    evbuffer_drain(answer, evbuffer_get_length(answer));
    evbuffer_add_buffer(answer, rest);
    evbuffer_free(rest);
    return 0;
}

int hostile_spoil(struct evbuffer *answer, enum twist twist)
{
    switch (twist) {
    case TWIST_NAMESPACE:
        return move_namespaces(answer);
    case TWIST_ENTITIES:
        return refer(answer, entities);
    case TWIST_EXTERNAL:
        return refer(answer, external);
    case TWIST_DEEP:
        return nest(answer);
    case TWIST_TRUNCATED:
        return cut(answer, evbuffer_get_length(answer) / 2);
    case TWIST_NOTHING:
        return cut(answer, 0);
    default:
        return 0;
    }
}
