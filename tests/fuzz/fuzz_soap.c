/* Any bytes as an answer: no crash, nothing half taken, and what is handed on has the form that soap.h promises. */
#include "probes/ini.h"
#include "probes/soap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    unsigned properties, streams, last_item;
};

static bool is_utf8(const char *text)
{
    for (size_t n; *text; text += n) {
        n = ini_utf8_sequence(text, strlen(text));
        if (n == 0)
            return false;
    }
    return true;
}

static void on_property(void *user, unsigned item, const char *class_name, const char *name, const char *value)
{
    struct seen *const seen = user;

    if (!*name || !is_utf8(name) || !is_utf8(class_name) || (value && !is_utf8(value)) || item < seen->last_item)
        abort();
    seen->last_item = item;
    seen->properties++;
}

static void on_stream(void *user, bool is_stderr, const char *bytes, size_t n)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < n; i++) /* a sanitizer looks on */
        sum += (unsigned char)bytes[i];
    if (n == 0 || sum > n * UINT8_MAX)
        abort();
    (void)is_stderr;
    ((struct seen *)user)->streams++;
}

static void check_line(const char *text, size_t room)
{
    if (strnlen(text, room) == room || !is_utf8(text) || ini_has_control(text))
        abort();
}

static void check_identifier(const char *text, size_t room)
{
    check_line(text, room);
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            abort();
}

static void check(const struct soap_answer *answer, const struct seen *seen)
{
    const enum soap_kind kind = answer->kind;

    check_identifier(answer->context, sizeof answer->context);
    check_identifier(answer->shell, sizeof answer->shell);
    check_identifier(answer->command, sizeof answer->command);
    check_line(answer->product, sizeof answer->product);
    check_line(answer->fault_text, sizeof answer->fault_text);
    if (kind > SOAP_FAULT || (answer->end && kind != SOAP_ITEMS && kind != SOAP_STREAMS))
        abort();
    if ((answer->items || answer->context[0]) && kind != SOAP_ITEMS)
        abort();
    if ((kind == SOAP_SHELL) != (answer->shell[0] != '\0'))
        abort();
    if (kind == SOAP_COMMAND ? !answer->command[0] : answer->command[0] && kind != SOAP_STREAMS)
        abort();
    if ((answer->fault_code || answer->fault_text[0]) && kind != SOAP_FAULT)
        abort();
    if (answer->exit_code && (kind != SOAP_STREAMS || !answer->end))
        abort();
    if ((seen->properties && kind != SOAP_ITEMS && kind != SOAP_OUTPUT) || (seen->streams && kind != SOAP_STREAMS))
        abort();
    if (seen->properties && seen->last_item >= (kind == SOAP_ITEMS ? answer->items : 1))
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    soap_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct soap_sink sink = { on_property, on_stream };
    static const char *const message_ids[] = { NULL, "uuid:0F0E0D0C-0000-4000-8000-00000000000A" };
    int r[2];

    for (size_t i = 0; i < 2; i++) {
        char why[SOAP_WHY_BYTES] = "";
        struct soap_answer answer, untouched;
        struct seen seen = { 0 };

        memset(&untouched, 0x5a, sizeof untouched);
        answer = untouched;
        r[i] = soap_read((const char *)data, size, message_ids[i], &sink, &seen, &answer, why);
        check_line(why, sizeof why);
        if (r[i] == 0)
            check(&answer, &seen);
        else if (r[i] != -EBADMSG || memcmp(&answer, &untouched, sizeof answer) != 0)
            abort();
        if ((r[i] == 0) != (why[0] == '\0'))
            abort();
    }
    if (r[1] == 0 && r[0] != 0) /* whoever asks for less gets no less */
        abort();
    return 0;
}
