/* request.h: a SOAP request of WS-Management, taken apart. */
#ifndef FLEET_REQUEST_H
#define FLEET_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* What is of interest in a request, wherever it stands. */
enum request_field {
    REQUEST_ACTION,
    REQUEST_TO,
    REQUEST_REPLY_TO,
    REQUEST_MESSAGE_ID,
    REQUEST_RESOURCE,
    REQUEST_SHELL_ID,
    REQUEST_SKIP_SHELL,
    REQUEST_OPTIMIZE, /* "" where the element is there */
    REQUEST_MAX_ELEMENTS,
    REQUEST_FILTER,
    REQUEST_DIALECT,
    REQUEST_CONTEXT,
    REQUEST_HIVE,
    REQUEST_SUBKEY,
    REQUEST_VALUE_NAME,
    REQUEST_INPUT_STREAMS,
    REQUEST_OUTPUT_STREAMS,
    REQUEST_IDLE_TIMEOUT,
    REQUEST_COMMAND,
    REQUEST_ARGUMENTS, /* with a blank between them */
    REQUEST_STREAMS,
    REQUEST_COMMAND_ID,
    REQUEST_SIGNAL,
    REQUEST_FIELDS,
};

enum request_verdict {
    REQUEST_GOOD,
    REQUEST_NO_XML,
    REQUEST_NO_SOAP,        /* its root is no envelope of SOAP 1.2 */
    REQUEST_NOT_UNDERSTOOD, /* it has a header that must be understood and is not known */
    REQUEST_NO_MEMORY,
};

struct request {
    char *texts[REQUEST_FIELDS]; /* owned; NULL: not there */
    /* The first element of the body, "" where there is none. */
    char body_namespace[128], body_name[64];
};

/* Reads a request; a DTD in it makes it no XML. Whatever the verdict, request_done() has to follow. */
enum request_verdict request_read(const char *text, size_t size, struct request *ret_request);
void request_done(struct request *request);

/* Returns the field's text, "" where it is not there. */
const char *request_text(const struct request *request, enum request_field field);

/* Returns whether the body is this element. */
bool request_is(const struct request *request, const char *xml_namespace, const char *name);

#endif
