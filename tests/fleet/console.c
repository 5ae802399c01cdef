/* console.c: what Apex Central and Vision One have in common. It knows no path of either. */
#include "console.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "behaviours.h"

#define WRONG_CLOCK_S 3600

int console_new(const struct console *usual, const char *key, const char *application_id, struct console **ret_console)
{
    struct console *console = malloc(sizeof *console);

    if (!console)
        return -ENOMEM;
    *console = *usual;
    if (asprintf(&console->key, "%s%c%s", key, '\0', application_id) < 0) {
        free(console);
        return -ENOMEM;
    }
    console->application_id = console->key + strlen(key) + 1;
    *ret_console = console;
    return 0;
}

void console_free(struct console *console)
{
    if (!console)
        return;
    free(console->key);
    free(console);
}

time_t console_now(const struct target *target)
{
    return time(NULL) + (target->behaviour->twist == TWIST_CLOCK ? WRONG_CLOCK_S : 0);
}

void console_headers(const struct target *target, char text[ROLE_HEADERS_MAX])
{
    const time_t now = console_now(target);
    struct tm parts;

    gmtime_r(&now, &parts);
    strftime(text, ROLE_HEADERS_MAX, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
}

const char *console_token(const struct http_request *request)
{
    static const char scheme[] = "Bearer ";

    if (!request->authorization || strncasecmp(request->authorization, scheme, sizeof scheme - 1) != 0)
        return NULL;
    return request->authorization + sizeof scheme - 1;
}

bool console_counts(struct conn *conn, bool good)
{
    struct target *target = conn->target;

    atomic_fetch_add_explicit(good ? &target->logons_accepted : &target->logons_rejected, 1, memory_order_relaxed);
    return good;
}

bool console_parameter(const char *path, const char *name, char *value, size_t size)
{
    const size_t length = strlen(name);

    for (const char *at = strchr(path, '?'); at; at = strchr(at, '&')) {
        at++;
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return snprintf(value, size, "%.*s", (int)strcspn(at + length + 1, "&"), at + length + 1) < (int)size;
    }
    return false;
}

/* What is no text, of every other sort. */
static json_t *wrong_type(size_t place)
{
    switch (place % 5) {
    case 0:
        return json_integer(99999999);
    case 1:
        return json_array();
    case 2:
        return json_object();
    case 3:
        return json_true();
    default:
        return json_null();
    }
}

void console_set(json_t *object, const char *key, const char *text, enum twist twist, size_t place)
{
    if (text)
        json_object_set_new(object, key, twist == TWIST_TYPES ? wrong_type(place + strlen(key)) : json_string(text));
}

int console_write(struct evbuffer *out, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

    const int result = text && evbuffer_add(out, text, strlen(text)) == 0 ? 0 : -ENOMEM;
    free(text);
    return result;
}

void console_write_deep(struct evbuffer *out)
{
    for (size_t i = 0; i < HOSTILE_DEEP_LEVELS; i++)
        evbuffer_add(out, "[", 1);
    for (size_t i = 0; i < HOSTILE_DEEP_LEVELS; i++)
        evbuffer_add(out, "]", 1);
}

/* Puts the brackets into the object as its last member. */
static int add_deep(struct evbuffer *body)
{
    static const char name[] = ",\"more\":";
    struct evbuffer *whole = evbuffer_new();

    if (!whole)
        return -ENOMEM;
    evbuffer_remove_buffer(body, whole, evbuffer_get_length(body) - 1);
    evbuffer_add(whole, name, sizeof name - 1);
    console_write_deep(whole);
    evbuffer_add_buffer(whole, body);
    evbuffer_add_buffer(body, whole);
    evbuffer_free(whole);
    return 0;
}

static int spoil(struct evbuffer *body, enum twist twist)
{
    if (twist == TWIST_DEEP)
        return add_deep(body);
    if (twist == TWIST_NOTHING)
        return evbuffer_drain(body, evbuffer_get_length(body));
    if (twist != TWIST_TRUNCATED)
        return 0;
    struct evbuffer *half = evbuffer_new();
    if (!half)
        return -ENOMEM;
    evbuffer_remove_buffer(body, half, evbuffer_get_length(body) / 2);
    evbuffer_drain(body, evbuffer_get_length(body));
    evbuffer_add_buffer(body, half);
    evbuffer_free(half);
    return 0;
}

void console_respond(struct conn *conn, const char *status, const char *headers, json_t *json)
{
    struct evbuffer *body = evbuffer_new();
    const enum twist twist = strncmp(status, "200", 3) == 0 ? conn->behaviour->twist : TWIST_NONE;
    char all[ROLE_HEADERS_MAX];

    if (!body || !json || console_write(body, json) < 0 || spoil(body, twist) < 0) {
        conn_respond(conn, "503 Service Unavailable", "", "");
    } else {
        snprintf(all, sizeof all, "%s%s", CONSOLE_TYPE, headers);
        conn_send_head(conn, status, all, evbuffer_get_length(body));
        conn_send_buffer(conn, body);
        conn_answered(conn);
    }
    if (body)
        evbuffer_free(body);
    json_decref(json);
}
