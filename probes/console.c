/* A console and a round of reading it. What is asked, and how an answer is read, its kind knows. */
#include "console_talk.h"

#include "clock.h"
#include "core/shared.h"
#include "ini.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_PART_BYTES = 16 };

static const struct console_kind *find_kind(enum driver driver)
{
    return driver == DRIVER_CENTRAL ? &central_kind : &vision_kind;
}

/* Finds the parts of the url. */
static void divide_url(struct console *console)
{
    const char *url = console->settings.url, *host = strstr(url, "://");

    console->base_bytes = strlen(url);
    while (console->base_bytes > 0 && url[console->base_bytes - 1] == '/')
        console->base_bytes--;
    host = host ? host + strlen("://") : url;
    console->origin_bytes = (size_t)(host - url) + strcspn(host, "/");
    if (console->base_bytes < console->origin_bytes)
        console->base_bytes = console->origin_bytes;
}

struct console *console_new(const struct console_settings *settings)
{
    struct console *console = calloc(1, sizeof *console);

    if (!console)
        return NULL;
    console->settings = *settings;
    struct console_settings *own = &console->settings;
    const char **texts[] = { &own->name,    &own->url, &own->application_id, &own->api_key, &own->token,
                             &own->ca_file, &own->pin };
    console->texts = shared_pack(0, texts, sizeof texts / sizeof *texts);
    const struct probe_settings probe = {
        .driver = settings->driver,
        .timeout_ms = settings->timeout_ms,
        .body_max_bytes = settings->body_max_bytes,
        .tls_verify = settings->tls_verify,
        .ca_file = settings->ca_file,
        .pin = settings->pin,
    };
    console->probe = probe_settings_new(&probe);
    if (!console->texts || !console->probe) {
        console_free(console);
        return NULL;
    }
    console->kind = find_kind(settings->driver);
    console->tls.settings = console->probe;
    divide_url(console);
    return console;
}

void console_free(struct console *console)
{
    if (!console)
        return;
    curl_easy_cleanup(console->easy);
    console_wipe(console->sent);
    tls_policy_done(&console->tls);
    probe_settings_unref(console->probe);
    if (console->texts) {
        explicit_bzero((char *)(uintptr_t)console->settings.api_key, strlen(console->settings.api_key));
        explicit_bzero((char *)(uintptr_t)console->settings.token, strlen(console->settings.token));
    }
    free(console->texts);
    free(console);
}

bool console_is_stopped(const struct console *console)
{
    return console->stopped && console->stopped(console->user);
}

int console_target(struct console *console, char target[CONSOLE_TARGET_BYTES], const char *format, ...)
{
    const size_t n = console->base_bytes - console->origin_bytes;
    va_list args;

    if (n >= CONSOLE_TARGET_BYTES)
        return console_fail(console, CAUSE_PROTOCOL_ERROR, "the url is too long");
    memcpy(target, console->settings.url + console->origin_bytes, n);
    va_start(args, format);
    const int wrote = vsnprintf(target + n, CONSOLE_TARGET_BYTES - n, format, args);
    va_end(args);
    if (wrote < 0 || (size_t)wrote >= CONSOLE_TARGET_BYTES - n)
        return console_fail(console, CAUSE_PROTOCOL_ERROR, "the url is too long");
    return 0;
}

void console_wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

/* Whether a text has a secret in it, or so many bytes of one that they may be of use. */
static bool has_part(const char *text, const char *secret)
{
    const size_t bytes = strlen(secret), part = bytes < SECRET_PART_BYTES ? bytes : SECRET_PART_BYTES;

    for (size_t at = 0; part > 0 && at + part <= bytes; at++)
        if (memmem(text, strlen(text), secret + at, part))
            return true;
    return false;
}

/* A secret that a console says back must not get into a log. */
const char *console_shown(const struct console *console, const char *text)
{
    const char *const secrets[] = { console->settings.api_key, console->settings.token,
                                    console->sent ? console->sent : "" };

    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (has_part(text, secrets[i]))
            return "it said something with a secret in it";
    return text;
}

static void __attribute__((format(printf, 2, 0))) set_detail(struct console *console, const char *format, va_list args)
{
    char *text = NULL; /* as a whole: of a secret that is cut, there may be too little left to know it */

    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    detail_write(console->round.detail, sizeof console->round.detail,
                 text ? console_shown(console, text) : "no memory to say what");
    free(text);
}

int console_fail(struct console *console, enum cause cause, const char *format, ...)
{
    va_list args;

    if (console->round.cause)
        return -EPROTO;
    console->round.cause = cause;
    va_start(args, format);
    set_detail(console, format, args);
    va_end(args);
    return -EPROTO;
}

void console_odd(struct console *console, const char *format, ...)
{
    va_list args;

    if (console->round.odd++ > 0)
        return;
    va_start(args, format);
    set_detail(console, format, args);
    va_end(args);
}

int console_tell_agent(struct console *console, const struct console_agent *agent)
{
    if (console->round.agents >= console->settings.agents_max)
        return console_fail(console, CAUSE_TOO_LARGE, "it tells of more than %zu agents", console->settings.agents_max);
    console->round.agents++;
    return console->sink->agent(console->sink->user, agent);
}

int console_tell_record(struct console *console, const struct console_record *record)
{
    console->round.records++;
    return console->sink->record(console->sink->user, record);
}

const char *console_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);

    if (!value || json_is_null(value))
        return "";
    /* Within a text that jansson has decoded, only a NUL byte could hide what is behind it. */
    if (!text || json_string_length(value) > CONSOLE_TEXT_BYTES || strlen(text) != json_string_length(value) ||
        ini_has_control(text))
        return NULL;
    return text;
}

const char *console_text_or_none(const json_t *object, const char *key)
{
    const char *text = console_text(object, key);

    return text ? text : "";
}

/* The inventory was read. One of which nothing made sense is another thing than an empty one. */
static int check_inventory(struct console *console)
{
    struct console_round *round = &console->round;
    char first[CONSOLE_DETAIL_BYTES];

    if (round->agents > 0 || round->odd_agents == 0)
        return 0;
    snprintf(first, sizeof first, "%s", round->detail);
    return console_fail(console, CAUSE_WRONG_ANSWER, "no item of its inventory makes sense: %s", first);
}

int console_read(struct console *console, const struct console_sink *sink, bool (*stopped)(void *user), void *user,
                 struct console_round *ret)
{
    console->sink = sink;
    console->stopped = stopped;
    console->user = user;
    console->round = (struct console_round){ .cause = 0 };
    console->date_ms = 0;
    console->ends_ms = clock_now().mono_ms + console->settings.round_timeout_ms;

    int r = console->kind->inventory(console);
    if (!r)
        r = check_inventory(console);
    if (!r) {
        console->round.inventory = true;
        r = console->kind->records ? console->kind->records(console) : 0;
    }
    /* The handle, and the connection with it, ends with the round: one that stands idle the console closes, and libcurl
     * would put that down to the next round's first request. The TLS session makes a new one cheap. */
    curl_easy_cleanup(console->easy);
    console->easy = NULL;
    if (r && !console->round.cause)
        return r;
    if (!r) {
        console->round.cause = CAUSE_NONE;
        if (console->kind->remember)
            console->kind->remember(console);
    }
    *ret = console->round;
    return 0;
}
